"""
The one place that works out what follows for orders: loads their facts, asks the rules, writes the derived columns.
Whoever changes a fact calls `refresh` inside his own transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import psycopg

from yidao.kit import arrays, micros
from yidao.kit.sql import named_statements
from yidao.orders import owed, settings
from yidao.policies import books, families
from yidao.policies.selection import PolicyBook, PolicyMissing
from yidao.rules import late_shipment, order_life, order_state, warning
from yidao.rules.instants import NEVER, Instant, instant
from yidao.rules.order_state import Facts, Line, Outcome, State

STATEMENTS: Final = named_statements(Path(__file__).with_name("standing.sql"))
ENDED: Final = frozenset({"DONE", "REFUSED", "WITHDRAWN"})
"""States in which an after-sale is over."""

P = TypeVar("P", bound=families.Published)


class Head(NamedTuple):
    """One order as it stands, locked; the second part is what follows from the first and from packs and after-sales."""

    id: int
    shop_id: int
    order_no: str
    bucket: int
    told_state: str
    first_state: str
    changed_at: Instant
    ordered_at: Instant | None
    paid_at: Instant | None
    received_at: Instant | None
    is_receipt_extended: bool
    closed_at: Instant | None
    closed_cause: str
    labels: int
    late_policy: str
    judge_round: int
    judged_count: int
    last_judged_at: Instant | None
    warned_count: int
    paid_fen: int
    state: str
    ship_by_at: Instant | None
    shipped_at: Instant | None
    carrier: str
    promise_kind: str
    open_refunds: int
    judge_pauses: list[int] | None
    judge_due_at: Instant | None
    warn_due_at: Instant | None
    receipt_due_at: Instant | None
    close_due_at: Instant | None


class _LineRow(NamedTuple):
    """One line as it stands."""

    order_id: int
    line_no: int
    quantity: int
    promise_kind: str
    promised_at: Instant | None
    ship_by_at: Instant | None
    shipped: int
    refunded: int
    product_id: str


@dataclass(slots=True)
class _Known:
    """What belongs to one order."""

    lines: list[_LineRow] = field(default_factory=list)
    packs: dict[int, order_state.Pack] = field(default_factory=dict)
    in_packs: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    refunded: dict[int, int] = field(default_factory=dict)
    is_all_refunded: bool = False
    pauses: list[tuple[int, int]] = field(default_factory=list)
    open_refunds: int = 0


class _Derived(NamedTuple):
    """What is written of one order."""

    outcome: Outcome
    open_refunds: int
    pauses: list[int]
    warned_count: int
    judge_due_at: Instant | None
    warn_due_at: Instant | None


class _Rules(NamedTuple):
    """The numbers that bind the orders at hand."""

    shelf: books.Shelf
    of_shop: Mapping[int, settings.Settings]


class New(NamedTuple):
    """An order that just enters: nothing happened to it yet but what is told."""

    shop_id: int
    told_state: str
    changed_at: Instant
    ordered_at: Instant
    paid_at: Instant
    late_policy: str
    lines: Sequence[Line]


def of_new(
    connection: psycopg.Connection[Any], orders: Sequence[New], shelf: books.Shelf, *, now: datetime
) -> dict[str, Any]:
    """Return what `refresh` would write of orders that just enter, as columns under the names of their statement."""
    rules = _Rules(shelf=shelf, of_shop=settings.of(connection, [each.shop_id for each in orders], now=now))
    at = instant(now)
    return _columns([_derived(_head_of(each), _NOTHING, _facts_of(each), rules, now=at) for each in orders])


def _head_of(order: New) -> Head:
    return _BLANK._replace(shop_id=order.shop_id, paid_at=order.paid_at or None, late_policy=order.late_policy)


def _facts_of(order: New) -> Facts:
    return Facts(
        told_state=order.told_state,
        first_state=order.told_state,
        changed_at=order.changed_at,
        lines=order.lines,
        ordered_at=order.ordered_at,
        paid_at=order.paid_at,
    )


def refresh(
    connection: psycopg.Connection[Any],
    order_ids: Sequence[int],
    *,
    now: datetime,
) -> dict[int, State]:
    """
    Recompute everything derived of the orders, in the caller's transaction, and return their states; twice is once,
    unknown ids are left alone. What a late judge owes them is written down before anything changes.

    Locks the orders in the order of their ids; only rows that come out different are written, and their version rises.
    """
    if not order_ids:
        return {}
    at = instant(now)
    keys = {"id": arrays.integers(sorted(set(order_ids)))}
    heads = _locked(connection, keys)
    if not heads:
        return {}
    late = [head.id for head in heads if head.judge_due_at and head.judge_due_at < at]
    if late and owed.keep(connection, late, now=now):
        heads = _locked(connection, keys)
    known = _known(connection, keys, heads)
    rules = _Rules(
        shelf=books.shelf(connection), of_shop=settings.of(connection, [head.shop_id for head in heads], now=now)
    )
    states: dict[int, State] = {}
    changed: list[tuple[Head, _Derived]] = []
    lines: list[tuple[int, int, int, int]] = []
    for head in heads:
        own = known[head.id]
        facts, moved = _facts(head, own)
        derived = _derived(head, own, facts, rules, now=at)
        lines += moved
        states[head.id] = derived.outcome.state
        if _differs(head, derived):
            changed.append((head, derived))
    _put_lines(connection, lines)
    _put_heads(connection, changed)
    return states


def _locked(connection: psycopg.Connection[Any], keys: Mapping[str, str]) -> list[Head]:
    return [Head(*row) for row in micros.rows(connection, STATEMENTS["lock_heads"], keys)]


def _known(connection: psycopg.Connection[Any], keys: Mapping[str, str], heads: Iterable[Head]) -> dict[int, _Known]:
    known = {head.id: _Known() for head in heads}
    for row in micros.rows(connection, STATEMENTS["lines_of"], keys):
        known[row[0]].lines.append(_LineRow(*row))
    for order_id, line_no, quantity, pack_id, *pack in micros.rows(connection, STATEMENTS["packs_of"], keys):
        shipped_at, carrier, state, is_resend, is_merged = pack
        own = known[order_id]
        own.packs[pack_id] = order_state.Pack(
            shipped_at=shipped_at,
            carrier=carrier,
            is_live=state == "LIVE",
            is_unmade=state == "UNMADE",
            is_resend=is_resend,
            is_merged=is_merged,
        )
        if state == "LIVE":
            own.in_packs.setdefault(line_no, []).append((quantity, is_resend))
    seen: set[int] = set()
    for order_id, id_, kind, state, opened_at, ended_at, line_no, quantity in micros.rows(
        connection, STATEMENTS["after_sales_of"], keys
    ):
        own = known[order_id]
        if id_ not in seen:
            seen.add(id_)
            own.open_refunds += state not in ENDED
            own.pauses.append((opened_at, (ended_at or NEVER) if state in ENDED else NEVER))
        if state == "DONE" and kind == "REFUND":
            if line_no is None:
                own.is_all_refunded = True
            else:
                own.refunded[line_no] = own.refunded.get(line_no, 0) + quantity
    return known


def _facts(head: Head, own: _Known) -> tuple[Facts, list[tuple[int, int, int, int]]]:
    """Return the facts of an order, and those of its lines whose quantities come out different."""
    lines: list[Line] = []
    moved: list[tuple[int, int, int, int]] = []
    for row in own.lines:
        shipped = order_state.shipped_of(own.in_packs.get(row.line_no, ()), quantity=row.quantity)
        refunded = row.quantity if own.is_all_refunded else min(row.quantity, own.refunded.get(row.line_no, 0))
        if (shipped, refunded) != (row.shipped, row.refunded):
            moved.append((head.id, row.line_no, shipped, refunded))
        lines.append(
            Line(
                quantity=row.quantity,
                shipped=shipped,
                refunded=refunded,
                promise_kind=row.promise_kind,
                promised_at=row.promised_at or NEVER,
                ship_by_at=row.ship_by_at or NEVER,
            )
        )
    facts = Facts(
        told_state=head.told_state or head.state,
        first_state=head.first_state or head.told_state or head.state,
        changed_at=head.changed_at,
        lines=lines,
        packs=tuple(own.packs.values()),
        ordered_at=head.ordered_at or NEVER,
        paid_at=head.paid_at or NEVER,
        received_at=head.received_at or NEVER,
        is_receipt_extended=head.is_receipt_extended,
        left_at=head.shipped_at or NEVER,
        closed_at=head.closed_at or NEVER,
        closed_cause=head.closed_cause,
        open_refunds=own.open_refunds,
        labels=head.labels,
    )
    return facts, moved


def _derived(head: Head, own: _Known, facts: Facts, rules: _Rules, *, now: Instant) -> _Derived:
    placed_at = facts.ordered_at or facts.paid_at or facts.changed_at
    life = chosen(rules.shelf.of(families.ORDER_LIFE), placed_at, head.shop_id) or order_life.ORDER_LIFE_DEFAULT
    outcome = order_state.derive(facts, life, now)
    warned = _warned(head, outcome, rules.of_shop[head.shop_id], now=now)
    return _Derived(
        outcome=outcome,
        open_refunds=own.open_refunds,
        pauses=[at for pause in own.pauses for at in pause],
        warned_count=warned.warned_count,
        judge_due_at=_judge_due_at(head, own, outcome, rules.shelf),
        warn_due_at=warned.due_at,
    )


def _judge_due_at(head: Head, own: _Known, outcome: Outcome, shelf: books.Shelf) -> Instant | None:
    if not head.late_policy or not outcome.ship_by_at:
        return None
    facts = late_shipment.OrderFacts(
        ship_by_at=outcome.ship_by_at,
        pauses=tuple((Instant(since), Instant(until)) for since, until in own.pauses),
        judged_count=head.judged_count,
        last_at=head.last_judged_at or NEVER,
    )
    return late_shipment.next_due_at(facts, shelf.of(families.LATE_SHIPMENT).by_name(head.late_policy))


def _warned(head: Head, outcome: Outcome, chosen_by_shop: settings.Settings, *, now: Instant) -> warning.Standing:
    facts = warning.Facts(
        promised_at=head.paid_at or NEVER,
        ship_by_at=outcome.ship_by_at,
        old_ship_by_at=head.ship_by_at or NEVER,
        warned_count=head.warned_count,
        since=chosen_by_shop.warn_since,
    )
    return warning.standing(facts, chosen_by_shop.warn_steps, chosen_by_shop.policy, now)


def chosen(book: PolicyBook[P], anchor: Instant, shop_id: int) -> P | None:
    """Return the policy of an order by its anchor, None for one that is older than every policy."""
    try:
        return book.choose(anchor, shop_id, "")
    except PolicyMissing:
        return None


def _differs(head: Head, derived: _Derived) -> bool:
    outcome = derived.outcome
    return (
        head.state,
        head.ship_by_at or NEVER,
        head.shipped_at or NEVER,
        head.carrier,
        head.promise_kind,
        head.labels,
        head.open_refunds,
        head.judge_pauses or [],
        head.warned_count,
        head.closed_at or NEVER,
        head.closed_cause,
        head.judge_due_at,
        head.warn_due_at,
        head.receipt_due_at or NEVER,
        head.close_due_at or NEVER,
    ) != (
        outcome.state,
        outcome.ship_by_at,
        outcome.shipped_at,
        outcome.carrier,
        outcome.promise_kind,
        outcome.labels,
        derived.open_refunds,
        derived.pauses,
        derived.warned_count,
        outcome.closed_at,
        outcome.closed_cause,
        derived.judge_due_at,
        derived.warn_due_at,
        outcome.receipt_due_at,
        outcome.close_due_at,
    )


def _put_lines(connection: psycopg.Connection[Any], moved: Sequence[tuple[int, int, int, int]]) -> None:
    if moved:
        columns = [arrays.integers(column) for column in zip(*moved, strict=True)]
        names = ("order_id", "line_no", "shipped", "refunded")
        micros.run(connection, STATEMENTS["put_lines"], dict(zip(names, columns, strict=True)))


def _put_heads(connection: psycopg.Connection[Any], changed: Sequence[tuple[Head, _Derived]]) -> None:
    if not changed:
        return
    columns = _columns([derived for _, derived in changed])
    columns["id"] = arrays.integers([head.id for head, _ in changed])
    micros.run(connection, STATEMENTS["put_heads"], columns)


def _columns(derived: Sequence[_Derived]) -> dict[str, Any]:
    outcomes = [each.outcome for each in derived]
    return {
        "state": arrays.texts([each.state.value for each in outcomes]),
        "ship_by_us": instants([each.ship_by_at for each in outcomes]),
        "shipped_us": instants([each.shipped_at for each in outcomes]),
        "carrier": arrays.texts([each.carrier for each in outcomes]),
        "promise_kind": arrays.texts([each.promise_kind for each in outcomes]),
        "labels": arrays.integers([each.labels for each in outcomes]),
        "open_refunds": arrays.integers([each.open_refunds for each in derived]),
        "judge_pauses": arrays.texts([" ".join(map(str, each.pauses)) for each in derived]),
        "warned_count": arrays.integers([each.warned_count for each in derived]),
        "closed_us": instants([each.closed_at for each in outcomes]),
        "closed_cause": arrays.texts([each.closed_cause for each in outcomes]),
        "judge_due_us": instants([each.judge_due_at for each in derived]),
        "warn_due_us": instants([each.warn_due_at for each in derived]),
        "receipt_due_us": instants([each.receipt_due_at for each in outcomes]),
        "close_due_us": instants([each.close_due_at for each in outcomes]),
    }


def instants(values: Iterable[Instant | int | None]) -> str:
    """Return the literal of an array of instants in which NEVER and None stand for NULL."""
    return arrays.integers_or_null([value or None for value in values])


_NOTHING: Final = _Known()
_BLANK: Final = Head(
    id=0,
    shop_id=0,
    order_no="",
    bucket=0,
    told_state="",
    first_state="",
    changed_at=NEVER,
    ordered_at=None,
    paid_at=None,
    received_at=None,
    is_receipt_extended=False,
    closed_at=None,
    closed_cause="",
    labels=0,
    late_policy="",
    judge_round=1,
    judged_count=0,
    last_judged_at=None,
    warned_count=0,
    paid_fen=0,
    state="",
    ship_by_at=None,
    shipped_at=None,
    carrier="",
    promise_kind="",
    open_refunds=0,
    judge_pauses=None,
    judge_due_at=None,
    warn_due_at=None,
    receipt_due_at=None,
    close_due_at=None,
)
"""An order of which nothing is known yet."""
