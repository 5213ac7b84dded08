"""How orders enter: set-based, on the intake's own connection, inside its transaction."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from yidao.kit import arrays, ids
from yidao.kit.sql import named_statements
from yidao.rules.instants import Instant, to_datetime

STATEMENTS: Final = named_statements(Path(__file__).with_name("statements.sql"))

Key = tuple[str, int]
"""Number and shop of an order."""


class OrderLineIn(msgspec.Struct, frozen=True, gc=False):
    """One line; `order_no` is that of the sku order (子订单) where there is one."""

    order_no: str
    creator_id: int | None
    is_self_sold: bool
    is_cross_border: bool
    room_id: str
    product_id: str
    product_name: str
    quantity: int


class OrderIn(msgspec.Struct, frozen=True, gc=False):
    """A shop's word about one order at `changed_at`, in microseconds; `paid_at` 0 while it is not paid."""

    shop_id: int
    order_no: str
    state: str
    paid_at: int
    changed_at: int
    lines: tuple[OrderLineIn, ...]


class Entered(msgspec.Struct, frozen=True, gc=False):
    """What became of one order; `is_news` is false when as new a word was known."""

    id: int
    is_news: bool


def enter(connection: psycopg.Connection[Any], orders: Sequence[OrderIn], *, now: datetime) -> list[Entered]:
    """
    Write orders and return what became of each, in their order; the newest word about an order stands, whatever order
    they come in, and of equally new ones the first. Writing the same again changes nothing. The caller commits.
    """
    newest: dict[Key, int] = {}
    for place, order in enumerate(orders):
        known = newest.get(_key(order))
        if known is None or orders[known].changed_at < order.changed_at:
            newest[_key(order)] = place
    # One order of keys for all writers, so that two batches never wait for each other.
    told = [orders[newest[key]] for key in sorted(newest)]
    written = _write_heads(connection, told, now=now)
    _write_lines(connection, [(written[_key(order)], order) for order in told if _key(order) in written])
    standing = written | _ids_of(connection, [_key(order) for order in told if _key(order) not in written])
    return [
        Entered(id=standing[_key(order)], is_news=_key(order) in written and newest[_key(order)] == place)
        for place, order in enumerate(orders)
    ]


def _key(order: OrderIn) -> Key:
    return order.order_no, order.shop_id


def _write_heads(connection: psycopg.Connection[Any], told: Sequence[OrderIn], *, now: datetime) -> dict[Key, int]:
    """Write the orders' heads; return the ids of those that brought news."""
    rows = connection.execute(
        STATEMENTS["put_heads"],
        {
            "id": arrays.integers([ids.new_id() for _ in told]),
            "shop_id": arrays.integers([order.shop_id for order in told]),
            "order_no": arrays.texts([order.order_no for order in told]),
            "state": arrays.texts([order.state for order in told]),
            "paid_at": [to_datetime(Instant(order.paid_at)) if order.paid_at else None for order in told],
            "changed_at": [to_datetime(Instant(order.changed_at)) for order in told],
            "now": now,
        },
    )
    return {(order_no, shop_id): id_ for id_, order_no, shop_id in rows}


def _write_lines(connection: psycopg.Connection[Any], told: Sequence[tuple[int, OrderIn]]) -> None:
    """Replace the lines of the orders that brought news."""
    if not told:
        return
    connection.execute(STATEMENTS["drop_lines"], {"order_id": arrays.integers([id_ for id_, _ in told])})
    lines = [(id_, number, line) for id_, order in told for number, line in enumerate(order.lines, start=1)]
    connection.execute(
        STATEMENTS["add_lines"],
        {
            "order_id": arrays.integers([id_ for id_, _, _ in lines]),
            "line_no": arrays.integers([number for _, number, _ in lines]),
            "order_no": arrays.texts([line.order_no for _, _, line in lines]),
            "creator_id": arrays.integers_or_null([line.creator_id for _, _, line in lines]),
            "is_self_sold": arrays.booleans([line.is_self_sold for _, _, line in lines]),
            "is_cross_border": arrays.booleans([line.is_cross_border for _, _, line in lines]),
            "room_id": arrays.texts([line.room_id for _, _, line in lines]),
            "product_id": arrays.texts([line.product_id for _, _, line in lines]),
            "product_name": arrays.texts([line.product_name for _, _, line in lines]),
            "quantity": arrays.integers([line.quantity for _, _, line in lines]),
        },
    )


def _ids_of(connection: psycopg.Connection[Any], keys: Sequence[Key]) -> dict[Key, int]:
    if not keys:
        return {}
    rows = connection.execute(
        STATEMENTS["ids_of"],
        {
            "order_no": arrays.texts([order_no for order_no, _ in keys]),
            "shop_id": arrays.integers([shop_id for _, shop_id in keys]),
        },
    )
    return {(order_no, shop_id): id_ for id_, order_no, shop_id in rows}
