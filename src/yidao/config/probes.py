"""What both ports answer to machines that watch them: alive, ready, figures. The rest goes on to the application."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import psycopg
import structlog

from yidao.config import database
from yidao.kit import logs, metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

READY_SECONDS_MAX = 2
READY_SECONDS_FRESH = 1.0


def check_database() -> str:
    """Return "" when the runtime role gets an answer from a migrated database, else what is wrong."""
    try:
        with psycopg.connect(database.runtime_url(), connect_timeout=READY_SECONDS_MAX) as connection:
            connection.execute("SELECT 1 FROM django_migrations LIMIT 1")
    except psycopg.Error as fault:
        return type(fault).__name__
    return ""


def answering(application: Application) -> Application:
    """Answer /healthz (the process lives), /readyz (it can serve) and /metrics; pass on everything else."""

    fresh_until, fault = 0.0, ""
    asking = asyncio.Lock()

    async def readiness() -> str:
        """Ask the database once a second at the most, however many ask us: each question is a connection."""
        nonlocal fresh_until, fault
        async with asking:
            if time.monotonic() >= fresh_until:
                fault = await asyncio.to_thread(check_database)
                fresh_until = time.monotonic() + READY_SECONDS_FRESH
            return fault

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path") if scope["type"] == "http" else None
        if path == "/healthz":
            await reply(send, 200, b"alive\n")
        elif path == "/readyz":
            wrong = await readiness()
            await reply(send, 503 if wrong else 200, f"not ready: {wrong}\n".encode() if wrong else b"ready\n")
        elif path == "/metrics":
            body, content_type = metrics.render()
            await reply(send, 200, body, content_type)
        else:
            await application(scope, receive, send)

    return answer


def recorded(application: Application, *, process: str) -> Application:
    """Give every request an id, echo it in the answer, bind it to the logs and count the answer."""
    seconds = metrics.REQUEST_SECONDS.labels(process)
    log = logs.get("yidao.requests")
    header = logs.REQUEST_ID_HEADER.lower().encode()

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == header), None)
        identity = logs.request_id(given)
        scope["yidao.request_id"] = identity
        method = scope["method"] if scope["method"] in metrics.METHODS else "OTHER"
        status = 0

        async def send_with_id(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (header, identity.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=identity):
            try:
                await application(scope, receive, send_with_id)
            finally:
                spent = time.perf_counter() - started
                seconds.observe(spent)
                metrics.REQUESTS.labels(process, method, str(status or "none")).inc()
                log.info("answered", method=method, status=status, milliseconds=round(spent * 1000, 1))

    return record


async def reply(send: Send, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
    """Send one whole answer that no cache keeps."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
