"""Two at once: an order leaves once, whoever ships it, and nobody waits for ever."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.test_ship import NOW, alice, wish
from tests.intake import facts
from tests.orders import world
from tests.parcels.test_nudge_races import at_once
from tests.web import cast as casts
from tests.web.cast import Cast
from yidao.flows import repack, ship
from yidao.flows.desk import Outcome
from yidao.intake.payloads import LineIn
from yidao.intake.writer import Writer
from yidao.kit import ids
from yidao.orders.models import Order, Pack, PackLine
from yidao.parcels import hot
from yidao.rules.instants import instant

ORDERS = 12


@pytest.fixture
def cast(committed_db: None) -> Cast:
    """Make a cast that no other test knows."""
    marker = f"c{ids.new_id()}"
    return casts.build(carrier_code=marker, other_carrier_code=f"d{marker}")


def place(cast: Cast, count: int = 1) -> list[Order]:
    return [world.head(world.place(cast.shop)) for _ in range(count)]


def shipping(cast: Cast, orders: list[Order], numbers: list[str]) -> Callable[[], Any]:
    wishes = [wish(cast, order, number=number) for order, number in zip(orders, numbers, strict=True)]
    return lambda: ship.ship(wishes, actor=alice(cast), now=NOW, real_now=NOW)


def test_an_order_leaves_once_however_many_ship_it(cast: Cast) -> None:
    (order,) = place(cast)

    found = at_once(*(shipping(cast, [order], [facts.fresh_number()]) for _ in range(4)))

    assert sorted(answers[0].outcome for answers in found) == [Outcome.REFUSED] * 3 + [Outcome.SHIPPED]
    assert PackLine.objects.filter(order_id=order.id).count() == 1


def test_the_page_and_the_shops_machine_may_ship_the_same_orders_at_once(cast: Cast, runtime_dsn: str) -> None:
    orders, numbers = place(cast, ORDERS), [facts.fresh_number() for _ in range(ORDERS)]
    tenants = facts.Tenants(
        shop=cast.shop, other_shop=cast.other_shop, creator=cast.creator, second_creator=cast.second_creator
    )
    told = [
        facts.shipment(tenants, number, "06-18 12:00", lines=(LineIn(order.order_no, None, False, False, False),))
        for order, number in zip(orders, numbers, strict=True)
    ]

    def tell() -> Any:
        with hot.connect(runtime_dsn) as connection:
            return Writer(connection, now=instant(NOW)).write([facts.submission(*told[::-1])])

    at_once(shipping(cast, orders, numbers), tell)

    held = PackLine.objects.filter(order_id__in=[order.id for order in orders])
    assert held.count() == held.values("order_id").distinct().count() == ORDERS
    assert {world.head(order.id).state for order in orders} == {"SHIPPED"}


def test_two_who_take_one_number_for_two_receivers_do_not_both_get_it(cast: Cast) -> None:
    number = facts.fresh_number()
    one = world.head(world.place(cast.shop))
    two = world.head(world.place(cast.shop, receiver=facts_receiver()))

    found = at_once(shipping(cast, [one], [number]), shipping(cast, [two], [number]))

    assert sorted(answers[0].outcome for answers in found) == [Outcome.REFUSED, Outcome.SHIPPED]


def test_a_pack_is_edited_once_by_two_at_once(cast: Cast) -> None:
    (order,) = place(cast)
    ((answer,),) = at_once(shipping(cast, [order], [facts.fresh_number()]))

    def edit() -> Any:
        return repack.edit(
            answer.pack_id,
            carrier="zhongtong",
            waybill_no=facts.fresh_number(),
            actor=alice(cast),
            now=NOW,
            real_now=NOW,
        )

    found = at_once(edit, edit, edit)

    assert sorted(each.outcome for each in found) == [Outcome.REFUSED] * 2 + [Outcome.SHIPPED]
    assert Pack.objects.filter(shop_id=cast.shop, state="LIVE").count() == 1


def facts_receiver() -> Any:
    """Return a receiver who is not the usual one."""
    return world.ReceiverIn("李四", "13900001111", "510107", "人民南路 4 号")
