"""
One life of a waybill number while it is being worked on: loaded from its row, given new facts, judged, and written back
with compare-and-swap. No locks are taken; who loses the race reads again and merges.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import msgspec
import psycopg

from yidao.kit import arrays
from yidao.parcels import hot, registers
from yidao.rules import anomalies, episodes, parcel, routes
from yidao.rules.anomalies import Hold, HoldKind, Plan
from yidao.rules.episodes import Change, Closing, Episode, Happened
from yidao.rules.instants import Instant
from yidao.rules.parcel import Milestones

BUCKETS: Final = 16
Number = tuple[str, str]
"""(waybill_no, carrier): what a scan names; which life it belongs to is decided by time."""
Key = tuple[str, str, int]

city_of = lru_cache(maxsize=16_384)(routes.city_of)
"""The same few thousand divisions are asked for again and again."""
_EMPTY_MILESTONES: Final = parcel.pack(parcel.EMPTY)
_TYPE_NAMES: Final = {int(each): each.name for each in episodes.Type}
_SEVERITY_NAMES: Final = {int(each): each.name for each in episodes.Severity}
_REASON_NAMES: Final = {int(each): each.name for each in episodes.Reason}
_CLOSING_NAMES: Final = {0: "", **{int(each): each.name for each in Closing}}


def bucket_of(waybill_no: str) -> int:
    """Return the hash bucket whose sweeper looks after a number."""
    return crc32(waybill_no.encode()) % BUCKETS


class Life:
    """
    The working copy of a parcel row. `version` is 0 until it was first written. The `*_before` fields hold what is
    stored, so that writing can tell what changed.
    """

    __slots__ = (
        "_before",
        "carrier",
        "claim_waiting",
        "creator_id",
        "creator_order_nos",
        "entries",
        "episodes_after",
        "episodes_before",
        "has_extra_creators",
        "holds",
        "is_adopted",
        "is_plan_changed",
        "is_touched",
        "key",
        "life",
        "milestones",
        "milestones_before",
        "order_nos",
        "paid_at",
        "policy",
        "receiver_division",
        "receiver_tail",
        "registers",
        "registers_before",
        "revised",
        "revised_before",
        "sender_division",
        "shipped_at",
        "shop_id",
        "starts_at",
        "status",
        "verdict",
        "version",
        "waybill_no",
    )

    waybill_no: str
    carrier: str
    life: int
    version: int
    starts_at: int
    shop_id: int | None
    creator_id: int | None
    order_nos: str
    creator_order_nos: str
    sender_division: str
    receiver_division: str
    receiver_tail: bytes | None
    policy: str
    status: str
    milestones_before: bytes
    episodes_before: bytes
    registers_before: bytes
    holds: bytes
    revised: bool
    claim_waiting: bool
    has_extra_creators: bool

    def __init__(self, row: Sequence[Any]) -> None:
        (
            self.waybill_no,
            self.carrier,
            self.life,
            self.version,
            self.starts_at,
            self.shop_id,
            self.creator_id,
            self.order_nos,
            self.creator_order_nos,
            shipped_at,
            paid_at,
            self.sender_division,
            self.receiver_division,
            self.receiver_tail,
            self.policy,
            self.status,
            self.milestones_before,
            self.episodes_before,
            self.registers_before,
            self.holds,
            self.revised,
            self.claim_waiting,
            self.has_extra_creators,
        ) = row
        self.key: Key = (self.waybill_no, self.carrier, self.life)
        self.shipped_at: int = shipped_at or 0
        self.paid_at: int = paid_at or 0
        self.revised_before: bool = self.revised
        self._before: Milestones | None = None
        self.milestones: Milestones | None = None
        self.entries: list[parcel.Entry] = []
        self.registers: bytes = self.registers_before
        self.episodes_after: bytes | None = None
        self.verdict: anomalies.Verdict | None = None
        self.is_plan_changed = False
        self.is_adopted = False
        self.is_touched = False

    @property
    def before(self) -> Milestones:
        """Return the stored milestones, unpacked once."""
        if self._before is None:
            self._before = parcel.unpack(self.milestones_before)
        return self._before

    def surely_lacks(self, entry: parcel.Entry) -> bool:
        """
        Tell whether no row of a single event that gave this entry can stand in the database.

        Every accepted single event has its entry in the milestones, unless something was taken back or they overflowed.
        """
        if not self.version:
            return True
        known = self.before.entries
        return not self.revised_before and len(known) < parcel.ENTRIES_MAX and entry not in known

    @property
    def is_over(self) -> bool:
        """Tell whether another shipment may take the number."""
        return self.status in parcel.OVER

    def add_hold(self, hold: Hold) -> None:
        """Record a fact that is no scan; recording it twice changes nothing."""
        held = unpack_holds(self.holds)
        if hold not in held:
            self.holds = pack_holds((*held, hold))
            self.is_plan_changed = True

    def judge(self, knowledge: hot.Knowledge) -> bool:
        """Derive status and episodes at the batch's instant; return whether anything is to be written."""
        before = self.before
        milestones = self.milestones
        if milestones is None:
            milestones = before
            if len(self.entries) == 1:
                milestones = parcel.add(before, self.entries[0])
            elif self.entries:
                milestones = parcel.merge(before, parcel.of(self.entries))
        if (
            self.version
            and milestones == before
            and not (self.is_plan_changed or self.is_touched)
            and self.registers == self.registers_before
            and self.revised == self.revised_before
        ):
            return False
        self.milestones = milestones
        self.verdict = verdict_of(self, milestones, knowledge, at=knowledge.now)
        return True

    def packed_episodes(self) -> bytes:
        """Return the stored form of the new verdict's episodes, made once."""
        if self.episodes_after is None:
            assert self.verdict is not None
            self.episodes_after = packed(self.verdict)
        return self.episodes_after

    def judge_again(self, knowledge: hot.Knowledge) -> None:
        """Derive the verdict because time has passed, from unchanged facts."""
        self.milestones = self.before
        self.verdict = verdict_of(self, self.milestones, knowledge, at=knowledge.now)


def new_life(waybill_no: str, carrier: str, life: int, *, starts_at: int) -> Life:
    """Return a life that is not written yet: a stub, until a shipment fills its plan in."""
    plan = (starts_at, None, None, "", "", 0, 0, "", "", None, "")
    facts = ("", _EMPTY_MILESTONES, b"", b"", b"", False, False, False)
    return Life((waybill_no, carrier, life, 0, *plan, *facts))


def verdict_of(life: Life, milestones: Milestones, knowledge: hot.Knowledge, *, at: Instant) -> anomalies.Verdict:
    """Judge a life's facts at an instant with its own policy, which is chosen once and then kept."""
    if not life.policy:
        anchor = Instant(life.shipped_at or life.starts_at)
        life.policy = knowledge.book.choose(anchor, life.shop_id, life.carrier).version
    holds = knowledge.outage_holds(life.carrier, at=at)
    if life.holds:
        holds += unpack_holds(life.holds)
    return anomalies.judge(milestones, plan_of(life), holds, knowledge.book.by_name(life.policy), at)


def plan_of(life: Life) -> Plan:
    """Return what was promised: the facts of the shipment that the rules ask for."""
    return Plan(
        shipped_at=Instant(life.shipped_at),
        paid_at=Instant(life.paid_at),
        sender_city=city_of(life.sender_division),
        receiver_city=city_of(life.receiver_division),
    )


def pack_holds(holds: Iterable[Hold]) -> bytes:
    """Return the stored form of a life's own holds, in an order that does not depend on when they came."""
    return msgspec.msgpack.encode(sorted((int(each.kind), each.types, each.since, each.until) for each in holds))


def unpack_holds(stored: bytes) -> tuple[Hold, ...]:
    """Return the holds that `pack_holds` stored."""
    if not stored:
        return ()
    return tuple(
        Hold(kind=HoldKind(kind), types=types, since=since, until=until)
        for kind, types, since, until in msgspec.msgpack.decode(stored)
    )


def load(connection: psycopg.Connection[Any], numbers: Iterable[Number]) -> dict[Number, list[Life]]:
    """Return all lives of some numbers, oldest first; an unknown number has none."""
    wanted = sorted(numbers)
    found: dict[Number, list[Life]] = {number: [] for number in wanted}
    if not wanted:
        return found
    parameters = {"waybill_no": arrays.texts([n[0] for n in wanted]), "carrier": arrays.texts([n[1] for n in wanted])}
    for row in hot.rows(connection, "load", parameters):
        found[(row[0], row[1])].append(Life(row))
    for lives in found.values():
        if len(lives) > 1:
            lives.sort(key=lambda life: life.life)
    return found


def packed(verdict: anomalies.Verdict) -> bytes:
    """Return the stored form of a verdict's episodes."""
    return episodes.pack_episodes(verdict.episodes)


def register_changes(life: Life) -> tuple[Change, ...]:
    """Return what changed between the stored episodes and the new verdict."""
    assert life.verdict is not None
    if life.packed_episodes() == life.episodes_before:
        return ()
    return episodes.diff(episodes.unpack_episodes(life.episodes_before), life.verdict.episodes)


def names_of(episode: Episode) -> tuple[str, str, str, str, str]:
    """Return (type, severity, reason, party, closing) as they are stored."""
    return (
        _TYPE_NAMES[episode.type],
        _SEVERITY_NAMES[episode.severity],
        _REASON_NAMES[episode.reason],
        episodes.responsible(episodes.Type(episode.type), episodes.Reason(episode.reason)).name,
        _CLOSING_NAMES[episode.closing],
    )


__all__ = [
    "BUCKETS",
    "Happened",
    "Key",
    "Life",
    "Number",
    "bucket_of",
    "load",
    "names_of",
    "new_life",
    "pack_holds",
    "packed",
    "plan_of",
    "register_changes",
    "registers",
    "unpack_holds",
    "verdict_of",
]
