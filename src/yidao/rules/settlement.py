"""
Settlement (统一扣款): what a shop's judgements of one day take from its deposit in the end, under the caps of the day,
of the order and of the week. What one judgement costs before that is said in `penalties`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from yidao.rules.instants import DAY, HOUR, MINUTE, Instant
from yidao.rules.penalties import Cause, Price


class Terms(NamedTuple):
    """
    The caps of one policy version: per order how many deductions, per shop and day how much, and points. None stands
    for "no cap".
    """

    per_order_max: int | None = None
    day_cap_fen: int | None = None
    points_day_max_tenths: int | None = None
    points_week_max_tenths: int | None = None


class Row(NamedTuple):
    """One judgement that waits to be settled; `kind` is its kind of violation, each of which has caps of its own."""

    judgement_id: int
    order_id: int
    at: Instant
    kind: str
    price: Price
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """
    What was booked before: by kind the deductions of this shop-day, the points of its day and of its week, and by kind
    and order how many deductions stand. Only the last forgets what was reversed.
    """

    day_fen: Mapping[str, int] = field(default_factory=dict)
    day_tenths: Mapping[str, int] = field(default_factory=dict)
    week_tenths: Mapping[str, int] = field(default_factory=dict)
    of_order: Mapping[tuple[str, int], int] = field(default_factory=dict)


class Outcome(NamedTuple):
    """What one judgement takes; `cause` says why a deduction takes nothing, `points_cause` why points are fewer."""

    judgement_id: int
    deduction_fen: int
    coupon_fen: int
    points_tenths: int
    cause: Cause | None
    points_cause: Cause | None


def settle(rows: Iterable[Row], spent: Spent) -> tuple[Outcome, ...]:
    """
    Return what each judgement of one shop-day takes, in the order of their instants, equal ones by their orders: who
    wrote a judgement first, which its id tells, decides nothing.

    Settling a day in parts gives what settling it at once gives, as long as each part is told what the parts before it
    booked.

    Source: deductions are taken together on the day after the judgement; of one order at most twice; of one shop at
    most 500 yuan a day.
    Reading: a deduction goes whole or not at all; what lies above the cap is recorded with 0 and CAP and never made up
    for. What is reversed later frees no room in its day, but it no longer counts as a deduction of its order.
    Worked example: 60 first judgements of 10 yuan on one day: the first 50 take 10 each, the other 10 nothing.
    """
    day_fen, of_order = Counter(spent.day_fen), Counter(spent.of_order)
    day_tenths, week_tenths = Counter(spent.day_tenths), Counter(spent.week_tenths)
    found: list[Outcome] = []
    for row in sorted(rows, key=lambda each: (each.at, each.order_id, each.judgement_id)):
        price, terms = row.price, row.terms
        cause = price.cause or _cause(row, of_order[row.kind, row.order_id], day_fen[row.kind])
        deduction = 0 if cause else price.deduction_fen
        if deduction:
            day_fen[row.kind] += deduction
            of_order[row.kind, row.order_id] += 1
        left = [
            most - taken
            for most, taken in (
                (terms.points_day_max_tenths, day_tenths[row.kind]),
                (terms.points_week_max_tenths, week_tenths[row.kind]),
            )
            if most is not None
        ]
        points = max(0, min([price.points_tenths, *left]))
        day_tenths[row.kind] += points
        week_tenths[row.kind] += points
        points_cause = Cause.POINTS_MAX if points < price.points_tenths else None
        found.append(Outcome(row.judgement_id, deduction, price.coupon_fen, points, cause, points_cause))
    return tuple(found)


def _cause(row: Row, deductions: int, day_fen: int) -> Cause | None:
    """Return which cap keeps a deduction from being taken."""
    amount = row.price.deduction_fen
    if not amount:
        return None
    if row.terms.per_order_max is not None and deductions >= row.terms.per_order_max:
        return Cause.ORDER_MAX
    if row.terms.day_cap_fen is not None and day_fen + amount > row.terms.day_cap_fen:
        return Cause.CAP
    return None


def last_day_due(now: Instant, *, zone_offset_minutes: int, settle_hour: int) -> int:
    """
    Return the last day whose judgements are settled at `now`, as days since 1970-01-01.

    Worked example: with 2 o'clock, at 01:59 of the 3rd the 1st is the last, at 02:00 the 2nd.
    """
    return (now + zone_offset_minutes * MINUTE - settle_hour * HOUR) // DAY - 1


def night_of_proof(now: Instant, *, zone_offset_minutes: int, settle_hour: int) -> Instant:
    """
    Return since when a proof of the books counts for the night of `now`: an hour after the settlement began. What was
    proved before does not know what the settlement booked.

    Worked example: with 2 o'clock, at 02:59 of the 3rd it is 03:00 of the 2nd, at 03:00 that very instant.
    """
    offset = (settle_hour + 1) * HOUR - zone_offset_minutes * MINUTE
    return Instant((now - offset) // DAY * DAY + offset)
