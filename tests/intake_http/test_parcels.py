"""POST /v1/parcels: a shop's word that it handed parcels over."""

import pytest

from tests.intake_http import port as p
from yidao.intake.payloads import ItemResult, LineIn, Result
from yidao.kit import crypto

MALFORMED = "parcel.malformed"


def test_a_parcel_becomes_a_shipment(port):
    reply = port.parcels(
        [
            p.parcel(
                paid_at="2022-06-19T08:00:00+08:00",
                receiver_phone_tail="5678",
                lines=[
                    {"order_no": "O-1", "creator_id": "55"},
                    {"order_no": "O-2", "creator_id": None, "self_sold": True},
                    {"order_no": "O-3", "cross_border": True, "customer_return": True},
                ],
            )
        ],
        p.SHOP,
    )

    assert (reply.status, reply.json()["items"]) == (200, [{"index": 0, "result": "ACCEPTED"}])
    (shipment,) = port.queue.items
    assert (shipment.shop_id, shipment.carrier, shipment.waybill_no) == (p.SHOP_ID, "yuantong", "YT1")
    assert shipment.shipped_at - shipment.paid_at == 86_400_000_000
    assert (shipment.sender_division, shipment.receiver_division) == ("330106", "510104")
    assert shipment.receiver_tail in crypto.blind_indexes("5678", purpose="parcel.receiver_tail")
    assert shipment.lines == (
        LineIn("O-1", 55, False, False, False),
        LineIn("O-2", None, True, False, False),
        LineIn("O-3", None, False, True, True),
    )


def test_what_is_left_out_is_nothing(port):
    port.parcels([p.parcel()])

    assert (port.queue.items[0].paid_at, port.queue.items[0].receiver_tail) == (0, None)
    assert (port.queue.items[0].lines[0].room_id, port.queue.items[0].lines[0].product_name) == ("", "")


def test_a_line_names_its_live_show_and_its_product(port):
    line = {"order_no": "O-1", "room_id": "7064-1", "product_id": "P-1", "product_name": "真丝　睡衣\t13800138000 "}

    port.parcels([p.parcel(lines=[line])])

    (told,) = port.queue.items[0].lines
    assert (told.room_id, told.product_id, told.product_name) == ("7064-1", "P-1", "真丝　睡衣 1******8000")


def test_the_answer_names_the_parcel_and_whether_its_claim_waits(port):
    port.queue.results = [
        ItemResult(Result.ACCEPTED, id="yuantong/YT1/1"),
        ItemResult(Result.ACCEPTED, code="parcel.claim_waits", id="yuantong/YT2/1", state="WAITING"),
        ItemResult(Result.REJECTED, code="parcel.number_in_use", detail={"waybill_no": "YT3"}),
    ]

    first, second, third = port.parcels([p.parcel()] * 3).json()["items"]

    assert first == {"index": 0, "result": "ACCEPTED", "id": "yuantong/YT1/1"}
    assert (second["result"], second["state"], second["code"]) == ("ACCEPTED", "WAITING", "parcel.claim_waits")
    assert (third["result"], third["problem"]["status"], third["problem"]["context"]) == (
        "REJECTED",
        409,
        {"waybill_no": "YT3"},
    )


def test_the_answer_names_the_orders_a_parcel_did_not_ship(port):
    left = {"orders_left": {"O-1": "order.unpaid"}}
    port.queue.results = [ItemResult(Result.ACCEPTED, code="order.unpaid", id="yuantong/YT1/1", detail=left)]

    reply = port.parcels([p.parcel()], p.SHOP)

    assert reply.json()["items"] == [
        {"index": 0, "result": "ACCEPTED", "id": "yuantong/YT1/1", "code": "order.unpaid", "context": left}
    ]


def test_another_shop_is_unknown_to_a_shop(port):
    reply = port.parcels([p.parcel(shop_id="701"), p.parcel()], p.SHOP)

    first, second = reply.json()["items"]
    assert (first["result"], first["problem"]["code"]) == ("REJECTED", "parcel.shop_unknown")
    assert second["result"] == "ACCEPTED"


@pytest.mark.parametrize("token", [p.CARRIER, p.PROVIDER])
def test_who_ships_nothing_reports_no_parcels(port, token):
    reply = port.parcels([p.parcel()], token)

    assert (reply.status, reply.json()["code"]) == (403, "auth.kind")


@pytest.mark.parametrize(
    ("bad", "code", "pointer", "fault"),
    [
        pytest.param(p.parcel(shop_id=700), MALFORMED, "/shop_id", "field.type", id="a shop id as a number"),
        pytest.param(p.parcel(shop_id="0"), MALFORMED, "/shop_id", "field.form", id="shop 0"),
        pytest.param(p.parcel(shop_id="x"), MALFORMED, "/shop_id", "field.form", id="a shop of letters"),
        pytest.param(p.parcel(shop_id="9" * 19), MALFORMED, "/shop_id", "field.form", id="beyond 63 bits"),
        pytest.param(p.parcel(shop_id="1" * 20), MALFORMED, "/shop_id", "field.length", id="a long shop id"),
        pytest.param(p.parcel(lines=[]), MALFORMED, "/lines", "field.length", id="no lines"),
        pytest.param(p.parcel(lines=...), MALFORMED, "/lines", "field.missing", id="lines left out"),
        pytest.param(p.parcel(lines=[{"order_no": "O"}] * 51), MALFORMED, "/lines", "field.length", id="51 lines"),
        pytest.param(
            p.parcel(lines=[{"order_no": "a;b"}]),
            MALFORMED,
            "/lines/0/order_no",
            "field.form",
            id="a semicolon",
        ),
        pytest.param(p.parcel(lines=[{"order_no": "a\0"}]), MALFORMED, "/lines/0/order_no", "field.form", id="NUL"),
        pytest.param(p.parcel(lines=[{"order_no": " "}]), MALFORMED, "/lines/0/order_no", "field.form", id="a blank"),
        pytest.param(
            p.parcel(lines=[{"order_no": "O", "creator_id": "-5"}]),
            MALFORMED,
            "/lines/0/creator_id",
            "field.form",
            id="a negative creator",
        ),
        pytest.param(
            p.parcel(lines=[{"order_no": "O"}, {"order_no": 5}]),
            MALFORMED,
            "/lines/1/order_no",
            "field.type",
            id="an order number as a number",
        ),
        pytest.param(
            p.parcel(lines=[{"order_no": "O", "room_id": "a b"}]),
            MALFORMED,
            "/lines/0/room_id",
            "field.form",
            id="a live show with a gap",
        ),
        pytest.param(
            p.parcel(lines=[{"order_no": "O", "product_id": "商品"}]),
            MALFORMED,
            "/lines/0/product_id",
            "field.form",
            id="a product id in words",
        ),
        pytest.param(
            p.parcel(lines=[{"order_no": "O", "product_name": "a\0"}]),
            MALFORMED,
            "/lines/0/product_name",
            "field.nul",
            id="NUL in a product's name",
        ),
        pytest.param(p.parcel(sender_division="abcdef"), MALFORMED, "/sender_division", "field.form", id="letters"),
        pytest.param(p.parcel(receiver_division=""), MALFORMED, "/receiver_division", "field.length", id="no division"),
        pytest.param(
            p.parcel(receiver_phone_tail="567"),
            MALFORMED,
            "/receiver_phone_tail",
            "field.length",
            id="3 digits",
        ),
        pytest.param(p.parcel(receiver_phone_tail="56 8"), MALFORMED, "/receiver_phone_tail", "field.form", id="a gap"),
        pytest.param(
            p.parcel(shipped_at="9999-01-01T00:00:00Z"), MALFORMED, "/shipped_at", "field.time", id="year 9999"
        ),
        pytest.param(p.parcel(paid_at="1999-01-01T00:00:00Z"), MALFORMED, "/paid_at", "field.time", id="paid in 1999"),
        pytest.param(p.parcel(carrier="dhl"), "carrier.unknown", "/carrier", "field.unknown_value", id="a stranger"),
        pytest.param(p.parcel(waybill_no="a b"), "waybill_no.malformed", "/waybill_no", "field.form", id="a gap"),
        pytest.param(p.parcel(colour="red"), MALFORMED, "/colour", "field.unknown", id="an unknown field"),
    ],
)
def test_a_bad_parcel_says_what_is_wrong_and_spares_its_neighbours(port, bad, code, pointer, fault):
    reply = port.parcels([p.parcel(waybill_no="YT0"), bad, p.parcel(waybill_no="YT2")])

    assert reply.status == 200
    before, refused, after = reply.json()["items"]
    assert (before["result"], after["result"]) == ("ACCEPTED", "ACCEPTED")
    assert refused["problem"]["code"] == code
    (error,) = refused["problem"]["errors"]
    assert (error["pointer"], error["code"]) == (f"/parcels/1{pointer}", fault)
