"""
Whose token, whose push address: looked up once, then remembered for half a minute, so that a taken-back credential
stops working within that time and a busy one costs no query.
"""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

import psycopg

from yidao.intake.faults import Refused, refused
from yidao.intake.http import Header, Request
from yidao.intake.senders import Sender, sender_of
from yidao.kit import clock

KNOWN_SECONDS: Final = 30.0
UNKNOWN_SECONDS: Final = 3.0
REMEMBERED_MAX: Final = 20_000
GUESSES_MAX: Final = 30
"""Wrong tokens one address may send in a window before it is told to wait; right ones always pass."""
GUESS_WINDOW_SECONDS: Final = 60.0
ADDRESSES_MAX: Final = 10_000

BEARER: Final = b"bearer "
CHALLENGE: Final[Header] = (b"www-authenticate", b'Bearer realm="yidao"')


class Directory(Protocol):
    """Where credentials are kept."""

    def by_token(self, token: str) -> Sender | None:
        """Return the live sender of a token."""
        ...

    def by_id(self, credential_id: int) -> Sender | None:
        """Return the live sender whose push address names this credential."""
        ...


class DatabaseDirectory:
    """Credentials in the database, read on one connection of its own; used from one thread at a time."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()

    def by_token(self, token: str) -> Sender | None:
        """Return the live sender of a token; the whole token is compared in constant time."""
        from yidao.accounts import queries, statements  # inline: django not set up

        prefix = queries.token_prefix(token)
        if prefix is None:
            return None
        row = self._row(statements.CREDENTIAL_BY_PREFIX, prefix)
        return _sender(queries.credential_if_token_fits(row, token))

    def by_id(self, credential_id: int) -> Sender | None:
        """Return the live sender whose push address names this credential."""
        from yidao.accounts import queries, statements  # inline: django not set up

        row = self._row(statements.CREDENTIAL_BY_ID, credential_id)
        return _sender(queries.credential_from_row(row)) if row is not None else None

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _row(self, statement: str, key: str | int) -> tuple[Any, ...] | None:
        with self._lock:
            for attempt in (1, 2):
                try:
                    if self._connection is None:
                        self._connection = self._connect()
                    found: tuple[Any, ...] | None = self._connection.execute(statement.encode(), (key,)).fetchone()
                    return found
                except psycopg.OperationalError:
                    if self._connection is not None:
                        self._connection.close()
                        self._connection = None
                    if attempt == 2:
                        raise
            raise AssertionError("the loop returns or raises")


def _sender(facts: Any) -> Sender | None:
    if facts is None or not facts.is_active:
        return None
    return sender_of(
        credential_id=facts.id,
        organisation_id=facts.organisation_id,
        kind=facts.organisation_kind,
        carrier_code=facts.carrier_code,
        source_code=facts.source_code,
        scopes=facts.scopes,
        push_secret=facts.push_secret,
    )


class Credentials:
    """Remembers who was who; lives on the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._remembered: dict[bytes | int, tuple[float, Sender | None]] = {}
        self._asking = asyncio.Lock()
        self._guesses: dict[str, tuple[float, int]] = {}

    async def sender(self, request: Request) -> Sender:
        """
        Return the sender of a request's bearer token.

        :raises Refused: no token, a wrong one, or too many wrong ones from this address.
        """
        header = request.headers.get(b"authorization", b"")
        if header[:7].lower() != BEARER:
            raise refused("auth.missing", headers=(CHALLENGE,))
        token = header[7:].strip()
        key = hashlib.sha256(token).digest()
        sender = self._fresh(key)
        if sender is _STRANGER:
            sender = await self._ask(key, lambda: self._directory.by_token(token.decode("latin-1")))
        if sender is None:
            raise self._guessed(request.address)
        assert isinstance(sender, Sender)
        return sender

    async def pusher(self, credential_id: int) -> Sender:
        """
        Return the sender a push address names.

        :raises Refused: there is none, or it has no provider's kind.
        """
        sender = self._fresh(credential_id)
        if sender is _STRANGER:
            sender = await self._ask(credential_id, lambda: self._directory.by_id(credential_id))
        if not isinstance(sender, Sender):
            raise refused("path.unknown")
        if sender.facts.kind not in ("PROVIDER", "PLATFORM"):
            raise refused("auth.kind")
        return sender

    def _fresh(self, key: bytes | int) -> object:
        known = self._remembered.get(key)
        if known is None or known[0] <= clock.stopwatch():
            return _STRANGER
        return known[1]

    async def _ask(self, key: bytes | int, ask: Callable[[], Sender | None]) -> object:
        async with self._asking:
            sender = self._fresh(key)
            if sender is not _STRANGER:
                return sender
            try:
                found = await asyncio.to_thread(ask)
            except psycopg.OperationalError as fault:
                raise refused("intake.store_unavailable", headers=((b"retry-after", b"2"),)) from fault
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            seconds = KNOWN_SECONDS if found is not None else UNKNOWN_SECONDS
            self._remembered[key] = (clock.stopwatch() + seconds, found)
            return found

    def _guessed(self, address: str) -> Refused:
        now = clock.stopwatch()
        started, count = self._guesses.get(address, (now, 0))
        if now - started >= GUESS_WINDOW_SECONDS:
            started, count = now, 0
        if len(self._guesses) >= ADDRESSES_MAX:
            self._guesses.clear()
        self._guesses[address] = (started, count + 1)
        if count < GUESSES_MAX:
            return refused("auth.invalid", headers=(CHALLENGE,))
        wait = max(1, int(started + GUESS_WINDOW_SECONDS - now))
        return refused("auth.guessing", headers=((b"retry-after", b"%d" % wait),))


_STRANGER: Final = object()
"""Stands for "not remembered", where None says "known to be nobody"."""
