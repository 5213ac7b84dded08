"""
The loop behind every deadline column of the order side: a concern has 16 hash buckets, a worker leases a bucket for
30 s of real time, and the concern's step takes that bucket's earliest due rows. A dead worker's buckets pass on.
"""

import os
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zlib import crc32

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection

from yidao.kit import clock, logs

BUCKETS: Final = 16
LEASE: Final = timedelta(seconds=30)
PAUSE_SECONDS: Final = 1.0
REST_SECONDS: Final = 60.0
"""How long a concern rests, in real time, after its step raised what nobody foresaw."""
STEPS_MAX: Final = 1_000
"""How often one bucket is taken again before its neighbours have their turn."""

_LEASE: Final = """
INSERT INTO sweep_lease (concern, bucket, holder, leased_until)
SELECT %s, bucket, %s, %s FROM generate_series(0, %s) AS bucket
ON CONFLICT (concern, bucket) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
WHERE sweep_lease.holder = excluded.holder OR sweep_lease.leased_until < %s
RETURNING bucket
"""
_RELEASE: Final = "DELETE FROM sweep_lease WHERE concern = %s AND holder = %s"
_KEEP_FAULT: Final = """
INSERT INTO sweep_fault (concern, subject_id, fault, recorded_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (concern, subject_id) DO UPDATE SET fault = excluded.fault, recorded_at = excluded.recorded_at
"""
_FORGET_FAULTS: Final = "DELETE FROM sweep_fault WHERE concern = %s AND subject_id = ANY(%s)"
_FAULTS: Final = "SELECT concern, subject_id, fault, recorded_at FROM sweep_fault ORDER BY recorded_at DESC LIMIT %s"
FAULTS_MAX: Final = 50

log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """
    One kind of deadline. `step(bucket, now)` does one batch in transactions of its own and returns how many due rows it
    settled, 0 when nothing is due; running it twice, late, or beside another one writes everything once. A row it
    cannot settle it must put off, or it would be taken again for ever.
    """

    name: str
    step: Callable[[int, datetime], int]


def bucket_of(key: str) -> int:
    """Return the bucket of a number or id."""
    return crc32(key.encode()) % BUCKETS


def keep_fault(concern: str, subject_id: int, fault: BaseException, *, now: datetime) -> None:
    """Write down why a row could not be settled, in the caller's transaction; operators see it on the overview."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_FAULT, (concern, subject_id, f"{type(fault).__name__}: {fault}"[:500], now))


def forget_faults(concern: str, subject_ids: Sequence[int]) -> None:
    """Forget what was once wrong with rows that were settled now."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_FAULTS, (concern, list(subject_ids)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One row that could not be settled; of a step that broke as a whole, `subject_id` is its bucket."""

    concern: str
    subject_id: int
    fault: str
    recorded_at: datetime


def faults() -> tuple[FaultRow, ...]:
    """Return the newest faults, at most `FAULTS_MAX`; who may see them is the caller's to know."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS, (FAULTS_MAX,))
        return tuple(
            FaultRow(concern=row[0], subject_id=row[1], fault=row[2], recorded_at=row[3]) for row in cursor.fetchall()
        )


def sweep_until_quiet(concerns: Sequence[Concern], *, now: datetime) -> dict[str, int]:
    """Settle everything that is due, until a whole round finds nothing; for fast-forward and tests."""
    total = {concern.name: 0 for concern in concerns}
    while True:
        settled = 0
        for concern in concerns:
            for bucket in range(BUCKETS):
                found = _take(concern, bucket, now)
                total[concern.name] += found
                settled += found
        if not settled:
            return total


def _take(concern: Concern, bucket: int, now: datetime) -> int:
    taken = 0
    for _ in range(STEPS_MAX):
        found = concern.step(bucket, now)
        taken += found
        if not found:
            break
    return taken


class Sweeper:
    """
    One worker's turn through the concerns; several workers share the buckets. What one concern cannot cope with stops
    no other: it is written down, reported, and that concern rests for a while.
    """

    def __init__(self, concerns: Sequence[Concern]) -> None:
        self._concerns = tuple(concerns)
        self._holder = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._leased: dict[str, tuple[datetime, list[int]]] = {}
        self._rests_until: dict[str, float] = {}

    def run_once(self) -> int:
        """
        Take one batch of every bucket that can be leased and return how many rows were settled.

        While a demo's clock stands still nothing comes due: who moves it sweeps himself, after the news of the time
        came.

        :raises DatabaseError: the database is away; the caller pauses and comes back.
        """
        now = _moment()
        if now is None:
            return 0
        return sum(self._turn(concern, now) for concern in self._concerns if not self._is_resting(concern))

    def close(self) -> None:
        """Give the leases back."""
        with connection.cursor() as cursor:
            for concern in self._concerns:
                cursor.execute(_RELEASE, (concern.name, self._holder))

    def _turn(self, concern: Concern, now: datetime) -> int:
        settled = 0
        for bucket in self._buckets(concern.name):
            try:
                settled += concern.step(bucket, now)
            except (OperationalError, InterfaceError):
                raise
            except Exception as fault:  # The outermost loop: what one concern did not foresee must not stop the others.
                log.exception("sweep: a step raised", concern=concern.name, bucket=bucket)
                self._rests_until[concern.name] = clock.stopwatch() + REST_SECONDS
                keep_fault(concern.name, bucket, fault, now=now)
                break
        return settled

    def _is_resting(self, concern: Concern) -> bool:
        return clock.stopwatch() < self._rests_until.get(concern.name, 0.0)

    def _buckets(self, concern: str) -> list[int]:
        """Return the buckets that are ours; what is leased is asked for again when a third of its time is over."""
        now = clock.real_now()
        until, buckets = self._leased.get(concern, (now, []))
        if until - now > LEASE * 2 / 3:
            return buckets
        with connection.cursor() as cursor:
            cursor.execute(_LEASE, (concern, self._holder, now + LEASE, BUCKETS - 1, now))
            buckets = sorted(bucket for (bucket,) in cursor.fetchall())
        self._leased[concern] = now + LEASE, buckets
        return buckets


def _moment() -> datetime | None:
    """Return the business instant, None while it stands still."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] | None = connection.connection
    assert raw is not None
    row = raw.execute(clock.READ_DEMO_CLOCK).fetchone()
    if row is not None and not tuple(row.values() if isinstance(row, dict) else row)[3]:
        return None
    return clock.business_now(raw)


def run_forever(stop: threading.Event, *, concerns: Sequence[Concern]) -> None:
    """Sweep until told to stop; a database that went away is waited for."""
    sweeper = Sweeper(concerns)
    while not stop.is_set():
        try:
            settled = sweeper.run_once()
        except (DatabaseError, psycopg.Error) as fault:
            log.warning("sweep interrupted", fault=type(fault).__name__)
            close_old_connections()
            connection.close()
            settled = 0
        if not settled:
            stop.wait(PAUSE_SECONDS)
    try:
        sweeper.close()
    except (DatabaseError, psycopg.Error) as fault:
        log.warning("sweep leases not given back", fault=type(fault).__name__)
    connection.close()
