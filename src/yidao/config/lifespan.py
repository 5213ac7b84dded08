"""
The beginning and the end of a serving process: what runs before its first request, when it is told to stop, and
after its last answer.
"""

import signal
from collections.abc import Awaitable, Callable, Sequence
from types import FrameType

from yidao.config import processes
from yidao.config.probes import Application, Receive, Scope, Send
from yidao.kit import logs, metrics

Step = Callable[[], Awaitable[None]]


def living(
    application: Application,
    *,
    process: str,
    start: Sequence[Step] = (),
    on_signal: Callable[[], None] | None = None,
    stop: Sequence[Step] = (),
) -> Application:
    """
    Run `start` before the first request and `stop` after the last answer.

    `on_signal` runs as soon as SIGTERM arrives, while answers are still open: the server waits for open streams and
    tells the application only afterwards, so streams have to be ended there. A failing start ends the process.
    """

    async def live(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await application(scope, receive, send)
            return
        await receive()
        prepare(process)
        try:
            for step in start:
                await step()
        except Exception as fault:
            logs.get(__name__).exception("start failed", part=process)
            await send({"type": "lifespan.startup.failed", "message": f"{process}: {type(fault).__name__}"})
            return
        if on_signal is not None:
            _hear(signal.SIGTERM, on_signal)
            _hear(signal.SIGINT, on_signal)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for step in stop:
            await step()
        await send({"type": "lifespan.shutdown.complete"})

    return live


def prepared(application: Application, *, process: str) -> Application:
    """Set up logs and figures when an application with a lifespan of its own begins it."""

    async def live(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            prepare(process)
        await application(scope, receive, send)

    return live


def prepare(process: str) -> None:
    """Make a freshly started or forked process log, count and die as one of ours."""
    processes.die_with_parent()
    logs.configure(process)
    metrics.name_process(process)


def _hear(number: signal.Signals, call: Callable[[], None]) -> None:
    """Add a call to a signal without taking it from whoever listens already."""
    before = signal.getsignal(number)

    def handle(received: int, frame: FrameType | None) -> None:
        call()
        if callable(before):
            before(received, frame)

    signal.signal(number, handle)
