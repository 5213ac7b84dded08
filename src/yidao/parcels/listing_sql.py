"""
The SQL of the parcel and anomaly lists.

A list is narrowed by columns that its index begins with, and sorted by the ones behind them. So for each combination of
the wanted values (a creator's parcels with this status and this carrier, say) the index is walked once from its newest
entry, as far as the page is long; the walks are merged and cut to the page. What a filter leaves out is never read,
and neither is more of a big tenant than a page. Numbers, rooms and products are looked up by their own indexes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

PARCEL_KEY: Final = ("shipped_at", "waybill_no", "carrier", "life")
ANOMALY_KEY: Final = (*PARCEL_KEY, "type", "should_open_at")
DUE_KEY: Final = ("due_at", "waybill_no", "carrier", "life")
_KEYS_OF_LINES = "SELECT DISTINCT l.waybill_no, l.carrier, l.life FROM parcel_line l WHERE"
IN_SCOPE = "NOT l.is_self_sold AND NOT l.is_cross_border AND NOT l.is_customer_return"


@dataclass(slots=True)
class Values:
    """The parameters of a statement in the making; `add` returns the placeholder of a value."""

    found: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        """Keep a value and return what stands for it in the text."""
        name = f"v{len(self.found)}"
        self.found[name] = value
        return f"%({name})s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One column that a walk fixes, and its wanted values; `kind` is the column's type."""

    column: str
    values: Sequence[Any]
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """
    What narrows a list besides its axes; empty means everything. `is_rare` says that rooms or products are few enough
    to begin with.
    """

    statuses: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    shop_ids: tuple[int, ...] | None = None
    order_nos: tuple[str, ...] = ()
    waybill_nos: tuple[str, ...] = ()
    tails: tuple[bytes, ...] = ()
    types: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    room_ids: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    is_rare: bool = False
    shipped_from: datetime | None = None
    shipped_until: datetime | None = None

    @property
    def has_numbers(self) -> bool:
        """Return whether rows are looked up by numbers rather than walked."""
        return bool(self.order_nos or self.waybill_nos or self.tails or self.is_rare)

    @property
    def has_lines(self) -> bool:
        """Return whether rows are narrowed by what their order lines say."""
        return bool(self.room_ids or self.product_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which part of a list: behind a key (of the list's sort, with the tenant last), so many rows, or all of them."""

    limit: int
    offset: int = 0
    after: tuple[Any, ...] = ()
    is_sorted: bool = True

    @property
    def reach(self) -> int:
        """Return how far each walk must go: the page, what stands before it, and the row of the key itself."""
        return self.limit + self.offset + (1 if self.after else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walks:
    """
    The walks of one table: its axes (the tenant's first), the column of the tenant, and the sort; `joins` names a
    further table that the walk must look into, `where` what else its rows must be.
    """

    table: str
    tenant: str
    axes: tuple[Axis, ...]
    key: tuple[str, ...] = PARCEL_KEY
    is_rising: bool = False
    joins: str = ""
    where: tuple[str, ...] = ()
    is_extra: bool = False


def walks_sql(walks: Walks, narrow: Narrow, cut: Cut, values: Values) -> str:
    """Return the keys one table contributes to a page: key columns, tenant, and whether it is a further creator's."""
    axes = [
        f"unnest({values.add(list(axis.values))}::{axis.kind}[]) AS x{number}(v)"
        for number, axis in enumerate(walks.axes)
    ]
    where = [f"t.{axis.column} = x{number}.v" for number, axis in enumerate(walks.axes)]
    where += [*walks.where, *_times(narrow, values)]
    order_by = order([f"t.{each}" for each in walks.key], is_rising=walks.is_rising)
    if cut.after:
        where.append(_behind([f"t.{each}" for each in walks.key], cut.after[:-1], values, walks, or_at=True))
    return " ".join(
        (
            "SELECT k.*, x0.v::text AS tenant,", "true" if walks.is_extra else "false", "AS is_extra FROM",
            " CROSS JOIN ".join(axes), "CROSS JOIN LATERAL (SELECT",
            ", ".join(f"t.{each}" for each in walks.key), "FROM", walks.table, "AS t", walks.joins, "WHERE",
            " AND ".join(where), f"ORDER BY {order_by}" if cut.is_sorted else "",
            "LIMIT", values.add(cut.reach), ") AS k",
        )
    )  # fmt: skip


def found_sql(walks: Walks, narrow: Narrow, values: Values, *, order_column: str) -> str:
    """Return the keys of a table's rows that are looked up by numbers; few enough to be sorted afterwards."""
    tenants = walks.axes[0]
    where = [f"t.{tenants.column} = ANY({values.add(list(tenants.values))}::{tenants.kind}[])", *walks.where]
    where += _times(narrow, values)
    for axis in walks.axes[1:]:
        where.append(f"t.{axis.column} = ANY({values.add(list(axis.values))}::{axis.kind}[])")
    source = f"{walks.table} AS t"
    if narrow.order_nos:
        numbers = values.add(list(narrow.order_nos))
        lines = " ".join((_KEYS_OF_LINES, f"l.order_no = ANY({numbers})"))
        source = f"({lines}) AS l JOIN {source} USING (waybill_no, carrier, life)"
        where.append(f"string_to_array({order_column}, ';') && {numbers}::text[]")
    elif narrow.is_rare:
        lines = " ".join((_KEYS_OF_LINES, " AND ".join(_lines(narrow, tenants, values))))
        source = f"({lines}) AS l JOIN {source} USING (waybill_no, carrier, life)"
    if narrow.waybill_nos:
        where.append(f"t.waybill_no = ANY({values.add(list(narrow.waybill_nos))})")
    if narrow.tails:
        where.append(f"{'p' if walks.joins else 't'}.receiver_tail = ANY({values.add(list(narrow.tails))}::bytea[])")
    return " ".join(
        (
            "SELECT", ", ".join(f"t.{each}" for each in walks.key), f", t.{tenants.column}::text AS tenant,",
            "true" if walks.is_extra else "false", "AS is_extra FROM", source, walks.joins, "WHERE",
            " AND ".join(where),
        )
    )  # fmt: skip


def page_sql(parts: Sequence[str], walks: Walks, cut: Cut, values: Values) -> str:
    """Return the keys of one page: the parts merged, behind the cursor's key, in order, and cut."""
    names = [f"merged.{each}" for each in (*walks.key, "tenant")]
    where = _behind(names, cut.after, values, walks, or_at=False) if cut.after else "true"
    merged = " UNION ALL ".join(f"({each})" for each in parts)
    return " ".join(
        (
            "SELECT * FROM (", merged, ") AS merged WHERE", where,
            f"ORDER BY {order(names, is_rising=walks.is_rising)}" if cut.is_sorted else "",
            "LIMIT", values.add(cut.limit), f"OFFSET {values.add(cut.offset)}" if cut.offset else "",
        )
    )  # fmt: skip


def one_of(column: str, wanted: Sequence[Any], values: Values) -> str:
    """
    Return the condition that a column is one of the wanted values, as the walked index can check it.

    One value is compared inside the index. Several would make the planner look for each apart and sort, so they are
    hidden from it and checked entry by entry; that still reads no table where the index knows the column.
    """
    if len(wanted) == 1:
        return f"{column} = {values.add(wanted[0])}"
    if isinstance(wanted[0], str):
        return f"({column} || '') = ANY({values.add(list(wanted))}::text[])"
    return f"({column} + 0) = ANY({values.add(list(wanted))}::bigint[])"


def with_lines(narrow: Narrow, tenants: Axis, values: Values) -> str:
    """Return the condition that a row has an order line of the wanted rooms and products."""
    own = "l.waybill_no = t.waybill_no AND l.carrier = t.carrier AND l.life = t.life"
    where = " AND ".join((own, *_lines(narrow, tenants, values)))
    return " ".join(("EXISTS (SELECT 1 FROM parcel_line l WHERE", where, ")"))


_EXTRA_ANOMALIES = """
SELECT e.waybill_no, e.carrier, e.life, a.type, a.should_open_at, a.state, a.reason, e.shipped_at, e.creator_id,
       e.shop_id, e.status, e.order_nos
FROM parcel_extra_creator e JOIN anomaly a USING (waybill_no, carrier, life)
"""


def anomalies_of_extra_creators(narrow: Narrow) -> str:
    """Return the table of anomalies as further creators see them: they stand beside the anomaly, not in it."""
    troubled = "WHERE e.open_types <> 0" if narrow.states == ("OPEN",) else ""
    return " ".join(("(", _EXTRA_ANOMALIES, troubled, ")"))


def not_voided(tenants: Axis, values: Values) -> str:
    """
    Return the condition that an anomaly's parcel is not hidden from creators.

    Numbers that were given back are few: they are gathered once, and no parcel is read for any other.
    """
    own = f"v.{tenants.column} = ANY({values.add(list(tenants.values))}::{tenants.kind}[]) AND v.status = 'VOIDED'"
    voided = " ".join(("SELECT v.waybill_no, v.carrier, v.life FROM parcel v WHERE", own))
    return f"(t.waybill_no, t.carrier, t.life) NOT IN ({voided})"


def lines_sql(narrow: Narrow, tenants: Axis, values: Values, *, limit: int) -> str:
    """Return how many order lines the wanted rooms and products have, counted no further than a limit."""
    where = " AND ".join(_lines(narrow, tenants, values))
    found = " ".join(("SELECT 1 FROM parcel_line l WHERE", where, "LIMIT", values.add(limit)))
    return " ".join(("SELECT count(*) FROM (", found, ") AS found"))


def _lines(narrow: Narrow, tenants: Axis, values: Values) -> list[str]:
    where = [IN_SCOPE]
    if tenants.column == "creator_id":
        where.append(f"l.creator_id = ANY({values.add(list(tenants.values))}::bigint[])")
    if narrow.room_ids:
        where += [f"l.room_id = ANY({values.add(list(narrow.room_ids))})", "l.room_id <> ''"]
    if narrow.product_ids:
        where += [f"l.product_id = ANY({values.add(list(narrow.product_ids))})", "l.product_id <> ''"]
    return where


def _times(narrow: Narrow, values: Values) -> list[str]:
    found = ["t.shipped_at IS NOT NULL"]
    if narrow.shipped_from is not None:
        found.append(f"t.shipped_at >= {values.add(narrow.shipped_from)}")
    if narrow.shipped_until is not None:
        found.append(f"t.shipped_at < {values.add(narrow.shipped_until)}")
    return found


def order(names: Sequence[str], *, is_rising: bool) -> str:
    """Return the columns of an ORDER BY."""
    way = "ASC" if is_rising else "DESC"
    return ", ".join(f'{each} COLLATE "C" {way}' if each.endswith("tenant") else f"{each} {way}" for each in names)


def _behind(names: Sequence[str], key: tuple[Any, ...], values: Values, walks: Walks, *, or_at: bool) -> str:
    """Return the condition that a row stands behind a key, or at it."""
    sign = (">" if walks.is_rising else "<") + ("=" if or_at else "")
    shown = [f'{each} COLLATE "C"' if each.endswith("tenant") else each for each in names]
    return f"({', '.join(shown)}) {sign} ({', '.join(values.add(each) for each in key)})"
