"""The web process: Django's pages and reading API, the live stream, and the probes. Started by `yidao web`."""

from django.core.handlers.asgi import ASGIHandler

from yidao.config import bodies, lifespan, probes, proxies, ready
from yidao.config.probes import Receive, Scope, Send
from yidao.web import live

LIVE_PATH = "/live"

assert ready
_django = bodies.limited(ASGIHandler())  # type: ignore[arg-type]


async def _routed(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"] == LIVE_PATH:
        await live.stream(scope, receive, send)
    else:
        await _django(scope, receive, send)


application = lifespan.living(
    proxies.behind(probes.answering(probes.recorded(_routed, process="web"))),
    process="web",
    start=(live.start,),
    on_signal=live.end_streams,
    stop=(live.stop,),
)
