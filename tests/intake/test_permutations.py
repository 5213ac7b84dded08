"""
The promise of the whole intake, shown on real PostgreSQL: whatever the order, the repetition and the split into
batches, and whoever of two writers is faster, one set of facts ends in one parcel.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.intake import facts
from tests.intake.facts import Kind, at, fresh_number, submission
from yidao.carriers.traces import Trace, TraceList
from yidao.intake import decode
from yidao.intake.payloads import Item, ScanIn
from yidao.intake.queue import AGAIN
from yidao.intake.writer import Writer
from yidao.parcels import hot, rebuild, sweeps
from yidao.parcels.lives import bucket_of
from yidao.rules.instants import HOUR, Instant

FACTS_MAX = 12
FIRST_NOW = at("06-20 12:00")
FINAL_NOW = at("07-30 12:00")
SHIPPED = at("06-10 10:00")
CARRIER = "zhongtong"
SENT = "CARRIER:zhongtong", "CARRIER:yuantong"
LISTS = "KUAIDI100", "KDNIAO"
TRIES_MAX = 20


# --- What is told -----------------------------------------------------------------------------------------------------

_KINDS = [
    Kind.PICKED_UP, Kind.DEPARTED_ORIGIN, Kind.ARRIVED_HUB, Kind.ARRIVED_CITY, Kind.OUT_FOR_DELIVERY, Kind.SIGNED,
    Kind.REJECTED, Kind.RETURNING, Kind.RETURN_SIGNED, Kind.PROBLEM, Kind.DETAINED, Kind.ADVISED_NOT_UPDATED,
]  # fmt: skip
# A grid of half days: scans of several sources then meet at one instant, which is where merging goes wrong first.
moments = st.integers(-1, 18).map(lambda step: SHIPPED + step * 12 * HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One scan before it has a number; equal ones of several sources are one line of the timeline."""

    occurred_at: int
    kind: Kind
    division: str
    flags: int

    @property
    def place(self) -> str:
        """Return the place by which a list names the event; the division is then only what was made of it."""
        return "somewhere" if not self.division else ""

    def scan(self, number: str, source: str, event_id: str, revision: int, *, is_retracted: bool = False) -> ScanIn:
        variant = hash((self.occurred_at, int(self.kind), self.division, self.flags)) & (1 << 62) - 1
        return ScanIn(
            number, CARRIER, source, event_id, revision, is_retracted, self.occurred_at, int(self.kind),
            self.kind.name, self.division, "", "", self.flags, variant,
        )  # fmt: skip


tolds = st.builds(
    Told,
    occurred_at=moments,
    kind=st.sampled_from(_KINDS),
    division=st.sampled_from(["", facts.HANGZHOU, facts.CHENGDU]),
    flags=st.sampled_from([0, 0, 0, 1]),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A single event; few names and revisions, so that corrections and retractions meet what they are about."""

    told: Told
    source: str
    name: str
    revision: int
    is_retracted: bool

    def item(self, number: str, tenants: facts.Tenants) -> Item:
        return self.told.scan(number, self.source, self.name, self.revision, is_retracted=self.is_retracted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """
    A provider's full list. An event is named by when and what, never by its text, so a keyword in the text makes
    another variant of the same event.
    """

    source: str
    tolds: tuple[Told, ...]
    pushed_at: int

    def item(self, number: str, tenants: facts.Tenants) -> Item:
        by_name = {(each.occurred_at, each.kind, each.place): each for each in self.tolds}
        traces = tuple(
            Trace(each.occurred_at, int(each.kind), each.kind.name, each.division, each.place, "", each.flags)
            for _, each in sorted(by_name.items())
        )
        return decode.snapshot(TraceList(number, CARRIER, self.pushed_at, traces), self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """The shop's word that it handed the parcel over."""

    def item(self, number: str, tenants: facts.Tenants) -> Item:
        return facts.shipment(tenants, number, "06-10 10:00", paid="06-10 08:00")


Fact = Single | Listed | Shipped
singles = st.builds(
    Single,
    told=tolds,
    source=st.sampled_from(SENT),
    name=st.sampled_from(["e1", "e2", "e3", "e4"]),
    revision=st.integers(0, 2),
    is_retracted=st.sampled_from([False, False, False, True]),
)
# A scan near the sender that nobody takes back: the shop's claim needs one that speaks for it, whenever it comes.
anchors = st.builds(
    Single,
    told=st.builds(
        Told, occurred_at=moments, kind=st.just(Kind.PICKED_UP), division=st.just(facts.HANGZHOU), flags=st.just(0)
    ),
    source=st.just(SENT[0]),
    name=st.just("anchor"),
    revision=st.just(0),
    is_retracted=st.just(False),
)


@st.composite
def list_pushes(draw: st.DrawFn) -> list[Fact]:
    """Draw one provider's pushes of a growing history: whole, cut at either end, with a scan dropped, or equal."""
    source = draw(st.sampled_from(LISTS))
    history = draw(st.lists(tolds, min_size=1, max_size=4))
    has_time = source == "KDNIAO"
    found: list[Fact] = []
    for _ in range(draw(st.integers(1, 3))):
        kept = draw(st.lists(st.sampled_from(history), min_size=1, max_size=len(history), unique=True))
        pushed_at = draw(moments) if has_time else 0
        found.append(Listed(source=source, tolds=tuple(kept), pushed_at=pushed_at))
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Draw at most twelve facts of one parcel."""
    found: list[Fact] = list(draw(st.lists(singles, max_size=5)))
    for pushes in draw(st.lists(list_pushes(), max_size=2)):
        found.extend(pushes)
    if draw(st.booleans()):
        found += [Shipped(), draw(anchors)]
    return found[:FACTS_MAX] if found else [draw(singles)]


Batches = list[tuple[int, list[Fact]]]
"""What each of two writers is given, in order."""


@st.composite
def tellings(draw: st.DrawFn, history: Sequence[Fact]) -> Batches:
    """Draw an order of telling: permuted, some twice, cut into batches, shared out to two writers."""
    repeated = draw(st.lists(st.sampled_from(list(history)), max_size=FACTS_MAX - len(history)))
    ordered = draw(st.permutations([*history, *repeated]))
    batches: Batches = []
    while ordered:
        size = draw(st.integers(1, 4))
        batches.append((draw(st.integers(0, 1)), list(ordered[:size])))
        ordered = ordered[size:]
    return batches


# --- Telling it -------------------------------------------------------------------------------------------------------


class Pair:
    """Two writers on connections and threads of their own."""

    def __init__(self, connections: Sequence[psycopg.Connection[Any]]) -> None:
        self._connections = connections
        self._pool = ThreadPoolExecutor(max_workers=2)

    def tell(self, batches: Batches, number: str, tenants: facts.Tenants) -> None:
        """Let both writers write their batches at once, at instants that rise."""
        at_once = threading.Barrier(2)
        shares = [
            [(order, batch) for order, (writer, batch) in enumerate(batches) if writer == which] for which in (0, 1)
        ]
        running = [
            self._pool.submit(self._write, connection, share, number, tenants, at_once)
            for connection, share in zip(self._connections, shares, strict=True)
        ]
        for each in running:
            each.result(30)

    def close(self) -> None:
        self._pool.shutdown()

    @staticmethod
    def _write(
        connection: psycopg.Connection[Any],
        share: list[tuple[int, list[Fact]]],
        number: str,
        tenants: facts.Tenants,
        at_once: threading.Barrier,
    ) -> None:
        at_once.wait(10)
        for order, batch in share:
            writer = Writer(connection, now=Instant(FIRST_NOW + order * 7 * HOUR))
            items = [fact.item(number, tenants) for fact in batch]
            for attempt in range(TRIES_MAX):
                try:
                    answers = writer.write([submission(item) for item in items])
                    break
                except AGAIN:
                    if attempt == TRIES_MAX - 1:
                        raise
            assert all(answer.result != "REJECTED" for group in answers for answer in group), answers


_STATE = """
SELECT status, milestones, episodes, open_types, due_at, last_scan_at, picked_at, signed_at, policy, shop_id, starts_at
FROM parcel WHERE waybill_no = %s
"""
_ANOMALIES = """
SELECT type, should_open_at, should_close_at, state, severity, reason, party, closing, shop_id, creator_id
FROM anomaly WHERE waybill_no = %s AND closing <> 'NOT_LATE' ORDER BY type, should_open_at
"""


def _ending(connection: psycopg.Connection[Any], number: str) -> tuple[Any, ...]:
    """Judge at the final instant what time alone moves, prove the stored copies, and return what they say."""
    assert rebuild.check_numbers(connection, [(number, CARRIER)]) == ()
    knowledge = hot.Knowledge()
    knowledge.refresh(connection, now=Instant(FINAL_NOW))
    while sweeps.sweep_bucket(connection, bucket_of(number), knowledge).looked_at == sweeps.BATCH_SIZE:
        pass
    assert rebuild.check_numbers(connection, [(number, CARRIER)]) == ()
    row = connection.execute(_STATE, (number,)).fetchone()
    assert row is not None
    *state, starts_at = row
    # Until a shipment says when it began, a stub begins with whatever was told first.
    return (*state, starts_at if row[9] else None, connection.execute(_ANOMALIES, (number,)).fetchall())


@pytest.fixture(scope="module")
def connections(runtime_dsn: str) -> Iterator[list[psycopg.Connection[Any]]]:
    with hot.connect(runtime_dsn) as one, hot.connect(runtime_dsn) as two:
        yield [one, two]


@pytest.fixture(scope="module")
def pair(connections: list[psycopg.Connection[Any]]) -> Iterator[Pair]:
    made = Pair(connections)
    yield made
    made.close()


@pytest.fixture(scope="module")
def tenants(owner_dsn: str) -> facts.Tenants:
    return facts.plant_tenants(owner_dsn)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
@given(data=st.data())
def test_any_order_told_by_two_writers_at_once_ends_in_the_same_parcel(data, connections, pair, tenants) -> None:
    history = data.draw(histories(), label="history")
    endings = []
    for label in ("one telling", "another telling"):
        number = fresh_number()
        pair.tell(data.draw(tellings(history), label=label), number, tenants)
        endings.append(_ending(connections[0], number))

    assert endings[0] == endings[1]
