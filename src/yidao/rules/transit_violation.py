"""
Transit violation (转运超时): a parcel that did not move on in time after its carrier picked it up. It is off until a
version that `is_on` is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidao.rules import bodies, penalties
from yidao.rules.instants import NEVER, Instant, hours

FAMILY: Final = "transit-violation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers; a violation names it by `version`."""

    version: str
    is_on: bool
    hours_from_pickup: int
    points_tenths: int
    points_week_max_tenths: int
    coupon_free_max_fen: int
    coupon_fen: int
    coupon_percent_from_fen: int
    coupon_percent: int
    coupon_max_fen: int


TRANSIT_DOUYIN_2022: Final = Policy(
    version="transit-violation/douyin-2022/1",
    is_on=False,
    hours_from_pickup=48,
    points_tenths=1,
    points_week_max_tenths=20,
    coupon_free_max_fen=3_00,
    coupon_fen=3_00,
    coupon_percent_from_fen=300_00,
    coupon_percent=1,
    coupon_max_fen=30_00,
)

SEEDS: Final = (TRANSIT_DOUYIN_2022,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One parcel: when it was picked up, and when it first moved on or arrived (NEVER: not yet)."""

    picked_at: Instant
    moved_at: Instant


def judged_at(facts: Facts, policy: Policy, now: Instant) -> Instant | None:
    """
    Return when the violation happened, None when there is none (yet), nothing was picked up, or the version is off.

    Source: compensation for late shipping, pickup and dispatch was suspended together, so dispatch was a matter of its
    own.
    Reading: two days after the pickup, where the alerts become severe.
    """
    if not policy.is_on or facts.picked_at == NEVER:
        return None
    limit = Instant(facts.picked_at + hours(policy.hours_from_pickup))
    end = now if facts.moved_at == NEVER else facts.moved_at
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
    "hours_from_pickup": (1, 30 * 24),
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
