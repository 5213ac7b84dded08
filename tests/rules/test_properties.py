"""What must hold for every history: order, repetition, batches and the time of the sweep never matter."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules import build
from yidao.rules import anomalies, parcel, scans
from yidao.rules.episodes import Type
from yidao.rules.instants import DAY, Instant
from yidao.rules.scans import WEAK, Kind

MANY = settings(max_examples=1000, deadline=None)
SOME = settings(max_examples=150, deadline=None)
FEW = settings(max_examples=60, deadline=None)
END = build.at(24 * 60)


@MANY
@given(
    history=build.histories,
    plan=build.plans,
    holds=build.some_holds,
    policy=build.some_policies,
    data=st.data(),
)
def test_any_order_repetition_and_split_into_batches_end_in_equal_verdicts(history, plan, holds, policy, data):
    whole = parcel.of(history)
    shuffled = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history))) if history else []))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    batches = [shuffled[start:stop] for start, stop in pairwise([0, *cuts, len(shuffled)])]
    arrived = parcel.EMPTY
    for batch in batches:
        arrived = parcel.unpack(parcel.pack(parcel.merge(arrived, parcel.of(batch))))

    assert arrived == whole
    assert parcel.pack(arrived) == parcel.pack(whole)
    other_holds = tuple(data.draw(st.permutations(holds + holds)))
    assert anomalies.judge(arrived, plan, other_holds, policy, END) == anomalies.judge(whole, plan, holds, policy, END)


@pytest.mark.parametrize("most", [3, 256], ids=["when much is cut off", "when nothing is cut off"])
@SOME
@given(
    one=st.lists(build.entries(), max_size=9),
    two=st.lists(build.entries(), max_size=9),
    three=st.lists(build.entries(), max_size=9),
)
def test_merge_is_commutative_associative_and_idempotent(most, one, two, three):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcel, "ENTRIES_MAX", most)
        a, b, c = parcel.of(one), parcel.of(two), parcel.of(three)

        assert parcel.merge(a, b) == parcel.merge(b, a)
        assert parcel.merge(parcel.merge(a, b), c) == parcel.merge(a, parcel.merge(b, c))
        assert parcel.merge(a, a) == a
        assert parcel.merge(a, parcel.EMPTY) == a
        assert parcel.merge(parcel.merge(a, b), c) == parcel.of(one + two + three)


@pytest.mark.parametrize("most", [parcel.ENTRIES_MAX, 4], ids=["with room", "with truncation"])
@SOME
@given(known=st.lists(build.entries(), max_size=9), entry=build.entries())
def test_adding_one_entry_is_merging_it(most, known, entry):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcel, "ENTRIES_MAX", most)
        milestones = parcel.of(known)

        assert parcel.add(milestones, entry) == parcel.merge(milestones, parcel.of((entry,)))


@SOME
@given(history=build.histories, plan=build.plans, holds=build.some_holds, policy=build.some_policies)
def test_episodes_have_unique_keys_an_order_and_do_not_overlap(history, plan, holds, policy):
    verdict = anomalies.judge(parcel.of(history), plan, holds, policy, END)

    assert list(verdict.episodes) == sorted(verdict.episodes)
    assert len({(each.type, each.opens_at) for each in verdict.episodes}) == len(verdict.episodes)
    for earlier, later in pairwise(verdict.episodes):
        if earlier.type == later.type:
            assert earlier.opens_at < later.opens_at
            assert 0 < earlier.closes_at <= later.opens_at
    for each in verdict.episodes:
        assert not each.closes_at or each.opens_at <= each.closes_at <= END
        assert bool(each.closes_at) == bool(each.closing)
        assert each.opens_at <= each.severity_at <= (each.closes_at or END)
    assert verdict.open_mask == anomalies.open_mask(verdict.episodes)
    assert anomalies.unpack_episodes(anomalies.pack_episodes(verdict.episodes)) == verdict.episodes


@SOME
@given(
    history=build.histories,
    plan=build.plans,
    holds=build.some_holds,
    policy=build.some_policies,
    now=build.moments,
)
def test_nothing_changes_before_the_next_due_time(history, plan, holds, policy, now):
    milestones = parcel.of(history)
    verdict = anomalies.judge(milestones, plan, holds, policy, now)
    assert verdict.next_due_at == 0 or verdict.next_due_at > now

    just_before = Instant(verdict.next_due_at - 1) if verdict.next_due_at else Instant(now + 500 * DAY)
    later = anomalies.judge(milestones, plan, holds, policy, just_before)
    assert later.episodes == verdict.episodes
    assert later.status is verdict.status


@FEW
@given(history=build.histories, plan=build.plans, policy=build.some_policies, now=build.moments)
def test_a_verdict_is_what_a_later_one_remembers_of_its_time(history, plan, policy, now):
    milestones = parcel.of(history)
    early = anomalies.anomalies(milestones, plan, (), policy, now)
    late = anomalies.anomalies(milestones, plan, (), policy, END)

    def as_it_was(each):
        return each.type, each.opens_at, each.closes_at if each.closes_at <= now else 0

    # A later signature decides anew where the parcel was signed for: that one anomaly is corrected, not remembered.
    def is_remembered(each):
        return each.type != Type.SIGN_ADDR_MISMATCH

    assert sorted((each.type, each.opens_at, each.closes_at) for each in early if is_remembered(each)) == sorted(
        as_it_was(each) for each in late if each.opens_at <= now and is_remembered(each)
    )


@SOME
@given(
    history=build.histories,
    claims=st.lists(build.entries(), max_size=4),
    plan=build.plans,
    policy=build.some_policies,
)
def test_the_shops_own_scans_never_close_or_prevent_an_anomaly(history, claims, plan, policy):
    strong = [each for each in history if each[2] < WEAK]
    weak = [(at, rank, kind | WEAK, city) for at, rank, kind, city in claims]
    without = anomalies.anomalies(parcel.of(strong), plan, (), policy, END)
    with_claims = anomalies.anomalies(parcel.of(strong + weak), plan, (), policy, END)

    for each in without:
        assert any(
            other.type == each.type
            and other.opens_at <= each.opens_at
            and (not other.closes_at or (each.closes_at and each.closes_at <= other.closes_at))
            for other in with_claims
        )


@SOME
@given(history=st.lists(build.entries(), max_size=16))
def test_too_many_scans_lose_the_oldest_and_keep_the_first_movement(history):
    most = 6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parcel, "ENTRIES_MAX", most)
        whole = parcel.of(history)
    strong = sorted({each for each in history if each[2] < WEAK})
    moved = [each[0] for each in strong if Kind(each[2]) in scans.MOVED]

    assert len(whole.entries) == min(most, len(set(history)))
    assert whole.entries == tuple(sorted(whole.entries))
    assert set(strong[-most:]) <= set(whole.entries)
    assert whole.first_moved_at == min(moved, default=0)
