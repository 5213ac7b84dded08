"""
Sanctions against a shop: 停业 (it takes no new orders) and 清退 (it is removed). The rule only proposes; a person of
the platform decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from yidao.rules import bodies
from yidao.rules.instants import DAY, Instant

FAMILY: Final = "sanction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers; a proposal names it by `version`."""

    version: str
    window_days: int
    stubborn_orders_closure: int
    stubborn_orders_expulsion: int
    dismissed_rest_days: int


SANCTION_DEFAULT: Final = Policy(
    version="sanction/default/1",
    window_days=30,
    stubborn_orders_closure=10,
    stubborn_orders_expulsion=50,
    dismissed_rest_days=7,
)

SEEDS: Final = (SANCTION_DEFAULT,)


class Kind(StrEnum):
    """What may be done to a shop; both refuse new orders, and what is open must still be shipped."""

    CLOSURE = "CLOSURE"
    EXPULSION = "EXPULSION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What is known of a shop. `stubborn_orders` were judged as often as the rules allow, within the policy's days, and
    still are neither shipped nor refunded; `live` are the sanctions that are proposed or in force; `dismissed_at` is
    when a proposal was last turned down (None: never).
    """

    stubborn_orders: int
    live: frozenset[Kind]
    dismissed_at: Instant | None = None


def window_starts_at(now: Instant, policy: Policy) -> Instant:
    """Return since when last judgements count."""
    return Instant(now - policy.window_days * DAY)


def proposal(facts: Facts, policy: Policy, now: Instant) -> Kind | None:
    """
    Return what is proposed against a shop, None when nothing is (or it is proposed or done already).

    Source: an order that stays unshipped and without agreement after several judgements lets the platform close or
    remove the shop as it sees fit.
    Reading: "as it sees fit" is a person's decision; the numbers only say when somebody should look. A proposal that
    was turned down is not made again for `dismissed_rest_days`; a closed shop may still be proposed for removal.
    """
    if facts.dismissed_at is not None and now < facts.dismissed_at + policy.dismissed_rest_days * DAY:
        return None
    wanted = _wanted(facts.stubborn_orders, policy)
    if wanted is None or wanted in facts.live or Kind.EXPULSION in facts.live:
        return None
    return wanted


def _wanted(stubborn: int, policy: Policy) -> Kind | None:
    if stubborn >= policy.stubborn_orders_expulsion:
        return Kind.EXPULSION
    return Kind.CLOSURE if stubborn >= policy.stubborn_orders_closure else None


_RANGES: Final[dict[str, tuple[int, int]]] = {
    "window_days": (1, 365),
    "stubborn_orders_closure": (1, 100_000),
    "stubborn_orders_expulsion": (1, 100_000),
    "dismissed_rest_days": (0, 365),
}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once.
    """
    reader = bodies.Reader()
    reader.known(body, "", tuple(_RANGES))
    numbers = {each: reader.integer(body, "", each, *limits) for each, limits in _RANGES.items()}
    if numbers["stubborn_orders_expulsion"] < numbers["stubborn_orders_closure"]:
        reader.faults.append(bodies.Fault("/stubborn_orders_expulsion", "too_small"))
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, **numbers)
