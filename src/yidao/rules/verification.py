"""
When a code may be sent to a phone again, how long it lives, and how often it may be guessed. Whoever guesses a code of
six digits gets so few tries a day that he will not live to see it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from yidao.rules import bodies
from yidao.rules.instants import DAY, HOUR, NEVER, Instant, minutes

FAMILY: Final = "verification"
SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; a code names it by `version`."""

    version: str
    life_minutes: int
    tries_max: int
    pause_seconds: int
    number_sends_per_hour_max: int
    number_sends_per_day_max: int
    address_sends_per_hour_max: int


VERIFICATION_DEFAULT: Final = Policy(
    version="verification/default/1",
    life_minutes=5,
    tries_max=5,
    pause_seconds=60,
    number_sends_per_hour_max=5,
    number_sends_per_day_max=20,
    address_sends_per_hour_max=20,
)

SEEDS: Final = (VERIFICATION_DEFAULT,)


class Limit(Enum):
    """What keeps a code from being sent."""

    PAUSE = "PAUSE"
    NUMBER_HOUR = "NUMBER_HOUR"
    NUMBER_DAY = "NUMBER_DAY"
    ADDRESS_HOUR = "ADDRESS_HOUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a code may go out: `limit` is None if so; otherwise what stands against it, up to `free_at`."""

    limit: Limit | None
    free_at: Instant


def judge_send(to_number: Sequence[Instant], from_address: Sequence[Instant], policy: Policy, now: Instant) -> Verdict:
    """
    Return whether a code may be sent at `now`, and if not, when.

    `to_number` are the instants at which codes went to this number, `from_address` those at which codes were asked for
    from this address; both sorted, none later than `now`. Of several limits the one that lasts longest is named.

    Reading: limits open at the instant itself: 60 seconds after the last code the next one may go out.
    """
    blocks = [
        (_free_at(sends, most, window), limit)
        for sends, most, window, limit in (
            (to_number, 1, policy.pause_seconds * SECOND, Limit.PAUSE),
            (to_number, policy.number_sends_per_hour_max, HOUR, Limit.NUMBER_HOUR),
            (to_number, policy.number_sends_per_day_max, DAY, Limit.NUMBER_DAY),
            (from_address, policy.address_sends_per_hour_max, HOUR, Limit.ADDRESS_HOUR),
        )
    ]
    free_at, limit = max(blocks, key=lambda block: block[0])
    if free_at <= now:
        return Verdict(limit=None, free_at=NEVER)
    return Verdict(limit=limit, free_at=free_at)


def _free_at(sends: Sequence[Instant], most: int, window: int) -> Instant:
    """Return when fewer than `most` of the sends are younger than `window`."""
    return Instant(sends[-most] + window) if len(sends) >= most else NEVER


def ends_at(sent_at: Instant, policy: Policy) -> Instant:
    """Return when a code that was sent then stops working: it works before this instant, not at it."""
    return Instant(sent_at + minutes(policy.life_minutes))


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "life_minutes": (1, 60),
    "tries_max": (1, 10),
    "pause_seconds": (10, 3600),
    "number_sends_per_hour_max": (1, 60),
    "number_sends_per_day_max": (1, 200),
    "address_sends_per_hour_max": (1, 10_000),
}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range; and
        when all that is well, fewer sends allowed in a day than in an hour.
    """
    reader = bodies.Reader()
    reader.known(body, "", tuple(_RANGES))
    numbers = {each: reader.integer(body, "", each, *limits) for each, limits in _RANGES.items()}
    faults = reader.faults
    if not faults and numbers["number_sends_per_day_max"] < numbers["number_sends_per_hour_max"]:
        faults = [bodies.Fault("/number_sends_per_day_max", "too_small")]
    if faults:
        raise bodies.PolicyInvalid(tuple(sorted(faults)))
    return Policy(version=name, **numbers)
