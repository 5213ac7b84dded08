"""
Whether a carrier is silent: nothing came from it for longer than it usually leaves between arrivals, or it speaks again
and is still catching up. Meanwhile what only our own clocks say about its parcels is held back (数据延迟).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from yidao.rules import bodies
from yidao.rules.instants import DAY, NEVER, Instant, hours, minutes

FAMILY: Final = "silence"
WEEK_DAYS: Final = 7
SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; an outage names it by `version`."""

    version: str
    remembered_days: int
    known_days_min: int
    left_out_days: int
    silent_minutes_min: int
    silent_factor: int
    calm_minutes: int
    lag_minutes_min: int
    lag_factor: int
    catch_up_hours: int


SILENCE_DEFAULT: Final = Policy(
    version="silence/default/1",
    remembered_days=14,
    known_days_min=7,
    left_out_days=1,
    silent_minutes_min=120,
    silent_factor=3,
    calm_minutes=60,
    lag_minutes_min=30,
    lag_factor=2,
    catch_up_hours=6,
)

SEEDS: Final = (SILENCE_DEFAULT,)


class Arrival(NamedTuple):
    """News that came in one minute: how many items, and the sum of how many seconds after its event each was told."""

    at: Instant
    items: int
    lag_seconds: int


class State(Enum):
    """How a carrier stands at an instant."""

    SPEAKING = "SPEAKING"
    SILENT = "SILENT"
    CATCHING_UP = "CATCHING_UP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What the rule says. `since` is the last arrival before the silence, `until` the first one after it; 0 where there is
    none: a carrier that always spoke has neither, a silent one no `until`.
    """

    state: State
    since: Instant = NEVER
    until: Instant = NEVER


def judge(arrivals: Sequence[Arrival], silent_since: Instant, policy: Policy, now: Instant) -> Verdict:
    """
    Return how a carrier stands at `now`; `silent_since` is where its unfinished silence began, 0 for a carrier that has
    none. `arrivals` are sorted, one for a minute, none later than `now`.

    Reading: a carrier whose rhythm is not known is never silent, and one that falls silent again while it catches up
    has never ended its silence.
    """
    if not arrivals:
        return Verdict(state=State.SILENT if silent_since else State.SPEAKING, since=silent_since)
    moments = [arrival.at for arrival in arrivals]
    is_late = _is_late(moments, policy, now)
    if not silent_since:
        return Verdict(state=State.SILENT, since=moments[-1]) if is_late else Verdict(state=State.SPEAKING)
    before = bisect_right(moments, silent_since)
    if is_late or before == len(moments):
        return Verdict(state=State.SILENT, since=silent_since)
    until = moments[before]
    is_over = now - until >= hours(policy.catch_up_hours) or _is_calm(arrivals, before, policy)
    return Verdict(state=State.SPEAKING if is_over else State.CATCHING_UP, since=silent_since, until=until)


def shortest(policy: Policy) -> int:
    """Return the silence, in microseconds, below which nobody needs to ask."""
    return minutes(policy.silent_minutes_min)


def _is_late(moments: Sequence[Instant], policy: Policy, now: Instant) -> bool:
    usual = rhythm(moments, policy)
    if usual is None:
        return False
    return now - moments[-1] >= max(shortest(policy), policy.silent_factor * usual)


def rhythm(moments: Sequence[Instant], policy: Policy) -> int | None:
    """
    Return how long the carrier usually leaves after this time of day, in microseconds; None while too little is known.

    `moments` are sorted and not empty. On each remembered day we look how long after the same time of day the next
    arrival came, so that nights have a rhythm of their own. The longest of these waits are left out, as many as the
    policy says: they are the outages of the past. What was quiet on this day of the week every time stays in: it is
    the carrier's weekend.
    """
    last = moments[-1]
    waits: list[int] = []
    weekly: list[int] = []
    for days in range(1, policy.remembered_days + 1):
        then = last - days * DAY
        if then < moments[0]:
            break
        wait = moments[bisect_right(moments, then)] - then
        waits.append(wait)
        if days % WEEK_DAYS == 0:
            weekly.append(wait)
    if len(waits) < policy.known_days_min:
        return None
    ordinary = sorted(waits)[: len(waits) - policy.left_out_days]
    return max(ordinary[-1], min(weekly, default=0))


def _is_calm(arrivals: Sequence[Arrival], before: int, policy: Policy) -> bool:
    """
    Tell whether the last while of news, up to the newest, is as fresh as news used to be before the silence.

    Only a whole while after the first news can tell: what comes first may be new, and the rest of it old.
    """
    calm_from = arrivals[-1].at - minutes(policy.calm_minutes)
    if arrivals[before].at > calm_from:
        return False
    lately = [each for each in arrivals[before:] if each.at > calm_from]
    usual = sorted(each.lag_seconds * SECOND // each.items for each in arrivals[:before]) or [0]
    fresh = max(minutes(policy.lag_minutes_min), policy.lag_factor * usual[len(usual) // 2])
    return sum(each.lag_seconds for each in lately) * SECOND <= sum(each.items for each in lately) * fresh


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "remembered_days": (1, 28),
    "known_days_min": (1, 28),
    "left_out_days": (0, 27),
    "silent_minutes_min": (5, 7 * 24 * 60),
    "silent_factor": (1, 100),
    "calm_minutes": (5, 24 * 60),
    "lag_minutes_min": (1, 24 * 60),
    "lag_factor": (1, 100),
    "catch_up_hours": (1, 7 * 24),
}
REMEMBERED_DAYS_MAX: Final = _RANGES["remembered_days"][1]


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range; and
        when all that is well, more days asked for than are remembered, or all known ones left out.
    """
    reader = bodies.Reader()
    reader.known(body, "", tuple(_RANGES))
    numbers = {each: reader.integer(body, "", each, *limits) for each, limits in _RANGES.items()}
    faults = reader.faults or [
        bodies.Fault(f"/{later}", "too_small")
        for earlier, later, least in (
            ("known_days_min", "remembered_days", 0),
            ("left_out_days", "known_days_min", 1),
        )
        if numbers[later] - numbers[earlier] < least
    ]
    if faults:
        raise bodies.PolicyInvalid(tuple(sorted(faults)))
    return Policy(version=name, **numbers)
