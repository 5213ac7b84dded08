"""Two at once: one after-sale step wins, one card waits, one order closes, and money is wanted once."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, connection

from tests.orders import life, world
from yidao.flows import answer_card
from yidao.kit.errors import Refusal
from yidao.orders import cards, closing
from yidao.orders.models import AfterSale, AfterSaleStep, DeadlineChange, Order, OrderRefund, ShipByCard
from yidao.rules.after_sale import Act

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def shop() -> Iterator[int]:
    """Return a shop of which nothing is due once the test is over."""
    made = life.fresh_shop()
    yield made
    life.settle(made)


def at_once(*works: Callable[[], object]) -> list[str]:
    """Do these at the same time; return what became of each."""
    gate = threading.Barrier(len(works), timeout=20)
    said = [""] * len(works)

    def run(place: int) -> None:
        gate.wait()
        try:
            works[place]()
            said[place] = "done"
        except Refusal as refusal:
            said[place] = refusal.code
        except IntegrityError:
            said[place] = "unique"
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    return sorted(said)


def test_a_shop_agrees_while_the_buyer_withdraws(shop: int) -> None:
    record_id = life.open_refund(world.place(shop, paid="06-18 10:00"), "06-19 10:00")

    said = at_once(
        lambda: life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00"),
        lambda: life.act(life.marketplace(), record_id, Act.WITHDRAW, "06-19 11:00"),
    )

    state = AfterSale.objects.get(id=record_id).state
    assert said == ["after_sale.act_refused", "done"]
    assert OrderRefund.objects.filter(after_sale_id=record_id).count() == (state == "REFUNDING")
    assert AfterSaleStep.objects.filter(after_sale_id=record_id).count() == 2


def test_two_clerks_agree_and_money_is_wanted_once(shop: int) -> None:
    record_id = life.open_refund(world.place(shop, paid="06-18 10:00"), "06-19 10:00")

    said = at_once(*[lambda: life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")] * 2)

    assert said == ["after_sale.act_refused", "done"]
    assert OrderRefund.objects.filter(after_sale_id=record_id).count() == 1


def test_two_buyers_words_move_d_once(shop: int) -> None:
    now = world.moment("06-19 10:00")
    order_id = world.place(shop, paid="06-18 10:00")
    new_at = world.moment("06-25 10:00")
    ask = {"order_ids": [order_id], "new_at": new_at, "reason": "补货", "now": now, "real_now": now}

    asked = at_once(*[lambda: cards.ask(actor=life.clerk(shop), **ask)] * 2)
    said = at_once(
        *[
            lambda: answer_card.accept(
                actor=life.marketplace(), order=life.address(order_id), now=now, real_now=now, request_key=life.key()
            )
        ]
        * 2
    )

    assert (asked, ShipByCard.objects.filter(order_id=order_id).count()) == (["done", "done"], 1)
    assert said == ["card.none_waits", "done"]
    assert DeadlineChange.objects.filter(order_id=order_id).count() == 1


def test_two_workers_close_an_order_once(shop: int) -> None:
    orders = [world.place(shop, ordered="01-10 10:00", paid="01-10 10:00") for _ in range(6)]
    Order.objects.filter(id__in=orders).update(bucket=14)
    now = world.moment("06-30 10:00")

    at_once(*[lambda: closing.sweep(14, now)] * 2)

    assert AfterSale.objects.filter(order_id__in=orders).count() == 6
    assert OrderRefund.objects.filter(order_id__in=orders).count() == 6
    assert set(Order.objects.filter(id__in=orders).values_list("closed_cause", flat=True)) == {"DAYS"}
