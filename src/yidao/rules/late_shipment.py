"""
Late shipment (发货超时): when an order whose latest ship time has passed is judged, how often, and when to look again.

What a judgement costs is said in `penalties`; how a day's judgements are settled, in `settlement`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from yidao.rules import bodies
from yidao.rules.instants import NEVER, Instant, hours

FAMILY: Final = "late-shipment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    One published version of the numbers. It is never changed once published; an order keeps the version that was in
    force for its shop when it was paid.

    A deduction of 0 means that the version takes none; the same holds for `coupon_max_fen` and for points.
    """

    version: str
    zone_offset_minutes: int
    rejudge_hours: int
    judgements_max: int
    deduction_fen: int
    deductions_per_order_max: int
    day_cap_fen: int
    settle_hour: int
    ban_after: int
    points_tenths: int
    points_day_max_tenths: int
    points_week_max_tenths: int
    coupon_free_max_fen: int
    coupon_fen: int
    coupon_percent_from_fen: int
    coupon_percent: int
    coupon_max_fen: int


LATE_SHIPMENT_DOUYIN_2022: Final = Policy(
    version="late-shipment/douyin-2022/1",
    zone_offset_minutes=480,
    rejudge_hours=24,
    judgements_max=3,
    deduction_fen=10_00,
    deductions_per_order_max=2,
    day_cap_fen=500_00,
    settle_hour=2,
    ban_after=2,
    points_tenths=1,
    points_day_max_tenths=20,
    points_week_max_tenths=60,
    coupon_free_max_fen=0,
    coupon_fen=0,
    coupon_percent_from_fen=0,
    coupon_percent=0,
    coupon_max_fen=0,
)
LATE_SHIPMENT_COUPON_2023: Final = Policy(
    version="late-shipment/coupon-2023/1",
    zone_offset_minutes=480,
    rejudge_hours=24,
    judgements_max=3,
    deduction_fen=0,
    deductions_per_order_max=0,
    day_cap_fen=0,
    settle_hour=2,
    ban_after=2,
    points_tenths=1,
    points_day_max_tenths=20,
    points_week_max_tenths=60,
    coupon_free_max_fen=3_00,
    coupon_fen=3_00,
    coupon_percent_from_fen=300_00,
    coupon_percent=1,
    coupon_max_fen=30_00,
)

SEEDS: Final = (LATE_SHIPMENT_DOUYIN_2022, LATE_SHIPMENT_COUPON_2023)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """
    What the judge knows of an order in its present round: D, which is NEVER when nothing of it waits to be shipped, the
    stretches in which a refund was open (begin and end, NEVER while it still is), and how many judgements count so far
    and when the last of them was.
    """

    ship_by_at: Instant
    pauses: tuple[tuple[Instant, Instant], ...] = ()
    judged_count: int = 0
    last_at: Instant = NEVER


class Judgement(NamedTuple):
    """One judgement that is due: the how-manieth of its round, and the instant it belongs to."""

    ordinal: int
    at: Instant


class Verdict(NamedTuple):
    """What is due now, and the instant of the judgement after that; None when time alone brings none."""

    due: tuple[Judgement, ...]
    next_at: Instant | None


def due_judgements(order: OrderFacts, policy: Policy, now: Instant) -> tuple[Judgement, ...]:
    """
    Return the judgements that are due at `now` and not yet made, oldest first.

    A run that was late itself (an outage, say) returns several at once, each with the instant it should have had, so
    that the outcome never depends on how often the judge is run.

    Source: order management, 发货超时: judged when the latest ship time has passed, again every 24 hours, at most 3
    times.
    Reading: D is inclusive, whoever ships at D is in time; so nothing is due at D itself, and the first judgement is
    recorded at D as soon as D lies in the past. The second is recorded 24 hours after D, the third 48 hours.
    """
    return verdict(order, policy, now).due


def verdict(order: OrderFacts, policy: Policy, now: Instant) -> Verdict:
    """Return what `due_judgements` returns, and what `next_due_at` returns once those are made."""
    due: list[Judgement] = []
    last_at = order.last_at
    for ordinal in range(order.judged_count + 1, policy.judgements_max + 1):
        at = _next_instant(order, policy, last_at)
        if at is None or at >= now:
            return Verdict(tuple(due), at)
        due.append(Judgement(ordinal, at))
        last_at = at
    return Verdict(tuple(due), None)


def next_due_at(order: OrderFacts, policy: Policy) -> Instant | None:
    """Return the instant of the next judgement, due as soon as it has passed; None when time alone brings none."""
    return _next_instant(order, policy, order.last_at) if order.judged_count < policy.judgements_max else None


def _next_instant(order: OrderFacts, policy: Policy, last_at: Instant) -> Instant | None:
    """
    Return the first instant D, D + 24 h, D + 48 h ... that is 24 hours after the last judgement and in no pause.

    Reading: while a refund is being talked about nobody is judged (the shop may be about to agree), and what fell into
    that time is not made up for; the clock stays that of D. Judgements go on at its first instant from the end on.
    Reading: when the late part of an order is shipped and another part falls due, the judgements go on by the clock of
    that part, never sooner than 24 hours after the last.
    """
    if order.ship_by_at == NEVER:
        return None
    every = hours(policy.rejudge_hours)
    at = order.ship_by_at if last_at == NEVER else _on_clock(order.ship_by_at, every, last_at + every)
    if not order.pauses:
        return at
    for opened_at, ended_at in sorted(order.pauses):
        if opened_at <= at and ended_at == NEVER:
            return None
        if opened_at <= at < ended_at:
            at = _on_clock(order.ship_by_at, every, ended_at)
    return at


def _on_clock(ship_by_at: Instant, every: int, earliest: int) -> Instant:
    """Return the first instant of the clock that begins at D and strikes every 24 hours, not before `earliest`."""
    strikes = max(0, -((ship_by_at - earliest) // every))
    return Instant(ship_by_at + strikes * every)


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "zone_offset_minutes": (-12 * 60, 14 * 60),
    "rejudge_hours": (1, 30 * 24),
    "judgements_max": (1, 10),
    "deduction_fen": (0, 1_000_000),
    "deductions_per_order_max": (0, 10),
    "day_cap_fen": (0, 100_000_000),
    "settle_hour": (0, 23),
    "ban_after": (0, 10),
    "points_tenths": (0, 1_000),
    "points_day_max_tenths": (0, 10_000),
    "points_week_max_tenths": (0, 10_000),
    "coupon_free_max_fen": (0, 1_000_000),
    "coupon_fen": (0, 1_000_000),
    "coupon_percent_from_fen": (0, 100_000_000),
    "coupon_percent": (0, 100),
    "coupon_max_fen": (0, 1_000_000),
}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range.
    """
    return Policy(version=name, **bodies.flat(body, _RANGES))
