"""
The SQL of the order lists.

A list is walked along an index that begins with what narrows it: a shop and a state, a shop and a carrier, a shop and a
creator, or the few orders that are marked; by time left, along the deadlines of a shop. Every walk goes no further than
its page is long, the walks are merged and cut, and what a filter leaves out is checked inside the index. Numbers,
phones and rare products are looked up by their own indexes and sorted afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

NEVER: Final = "timestamptz 'epoch'"
"""Where what was never paid stands among what was: at the very end."""
MARKED: Final = "(t.labels <> 0 OR t.flag <> 0 OR t.open_refunds > 0)"
NEWEST: Final = "t.paid_at DESC NULLS LAST, t.id DESC"
SOONEST: Final = "t.ship_by_at, t.id"


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
class Cut:
    """Which part of a list: behind a key (instant and id), so many rows; unsorted where they are only counted."""

    limit: int
    offset: int = 0
    after: tuple[datetime, int] | None = None
    is_sorted: bool = True

    @property
    def reach(self) -> int:
        """Return how far each walk must go: the page, what stands before it, and the row of the key itself."""
        return self.limit + self.offset + (1 if self.after else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One walk along an index: the columns it fixes and what else its rows must be."""

    axes: tuple[Axis, ...]
    where: tuple[str, ...]
    is_by_time_left: bool = False


def walk_sql(walk: Walk, cut: Cut, values: Values) -> str:
    """Return the keys (instant and id) that a walk contributes to a page."""
    sources = [
        f"unnest({values.add(list(axis.values))}::{axis.kind}[]) AS x{number}(v)"
        for number, axis in enumerate(walk.axes)
    ]
    where = [f"t.{axis.column} = x{number}.v" for number, axis in enumerate(walk.axes)]
    column = "t.ship_by_at" if walk.is_by_time_left else "t.paid_at"
    where += [f"{column} IS NOT NULL", *walk.where]
    if cut.after is not None:
        sign = ">=" if walk.is_by_time_left else "<="
        where.append(f"({column}, t.id) {sign} ({values.add(cut.after[0])}, {values.add(cut.after[1])})")
    order = SOONEST if walk.is_by_time_left else NEWEST
    return _lateral(sources, column, where, order if cut.is_sorted else "", values.add(cut.reach))


def unpaid_sql(walk: Walk, cut: Cut, values: Values) -> str:
    """Return the keys of what was never paid along a walk; it stands behind everything that was."""
    sources = [
        f"unnest({values.add(list(axis.values))}::{axis.kind}[]) AS x{number}(v)"
        for number, axis in enumerate(walk.axes)
    ]
    where = [f"t.{axis.column} = x{number}.v" for number, axis in enumerate(walk.axes)]
    where += ["t.paid_at IS NULL", *walk.where]
    if cut.after is not None and cut.after[0].timestamp() == 0:
        where.append(f"t.id <= {values.add(cut.after[1])}")
    return _lateral(sources, NEVER, where, NEWEST if cut.is_sorted else "", values.add(cut.reach))


def _lateral(sources: Sequence[str], at: str, where: Sequence[str], order: str, limit: str) -> str:
    return " ".join(
        (
            "SELECT k.at, k.id FROM", " CROSS JOIN ".join(sources),
            "CROSS JOIN LATERAL (SELECT", at, "AS at, t.id FROM order_head t WHERE", " AND ".join(where),
            f"ORDER BY {order}" if order else "", "LIMIT", limit, ") AS k",
        )
    )  # fmt: skip


def found_sql(source: str, where: Sequence[str], *, is_by_time_left: bool) -> str:
    """Return the keys of orders that are looked up; few enough to be sorted afterwards."""
    at = "t.ship_by_at" if is_by_time_left else f"coalesce(t.paid_at, {NEVER})"
    return " ".join(("SELECT", at, "AS at, t.id FROM", source, "WHERE", " AND ".join(where)))


def page_sql(parts: Sequence[str], cut: Cut, values: Values, *, is_by_time_left: bool) -> str:
    """Return the keys of one page: the parts merged, behind the cursor's key, in order, and cut."""
    merged = " UNION ALL ".join(f"({each})" for each in parts)
    behind = "true"
    if cut.after is not None:
        sign = ">" if is_by_time_left else "<"
        behind = f"(merged.at, merged.id) {sign} ({values.add(cut.after[0])}, {values.add(cut.after[1])})"
    return " ".join(
        (
            "SELECT * FROM (", merged, ") AS merged WHERE", behind,
            f"ORDER BY {order('merged', is_by_time_left=is_by_time_left)}" if cut.is_sorted else "",
            "LIMIT", values.add(cut.limit), f"OFFSET {values.add(cut.offset)}" if cut.offset else "",
        )
    )  # fmt: skip


def order(name: str, *, is_by_time_left: bool) -> str:
    """Return the columns by which keys are sorted."""
    return f"{name}.at, {name}.id" if is_by_time_left else f"{name}.at DESC, {name}.id DESC"


def one_of(column: str, wanted: Sequence[Any], values: Values) -> str:
    """
    Return the condition that a column is one of the wanted values, as the walked index can check it.

    One value is compared inside the index. Several would make the planner look for each apart and sort, so they are
    hidden from it and checked entry by entry.
    """
    if len(wanted) == 1:
        return f"{column} = {values.add(wanted[0])}"
    if isinstance(wanted[0], str):
        return f"({column} || '') = ANY({values.add(list(wanted))}::text[])"
    return f"({column} + 0) = ANY({values.add(list(wanted))}::bigint[])"
