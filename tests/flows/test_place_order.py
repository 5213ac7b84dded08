"""New orders of a closed shop or of a banned product are refused; open ones go on, and neighbours with them."""

from typing import Any

import pytest
from django.db import connection

from tests.orders import world
from tests.orders.world import moment
from tests.web import cast
from tests.web.cast import Cast
from yidao.flows import place_order
from yidao.flows.place_order import Refused
from yidao.judging.case_models import Sanction
from yidao.judging.models import ProductBan
from yidao.kit import ids
from yidao.orders.entry import Entered, OrderIn
from yidao.orders.models import Order

NOW = moment("06-20 12:00")


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def ban(shop: int, product: str, **more: Any) -> None:
    ProductBan.objects.create(
        id=ids.new_id(),
        shop_id=shop,
        product_id=product,
        order_id=1,
        order_no="N",
        judgement_id=1,
        banned_at=NOW,
        **more,
    )


def close(shop: int, state: str = "IN_FORCE") -> None:
    Sanction.objects.create(id=ids.new_id(), shop_id=shop, kind="CLOSURE", state=state, policy="", proposed_at=NOW)


def enter(*orders: OrderIn) -> list[Entered | Refused]:
    connection.ensure_connection()
    return place_order.enter(connection.connection, orders, now=NOW)


def selling(shop: int, *products: str, **more: Any) -> OrderIn:
    return world.told(shop, lines=[world.line(product=each) for each in products], **more)


def test_a_new_order_of_a_banned_product_is_refused_and_spares_its_neighbours(people: Cast) -> None:
    ban(people.shop, "BAD")
    ban(people.shop, "ONCE", lifted_at=NOW, lifted_cause="OPERATOR")

    found = enter(
        selling(people.shop, "GOOD", "ONCE"), selling(people.shop, "GOOD", "BAD"), selling(people.other_shop, "BAD")
    )

    assert found[1] == Refused("order.product_banned", "BAD")
    assert [isinstance(each, Entered) for each in found] == [True, False, True]
    assert Order.objects.filter(shop_id=people.shop).count() == 1


def test_what_was_accepted_before_the_ban_is_told_on(people: Cast) -> None:
    order = world.place(people.shop, order_no="OLD", lines=[world.line(product="BAD")])
    ban(people.shop, "BAD")
    close(people.shop)

    (found,) = enter(selling(people.shop, "BAD", order_no="OLD", changed="06-19 10:00", state="PAID"))

    assert found == Entered(id=order, is_news=True)
    assert world.head(order).state == "PAID"


def test_a_closed_shop_takes_no_new_orders(people: Cast) -> None:
    close(people.shop)
    close(people.other_shop, state="LIFTED")

    refused, taken = enter(selling(people.shop, "GOOD"), selling(people.other_shop, "GOOD"))

    assert refused == Refused("order.shop_closed")
    assert isinstance(taken, Entered)


def test_a_word_that_an_order_was_shipped_ships_nothing_and_says_so(people: Cast) -> None:
    order = world.place(people.shop, order_no="N")

    (found,) = enter(selling(people.shop, "P-1", order_no="N", state="SHIPPED", changed="06-19 10:00"))

    assert found == Entered(id=order, is_news=True, code="order.ships_by_packs")
    assert world.head(order).state == "TO_SHIP"
