"""
When an order must have left at the latest (最晚发货时间): from the kind of promise, the payment and a published policy.
What moves that time later stands elsewhere; here it is made once, at payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from yidao.rules import bodies
from yidao.rules.instants import DAY, MINUTE, NEVER, Instant, hours

FAMILY: Final = "promise"
_SECOND: Final = 1_000_000


class Kind(StrEnum):
    """What a shop promises about one line."""

    SAME_DAY_NEXT_DAY = "SAME_DAY_NEXT_DAY"
    NEXT_DAY = "NEXT_DAY"
    H24 = "H24"
    H48 = "H48"
    PRESALE_FULL = "PRESALE_FULL"
    SPOT_AND_PRESALE = "SPOT_AND_PRESALE"
    STEPPED = "STEPPED"
    DEPOSIT_PRESALE = "DEPOSIT_PRESALE"
    APPOINTMENT = "APPOINTMENT"
    PROMO_EXT = "PROMO_EXT"
    DIRECT_MAIL = "DIRECT_MAIL"


KIND_BY_DELAY: Final[Mapping[int, Kind]] = {0: Kind.SAME_DAY_NEXT_DAY, 1: Kind.H24, 2: Kind.H48}
"""Days of delay as shops' systems count them, of goods in stock; more days are a presale paid in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; a line names it by `version`."""

    version: str
    zone_offset_minutes: int
    default_hours: int
    cutoff_hour: int
    presale_days_min: int
    presale_days_max: int
    pool_days_short: int
    pool_days_long: int
    campaign_days_max: int
    appointment_days_max: int
    promotion_hours_max: int
    direct_mail_hours: int
    soon_hours: int


PROMISE_DOUYIN_2022: Final = Policy(
    version="promise/douyin-2022/1",
    zone_offset_minutes=480,
    default_hours=48,
    cutoff_hour=16,
    presale_days_min=2,
    presale_days_max=15,
    pool_days_short=5,
    pool_days_long=15,
    campaign_days_max=60,
    appointment_days_max=60,
    promotion_hours_max=72,
    direct_mail_hours=120,
    soon_hours=24,
)

SEEDS: Final = (PROMISE_DOUYIN_2022,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """
    What was told of one line. `days` counts from the payment, of PROMO_EXT from the default time; `at` is a time that
    was agreed (an appointment, a campaign's or a step's ship time). 0 and NEVER stand for "not told".
    """

    kind: Kind = Kind.H48
    days: int = 0
    at: Instant = NEVER


DEFAULT: Final = Promise()


def ship_by(promise: Promise, paid_at: Instant, policy: Policy) -> Instant:
    """
    Return the latest ship time of a line that was paid at `paid_at`; shipping at that very instant is in time.

    It never lies before the payment. A number out of the policy's range counts as the nearer end of the range, so that
    nobody promises himself more time than the platform grants.

    Source: the promise kinds of the marketplace: 当日/次日发, 次日发, 24 小时, 48 小时, 全款预售 (2 to 15 days),
    现货+预售 (5 or 15 days), 阶梯发货, 定金预售, 预约发货, 大促延迟 (at most 72 hours), 直邮.
    Reading: a day ends with its last second, 23:59:59. Paid in the very second of the cut-off is paid after it. A kind
    that needs a number or a time and was told none gets the least its kind allows.
    Worked example: paid 2022-06-18 15:59:59 with 当日/次日发 and the cut-off at 16: 2022-06-18 23:59:59; one second
    later: 2022-06-19 23:59:59.
    """
    match promise.kind:
        case Kind.SAME_DAY_NEXT_DAY:
            is_before = _into_day(paid_at, policy) < hours(policy.cutoff_hour)
            return _end_of_day(paid_at, policy, days=0 if is_before else 1)
        case Kind.NEXT_DAY:
            return _end_of_day(paid_at, policy, days=1)
        case Kind.H24:
            return Instant(paid_at + hours(24))
        case Kind.PRESALE_FULL:
            days = min(max(promise.days, policy.presale_days_min), policy.presale_days_max)
            return Instant(paid_at + days * DAY)
        case Kind.SPOT_AND_PRESALE:
            return _of_pool(promise.days, paid_at, policy)
        case Kind.STEPPED | Kind.DEPOSIT_PRESALE:
            return _agreed(promise, paid_at, policy, days_max=policy.campaign_days_max)
        case Kind.APPOINTMENT:
            return _agreed(promise, paid_at, policy, days_max=policy.appointment_days_max)
        case Kind.PROMO_EXT:
            longer = min(max(promise.days, 0) * DAY, hours(policy.promotion_hours_max))
            return Instant(_default(paid_at, policy) + longer)
        case Kind.DIRECT_MAIL:
            return Instant(paid_at + hours(policy.direct_mail_hours))
        case _:
            return _default(paid_at, policy)


def ship_by_before_agreement(promise: Promise, paid_at: Instant, policy: Policy) -> Instant:
    """
    Return what would hold without the buyer's appointment (预约发货): his time replaces it and the order is labelled
    时效变更. Of every other kind it is the promise itself.
    """
    return _default(paid_at, policy) if promise.kind is Kind.APPOINTMENT else ship_by(promise, paid_at, policy)


def _default(paid_at: Instant, policy: Policy) -> Instant:
    return Instant(paid_at + hours(policy.default_hours))


def _of_pool(days: int, paid_at: Instant, policy: Policy) -> Instant:
    """Return the time of goods from one of two stocks: those on the spot go as usual, the others in 5 or 15 days."""
    if days <= 0:
        return _default(paid_at, policy)
    within = policy.pool_days_short if days <= policy.pool_days_short else policy.pool_days_long
    return Instant(paid_at + within * DAY)


def _agreed(promise: Promise, paid_at: Instant, policy: Policy, *, days_max: int) -> Instant:
    latest = Instant(paid_at + days_max * DAY)
    if promise.at:
        return min(max(promise.at, paid_at), latest)
    if promise.days > 0:
        return min(Instant(paid_at + promise.days * DAY), latest)
    return _default(paid_at, policy)


def _into_day(at: Instant, policy: Policy) -> int:
    return (at + policy.zone_offset_minutes * MINUTE) % DAY


def _end_of_day(at: Instant, policy: Policy, *, days: int) -> Instant:
    """Return the last second of the day that holds `at`, or of one `days` later; never before `at`."""
    return Instant(max(at - _into_day(at, policy) + (days + 1) * DAY - _SECOND, at))


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "zone_offset_minutes": (-12 * 60, 14 * 60),
    "default_hours": (1, 30 * 24),
    "cutoff_hour": (0, 24),
    "presale_days_min": (1, 60),
    "presale_days_max": (1, 60),
    "pool_days_short": (1, 60),
    "pool_days_long": (1, 60),
    "campaign_days_max": (1, 180),
    "appointment_days_max": (1, 180),
    "promotion_hours_max": (0, 30 * 24),
    "direct_mail_hours": (1, 60 * 24),
    "soon_hours": (1, 7 * 24),
}
assert set(_RANGES) == {each.name for each in fields(Policy)} - {"version"}
_ORDERED: Final = (("presale_days_min", "presale_days_max"), ("pool_days_short", "pool_days_long"))


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range, a
        least that is more than its most.
    """
    reader = bodies.Reader()
    reader.known(body, "", tuple(_RANGES))
    numbers = {each: reader.integer(body, "", each, *limits) for each, limits in _RANGES.items()}
    reader.faults += (
        bodies.Fault(f"/{more}", "out_of_range")
        for less, more in _ORDERED
        if numbers[less] > numbers[more] and not reader.faults
    )
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, **numbers)
