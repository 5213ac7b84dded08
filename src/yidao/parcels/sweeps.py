"""
What only time decides: parcels whose `due_at` has come are judged again, bucket by bucket. A sweep that runs late
writes the same verdicts, with the instants at which each should have happened; running it twice writes once.
"""

import logging
import os
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
import psycopg

from yidao.kit import clock
from yidao.parcels import hot, outages, writing
from yidao.parcels.lives import BUCKETS, Life
from yidao.rules.instants import Instant

log = logging.getLogger(__name__)

BATCH_SIZE: Final = 2_000
LEASE: Final = timedelta(seconds=30)
POSTPONE: Final = timedelta(hours=1)
"""How long, in business time, a parcel whose rule raised is left alone."""
PAUSE_SECONDS: Final = 1.0
ROUNDS_MAX: Final = 3
AGAIN: Final = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
TOLD_MAX: Final = 200
CONCERN: Final = "parcels"
_hand = hot.Hand()


@dataclass(slots=True, kw_only=True)
class Swept:
    """What one sweep did: parcels looked at, written, postponed, and changes of anomalies."""

    looked_at: int = 0
    written: int = 0
    postponed: int = 0
    changes: int = 0

    def add(self, other: "Swept") -> None:
        """Count another sweep in."""
        self.looked_at += other.looked_at
        self.written += other.written
        self.postponed += other.postponed
        self.changes += other.changes


def sweep_bucket(
    connection: psycopg.Connection[Any], bucket: int, knowledge: hot.Knowledge, *, limit: int = BATCH_SIZE
) -> Swept:
    """
    Judge the earliest due parcels of one bucket in one transaction; `looked_at` 0 means that nothing was due.

    A parcel that somebody wrote meanwhile was judged by him; it is not written again.
    """
    for attempt in range(ROUNDS_MAX):
        try:
            return _sweep(connection, bucket, knowledge, limit)
        except AGAIN as fault:
            log.info("sweep of bucket %s runs again: %s", bucket, type(fault).__name__)
            if attempt == ROUNDS_MAX - 1:
                raise
    raise AssertionError("unreachable")


def _sweep(connection: psycopg.Connection[Any], bucket: int, knowledge: hot.Knowledge, limit: int) -> Swept:
    with connection.transaction():
        parameters = {"bucket": bucket, "now": knowledge.now_at, "limit": limit}
        due = [Life(row) for row in hot.rows(connection, "due", parameters)]
        if not due:
            return Swept()
        judged, faulty = _judge(due, knowledge)
        written = writing.write_judged(connection, judged, knowledge, hand=_hand)
        for life, fault in faulty:
            _postpone(connection, life, fault, knowledge)
        _tell(connection, written.organisations)
    return Swept(
        looked_at=len(due),
        written=len(judged) - len(written.lost),
        postponed=len(faulty),
        changes=written.changes,
    )


def _judge(due: Sequence[Life], knowledge: hot.Knowledge) -> tuple[list[Life], list[tuple[Life, str]]]:
    judged: list[Life] = []
    faulty: list[tuple[Life, str]] = []
    for life in due:
        try:
            life.judge_again(knowledge)
        except Exception as fault:  # The outermost loop: one parcel no rule foresaw must not stop its neighbours.
            log.exception("sweep: a parcel's rule raised")
            faulty.append((life, f"{type(fault).__name__}: {fault}"))
        else:
            judged.append(life)
    return judged, faulty


def _postpone(connection: psycopg.Connection[Any], life: Life, fault: str, knowledge: hot.Knowledge) -> None:
    key = {"waybill_no": life.waybill_no, "carrier": life.carrier, "life": life.life}
    hot.run(connection, "postpone", {**key, "retry_at": knowledge.now_at + POSTPONE})
    hot.run(connection, "put_sweep_fault", {**key, "fault": fault[:500], "now": knowledge.now_at})


def _tell(connection: psycopg.Connection[Any], organisations: set[int]) -> None:
    if organisations:
        is_all = len(organisations) > TOLD_MAX
        notice = {"orgs": [] if is_all else sorted(organisations), "all": is_all}
        connection.execute("SELECT pg_notify('yidao_parcels', %s)", (msgspec.json.encode(notice).decode(),))


def sweep_until_quiet(connection: psycopg.Connection[Any], *, now: Instant | None = None) -> Swept:
    """Judge everything that is due, in every bucket, until nothing is; for fast-forward and tests."""
    total = Swept()
    knowledge = hot.Knowledge()
    knowledge.refresh(connection, now=now)
    for bucket in range(BUCKETS):
        while True:
            swept = sweep_bucket(connection, bucket, knowledge)
            total.add(swept)
            if swept.looked_at < BATCH_SIZE:
                break
    return total


class Sweeper:
    """One worker's loop over the buckets it can lease; several workers share them, and a dead one's pass on in 30 s."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._holder = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._connection: psycopg.Connection[Any] | None = None
        self._knowledge = hot.Knowledge()
        self._watcher = outages.Watcher()

    def run_once(self) -> Swept:
        """
        Sweep every bucket this worker can lease, one batch each, and look which carriers are silent.

        While a demo's clock stands still nothing comes due: who moves it sweeps himself, after the news of the time
        came.

        :raises psycopg.Error: the database is away; the caller pauses and comes back.
        """
        connection = self._connected()
        self._knowledge.refresh(connection)
        total = Swept()
        if not self._knowledge.pace:
            return total
        if self._watcher.look(connection, self._knowledge):
            self._knowledge.refresh(connection)
        for bucket in range(BUCKETS):
            if self._lease(connection, bucket):
                total.add(sweep_bucket(connection, bucket, self._knowledge))
        return total

    def close(self) -> None:
        """Give the leases back and close the connection."""
        connection, self._connection = self._connection, None
        if connection is None or connection.closed:
            return
        with connection:
            hot.run(connection, "release", {"concern": CONCERN, "holder": self._holder})

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = hot.connect(self._url)
        return self._connection

    def _lease(self, connection: psycopg.Connection[Any], bucket: int) -> bool:
        now = clock.real_now()
        parameters = {
            "concern": CONCERN,
            "bucket": bucket,
            "holder": self._holder,
            "now": now,
            "until": now + LEASE,
        }
        return bool(hot.rows(connection, "lease", parameters))


def run_forever(stop: threading.Event, *, url: str) -> None:
    """Sweep until told to stop; a database that went away is waited for."""
    sweeper = Sweeper(url)
    while not stop.is_set():
        try:
            swept = sweeper.run_once()
        except psycopg.Error as fault:
            log.warning("sweep interrupted: %s", type(fault).__name__)
            sweeper = Sweeper(url)
            stop.wait(PAUSE_SECONDS)
            continue
        if swept.looked_at < BATCH_SIZE:
            stop.wait(PAUSE_SECONDS)
    try:
        sweeper.close()
    except psycopg.Error as fault:
        log.warning("sweep leases not given back: %s", type(fault).__name__)


def oldest_due(connection: psycopg.Connection[Any]) -> Instant | None:
    """
    Return the earliest instant any parcel waits for, None when none does; how far it lies back is the sweep's lag.
    """
    due = [hot.rows(connection, "oldest_due", {"bucket": bucket})[0][0] for bucket in range(BUCKETS)]
    found = [each for each in due if each is not None]
    return Instant(min(found)) if found else None


__all__ = ["Sweeper", "Swept", "oldest_due", "run_forever", "sweep_bucket", "sweep_until_quiet"]
