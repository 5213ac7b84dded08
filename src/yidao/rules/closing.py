"""
When an order that was neither shipped nor refunded closes by itself, and how much of its money goes back.

Source: 004, 发货超时怎么关闭订单 (150 days after the buyer placed the order, money back by the way it came).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from yidao.rules.instants import DAY, Instant
from yidao.rules.order_life import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One line: how many there are, how many left, how many were refunded already, and what was paid for it, in fen."""

    line_no: int
    quantity: int
    shipped: int
    refunded: int
    paid_fen: int

    @property
    def open(self) -> int:
        """Return how many of it neither left nor were refunded."""
        return max(0, self.quantity - self.shipped - self.refunded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What closes: the open quantity of each line that has one, what goes back, and whether all of the order ends."""

    quantities: tuple[tuple[int, int], ...]
    amount_fen: int
    is_whole: bool


def due_at(ordered_at: Instant, policy: Policy) -> Instant:
    """Return when what is still open of an order closes; its own instant is the first at which it does."""
    return Instant(ordered_at + policy.close_days * DAY)


def share_fen(line: LineFacts, count: int) -> int:
    """
    Return what goes back for `count` more of a line, in whole fen.

    Reading: each part is the difference of two floors, so that the parts of a line always add up to what was paid.
    Worked example: 3 pieces for 100 fen go back one by one as 33, 33 and 34.
    """
    before, after = line.refunded, line.refunded + count
    return line.paid_fen * after // line.quantity - line.paid_fen * before // line.quantity


def apportioned(total_fen: int, weights: Sequence[int]) -> tuple[int, ...]:
    """
    Return a sum cut in proportion to weights, in whole fen that add up to it; without any weight, in equal parts.

    Worked example: 100 fen by 1, 1 and 1 are 33, 33 and 34.
    """
    given = list(weights) if any(weights) else [1] * len(weights)
    whole, before = sum(given), 0
    parts: list[int] = []
    for weight in given:
        parts.append(total_fen * (before + weight) // whole - total_fen * before // whole)
        before += weight
    return tuple(parts)


def closing(lines: tuple[LineFacts, ...], *, paid_fen: int, given_back_fen: int) -> Closing | None:
    """
    Return what closes of an order, None when nothing of it is open.

    Nothing shipped: all that was paid and not given back goes back, freight included. Part shipped: the share of what
    is open, and never more than is left.
    """
    quantities = tuple((line.line_no, line.open) for line in lines if line.open)
    if not quantities:
        return None
    left = max(0, paid_fen - given_back_fen)
    is_whole = not any(line.shipped for line in lines)
    share = sum(share_fen(line, line.open) for line in lines if line.open)
    return Closing(quantities=quantities, amount_fen=left if is_whole else min(left, share), is_whole=is_whole)
