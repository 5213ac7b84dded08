"""
Stepping in (介入): when a creator may nudge a shop about an anomaly, when the shop's answer is due, when to remind it,
and how a nudge stands. The same clock runs for a shop's ticket (查件) to its carrier.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from yidao.rules import bodies
from yidao.rules.episodes import Type
from yidao.rules.instants import DAY, MINUTE, NEVER, Instant, hours

FAMILY: Final = "nudge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; a nudge names it by `version`."""

    version: str
    zone_offset_minutes: int
    answer_hours: int
    ticket_answer_hours: int
    first_reminder_percent: int
    per_parcel_day_max: int
    items_max: int
    threads_per_day_max: int
    tickets_per_day_max: int
    text_length_max: int


NUDGE_DEFAULT: Final = Policy(
    version="nudge/default/1",
    zone_offset_minutes=480,
    answer_hours=24,
    ticket_answer_hours=24,
    first_reminder_percent=50,
    per_parcel_day_max=2,
    items_max=200,
    threads_per_day_max=200,
    tickets_per_day_max=500,
    text_length_max=200,
)

SEEDS: Final = (NUDGE_DEFAULT,)


class State(StrEnum):
    """How a nudge or a ticket stands, in the order of the tabs."""

    WAITING = "WAITING"
    ANSWERED = "ANSWERED"
    OVERDUE = "OVERDUE"
    SETTLED = "SETTLED"


class LeftOut(StrEnum):
    """Why an anomaly does not go into a nudge or is not passed on to a carrier."""

    NOT_OPEN = "NOT_OPEN"
    ALREADY_ASKED = "ALREADY_ASKED"
    PARCEL_DAY_FULL = "PARCEL_DAY_FULL"
    DAY_FULL = "DAY_FULL"
    BATCH_FULL = "BATCH_FULL"
    NO_ADDRESSEE = "NO_ADDRESSEE"


class NoteFault(StrEnum):
    """What is wrong with the words of a nudge."""

    MISSING = "MISSING"
    TOO_LONG = "TOO_LONG"


class Item(NamedTuple):
    """One anomaly somebody is asked about: a parcel and a type. Episodes of the type come and go, the item stays."""

    waybill_no: str
    carrier: str
    life: int
    type: str

    @property
    def parcel(self) -> tuple[str, str, int]:
        """Return the parcel's key."""
        return self.waybill_no, self.carrier, self.life


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    What the choice knows of an item: whether its anomaly is in progress, whether the same side asked about it and is
    not done, how many nudges of today name the parcel, and whether there is somebody to ask.
    """

    item: Item
    is_open: bool
    is_asked: bool
    nudges_today: int = 0
    has_addressee: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which items go, in the order they were asked for, and why each other one does not."""

    taken: tuple[Item, ...]
    left_out: tuple[tuple[Item, LeftOut], ...]


def choose(candidates: Iterable[Candidate], policy: Policy, *, threads_today: int) -> Choice:
    """
    Return which items of one shop go into one nudge. What cannot go is named, the rest goes.

    Reading: a nudge counts once for a parcel, however many of its anomalies it names, and only the nudges of the same
    creator count: what others do is not for him to learn.
    """
    left_today = policy.items_max if threads_today < policy.threads_per_day_max else 0
    return _chosen(candidates, policy, left_today=left_today)


def choose_tickets(candidates: Iterable[Candidate], policy: Policy, *, tickets_today: int) -> Choice:
    """Return which items a shop's tickets are opened for: one ticket each. What cannot go is named, the rest goes."""
    return _chosen(candidates, policy, left_today=max(0, policy.tickets_per_day_max - tickets_today))


def _chosen(candidates: Iterable[Candidate], policy: Policy, *, left_today: int) -> Choice:
    taken: dict[Item, None] = {}
    left_out: dict[Item, LeftOut] = {}
    for each in candidates:
        if each.item in taken or each.item in left_out:
            continue
        why = _why_not(each, policy, taken=len(taken), left_today=left_today)
        if why is None:
            taken[each.item] = None
        else:
            left_out[each.item] = why
    return Choice(taken=tuple(taken), left_out=tuple(left_out.items()))


def _why_not(each: Candidate, policy: Policy, *, taken: int, left_today: int) -> LeftOut | None:
    if not each.is_open:
        return LeftOut.NOT_OPEN
    if not each.has_addressee:
        return LeftOut.NO_ADDRESSEE
    if each.is_asked:
        return LeftOut.ALREADY_ASKED
    if each.nudges_today >= policy.per_parcel_day_max:
        return LeftOut.PARCEL_DAY_FULL
    if taken >= policy.items_max:
        return LeftOut.BATCH_FULL
    return LeftOut.DAY_FULL if taken >= left_today else None


def note_fault(text: str, policy: Policy, *, has_code: bool) -> NoteFault | None:
    """Return what is wrong with a text, None when it will do: own words or a ready-made reason, and not too long."""
    if not text and not has_code:
        return NoteFault.MISSING
    return NoteFault.TOO_LONG if len(text) > policy.text_length_max else None


# --- The clock of one thread ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """
    The facts a thread's state hangs on. `asked_at` is when the answer that is now awaited was asked for, `answered_at`
    the newest answer (0: none), `settled_at` when it was closed by hand or found settled (0: not), `open_items` how
    many of its anomalies are in progress.
    """

    asked_at: Instant
    due_at: Instant
    answered_at: Instant = NEVER
    settled_at: Instant = NEVER
    open_items: int = 1
    reminders: int = 0


REMINDERS_MAX: Final = 2
"""One on the way and one when the time is over."""


def is_answered(thread: Thread) -> bool:
    """Return whether the last question has an answer."""
    return thread.answered_at >= thread.asked_at


def state(thread: Thread, now: Instant) -> State:
    """
    Return how a thread stands. It is settled when nothing it asks about is in progress any more, whoever closed it;
    an answer given late is an answer; the answer is overdue from the very instant it was due.
    """
    if thread.settled_at or not thread.open_items:
        return State.SETTLED
    if is_answered(thread):
        return State.ANSWERED
    return State.OVERDUE if now >= thread.due_at else State.WAITING


def due_at(asked_at: Instant, policy: Policy) -> Instant:
    """Return when the answer of a shop is due."""
    return Instant(asked_at + hours(policy.answer_hours))


def ticket_due_at(asked_at: Instant, policy: Policy) -> Instant:
    """Return when the answer of a carrier is due."""
    return Instant(asked_at + hours(policy.ticket_answer_hours))


def reminders(thread: Thread, policy: Policy) -> tuple[Instant, ...]:
    """
    Return when to remind, earliest first: on the way, and when the answer is due.

    Worked example: asked at 10:00 with 24 hours and 50 percent: at 22:00, and at 10:00 on the next day.
    """
    length = thread.due_at - thread.asked_at
    return Instant(thread.asked_at + length * policy.first_reminder_percent // 100), thread.due_at


def reminders_due(thread: Thread, policy: Policy, now: Instant) -> int:
    """
    Return how many reminders there should have been by `now`; the count in `thread` says how many there were.

    Whoever is late himself (an outage, say) finds two, and reminds once: two at a time tell no more than one.
    """
    if not _is_awaited(thread):
        return thread.reminders
    return max(thread.reminders, sum(at <= now for at in reminders(thread, policy)))


def next_due_at(thread: Thread, policy: Policy) -> Instant | None:
    """Return when to look again for a reminder, None when nobody waits or both were given."""
    if not _is_awaited(thread):
        return None
    left = reminders(thread, policy)[thread.reminders :]
    return left[0] if left else None


def _is_awaited(thread: Thread) -> bool:
    return not thread.settled_at and bool(thread.open_items) and not is_answered(thread)


def asked_again_at(thread: Thread, now: Instant) -> Instant:
    """
    Return when the awaited answer was asked for, after the asking side wrote again at `now`.

    After an answer a new question begins its own clock; before it the clock runs on, so that writing twice neither
    hurries the other side nor gives it more time.
    """
    return now if is_answered(thread) else thread.asked_at


_BECOMES: Final[Mapping[str, str]] = {Type.PICKUP_SOON.name: Type.PICKUP_TIMEOUT.name}


def followed(type_name: str) -> tuple[str, ...]:
    """
    Return the types that keep an item in progress.

    Reading: 即将揽收超时 that became 揽收超时 is the same trouble grown, so who asked about the one is not done yet.
    """
    later = _BECOMES.get(type_name)
    return (type_name, later) if later else (type_name,)


def day_starts_at(now: Instant, policy: Policy) -> Instant:
    """Return when the day of the policy's zone that holds `now` began."""
    offset = policy.zone_offset_minutes * MINUTE
    return Instant((now + offset) // DAY * DAY - offset)


# --- Bodies ---

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "zone_offset_minutes": (-12 * 60, 14 * 60),
    "answer_hours": (1, 7 * 24),
    "ticket_answer_hours": (1, 7 * 24),
    "first_reminder_percent": (1, 100),
    "per_parcel_day_max": (1, 20),
    "items_max": (1, 200),
    "threads_per_day_max": (1, 10_000),
    "tickets_per_day_max": (1, 10_000),
    "text_length_max": (20, 1_000),
}
ITEMS_MAX: Final = _RANGES["items_max"][1]
TEXT_LENGTH_MAX: Final = _RANGES["text_length_max"][1]


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range.
    """
    return Policy(version=name, **bodies.flat(body, _RANGES))


class Note(StrEnum):
    """Ready-made reasons of a creator, for those who do not want to type."""

    PLEASE_CHECK = "PLEASE_CHECK"
    BUYER_ASKS = "BUYER_ASKS"
    PLEASE_URGE = "PLEASE_URGE"
    PLEASE_RESEND = "PLEASE_RESEND"


class Answer(StrEnum):
    """What a shop answers a creator."""

    CARRIER_CONTACTED = "CARRIER_CONTACTED"
    RESENT = "RESENT"
    REFUNDED = "REFUNDED"
    BUYER_CONTACTED = "BUYER_CONTACTED"
    NOTHING_NEEDED = "NOTHING_NEEDED"


class Finding(StrEnum):
    """What a carrier answers a shop's ticket."""

    URGED = "URGED"
    DELIVERING = "DELIVERING"
    DAMAGE_CLAIMED = "DAMAGE_CLAIMED"
    LOST = "LOST"
    RETURNED = "RETURNED"
    SIGNED = "SIGNED"
    OTHER = "OTHER"


NOTES: Final[Sequence[Note]] = tuple(Note)
ANSWERS: Final[Sequence[Answer]] = tuple(Answer)
FINDINGS: Final[Sequence[Finding]] = tuple(Finding)
