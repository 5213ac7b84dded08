"""
What a judgement costs: a deduction from the deposit, a coupon for the buyer, points. Which judgements of a day are
deducted in the end, and which lie above its cap, is said in `settlement`.
"""

from enum import StrEnum
from typing import NamedTuple, Protocol

from yidao.rules.late_shipment import Policy


class Kind(StrEnum):
    """What a penalty takes."""

    DEDUCTION = "DEDUCTION"
    COUPON = "COUPON"
    POINTS = "POINTS"
    FREEZE = "FREEZE"


class Cause(StrEnum):
    """Why a penalty takes less than it would, or nothing."""

    CAP = "CAP"
    ORDER_MAX = "ORDER_MAX"
    POINTS_MAX = "POINTS_MAX"


class Price(NamedTuple):
    """What one judgement costs before any cap of its day."""

    deduction_fen: int
    coupon_fen: int
    points_tenths: int
    cause: Cause | None


def price(policy: Policy, *, ordinal: int, paid_fen: int) -> Price:
    """
    Return what the judgement with this ordinal costs before the caps of its day and week.

    Source: 10 yuan from the deposit for each judgement, of one order at most twice; newer wording (晚发即赔): a coupon
    for the buyer.
    Reading: the coupon is given once for an order, with its first judgement, and by what was paid for the whole order;
    points are taken with every judgement.
    """
    is_deducted = bool(policy.deduction_fen) and ordinal <= policy.deductions_per_order_max
    return Price(
        deduction_fen=policy.deduction_fen if is_deducted else 0,
        coupon_fen=coupon_fen(policy, paid_fen) if ordinal == 1 else 0,
        points_tenths=policy.points_tenths,
        cause=Cause.ORDER_MAX if policy.deduction_fen and not is_deducted else None,
    )


class Coupons(Protocol):
    """The numbers of the buyer's coupon, which the policies of several kinds of violations hold."""

    @property
    def coupon_free_max_fen(self) -> int:
        """Return up to which price there is none."""

    @property
    def coupon_fen(self) -> int:
        """Return the coupon of a low price."""

    @property
    def coupon_percent_from_fen(self) -> int:
        """Return from which price on it is a share."""

    @property
    def coupon_percent(self) -> int:
        """Return that share."""

    @property
    def coupon_max_fen(self) -> int:
        """Return what it never exceeds."""


def coupon_fen(policy: Coupons, paid_fen: int) -> int:
    """
    Return the buyer's coupon for an order that cost `paid_fen`: nothing up to 3 yuan, then 3 yuan, from 300 yuan on one
    percent, at most 30 yuan. A part of a fen is dropped.

    Worked example: 1234.56 yuan: one percent is 12.3456, the coupon is 12.34.
    """
    if paid_fen <= policy.coupon_free_max_fen:
        return 0
    if paid_fen < policy.coupon_percent_from_fen:
        return min(policy.coupon_fen, policy.coupon_max_fen)
    return min(paid_fen * policy.coupon_percent // 100, policy.coupon_max_fen)


def is_banned(policy: Policy, judgements: int) -> bool:
    """Return whether the products of an order with so many judgements, reversed ones out, may not be sold any more."""
    return judgements > policy.ban_after
