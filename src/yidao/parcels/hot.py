"""
The plain psycopg connection of the hot paths (intake, sweeps, rebuild): no ORM, times come in as microseconds, plans
are always index look-ups by waybill number. Also what every batch needs to know first: the business instant, the
policies and the outages.
"""

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

from yidao.kit import clock
from yidao.kit.sql import named_statements
from yidao.policies import families, selection
from yidao.rules import anomalies, silence
from yidao.rules.anomalies import Hold, HoldKind
from yidao.rules.instants import NEVER, Instant, instant, to_datetime

STATEMENTS: Mapping[str, str] = named_statements(Path(__file__).with_name("statements.sql"))

T = TypeVar("T")
HAND_OVER_MIN: Final = 500
"""Rows below which a statement is sooner done than handed over."""
BEGUN_MAX: Final = 64
"""Works a hand remembers until its owner rests; a batch begins fewer."""
_POSTGRES_EPOCH = 946_684_800_000_000
_SESSION = (
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; SET timezone = 'UTC'; "
    "SET idle_in_transaction_session_timeout = '60s'"
)
"""
A batch joins thousands of keys to a table of millions; only the look-up by index is ever right, whatever the
statistics say.
"""


class _MicrosecondsLoader(Loader):
    """Reads a binary timestamptz as microseconds since 1970."""

    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(data, "big", signed=True) + _POSTGRES_EPOCH


class _HotCursor(psycopg.Cursor[Any]):
    """A cursor with binary results and times as microseconds."""

    format = Format.BINARY

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection)
        self.format = Format.BINARY
        self.adapters.register_loader("timestamptz", _MicrosecondsLoader)


def connect(url: str) -> psycopg.Connection[Any]:
    """Open a connection for one writer; `url` is the runtime role's address."""
    connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True, prepare_threshold=3)
    prepare(connection)
    return connection


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Give a connection the plan settings of the hot paths."""
    connection.execute(_SESSION)


def rows(connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a named statement and return its rows, times as microseconds."""
    with _HotCursor(connection) as cursor:
        return cursor.execute(STATEMENTS[statement], parameters).fetchall()


def run(connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, Any]) -> int:
    """Run a named statement for its effect and return how many rows it touched."""
    with _HotCursor(connection) as cursor:
        return cursor.execute(STATEMENTS[statement], parameters).rowcount


class Hand:
    """
    A helping thread that waits for the database while its owner goes on computing.

    Only for long statements: handing one over costs a tenth of a millisecond. The owner must not touch the connection
    until the answer is there.
    """

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._begun: deque[Future[Any]] = deque(maxlen=BEGUN_MAX)

    def begin(self, work: Callable[[], T], *, size: int) -> Callable[[], T]:
        """
        Start some work, on the helping thread if it is worth it, and return how to get its answer.

        While that thread is busy even little work waits its turn there: the connection takes one thing at a time.
        """
        if size < HAND_OVER_MIN and all(each.done() for each in self._begun):
            answer = work()
            return lambda: answer
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer-hand")
        begun = self._thread.submit(work)
        self._begun.append(begun)
        return begun.result

    def rest(self) -> BaseException | None:
        """Wait until nothing is under way and return the first fault of all that was begun since the last rest."""
        faults = [each.exception() for each in self._begun]
        self._begun.clear()
        return next((each for each in faults if each is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """
    A stretch in which a carrier was silent; `until` is 0 while it lasts, `noticed_at` and `released_at` when we knew.
    """

    carrier: str
    since: Instant
    until: Instant
    noticed_at: Instant
    released_at: Instant


@dataclass(slots=True)
class Knowledge:
    """
    What a writer remembers between batches; `refresh` makes it current at the price of one short statement.

    `pace` is how many business seconds pass in a real one: 0 while a demo's clock stands still or is given.
    """

    now: Instant = NEVER
    now_at: datetime = field(default_factory=clock.real_now)
    pace: float = 0
    book: selection.PolicyBook[anomalies.Policy] = field(default_factory=lambda: selection.PolicyBook(()))
    silence_book: selection.PolicyBook[silence.Policy] = field(default_factory=lambda: selection.PolicyBook(()))
    outages: Mapping[str, tuple[Outage, ...]] = field(default_factory=dict)
    _stamp: tuple[int, int] = (-1, -1)

    def refresh(self, connection: psycopg.Connection[Any], *, now: Instant | None = None) -> None:
        """Read the business instant (unless given) and, when they changed, the policies and the outages."""
        base_real, base_sim, rate, is_running, policies, outages = rows(connection, "moment", {})[0]
        if now is not None:
            self.now, self.pace = now, 0
        elif base_real is None:
            self.now, self.pace = instant(clock.real_now()), 1
        else:
            demo = clock.DemoClock(
                base_real=to_datetime(base_real), base_sim=to_datetime(base_sim), rate=rate, is_running=is_running
            )
            self.now, self.pace = instant(demo.at(clock.real_now())), rate if is_running else 0
        self.now_at = to_datetime(self.now)
        if (policies, outages) != self._stamp:
            self.book = selection.load_book(connection, families.PARCEL)
            self.silence_book = selection.load_book(connection, families.SILENCE)
            self.outages = _outages(connection)
            self._stamp = (policies, outages)

    def outage_holds(self, carrier: str, *, at: Instant) -> tuple[Hold, ...]:
        """Return a carrier's silences as they were known at an instant."""
        outages = self.outages.get(carrier)
        if outages is None:
            return ()
        return tuple(
            Hold(
                kind=HoldKind.OUTAGE,
                types=0,
                since=each.since,
                until=each.until if each.released_at and each.released_at <= at else Instant(0),
            )
            for each in outages
            if each.noticed_at <= at
        )


def _outages(connection: psycopg.Connection[Any]) -> dict[str, tuple[Outage, ...]]:
    found: dict[str, list[Outage]] = {}
    for carrier, since, until, noticed_at, released_at in rows(connection, "outages", {}):
        outage = Outage(
            carrier=carrier,
            since=since,
            until=until or Instant(0),
            noticed_at=noticed_at,
            released_at=released_at or Instant(0),
        )
        found.setdefault(carrier, []).append(outage)
    return {carrier: tuple(each) for carrier, each in found.items()}
