"""
The port for machines: a raw ASGI application in front of one queue. It routes, authenticates, decodes, waits for the
commit and answers; what an item means is decided behind the queue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, Protocol

from yidao.intake import decode, pushes
from yidao.intake.auth import Credentials, Directory
from yidao.intake.faults import Problem, Refused, refused
from yidao.intake.http import (
    FORM,
    JSON,
    Answer,
    ClientGone,
    Header,
    Receive,
    Request,
    Scope,
    Send,
    form,
    problem_answer,
    send_answer,
)
from yidao.intake.payloads import Item, ItemResult, Submission
from yidao.intake.replies import items_answer
from yidao.intake.senders import EVENTS_WRITE, OF_SHOPS, ORDERS_WRITE, PARCELS_WRITE, Sender
from yidao.kit import clock, logs, metrics
from yidao.kit.errors import Refusal

BODY_MAX: Final = 1024 * 1024
PROCESS: Final = "intake"
KUAIDI100_PATH: Final = "/push/kuaidi100/"
KDNIAO_PATH: Final = "/push/kdniao/"
CREDENTIAL_DIGITS_MAX: Final = 19

log = logs.get(__name__)


class Line(Protocol):
    """The queue in front of the writer."""

    def submit(self, submission: Submission) -> "Future[list[ItemResult]]":
        """Put a submission in line; raises a Refusal when it cannot be taken now."""
        ...

    def drain(self) -> bool:
        """Take nothing more and finish what was taken."""
        ...


class Parts:
    """What the application needs from outside; made when the process begins to serve."""

    __slots__ = ("close", "directory", "queue")

    def __init__(self, *, queue: Line, directory: Directory, close: Callable[[], None] = lambda: None) -> None:
        self.queue = queue
        self.directory = directory
        self.close = close


class Intake:
    """One serving process of the machine port."""

    def __init__(self, assemble: Callable[[], Parts], *, body_max: int = BODY_MAX) -> None:
        self._assemble = assemble
        self._body_max = body_max
        self._parts: Parts | None = None
        self._credentials: Credentials | None = None
        self._is_draining = False
        self._seconds = metrics.REQUEST_SECONDS.labels(PROCESS)
        self._counted: dict[tuple[str, int], Any] = {}

    async def startup(self) -> None:
        """Build the queue and what finds credentials; called before the first request."""
        self._parts = await asyncio.to_thread(self._assemble)
        self._credentials = Credentials(self._parts.directory)
        self._is_draining = False

    def begin_draining(self) -> None:
        """Refuse new requests from now on; called when the process is told to stop."""
        self._is_draining = True

    async def shutdown(self) -> None:
        """Finish what was taken; called after the last answer."""
        self._is_draining = True
        if self._parts is not None:
            is_done = await asyncio.to_thread(self._parts.queue.drain)
            self._parts.close()
            log.info("drained", is_done=is_done)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event: a request, or the lifespan when nobody else keeps it."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        started = clock.stopwatch()
        request = Request(scope, receive)
        given = request.headers.get(b"x-request-id")
        request_id = logs.request_id(given.decode("latin-1") if given is not None else None)
        try:
            answer = await self._answer(request)
        except ClientGone:
            return
        except Exception as fault:  # The outermost border of the port: nothing may leave a client without an answer.
            log.exception("request failed", request_id=request_id, fault=type(fault).__name__)
            answer = problem_answer(
                Problem("intake.store_unavailable"), request.language, headers=((b"retry-after", b"5"),)
            )
        if answer.status >= 500:
            log.warning("request not served", request_id=request_id, status=answer.status, path=_route_of(request.path))
        await send_answer(send, answer, request_id=request_id.encode())
        self._count(request.method, answer.status)
        self._seconds.observe(clock.stopwatch() - started)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.startup()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.shutdown()
        await send({"type": "lifespan.shutdown.complete"})

    def _count(self, method: str, status: int) -> None:
        key = (method if method in metrics.METHODS else "OTHER", status)
        child = self._counted.get(key)
        if child is None:
            child = self._counted[key] = metrics.REQUESTS.labels(PROCESS, key[0], str(status))
        child.inc()

    async def _answer(self, request: Request) -> Answer:
        path = request.path
        if path == "/v1/tracking-events":
            return await self._json(request, scope=EVENTS_WRITE, read=decode.events)
        if path.startswith(KUAIDI100_PATH):
            return await self._kuaidi100(request)
        if path == "/v1/parcels":
            return await self._json(request, scope=PARCELS_WRITE, read=decode.parcels)
        if path == "/v1/orders":
            return await self._json(request, scope=ORDERS_WRITE, read=decode.orders)
        if path.startswith(KDNIAO_PATH):
            return await self._kdniao(request)
        return problem_answer(Problem("path.unknown"), request.language)

    async def _json(self, request: Request, *, scope: str, read: Callable[[bytes, Sender], decode.Decoded]) -> Answer:
        try:
            sender = await self._open(request, sender=self._by_token)
            sender.need(scope)
            if scope in OF_SHOPS and sender.facts.kind not in ("SHOP", "PLATFORM"):
                raise refused("auth.kind")
            request.need_media_type(JSON)
            body = await request.body(limit=self._body_max)
            found = read(body, sender)
            results = await self._stored(found.items, sender, size=len(body))
        except Refused as refusal:
            return problem_answer(refusal.problem, request.language, headers=refusal.headers)
        return items_answer(found, results, request)

    async def _kuaidi100(self, request: Request) -> Answer:
        try:
            push = await self._push(request, pushes.kuaidi100_push, prefix=KUAIDI100_PATH)
        except Refused as refusal:
            message, status = _told(refusal.problem, request)
            return pushes.kuaidi100_answer(status=status, message=message, headers=refusal.headers)
        if push.fault is not None:
            message, status = _told(Problem(push.fault.reason, values={"detail": push.fault.detail}), request)
            return pushes.kuaidi100_answer(status=status, message=message)
        return pushes.KUAIDI100_TAKEN

    async def _kdniao(self, request: Request) -> Answer:
        business_id = ""
        status, message = 200, ""
        headers: tuple[Header, ...] = ()
        try:
            push = await self._push(request, pushes.kdniao_push, prefix=KDNIAO_PATH)
            business_id = push.business_id
            if push.fault is not None:
                message, status = _told(Problem(push.fault.reason, values={"detail": push.fault.detail}), request)
        except Refused as refusal:
            message, status = _told(refusal.problem, request)
            headers = refusal.headers
        return pushes.kdniao_answer(status=status, message=message, business_id=business_id, headers=headers)

    async def _push(self, request: Request, read: pushes.Reader, *, prefix: str) -> pushes.Push:
        name = request.path[len(prefix) :].rstrip("/")
        if not (name.isascii() and name.isdigit() and len(name) <= CREDENTIAL_DIGITS_MAX):
            raise refused("path.unknown")
        assert self._credentials is not None, "startup has run"
        credentials = self._credentials

        async def by_address(_request: Request) -> Sender:
            return await credentials.pusher(int(name))

        sender = await self._open(request, sender=by_address)
        sender.need(EVENTS_WRITE)
        request.need_media_type(FORM)
        body = await request.body(limit=self._body_max)
        push = read(form(body), sender)
        await self._stored(push.items, sender, size=len(body))
        return push

    async def _by_token(self, request: Request) -> Sender:
        assert self._credentials is not None, "startup has run"
        return await self._credentials.sender(request)

    async def _open(self, request: Request, *, sender: Callable[[Request], Awaitable[Sender]]) -> Sender:
        if request.method != "POST":
            raise refused("method.not_allowed", allowed="POST", headers=((b"allow", b"POST"),))
        if self._is_draining:
            raise refused("intake.draining", headers=((b"retry-after", b"2"), (b"connection", b"close")))
        return await sender(request)

    async def _stored(self, items: Sequence[Item], sender: Sender, *, size: int) -> list[ItemResult]:
        """Return the writer's answers, after its commit; the writer's refusals become ours."""
        if not items:
            return []
        assert self._parts is not None, "startup has run"
        try:
            future = self._parts.queue.submit(Submission(sender=sender.facts, items=tuple(items), byte_count=size))
            return await asyncio.wrap_future(future)
        except Refusal as refusal:
            headers = tuple((name.lower().encode(), value.encode()) for name, value in refusal.headers.items())
            raise refused(refusal.code, headers=headers) from refusal


def _told(problem: Problem, request: Request) -> tuple[str, int]:
    rendered = problem.rendered(request.language)
    detail = rendered["detail"]
    return (f"{rendered['title']} {detail}".strip() if detail else rendered["title"]), rendered["status"]


def _route_of(path: str) -> str:
    """Return a path for the log: push addresses without their credential, unknown ones not at all."""
    for known in ("/v1/tracking-events", "/v1/parcels", "/v1/orders", KUAIDI100_PATH, KDNIAO_PATH):
        if path.startswith(known):
            return known
    return "other"
