"""
The rows of the order lists: what one shows, and how the keys of a page become rows. Buyers are masked here, so that no
caller can forget it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.orders import listing_sql, reading
from yidao.orders.listing_sql import Values
from yidao.orders.reading import Buyer


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line of an order as a list and the order's page show it."""

    line_no: int
    order_no: str
    product_id: str
    product_name: str
    sku_id: str
    sku_name: str
    merchant_code: str
    quantity: int
    shipped_quantity: int
    refunded_quantity: int
    price_fen: int
    paid_fen: int
    promise_kind: str
    promise_days: int
    ship_by_original_at: datetime | None
    ship_by_at: datetime | None
    creator_id: int | None

    @property
    def open_quantity(self) -> int:
        """Return how much of the line still waits."""
        return max(0, self.quantity - self.shipped_quantity - self.refunded_quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """One pack of an order that counts, with the lines of this order in it."""

    id: int
    carrier: str
    waybill_no: str
    shipped_at: datetime
    is_resend: bool
    lines: tuple[tuple[int, int], ...]
    """Line numbers and how much of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order of a list. `creator` and `shop` are names; what people wrote is empty for who is not of the shop."""

    id: int
    shop_id: int
    shop: str
    order_no: str
    state: str
    version: int
    ordered_at: datetime | None
    paid_at: datetime | None
    recorded_at: datetime
    ship_by_at: datetime | None
    shipped_at: datetime | None
    goods_fen: int
    freight_fen: int
    paid_fen: int
    refunded_fen: int
    promise_kind: str
    carrier: str
    creator_id: int | None
    creator: str
    labels: int
    open_refunds: int
    flag: int
    judged_count: int
    buyer: Buyer
    remark: str = field(repr=False)
    note: str = field(repr=False)
    closed_at: datetime | None = None
    closed_cause: str = ""
    receipt_due_at: datetime | None = None
    is_receipt_extended: bool = False
    received_at: datetime | None = None
    lines: tuple[LineRow, ...] = ()
    packs: tuple[PackRow, ...] = ()


_HEAD: Final = """
h.id, h.shop_id, h.order_no, h.state, h.version, h.ordered_at, h.paid_at, h.recorded_at, h.ship_by_at, h.shipped_at,
h.goods_fen, h.freight_fen, h.paid_fen, h.refunded_fen, h.promise_kind, h.carrier, h.creator_id, h.labels,
h.open_refunds, h.flag, h.judged_count, h.closed_at, h.closed_cause, h.receipt_due_at,
h.is_receipt_extended, h.received_at, h.receiver_name, h.receiver_phone, h.receiver_address, h.receiver_division,
h.buyer_remark, h.seller_note
"""
_PLAIN: Final = (
    "id", "shop_id", "order_no", "state", "version", "ordered_at", "paid_at", "recorded_at", "ship_by_at", "shipped_at",
    "goods_fen", "freight_fen", "paid_fen", "refunded_fen", "promise_kind", "carrier", "creator_id", "labels",
    "open_refunds", "flag", "judged_count", "closed_at", "closed_cause", "receipt_due_at", "is_receipt_extended",
    "received_at",
)  # fmt: skip
_LINES: Final = """
SELECT l.order_id, l.line_no, l.order_no, l.product_id, l.product_name, l.sku_id, l.sku_name, l.merchant_code,
       l.quantity, l.shipped_quantity, l.refunded_quantity, l.price_fen, l.paid_fen, l.promise_kind, l.promise_days,
       l.ship_by_original_at, l.ship_by_at, l.creator_id
FROM order_line l WHERE l.order_id = ANY(%(ids)s::bigint[]) ORDER BY l.order_id, l.line_no
"""
_PACKS: Final = """
SELECT i.order_id, p.id, p.carrier, p.waybill_no, p.shipped_at, p.is_resend, i.line_no, i.quantity
FROM order_pack_line i JOIN order_pack p ON p.id = i.pack_id
WHERE i.order_id = ANY(%(ids)s::bigint[]) AND p.state = 'LIVE' ORDER BY i.order_id, p.id, i.line_no
"""


def fetch(text: str, values: Values) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    with connection.cursor() as database:
        database.execute(text, values.found)
        rows: list[tuple[Any, ...]] = database.fetchall()
        return rows


def read(keys: str, values: Values, *, is_by_time_left: bool) -> list[tuple[Any, ...]]:
    """Return one page by the SQL of its keys: the key first, then the order's columns."""
    text = " ".join(
        (
            "SELECT k.at, k.id,", _HEAD, "FROM (", keys, ") AS k JOIN order_head h ON h.id = k.id ORDER BY",
            listing_sql.order("k", is_by_time_left=is_by_time_left),
        )
    )  # fmt: skip
    return fetch(text, values)


def by_id(order_id: int, shop_ids: Sequence[int] | None) -> tuple[Any, ...] | None:
    """Return one order's columns as `read` does; None when it is not of these shops, where they are given."""
    values = Values({"id": order_id, "shops": list(shop_ids or ())})
    own = "AND h.shop_id = ANY(%(shops)s::bigint[])" if shop_ids is not None else ""
    rows = fetch(" ".join(("SELECT h.paid_at, h.id,", _HEAD, "FROM order_head h WHERE h.id = %(id)s", own)), values)
    return rows[0] if rows else None


def filled(found: Sequence[tuple[Any, ...]], *, actor: Actor) -> tuple[Row, ...]:
    """Return the rows of a page that was read, with the lines, packs, creators and shops of their orders."""
    if not found:
        return ()
    heads = [dict(zip(_PLAIN, each[2:], strict=False)) for each in found]
    ids = Values({"ids": [head["id"] for head in heads]})
    lines, packs = _lines(ids), _packs(ids)
    named = accounts.organisation_names(
        each for head in heads for each in (head["creator_id"], head["shop_id"]) if each is not None
    )
    is_own = actor.kind is ActorKind.MERCHANT
    return tuple(
        _row(head, each[2 + len(_PLAIN) :], named, lines.get(head["id"], ()), packs.get(head["id"], ()), is_own=is_own)
        for head, each in zip(heads, found, strict=True)
    )


def _row(
    head: Mapping[str, Any],
    secret: Sequence[Any],
    named: Mapping[int, str],
    lines: tuple[LineRow, ...],
    packs: tuple[PackRow, ...],
    *,
    is_own: bool,
) -> Row:
    name, phone, address, division, remark, note = secret
    return Row(
        **head,
        shop=named.get(head["shop_id"], ""),
        creator=named.get(head["creator_id"], "") if head["creator_id"] is not None else "",
        buyer=reading.masked(head["id"], name=name, phone=phone, address=address, division=division),
        remark=reading.text(head["id"], "buyer_remark", remark) if is_own else "",
        note=reading.text(head["id"], "seller_note", note) if is_own else "",
        lines=lines,
        packs=packs,
    )


def _lines(ids: Values) -> dict[int, tuple[LineRow, ...]]:
    """Return the lines of orders, in their order."""
    names = tuple(LineRow.__dataclass_fields__)
    found: dict[int, tuple[LineRow, ...]] = {}
    for order_id, *rest in fetch(_LINES, ids):
        found[order_id] = (*found.get(order_id, ()), LineRow(**dict(zip(names, rest, strict=True))))
    return found


def _packs(ids: Values) -> dict[int, tuple[PackRow, ...]]:
    """Return the packs of orders that count, in the order they were made."""
    packs: dict[int, dict[int, tuple[Any, ...]]] = {}
    lines: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for order_id, pack_id, carrier, waybill_no, shipped_at, is_resend, line_no, quantity in fetch(_PACKS, ids):
        packs.setdefault(order_id, {})[pack_id] = (carrier, waybill_no, shipped_at, is_resend)
        lines.setdefault((order_id, pack_id), []).append((line_no, quantity))
    return {
        order_id: tuple(
            PackRow(
                id=pack_id,
                carrier=carrier,
                waybill_no=waybill_no,
                shipped_at=shipped_at,
                is_resend=is_resend,
                lines=tuple(lines[order_id, pack_id]),
            )
            for pack_id, (carrier, waybill_no, shipped_at, is_resend) in own.items()
        )
        for order_id, own in packs.items()
    }


_NUMBERS: Final = """
SELECT h.id, h.order_no FROM order_head h
WHERE h.id = ANY(%(ids)s::bigint[]) AND h.shop_id = ANY(%(shops)s::bigint[])
"""


def numbers(order_ids: Sequence[int], shop_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of those of these orders that are of the shops, in the order they were named."""
    known = dict(fetch(_NUMBERS, Values({"ids": list(order_ids), "shops": list(shop_ids)}))) if order_ids else {}
    return {each: known[each] for each in order_ids if each in known}
