"""Plants orders through the real entry, on whatever connection a test has; times are Shanghai wall clocks of 2022."""

import itertools
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.db import connection as django_connection

from tests.intake import facts
from yidao.orders import entry
from yidao.orders.entry import OrderIn, OrderLineIn, ReceiverIn
from yidao.orders.models import Order, OrderLine
from yidao.rules.instants import Instant, to_datetime

RECEIVER = ReceiverIn("张三丰", "13812345678", "330106", "文三路 90 号 3 栋 2 单元 501 室")
_numbers = itertools.count(1)


def fresh_number() -> str:
    """Return an order number no other test uses."""
    return f"N{uuid.uuid4().hex[:12].upper()}{next(_numbers)}"


def moment(text: str) -> datetime:
    """Return `06-18 10:00` of 2022 in Shanghai as an aware instant."""
    return to_datetime(Instant(facts.at(text)))


def line(
    *,
    quantity: int = 1,
    promise: str = "H48",
    days: int = 0,
    at: str = "",
    price_fen: int = 100_00,
    product: str = "P-1",
    **more: Any,
) -> OrderLineIn:
    """Return a line; its number follows from its place in the order unless `order_no` says it."""
    plain = OrderLineIn(
        order_no="",
        creator_id=None,
        is_self_sold=False,
        is_cross_border=False,
        room_id="",
        product_id=product,
        product_name="真丝睡衣",
        quantity=quantity,
        sku_id="SKU-1",
        sku_name="藕粉 M",
        merchant_code="MC-1",
        price_fen=price_fen,
        promise_kind=promise,
        promise_days=days,
        promise_at=facts.at(at) if at else 0,
    )
    return msgspec.structs.replace(plain, **more)


def told(
    shop: int,
    *,
    order_no: str = "",
    state: str = "TO_SHIP",
    ordered: str = "",
    paid: str = "06-18 10:00",
    changed: str = "",
    lines: Sequence[OrderLineIn] = (),
    promise: str = "H48",
    receiver: ReceiverIn = RECEIVER,
    **more: Any,
) -> OrderIn:
    """Return a shop's word about an order; `paid` "" for one that is not paid, one line of `promise` unless given."""
    number = order_no or fresh_number()
    own = [
        each if each.order_no else msgspec.structs.replace(each, order_no=number if place == 1 else f"{number}-{place}")
        for place, each in enumerate(lines or [line(promise=promise)], start=1)
    ]
    paid_at = facts.at(paid) if paid else 0
    return OrderIn(
        shop_id=shop,
        order_no=number,
        state=state,
        paid_at=paid_at,
        changed_at=facts.at(changed) if changed else paid_at or facts.at("06-18 10:00"),
        lines=tuple(own),
        ordered_at=facts.at(ordered) if ordered else 0,
        receiver=receiver,
        **more,
    )


def place(shop: int, *, now: str = "", connection: psycopg.Connection[Any] | None = None, **word: Any) -> int:
    """
    Let one order of a shop enter and return its id: told as `told` says, entered at `now` (else when it was told).

    Without a connection Django's is used, in the transaction that is open there.
    """
    order = told(shop, **word)
    if connection is None:
        django_connection.ensure_connection()
        connection = django_connection.connection
    at = moment(now) if now else to_datetime(Instant(order.changed_at))
    (entered,) = entry.enter(connection, [order], now=at)
    return entered.id


def head(order_id: int) -> Order:
    """Return an order's head, read anew."""
    return Order.objects.get(id=order_id)


def lines_of(order_id: int) -> list[OrderLine]:
    """Return an order's lines, read anew."""
    return list(OrderLine.objects.filter(order_id=order_id).order_by("line_no"))
