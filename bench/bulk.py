"""
intake.bulk: batches of 5,000 events (70 % new, 20 % duplicate, 10 % late) from decoded bytes to committed anomalies,
against COPY of the same scans without the duplicates and one set-based UPDATE of the touched parcels with ready
values.
"""

import time
from collections.abc import Callable
from typing import Any, Final

import psycopg

from bench import data, report
from yidao.intake.payloads import ScanIn, SourceFacts, Submission
from yidao.intake.writer import Writer
from yidao.parcels import hot, lives, writing
from yidao.parcels.lives import Life
from yidao.rules import parcel, routes
from yidao.rules.instants import HOUR, MINUTE, Instant, to_datetime
from yidao.rules.scans import Kind

BATCH: Final = 5_000
BATCHES: Final = 4
RUNS: Final = 5
SENDER: Final = SourceFacts(1, 1, "CARRIER", data.SOURCE, False)
BODY: Final = 500


class Mix:
    """
    An endless stream of batches in which no parcel stands twice and no event comes again unless it is a duplicate.
    """

    def __init__(self, parcels: int) -> None:
        self._random = data.random_source("bulk")
        self._order = list(range(parcels))
        self._random.shuffle(self._order)
        self._position = 0

    def batch(self) -> list[tuple[str, ScanIn]]:
        """Return (sort, scan) of one batch: sort is new, duplicate or late."""
        found: list[tuple[str, ScanIn]] = []
        while len(found) < BATCH:
            index = self._order[self._position % len(self._order)]
            self._position += 1
            told = data.scans_of(index)
            if not told:
                continue
            roll = self._random.random()
            step, at, kind, division = told[-1]
            if roll < 0.7:
                found.append(
                    ("new", _scan(index, f"n{self._position}", NEXT[kind], min(at + 5 * HOUR, data.NOW), division))
                )
            elif roll < 0.9:
                found.append(("duplicate", _scan(index, data.event_id(index, step), kind, at, division, variant=step)))
            else:
                found.append(("late", _scan(index, f"l{self._position}", Kind.IN_TRANSIT, at - 30 * MINUTE, division)))
        return found


NEXT: Final = {
    Kind.PICKED_UP: Kind.ARRIVED_HUB,
    Kind.ARRIVED_HUB: Kind.DEPARTED_HUB,
    Kind.OUT_FOR_DELIVERY: Kind.SIGNED,
    Kind.SIGNED: Kind.SIGNED,
}


def _scan(index: int, event_id: str, kind: Kind, at: int, division: str, *, variant: int = 0) -> ScanIn:
    return ScanIn(
        data.number(index),
        data.CARRIER,
        data.SOURCE,
        event_id,
        0,
        False,
        at,
        int(kind),
        kind.name,
        division,
        "",
        "",
        0,
        variant,
    )


def run(url: str, parcels: int) -> None:
    """Measure interleaved runs and print the line."""
    mix = Mix(parcels)
    ours: list[float] = []
    floors: list[float] = []
    with hot.connect(url) as connection, hot.connect(url) as bare:
        writer = Writer(connection, now=Instant(data.NOW))
        _one(lambda: _write(writer, [mix.batch()]))
        for _ in range(RUNS):
            batches = [mix.batch() for _ in range(BATCHES)]
            ours.append(BATCHES * BATCH / _one(lambda batches=batches: _write(writer, batches)))
            ready = [_ready(bare, mix.batch()) for _ in range(BATCHES)]
            floors.append(BATCHES * BATCH / _one(lambda ready=ready: _bare(bare, ready)))
    report.line(
        "intake.bulk",
        value=report.middle(ours),
        floor=report.middle(floors),
        unit="events/s",
        batch=BATCH,
        best=max(ours),
        floor_best=max(floors),
    )


def _one(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _write(writer: Writer, batches: list[list[tuple[str, ScanIn]]]) -> None:
    for batch in batches:
        scans = tuple(scan for _, scan in batch)
        bodies = [Submission(SENDER, scans[at : at + BODY], 0) for at in range(0, BATCH, BODY)]
        writer.write(bodies)


def _ready(connection: psycopg.Connection[Any], batch: list[tuple[str, ScanIn]]) -> tuple[bytes, dict[str, Any]]:
    """Return the COPY text and the finished columns of a batch; making them is not measured."""
    kept = [scan for sort, scan in batch if sort != "duplicate"]
    knowledge = hot.Knowledge()
    knowledge.refresh(connection, now=Instant(data.NOW))
    found = lives.load(connection, [(scan.waybill_no, scan.carrier) for scan in kept])
    touched: list[Life] = []
    for scan in kept:
        life = found[(scan.waybill_no, scan.carrier)][0]
        life.entries.append(parcel.entry(Instant(scan.occurred_at), Kind(scan.kind), routes.city_of(scan.division)))
        if life.judge(knowledge):
            touched.append(life)
    touched.sort(key=lambda life: life.key)
    now = to_datetime(Instant(data.NOW)).isoformat()
    rows = [
        f"{s.waybill_no}\t{s.carrier}\t1\t{s.source}\t{s.event_id}\t0\tf\t{s.variant}\t"
        f"{to_datetime(Instant(s.occurred_at)).isoformat()}\t{now}\t{s.kind}\t0\t{s.code}\t{s.division}\t\t\n"
        for s in sorted(kept, key=lambda each: each.waybill_no)
    ]
    return "".join(rows).encode(), writing.facts_columns(touched, knowledge)


def _bare(connection: psycopg.Connection[Any], ready: list[tuple[bytes, dict[str, Any]]]) -> None:
    statement = f"COPY scan ({', '.join(data.SCAN_COLUMNS)}) FROM STDIN"
    for text, columns in ready:
        with connection.transaction():
            with connection.cursor().copy(statement) as copy:
                copy.write(text)
            hot.rows(connection, "update_verdicts", columns)
