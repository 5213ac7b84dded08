"""Orders written as they stand, for tests of what reads them: state, deadline and marks are given, not derived."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from yidao.kit import crypto, ids
from yidao.orders import reading
from yidao.orders.models import Order, OrderLine, Pack, PackLine

NOW = datetime(2022, 6, 20, 4, 0, tzinfo=UTC)
"""Noon of 2022-06-20 in Shanghai."""


def order(
    shop: int,
    order_no: str,
    *,
    state: str = "TO_SHIP",
    paid: datetime | None = NOW - timedelta(hours=2),
    due: datetime | None = NOW + timedelta(hours=46),
    lines: Sequence[dict[str, Any]] = ({},),
    buyer: tuple[str, str, str] | None = ("张三丰", "13812345678", "文三路 1 号"),
    note: str = "",
    **more: Any,
) -> int:
    """Write one order with its lines; what is not given is as ordinary as can be."""
    id_ = ids.new_id()
    name, phone, street = buyer or ("", "", "")
    secret = {"receiver_name": name, "receiver_phone": phone, "receiver_address": street, "seller_note": note}
    kept = {
        column: crypto.encrypt(text.encode(), place=reading.place(column, id_))
        for column, text in secret.items()
        if text
    }
    if phone:
        kept["phone_index"] = crypto.blind_index(phone, purpose=reading.PHONE_PURPOSE)
        kept["phone_tail"] = crypto.blind_index(phone[-4:], purpose=reading.TAIL_PURPOSE)
    own: dict[str, Any] = {
        "promise_kind": "H48",
        "receiver_division": 330106 if buyer else 0,
        "goods_fen": 19900,
        "paid_fen": 19900,
    }
    Order.objects.create(
        id=id_,
        shop_id=shop,
        order_no=order_no,
        state=state,
        told_state=state,
        paid_at=paid,
        ordered_at=paid or NOW,
        ship_by_at=due,
        changed_at=paid or NOW,
        recorded_at=paid or NOW,
        **(own | kept | more),
    )
    for number, line in enumerate(lines, start=1):
        _line(id_, number, order_no, line, due=due, creator_id=more.get("creator_id"))
    return id_


def _line(order_id: int, number: int, order_no: str, more: dict[str, Any], **of_order: Any) -> None:
    own: dict[str, Any] = {
        "order_no": f"{order_no}-{number}",
        "creator_id": of_order["creator_id"],
        "is_self_sold": False,
        "is_cross_border": False,
        "room_id": "",
        "product_id": "P1",
        "product_name": "玫瑰花茶",
        "sku_name": "50g 罐装",
        "quantity": 1,
        "price_fen": 19900,
        "paid_fen": 19900,
        "promise_kind": "H48",
        "ship_by_original_at": of_order["due"],
        "ship_by_at": of_order["due"],
    }
    OrderLine.objects.create(order_id=order_id, line_no=number, **(own | more))


def pack(shop: int, order_id: int, waybill_no: str, *, carrier: str = "zhongtong", lines: Sequence[int] = (1,)) -> int:
    """Write one pack with one piece of each of the lines."""
    id_ = ids.new_id()
    Pack.objects.create(id=id_, shop_id=shop, carrier=carrier, waybill_no=waybill_no, shipped_at=NOW, recorded_at=NOW)
    for number in lines:
        PackLine.objects.create(pack_id=id_, order_id=order_id, line_no=number, quantity=1)
    return id_
