"""The vocabulary of anomalies: types, reasons, closings, parties; an episode, its stored form, its changes."""

from enum import IntEnum
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple


class Type(IntEnum):
    """The ten types, in the order of the source; the value is stored and is also the bit in a mask of open types."""

    PICKUP_SOON = 1
    PICKUP_TIMEOUT = 2
    DISPATCH_TIMEOUT = 3
    TRANSIT_TIMEOUT = 4
    DELIVERY_TIMEOUT = 5
    SIGN_ADDR_MISMATCH = 6
    PARCEL_DAMAGED = 7
    TRANSIT_EXCEPTION = 8
    DELIVERY_EXCEPTION = 9
    OTHER = 10


class Severity(IntEnum):
    """How much an open anomaly should worry."""

    NOTICE = 1
    WARN = 2
    SEVERE = 3


class Reason(IntEnum):
    """Why an episode opened; stored, never renumbered."""

    PICKUP_NEAR = 1
    NOT_PICKED_UP = 2
    NOT_DEPARTED = 3
    NO_UPDATE = 4
    NOT_DELIVERED = 5
    NOT_COLLECTED = 6
    HUB_DWELL = 7
    NO_NEWS = 8
    CITY_DIFFERS = 9
    DAMAGED = 10
    LOST = 11
    DETAINED = 12
    MISSORTED = 13
    OUT_OF_AREA = 14
    DELIVERY_PROBLEM = 15
    DELIVERY_DELAYED = 16
    UNREACHABLE_CONTACT = 17
    ADDRESS_UNCLEAR = 18
    PHONE_WRONG = 19
    LOCKER_OVERDUE = 20
    SECOND_ATTEMPT = 21
    PROBLEM = 22
    NO_INFO = 23
    CUSTOMS_FAILED = 24
    ODD_SIGN_TIME = 25
    PICKED_BEFORE_PAYMENT = 26
    NUMBER_REUSED = 27
    CARRIER_CORRECTED = 28


class ReasonGroup(IntEnum):
    """The coarse groups that people filter by."""

    CLOCK = 1
    LOST = 2
    UNREACHABLE = 3
    DAMAGED = 4
    HELD_UP = 5
    DELIVERY = 6
    DOUBTFUL = 7


class Closing(IntEnum):
    """Why an episode closed; stored, never renumbered. NOT_LATE is written by services only, see `diff`."""

    PICKED_UP = 1
    UPGRADED = 2
    DEPARTED = 3
    NEWER_SCAN = 4
    PROGRESS = 5
    SIGNED = 6
    BOXED = 7
    REJECTED = 8
    RETURNED = 9
    VOIDED = 10
    REFUNDED = 11
    MANUAL = 12
    EXPIRED = 13
    NOT_LATE = 14
    RELIEVED = 15


class Party(IntEnum):
    """Who has to act on an anomaly."""

    SHOP = 1
    CARRIER = 2
    CONSIGNEE = 3
    CUSTOMS = 4
    PLATFORM = 5
    UNKNOWN = 6


class About(NamedTuple):
    """What the rules know about a reason."""

    group: ReasonGroup
    party: Party
    gravity: int
    severity: Severity


# Gravity decides which reason names an episode that has several; no two reasons share one.
_ABOUT: Final[dict[Reason, About]] = {
    Reason.PICKUP_NEAR: About(ReasonGroup.CLOCK, Party.SHOP, 9, Severity.NOTICE),
    Reason.NOT_PICKED_UP: About(ReasonGroup.CLOCK, Party.SHOP, 10, Severity.WARN),
    Reason.NOT_DEPARTED: About(ReasonGroup.CLOCK, Party.CARRIER, 11, Severity.WARN),
    Reason.NO_UPDATE: About(ReasonGroup.CLOCK, Party.CARRIER, 12, Severity.WARN),
    Reason.NOT_DELIVERED: About(ReasonGroup.CLOCK, Party.CARRIER, 13, Severity.WARN),
    Reason.HUB_DWELL: About(ReasonGroup.CLOCK, Party.CARRIER, 30, Severity.WARN),
    Reason.DETAINED: About(ReasonGroup.HELD_UP, Party.CARRIER, 31, Severity.WARN),
    Reason.MISSORTED: About(ReasonGroup.HELD_UP, Party.CARRIER, 32, Severity.WARN),
    Reason.OUT_OF_AREA: About(ReasonGroup.UNREACHABLE, Party.CARRIER, 60, Severity.WARN),
    Reason.NO_NEWS: About(ReasonGroup.LOST, Party.CARRIER, 90, Severity.SEVERE),
    Reason.LOST: About(ReasonGroup.LOST, Party.CARRIER, 91, Severity.SEVERE),
    Reason.DAMAGED: About(ReasonGroup.DAMAGED, Party.CARRIER, 80, Severity.WARN),
    Reason.SECOND_ATTEMPT: About(ReasonGroup.DELIVERY, Party.CARRIER, 40, Severity.NOTICE),
    Reason.LOCKER_OVERDUE: About(ReasonGroup.DELIVERY, Party.CONSIGNEE, 41, Severity.NOTICE),
    Reason.NOT_COLLECTED: About(ReasonGroup.DELIVERY, Party.CONSIGNEE, 44, Severity.WARN),
    Reason.DELIVERY_DELAYED: About(ReasonGroup.DELIVERY, Party.CARRIER, 42, Severity.WARN),
    Reason.DELIVERY_PROBLEM: About(ReasonGroup.DELIVERY, Party.CARRIER, 43, Severity.WARN),
    Reason.UNREACHABLE_CONTACT: About(ReasonGroup.UNREACHABLE, Party.CONSIGNEE, 50, Severity.WARN),
    Reason.PHONE_WRONG: About(ReasonGroup.UNREACHABLE, Party.CONSIGNEE, 51, Severity.WARN),
    Reason.ADDRESS_UNCLEAR: About(ReasonGroup.UNREACHABLE, Party.CONSIGNEE, 52, Severity.WARN),
    Reason.CITY_DIFFERS: About(ReasonGroup.DOUBTFUL, Party.CARRIER, 70, Severity.WARN),
    Reason.NO_INFO: About(ReasonGroup.HELD_UP, Party.SHOP, 20, Severity.NOTICE),
    Reason.ODD_SIGN_TIME: About(ReasonGroup.DOUBTFUL, Party.CARRIER, 21, Severity.NOTICE),
    Reason.CARRIER_CORRECTED: About(ReasonGroup.DOUBTFUL, Party.SHOP, 22, Severity.NOTICE),
    Reason.PROBLEM: About(ReasonGroup.HELD_UP, Party.UNKNOWN, 23, Severity.WARN),
    Reason.PICKED_BEFORE_PAYMENT: About(ReasonGroup.DOUBTFUL, Party.SHOP, 24, Severity.WARN),
    Reason.NUMBER_REUSED: About(ReasonGroup.DOUBTFUL, Party.SHOP, 25, Severity.WARN),
    Reason.CUSTOMS_FAILED: About(ReasonGroup.HELD_UP, Party.CUSTOMS, 26, Severity.SEVERE),
}

ABOUT: Final[tuple[About, ...]] = tuple(_ABOUT[Reason(max(value, 1))] for value in range(max(Reason) + 1))
"""`About` by the value of the reason; index 0 is never asked."""


def reason_group(reason: Reason) -> ReasonGroup:
    """Return the coarse group of a reason. LOST, UNREACHABLE and DAMAGED are the differences (差异) of the source."""
    return ABOUT[reason].group


def responsible(type_: Type, reason: Reason) -> Party:
    """
    Return who has to act.

    Reading: the reason decides, whatever the type; only a place out of the carrier's area changes hands: before the
    delivery the shop chose the wrong carrier, at the door the carrier found it out.
    """
    if reason is Reason.OUT_OF_AREA and type_ is Type.TRANSIT_EXCEPTION:
        return Party.SHOP
    return ABOUT[reason].party


class Episode(NamedTuple):
    """
    One anomaly of a parcel, from the instant it should have opened to the one it should have closed.

    `closes_at` and `closing` are 0 while it is open. `severity_at` is when the present severity was reached. A type has
    no two episodes with one `opens_at`, so (type, opens_at) is its key.
    """

    type: int
    opens_at: int
    closes_at: int
    closing: int
    severity: int
    severity_at: int
    reason: int

    @property
    def is_open(self) -> bool:
        """Tell whether the anomaly is in progress (进行中)."""
        return not self.closes_at


_EPISODE: Final = Struct("<BqqBBqB")
_FORMAT: Final = 1


def pack_episodes(episodes: tuple[Episode, ...]) -> bytes:
    """Return the stored form, 28 bytes an episode after a format byte; none at all is empty bytes."""
    if not episodes:
        return b""
    return Struct("<B" + "BqqBBqB" * len(episodes)).pack(_FORMAT, *chain.from_iterable(episodes))


class FormatUnknown(ValueError):
    """Raised when stored bytes were written by a newer release, or are no episodes at all."""


def unpack_episodes(stored: bytes) -> tuple[Episode, ...]:
    """
    Return the episodes that `pack_episodes` stored.

    :raises FormatUnknown: when the format byte or the length is not one that `pack_episodes` writes.
    """
    if not stored:
        return ()
    if stored[0] != _FORMAT or (len(stored) - 1) % _EPISODE.size:
        raise FormatUnknown(f"format {stored[0]}, {len(stored)} bytes")
    return tuple(map(Episode._make, _EPISODE.iter_unpack(stored[1:])))


class Happened(IntEnum):
    """What became of an episode between two verdicts."""

    OPENED = 1
    CLOSED = 2
    REOPENED = 3
    SEVERITY = 4
    REASON = 5
    CLOSING = 6
    NOT_LATE = 7


class Change(NamedTuple):
    """One change: what happened, and the episode as it is now; for NOT_LATE as it was last."""

    happened: Happened
    episode: Episode


def diff(old: tuple[Episode, ...], new: tuple[Episode, ...]) -> tuple[Change, ...]:
    """
    Return what changed from the stored episodes to those of a new verdict, in the order of (type, opens_at).

    One episode may give several changes, for instance when it became severe and closed. An episode that is gone never
    truly happened: NOT_LATE. One that is new and closed already gives OPENED and CLOSED.
    """
    if old == new:
        return ()
    before = {(each.type, each.opens_at): each for each in old}
    changes: list[Change] = []
    for each in new:
        was = before.pop((each.type, each.opens_at), None)
        if was != each:
            changes += (Change(happened, each) for happened in _what_happened(was, each))
    changes += (Change(Happened.NOT_LATE, gone) for gone in before.values())
    return tuple(sorted(changes, key=lambda change: (change.episode.type, change.episode.opens_at, change.happened)))


def _what_happened(was: Episode | None, now: Episode) -> list[Happened]:
    if was is None:
        return [Happened.OPENED, Happened.CLOSED] if now.closes_at else [Happened.OPENED]
    seen = []
    if now.closes_at and not was.closes_at:
        seen.append(Happened.CLOSED)
    elif was.closes_at and not now.closes_at:
        seen.append(Happened.REOPENED)
    elif (was.closes_at, was.closing) != (now.closes_at, now.closing):
        seen.append(Happened.CLOSING)
    if (was.severity, was.severity_at) != (now.severity, now.severity_at):
        seen.append(Happened.SEVERITY)
    if was.reason != now.reason:
        seen.append(Happened.REASON)
    return seen


def mask_of(types: tuple[Type, ...]) -> int:
    """Return the bit mask of some types: the bit of a type is 1 << its value."""
    return sum({1 << each for each in types})


def open_mask(episodes: tuple[Episode, ...]) -> int:
    """Return the bit mask of the types that have an open episode."""
    mask = 0
    for each in episodes:
        if not each.closes_at:
            mask |= 1 << each.type
    return mask
