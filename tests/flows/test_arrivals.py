"""Parcels that are told ship the orders they name."""

from datetime import timedelta

import pytest
from django.db import connection

from tests.intake import facts
from tests.orders import world
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.intake.payloads import Item, ItemResult, LineIn, SourceFacts
from yidao.intake.writer import Writer
from yidao.kit import ids
from yidao.orders import packs, standing
from yidao.orders.models import AfterSale, Order, Pack, PackLine
from yidao.parcels.models import Parcel
from yidao.rules.instants import instant
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
NOW = world.moment("06-18 12:00")
answers: dict[str, ItemResult] = {}
"""What each told parcel was answered."""


@pytest.fixture
def cast() -> Cast:
    return casts.build()


def enter(*items: Item, sender: SourceFacts = planting.PLATFORM, now=NOW) -> list[ItemResult]:
    connection.ensure_connection()
    return Writer(connection.connection, now=instant(now)).write([facts.submission(*items, sender=sender)])[0]


def told(cast: Cast, *order_nos: str, number: str = "", shipped: str = "06-18 11:00", now=NOW) -> str:
    number = number or facts.fresh_number()
    tenants = facts.Tenants(
        shop=cast.shop, other_shop=cast.other_shop, creator=cast.creator, second_creator=cast.second_creator
    )
    lines = tuple(LineIn(each, None, False, False, False) for each in order_nos)
    (answers[number],) = enter(facts.shipment(tenants, number, shipped, lines=lines), now=now)
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

    closed = place(cast, state="CANCELLED")

    number = told(cast, unpaid.order_no, refunding.order_no, closed.order_no, "unknown")
    left = {
        unpaid.order_no: "order.unpaid", refunding.order_no: "order.refund_open", closed.order_no: "order.closed",
    }  # fmt: skip

    assert packs_of(unpaid) == packs_of(refunding) == packs_of(closed) == []
    assert answers[number].detail == {"orders_left": left}
    assert answers[number].code in left.values()


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


# --- Orders that come after their parcels ---


def order_of(number: str) -> Order:
    return Order.objects.get(order_no=number)


def test_an_order_that_comes_after_its_parcel_is_shipped_by_it(cast) -> None:
    number = told(cast, "A", "B-2", "unknown")

    found = enter(
        world.told(cast.shop, order_no="A", lines=[world.line(quantity=3)]),
        world.told(cast.shop, order_no="B", lines=[world.line(), world.line()]),
        world.told(cast.shop, order_no="C"),
    )

    assert [each.code for each in found] == ["", "", ""]
    assert packs_of(order_of("A")) == [(number, 1, 3)]
    assert packs_of(order_of("B")) == [(number, 2, 1)]
    assert [order_of(each).state for each in "ABC"] == ["SHIPPED", "PARTIALLY_SHIPPED", "TO_SHIP"]
    assert order_of("A").shipped_at == NOW - timedelta(hours=1)
    assert order_of("A").judge_due_at is None
    assert Pack.objects.get(waybill_no=number).life == 1


def test_an_order_that_is_paid_after_its_parcel_was_told_is_shipped_then_and_once(cast) -> None:
    order = place(cast, order_no="A", paid="", state="PENDING_PAYMENT")
    number = told(cast, "A")
    assert packs_of(order) == []

    enter(world.told(cast.shop, order_no="A", paid="06-18 10:30", changed="06-18 11:30"))
    enter(world.told(cast.shop, order_no="A", paid="06-18 10:30", changed="06-18 11:45", state="PAID"))

    assert packs_of(order) == [(number, 1, 1)]
    assert world.head(order.id).state == "SHIPPED"


def test_what_a_shop_tells_as_shipped_after_its_parcel_is_shipped_and_needs_no_remark(cast) -> None:
    told(cast, "A")

    (found,) = enter(
        world.told(cast.shop, order_no="A", state="COMPLETED"), sender=SourceFacts(2, cast.shop, "SHOP", "SHOP", True)
    )

    assert (found.code, order_of("A").state) == ("", "SHIPPED")


def test_another_shops_parcel_and_a_voided_one_ship_nothing(cast) -> None:
    other = told(cast, "A", "B")
    Parcel.objects.filter(waybill_no=other).update(status="VOIDED")

    enter(world.told(cast.shop, order_no="A"), world.told(cast.other_shop, order_no="B"))
    told(cast, "C")
    enter(world.told(cast.other_shop, order_no="C"))

    assert [order_of(each).state for each in "ABC"] == ["TO_SHIP"] * 3


def test_an_order_that_comes_after_d_owes_what_fell_due_before_its_parcel_was_told(cast) -> None:
    deadline = world.moment("06-20 10:00")
    told(cast, "GOOD", now=deadline)
    told(cast, "LATE", now=deadline + timedelta(hours=30))

    enter(*(world.told(cast.shop, order_no=each) for each in ("GOOD", "LATE")), now=deadline + timedelta(hours=100))

    assert [order_of(each).state for each in ("GOOD", "LATE")] == ["SHIPPED", "SHIPPED"]
    assert [order_of(each).judged_count for each in ("GOOD", "LATE")] == [0, 2]


def test_a_number_that_proved_wrong_ships_no_second_time(cast) -> None:
    order = place(cast, order_no="A")
    number = told(cast, "A")
    packs.end(connection.connection, [Pack.objects.get(waybill_no=number).id], state="UNMADE", cause="BY_SHOP", now=NOW)
    standing.refresh(connection.connection, [order.id], now=NOW)

    enter(world.told(cast.shop, order_no="A", paid="", state="PENDING_PAYMENT", changed="06-18 11:15"))
    enter(world.told(cast.shop, order_no="A", changed="06-18 11:30"))

    assert world.head(order.id).state == "TO_SHIP"


def test_an_order_paid_with_an_open_refund_is_left_and_says_so(cast) -> None:
    order = place(cast, order_no="A", paid="", state="PENDING_PAYMENT")
    told(cast, "A")
    AfterSale.objects.create(
        id=ids.new_id(), shop_id=cast.shop, order_id=order.id, order_no="A", kind="REFUND",
        state="AWAIT_SHOP", amount_fen=100, opened_at=NOW, changed_at=NOW,
    )  # fmt: skip

    (found,) = enter(world.told(cast.shop, order_no="A", changed="06-18 11:30"))

    assert (found.code, packs_of(order)) == ("order.refund_open", [])
