"""POST /v1/orders: a shop's word about its orders."""

import pytest

from tests.intake_http import port as p
from yidao.intake.payloads import ItemResult, OrderIn, Result
from yidao.orders.entry import OrderLineIn, ReceiverIn
from yidao.rules.instants import HOUR

MALFORMED = "order.malformed"


def test_an_order_becomes_a_payload(port):
    port.queue.results = [ItemResult(Result.ACCEPTED, id="7")]
    line = {"creator_id": "55", "room_id": "7064-1", "product_id": "P-1", "product_name": "真丝睡衣", "quantity": 2}

    reply = port.orders(
        [p.order(paid_at="2022-06-20T07:00:00+08:00", lines=[line, {"order_no": "O-1-2", "self_sold": True}])], p.SHOP
    )

    assert (reply.status, reply.json()["items"]) == (200, [{"index": 0, "result": "ACCEPTED", "id": "7"}])
    (order,) = port.queue.items
    assert order == OrderIn(
        p.SHOP_ID,
        "O-1",
        "TO_SHIP",
        order.changed_at - HOUR,
        order.changed_at,
        (
            OrderLineIn("O-1", 55, False, False, "7064-1", "P-1", "真丝睡衣", 2),
            OrderLineIn("O-1-2", None, True, False, "", "", "", 1),
        ),
    )


def test_promise_money_and_receiver_come_along(port):
    line = {
        "sku_id": "S-1",
        "sku_name": " 藕粉 M ",
        "merchant_code": "真丝-1",
        "price_fen": 19900,
        "paid_fen": 17900,
        "promise": {"kind": "PRESALE_FULL", "days": 5},
    }
    receiver = {"name": "张三丰", "phone": "18412345678-1234", "division": "510104", "address": "锦官驿街 1 号\n 2 楼 "}
    changes = {"freight_fen": 800, "buyer_remark": "  要 M 码 ", "sender_division": "330106", "receiver": receiver}

    port.orders([p.order(ordered_at="2022-06-20T07:00:00+08:00", lines=[line], **changes)], p.SHOP)

    (order,) = port.queue.items
    assert order.ordered_at == order.changed_at - HOUR
    assert (order.freight_fen, order.paid_fen, order.buyer_remark, order.sender_division) == (
        800,
        0,
        "要 M 码",
        "330106",
    )
    assert order.receiver == ReceiverIn("张三丰", "18412345678", "510104", "锦官驿街 1 号\n 2 楼")
    assert "张三丰" not in repr(order.receiver)
    (line,) = order.lines
    assert (line.sku_id, line.sku_name, line.merchant_code) == ("S-1", "藕粉 M", "真丝-1")
    assert (line.price_fen, line.paid_fen) == (19900, 17900)
    assert (line.promise_kind, line.promise_days, line.promise_at) == ("PRESALE_FULL", 5, 0)


def test_what_is_refused_later_says_why(port):
    port.queue.results = [ItemResult(Result.REJECTED, code="order.creator_unknown", detail={"order_no": "O-1"})]

    (item,) = port.orders([p.order()]).json()["items"]

    assert (item["problem"]["code"], item["problem"]["context"]) == ("order.creator_unknown", {"order_no": "O-1"})


@pytest.mark.parametrize("token", [p.CARRIER, p.PROVIDER])
def test_who_sells_nothing_reports_no_orders(port, token):
    reply = port.orders([p.order()], token)

    assert (reply.status, reply.json()["code"]) == (403, "auth.kind")


def test_another_shop_is_unknown_to_a_shop(port):
    first, second = port.orders([p.order(shop_id="701"), p.order()], p.SHOP).json()["items"]

    assert (first["result"], first["problem"]["code"]) == ("REJECTED", "order.shop_unknown")
    assert second["result"] == "ACCEPTED"


def test_a_body_that_is_no_list_of_orders_is_refused_whole(port):
    assert port.post("/v1/orders", {"orders": []}).json()["code"] == "body.shape"
    assert port.post("/v1/orders", b"{").json()["code"] == "body.malformed_json"


@pytest.mark.parametrize(
    ("bad", "pointer", "fault"),
    [
        pytest.param(p.order(shop_id="0"), "/shop_id", "field.form", id="shop 0"),
        pytest.param(p.order(order_no="a;b"), "/order_no", "field.form", id="a semicolon"),
        pytest.param(p.order(order_no=" a"), "/order_no", "field.form", id="a blank before"),
        pytest.param(p.order(state="LOST"), "/state", "field.unknown_value", id="an unknown state"),
        pytest.param(p.order(changed_at=...), "/changed_at", "field.missing", id="no time"),
        pytest.param(p.order(changed_at="1999-01-01T00:00:00Z"), "/changed_at", "field.time", id="in 1999"),
        pytest.param(p.order(paid_at="2100-01-01T00:00:00Z"), "/paid_at", "field.time", id="paid in 2100"),
        pytest.param(p.order(lines=[]), "/lines", "field.length", id="no lines"),
        pytest.param(p.order(lines=[{"quantity": 0}]), "/lines/0/quantity", "field.range", id="none of it"),
        pytest.param(p.order(lines=[{"order_no": "a\0"}]), "/lines/0/order_no", "field.form", id="NUL"),
        pytest.param(p.order(lines=[{}, {"creator_id": "x"}]), "/lines/1/creator_id", "field.form", id="no creator id"),
        pytest.param(p.order(lines=[{"room_id": "场次"}]), "/lines/0/room_id", "field.form", id="a show in words"),
        pytest.param(p.order(buyer="Lily"), "/buyer", "field.unknown", id="an unknown field"),
        pytest.param(p.order(ordered_at="1999-01-01T00:00:00Z"), "/ordered_at", "field.time", id="ordered in 1999"),
        pytest.param(p.order(freight_fen=-1), "/freight_fen", "field.range", id="freight to be had"),
        pytest.param(p.order(sender_division="33010"), "/sender_division", "field.form", id="five digits"),
        pytest.param(p.order(receiver={"division": "杭州市西湖区"}), "/receiver/division", "field.form", id="a name"),
        pytest.param(p.order(receiver={"name": "a\0"}), "/receiver/name", "field.nul", id="NUL in a name"),
        pytest.param(p.order(receiver={"sex": "F"}), "/receiver/sex", "field.unknown", id="more than is asked"),
        pytest.param(p.order(lines=[{"sku_id": "红色"}]), "/lines/0/sku_id", "field.form", id="a kind in words"),
        pytest.param(p.order(lines=[{"sku_name": "\0"}]), "/lines/0/sku_name", "field.nul", id="NUL in a kind"),
        pytest.param(
            p.order(lines=[{"promise": {"kind": "SOON"}}]), "/lines/0/promise/kind", "field.unknown_value", id="soon"
        ),
        pytest.param(
            p.order(lines=[{"promise": {"kind": "PRESALE_FULL", "days": 181}}]),
            "/lines/0/promise/days",
            "field.range",
            id="half a year and a day",
        ),
        pytest.param(
            p.order(lines=[{"promise": {"kind": "APPOINTMENT", "at": "2100-01-01T00:00:00Z"}}]),
            "/lines/0/promise/at",
            "field.time",
            id="an appointment in 2100",
        ),
    ],
)
def test_a_bad_order_says_what_is_wrong_and_spares_its_neighbours(port, bad, pointer, fault):
    reply = port.orders([p.order(order_no="O-0"), bad, p.order(order_no="O-2")])

    before, refused, after = reply.json()["items"]
    assert (before["result"], after["result"]) == ("ACCEPTED", "ACCEPTED")
    assert refused["problem"]["code"] == MALFORMED
    (error,) = refused["problem"]["errors"]
    assert (error["pointer"], error["code"]) == (f"/orders/1{pointer}", fault)
