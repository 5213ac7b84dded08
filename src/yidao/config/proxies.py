"""Who a request comes from when proxies stand in front: only the proxies that the operator named are believed."""

from typing import cast

from granian.utils.proxies import wrap_asgi_with_proxy_headers

from yidao.config import env
from yidao.config.probes import Application


def behind(application: Application) -> Application:
    """Give requests of trusted proxies their client's address and scheme; everybody else's headers mean nothing."""
    trusted = [each.strip() for each in env.settings().trusted_proxies.split(",") if each.strip()]
    if not trusted:
        return application
    return cast(Application, wrap_asgi_with_proxy_headers(application, trusted_hosts=trusted))
