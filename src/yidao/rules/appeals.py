"""
Appeals (申诉): until when a shop may appeal against a violation, what an appeal may hold, when its answer is due, and
when reviewers are reminded. The days count from the notice; in which rounds a shop is told is said in `warning`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from yidao.rules import bodies
from yidao.rules.instants import DAY, Instant

FAMILY: Final = "appeal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; an appeal names it by `version`."""

    version: str
    appeal_days: int
    text_length_max: int
    images_max: int
    image_kilobytes_max: int
    answer_working_days: int
    reminder_working_days: int
    evidence_days: int


APPEAL_DEFAULT: Final = Policy(
    version="appeal/default/1",
    appeal_days=7,
    text_length_max=200,
    images_max=5,
    image_kilobytes_max=2_048,
    answer_working_days=5,
    reminder_working_days=4,
    evidence_days=730,
)

SEEDS: Final = (APPEAL_DEFAULT,)


class Channel(StrEnum):
    """Which way an appeal came; LOGISTICS is the one of its own for shops whose region was shut (专属物流申诉通道)."""

    GENERAL = "GENERAL"
    LOGISTICS = "LOGISTICS"


class Refused(StrEnum):
    """Why an appeal is not taken, the first of all that hold."""

    NOT_NOTIFIED = "NOT_NOTIFIED"
    REVERSED = "REVERSED"
    ALREADY_APPEALED = "ALREADY_APPEALED"
    TOO_LATE = "TOO_LATE"
    TEXT_MISSING = "TEXT_MISSING"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TOO_MANY_IMAGES = "TOO_MANY_IMAGES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    What decides whether a violation can be appealed against: until when (None: the shop was not told yet), whether it
    was lifted, and whether there is an appeal, answered or not.
    """

    appeal_until: Instant | None
    is_reversed: bool
    is_appealed: bool


def appeal_until(notified_at: Instant, policy: Policy) -> Instant:
    """
    Return the first instant at which an appeal comes too late.

    Source: seven days from the notice.
    Worked example: told on 2020-07-20 at 13:00:00, the last second is 12:59:59 on 2020-07-27.
    """
    return Instant(notified_at + policy.appeal_days * DAY)


def refusal(standing: Standing, now: Instant) -> Refused | None:
    """Return why the violation cannot be appealed against at `now`, None when it can."""
    if standing.appeal_until is None:
        return Refused.NOT_NOTIFIED
    if standing.is_reversed:
        return Refused.REVERSED
    if standing.is_appealed:
        return Refused.ALREADY_APPEALED
    return Refused.TOO_LATE if now >= standing.appeal_until else None


def fault(text: str, images: int, policy: Policy) -> Refused | None:
    """Return what is wrong with what an appeal holds, None when it will do. Pictures prove; words are needed."""
    if not text:
        return Refused.TEXT_MISSING
    if len(text) > policy.text_length_max:
        return Refused.TEXT_TOO_LONG
    return Refused.TOO_MANY_IMAGES if images > policy.images_max else None


class Review(StrEnum):
    """How urgent the review of an open appeal is."""

    WAITING = "WAITING"
    SOON = "SOON"
    OVERDUE = "OVERDUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The instants of an open appeal's review: when it is reminded of, and from when on its answer is late."""

    remind_at: Instant
    due_at: Instant


def review(clock: Clock, now: Instant) -> Review:
    """Return how urgent the review is; the answer is overdue from the very instant it was due."""
    if now >= clock.due_at:
        return Review.OVERDUE
    return Review.SOON if now >= clock.remind_at else Review.WAITING


def next_due_at(clock: Clock, told: Collection[Review]) -> Instant | None:
    """
    Return when to look again whether reviewers must be told, None when both was done: once before the answer is due,
    once when it is (which goes to those who lead too).
    """
    if Review.OVERDUE in told:
        return None
    return clock.due_at if Review.SOON in told else clock.remind_at


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "appeal_days": (1, 60),
    "text_length_max": (20, 2_000),
    "images_max": (0, 5),
    "image_kilobytes_max": (64, 2_048),
    "answer_working_days": (1, 30),
    "reminder_working_days": (1, 30),
    "evidence_days": (30, 3_650),
}
IMAGES_MAX: Final = _RANGES["images_max"][1]
IMAGE_KILOBYTES_MAX: Final = _RANGES["image_kilobytes_max"][1]


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
    if numbers["reminder_working_days"] > numbers["answer_working_days"]:
        reader.faults.append(bodies.Fault("/reminder_working_days", "out_of_range"))
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, **numbers)
