"""
The slow, always right way to a life's milestones: read every fact of the number and fold what lives. Intake takes it
only when a batch takes something away (a retraction, a correction, a list that dropped a scan, a new life); `rebuild`
and `as_of` take it always.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from yidao.kit import arrays
from yidao.parcels import hot, registers
from yidao.parcels.lives import Life, Number, city_of
from yidao.rules import parcel, routes, scans, sources
from yidao.rules.instants import DAY, Instant, to_datetime

SHOP_SOURCE: Final = "SHOP"
LIFE_REACHES_BACK: Final = DAY
"""A scan belongs to the newest life whose start minus a day is not after it."""
SCANS_REACH_BACK: Final = 200 * DAY
SCANS_REACH_ON: Final = 400 * DAY
"""Around the lives of a number; wider than what intake lets in, narrow enough to leave most months unread."""
FLAG_KINDS: Final = ((1, scans.Kind.DAMAGED), (2, scans.Kind.LOST))

Facts = tuple[list[tuple[int, sources.ScanFact, int]], list[tuple[int, int, sources.Snapshot]]]
"""Scans as (recorded_at, fact, flags) and lists as (recorded_at, life, snapshot) of one number."""


def entries_of(*, occurred_at: int, kind: int, division: str, flags: int, is_weak: bool) -> tuple[parcel.Entry, ...]:
    """Return the entries one scan gives: itself, and one more for each word of damage or loss in its text."""
    weight = scans.WEAK if is_weak else 0
    city = city_of(division) if division else routes.UNKNOWN_CITY
    entry = (occurred_at, parcel.RANK[kind], kind + weight, city)
    if not flags:
        return (entry,)
    told = tuple(
        (occurred_at, parcel.RANK[each], each + weight, city)
        for flag, each in FLAG_KINDS
        if flags & flag and each != kind
    )
    return (entry, *told)


def facts_of(connection: psycopg.Connection[Any], some: Mapping[Number, Sequence[Life]]) -> dict[Number, Facts]:
    """Read every scan and every full list of some numbers, whichever life they came to."""
    wanted = sorted(some)
    starts = [life.starts_at for of_number in some.values() for life in of_number] or [0]
    keys = {"waybill_no": arrays.texts([n[0] for n in wanted]), "carrier": arrays.texts([n[1] for n in wanted])}
    found: dict[Number, Facts] = {number: ([], []) for number in wanted}
    span = {
        "since": to_datetime(Instant(min(starts) - SCANS_REACH_BACK)),
        "until": to_datetime(Instant(max(starts) + SCANS_REACH_ON)),
    }
    for row in hot.rows(connection, "scans_of", {**keys, **span}):
        (
            waybill_no,
            carrier,
            source,
            event_id,
            revision,
            is_retracted,
            variant,
            occurred_at,
            recorded_at,
            kind,
            flags,
        ) = row[:11]
        fact = sources.ScanFact(
            source=source,
            event_id=registers.listed_name(event_id, variant) if revision == sources.LISTED else event_id,
            revision=revision,
            is_retracted=is_retracted,
            occurred_at=occurred_at,
            kind=kind,
            city=city_of(row[12]),
            variant=variant,
        )
        found[(waybill_no, carrier)][0].append((recorded_at, fact, flags))
    for waybill_no, carrier, life, source, digest, pushed_at, newest_at, event_ids, recorded_at in hot.rows(
        connection, "snapshots_of", keys
    ):
        snapshot = sources.Snapshot(
            source=source,
            key=sources.SnapshotKey(
                pushed_at=pushed_at or Instant(0), newest_at=newest_at, count=len(event_ids), digest=bytes(digest)
            ),
            event_ids=frozenset(event_ids),
        )
        found[(waybill_no, carrier)][1].append((recorded_at, life, snapshot))
    return found


def milestones_of(
    life: Life, siblings: Sequence[Life], facts: Facts, *, known_at: int | None = None
) -> parcel.Milestones:
    """
    Fold what lives of one life, or what was known to live at `known_at`.

    `siblings` are all lives of the number, this one among them, oldest first.
    """
    since, until = bounds_of(life, siblings)
    told = [
        (fact, flags)
        for recorded_at, fact, flags in facts[0]
        if since <= fact.occurred_at < until and (known_at is None or recorded_at <= known_at)
    ]
    lists = [
        snapshot
        for recorded_at, of_life, snapshot in facts[1]
        if (of_life == life.life or (of_life == life.life - 1 and snapshot.key.newest_at >= since))
        and (known_at is None or recorded_at <= known_at)
    ]
    flags_of = dict(told)
    entries: list[parcel.Entry] = []
    for fact in sources.living(tuple(flags_of), lists):
        is_weak = fact.source == SHOP_SOURCE
        weight = scans.WEAK if is_weak else 0
        entries.append((fact.occurred_at, parcel.RANK[fact.kind], fact.kind + weight, fact.city))
        entries.extend(
            (fact.occurred_at, parcel.RANK[each], each + weight, fact.city)
            for flag, each in FLAG_KINDS
            if flags_of[fact] & flag and each != fact.kind
        )
    return parcel.of(entries)


def registers_of(life: Life, facts: Facts) -> bytes:
    """Return the stored form of a life's registers: the greatest list of each source."""
    winners: dict[str, sources.Snapshot] = {}
    for _, of_life, snapshot in facts[1]:
        best = winners.get(snapshot.source)
        if of_life == life.life and (best is None or snapshot.key > best.key):
            winners[snapshot.source] = snapshot
    return registers.pack(
        {
            source: registers.Register(
                pushed_at=each.key.pushed_at,
                newest_at=each.key.newest_at,
                length=each.key.count,
                digest=each.key.digest,
                ids=frozenset(map(registers.name_hash, each.event_ids)),
            )
            for source, each in winners.items()
        }
    )


def is_revised(life: Life, siblings: Sequence[Life], facts: Facts) -> bool:
    """Tell whether a scan of a life was ever corrected or taken back; its milestones can then not just be merged."""
    since, until = bounds_of(life, siblings)
    return any(
        (fact.revision > 0 or fact.is_retracted) and since <= fact.occurred_at < until for _, fact, _ in facts[0]
    )


def bounds_of(life: Life, siblings: Sequence[Life]) -> tuple[int, int]:
    """Return the half-open span of event times that belong to a life; the first one reaches back without end."""
    position = next(index for index, each in enumerate(siblings) if each.life == life.life)
    since = siblings[position].starts_at - LIFE_REACHES_BACK if position else -(1 << 62)
    later = siblings[position + 1 :]
    until = later[0].starts_at - LIFE_REACHES_BACK if later else 1 << 62
    return since, until


def life_at(lives: Sequence[Life], occurred_at: int) -> Life:
    """Return the life a scan belongs to: the newest whose start minus a day is not after it, else the first."""
    for life in reversed(lives):
        if life.starts_at - LIFE_REACHES_BACK <= occurred_at:
            return life
    return lives[0]


def refold(connection: psycopg.Connection[Any], some: Mapping[Number, Sequence[Life]]) -> None:
    """Give the milestones of every life of some numbers afresh from all facts, those just written included."""
    facts = facts_of(connection, some)
    for number, lives in some.items():
        for life in lives:
            life.milestones = milestones_of(life, lives, facts[number])
            life.revised = is_revised(life, lives, facts[number])
