"""When a buyer who says nothing has received an order, and when he may ask for longer (延长收货)."""

from dataclasses import dataclass
from enum import StrEnum

from yidao.rules.instants import DAY, Instant
from yidao.rules.order_life import Policy


class Fault(StrEnum):
    """Why the receipt of an order can be neither confirmed nor put off."""

    NOT_SHIPPED = "NOT_SHIPPED"
    CONFIRMED = "CONFIRMED"
    ENOUGH = "ENOUGH"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What receipt hangs on; `is_shipped` means that nothing of the order waits to be shipped any more."""

    is_shipped: bool
    is_received: bool
    is_extended: bool


def due_at(shipped_at: Instant, is_extended: bool, policy: Policy) -> Instant:
    """
    Return when an order whose last pack left at `shipped_at` counts as received.

    Worked example: shipped 06-01 10:00 with 10 days: 06-11 10:00; extended once by 3 days: 06-14 10:00.
    """
    days = policy.receipt_days + (policy.receipt_extension_days if is_extended else 0)
    return Instant(shipped_at + days * DAY)


def confirm_fault(facts: OrderFacts) -> Fault | None:
    """Return why a buyer cannot confirm that he has it, None when he can."""
    if facts.is_received:
        return Fault.CONFIRMED
    return None if facts.is_shipped else Fault.NOT_SHIPPED


def extend_fault(facts: OrderFacts, policy: Policy) -> Fault | None:
    """
    Return why a buyer cannot have longer, None when he can: only while shipped and unconfirmed, and once.

    Source: the button 延长收货 on the buyer's order, shown while it is 已发货待收货.
    """
    return confirm_fault(facts) or (Fault.ENOUGH if facts.is_extended or not policy.receipt_extensions_max else None)
