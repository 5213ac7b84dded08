"""A parcel as a join-semilattice: what its living scans amount to, and the status that follows from them.

Milestones only ever grow under `merge`, in any order and however often: who knows the same scans knows the same.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Final

from yidao.rules import routes, scans
from yidao.rules.instants import END_OF_TIME, MINUTE, NEVER, Instant
from yidao.rules.scans import WEAK, Kind

Entry = tuple[int, int, int, int]
"""(occurred_at, rank, kind, city): one living scan; the kind carries WEAK when only the shop reported it."""

ENTRIES_MAX: Final = 256

city_of = routes.city_of


class Status(StrEnum):
    """Where a parcel is. Source: seven statuses of the creator's monitor, and the internal ones beside them."""

    SHIPPED_AWAIT_PICKUP = "SHIPPED_AWAIT_PICKUP"
    PICKED_AWAIT_TRANSIT = "PICKED_AWAIT_TRANSIT"
    IN_TRANSIT_AWAIT_DELIVERY = "IN_TRANSIT_AWAIT_DELIVERY"
    CUSTOMS_PENDING = "CUSTOMS_PENDING"
    CUSTOMS_PROCESSING = "CUSTOMS_PROCESSING"
    CUSTOMS_FAILED = "CUSTOMS_FAILED"
    CUSTOMS_CLEARED = "CUSTOMS_CLEARED"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    AWAIT_COLLECTION = "AWAIT_COLLECTION"
    REJECTED = "REJECTED"
    INTERCEPTED = "INTERCEPTED"
    RETURNING = "RETURNING"
    SIGNED = "SIGNED"
    RETURN_SIGNED = "RETURN_SIGNED"
    VOIDED = "VOIDED"


RANKS: Final[dict[Status, int]] = {
    Status.SHIPPED_AWAIT_PICKUP: 10,
    Status.PICKED_AWAIT_TRANSIT: 20,
    Status.IN_TRANSIT_AWAIT_DELIVERY: 30,
    Status.CUSTOMS_PENDING: 32,
    Status.CUSTOMS_PROCESSING: 34,
    Status.CUSTOMS_FAILED: 36,
    Status.CUSTOMS_CLEARED: 38,
    Status.OUT_FOR_DELIVERY: 40,
    Status.AWAIT_COLLECTION: 45,
    Status.REJECTED: 80,
    Status.INTERCEPTED: 84,
    Status.RETURNING: 85,
    Status.SIGNED: 90,
    Status.RETURN_SIGNED: 95,
    Status.VOIDED: 99,
}
"""Reading: a failed clearance ranks below a completed one, because a corrected declaration may still clear."""

STATUSES: Final = tuple(RANKS)

_SHOWN_AS: Final[dict[Status, Status | None]] = {
    Status.CUSTOMS_PENDING: Status.IN_TRANSIT_AWAIT_DELIVERY,
    Status.CUSTOMS_PROCESSING: Status.IN_TRANSIT_AWAIT_DELIVERY,
    Status.CUSTOMS_FAILED: Status.IN_TRANSIT_AWAIT_DELIVERY,
    Status.CUSTOMS_CLEARED: Status.IN_TRANSIT_AWAIT_DELIVERY,
    Status.INTERCEPTED: Status.REJECTED,
    Status.RETURNING: Status.REJECTED,
    Status.RETURN_SIGNED: Status.REJECTED,
    Status.VOIDED: None,
}

# The status that a kind asks for; kinds that are missing here keep the status as it is.
_ASKS_FOR: Final[dict[Kind, Status]] = {
    Kind.ORDERED: Status.SHIPPED_AWAIT_PICKUP,
    Kind.NO_INFO: Status.SHIPPED_AWAIT_PICKUP,
    Kind.PICKED_UP: Status.PICKED_AWAIT_TRANSIT,
    **dict.fromkeys(sorted(scans.TRANSIT), Status.IN_TRANSIT_AWAIT_DELIVERY),
    **dict.fromkeys(sorted(scans.OUT), Status.OUT_FOR_DELIVERY),
    **dict.fromkeys(sorted(scans.BOXED), Status.AWAIT_COLLECTION),
    **dict.fromkeys(sorted(scans.SIGNATURES), Status.SIGNED),
    Kind.REJECTED: Status.REJECTED,
    Kind.RETURNING: Status.RETURNING,
    Kind.RETURN_SIGNED: Status.RETURN_SIGNED,
    Kind.INTERCEPTED: Status.INTERCEPTED,
    Kind.VOIDED: Status.VOIDED,
    Kind.CUSTOMS_PENDING: Status.CUSTOMS_PENDING,
    Kind.CUSTOMS_PROCESSING: Status.CUSTOMS_PROCESSING,
    Kind.CUSTOMS_CLEARED: Status.CUSTOMS_CLEARED,
    Kind.CUSTOMS_FAILED: Status.CUSTOMS_FAILED,
}

_EXCEPTION_RANK: Final = 50
"""At one instant an exception stands after the movement it happened to, and before a signature or a return."""

RANK: Final[tuple[int, ...]] = tuple(
    RANKS[_ASKS_FOR[Kind(value)]] if value in _ASKS_FOR else _EXCEPTION_RANK for value in range(max(Kind) + 1)
)
"""Tie-break rank by kind; also good for kinds that carry WEAK when indexed with `kind & ~WEAK`."""


def shown_to_creator(status: Status) -> Status | None:
    """Return which of the seven statuses a creator sees, or None when the parcel is hidden from him."""
    return _SHOWN_AS.get(status, status)


def entry(at: Instant, kind: Kind, city: int = routes.UNKNOWN_CITY) -> Entry:
    """Return the entry of a scan that a carrier or provider reported."""
    return (at, RANK[kind], int(kind), city)


def weak_entry(at: Instant, kind: Kind, city: int = routes.UNKNOWN_CITY) -> Entry:
    """Return the entry of a scan that only the shop reported."""
    return (at, RANK[kind], kind + WEAK, city)


# --- Milestones ------------------------------------------------------------------------------------------------------

_MOVED: Final = frozenset(map(int, scans.MOVED))
_LEFT: Final = frozenset(map(int, scans.LEFT))


@dataclass(frozen=True, slots=True)
class Milestones:
    """
    What the living scans of one parcel amount to.

    `entries` are sorted and unique, at most ENTRIES_MAX: beyond that strong ones outlast weak ones, and newer ones
    outlast older ones. The two minima are kept apart so that truncation forgets neither; 0 means not yet.
    """

    entries: tuple[Entry, ...] = ()
    first_moved_at: Instant = NEVER
    first_left_at: Instant = NEVER


EMPTY: Final = Milestones()


def _keeps(each: Entry) -> tuple[bool, Entry]:
    return each[2] < WEAK, each


def _sorted_and_cut(entries: set[Entry]) -> tuple[Entry, ...]:
    if len(entries) > ENTRIES_MAX:
        return tuple(sorted(sorted(entries, key=_keeps)[-ENTRIES_MAX:]))
    return tuple(sorted(entries))


def of(entries: Iterable[Entry]) -> Milestones:
    """Return the milestones of any number of entries, in any order, repeated or not."""
    unique = set(entries)
    moved = left = END_OF_TIME
    for at, _, kind, _ in unique:
        if kind in _MOVED:
            if at < moved:
                moved = Instant(at)
            if at < left and kind in _LEFT:
                left = Instant(at)
    return Milestones(
        _sorted_and_cut(unique),
        moved if moved < END_OF_TIME else NEVER,
        left if left < END_OF_TIME else NEVER,
    )


def merge(one: Milestones, other: Milestones) -> Milestones:
    """Return what both know together: commutative, associative and idempotent."""
    if one == other or not other.entries:
        return one
    if not one.entries:
        return other
    return Milestones(
        _sorted_and_cut({*one.entries, *other.entries}),
        _earlier(one.first_moved_at, other.first_moved_at),
        _earlier(one.first_left_at, other.first_left_at),
    )


def add(known: Milestones, entry: Entry) -> Milestones:
    """Return `merge(known, of((entry,)))`, without sorting what is sorted already."""
    entries = known.entries
    place = bisect_left(entries, entry)
    if place < len(entries) and entries[place] == entry:
        return known
    if len(entries) >= ENTRIES_MAX:
        return merge(known, of((entry,)))
    at, _, kind, _ = entry
    moved = left = NEVER
    if kind in _MOVED:
        moved = Instant(at)
        left = moved if kind in _LEFT else NEVER
    return Milestones(
        (*entries[:place], entry, *entries[place:]),
        _earlier(known.first_moved_at, moved),
        _earlier(known.first_left_at, left),
    )


def _earlier(one: Instant, other: Instant) -> Instant:
    if one and other:
        return min(one, other)
    return one or other


# --- Stored form -----------------------------------------------------------------------------------------------------

_FORMAT: Final = 1
_HEAD: Final = Struct("<Bqq")
_ENTRY: Final = Struct("<qBBH")


class FormatUnknown(ValueError):
    """Raised when stored bytes were written by a newer release, or are no milestones at all."""


@lru_cache(maxsize=ENTRIES_MAX + 1)
def _whole(count: int) -> Struct:
    return Struct("<Bqq" + "qBBH" * count)


def pack(milestones: Milestones) -> bytes:
    """Return the stored form: a format byte, the two minima, 12 bytes an entry; equal milestones, equal bytes."""
    entries = milestones.entries
    return _whole(len(entries)).pack(
        _FORMAT,
        milestones.first_moved_at,
        milestones.first_left_at,
        *chain.from_iterable(entries),
    )


def unpack(stored: bytes) -> Milestones:
    """
    Return the milestones that `pack` stored; empty bytes are EMPTY.

    :raises FormatUnknown: when the format byte or the length is not one that `pack` writes.
    """
    if not stored:
        return EMPTY
    if stored[0] != _FORMAT or (len(stored) - _HEAD.size) % _ENTRY.size:
        raise FormatUnknown(f"format {stored[0]}, {len(stored)} bytes")
    _, moved, left = _HEAD.unpack_from(stored)
    return Milestones(tuple(_ENTRY.iter_unpack(stored[_HEAD.size :])), Instant(moved), Instant(left))


# --- Status ----------------------------------------------------------------------------------------------------------
#
# Note [The state of the fold]: a status and one bit, BACK: the newest of refusal, interception, return and voiding is
# newer than the newest delivery scan of a carrier. Only with BACK a signature is the sender's own.
# State = 2 * index of the status + BACK; the table below is computed once from `_step`, which is the rule to read.

BACK: Final = 1
FIRST_STATE: Final = 0
_KINDS: Final = 128

_REDELIVERS: Final = frozenset({Kind.OUT_FOR_DELIVERY, Kind.REDELIVERY})
_BACK_TO_TRANSIT: Final = frozenset({Kind.MISSORTED, Kind.FORWARDED})


def _step(status: Status, kind: Kind, *, is_back: bool) -> Status:
    """
    Return the status after a scan.

    Source: status mapping of both providers; legal regressions are locker to delivery, delivery to transit, and
    signature to return. Everything else that would lower the rank is recorded and moves nothing.
    """
    if status in (Status.VOIDED, Status.RETURN_SIGNED):
        return status
    if kind in _BACK_TO_TRANSIT and status is Status.OUT_FOR_DELIVERY:
        return Status.IN_TRANSIT_AWAIT_DELIVERY
    if kind is Kind.VOIDED:
        return Status.VOIDED if status is Status.SHIPPED_AWAIT_PICKUP else Status.RETURNING
    if kind in scans.SIGNATURES and is_back:
        return Status.RETURN_SIGNED
    asked = _ASKS_FOR.get(kind, status)
    if asked is Status.OUT_FOR_DELIVERY and status is Status.AWAIT_COLLECTION:
        return asked
    if asked is Status.RETURNING and status is Status.SIGNED:
        return asked
    return asked if RANKS[asked] > RANKS[status] else status


def _turn(kind: Kind, *, is_back: bool, is_weak: bool) -> bool:
    """Return whether the newest word is that the parcel goes back; a shop's delivery scan does not turn it forth."""
    if kind in scans.BACKWARD or kind is Kind.VOIDED:
        return True
    return is_back and (is_weak or kind not in _REDELIVERS)


_KNOWN: Final = frozenset(map(int, Kind))


def _transitions() -> tuple[int, ...]:
    table = []
    for status in STATUSES:
        for is_back in (False, True):
            state = 2 * STATUSES.index(status) + is_back
            for value in range(_KINDS):
                plain = value & ~WEAK
                if plain not in _KNOWN:
                    table.append(state)
                    continue
                kind = Kind(plain)
                after = _step(status, kind, is_back=is_back)
                back = _turn(kind, is_back=is_back, is_weak=value >= WEAK)
                table.append(2 * STATUSES.index(after) + back)
    return tuple(table)


TRANSITIONS: Final = _transitions()
"""The state after `kind` in `state`, at index `state * 128 + kind`."""

STATUS_OF_STATE: Final = tuple(status for status in STATUSES for _ in (0, 1))

_SETTLES: Final = frozenset(int(kind) for kind in Kind if kind in _ASKS_FOR or kind is Kind.MISSORTED)


def status(milestones: Milestones) -> Status:
    """
    Return the status, folding the entries from the oldest to the newest.

    Reading: the shop's own word counts until a carrier says something newer; an older word of the shop moves nothing.
    """
    said = shown = FIRST_STATE
    for _, _, kind, _ in milestones.entries:
        if kind >= WEAK:
            shown = TRANSITIONS[shown * _KINDS + kind]
        elif kind in _SETTLES:
            said = shown = TRANSITIONS[said * _KINDS + kind]
    return STATUS_OF_STATE[shown]


OVER: Final = frozenset({Status.SIGNED, Status.RETURN_SIGNED, Status.VOIDED})
"""The parcel's way has ended; its number may be given out again."""


def over_since(milestones: Milestones) -> Instant:
    """
    Return when the parcel's way ended for the last time, NEVER while it goes on.

    What comes after a signature and leads nowhere, such as the scans of the number's next use, does not move it.
    """
    since = NEVER
    said = shown = FIRST_STATE
    for at, _, kind, _ in milestones.entries:
        if kind >= WEAK:
            shown = TRANSITIONS[shown * _KINDS + kind]
        elif kind in _SETTLES:
            said = shown = TRANSITIONS[said * _KINDS + kind]
        if STATUS_OF_STATE[shown] not in OVER:
            since = NEVER
        elif since == NEVER:
            since = Instant(at)
    return since


def minute_of(at: Instant) -> Instant:
    """Return the start of the minute of `at`: a line of a timeline is one (minute, kind, city), whoever told it."""
    return Instant(at - at % MINUTE)
