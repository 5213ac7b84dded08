"""What waits in a shop, as its home page counts it."""

from datetime import timedelta
from typing import Any

import pytest

from tests.orders import world
from tests.orders.test_warnings import owner
from yidao.kit import ids
from yidao.kit.errors import NotVisible
from yidao.orders import figures
from yidao.orders.figures import AfterSales, Waiting
from yidao.orders.models import AfterSale, Order

pytestmark = pytest.mark.django_db

SOON = timedelta(hours=6)


def counted(shop: int, at: str) -> Waiting:
    return figures.waiting(actor=owner(shop), shop_id=shop, soon=SOON, now=world.moment(at))


def after_sale(shop: int, state: str, due: str | None) -> None:
    at = world.moment("06-18 10:00")
    AfterSale.objects.create(
        id=ids.new_id(),
        shop_id=shop,
        order_id=1,
        order_no="N",
        kind="REFUND",
        state=state,
        amount_fen=1,
        opened_at=at,
        changed_at=at,
        due_at=world.moment(due) if due else None,
    )


def test_orders_are_counted_by_the_hours_that_are_left() -> None:
    shop = ids.new_id()
    for paid in ("06-18 10:00", "06-18 10:59", "06-18 11:00", "06-18 16:00", "06-19 09:59", "06-19 10:00"):
        world.place(shop, paid=paid)
    world.place(ids.new_id(), paid="06-18 10:30")

    found = counted(shop, "06-20 10:00")

    assert {hour: count for hour, count in enumerate(found.hours) if count} == {0: 2, 1: 1, 6: 1, 23: 1}
    assert (found.waiting, found.late, found.soon) == (6, 0, 3)


def test_d_itself_is_in_time_and_a_moment_later_is_late() -> None:
    shop = ids.new_id()
    world.place(shop, paid="06-18 10:00")

    assert (counted(shop, "06-20 10:00").late, counted(shop, "06-20 10:00:01").late) == (0, 1)


def test_part_shipped_orders_are_counted_beside_the_others() -> None:
    shop = ids.new_id()
    order = world.place(shop)
    Order.objects.filter(id=order).update(state="PARTIALLY_SHIPPED")

    found = counted(shop, "06-18 12:00")

    assert (found.waiting, found.part) == (1, 1)


def test_after_sales_say_until_when_the_shop_must_act() -> None:
    shop = ids.new_id()
    after_sale(shop, "AWAIT_SHOP", "06-20 10:00")
    after_sale(shop, "AWAIT_SHOP", "06-19 10:00")
    after_sale(shop, "AWAIT_RECEIPT", "06-18 11:00")
    after_sale(shop, "AWAIT_RETURN", "06-18 11:00")
    after_sale(shop, "DONE", None)
    after_sale(ids.new_id(), "AWAIT_SHOP", "06-18 11:00")

    assert counted(shop, "06-18 12:00").after_sales == AfterSales(open=4, waiting=2, due_at=world.moment("06-19 10:00"))
    assert counted(ids.new_id(), "06-18 12:00").after_sales == AfterSales(open=0, waiting=0, due_at=None)


def test_nothing_is_counted_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "COUNT_MAX", 1)
    shop = ids.new_id()
    for _ in range(3):
        world.place(shop, paid="06-18 10:00")

    found = counted(shop, "06-20 09:30")

    assert (found.waiting, found.soon, sum(found.hours)) == (2, 2, 2)


def test_another_shops_orders_are_not_there(django_assert_num_queries: Any) -> None:
    with pytest.raises(NotVisible):
        figures.waiting(actor=owner(ids.new_id()), shop_id=ids.new_id(), soon=SOON, now=world.moment("06-18 12:00"))
    shop = ids.new_id()
    for count in (1, 2):
        for _ in range(count):
            world.place(shop)
        with django_assert_num_queries(2):
            counted(shop, "06-18 12:00")
