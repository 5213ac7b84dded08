"""The end after 150 days: what never left closes, and its money goes back once, by whatever way works."""

from datetime import timedelta

import pytest
from django.db import connection

from tests.orders import life, world
from yidao.accounts.actors import Permission
from yidao.audit.models import AuditEntry
from yidao.notices.models import Notice
from yidao.orders import cards, closing, receipt, refunding
from yidao.orders.models import AfterSale, Order, OrderRefund
from yidao.orders.refund_models import PaymentSandboxRequest
from yidao.rules.refunds import Route

pytestmark = pytest.mark.django_db
PAID = "01-10 10:00"
CLOSES = world.moment("01-10 10:00") + timedelta(days=150)


@pytest.fixture
def shop() -> int:
    life.hush()
    return life.fresh_shop()


def paid_fen(order_id: int) -> int:
    number = world.head(order_id).order_no
    return sum(PaymentSandboxRequest.objects.filter(order_no=number).values_list("paid_fen", flat=True))


def faults(order_id: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT fault FROM sweep_fault WHERE concern = 'closing' AND subject_id = %s", [order_id])
        return [fault for (fault,) in cursor.fetchall()]


def test_an_order_that_never_left_closes_on_its_day_and_not_before(shop) -> None:
    order_id = world.place(shop, ordered=PAID, paid=PAID)

    early = life.sweep(CLOSES - timedelta(seconds=1))["closing"]
    swept = life.sweep(CLOSES + timedelta(days=3))
    again = life.sweep(CLOSES + timedelta(days=4))

    head = world.head(order_id)
    assert (early, swept["closing"], swept["refunds"], again["closing"], again["refunds"]) == (0, 1, 1, 0, 0)
    assert (head.state, head.closed_at, head.closed_cause, head.close_due_at) == ("CANCELLED", CLOSES, "DAYS", None)
    assert (head.ship_by_at, head.judge_due_at, head.refunded_fen, paid_fen(order_id)) == (None, None, 100_00, 100_00)
    assert Notice.objects.get(organisation_id=shop, kind="order.closed_by_time").params == {"count": 1}
    assert AuditEntry.objects.filter(act="order.closed_by_time", subject=f"order/{order_id}").count() == 1


def test_a_refund_that_fails_twice_goes_another_way_once(shop) -> None:
    order_id = world.place(shop, ordered=PAID, paid=PAID)
    life.sandbox_does(order_id, "FAIL", route="ORIGINAL")
    life.sweep(CLOSES)
    life.sweep(CLOSES + timedelta(hours=1))
    row = OrderRefund.objects.get(order_id=order_id)
    failed = (row.state, row.tries, row.last_outcome, row.cause)
    now = CLOSES + timedelta(hours=2)

    refunding.choose_route(
        actor=life.operator(Permission.REFUNDS_DECIDE), refund_id=row.id, route=Route.OTHER, now=now, real_now=now
    )
    life.sweep(now)
    life.sweep(now + timedelta(days=1))

    assert failed == ("WANTED", 2, "FAILED", "CLOSING")
    row.refresh_from_db()
    assert (row.state, row.route, row.tries, paid_fen(order_id)) == ("DONE", "OTHER", 1, 100_00)
    assert world.head(order_id).refunded_fen == 100_00


def test_of_a_part_shipped_order_only_the_open_lines_close(shop) -> None:
    lines = [world.line(price_fen=60_00), world.line(price_fen=45_00, quantity=2)]
    order_id = world.place(shop, ordered=PAID, paid=PAID, lines=lines)
    life.ship(order_id, "01-11 10:00", (1, 1))

    life.sweep(CLOSES)

    head, (sent, kept) = world.head(order_id), world.lines_of(order_id)
    assert (head.state, head.closed_at, head.refunded_fen, paid_fen(order_id)) == ("COMPLETED", None, 90_00, 90_00)
    assert (sent.shipped_quantity, sent.refunded_quantity, kept.refunded_quantity) == (1, 0, 2)


def test_what_was_given_back_before_does_not_go_back_again(shop) -> None:
    order_id = world.place(shop, ordered=PAID, paid=PAID, lines=[world.line(quantity=3, price_fen=10_00)])
    life.open_refund(order_id, "01-11 10:00", life.after_sales.WantedLine(line_no=1, quantity=1))
    life.sweep("01-14 10:00")

    life.sweep(CLOSES)

    assert list(AfterSale.objects.filter(order_id=order_id).order_by("id").values_list("amount_fen", flat=True)) == [
        10_00,
        20_00,
    ]
    assert (paid_fen(order_id), world.head(order_id).state) == (30_00, "CANCELLED")


def test_an_open_after_sale_goes_first(shop) -> None:
    order_id = world.place(shop, ordered=PAID, paid=PAID)
    before = CLOSES - timedelta(hours=1)
    wish = life.after_sales.Wish(kind=life.Kind.REFUND, reason="TOO_LATE")
    life.after_sales.open_(
        actor=life.marketplace(), order=life.address(order_id), wish=wish, now=before, real_now=before
    )

    while_open = life.sweep(CLOSES)["closing"]
    life.sweep(CLOSES + timedelta(days=3))

    head = world.head(order_id)
    assert (while_open, head.state, head.closed_cause, paid_fen(order_id)) == (0, "CANCELLED", "REFUNDED", 100_00)


def test_what_is_shipped_or_unpaid_never_closes_by_time(shop) -> None:
    shipped = world.place(shop, ordered=PAID, paid=PAID)
    life.ship(shipped, "01-11 10:00")
    unpaid = world.place(shop, ordered=PAID, paid="", state="PENDING_PAYMENT")

    assert life.sweep(CLOSES + timedelta(days=1))["closing"] == 0
    assert world.head(shipped).state == "COMPLETED"
    assert world.head(unpaid).state == "PENDING_PAYMENT"


def test_an_order_without_money_closes_without_a_refund(shop) -> None:
    order_id = world.place(shop, ordered=PAID, paid=PAID, lines=[world.line(price_fen=0)])

    life.sweep(CLOSES)

    assert (world.head(order_id).state, OrderRefund.objects.filter(order_id=order_id).count()) == ("CANCELLED", 0)


def test_an_order_older_than_every_policy_closes_by_the_first_one(shop) -> None:
    order_id = world.place(shop, ordered=PAID, paid=PAID)
    Order.objects.filter(id=order_id).update(ordered_at=CLOSES - timedelta(days=900))
    life.standing.refresh(life.raw.plain(), [order_id], now=CLOSES)

    life.sweep(CLOSES)

    assert world.head(order_id).closed_at == CLOSES - timedelta(days=750)


def test_an_order_that_cannot_be_closed_is_put_off_and_its_neighbours_close(shop, monkeypatch) -> None:
    bad, good = (world.place(shop, ordered=PAID, paid=PAID) for _ in range(2))
    real = life.after_sales.close

    def close(head, **when):
        record = real(head, **when)
        if head.id == bad:
            raise LookupError("planted")
        return record

    monkeypatch.setattr(closing.after_sales, "close", close)

    life.sweep(CLOSES)

    assert (world.head(good).state, world.head(bad).state) == ("CANCELLED", "TO_SHIP")
    assert world.head(bad).close_due_at == CLOSES + timedelta(hours=1)
    assert not AfterSale.objects.filter(order_id=bad).exists()
    assert faults(bad) == ["LookupError: planted"]

    monkeypatch.setattr(closing.after_sales, "close", real)
    life.sweep(CLOSES + timedelta(hours=1))

    assert (world.head(bad).state, paid_fen(bad), faults(bad)) == ("CANCELLED", 100_00, [])


def test_a_whole_life_of_two_orders(shop) -> None:
    """One is received late because its buyer asked for longer; the other never leaves."""
    kept, lost = (world.place(shop, ordered=PAID, paid=PAID) for _ in range(2))
    life.sandbox_does(lost, "FAIL,TIME_OUT")
    life.ship(kept, "01-11 10:00")
    now = world.moment("01-20 10:00")
    receipt.extend(actor=life.marketplace(), order=life.address(kept), now=now, real_now=now, request_key=life.key())
    ask = world.moment("01-11 12:00")
    (asked,) = cards.ask(
        actor=life.clerk(shop),
        order_ids=[lost],
        new_at=world.moment("01-20 10:00"),
        reason="等待到货",
        now=ask,
        real_now=ask,
    )
    for at in ("01-21 12:00", "01-24 09:59"):
        life.sweep(at)
    late = world.head(kept).state
    life.sweep("01-24 10:00")
    life.sweep(CLOSES)
    life.sweep(CLOSES + timedelta(hours=1))
    life.sweep(CLOSES + timedelta(hours=1, minutes=10))

    assert (asked.fault, late, world.head(kept).state) == (None, "SHIPPED", "COMPLETED")
    assert world.head(kept).received_at == world.moment("01-24 10:00")
    assert [each.state for each in cards.of_order(life.clerk(shop), lost, CLOSES)] == ["LAPSED"]
    assert (world.head(lost).state, paid_fen(lost)) == ("CANCELLED", 100_00)
