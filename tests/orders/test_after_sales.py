"""After-sales: who may do what when, what time does, and what follows for the order and its money."""

import pytest

from tests.orders import life, world
from yidao.kit import ids
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices.models import Notice
from yidao.orders import after_sale_words as words
from yidao.orders import after_sales, refunds, sight
from yidao.orders.after_sales import WantedLine
from yidao.orders.models import AfterSale, AfterSaleStep, OrderRefund
from yidao.rules.after_sale import Act, Kind

pytestmark = pytest.mark.django_db
PAID = "06-18 10:00"


@pytest.fixture
def shop() -> int:
    life.hush()
    return life.fresh_shop()


def steps(record_id: int) -> list[tuple[str, str]]:
    rows = AfterSaleStep.objects.filter(after_sale_id=record_id).order_by("id")
    return list(rows.values_list("cause", "state"))


def refund_of(record_id: int) -> OrderRefund:
    return OrderRefund.objects.get(after_sale_id=record_id)


def test_an_open_record_stops_the_judge_and_is_told_to_the_shop(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    judged_at = world.head(order_id).judge_due_at

    record_id = life.open_refund(order_id, "06-19 10:00")

    head = world.head(order_id)
    assert (judged_at is not None, head.judge_due_at, head.open_refunds) == (True, None, 1)
    record = AfterSale.objects.get(id=record_id)
    assert (record.state, record.amount_fen, record.due_at) == ("AWAIT_SHOP", 100_00, world.moment("06-21 10:00"))
    (notice,) = Notice.objects.filter(organisation_id=shop, kind="after_sale.opened")
    assert notice.params == {"count": 1}


def test_an_agreed_refund_goes_back_and_closes_the_order(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    record_id = life.open_refund(order_id, "06-19 10:00")

    life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")
    before = world.head(order_id).open_refunds
    life.sweep("06-19 11:00")

    head = world.head(order_id)
    assert before == 1
    assert (head.state, head.open_refunds, head.refunded_fen) == ("CANCELLED", 0, 100_00)
    assert (head.closed_cause, refund_of(record_id).state) == ("REFUNDED", "DONE")
    assert steps(record_id) == [("OPENED", "AWAIT_SHOP"), ("APPROVE", "REFUNDING"), ("PAID", "DONE")]


def test_a_refused_record_lets_judging_go_on(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    record_id = life.open_refund(order_id, "06-19 10:00")

    life.act(life.clerk(shop), record_id, Act.REFUSE, "06-19 11:00", text="已经打包")

    head = world.head(order_id)
    assert (head.open_refunds, head.judge_due_at) == (0, world.moment("06-20 10:00"))


def test_who_says_nothing_agrees_at_the_time_he_should_have_answered(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    record_id = life.open_refund(order_id, "06-19 10:00")

    early = life.sweep("06-21 09:59")["after-sales"]
    swept = life.sweep("06-25 00:00")
    again = life.sweep("06-25 00:00")

    assert (early, swept["after-sales"], swept["refunds"], again["after-sales"]) == (0, 1, 1, 0)
    approved = AfterSaleStep.objects.get(after_sale_id=record_id, cause="APPROVE")
    assert approved.at == world.moment("06-21 10:00")
    assert world.head(order_id).state == "CANCELLED"


def test_after_its_time_a_shop_can_refuse_no_more_though_no_sweep_came(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    record_id = life.open_refund(order_id, "06-19 10:00")

    with pytest.raises(words.ActRefused):
        life.act(life.clerk(shop), record_id, Act.REFUSE, "06-21 10:00", text="太晚了")


def test_goods_come_back_before_the_money_goes(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    life.ship(order_id, "06-18 12:00")
    record_id = life.open_refund(order_id, "06-22 10:00", kind=Kind.RETURN_REFUND)
    life.act(life.clerk(shop), record_id, Act.APPROVE, "06-22 11:00")
    now = world.moment("06-23 10:00")

    told = after_sales.Told(act=Act.SEND_BACK, return_carrier="zhongtong", return_waybill_no="ZT99")
    after_sales.act(actor=life.marketplace(), after_sale_id=record_id, told=told, now=now, real_now=now)
    unpaid = OrderRefund.objects.filter(after_sale_id=record_id).exists()
    life.act(life.clerk(shop), record_id, Act.RECEIVE, "06-25 10:00")
    life.sweep("06-25 10:00")

    head = world.head(order_id)
    record = AfterSale.objects.get(id=record_id)
    assert (unpaid, record.state, record.return_waybill_no) == (False, "DONE", "ZT99")
    assert (head.state, head.closed_cause, head.refunded_fen) == ("CANCELLED", "RETURNED", 100_00)


def test_a_part_of_a_line_goes_back_and_the_rest_still_waits(shop) -> None:
    order_id = world.place(shop, paid=PAID, lines=[world.line(quantity=3)])
    record_id = life.open_refund(order_id, "06-19 10:00", WantedLine(line_no=1, quantity=1))
    life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")
    life.sweep("06-19 11:00")

    head, (line,) = world.head(order_id), world.lines_of(order_id)
    assert (head.state, head.refunded_fen) == ("TO_SHIP", 100_00)
    assert (line.refunded_quantity, head.ship_by_at) == (1, world.moment("06-20 10:00"))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(WantedLine(line_no=2, quantity=1), id="no such line"),
        pytest.param(WantedLine(line_no=1, quantity=0), id="nothing of it"),
        pytest.param(WantedLine(line_no=1, quantity=3), id="more than there is left"),
        pytest.param(WantedLine(line_no=1, quantity=1, amount_fen=-1), id="less than no money"),
    ],
)
def test_nobody_asks_back_what_is_not_there(shop, line) -> None:
    order_id = world.place(shop, paid=PAID, lines=[world.line(quantity=3)])
    life.open_refund(order_id, "06-19 10:00", WantedLine(line_no=1, quantity=1))

    with pytest.raises(words.LinesRefused):
        life.open_refund(order_id, "06-19 11:00", line)

    assert world.head(order_id).open_refunds == 1


def test_nobody_asks_back_more_than_was_paid(shop) -> None:
    order_id = world.place(shop, paid=PAID)

    with pytest.raises(words.AmountRefused) as refused:
        life.open_refund(order_id, "06-19 10:00", WantedLine(line_no=1, quantity=1, amount_fen=100_01))

    assert refused.value.values == {"most": 100_00}


def test_goods_that_never_left_cannot_come_back(shop) -> None:
    order_id = world.place(shop, paid=PAID)

    with pytest.raises(words.NotShipped):
        life.open_refund(order_id, "06-19 10:00", kind=Kind.EXCHANGE)


def test_what_is_not_paid_has_no_after_sales(shop) -> None:
    order_id = world.place(shop, paid="", state="PENDING_PAYMENT")

    with pytest.raises(words.OrderState):
        life.open_refund(order_id, "06-19 10:00")


def test_the_same_number_opens_one_record(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    now = world.moment("06-19 10:00")
    wish = after_sales.Wish(kind=Kind.REFUND, reason="TOO_LATE", number=f"AS{ids.new_id()}")

    def tell() -> after_sales.Standing:
        order, key = life.address(order_id), life.key()
        return after_sales.open_(
            actor=life.marketplace(), order=order, wish=wish, now=now, real_now=now, request_key=key
        )

    first, again = tell(), tell()

    assert (first.id, first.is_new, again.id, again.is_new) == (again.id, True, first.id, False)


def test_a_shop_cannot_speak_for_its_buyer(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    now = world.moment("06-19 10:00")
    wish = after_sales.Wish(kind=Kind.REFUND, reason="TOO_LATE")

    with pytest.raises(sight.BuyersWord):
        after_sales.open_(actor=life.machine(shop), order=life.address(order_id), wish=wish, now=now, real_now=now)


@pytest.mark.parametrize("act", [Act.WITHDRAW, Act.SEND_BACK, Act.PAID])
def test_a_shop_does_only_what_is_its_own_to_do(shop, act) -> None:
    record_id = life.open_refund(world.place(shop, paid=PAID), "06-19 10:00")

    with pytest.raises(words.ActRefused):
        life.act(life.machine(shop), record_id, act, "06-19 11:00")


def test_other_shops_and_other_roles_do_nothing(shop) -> None:
    record_id = life.open_refund(world.place(shop, paid=PAID), "06-19 10:00")

    with pytest.raises(NotVisible):
        life.act(life.clerk(life.fresh_shop()), record_id, Act.APPROVE, "06-19 11:00")
    with pytest.raises(Forbidden):
        life.act(life.clerk(shop, life.Permission.ORDERS_SHIP), record_id, Act.APPROVE, "06-19 11:00")
    with pytest.raises(words.TextRefused):
        life.act(life.clerk(shop), record_id, Act.REFUSE, "06-19 11:00", text=" ")

    assert steps(record_id) == [("OPENED", "AWAIT_SHOP")]


def test_money_that_was_paid_elsewhere_is_not_paid_again(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    record_id = life.open_refund(order_id, "06-19 10:00")
    life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")

    life.act(life.marketplace(), record_id, Act.PAID, "06-19 11:30")
    swept = life.sweep("06-19 12:00")

    assert (swept["refunds"], world.head(order_id).state) == (0, "CANCELLED")
    assert (refund_of(record_id).state, refund_of(record_id).tries) == ("DONE", 0)


def test_while_the_provider_has_not_answered_nobody_says_it_was_paid_elsewhere(shop) -> None:
    order_id = world.place(shop, paid=PAID)
    life.sandbox_does(order_id, "LATE")
    record_id = life.open_refund(order_id, "06-19 10:00")
    life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")
    life.sweep("06-19 11:00")

    with pytest.raises(refunds.InFlight):
        life.act(life.marketplace(), record_id, Act.PAID, "06-19 11:01")


def test_a_refund_without_money_is_done_when_it_is_agreed(shop) -> None:
    order_id = world.place(shop, paid=PAID, lines=[world.line(price_fen=0)])
    record_id = life.open_refund(order_id, "06-19 10:00")

    stands = life.act(life.clerk(shop), record_id, Act.APPROVE, "06-19 11:00")

    assert (stands.state, world.head(order_id).state) == ("DONE", "CANCELLED")


def test_a_record_whose_policy_is_gone_is_put_off_and_its_neighbour_goes_on(shop) -> None:
    bad, good = (life.open_refund(world.place(shop, paid=PAID), "06-19 10:00") for _ in range(2))
    AfterSale.objects.filter(id=bad).update(policy="order-life/gone/1", bucket=1)
    AfterSale.objects.filter(id=good).update(bucket=1)

    life.sweep("06-21 10:00")

    assert AfterSale.objects.get(id=good).state != "AWAIT_SHOP"
    late = AfterSale.objects.get(id=bad)
    assert (late.state, late.due_at) == ("AWAIT_SHOP", world.moment("06-21 11:00"))
