"""What a shop's judgements of one day take in the end."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import late_shipment, penalties, settlement
from yidao.rules.instants import Instant, instant
from yidao.rules.penalties import Cause, Price
from yidao.rules.settlement import Outcome, Row, Spent, Terms

SHANGHAI = timezone(timedelta(hours=8))
POLICY = late_shipment.LATE_SHIPMENT_DOUYIN_2022
TERMS = Terms(
    per_order_max=POLICY.deductions_per_order_max,
    day_cap_fen=POLICY.day_cap_fen,
    points_day_max_tenths=POLICY.points_day_max_tenths,
    points_week_max_tenths=POLICY.points_week_max_tenths,
)
LATE = "LATE_SHIPMENT"


def row(number: int, *, order: int | None = None, ordinal: int = 1, at: int = 0, terms: Terms = TERMS) -> Row:
    price = penalties.price(POLICY, ordinal=ordinal, paid_fen=100_00)
    return Row(number, number if order is None else order, Instant(at), LATE, price, terms)


def test_sixty_first_judgements_of_one_day_take_fifty_times_ten_yuan() -> None:
    found = settlement.settle([row(number) for number in range(60)], Spent())

    assert [(each.deduction_fen, each.cause) for each in found] == [(1000, None)] * 50 + [(0, Cause.CAP)] * 10
    assert sum(each.deduction_fen for each in found) == 500_00


def test_the_earliest_go_first_and_equal_ones_by_their_id() -> None:
    rows = [row(3, at=5), row(2, at=5), row(1, at=9)]
    tight = Spent(day_fen={LATE: 480_00})

    assert [(each.judgement_id, each.deduction_fen) for each in settlement.settle(rows, tight)] == [
        (2, 1000),
        (3, 1000),
        (1, 0),
    ]


def test_the_third_judgement_of_an_order_takes_nothing() -> None:
    assert settlement.settle([row(1, ordinal=3)], Spent())[0][1:] == (0, 0, 1, Cause.ORDER_MAX, None)


def test_no_more_is_taken_of_an_order_than_its_most_whatever_the_rounds() -> None:
    spent = Spent(of_order={(LATE, 7): 1})

    found = settlement.settle([row(1, order=7), row(2, order=7)], spent)

    assert [(each.deduction_fen, each.cause) for each in found] == [(1000, None), (0, Cause.ORDER_MAX)]


def test_a_deduction_goes_whole_or_not_at_all() -> None:
    dear, cheap = Price(7_00, 0, 0, None), Price(3_00, 0, 0, None)
    terms = Terms(day_cap_fen=10_00)
    rows = [
        Row(number, number, Instant(number), LATE, price, terms) for number, price in enumerate((dear, dear, cheap))
    ]

    found = settlement.settle(rows, Spent())

    assert [(each.deduction_fen, each.cause) for each in found] == [(7_00, None), (0, Cause.CAP), (3_00, None)]


def test_a_kind_of_violation_has_caps_of_its_own() -> None:
    other = row(1)._replace(kind="FALSE_SHIPMENT")

    assert settlement.settle([other], Spent(day_fen={LATE: 500_00}))[0].deduction_fen == 1000


def test_points_stop_at_the_most_of_the_day_and_of_the_week() -> None:
    rows = [row(number) for number in range(30)]

    assert sum(each.points_tenths for each in settlement.settle(rows, Spent())) == 20
    late_in_the_week = settlement.settle(rows, Spent(week_tenths={LATE: 55}))
    assert sum(each.points_tenths for each in late_in_the_week) == 5
    assert [each.points_cause for each in late_in_the_week] == [None] * 5 + [Cause.POINTS_MAX] * 25


def test_a_coupon_has_no_cap_of_the_day() -> None:
    coupon = Row(1, 1, Instant(1), LATE, Price(0, 12_34, 0, None), Terms(day_cap_fen=0))

    assert settlement.settle([coupon], Spent()) == (Outcome(1, 0, 12_34, 0, None, None),)


@pytest.mark.parametrize(
    ("local", "last"),
    [
        pytest.param((3, 1, 59), 1, id="a minute before the hour the day before yesterday is the last"),
        pytest.param((3, 2, 0), 2, id="from the hour on yesterday is"),
        pytest.param((3, 23, 59), 2, id="today never is"),
    ],
)
def test_a_day_is_settled_from_its_hour_on_the_next(local: tuple[int, int, int], last: int) -> None:
    day, hour, minute = local
    now = instant(datetime(2022, 6, day, hour, minute, tzinfo=SHANGHAI))

    found = settlement.last_day_due(now, zone_offset_minutes=480, settle_hour=2)

    assert datetime.fromtimestamp(found * 86_400, UTC).day == last


@pytest.mark.parametrize(
    ("settle_hour", "local", "since"),
    [
        pytest.param(2, (3, 2, 59), (2, 3), id="a minute before its hour the night before counts"),
        pytest.param(2, (3, 3, 0), (3, 3), id="from its hour on this night does"),
        pytest.param(5, (3, 5, 59), (2, 6), id="a later settlement has a later proof"),
        pytest.param(23, (3, 0, 0), (3, 0), id="after a settlement at eleven it is midnight"),
    ],
)
def test_the_books_of_a_night_are_proved_an_hour_after_its_settlement(settle_hour, local, since) -> None:
    day, hour, minute = local
    now = instant(datetime(2022, 6, day, hour, minute, tzinfo=SHANGHAI))

    found = settlement.night_of_proof(now, zone_offset_minutes=480, settle_hour=settle_hour)

    assert found == instant(datetime(2022, 6, *since, tzinfo=SHANGHAI))


ROWS = st.lists(
    st.builds(
        row,
        st.integers(1, 40),
        order=st.integers(1, 12),
        ordinal=st.integers(1, 3),
        at=st.integers(0, 20),
        terms=st.just(TERMS._replace(day_cap_fen=50_00, points_day_max_tenths=8)),
    ),
    max_size=40,
    unique_by=lambda each: each.judgement_id,
)


@given(ROWS, st.integers(0, 40))
def test_a_day_in_parts_comes_to_the_same(rows: list[Row], cut: int) -> None:
    ordered = sorted(rows, key=lambda each: (each.at, each.order_id, each.judgement_id))
    order_of = {each.judgement_id: each.order_id for each in rows}

    first = settlement.settle(ordered[:cut], Spent())
    deducted = [each for each in first if each.deduction_fen]
    between = Spent(
        day_fen={LATE: sum(each.deduction_fen for each in first)},
        day_tenths={LATE: sum(each.points_tenths for each in first)},
        week_tenths={LATE: sum(each.points_tenths for each in first)},
        of_order=Counter((LATE, order_of[each.judgement_id]) for each in deducted),
    )

    assert first + settlement.settle(ordered[cut:], between) == settlement.settle(rows, Spent())


@given(ROWS)
def test_no_cap_is_ever_passed(rows: list[Row]) -> None:
    found = settlement.settle(rows, Spent())
    orders = Counter(
        each.order_id for each in rows for one in found if one.judgement_id == each.judgement_id and one.deduction_fen
    )

    assert sum(each.deduction_fen for each in found) <= 50_00
    assert max(orders.values(), default=0) <= POLICY.deductions_per_order_max
    assert sum(each.points_tenths for each in found) <= 8
