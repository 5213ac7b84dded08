"""The kinds of files that can be imported: what the rows are, their columns, and how rows become items."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from yidao.carriers.native import wire
from yidao.intake import columns, order_columns
from yidao.intake.columns import Column


def _lines_together(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return equal heads as one, with all of their lines."""
    return rows[0] | {"lines": [line for row in rows for line in row["lines"]]}


class FileKind(NamedTuple):
    """
    What the rows of a file are. Neighbouring rows whose cells `key` are equal are one item, made by `join`; with an
    empty key, rows that are read alike but for their lines.
    """

    name: str
    columns: tuple[Column, ...]
    read: Callable[[Mapping[str, str]], dict[str, Any]]
    batch: int
    key: tuple[str, ...] = ()
    join: Callable[[Sequence[dict[str, Any]]], dict[str, Any]] = _lines_together


KINDS: Final[Mapping[str, FileKind]] = {
    "events": FileKind("events", columns.EVENTS, columns.event, wire.EVENTS_MAX),
    "parcels": FileKind("parcels", columns.PARCELS, columns.parcel, wire.PARCELS_MAX),
    "orders": FileKind(
        "orders",
        order_columns.ORDERS,
        order_columns.order,
        wire.ORDERS_MAX,
        ("shop_id", "order_no"),
        order_columns.joined,
    ),
}
