"""Which scans live when two providers push full lists and others send single events, late, twice and out of order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules import build
from tests.rules.build import at
from yidao.rules import anomalies, parcel, sources
from yidao.rules.instants import Instant
from yidao.rules.scans import WEAK
from yidao.rules.scans import Kind as K
from yidao.rules.sources import LISTED, ScanFact, Snapshot, SnapshotKey


def scan(event_id, hours=1, kind=K.PICKED_UP, *, source="CARRIER", revision=0, is_retracted=False, variant=0):
    """Return one scan as a source told it."""
    return ScanFact(
        source=source,
        event_id=event_id,
        revision=revision,
        is_retracted=is_retracted,
        occurred_at=at(hours),
        kind=int(kind),
        city=0,
        variant=variant,
    )


def pushed(source, event_ids, *, pushed_at=0, newest_at=0, digest=b""):
    """Return one full list as a source pushed it."""
    key = SnapshotKey(pushed_at=pushed_at, newest_at=newest_at, count=len(event_ids), digest=digest)
    return Snapshot(source=source, key=key, event_ids=frozenset(event_ids))


def listed(event_id, source="ONE", hours=1, kind=K.PICKED_UP):
    """Return one scan as a full list told it."""
    return scan(event_id, hours, kind, source=source, revision=LISTED)


def ids(scans, snapshots=()):
    """Return what lives, as (source, event id, variant)."""
    return {(fact.source, fact.event_id, fact.variant) for fact in sources.living(scans, snapshots)}


@pytest.mark.parametrize(
    ("scans", "snapshots", "expected"),
    [
        pytest.param([scan("a"), scan("a")], [], {("CARRIER", "a", 0)}, id="an exact duplicate changes nothing"),
        pytest.param(
            [scan("a", revision=0, variant=1), scan("a", revision=1, variant=2)],
            [],
            {("CARRIER", "a", 2)},
            id="the highest revision wins",
        ),
        pytest.param(
            [scan("a", revision=1), scan("a", revision=1, is_retracted=True)],
            [],
            set(),
            id="on a tie the retraction wins",
        ),
        pytest.param(
            [scan("a", revision=1, is_retracted=True), scan("a", revision=2, variant=5)],
            [],
            {("CARRIER", "a", 5)},
            id="a newer revision brings a retracted scan back",
        ),
        pytest.param(
            [scan("a", variant=1), scan("a", variant=2)],
            [],
            {("CARRIER", "a", 1), ("CARRIER", "a", 2)},
            id="two contents under one revision were both said",
        ),
        pytest.param(
            [listed("a"), listed("b")],
            [pushed("ONE", ["a", "b"], pushed_at=1), pushed("ONE", ["b"], pushed_at=2)],
            {("ONE", "b", 0)},
            id="the list pushed last wins",
        ),
        pytest.param(
            [listed("a"), listed("b")],
            [pushed("ONE", ["a"], newest_at=7), pushed("ONE", ["b"], newest_at=6)],
            {("ONE", "a", 0)},
            id="without push times the newest scan decides",
        ),
        pytest.param(
            [listed("a"), listed("b")],
            [pushed("ONE", ["a"]), pushed("ONE", ["a", "b"])],
            {("ONE", "a", 0), ("ONE", "b", 0)},
            id="then the longer list",
        ),
        pytest.param(
            [listed("a"), listed("b")],
            [pushed("ONE", ["a"], digest=b"1"), pushed("ONE", ["b"], digest=b"2")],
            {("ONE", "b", 0)},
            id="then the content",
        ),
        pytest.param(
            [listed("a"), listed("a", source="TWO")],
            [pushed("ONE", ["a"], pushed_at=1), pushed("ONE", ["b"], pushed_at=2), pushed("TWO", ["a"])],
            {("TWO", "a", 0)},
            id="a list replaces the scans of its own source only",
        ),
        pytest.param([listed("a")], [], set(), id="a listed scan without a list does not live"),
    ],
)
def test_living(scans, snapshots, expected):
    assert ids(scans, snapshots) == expected
    assert ids(reversed(scans), reversed(snapshots)) == expected


def test_a_scan_with_corrected_text_is_one_scan():
    first, corrected = listed("a"), listed("a")
    lists = [pushed("ONE", ["a"], digest=b"text"), pushed("ONE", ["a"], digest=b"corrected text")]
    assert ids([first, corrected], lists) == {("ONE", "a", 0)}


# --- Any interleaving ------------------------------------------------------------------------------------------------


@st.composite
def told_by_two_lists_and_events(draw):
    """Two providers' full lists over one journey, single events with revisions and retractions, all mixed."""
    journey = sorted(draw(st.lists(build.entries(), min_size=1, max_size=8)))
    facts = []
    for source in ("ONE", "TWO"):
        for version in range(draw(st.integers(0, 3))):
            seen = [index for index in range(len(journey)) if draw(st.integers(0, 3))]
            facts += (_fact(journey[index], source, f"{index}", LISTED, is_retracted=False) for index in seen)
            newest_at = max((journey[index][0] for index in seen), default=0)
            pushed_at = draw(st.sampled_from([0, version]))
            digest = repr(seen).encode()
            facts.append(
                pushed(source, [f"{index}" for index in seen], pushed_at=pushed_at, newest_at=newest_at, digest=digest)
            )
    for index in draw(st.lists(st.integers(0, len(journey) - 1), max_size=5)):
        revision, is_retracted = draw(st.integers(0, 2)), draw(st.integers(0, 3)) == 0
        facts.append(
            _fact(
                journey[index],
                draw(st.sampled_from(["CARRIER", "SHOP"])),
                f"{index % 2}",
                revision,
                is_retracted=is_retracted,
            )
        )
    return facts


def _fact(entry, source, event_id, revision, *, is_retracted):
    moment, _, kind, city = entry
    return ScanFact(
        source=source,
        event_id=event_id,
        revision=revision,
        is_retracted=is_retracted,
        occurred_at=Instant(moment),
        kind=kind & ~WEAK,
        city=city,
        variant=hash(entry),
    )


def fold(facts):
    """Return the milestones of facts in the order given."""
    scans = [fact for fact in facts if isinstance(fact, ScanFact)]
    lists = [fact for fact in facts if isinstance(fact, Snapshot)]
    return parcel.of(
        (parcel.weak_entry if fact.source == "SHOP" else parcel.entry)(fact.occurred_at, K(fact.kind), fact.city)
        for fact in sources.living(scans, lists)
    )


@settings(max_examples=1000, deadline=None)
@given(facts=told_by_two_lists_and_events(), data=st.data())
def test_any_interleaving_of_lists_and_events_ends_equal(facts, data):
    shuffled = data.draw(
        st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=4)) if facts else [])
    )
    one, other = fold(facts), fold(shuffled)

    assert other == one
    assert parcel.pack(other) == parcel.pack(one)
    assert parcel.status(other) is parcel.status(one)
    end = at(24 * 60)
    verdicts = [anomalies.judge(each, build.PLAN, (), build.POLICY, end) for each in (one, other)]
    assert verdicts[0] == verdicts[1]
