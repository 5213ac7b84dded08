"""
Warnings before D: at which moments a shop hears that orders still wait, how the hours are gathered into rounds, and
what becomes of warnings when D moves.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from yidao.rules import bodies
from yidao.rules.instants import MINUTE, NEVER, Instant, hours

FAMILY: Final = "warning"
_STEP: Final = re.compile(r"([1-9][0-9]?)%|([1-9][0-9]{0,4})m")


class Unit(StrEnum):
    """What a step's number counts: percent of the promise that are over, or minutes that are left."""

    PERCENT = "PERCENT"
    MINUTES = "MINUTES"


class Step(NamedTuple):
    """One warning before D: 50% is when half of the promised time is over, 360m is six hours before D."""

    unit: Unit
    value: int

    def __str__(self) -> str:
        """Return the step as it is stored."""
        return f"{self.value}%" if self.unit is Unit.PERCENT else f"{self.value}m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version: the steps of shops that chose none, how many one may choose, and how long a round is."""

    version: str
    steps: tuple[Step, ...]
    steps_max: int
    step_minutes_max: int
    round_minutes: int
    notice_round_hours: int


WARNING_DEFAULT: Final = Policy(
    version="warning/default/1",
    steps=(Step(Unit.PERCENT, 50), Step(Unit.MINUTES, 360), Step(Unit.MINUTES, 60)),
    steps_max=5,
    step_minutes_max=15 * 24 * 60,
    round_minutes=60,
    notice_round_hours=1,
)
SEEDS: Final = (WARNING_DEFAULT,)


class StepFault(StrEnum):
    """What is wrong with the steps a shop chose."""

    UNREADABLE = "UNREADABLE"
    TOO_FAR = "TOO_FAR"
    TWICE = "TWICE"
    TOO_MANY = "TOO_MANY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    What the clock knows of an order. `ship_by_at` is D, NEVER when nothing waits; `old_ship_by_at` what it was when
    `warned_count` was written; warnings due at `since` or earlier are none (the shop chose its steps then).
    """

    promised_at: Instant
    ship_by_at: Instant
    old_ship_by_at: Instant
    warned_count: int
    since: Instant = NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many of the present D's warnings are behind, and when to look again."""

    warned_count: int
    due_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What a sweep does with an order: the warning to give, if any, and how the order stands afterwards."""

    step: Step | None
    standing: Standing


class Moment(NamedTuple):
    """One warning with the beginning of the round it is given in."""

    at: Instant
    step: Step


def parse(text: str) -> Step | None:
    """Return the step a text names, None when it names none."""
    found = _STEP.fullmatch(text)
    if found is None:
        return None
    return Step(Unit.PERCENT, int(found[1])) if found[1] else Step(Unit.MINUTES, int(found[2]))


def faults(texts: Sequence[str], policy: Policy) -> tuple[StepFault, ...]:
    """Return what is wrong with chosen steps, each fault once; choosing none is fine and means no warnings."""
    steps = [parse(each) for each in texts]
    known = [each for each in steps if each is not None]
    found = {
        StepFault.UNREADABLE: len(known) < len(steps),
        StepFault.TOO_FAR: any(each.unit is Unit.MINUTES and each.value > policy.step_minutes_max for each in known),
        StepFault.TWICE: len(set(known)) < len(known),
        StepFault.TOO_MANY: len(steps) > policy.steps_max,
    }
    return tuple(fault for fault, is_so in found.items() if is_so)


def moments(facts: Facts, steps: Sequence[Step], policy: Policy) -> tuple[Moment, ...]:
    """
    Return the warnings of the present D, the earliest first, each at the beginning of its round.

    Reading: a step that lies before the payment is none, for it would only say that the order came in. A warning may
    come up to a round early and never late, so that one notice can speak of all orders of a round.
    """
    if not facts.ship_by_at:
        return ()
    exact = sorted((_exact(facts, each), each) for each in steps)
    earliest = max(facts.promised_at, facts.since)
    return tuple(Moment(round_starts_at(at, policy), step) for at, step in exact if at > earliest)


def _exact(facts: Facts, step: Step) -> Instant:
    if step.unit is Unit.MINUTES:
        return Instant(facts.ship_by_at - step.value * MINUTE)
    return Instant(facts.promised_at + (facts.ship_by_at - facts.promised_at) * step.value // 100)


def round_starts_at(now: Instant, policy: Policy) -> Instant:
    """Return when the round that holds `now` began; rounds are counted from midnight in Greenwich and in Shanghai."""
    length = policy.round_minutes * MINUTE
    return Instant(now // length * length)


def standing(facts: Facts, steps: Sequence[Step], policy: Policy, now: Instant) -> Standing:
    """
    Return how an order stands after one of its facts may have changed.

    A D that moved later begins its warnings anew, and those whose moment had passed by then are not given: the shop
    just heard of the new D. A D that moved nearer, or that came at all, begins anew with all of them: what is due
    already is told at once. After D nothing is due, for then the judge speaks.
    """
    planned = moments(facts, steps, policy)
    count = facts.warned_count
    if facts.old_ship_by_at != facts.ship_by_at:
        is_later = NEVER < facts.old_ship_by_at < facts.ship_by_at
        count = sum(each.at <= now for each in planned) if is_later else 0
    return _standing(facts, planned, count, now)


def _standing(facts: Facts, planned: Sequence[Moment], count: int, now: Instant) -> Standing:
    count = min(count, len(planned))
    is_over = now >= facts.ship_by_at
    return Standing(warned_count=count, due_at=None if is_over or count == len(planned) else planned[count].at)


def warned(facts: Facts, steps: Sequence[Step], policy: Policy, now: Instant) -> Warned:
    """
    Return which warning an order gets at `now`: the nearest of those that are due, and none once D has passed.

    Whoever sweeps late gives one warning for several steps: it says how much time is left now, not how much there was.
    """
    planned = moments(facts, steps, policy)
    due = [each for each in planned[facts.warned_count :] if each.at <= now]
    after = _standing(facts, planned, facts.warned_count + len(due), now)
    return Warned(step=due[-1].step if due and now < facts.ship_by_at else None, standing=after)


def notice_round_starts_at(now: Instant, round_hours: int) -> Instant:
    """Return when the shop's round of notices that holds `now` began; rounds begin with the day in Shanghai."""
    offset, length = hours(8), hours(round_hours)
    day = (now + offset) // hours(24) * hours(24)
    return Instant(day + (now + offset - day) // length * length - offset)


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "steps_max": (0, 5),
    "step_minutes_max": (60, 99_999),
    "round_minutes": (10, 60),
    "notice_round_hours": (1, 24),
}
NOTICE_ROUND_HOURS: Final = (1, 2, 4, 8, 12, 24)
"""How long a round of notices may be: what a day can be divided into."""


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {**{name: getattr(policy, name) for name in _RANGES}, "steps": [str(each) for each in policy.steps]}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range,
        steps that are none or of which there are more than `steps_max`.
    """
    reader = bodies.Reader()
    reader.known(body, "", (*_RANGES, "steps"))
    numbers = {each: reader.integer(body, "", each, *limits) for each, limits in _RANGES.items()}
    steps: list[Step] = []
    for index, each in enumerate(reader.items(body, "", "steps", numbers["steps_max"])):
        step = parse(each) if isinstance(each, str) else None
        if step is None or step in steps:
            reader.faults.append(bodies.Fault(f"/steps/{index}", "not_step" if step is None else "twice"))
        else:
            steps.append(step)
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, steps=tuple(steps), **numbers)
