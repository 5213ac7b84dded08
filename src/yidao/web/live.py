"""
News for open pages by server-sent events. Each process listens once to the database and wakes only the readers whose
organisations a notice names; a reader learns that something changed, never what: the page asks again by itself.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
import psycopg
from django.db import connections
from prometheus_client import Gauge
from psycopg import conninfo

from yidao.kit import clock, crypto, logs, metrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CHANNEL: Final = "yidao_parcels"
EVERYTHING: Final = "*"
"""The ticket of those who hear of every change."""
HEARTBEAT_SECONDS: Final = 15.0
PACE_SECONDS: Final = 0.5
"""Shortest time between two pieces of news for one reader; what happens in between is one piece."""
STREAM_SECONDS_MAX: Final = 15 * 60
"""A stream ends after this and its reader fetches a new ticket, so that whoever lost a role is out by then."""
STREAMS_MAX: Final = 5_000
STREAMS_OF_USER_MAX: Final = 20
"""One user's tabs and machines; without it one ticket could take every stream there is."""
BACK_OFF_SECONDS: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
PROBE_SECONDS: Final = 30.0
TICKET_BYTES_MAX: Final = 16_384

NEWS: Final = b"event: news\ndata: {}\n\n"
HELLO: Final = b"retry: 3000\n: hello\n\n"
HEARTBEAT: Final = b": still here\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

READERS = Gauge("yidao_live_readers", "Open streams of live news in this process.", registry=metrics.REGISTRY)
log = logs.get(__name__)


class Notice(msgspec.Struct, frozen=True):
    """
    What a committed transaction tells: the organisations it touched, or that it touched too many to name; and who lost
    something, so that their streams end.
    """

    orgs: tuple[int, ...] = ()
    all: bool = False
    out: tuple[int, ...] = ()


_decoder = msgspec.json.Decoder(Notice)


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream. However much happens, one piece of news waits for it at the most."""

    user: str
    organisations: frozenset[int] | None
    woken: asyncio.Event
    is_out: bool = False


class Hub:
    """The readers of one process and its one LISTEN."""

    def __init__(self, address: Callable[[], str]) -> None:
        self._address = address
        self._by_organisation: dict[int, set[Reader]] = {}
        self._of_everything: set[Reader] = set()
        self._readers: set[Reader] = set()
        self._of_user: Counter[str] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: asyncio.Task[None] | None = None
        self._is_ending = False
        self.is_listening = False

    async def start(self) -> None:
        """Begin to listen, on the loop that serves."""
        self._loop = asyncio.get_running_loop()
        self._is_ending = False
        self._listener = self._loop.create_task(self._listen())

    def end_streams(self) -> None:
        """End every stream and take no more; may be called by a signal handler or another thread."""
        self._is_ending = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, tuple(self._readers))

    async def stop(self) -> None:
        """End what is left and stop listening."""
        self.end_streams()
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener

    def hear(self, payload: str) -> None:
        """Wake the readers a notice is about; one that cannot be read wakes everybody."""
        try:
            notice = _decoder.decode(payload)
        except msgspec.DecodeError:
            log.warning("notice not understood")
            notice = Notice(all=True)
        if notice.out:
            self._shut_out(frozenset(map(str, notice.out)))
            return
        if notice.all:
            self._wake(self._readers)
            return
        self._wake(self._of_everything)
        for organisation in notice.orgs:
            self._wake(self._by_organisation.get(organisation, ()))

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one GET of /live?ticket=..., until the reader goes, its time is up, or the process stops."""
        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        try:
            user, organisations = _ticket(scope)
        except crypto.SignatureInvalid:
            await _refuse(send, 403, "The ticket is not valid any more.")
            return
        if self._of_user[user] >= STREAMS_OF_USER_MAX:
            await _refuse(send, 429, "Too many streams are open; close one first.")
            return
        reader = Reader(user, organisations, asyncio.Event())
        self._add(reader)
        gone = asyncio.ensure_future(_until_gone(receive, reader))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": HELLO, "more_body": True})
            await self._feed(reader, gone, send)
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._remove(reader)

    def _shut_out(self, users: frozenset[str]) -> None:
        """End the streams of users who lost something; whoever still may comes back with a fresh ticket."""
        for reader in self._readers:
            if reader.user in users:
                reader.is_out = True
                reader.woken.set()

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        if scope["method"] != "GET":
            return 405, "Only GET is answered here."
        if self._is_ending or len(self._readers) >= STREAMS_MAX:
            return 503, "No stream is free; ask again in a moment."
        return None

    async def _feed(self, reader: Reader, gone: "asyncio.Future[None]", send: Send) -> None:
        ends_at = clock.stopwatch() + STREAM_SECONDS_MAX
        while not self._is_over(reader, gone) and clock.stopwatch() < ends_at:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await reader.woken.wait()
            except TimeoutError:
                await send({"type": "http.response.body", "body": HEARTBEAT, "more_body": True})
                continue
            if self._is_over(reader, gone):
                return
            reader.woken.clear()
            await send({"type": "http.response.body", "body": NEWS, "more_body": True})
            await self._rest(reader, gone)

    def _is_over(self, reader: Reader, gone: "asyncio.Future[None]") -> bool:
        return self._is_ending or reader.is_out or gone.done()

    async def _rest(self, reader: Reader, gone: "asyncio.Future[None]") -> None:
        """Let some time pass before the next piece of news, but not when there is nobody to wait for."""
        until = clock.stopwatch() + PACE_SECONDS
        while not self._is_over(reader, gone) and clock.stopwatch() < until:
            await asyncio.sleep(PACE_SECONDS / 5)

    def _add(self, reader: Reader) -> None:
        self._readers.add(reader)
        self._of_user[reader.user] += 1
        if reader.organisations is None:
            self._of_everything.add(reader)
        for organisation in reader.organisations or ():
            self._by_organisation.setdefault(organisation, set()).add(reader)
        READERS.set(len(self._readers))

    def _remove(self, reader: Reader) -> None:
        self._readers.discard(reader)
        self._of_user -= Counter((reader.user,))
        self._of_everything.discard(reader)
        for organisation in reader.organisations or ():
            others = self._by_organisation.get(organisation, set())
            others.discard(reader)
            if not others:
                self._by_organisation.pop(organisation, None)
        READERS.set(len(self._readers))

    @staticmethod
    def _wake(readers: Iterable[Reader]) -> None:
        for reader in readers:
            reader.woken.set()

    async def _listen(self) -> None:
        """Listen for ever; a database that goes away is asked again, and then everybody looks once."""
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._address(), autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.is_listening = True
                    failures = 0
                    self._wake(self._readers)
                    while True:
                        async for notice in connection.notifies(timeout=PROBE_SECONDS):
                            self.hear(notice.payload)
                        await connection.execute("SELECT 1")
            except (psycopg.Error, OSError) as fault:
                self.is_listening = False
                log.warning("live news interrupted", fault=type(fault).__name__)
            await asyncio.sleep(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])
            failures += 1


def _ticket(scope: Scope) -> tuple[str, frozenset[int] | None]:
    """
    Return who holds the ticket and whose news it opens, None for everything.

    :raises crypto.SignatureInvalid: the ticket is missing, run out or not ours.
    """
    query = bytes(scope.get("query_string", b""))
    if len(query) > TICKET_BYTES_MAX:
        raise crypto.SignatureInvalid
    try:
        ticket = parse_qs(query.decode("latin-1"), max_num_fields=5).get("ticket", [""])[0]
    except ValueError as fault:
        raise crypto.SignatureInvalid from fault
    user, _, orgs = crypto.unsign_fresh(ticket, purpose="live", now=clock.real_now()).partition("/")
    if orgs == EVERYTHING:
        return user, None
    return user, frozenset(int(each) for each in orgs.split(",") if each)


async def _until_gone(receive: Receive, reader: Reader) -> None:
    """Return when the reader closed the connection, and wake its stream."""
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.woken.set()


async def _refuse(send: Send, status: int, text: str) -> None:
    body = text.encode() + b"\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status in (429, 503):
        headers.append((b"retry-after", b"5"))
    if status == 405:
        headers.append((b"allow", b"GET"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _address() -> str:
    """Return the address of the database the pages read."""
    found = connections["default"].settings_dict
    known = {
        "dbname": found["NAME"],
        "user": found["USER"],
        "password": found["PASSWORD"],
        "host": found["HOST"],
        "port": found["PORT"],
    }
    options = {name: value for name, value in found["OPTIONS"].items() if name != "pool"}
    return conninfo.make_conninfo(**{name: value for name, value in (known | options).items() if value})


hub = Hub(_address)
"""The hub of this process."""


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one stream of news."""
    await hub.stream(scope, receive, send)


async def start() -> None:
    """Begin to listen; called before the first request."""
    await hub.start()


def end_streams() -> None:
    """End all streams; called as soon as the process is told to stop."""
    hub.end_streams()


async def stop() -> None:
    """Stop listening; called after the last answer."""
    await hub.stop()
