"""Parcels that are told ship the orders they name."""

from datetime import timedelta

import pytest
from django.db import connection

from tests.intake import facts
from tests.orders import world
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.intake.payloads import LineIn
from yidao.kit import ids
from yidao.orders import standing
from yidao.orders.models import AfterSale, Order, Pack, PackLine
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
NOW = world.moment("06-18 12:00")


@pytest.fixture
def cast() -> Cast:
    return casts.build()


def told(cast: Cast, *order_nos: str, number: str = "", shipped: str = "06-18 11:00", now=NOW) -> str:
    number = number or facts.fresh_number()
    tenants = facts.Tenants(
        shop=cast.shop, other_shop=cast.other_shop, creator=cast.creator, second_creator=cast.second_creator
    )
    lines = tuple(LineIn(each, None, False, False, False) for each in order_nos)
    planting.write(facts.shipment(tenants, number, shipped, lines=lines), now=now)
    return number


def place(cast: Cast, **word) -> Order:
    return world.head(world.place(cast.shop, **word))


def packs_of(order: Order) -> list[tuple[str, int, int]]:
    rows = PackLine.objects.filter(order_id=order.id).order_by("pack_id", "line_no")
    numbers = dict(Pack.objects.values_list("id", "waybill_no"))
    return [(numbers[each.pack_id], each.line_no, each.quantity) for each in rows]


def test_a_told_parcel_ships_the_rest_of_its_orders(cast) -> None:
    one, two = place(cast, lines=[world.line(quantity=2), world.line()]), place(cast)

    number = told(cast, one.order_no, two.order_no)

    assert packs_of(one) == [(number, 1, 2), (number, 2, 1)]
    assert packs_of(two) == [(number, 1, 1)]
    assert [world.head(each.id).state for each in (one, two)] == ["SHIPPED", "SHIPPED"]
    assert Pack.objects.get(waybill_no=number).shipped_at == NOW - timedelta(hours=1)


def test_a_parcel_told_twice_ships_once(cast) -> None:
    order = place(cast)

    number = told(cast, order.order_no)
    told(cast, order.order_no, number=number)
    told(cast, order.order_no)

    assert packs_of(order) == [(number, 1, 1)]


def test_a_line_named_by_its_own_number_goes_alone(cast) -> None:
    order = place(cast, lines=[world.line(), world.line()])
    second = world.lines_of(order.id)[1].order_no

    number = told(cast, second)

    assert packs_of(order) == [(number, 2, 1)]
    assert world.head(order.id).state == "PARTIALLY_SHIPPED"


def test_what_may_not_be_shipped_is_left_alone_and_the_parcel_is_watched(cast) -> None:
    unpaid = place(cast, paid="", state="PENDING_PAYMENT")
    refunding = place(cast)
    AfterSale.objects.create(
        id=ids.new_id(), shop_id=cast.shop, order_id=refunding.id, order_no=refunding.order_no, kind="REFUND",
        state="AWAIT_SHOP", amount_fen=100, opened_at=NOW, changed_at=NOW,
    )  # fmt: skip
    standing.refresh(connection.connection, [refunding.id], now=NOW)

    told(cast, unpaid.order_no, refunding.order_no, "unknown")

    assert packs_of(unpaid) == packs_of(refunding) == []


def test_a_claim_ships_too(cast) -> None:
    order, number = place(cast), facts.fresh_number()
    planting.write(facts.scan(number, "06-18 10:00", Kind.PICKED_UP, division=facts.BEIJING), now=NOW)

    told(cast, order.order_no, number=number)

    assert world.head(order.id).state == "SHIPPED"
    assert Pack.objects.get(waybill_no=number).life == 0


def test_a_shipment_that_is_told_late_was_late_whatever_time_it_names(cast) -> None:
    in_time, late = place(cast), place(cast)
    deadline = in_time.ship_by_at
    assert deadline is not None

    told(cast, in_time.order_no, now=deadline)
    told(cast, late.order_no, now=deadline + timedelta(hours=30))

    assert [world.head(each.id).judged_count for each in (in_time, late)] == [0, 2]
