"""
Out of stock (缺货): an order that its shop cannot fill; the buyer is compensated. Nothing tells by itself that a shop
has none left, so an operator opens each by hand, with evidence, whether a version `is_on` or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidao.rules import bodies, penalties

FAMILY: Final = "out-of-stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    One published version of the numbers; a violation names it by `version`. `is_on`, the limits of a day and the days
    of a freeze are published for shops and operators to go by; no code acts on them.
    """

    version: str
    is_on: bool
    short_promise_hours_max: int
    coupon_min_fen: int
    short_percent: int
    short_max_fen: int
    long_percent: int
    long_max_fen: int
    day_orders_min: int
    day_percent: int
    freeze_days: int
    heavy_from: int
    heavy_freeze_days: int


OUT_OF_STOCK_DOUYIN_2025: Final = Policy(
    version="out-of-stock/douyin-2025/1",
    is_on=False,
    short_promise_hours_max=48,
    coupon_min_fen=5_00,
    short_percent=5,
    short_max_fen=500_00,
    long_percent=10,
    long_max_fen=1_000_00,
    day_orders_min=30,
    day_percent=30,
    freeze_days=1,
    heavy_from=3,
    heavy_freeze_days=3,
)

SEEDS: Final = (OUT_OF_STOCK_DOUYIN_2025,)


def coupon_fen(policy: Policy, *, paid_fen: int, promise_hours: int) -> int:
    """
    Return the buyer's coupon for one order.

    Source: promised within 48 hours: 5 percent of what was paid, later: 10 percent; at least 5 yuan, with a cap each.
    Reading: which cap belongs to which promise is read from scrambled copies: 500 yuan to the short, 1000 to the long.
    A part of a fen is dropped. It is paid beside the compensation for a late shipment.
    """
    is_short = promise_hours <= policy.short_promise_hours_max
    percent, most = (
        (policy.short_percent, policy.short_max_fen) if is_short else (policy.long_percent, policy.long_max_fen)
    )
    return min(max(paid_fen * percent // 100, policy.coupon_min_fen), most)


def price(policy: Policy, *, paid_fen: int, promise_hours: int) -> penalties.Price:
    """Return what one order that is out of stock costs."""
    coupon = coupon_fen(policy, paid_fen=paid_fen, promise_hours=promise_hours)
    return penalties.Price(deduction_fen=0, coupon_fen=coupon, points_tenths=0, cause=None)


_RANGES: Final[dict[str, tuple[int, int]]] = {
    "short_promise_hours_max": (1, 60 * 24),
    "coupon_min_fen": (0, 1_000_000),
    "short_percent": (0, 100),
    "short_max_fen": (0, 10_000_000),
    "long_percent": (0, 100),
    "long_max_fen": (0, 10_000_000),
    "day_orders_min": (1, 100_000),
    "day_percent": (0, 100),
    "freeze_days": (0, 365),
    "heavy_from": (1, 1_000),
    "heavy_freeze_days": (0, 365),
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
