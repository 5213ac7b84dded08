"""
Pickup violation (揽收超时): a parcel that its carrier did not pick up in time after the shop called it shipped. It is
off until a version that `is_on` is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidao.rules import bodies, penalties
from yidao.rules.instants import NEVER, Instant, hours

FAMILY: Final = "pickup-violation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    One published version of the numbers; a violation names it by `version`. Where `spot_hours_from_order` is 0, orders
    of goods in stock have the same limit as all others.
    """

    version: str
    is_on: bool
    spot_hours_from_order: int
    hours_from_upload: int
    points_tenths: int
    points_week_max_tenths: int
    coupon_free_max_fen: int
    coupon_fen: int
    coupon_percent_from_fen: int
    coupon_percent: int
    coupon_max_fen: int


PICKUP_DOUYIN_2021: Final = Policy(
    version="pickup-violation/douyin-2021/1",
    is_on=False,
    spot_hours_from_order=0,
    hours_from_upload=24,
    points_tenths=1,
    points_week_max_tenths=20,
    coupon_free_max_fen=3_00,
    coupon_fen=3_00,
    coupon_percent_from_fen=300_00,
    coupon_percent=1,
    coupon_max_fen=30_00,
)
PICKUP_DOUYIN_2022: Final = Policy(
    version="pickup-violation/douyin-2022/1",
    is_on=False,
    spot_hours_from_order=72,
    hours_from_upload=24,
    points_tenths=1,
    points_week_max_tenths=20,
    coupon_free_max_fen=3_00,
    coupon_fen=3_00,
    coupon_percent_from_fen=300_00,
    coupon_percent=1,
    coupon_max_fen=30_00,
)

SEEDS: Final = (PICKUP_DOUYIN_2021, PICKUP_DOUYIN_2022)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One parcel: when its order was made and its number uploaded, when it was picked up (NEVER: not yet)."""

    ordered_at: Instant
    uploaded_at: Instant
    picked_at: Instant
    is_spot: bool


def limit_at(facts: Facts, policy: Policy) -> Instant:
    """
    Return the first instant at which a pickup comes too late.

    Source: 2021: a first scan within 24 hours after shipping. From 2022-12: goods in stock within 72 hours of the
    order, presale, stepped and agreed times within 24 hours of uploading the number.
    Reading: a shop that ships goods in stock later than its 72 hours has no time left, not less than none: the limit is
    never before the upload.
    """
    if facts.is_spot and policy.spot_hours_from_order:
        return max(Instant(facts.ordered_at + hours(policy.spot_hours_from_order)), facts.uploaded_at)
    return Instant(facts.uploaded_at + hours(policy.hours_from_upload))


def judged_at(facts: Facts, policy: Policy, now: Instant) -> Instant | None:
    """
    Return when the violation happened, None when there is none (yet) or the version is off.

    Worked example: shipped on 2021-03-12 at 16:56:04 and picked up on the next day at 21:05:30: since 16:56:04.
    """
    if not policy.is_on:
        return None
    limit = limit_at(facts, policy)
    end = now if facts.picked_at == NEVER else facts.picked_at
    return limit if end >= limit else None


def price(policy: Policy, *, paid_fen: int) -> penalties.Price:
    """Return what one violation costs: the buyer's coupon, and points."""
    return penalties.Price(
        deduction_fen=0,
        coupon_fen=penalties.coupon_fen(policy, paid_fen),
        points_tenths=policy.points_tenths,
        cause=None,
    )


_RANGES: Final[dict[str, tuple[int, int]]] = {
    "spot_hours_from_order": (0, 30 * 24),
    "hours_from_upload": (1, 30 * 24),
    "points_tenths": (0, 120),
    "points_week_max_tenths": (0, 120),
    "coupon_free_max_fen": (0, 1_000_000),
    "coupon_fen": (0, 1_000_000),
    "coupon_percent_from_fen": (0, 10_000_000),
    "coupon_percent": (0, 100),
    "coupon_max_fen": (0, 1_000_000),
}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {"is_on": policy.is_on, **{name: getattr(policy, name) for name in _RANGES}}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once.
    """
    return Policy(version=name, **bodies.flat(body, _RANGES, flags=("is_on",)))
