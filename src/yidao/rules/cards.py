"""
修改预计发货时间: what a shop may ask a buyer for by a card, and when a card that nobody answers lapses.
"""

from dataclasses import dataclass
from enum import StrEnum

from yidao.rules.instants import DAY, Instant, hours
from yidao.rules.order_life import Policy


class Fault(StrEnum):
    """Why a card cannot be sent, or its answer cannot be taken."""

    NOTHING_WAITS = "NOTHING_WAITS"
    REFUNDING = "REFUNDING"
    ALREADY_ASKED = "ALREADY_ASKED"
    PAST = "PAST"
    NOT_LATER = "NOT_LATER"
    TOO_FAR = "TOO_FAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """
    What a card hangs on: D as it stands (0: nothing waits to be shipped), the earliest time that was promised at
    payment for what still waits, whether a card waits already, whether money is being asked back.
    """

    ship_by_at: Instant
    promised_at: Instant
    is_asked: bool
    is_refunding: bool


def fault(order: OrderFacts, new_at: Instant, policy: Policy, now: Instant) -> Fault | None:
    """
    Return why a buyer cannot be asked for `new_at`, None when he can.

    Reading: the days beyond the promise are counted from payment's promise and not from D, so that several cards
    together give no more than one could. The last instant of the last day is still allowed.
    """
    if not order.ship_by_at:
        return Fault.NOTHING_WAITS
    if order.is_refunding:
        return Fault.REFUNDING
    if order.is_asked:
        return Fault.ALREADY_ASKED
    if new_at <= now:
        return Fault.PAST
    if new_at <= order.ship_by_at:
        return Fault.NOT_LATER
    return Fault.TOO_FAR if new_at > latest_at(order.promised_at, policy) else None


def latest_at(promised_at: Instant, policy: Policy) -> Instant:
    """Return the latest time that can be asked for."""
    return Instant(promised_at + policy.card_total_days_max * DAY)


def lapses_at(asked_at: Instant, policy: Policy) -> Instant:
    """Return when a card lapses; an answer at this very instant comes too late."""
    return Instant(asked_at + hours(policy.card_lapses_hours))
