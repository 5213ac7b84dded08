"""A shop's own word cannot stop its judge: payment, order time, lines and money of a paid order are the platform's."""

from typing import Any

import msgspec
import pytest
from django.db import connection

from tests.intake import facts
from tests.orders import world
from tests.orders.world import moment
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.intake.payloads import ItemResult, OrderIn, Result, SourceFacts
from yidao.intake.writer import Writer
from yidao.orders.models import Order
from yidao.rules.instants import instant

MATTERS = (
    *("state", "paid_at", "ordered_at", "ship_by_at", "judge_due_at", "close_due_at", "closed_at", "closed_cause"),
    *("goods_fen", "freight_fen", "paid_fen", "promise_kind", "creator_id"),
)


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def by_shop(people: Cast, *orders: OrderIn, now: str = "06-18 12:00") -> list[ItemResult]:
    return by(SourceFacts(2, people.shop, "SHOP", "SHOP", True), *orders, now=now)


def by(sender: SourceFacts, *orders: OrderIn, now: str = "06-18 12:00") -> list[ItemResult]:
    connection.ensure_connection()
    writer = Writer(connection.connection, now=instant(moment(now)))
    return writer.write([facts.submission(*orders, sender=sender)])[0]


def matter(number: str) -> dict[str, Any]:
    return Order.objects.values(*MATTERS).get(order_no=number)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        pytest.param({"state": "CANCELLED"}, "order.closed_by_platform", id="cancelled"),
        pytest.param({"state": "CANCELLED", "paid": ""}, "order.closed_by_platform", id="cancelled unpaid"),
        pytest.param({"state": "PENDING_PAYMENT", "paid": ""}, "order.payment_stands", id="not paid"),
        pytest.param({"state": "PENDING_PAYMENT"}, "order.payment_stands", id="waits for its payment"),
        pytest.param({"paid": ""}, "order.payment_stands", id="no payment"),
        pytest.param({"paid": "06-18 11:00"}, "order.payment_stands", id="paid later"),
        pytest.param({"ordered": "06-18 11:00"}, "order.payment_stands", id="ordered later"),
        pytest.param({"lines": [world.line(price_fen=1)]}, "order.payment_stands", id="for less"),
        pytest.param({"state": "SHIPPED"}, "order.ships_by_packs", id="shipped"),
        pytest.param({"state": "COMPLETED"}, "order.ships_by_packs", id="completed"),
    ],
)
@pytest.mark.parametrize("teller", ["shop", "platform"])
def test_no_word_of_a_shop_moves_what_is_paid(people: Cast, teller: str, word: dict[str, Any], code: str) -> None:
    tell = by_shop if teller == "shop" else lambda people, *orders: by(planting.PLATFORM, *orders)
    plain = {"order_no": "N", "ordered": "06-18 09:00"}
    tell(people, world.told(people.shop, **plain))
    before = matter("N")

    bad = world.told(people.shop, **{**plain, "changed": "06-18 11:30", **word})
    (answer, neighbour) = by_shop(people, bad, world.told(people.shop, order_no="GOOD"))

    assert (answer.result, answer.code) == (Result.ACCEPTED, code)
    assert (neighbour.result, neighbour.code) == (Result.ACCEPTED, "")
    assert matter("N") == before
    assert before["judge_due_at"] == moment("06-20 10:00")


def test_what_does_not_matter_to_the_judge_a_shop_may_tell_anew(people: Cast) -> None:
    by_shop(people, world.told(people.shop, order_no="N"))

    later = world.told(people.shop, order_no="N", state="PAID", changed="06-18 11:00", sender_division="330106")
    (answer,) = by_shop(people, later)

    assert (answer.result, answer.code) == (Result.ACCEPTED, "")
    assert Order.objects.values_list("state", "sender_division").get(order_no="N") == ("PAID", 330106)


def test_the_platform_cancels_and_calls_unpaid_what_is_paid(people: Cast) -> None:
    by_shop(people, world.told(people.shop, order_no="GONE"), world.told(people.shop, order_no="UNPAID"))

    gone = world.told(people.shop, order_no="GONE", state="CANCELLED", changed="06-18 11:00")
    unpaid = world.told(people.shop, order_no="UNPAID", state="PENDING_PAYMENT", paid="", changed="06-18 11:00")
    answers = by(planting.PLATFORM, gone, unpaid)

    assert [each.code for each in answers] == ["", ""]
    assert [matter(each)["state"] for each in ("GONE", "UNPAID")] == ["CANCELLED", "PENDING_PAYMENT"]
    (again,) = by_shop(people, msgspec.structs.replace(gone, changed_at=facts.at("06-18 11:30")))
    assert (again.code, matter("GONE")["state"]) == ("", "CANCELLED")


def test_an_unpaid_order_its_shop_may_cancel_and_call_paid(people: Cast) -> None:
    waits = {"state": "PENDING_PAYMENT", "paid": "", "changed": "06-18 09:00"}
    by_shop(people, *(world.told(people.shop, order_no=each, **waits) for each in ("GONE", "PAID")))

    gone = world.told(people.shop, order_no="GONE", state="CANCELLED", paid="", changed="06-18 09:30")
    paid = world.told(people.shop, order_no="PAID")
    answers = by_shop(people, gone, paid)

    assert [each.code for each in answers] == ["", ""]
    assert [matter(each)["state"] for each in ("GONE", "PAID")] == ["CANCELLED", "TO_SHIP"]


@pytest.mark.parametrize("state", ["PARTIALLY_SHIPPED", "SHIPPED", "COMPLETED"])
def test_what_a_shop_first_tells_as_shipped_waits_for_its_parcel(people: Cast, state: str) -> None:
    (answer,) = by_shop(people, world.told(people.shop, order_no="N", state=state))

    assert (answer.result, answer.code) == (Result.ACCEPTED, "order.ships_by_packs")
    assert matter("N")["state"] == "TO_SHIP"
    assert matter("N")["judge_due_at"] == moment("06-20 10:00")


def test_the_platform_still_tells_history(people: Cast) -> None:
    (answer,) = by(planting.PLATFORM, world.told(people.shop, order_no="N", state="SHIPPED"))

    assert (answer.code, matter("N")["state"], matter("N")["judge_due_at"]) == ("", "SHIPPED", None)


def test_in_one_batch_a_shop_is_heard_after_the_platform(people: Cast) -> None:
    shop = SourceFacts(2, people.shop, "SHOP", "SHOP", True)
    paid = world.told(people.shop, order_no="N")
    cancelled = world.told(people.shop, order_no="N", state="CANCELLED", changed="06-18 11:00")
    connection.ensure_connection()
    writer = Writer(connection.connection, now=instant(moment("06-18 12:00")))

    (refused,), (taken,) = writer.write(
        [facts.submission(cancelled, sender=shop), facts.submission(paid, sender=planting.PLATFORM)]
    )

    assert (refused.code, taken.result, taken.code) == ("order.closed_by_platform", Result.ACCEPTED, "")
    assert refused.id == taken.id
    assert matter("N")["state"] == "TO_SHIP"


# --- Lines told in another order ---


def promises(number: str) -> dict[str, str]:
    order = Order.objects.get(order_no=number)
    return {line.product_id: line.promise_kind for line in world.lines_of(order.id)}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([{"order_no": "N-A", "sku_id": ""}, {"order_no": "N-B", "sku_id": ""}], id="by their numbers"),
        pytest.param([{"order_no": "N", "sku_id": "A"}, {"order_no": "N", "sku_id": "B"}], id="by their skus"),
        pytest.param([{"order_no": "N-A", "sku_id": "S"}, {"order_no": "N-B", "sku_id": "S"}], id="by both"),
    ],
)
def test_lines_told_in_another_order_keep_their_own_promises(people: Cast, names: list[dict[str, str]]) -> None:
    hasty = world.line(promise="H24", product="HASTY", **names[0])
    slow = world.line(promise="PRESALE_FULL", days=5, product="SLOW", **names[1])
    by(planting.PLATFORM, world.told(people.shop, order_no="N", lines=[hasty, slow]))

    by(planting.PLATFORM, world.told(people.shop, order_no="N", lines=[slow, hasty], changed="06-18 11:00"))

    assert promises("N") == {"HASTY": "H24", "SLOW": "PRESALE_FULL"}
    lines = world.lines_of(Order.objects.get(order_no="N").id)
    assert [line.ship_by_at for line in lines] == [moment("06-23 10:00"), moment("06-19 10:00")]


@pytest.mark.parametrize(
    "renamed",
    [
        pytest.param({"order_no": "N-A", "sku_id": "OTHER"}, id="another sku of the same number"),
        pytest.param({"order_no": "N-X", "sku_id": "A"}, id="another number of the same sku"),
    ],
)
def test_a_line_that_is_known_by_one_of_its_names_keeps_its_promise(people: Cast, renamed: dict[str, str]) -> None:
    known = world.line(promise="H24", order_no="N-A", sku_id="A")
    by(planting.PLATFORM, world.told(people.shop, order_no="N", lines=[known]))

    later = world.line(promise="PRESALE_FULL", days=9, **renamed)
    by(planting.PLATFORM, world.told(people.shop, order_no="N", lines=[later], changed="06-18 11:00"))

    assert promises("N") == {"P-1": "H24"}


def test_a_new_line_is_promised_anew_and_lines_without_numbers_are_told_in_turn(people: Cast) -> None:
    bare = {"order_no": "N", "sku_id": ""}
    first = world.line(promise="H24", product="ONE", **bare)
    by(planting.PLATFORM, world.told(people.shop, order_no="N", lines=[first]))

    again = world.line(promise="PRESALE_FULL", days=9, product="ONE", **bare)
    added = world.line(promise="NEXT_DAY", product="TWO", **bare)
    by(planting.PLATFORM, world.told(people.shop, order_no="N", lines=[again, added], changed="06-18 11:00"))

    assert promises("N") == {"ONE": "H24", "TWO": "NEXT_DAY"}
