"""
intake.bulk: batches of 5,000 events (70 % new, 20 % duplicate, 10 % late) from decoded bytes to committed anomalies,
against COPY of the same scans without the duplicates and one set-based UPDATE of the touched parcels with ready
values.
"""

import random
import time
import uuid
from collections.abc import Callable
from typing import Any, Final, LiteralString

import psycopg

from bench import data, report
from yidao.intake.payloads import ScanIn, SourceFacts, Submission
from yidao.intake.writer import Writer
from yidao.kit import memory
from yidao.parcels import hot, lives, writing
from yidao.parcels.lives import Life
from yidao.rules import parcel
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

    The order is another one in each run, because what earlier runs sent stays in the kept database.
    """

    def __init__(self, parcels: int) -> None:
        self._random = random.Random()
        self._nonce = uuid.uuid4().hex[:8]
        self._order = list(range(parcels))
        self._random.shuffle(self._order)
        self._position = 0

    def batch(self) -> list[tuple[int, str, ScanIn]]:
        """Return (parcel, sort, scan) of one batch: sort is new, duplicate or late."""
        found: list[tuple[int, str, ScanIn]] = []
        while len(found) < BATCH:
            index = self._order[self._position % len(self._order)]
            self._position += 1
            told = data.scans_of(index)
            if told:
                found.append((index, *self._next(index, *told[-1])))
        return found

    def _next(self, index: int, step: int, at: int, kind: Kind, division: str) -> tuple[str, ScanIn]:
        roll = self._random.random()
        event_id = f"{self._nonce}{self._position}"
        if roll < 0.7:
            later = min(at + 5 * HOUR, data.NOW) - self._random.randrange(HOUR)
            return "new", _scan(index, event_id, NEXT[kind], later, division)
        if roll < 0.9:
            return "duplicate", _scan(index, data.event_id(index, step), kind, at, division, variant=step)
        earlier = at - 30 * MINUTE - self._random.randrange(HOUR)
        return "late", _scan(index, event_id, Kind.IN_TRANSIT, earlier, division)


UPDATE: Final = hot.STATEMENTS["update_verdicts"].replace(" AND p.version = v.version", "")
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
    """
    Measure interleaved runs and print the line.

    The ratio is of runs that follow one another. `after_checkpoint` is the same right after a checkpoint, when each
    page touched first goes whole into the log and the database is the slower of the two.
    """
    mix = Mix(parcels)
    memory.settle()
    with hot.connect(url) as connection, hot.connect(url) as bare:
        writer = Writer(connection, now=Instant(data.NOW))
        _one(lambda: write(writer, [mix.batch()]))
        fresh, fresh_floors = _interleaved(writer, bare, mix, before="CHECKPOINT")
        ours, floors = _interleaved(writer, bare, mix, before="SELECT 1")
    report.line(
        "intake.bulk",
        value=report.middle(ours),
        floor=report.middle(floors),
        unit="events/s",
        batch=BATCH,
        best=max(ours),
        floor_best=max(floors),
        after_checkpoint=report.middle(fresh) / report.middle(fresh_floors),
    )


def _interleaved(
    writer: Writer, bare: psycopg.Connection[Any], mix: Mix, *, before: LiteralString
) -> tuple[list[float], list[float]]:
    """Return the rates of ours and of the floor, run in turn; `before` each run a statement that is not measured."""
    ours: list[float] = []
    floors: list[float] = []
    for _ in range(RUNS):
        batches = [mix.batch() for _ in range(BATCHES)]
        bare.execute(before)
        ours.append(BATCHES * BATCH / _one(lambda batches=batches: write(writer, batches)))
        ready = [_ready(mix.batch(), writer.knowledge) for _ in range(BATCHES)]
        bare.execute(before)
        floors.append(BATCHES * BATCH / _one(lambda ready=ready: _bare(bare, ready)))
    return ours, floors


def _one(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def write(writer: Writer, batches: list[list[tuple[int, str, ScanIn]]]) -> None:
    """Write batches as the intake does, each from ten request bodies."""
    for batch in batches:
        scans = tuple(scan for _, _, scan in batch)
        bodies = [Submission(SENDER, scans[at : at + BODY], 0) for at in range(0, BATCH, BODY)]
        writer.write(bodies)


def _ready(batch: list[tuple[int, str, ScanIn]], knowledge: hot.Knowledge) -> tuple[bytes, dict[str, Any]]:
    """Return the COPY text and the finished columns of a batch, made without touching the database; not measured."""
    kept = [(index, scan) for index, sort, scan in batch if sort != "duplicate"]
    touched: list[Life] = []
    for index, scan in kept:
        life = data.life_of(index, knowledge)
        life.entries.append(parcel.entry(Instant(scan.occurred_at), Kind(scan.kind), lives.city_of(scan.division)))
        life.judge(knowledge)
        touched.append(life)
    touched.sort(key=lambda life: life.key)
    now = knowledge.now_at.isoformat()
    rows = [
        f"{s.waybill_no}\t{s.carrier}\t1\t{s.source}\t{s.event_id}\t0\tf\t{s.variant}\t"
        f"{to_datetime(Instant(s.occurred_at)).isoformat()}\t{now}\t{s.kind}\t0\t{s.code}\t{s.division}\t\t\n"
        for _, s in sorted(kept, key=lambda each: each[1].waybill_no)
    ]
    return "".join(rows).encode(), writing.facts_columns(touched, knowledge)


def _bare(connection: psycopg.Connection[Any], ready: list[tuple[bytes, dict[str, Any]]]) -> None:
    statement = f"COPY scan ({', '.join(data.SCAN_COLUMNS)}) FROM STDIN"
    for text, columns in ready:
        with connection.transaction():
            with connection.cursor().copy(statement) as copy:
                copy.write(text)
            connection.execute(UPDATE, columns)
