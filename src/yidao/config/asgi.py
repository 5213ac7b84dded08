"""The web process: Django's pages and reading API, the live stream, and the probes. Started by `yidao web`."""

import asyncio

from django.core.handlers.asgi import ASGIHandler
from django.urls import get_resolver

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


async def _load_pages() -> None:
    """Load every page before the first request: a broken one ends the start, and nobody waits for the others."""
    await asyncio.to_thread(lambda: get_resolver().url_patterns)


application = lifespan.living(
    proxies.behind(probes.answering(probes.recorded(_routed, process="web"))),
    process="web",
    start=(_load_pages, live.start),
    on_signal=live.end_streams,
    stop=(live.stop,),
)
