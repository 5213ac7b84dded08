"""
What follows for an order from what is known of it: its state, its latest ship time D, its labels, when time alone
closes it. The told state is one fact among packs, after-sales, receipt and closing, and undoes none of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Final

from yidao.rules import closing, order_life, receipt
from yidao.rules.instants import NEVER, Instant


class State(StrEnum):
    """How an order stands."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    PAID = "PAID"
    TO_SHIP = "TO_SHIP"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"


WAITING: Final = frozenset({State.PAID, State.TO_SHIP, State.PARTIALLY_SHIPPED})
SAYS_SHIPPED: Final = frozenset({State.PARTIALLY_SHIPPED, State.SHIPPED, State.COMPLETED})
UNDOES_PAYMENT: Final = frozenset({State.PENDING_PAYMENT, State.CANCELLED})
SHIPPED_ELSEWHERE: Final = frozenset({State.SHIPPED, State.COMPLETED})
"""Told so by the platform when an order entered, it left before we knew it: history, which nobody judges."""


class Label(IntFlag):
    """What a list shows beside an order; combined as bits."""

    DEADLINE_CHANGED = 1
    REPORTED = 2
    UNMADE = 4
    RESENT = 8
    MERGED = 16
    SPLIT = 32


KEPT: Final = Label.REPORTED
"""Labels that others write; the rest follows from the facts."""

CLOSED_AS_TOLD: Final = "TOLD"
CLOSED_AS_REFUNDED: Final = "REFUNDED"
_DERIVED_CLOSINGS: Final = frozenset({"", CLOSED_AS_TOLD, CLOSED_AS_REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: how much of it was ordered, left in packs that stand, and was refunded instead of being sent."""

    quantity: int
    shipped: int = 0
    refunded: int = 0
    promise_kind: str = ""
    promised_at: Instant = NEVER
    ship_by_at: Instant = NEVER

    @property
    def waiting(self) -> int:
        """Return how much must still leave."""
        return max(0, self.quantity - self.shipped - self.refunded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One pack; dead ones were replaced or proved wrong."""

    shipped_at: Instant
    carrier: str
    is_live: bool = True
    is_unmade: bool = False
    is_resend: bool = False
    is_merged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    All that is known of one order. `first_state` is what was told when it entered, `told_state` the newest word of
    `changed_at`; `left_at` is when what had left before we knew it was said to have; `closed_at` with its cause stands
    when we closed it ourselves.
    """

    told_state: str
    first_state: str
    changed_at: Instant
    lines: Sequence[Line]
    packs: Sequence[Pack] = ()
    ordered_at: Instant = NEVER
    paid_at: Instant = NEVER
    received_at: Instant = NEVER
    is_receipt_extended: bool = False
    left_at: Instant = NEVER
    closed_at: Instant = NEVER
    closed_cause: str = ""
    open_refunds: int = 0
    labels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What follows; NEVER stands for "nothing"."""

    state: State
    is_waiting: bool
    ship_by_at: Instant
    shipped_at: Instant
    carrier: str
    promise_kind: str
    labels: int
    closed_at: Instant
    closed_cause: str
    receipt_due_at: Instant
    close_due_at: Instant


def heard_of_shop(told: State, *, stands: State | None, is_paid: bool) -> State:
    """
    Return what is taken down of a shop's own word: `stands` is the newest state told before, None of a new order, and
    `is_paid` whether the order was known to be paid.

    Reading: a shop must not stop its own judge. What it says left before it told us of it waits like any other until a
    parcel is told; what is paid, only the platform cancels or calls unpaid.
    """
    if stands is None:
        return State.TO_SHIP if told in SAYS_SHIPPED else told
    return stands if is_paid and told in UNDOES_PAYMENT else told


def derive(facts: Facts, policy: order_life.Policy, now: Instant) -> Outcome:
    """
    Return what follows from the facts. `now` only dates what is first seen now: an order closed by its refunds.

    D is the earliest time of the lines that still wait; an order that waits for nothing has none. Buyers' receipt runs
    from the last pack once nothing waits, and stands still while a refund is open; so does the time after which an
    unshipped order is closed, which runs from the order.

    Reading: a source's later word that an order was shipped ships nothing here, for only packs do; its word that it is
    completed counts as soon as nothing waits. A source that cancels what has left in part cancels nothing.
    """
    live = [each for each in facts.packs if each.is_live]
    is_elsewhere = facts.first_state in SHIPPED_ELSEWHERE and not facts.packs
    state = _state(facts, has_left=bool(live), is_elsewhere=is_elsewhere)
    waiting = [each for each in facts.lines if each.waiting] if state in WAITING else []
    first = min((each for each in waiting if each.ship_by_at), key=lambda line: line.ship_by_at, default=None)
    shown = first or (facts.lines[0] if facts.lines else None)
    last = max(live, key=lambda pack: pack.shipped_at, default=None)
    closed_at, closed_cause = _closing(facts, state, now)
    is_quiet = not facts.open_refunds
    return Outcome(
        state=state,
        is_waiting=bool(waiting),
        ship_by_at=first.ship_by_at if first else NEVER,
        shipped_at=last.shipped_at if last else _left_elsewhere_at(facts, state) if is_elsewhere else NEVER,
        carrier=last.carrier if last else "",
        promise_kind=shown.promise_kind if shown else "",
        labels=int(_labels(facts, live, is_waiting=bool(waiting))),
        closed_at=closed_at,
        closed_cause=closed_cause,
        receipt_due_at=_receipt_due_at(facts, last, policy) if state is State.SHIPPED and is_quiet else NEVER,
        close_due_at=closing.due_at(facts.ordered_at, policy) if waiting and is_quiet and facts.ordered_at else NEVER,
    )


def _state(facts: Facts, *, has_left: bool, is_elsewhere: bool) -> State:
    told = State(facts.told_state)
    if _is_closed_here(facts) or (told is State.CANCELLED and not has_left):
        return State.CANCELLED
    if is_elsewhere:
        return State.COMPLETED if facts.received_at or told is State.COMPLETED else State.SHIPPED
    if facts.lines and not any(each.waiting for each in facts.lines):
        if not has_left:
            return State.CANCELLED
        return State.COMPLETED if facts.received_at or told is State.COMPLETED else State.SHIPPED
    if has_left or facts.first_state == State.PARTIALLY_SHIPPED:
        return State.PARTIALLY_SHIPPED
    return told if told in (State.PENDING_PAYMENT, State.PAID) else State.TO_SHIP


def _is_closed_here(facts: Facts) -> bool:
    return bool(facts.closed_at) and facts.closed_cause not in _DERIVED_CLOSINGS


def _left_elsewhere_at(facts: Facts, state: State) -> Instant:
    return (facts.left_at or facts.changed_at) if state in SHIPPED_ELSEWHERE else NEVER


def _closing(facts: Facts, state: State, now: Instant) -> tuple[Instant, str]:
    """Return since when an order is closed and why; what follows from a word or from refunds ends with them."""
    if state is not State.CANCELLED:
        return NEVER, ""
    if _is_closed_here(facts):
        return facts.closed_at, facts.closed_cause
    if facts.told_state == State.CANCELLED:
        return facts.changed_at, CLOSED_AS_TOLD
    known_at = facts.closed_at if facts.closed_cause == CLOSED_AS_REFUNDED else NEVER
    return known_at or now, CLOSED_AS_REFUNDED


def _labels(facts: Facts, live: Sequence[Pack], *, is_waiting: bool) -> Label:
    found = Label(facts.labels) & KEPT
    if any(each.ship_by_at != each.promised_at for each in facts.lines):
        found |= Label.DEADLINE_CHANGED
    if is_waiting and any(each.is_unmade for each in facts.packs):
        found |= Label.UNMADE
    if any(each.is_resend for each in live):
        found |= Label.RESENT
    if any(each.is_merged for each in live):
        found |= Label.MERGED
    if sum(not each.is_resend for each in live) > 1:
        found |= Label.SPLIT
    return found


def _receipt_due_at(facts: Facts, last: Pack | None, policy: order_life.Policy) -> Instant:
    """Return when the buyer's receipt is taken for granted; what left before we knew it waits for the source's word."""
    return receipt.due_at(last.shipped_at, facts.is_receipt_extended, policy) if last else NEVER


def shipped_of(quantities: Iterable[tuple[int, bool]], *, quantity: int) -> int:
    """
    Return how much of a line left, from what lies in the packs that stand, each with whether it was a resend (补发).

    A resend replaces what was lost on the way, so it adds nothing to what left before.
    """
    first = again = 0
    for amount, is_resend in quantities:
        if is_resend:
            again += amount
        else:
            first += amount
    return min(quantity, max(first, again))
