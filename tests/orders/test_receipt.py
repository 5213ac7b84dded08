"""Receipt: by the buyer's word, by time, and once later (延长收货)."""

import pytest

from tests.orders import life, world
from yidao.orders import receipt, sight
from yidao.rules.after_sale import Act

pytestmark = pytest.mark.django_db


@pytest.fixture
def order_id() -> int:
    """Return an order that was shipped at 06-18 12:00."""
    life.hush()
    made = world.place(life.fresh_shop(), paid="06-18 10:00")
    life.ship(made, "06-18 12:00")
    return made


def say(what, order_id: int, at: str, **more):
    now = world.moment(at)
    told = {"actor": life.marketplace(), "request_key": life.key()} | more
    return what(order=life.address(order_id), now=now, real_now=now, **told)


def test_time_receives_what_nobody_confirms(order_id) -> None:
    early, swept, again = (life.sweep(at)["receipt"] for at in ("06-28 11:59", "07-02 00:00", "07-02 00:00"))

    head = world.head(order_id)
    assert (early, swept, again) == (0, 1, 0)
    assert (head.state, head.received_at, head.receipt_due_at) == ("COMPLETED", world.moment("06-28 12:00"), None)


def test_a_buyer_confirms_before_that(order_id) -> None:
    answer = say(receipt.confirm, order_id, "06-20 12:00")

    assert (answer["state"], world.head(order_id).received_at) == ("COMPLETED", world.moment("06-20 12:00"))
    with pytest.raises(receipt.Confirmed):
        say(receipt.confirm, order_id, "06-20 13:00")


def test_longer_is_given_once(order_id) -> None:
    answer = say(receipt.extend, order_id, "06-27 12:00")

    assert answer["receipt_due_at"] == "2022-07-01T04:00:00+00:00"
    with pytest.raises(receipt.Enough):
        say(receipt.extend, order_id, "06-27 13:00")


def test_longer_comes_too_late_when_the_time_is_over_though_no_sweep_came(order_id) -> None:
    with pytest.raises(receipt.Confirmed):
        say(receipt.extend, order_id, "06-28 12:00")


def test_what_is_not_shipped_is_neither_received_nor_put_off() -> None:
    order_id = world.place(life.fresh_shop(), paid="06-18 10:00")

    for what in (receipt.confirm, receipt.extend):
        with pytest.raises(receipt.NotShipped):
            say(what, order_id, "06-19 12:00")


def test_a_shop_receives_nothing_for_its_buyer(order_id) -> None:
    shop = world.head(order_id).shop_id

    with pytest.raises(sight.BuyersWord):
        say(receipt.confirm, order_id, "06-20 12:00", actor=life.machine(shop))


def test_the_same_request_again_answers_the_same(order_id) -> None:
    told = {"actor": life.marketplace(), "request_key": life.key(f"confirm-{order_id}")}

    first = say(receipt.confirm, order_id, "06-20 12:00", **told)
    again = say(receipt.confirm, order_id, "06-21 12:00", **told)

    assert first == again


def test_an_open_after_sale_lets_the_receipt_wait(order_id) -> None:
    record_id = life.open_refund(order_id, "06-20 12:00", kind=life.Kind.RETURN_REFUND)
    waits = world.head(order_id).receipt_due_at

    life.act(life.clerk(world.head(order_id).shop_id), record_id, Act.REFUSE, "06-21 12:00", text="已拆封")

    assert (waits, world.head(order_id).receipt_due_at) == (None, world.moment("06-28 12:00"))
