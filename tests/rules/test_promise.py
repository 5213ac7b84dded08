"""Promised ship times: one table for each kind, and what holds for all of them."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, order_state, promise
from yidao.rules.instants import DAY, NEVER, Instant, instant, to_datetime
from yidao.rules.promise import PROMISE_DOUYIN_2022, Kind, Promise

POLICY = PROMISE_DOUYIN_2022
SHANGHAI = timezone(timedelta(hours=8))


def at(text: str) -> Instant:
    """Return `06-18 10:00` or `06-18 10:00:00` of 2022 in Shanghai."""
    return instant(datetime.fromisoformat(f"2022-{text}").replace(tzinfo=SHANGHAI))


def shown(moment: Instant) -> str:
    return to_datetime(moment).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("kind", "told", "paid", "due"),
    [
        pytest.param("SAME_DAY_NEXT_DAY", {}, "06-18 15:59:59", "06-18 23:59:59", id="before the cut-off: that day"),
        pytest.param("SAME_DAY_NEXT_DAY", {}, "06-18 16:00:00", "06-19 23:59:59", id="at the cut-off: the next day"),
        pytest.param("SAME_DAY_NEXT_DAY", {}, "06-18 23:59:59", "06-19 23:59:59", id="late in the evening"),
        pytest.param("SAME_DAY_NEXT_DAY", {}, "06-18 00:00:00", "06-18 23:59:59", id="at midnight: the day begins"),
        pytest.param("SAME_DAY_NEXT_DAY", {}, "06-18 07:30:00", "06-18 23:59:59", id="while it is yesterday in UTC"),
        pytest.param("NEXT_DAY", {}, "06-18 00:00:00", "06-19 23:59:59", id="paid first thing"),
        pytest.param("NEXT_DAY", {}, "06-18 23:59:59", "06-19 23:59:59", id="paid last thing"),
        pytest.param("NEXT_DAY", {}, "06-30 12:00:00", "07-01 23:59:59", id="over the end of a month"),
        pytest.param("H24", {}, "06-18 10:00:01", "06-19 10:00:01", id="24 hours"),
        pytest.param("H48", {}, "06-18 10:00:01", "06-20 10:00:01", id="48 hours"),
        pytest.param("H48", {"days": 9}, "06-18 10:00:00", "06-20 10:00:00", id="48 hours know no days"),
        pytest.param("PRESALE_FULL", {"days": 7}, "06-18 10:00:00", "06-25 10:00:00", id="presale of a week"),
        pytest.param("PRESALE_FULL", {"days": 2}, "06-18 10:00:00", "06-20 10:00:00", id="the shortest presale"),
        pytest.param("PRESALE_FULL", {"days": 1}, "06-18 10:00:00", "06-20 10:00:00", id="none is shorter"),
        pytest.param("PRESALE_FULL", {"days": 15}, "06-18 10:00:00", "07-03 10:00:00", id="the longest presale"),
        pytest.param("PRESALE_FULL", {"days": 16}, "06-18 10:00:00", "07-03 10:00:00", id="none is longer"),
        pytest.param("PRESALE_FULL", {}, "06-18 10:00:00", "06-20 10:00:00", id="a presale of no days is the shortest"),
        pytest.param("SPOT_AND_PRESALE", {}, "06-18 10:00:00", "06-20 10:00:00", id="from the stock on the spot"),
        pytest.param("SPOT_AND_PRESALE", {"days": 5}, "06-18 10:00:00", "06-23 10:00:00", id="from the pool of 5 days"),
        pytest.param("SPOT_AND_PRESALE", {"days": 15}, "06-18 10:00:00", "07-03 10:00:00", id="from that of 15 days"),
        pytest.param("SPOT_AND_PRESALE", {"days": 6}, "06-18 10:00:00", "07-03 10:00:00", id="two pools only"),
        pytest.param("STEPPED", {"at": "06-28 12:00"}, "06-18 10:00:00", "06-28 12:00:00", id="the step's own time"),
        pytest.param("STEPPED", {"days": 10}, "06-18 10:00:00", "06-28 10:00:00", id="a step counted in days"),
        pytest.param("STEPPED", {}, "06-18 10:00:00", "06-20 10:00:00", id="the first step goes as usual"),
        pytest.param("DEPOSIT_PRESALE", {"at": "07-10 00:00"}, "06-18 10:00:00", "07-10 00:00:00", id="the campaign's"),
        pytest.param("DEPOSIT_PRESALE", {"days": 70}, "06-18 10:00:00", "08-17 10:00:00", id="60 days at most"),
        pytest.param("DEPOSIT_PRESALE", {"at": "06-01 00:00"}, "06-18 10:00:00", "06-18 10:00:00", id="never before"),
        pytest.param("APPOINTMENT", {"at": "06-25 18:00"}, "06-18 10:00:00", "06-25 18:00:00", id="the buyer's time"),
        pytest.param("APPOINTMENT", {"at": "06-18 20:00"}, "06-18 10:00:00", "06-18 20:00:00", id="sooner than usual"),
        pytest.param("APPOINTMENT", {"at": "12-24 18:00"}, "06-18 10:00:00", "08-17 10:00:00", id="not for Christmas"),
        pytest.param("APPOINTMENT", {}, "06-18 10:00:00", "06-20 10:00:00", id="an appointment without a time"),
        pytest.param("PROMO_EXT", {"days": 2}, "06-18 10:00:00", "06-22 10:00:00", id="two days more than usual"),
        pytest.param("PROMO_EXT", {"days": 3}, "06-18 10:00:00", "06-23 10:00:00", id="72 hours more"),
        pytest.param("PROMO_EXT", {"days": 4}, "06-18 10:00:00", "06-23 10:00:00", id="and never more than that"),
        pytest.param("PROMO_EXT", {}, "06-18 10:00:00", "06-20 10:00:00", id="an extension of nothing"),
        pytest.param("DIRECT_MAIL", {}, "06-18 10:00:00", "06-23 10:00:00", id="from abroad: 120 hours"),
    ],
)
def test_a_promise_says_when_a_line_must_have_left(kind: str, told: dict, paid: str, due: str) -> None:
    agreed = at(told["at"]) if "at" in told else NEVER

    found = promise.ship_by(Promise(kind=Kind(kind), days=told.get("days", 0), at=agreed), at(paid), POLICY)

    assert shown(found) == due


def test_every_kind_has_its_row() -> None:
    (mark,) = test_a_promise_says_when_a_line_must_have_left.pytestmark
    assert {row.values[0] for row in mark.args[1]} == {kind.value for kind in Kind}


def test_an_appointment_replaces_what_would_hold_without_it_and_nothing_else_does() -> None:
    paid = at("06-18 10:00")
    told = Promise(kind=Kind.APPOINTMENT, at=at("06-25 18:00"))
    assert shown(promise.ship_by_before_agreement(told, paid, POLICY)) == "06-20 10:00:00"
    presale = Promise(kind=Kind.PRESALE_FULL, days=7)
    assert shown(promise.ship_by_before_agreement(presale, paid, POLICY)) == "06-25 10:00:00"


PROMISES = st.builds(
    Promise, kind=st.sampled_from(Kind), days=st.integers(-1, 200), at=st.integers(0, at("12-31 00:00")).map(Instant)
)
PAID = st.integers(at("01-01 00:00"), at("12-31 00:00")).map(Instant)


@given(told=PROMISES, paid_at=PAID)
def test_nobody_is_late_before_he_was_paid_nor_promises_more_than_the_platform_grants(told, paid_at) -> None:
    due = promise.ship_by(told, paid_at, POLICY)

    assert paid_at <= due <= paid_at + 60 * DAY


@given(told=PROMISES, paid_at=PAID, later=st.integers(0, 30 * DAY))
def test_who_is_paid_later_has_no_less_time(told, paid_at, later) -> None:
    assert promise.ship_by(told, Instant(paid_at + later), POLICY) >= promise.ship_by(told, paid_at, POLICY)


@given(kind=st.sampled_from([Kind.SAME_DAY_NEXT_DAY, Kind.NEXT_DAY]), paid_at=PAID)
def test_a_day_ends_in_shanghai(kind, paid_at) -> None:
    assert shown(promise.ship_by(Promise(kind=kind), paid_at, POLICY)).endswith("23:59:59")


def test_the_day_is_that_of_the_policys_zone() -> None:
    in_utc = replace(POLICY, zone_offset_minutes=0)
    assert shown(promise.ship_by(Promise(kind=Kind.NEXT_DAY), at("06-18 10:00"), in_utc)) == "06-20 07:59:59"


def test_a_policy_survives_its_body() -> None:
    for policy in promise.SEEDS:
        assert promise.from_body(policy.version, promise.to_body(policy)) == policy


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({"more": 1}, [("/more", "unknown")], id="a number nobody knows"),
        pytest.param({"cutoff_hour": 25}, [("/cutoff_hour", "out_of_range")], id="no such hour"),
        pytest.param({"presale_days_min": 20}, [("/presale_days_max", "out_of_range")], id="the least above the most"),
        pytest.param({"pool_days_short": 16}, [("/pool_days_long", "out_of_range")], id="the short pool is the longer"),
    ],
)
def test_a_wrong_body_names_its_faults(changes: dict, faults: list) -> None:
    with pytest.raises(bodies.PolicyInvalid) as refused:
        promise.from_body("promise/x/1", promise.to_body(POLICY) | changes)
    assert [tuple(each) for each in refused.value.faults] == faults


def test_days_of_delay_are_kinds() -> None:
    assert promise.KIND_BY_DELAY == {0: Kind.SAME_DAY_NEXT_DAY, 1: Kind.H24, 2: Kind.H48}


def test_the_page_tells_the_same_numbers_and_every_word() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "promise.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| ([^|]+?) \|", page, re.MULTILINE))

    assert {name: rows[name] for name in promise.to_body(POLICY)} == {
        name: str(value) for name, value in promise.to_body(POLICY).items()
    }
    labels = {label.name for label in order_state.Label}
    assert {*map(str, Kind), *map(str, order_state.State), *labels} <= rows.keys()
