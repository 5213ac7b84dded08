"""Words about an order come twice and in any order; what stands in the end is the same."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.orders import world
from tests.orders.world import moment
from tests.web import cast
from tests.web.cast import Cast
from yidao.kit import crypto
from yidao.orders import entry, reading
from yidao.orders.entry import NOBODY, OrderIn, ReceiverIn
from yidao.orders.models import DeadlineChange, Order, OrderLine

NOW = moment("06-18 16:00")
"""Before the first of the promises is over, for what time has decided no word undoes."""
PAID = "06-18 10:00"


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def enter(*orders: OrderIn) -> list[entry.Entered]:
    connection.ensure_connection()
    return entry.enter(connection.connection, orders, now=NOW)


LINES = [
    world.line(promise="H24", quantity=2),
    world.line(promise="PRESALE_FULL", days=5),
    world.line(promise="APPOINTMENT", at="06-25 10:00"),
]
WORDS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["PAID", "TO_SHIP", "CANCELLED"]),
        "changed": st.sampled_from([f"06-18 {hour:02}:00" for hour in range(8, 16)]),
        "lines": st.integers(1, 3).map(lambda count: LINES[:count]),
        "freight_fen": st.integers(0, 3),
        "receiver": st.sampled_from([NOBODY, world.RECEIVER, ReceiverIn("李四", "13900001111")]),
    }
)
OF_HEAD = (
    *("state", "told_state", "paid_at", "changed_at", "ordered_at", "goods_fen", "freight_fen", "paid_fen"),
    *("receiver_division", "promise_kind", "ship_by_at", "labels", "late_policy", "judge_due_at", "warn_due_at"),
    *("close_due_at", "closed_at", "closed_cause", "creator_id", "phone_index", "receiver_key"),
)
OF_LINE = (
    *("line_no", "quantity", "promise_kind", "promise_days", "promise_at", "promise_policy", "ship_by_original_at"),
    "ship_by_at",
)


def standing(shop: int, number: str) -> tuple[Any, ...]:
    head = Order.objects.get(shop_id=shop, order_no=number)
    name = reading.text(head.id, "receiver_name", head.receiver_name)
    lines = OrderLine.objects.filter(order_id=head.id).order_by("line_no").values_list(*OF_LINE)
    kept = [bytes(each) if isinstance(each, memoryview) else each for each in (getattr(head, f) for f in OF_HEAD)]
    return (name, kept, list(lines))


def word(shop: int, number: str, *, state: str, changed: str, **more: Any) -> OrderIn:
    """Return a word about an order that is paid at ten."""
    if changed < PAID and state != "CANCELLED":
        state = "PENDING_PAYMENT"
    paid = PAID if changed >= PAID else ""
    return world.told(shop, order_no=number, state=state, changed=changed, paid=paid, **more)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=1, max_size=5, unique_by=lambda word: word["changed"]), data=st.data())
def test_whatever_order_words_come_in_the_same_stands(people: Cast, words: list[dict[str, Any]], data: Any) -> None:
    number = world.fresh_number()
    told = [word(people.shop, number, **each) for each in words]
    in_turn = sorted(told, key=lambda word: word.changed_at)
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=2))))
    is_one_batch = data.draw(st.booleans())

    for each in in_turn:
        enter(each)
    expected = standing(people.shop, number)
    Order.objects.filter(shop_id=people.shop, order_no=number).update(order_no=f"{number}-in-turn")
    if is_one_batch:
        enter(*shuffled)
    else:
        for each in shuffled:
            enter(each)

    assert standing(people.shop, number) == expected


def test_the_promise_at_payment_stands_whatever_is_told_later(people: Cast) -> None:
    order = world.place(people.shop, order_no="N", promise="H24", paid="06-18 10:00")

    world.place(people.shop, order_no="N", promise="PRESALE_FULL", changed="06-18 11:00", paid="06-18 10:00")

    (line,) = world.lines_of(order)
    assert (line.promise_kind, line.ship_by_at) == ("H24", moment("06-19 10:00"))
    assert world.head(order).ship_by_at == moment("06-19 10:00")


def test_a_promise_is_made_when_the_order_is_paid(people: Cast) -> None:
    order = world.place(
        people.shop, order_no="N", promise="H24", paid="", changed="06-18 09:00", state="PENDING_PAYMENT"
    )
    assert (world.head(order).ship_by_at, world.head(order).late_policy) == (None, "")

    world.place(people.shop, order_no="N", promise="H24", paid="06-18 10:00", changed="06-18 10:00", state="PAID")

    assert (world.head(order).state, world.head(order).ship_by_at) == ("PAID", moment("06-19 10:00"))
    assert world.head(order).late_policy == "late-shipment/douyin-2022/1"


def test_a_deadline_that_was_moved_stays_moved(people: Cast) -> None:
    order = world.place(people.shop, order_no="N", promise="H24", paid="06-18 10:00")
    OrderLine.objects.filter(order_id=order).update(ship_by_at=moment("06-22 10:00"))

    world.place(people.shop, order_no="N", changed="06-18 12:00", lines=[world.line(quantity=5)])

    (line,) = world.lines_of(order)
    assert (line.quantity, line.ship_by_at, line.ship_by_original_at) == (
        5,
        moment("06-22 10:00"),
        moment("06-19 10:00"),
    )


def test_an_appointment_is_written_down_once(people: Cast) -> None:
    for changed in ("06-18 10:00", "06-18 11:00"):
        order = world.place(people.shop, order_no="N", lines=[LINES[2]], changed=changed)

    assert DeadlineChange.objects.filter(order_id=order).count() == 1


def test_a_cancelled_order_may_be_told_open_again(people: Cast) -> None:
    order = world.place(people.shop, order_no="N", state="CANCELLED", changed="06-18 11:00")
    assert (world.head(order).closed_at, world.head(order).closed_cause) == (moment("06-18 11:00"), "TOLD")

    world.place(people.shop, order_no="N", state="TO_SHIP", changed="06-18 12:00")

    assert (world.head(order).state, world.head(order).closed_at, world.head(order).closed_cause) == (
        "TO_SHIP",
        None,
        "",
    )


def test_of_the_buyer_nothing_stands_in_the_clear(people: Cast) -> None:
    receiver = ReceiverIn("张三丰", "+86 138-1234-5678", "330106", "文三路 90 号")
    order = world.place(people.shop, receiver=receiver, buyer_remark="送到门口")
    same = world.place(people.shop, receiver=ReceiverIn("张三丰", "13812345678", "330106", "文三路 90 号"))
    other_shop = world.place(people.other_shop, receiver=receiver)

    with connection.cursor() as cursor:
        cursor.execute("SELECT h::text FROM order_head h WHERE id = %s", (order,))
        ((row,),) = cursor.fetchall()
    for secret in ("张三丰", "13812345678", "5678", "文三路", "送到门口"):
        assert secret not in row
        assert secret.encode().hex() not in row

    head = world.head(order)
    assert reading.text(order, "receiver_phone", head.receiver_phone) == "13812345678"
    assert reading.text(order, "buyer_remark", head.buyer_remark) == "送到门口"
    assert bytes(head.phone_index) == crypto.blind_index("13812345678", purpose=reading.PHONE_PURPOSE)
    assert bytes(head.phone_tail) == crypto.blind_index("5678", purpose=reading.TAIL_PURPOSE)
    assert bytes(head.receiver_key) == bytes(world.head(same).receiver_key)
    assert bytes(head.receiver_key) != bytes(world.head(other_shop).receiver_key)


def test_a_telephone_that_was_masked_stays_so_and_is_found_by_its_end_alone(people: Cast) -> None:
    order = world.place(people.shop, receiver=ReceiverIn(phone="138****5678"))

    head = world.head(order)
    assert reading.text(order, "receiver_phone", head.receiver_phone) == "138****5678"
    assert head.phone_index is None
    assert bytes(head.phone_tail) == crypto.blind_index("5678", purpose=reading.TAIL_PURPOSE)


def test_money_is_what_was_told_or_what_follows(people: Cast) -> None:
    lines = [world.line(price_fen=100, quantity=3), world.line(price_fen=500, paid_fen=450)]
    order = world.place(people.shop, lines=lines, freight_fen=80)
    exact = world.place(people.shop, lines=lines, freight_fen=80, paid_fen=700)

    head = world.head(order)
    assert (head.goods_fen, head.freight_fen, head.paid_fen) == (800, 80, 830)
    assert [line.paid_fen for line in world.lines_of(order)] == [300, 450]
    assert world.head(exact).paid_fen == 700
