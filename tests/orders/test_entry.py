"""How orders enter: the newest word stands, whatever order they come in, and twice is once."""

import itertools
from dataclasses import dataclass

import msgspec
import pytest
from django.db import connection

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.intake.payloads import ItemResult, Result, SourceFacts
from yidao.intake.writer import Writer
from yidao.orders.entry import OrderIn, OrderLineIn
from yidao.orders.models import Order, OrderLine
from yidao.rules.instants import instant


@dataclass(frozen=True)
class Told:
    """What is known of the one order of a test."""

    state: str
    paid: bool
    lines: list[tuple[str, int | None, str, int]]


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def line(order_no: str, creator: int | None = None, **changes: object) -> OrderLineIn:
    return msgspec.structs.replace(OrderLineIn(order_no, creator, False, False, "", "", "", 1), **changes)


def order(shop: int, number: str, when: str, *lines: OrderLineIn, state: str = "TO_SHIP", paid: str = "") -> OrderIn:
    return OrderIn(shop, number, state, facts.at(paid) if paid else 0, facts.at(when), lines or (line(number),))


def enter(*orders: OrderIn, sender: SourceFacts = planting.PLATFORM) -> list[ItemResult]:
    connection.ensure_connection()
    writer = Writer(connection.connection, now=instant(planting.NOW))
    return writer.write([facts.submission(*orders, sender=sender)])[0]


def known(number: str) -> Told:
    head = Order.objects.get(order_no=number)
    lines = OrderLine.objects.filter(order_id=head.id).order_by("line_no")
    return Told(
        head.state,
        head.paid_at is not None,
        [(each.order_no, each.creator_id, each.product_name, each.quantity) for each in lines],
    )


def test_an_order_is_kept_with_its_lines(people: Cast) -> None:
    own = line("N-1", people.creator, product_name="真丝睡衣", quantity=2)

    (answer,) = enter(order(people.shop, "N", "06-18 10:00", own, line("N-2"), paid="06-18 09:00"))

    assert answer.result is Result.ACCEPTED
    assert answer.id == str(Order.objects.get(order_no="N").id)
    assert known("N") == Told("TO_SHIP", True, [("N-1", people.creator, "真丝睡衣", 2), ("N-2", None, "", 1)])


def test_telling_the_same_again_changes_nothing_and_names_the_same_order(people: Cast) -> None:
    told = order(people.shop, "N", "06-18 10:00")

    (first,), (again,) = enter(told), enter(told)

    assert (again.result, again.id) == (Result.DUPLICATE, first.id)


@pytest.mark.parametrize("is_one_batch", [True, False], ids=["in one batch", "one by one"])
def test_the_newest_word_stands_whatever_order_they_come_in(people: Cast, is_one_batch: bool) -> None:
    words = [
        order(people.shop, "N", "06-18 10:00"),
        order(people.shop, "N", "06-18 11:00", line("N"), line("N"), paid="06-18 11:00"),
        order(people.shop, "N", "06-18 12:00", line("N", quantity=3), state="CANCELLED"),
    ]

    for number, shuffled in enumerate(itertools.permutations(words)):
        renamed = [msgspec.structs.replace(each, order_no=f"N{number}") for each in shuffled]
        if is_one_batch:
            enter(*renamed)
        else:
            for each in renamed:
                enter(each)

    assert [known(f"N{number}") for number in range(6)] == [Told("CANCELLED", False, [("N", None, "", 3)])] * 6


def test_two_shops_may_use_one_number(people: Cast) -> None:
    one, other = enter(order(people.shop, "N", "06-18 10:00"), order(people.other_shop, "N", "06-18 10:00"))

    assert (one.result, other.result) == (Result.ACCEPTED, Result.ACCEPTED)
    assert one.id != other.id


@pytest.mark.parametrize(
    ("whose", "promoted_by", "code"),
    [
        pytest.param("other_shop", "creator", "order.shop_unknown", id="another's order"),
        pytest.param("creator", "creator", "order.shop_unknown", id="a creator is no shop"),
        pytest.param("shop", "other_shop", "order.creator_unknown", id="a shop is no creator"),
    ],
)
def test_a_shop_tells_its_own_orders_with_real_creators(people: Cast, whose: str, promoted_by: str, code: str) -> None:
    sender = SourceFacts(2, people.shop, "SHOP", "SHOP", True)
    good = order(people.shop, "GOOD", "06-18 10:00")
    bad = order(getattr(people, whose), "BAD", "06-18 10:00", line("BAD", getattr(people, promoted_by)))

    first, refused, last = enter(good, bad, msgspec.structs.replace(good, order_no="LAST"), sender=sender)

    assert (first.result, last.result) == (Result.ACCEPTED, Result.ACCEPTED)
    assert (refused.result, refused.code) == (Result.REJECTED, code)
    assert not Order.objects.filter(order_no="BAD").exists()
