"""Late shipment: which judgements are due when, what they cost, and that it never matters when the judge is run."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, late_shipment, penalties
from yidao.rules.instants import DAY, HOUR, NEVER, Instant, instant
from yidao.rules.late_shipment import (
    LATE_SHIPMENT_COUPON_2023,
    LATE_SHIPMENT_DOUYIN_2022,
    Judgement,
    OrderFacts,
    due_judgements,
    next_due_at,
)

POLICY = LATE_SHIPMENT_DOUYIN_2022
COUPON = LATE_SHIPMENT_COUPON_2023
SHANGHAI = timezone(timedelta(hours=8))
D = instant(datetime(2022, 6, 1, 10, tzinfo=SHANGHAI))
LATE = OrderFacts(ship_by_at=D)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "late-shipment.md"


def at(hours: float) -> Instant:
    """Return the instant some hours after D."""
    return Instant(D + round(hours * HOUR))


def hours_of(found: tuple[Judgement, ...]) -> list[tuple[int, float]]:
    return [(ordinal, (moment - D) / HOUR) for ordinal, moment in found]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(-1, [], id="before D nothing is late"),
        pytest.param(0, [], id="D itself is still in time"),
        pytest.param(1e-9 * 0.3, [(1, 0)], id="one microsecond past D the first judgement is recorded at D"),
        pytest.param(24, [(1, 0)], id="the second is not due at its own instant"),
        pytest.param(24.01, [(1, 0), (2, 24)], id="a judge that was late makes two with the times they should have"),
        pytest.param(1_000, [(1, 0), (2, 24), (3, 48)], id="there are three and no more, however late the judge is"),
    ],
)
def test_judgements_fall_due_at_d_and_every_24_hours(now, expected) -> None:
    moment = Instant(D + 1) if 0 < now < 1e-6 else at(now)

    assert hours_of(due_judgements(LATE, POLICY, moment)) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, 0, id="at D"),
        pytest.param({"judged_count": 1, "last_at": D}, 24, id="24 hours after the first"),
        pytest.param({"judged_count": 2, "last_at": at(24)}, 48, id="48 hours after the first"),
        pytest.param({"judged_count": 3, "last_at": at(48)}, None, id="not again after the third"),
        pytest.param({"ship_by_at": NEVER}, None, id="never while nothing waits to be shipped"),
        pytest.param({"pauses": ((at(-2), at(-1)),)}, 0, id="a refund that was over before D changes nothing"),
        pytest.param({"pauses": ((at(-2), NEVER),)}, None, id="never while a refund is open"),
        pytest.param({"pauses": ((at(1), NEVER),)}, 0, id="what a late judge owed before the refund came stays due"),
        pytest.param({"pauses": ((D, at(1)),)}, 24, id="a refund asked for at D itself is in time"),
        pytest.param({"pauses": ((at(-2), D),)}, 0, id="who ends a refund at D is judged at D"),
        pytest.param({"pauses": ((at(-2), at(1)),)}, 24, id="what fell into a refund is not made up for"),
        pytest.param({"pauses": ((at(-2), at(24)),)}, 24, id="the end of a refund may be the next instant itself"),
        pytest.param({"pauses": ((at(-2), at(200)),)}, 216, id="the clock of D goes on however long a refund takes"),
        pytest.param({"pauses": ((at(20), at(30)), (at(-2), at(1)))}, 48, id="two refunds take two instants"),
        pytest.param({"pauses": ((at(-9), at(30)), (at(-2), at(1)))}, 48, id="a refund within another changes nothing"),
        pytest.param({"judged_count": 1, "last_at": at(-30)}, 0, id="another part that falls due later has its own D"),
        pytest.param({"judged_count": 1, "last_at": at(-10)}, 24, id="but never sooner than 24 hours after the last"),
    ],
)
def test_when_the_judge_looks_next(facts, expected) -> None:
    found = next_due_at(replace(LATE, **facts), POLICY)

    assert found == (None if expected is None else at(expected))


moments = st.integers(-100, 400).map(lambda quarters: at(quarters / 4))
pauses = st.lists(
    st.tuples(moments, st.one_of(st.just(NEVER), moments)).filter(lambda p: p[1] == NEVER or p[0] < p[1]), max_size=3
).map(tuple)
policies = st.builds(
    lambda hours, most: replace(POLICY, rejudge_hours=hours, judgements_max=most), st.integers(1, 40), st.integers(1, 5)
)


@given(pauses=pauses, policy=policies, looks=st.lists(moments, max_size=6), end=moments)
def test_it_never_matters_when_and_how_often_the_judge_is_run(pauses, policy, looks, end) -> None:
    order, made = replace(LATE, pauses=pauses), ()
    for now in [*sorted(look for look in looks if look <= end), end]:
        new = due_judgements(order, policy, now)
        made += new
        order = replace(order, judged_count=len(made), last_at=made[-1].at if made else NEVER)

    assert made == due_judgements(replace(LATE, pauses=pauses), policy, end)
    assert len(made) <= policy.judgements_max


@given(pauses=pauses, policy=policies, now=moments)
def test_what_is_due_agrees_with_when_to_look_next(pauses, policy, now) -> None:
    order = replace(LATE, pauses=pauses)
    due, first = due_judgements(order, policy, now), next_due_at(order, policy)

    made = replace(order, judged_count=len(due), last_at=due[-1].at if due else NEVER)
    assert late_shipment.verdict(order, policy, now) == (due, next_due_at(made, policy))
    assert bool(due) == (first is not None and first < now)
    assert [each.ordinal for each in due] == list(range(1, len(due) + 1))
    assert all((each.at - D) % (policy.rejudge_hours * HOUR) == 0 for each in due)
    assert not any(
        opened <= each.at and (ended == NEVER or each.at < ended) for each in due for opened, ended in pauses
    )


# --- What it costs ---


def test_an_order_that_is_never_shipped_costs_twenty_yuan_and_its_product() -> None:
    made = due_judgements(LATE, POLICY, at(1_000))
    prices = [penalties.price(POLICY, ordinal=each.ordinal, paid_fen=99_00) for each in made]

    assert [(each.deduction_fen, each.coupon_fen, each.cause) for each in prices] == [
        (10_00, 0, None),
        (10_00, 0, None),
        (0, 0, penalties.Cause.ORDER_MAX),
    ]
    assert [penalties.is_banned(POLICY, each.ordinal) for each in made] == [False, False, True]


def test_a_report_that_moves_d_begins_anew() -> None:
    moved = OrderFacts(ship_by_at=Instant(D + 7 * DAY))

    assert due_judgements(moved, POLICY, at(26)) == ()
    assert next_due_at(moved, POLICY) == D + 7 * DAY


@pytest.mark.parametrize(
    ("paid_fen", "expected"),
    [(3_00, 0), (3_01, 3_00), (299_99, 3_00), (300_00, 3_00), (1_234_56, 12_34), (5_000_00, 30_00)],
)
def test_the_coupon_of_an_order(paid_fen, expected) -> None:
    first, second = (penalties.price(COUPON, ordinal=ordinal, paid_fen=paid_fen) for ordinal in (1, 2))

    assert (first.coupon_fen, second.coupon_fen, first.deduction_fen, first.cause) == (expected, 0, 0, None)


def test_the_older_profile_gives_no_coupon() -> None:
    assert penalties.coupon_fen(POLICY, 5_000_00) == 0


# --- Bodies and the page ---


@pytest.mark.parametrize("policy", late_shipment.SEEDS, ids=lambda policy: policy.version)
def test_a_body_gives_back_its_policy(policy) -> None:
    assert late_shipment.from_body(policy.version, late_shipment.to_body(policy)) == policy


def test_every_fault_of_a_body_is_named() -> None:
    body = late_shipment.to_body(POLICY) | {"rejudge_hours": 0, "ban_after": "2", "colour": 1}
    del body["settle_hour"]

    with pytest.raises(bodies.PolicyInvalid) as refused:
        late_shipment.from_body("late-shipment/douyin-2022/2", body)

    assert refused.value.faults == (
        ("/ban_after", "not_integer"),
        ("/colour", "unknown"),
        ("/rejudge_hours", "out_of_range"),
        ("/settle_hour", "missing"),
    )


def test_the_page_names_every_number_of_both_versions() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (\d+ \| \d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    expected = {
        name: f"{number} | {late_shipment.to_body(COUPON)[name]}"
        for name, number in late_shipment.to_body(POLICY).items()
    }

    assert {name: rows[name] for name in expected} == expected


@pytest.mark.parametrize("word", [*penalties.Kind, *penalties.Cause])
def test_the_page_names_every_word(word) -> None:
    assert word in PAGE.read_text(encoding="utf-8")
