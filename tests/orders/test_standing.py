"""What follows for orders is worked out in one place: from promises, packs, after-sales, receipt and closing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.orders import world
from tests.orders.world import moment
from tests.web import cast
from tests.web.cast import Cast
from yidao.kit import ids
from yidao.orders import standing
from yidao.orders.models import AfterSale, AfterSaleLine, DeadlineChange, Order, OrderLine, Pack, PackLine
from yidao.rules.order_state import Label

PAID = "06-18 10:00"
DUE = "06-20 10:00"


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def refresh(*order_ids: int, now: str = "06-19 10:00") -> None:
    connection.ensure_connection()
    standing.refresh(connection.connection, order_ids, now=moment(now))


def pack(order_id: int, *lines: tuple[int, int], shipped: str = "06-19 09:00", **more: object) -> Pack:
    head = world.head(order_id)
    facts = {"carrier": "yuantong", "waybill_no": world.fresh_number(), "recorded_at": moment(shipped)} | more
    made = Pack.objects.create(id=ids.new_id(), shop_id=head.shop_id, shipped_at=moment(shipped), **facts)
    for line_no, quantity in lines:
        PackLine.objects.create(pack_id=made.id, order_id=order_id, line_no=line_no, quantity=quantity)
    return made


def after_sale(order_id: int, *lines: tuple[int, int], kind: str = "REFUND", state: str = "AWAIT_SHOP") -> AfterSale:
    head = world.head(order_id)
    made = AfterSale.objects.create(
        id=ids.new_id(), shop_id=head.shop_id, order_id=order_id, order_no=head.order_no, kind=kind, state=state,
        amount_fen=1, opened_at=moment("06-19 08:00"), changed_at=moment("06-19 08:00"),
    )  # fmt: skip
    for line_no, quantity in lines:
        AfterSaleLine.objects.create(after_sale_id=made.id, line_no=line_no, quantity=quantity, amount_fen=1)
    return made


@dataclass(frozen=True)
class Seen:
    """What a test looks at."""

    state: str
    ship_by: datetime | None
    judged_at: datetime | None


def seen(order_id: int) -> Seen:
    head = world.head(order_id)
    return Seen(head.state, head.ship_by_at, head.judge_due_at)


def test_a_paid_order_waits_until_its_promise_and_is_then_judged(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID)

    head = world.head(order)
    assert seen(order) == Seen("TO_SHIP", moment(DUE), moment(DUE))
    assert (head.promise_kind, head.late_policy) == ("H48", "late-shipment/douyin-2022/1")
    assert head.close_due_at == moment(PAID) + timedelta(days=150)
    assert (head.receipt_due_at, head.labels, head.bucket in range(16)) == (None, 0, True)
    assert head.warn_due_at == moment("06-19 10:00"), "half of the promised time"


def test_the_earliest_line_that_waits_says_when_an_order_is_late(people: Cast) -> None:
    lines = [world.line(promise="PRESALE_FULL", days=5), world.line(promise="H24", quantity=2)]
    order = world.place(people.shop, paid=PAID, lines=lines)
    assert (seen(order).ship_by, world.head(order).promise_kind) == (moment("06-19 10:00"), "H24")

    pack(order, (2, 2), shipped="06-18 12:00")
    refresh(order, now="06-18 12:00")

    assert seen(order) == Seen("PARTIALLY_SHIPPED", moment("06-23 10:00"), moment("06-23 10:00"))
    assert [each.shipped_quantity for each in world.lines_of(order)] == [0, 2]


def test_what_is_wholly_shipped_waits_for_the_buyer(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID)
    pack(order, (1, 1), carrier="zhongtong")

    refresh(order)

    head = world.head(order)
    assert seen(order) == Seen("SHIPPED", None, None)
    assert (head.carrier, head.shipped_at) == ("zhongtong", moment("06-19 09:00"))
    assert head.receipt_due_at == moment("06-19 09:00") + timedelta(days=10)
    assert (head.close_due_at, head.warn_due_at) == (None, None)

    head.received_at = moment("06-22 10:00")
    head.save()
    refresh(order)
    assert (world.head(order).state, world.head(order).receipt_due_at) == ("COMPLETED", None)


def test_a_number_that_proved_wrong_counts_as_never_shipped(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID)
    made = pack(order, (1, 1))
    refresh(order)

    made.state = "UNMADE"
    made.save()
    refresh(order, now="06-21 10:00")

    assert seen(order) == Seen("TO_SHIP", moment(DUE), moment(DUE))
    assert world.head(order).labels == Label.UNMADE


def test_packs_put_labels_on_an_order(people: Cast) -> None:
    one = world.place(people.shop, paid=PAID, lines=[world.line(quantity=2)])
    other = world.place(people.shop, paid=PAID)
    merged = pack(one, (1, 1))
    PackLine.objects.create(pack_id=merged.id, order_id=other, line_no=1, quantity=1)
    pack(one, (1, 1))
    pack(one, (1, 1), is_resend=True)

    refresh(one, other)

    assert Label(world.head(one).labels) == Label.MERGED | Label.SPLIT | Label.RESENT
    assert Label(world.head(other).labels) == Label.MERGED
    assert [each.shipped_quantity for each in world.lines_of(one)] == [2]


def test_an_open_refund_stops_the_clocks_and_its_end_starts_them(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID)
    refund = after_sale(order)
    refresh(order)
    assert (world.head(order).open_refunds, world.head(order).close_due_at, seen(order).judged_at) == (1, None, None)
    assert seen(order).state == "TO_SHIP"

    refund.state, refund.ended_at = "REFUSED", moment("06-19 12:00")
    refund.save()
    refresh(order)

    assert (world.head(order).open_refunds, seen(order).judged_at) == (0, moment(DUE))


def test_what_was_refunded_waits_no_more_and_an_order_of_which_nothing_is_left_is_closed(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID, lines=[world.line(), world.line(promise="H24")])
    after_sale(order, (2, 1), state="DONE")
    refresh(order)
    assert seen(order).ship_by == moment(DUE)

    after_sale(order, state="DONE")
    refresh(order, now="06-19 11:00")

    head = world.head(order)
    assert seen(order) == Seen("CANCELLED", None, None)
    assert (head.closed_at, head.closed_cause) == (moment("06-19 11:00"), "REFUNDED")
    refresh(order, now="06-19 12:00")
    assert world.head(order).closed_at == moment("06-19 11:00")


def test_nothing_new_writes_nothing(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID)
    before = Order.objects.filter(id=order).values().get()

    refresh(order, order, 1)

    assert Order.objects.filter(id=order).values().get() == before


def test_an_appointment_moves_the_promise_and_says_so(people: Cast) -> None:
    order = world.place(people.shop, paid=PAID, lines=[world.line(promise="APPOINTMENT", at="06-25 18:00")])

    assert seen(order).ship_by == moment("06-25 18:00")
    assert Label(world.head(order).labels) == Label.DEADLINE_CHANGED
    (change,) = DeadlineChange.objects.filter(order_id=order)
    assert (change.cause, change.old_at, change.new_at) == ("APPOINTMENT", moment(DUE), moment("06-25 18:00"))


@pytest.mark.parametrize("state", ["SHIPPED", "COMPLETED"])
def test_what_enters_as_shipped_left_before_we_knew_it_and_is_never_judged(people: Cast, state: str) -> None:
    order = world.place(people.shop, paid=PAID, state=state, changed="06-19 10:00")

    assert seen(order) == Seen(state, None, None)
    assert (world.head(order).shipped_at, world.head(order).close_due_at) == (moment("06-19 10:00"), None)
    assert OrderLine.objects.get(order_id=order).shipped_quantity == 0
