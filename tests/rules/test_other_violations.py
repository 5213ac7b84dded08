"""The kinds of violations that are off by default: pickup, transit, false shipment, out of stock."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yidao.rules import bodies, false_shipment, out_of_stock, pickup_violation, transit_violation
from yidao.rules.false_shipment import FALSE_SHIPMENT_DOUYIN_2021, Reason
from yidao.rules.instants import HOUR, NEVER, Instant, instant
from yidao.rules.out_of_stock import OUT_OF_STOCK_DOUYIN_2025
from yidao.rules.pickup_violation import PICKUP_DOUYIN_2021, PICKUP_DOUYIN_2022
from yidao.rules.transit_violation import TRANSIT_DOUYIN_2022

DOCS = Path(__file__).resolve().parents[2] / "docs" / "rules"
FAMILIES = (
    pytest.param(pickup_violation, "pickup-violation.md", id="pickup"),
    pytest.param(transit_violation, "pickup-violation.md", id="transit"),
    pytest.param(false_shipment, "false-shipment.md", id="false shipment"),
    pytest.param(out_of_stock, "out-of-stock.md", id="out of stock"),
)
ON_2021 = replace(PICKUP_DOUYIN_2021, is_on=True)
ON_2022 = replace(PICKUP_DOUYIN_2022, is_on=True)
TRANSIT = replace(TRANSIT_DOUYIN_2022, is_on=True)
FALSE = replace(FALSE_SHIPMENT_DOUYIN_2021, is_on=True)
STOCK = replace(OUT_OF_STOCK_DOUYIN_2025, is_on=True)


def at(text: str) -> Instant:
    """Return an instant told in the time of Shanghai."""
    return instant(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - timedelta(hours=8))


ORDERED = at("2021-03-11 09:00:00")
SHIPPED = at("2021-03-12 16:56:04")
PICKED = at("2021-03-13 21:05:30")
PARCEL = pickup_violation.Facts(ordered_at=ORDERED, uploaded_at=SHIPPED, picked_at=PICKED, is_spot=True)


@pytest.mark.parametrize(
    ("policy", "facts", "now", "judged"),
    [
        pytest.param(ON_2021, {}, "2021-04-01 00:00:00", "2021-03-13 16:56:04", id="2021: a day after shipping"),
        pytest.param(
            ON_2021,
            {"picked_at": at("2021-03-13 16:56:03")},
            "2021-04-01 00:00:00",
            None,
            id="the last second is in time",
        ),
        pytest.param(
            ON_2021,
            {"picked_at": NEVER},
            "2021-03-13 16:56:04",
            "2021-03-13 16:56:04",
            id="whoever still waits is late from the very instant",
        ),
        pytest.param(ON_2021, {"picked_at": NEVER}, "2021-03-13 16:56:03", None, id="and a second before is not"),
        pytest.param(ON_2022, {}, "2021-04-01 00:00:00", None, id="2022: goods in stock have 72 hours of the order"),
        pytest.param(
            ON_2022,
            {"picked_at": at("2021-03-14 09:00:00")},
            "2021-04-01 00:00:00",
            "2021-03-14 09:00:00",
            id="2022: the 72 hours end",
        ),
        pytest.param(
            ON_2022,
            {"is_spot": False},
            "2021-04-01 00:00:00",
            "2021-03-13 16:56:04",
            id="2022: all others have 24 hours of the upload",
        ),
        pytest.param(
            ON_2022,
            {"ordered_at": at("2021-03-01 09:00:00")},
            "2021-04-01 00:00:00",
            "2021-03-12 16:56:04",
            id="the limit is never before the upload",
        ),
        pytest.param(PICKUP_DOUYIN_2021, {}, "2021-04-01 00:00:00", None, id="what is off finds nothing"),
    ],
)
def test_when_a_pickup_comes_too_late(policy, facts, now, judged) -> None:
    found = pickup_violation.judged_at(replace(PARCEL, **facts), policy, at(now))

    assert found == (None if judged is None else at(judged))


@pytest.mark.parametrize(
    ("picked", "moved", "now", "judged"),
    [
        pytest.param(PICKED, PICKED + 47 * HOUR, PICKED + 99 * HOUR, None, id="it moved on in time"),
        pytest.param(PICKED, PICKED + 48 * HOUR, PICKED + 99 * HOUR, PICKED + 48 * HOUR, id="the very hour is late"),
        pytest.param(PICKED, NEVER, PICKED + 47 * HOUR, None, id="there is time"),
        pytest.param(PICKED, NEVER, PICKED + 48 * HOUR, PICKED + 48 * HOUR, id="it still stands"),
        pytest.param(NEVER, NEVER, PICKED + 99 * HOUR, None, id="what was not picked up is another matter"),
    ],
)
def test_when_a_parcel_stands_too_long(picked, moved, now, judged) -> None:
    facts = transit_violation.Facts(picked_at=picked, moved_at=moved)

    assert transit_violation.judged_at(facts, TRANSIT, now) == judged
    assert transit_violation.judged_at(facts, TRANSIT_DOUYIN_2022, now) is None


@pytest.mark.parametrize(("paid", "coupon"), [(300, 0), (301, 300), (29_999, 300), (30_000, 300), (123_456, 1_234)])
def test_what_a_late_pickup_and_transit_cost(paid, coupon) -> None:
    for price in (pickup_violation.price(ON_2022, paid_fen=paid), transit_violation.price(TRANSIT, paid_fen=paid)):
        assert (price.deduction_fen, price.coupon_fen, price.points_tenths) == (0, coupon, 1)


TRACE = false_shipment.Facts(paid_at=ORDERED)


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        pytest.param({}, (), id="a number without a trace is not false for that"),
        pytest.param({"is_number_of_another": True}, (Reason.NUMBER_REUSED,), id="another receiver's number"),
        pytest.param({"is_number_impossible": True}, (Reason.NUMBER_ABNORMAL,), id="no number at all"),
        pytest.param({"is_route_of_another": True}, (Reason.OTHER_ROUTE,), id="a trace that leads elsewhere"),
        pytest.param(
            {"first_scan_at": Instant(ORDERED - 1), "second_scan_at": SHIPPED},
            (Reason.BEFORE_PAYMENT, Reason.SILENT_AFTER_FIRST),
            id="a trace older than the payment",
        ),
        pytest.param(
            {"first_scan_at": SHIPPED, "second_scan_at": Instant(SHIPPED + 24 * HOUR - 1)}, (), id="news within a day"
        ),
        pytest.param({"first_scan_at": SHIPPED}, (Reason.SILENT_AFTER_FIRST,), id="no news within a day"),
    ],
)
def test_what_makes_a_shipment_false(facts, reasons) -> None:
    now = Instant(SHIPPED + 24 * HOUR)

    assert false_shipment.reasons(replace(TRACE, **facts), FALSE, now) == reasons
    assert false_shipment.reasons(replace(TRACE, **facts), FALSE_SHIPMENT_DOUYIN_2021, now) == ()


def test_a_false_shipment_costs_five_hundred_yuan() -> None:
    assert false_shipment.price(FALSE).deduction_fen == 500_00


@pytest.mark.parametrize(
    ("paid", "hours", "coupon"),
    [
        pytest.param(10_00, 48, 5_00, id="never less than 5 yuan"),
        pytest.param(200_00, 48, 10_00, id="promised soon: 5 percent"),
        pytest.param(200_00, 49, 20_00, id="promised later: 10 percent"),
        pytest.param(20_000_00, 24, 500_00, id="500 yuan at most"),
        pytest.param(20_000_00, 120, 1_000_00, id="1000 yuan at most"),
    ],
)
def test_what_a_buyer_gets_for_an_order_out_of_stock(paid, hours, coupon) -> None:
    assert out_of_stock.price(STOCK, paid_fen=paid, promise_hours=hours).coupon_fen == coupon


@pytest.mark.parametrize(("rules", "page"), FAMILIES)
def test_every_family_is_off_and_its_bodies_give_back_their_policies(rules, page) -> None:
    for policy in rules.SEEDS:
        assert rules.from_body(policy.version, rules.to_body(policy)) == policy
        assert policy.is_on is False
        with pytest.raises(bodies.PolicyInvalid) as caught:
            rules.from_body(policy.version, rules.to_body(policy) | {"is_on": 1, "more": 2})
        assert caught.value.faults == (bodies.Fault("/is_on", "not_boolean"), bodies.Fault("/more", "unknown"))
        with pytest.raises(bodies.PolicyInvalid) as caught:
            rules.from_body(policy.version, {})
        assert bodies.Fault("/is_on", "missing") in caught.value.faults


@pytest.mark.parametrize(("rules", "page"), FAMILIES)
def test_the_page_names_every_value(rules, page) -> None:
    told = re.findall(r"^\| (\w+) \| (.+) \|$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    cells = {(name, cell) for name, row in told for cell in row.split(" | ")}

    for policy in rules.SEEDS:
        assert [
            f"{name} {value}" for name, value in rules.to_body(policy).items() if (name, str(value)) not in cells
        ] == []


def test_the_page_names_every_reason() -> None:
    page = (DOCS / "false-shipment.md").read_text(encoding="utf-8")

    assert [reason for reason in Reason if f"| {reason} |" not in page] == []
