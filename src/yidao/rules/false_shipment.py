"""
False shipment (虚假发货): a number that was uploaded and is none, or whose trace cannot be this order's. It is off
until a version that `is_on` is published; an operator can open one by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from yidao.rules import bodies, penalties
from yidao.rules.instants import NEVER, Instant, hours

FAMILY: Final = "false-shipment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers; a violation names it by `version`."""

    version: str
    is_on: bool
    silent_hours_after_first: int
    deduction_fen: int
    day_cap_fen: int


FALSE_SHIPMENT_DOUYIN_2021: Final = Policy(
    version="false-shipment/douyin-2021/1",
    is_on=False,
    silent_hours_after_first=24,
    deduction_fen=500_00,
    day_cap_fen=5_000_00,
)

SEEDS: Final = (FALSE_SHIPMENT_DOUYIN_2021,)


class Reason(StrEnum):
    """Why a shipment is false, the gravest first."""

    NUMBER_REUSED = "NUMBER_REUSED"
    NUMBER_ABNORMAL = "NUMBER_ABNORMAL"
    OTHER_ROUTE = "OTHER_ROUTE"
    BEFORE_PAYMENT = "BEFORE_PAYMENT"
    SILENT_AFTER_FIRST = "SILENT_AFTER_FIRST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One parcel as its trace shows it. Instants are NEVER where nothing is known."""

    paid_at: Instant
    first_scan_at: Instant = NEVER
    second_scan_at: Instant = NEVER
    is_number_of_another: bool = False
    is_number_impossible: bool = False
    is_route_of_another: bool = False


def reasons(facts: Facts, policy: Policy, now: Instant) -> tuple[Reason, ...]:
    """
    Return everything that makes the shipment false, nothing when the version is off.

    Source: an abnormal or reused number, a trace that leads elsewhere, no news within 24 hours after the first trace.
    Reading: a trace older than the payment counts, but the limit opens at its hour only; what follows later takes the
    silence back as a reason, and what was judged stays judged.
    """
    if not policy.is_on:
        return ()
    silent_at = facts.first_scan_at + hours(policy.silent_hours_after_first)
    heard_at = now if facts.second_scan_at == NEVER else facts.second_scan_at
    found = {
        Reason.NUMBER_REUSED: facts.is_number_of_another,
        Reason.NUMBER_ABNORMAL: facts.is_number_impossible,
        Reason.OTHER_ROUTE: facts.is_route_of_another,
        Reason.BEFORE_PAYMENT: NEVER < facts.first_scan_at < facts.paid_at,
        Reason.SILENT_AFTER_FIRST: facts.first_scan_at > NEVER and heard_at >= silent_at,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def price(policy: Policy) -> penalties.Price:
    """Return what one violation costs before the cap of its day."""
    return penalties.Price(deduction_fen=policy.deduction_fen, coupon_fen=0, points_tenths=0, cause=None)


_RANGES: Final[dict[str, tuple[int, int]]] = {
    "silent_hours_after_first": (1, 30 * 24),
    "deduction_fen": (0, 10_000_000),
    "day_cap_fen": (0, 100_000_000),
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
