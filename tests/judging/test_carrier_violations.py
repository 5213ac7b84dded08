"""Violations on the road: off until a policy is on, then one for each order with a parcel that stands, and no more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.orders import planting as orders
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.flows import unmake
from yidao.judging import carrier_violations, daily, false_shipments
from yidao.judging.models import Judgement, Violation
from yidao.kit import sweeps
from yidao.orders.models import Pack
from yidao.parcels.models import Anomaly
from yidao.policies import families, services
from yidao.rules import false_shipment, pickup_violation, transit_violation
from yidao.rules.scans import Kind as Scan

pytestmark = pytest.mark.django_db
NOW = planting.NOW
HOUR = timedelta(hours=1)
OPERATOR = Actor(
    user_id=None, credential_id=None, kind=ActorKind.OPERATOR, organisation_ids=(), permissions=frozenset(Permission)
)


@pytest.fixture
def people() -> Cast:
    return cast.build()


def switch_on(module: object, seed: object) -> None:
    """Publish the next version of a family, which is on."""
    body = module.to_body(replace(seed, is_on=True))  # type: ignore[attr-defined,type-var]
    family, profile, number = seed.version.split("/")  # type: ignore[attr-defined]
    since = NOW - timedelta(days=30)
    draft = services.Draft(
        family=family, profile=profile, scope_kind="PLATFORM", scope_id="", effective_from=since, body=body
    )
    name = f"{family}/{profile}/{int(number) + 1}"
    services.publish(draft, expected_name=name, actor=OPERATOR, now=since, real_now=since)


def shipped(people: Cast, when: str, *scans: tuple[str, Scan]) -> int:
    """Plant an order whose parcel left at `06-18 10:00`, with what its carrier told, and the anomalies of NOW."""
    number = planting.ship(people, when)
    for at, kind in scans:
        planting.scan(number, at, kind)
    order_id = orders.order(people.shop, number, paid=NOW - timedelta(days=4), due=None)
    pack = orders.pack(people.shop, order_id, number)
    shipped_at = Anomaly.objects.filter(waybill_no=number).values_list("shipped_at", flat=True).first()
    if shipped_at is not None:
        Pack.objects.filter(id=pack).update(shipped_at=shipped_at)
    return order_id


def found(people: Cast, *, now=NOW) -> list[tuple[str, str]]:
    carrier_violations.open_due([people.shop], now=now)
    return list(Violation.objects.filter(shop_id=people.shop).order_by("kind").values_list("kind", "policy"))


def test_while_policies_are_off_nothing_is_opened(people: Cast) -> None:
    shipped(people, "06-18 10:00")

    assert found(people) == []


def test_a_parcel_nobody_picked_up_is_a_violation_once_its_policy_is_on(people: Cast) -> None:
    order_id = shipped(people, "06-18 10:00")
    shipped(people, "06-20 10:00")
    switch_on(pickup_violation, pickup_violation.PICKUP_DOUYIN_2021)

    assert found(people) == [("PICKUP_TIMEOUT", "pickup-violation/douyin-2021/2")]
    assert found(people, now=NOW + HOUR) == [("PICKUP_TIMEOUT", "pickup-violation/douyin-2021/2")]
    judged = Judgement.objects.get(order_id=order_id)
    assert judged.at == NOW - timedelta(hours=26)
    assert (judged.facts["coupon_fen"], judged.facts["points_tenths"], judged.facts["picked_at"]) == (300, 1, "")


def test_a_parcel_that_stands_after_its_pickup_is_another_kind(people: Cast) -> None:
    shipped(people, "06-17 10:00", ("06-17 12:00", Scan.PICKED_UP))
    switch_on(transit_violation, transit_violation.TRANSIT_DOUYIN_2022)

    assert found(people) == [("TRANSIT_TIMEOUT", "transit-violation/douyin-2022/2")]


@pytest.mark.parametrize(
    ("cause", "reasons"),
    [
        ("VOIDED", ["NUMBER_ABNORMAL"]),
        ("CLAIMED", ["NUMBER_REUSED"]),
        ("ELSEWHERE", ["OTHER_ROUTE"]),
        ("BY_SHOP", None),
    ],
)
def test_a_number_that_proved_wrong_is_a_false_shipment_once_its_policy_is_on(people: Cast, cause, reasons) -> None:
    order_id = orders.order(people.shop, f"WRONG-{cause}", paid=NOW - timedelta(days=4))
    pack = orders.pack(people.shop, order_id, "YT000001")
    Pack.objects.filter(id=pack).update(state="UNMADE", ended_at=NOW - HOUR, ended_cause=cause)
    assert false_shipments.open_due([people.shop], now=NOW) == 0

    switch_on(false_shipment, false_shipment.FALSE_SHIPMENT_DOUYIN_2021)

    assert false_shipments.open_due([people.shop], now=NOW) == (reasons is not None)
    assert false_shipments.open_due([people.shop], now=NOW) == 0
    told = Judgement.objects.filter(order_id=order_id).values_list("facts__reasons", "facts__deduction_fen", "at")
    assert list(told) == ([(reasons, 500_00, NOW - HOUR)] if reasons else [])


def test_every_cause_that_proves_something_is_one_that_unmakes() -> None:
    assert false_shipments.SHOWN.keys() <= {cause.value for cause in unmake.Cause}


def test_the_daily_look_opens_them(people: Cast) -> None:
    shipped(people, "06-18 10:00")
    switch_on(pickup_violation, pickup_violation.PICKUP_DOUYIN_2021)

    sweeps.sweep_until_quiet([daily.CONCERN], now=NOW)

    assert Violation.objects.filter(shop_id=people.shop, kind="PICKUP_TIMEOUT").count() == 1


def test_the_families_of_the_road_are_those_that_are_searched() -> None:
    assert [search.family for search in carrier_violations.SEARCHES] == [
        families.PICKUP_VIOLATION,
        families.TRANSIT_VIOLATION,
    ]
