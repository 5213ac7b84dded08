"""
Proves that every stored copy equals a fresh fold of the facts, and mends what does not. Nothing but facts is trusted:
scans, full lists, the plan and the holds; milestones, status, episodes and anomaly rows must follow from them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from yidao.kit import arrays
from yidao.parcels import folding, hot, lives, writing
from yidao.parcels.lives import Key, Life, Number
from yidao.rules import episodes, parcel
from yidao.rules.anomalies import Verdict
from yidao.rules.instants import Instant

PAGE_SIZE: Final = 2_000
_CLOSING: Final = 6
_OWNERS: Final = 7
"""Where an anomaly's row, without its key, tells its closing, and where its owners begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One stored copy that does not follow from the facts."""

    key: Key
    what: str
    stored: str
    fresh: str


def check(connection: psycopg.Connection[Any], *, on_page: Callable[[int], None] | None = None) -> Iterator[Difference]:
    """Compare every parcel with a fresh fold, page by page; `on_page` hears how many were compared."""
    for numbers in pages(connection):
        yield from check_numbers(connection, numbers)
        if on_page is not None:
            on_page(len(numbers))


def pages(connection: psycopg.Connection[Any]) -> Iterator[list[Number]]:
    """Yield all numbers, in pages that never cut the lives of a number apart."""
    after: tuple[str, str, int] = ("", "", 0)
    while True:
        parameters = {"waybill_no": after[0], "carrier": after[1], "life": after[2], "limit": PAGE_SIZE}
        page = hot.rows(connection, "page_of_keys", parameters)
        if not page:
            return
        numbers = list(dict.fromkeys((waybill_no, carrier) for waybill_no, carrier in page))
        after = (*numbers[-1], 32_767)
        yield numbers


def check_numbers(connection: psycopg.Connection[Any], numbers: Sequence[Number]) -> tuple[Difference, ...]:
    """Compare some numbers with a fresh fold, at the instant each was last judged, in one view of the database."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        knowledge = hot.Knowledge()
        knowledge.refresh(connection)
        found = lives.load(connection, numbers)
        facts = folding.facts_of(connection, found)
        keys = {"waybill_no": arrays.texts([n[0] for n in numbers]), "carrier": arrays.texts([n[1] for n in numbers])}
        stored = {row[:3]: row[3:] for row in hot.rows(connection, "stored_verdicts", keys)}
        rows = _anomaly_rows(connection, keys)
        further = hot.rows(connection, "further_creators_of", keys)
    differences: list[Difference] = []
    for number, of_number in found.items():
        for life in of_number:
            milestones = folding.milestones_of(life, of_number, facts[number])
            evaluated_at = stored[life.key][0]
            verdict = lives.verdict_of(life, milestones, knowledge, at=Instant(evaluated_at))
            differences.extend(_compare(life, milestones, verdict, stored[life.key], rows.get(life.key, [])))
            differences.extend(_compare_helpers(life, of_number, facts[number], rows.get(life.key, [])))
            differences.extend(
                Difference(key=life.key, what="further creator", stored=str(row[4:]), fresh=verdict.status)
                for row in further
                if row[:3] == life.key and row[4:] != (verdict.status, verdict.open_mask)
            )
    return tuple(differences)


def _anomaly_rows(connection: psycopg.Connection[Any], keys: dict[str, str]) -> dict[Key, list[tuple[Any, ...]]]:
    """Return the anomaly rows of each life, those that never truly happened among them."""
    found: dict[Key, list[tuple[Any, ...]]] = {}
    for row in hot.rows(connection, "anomalies_of", keys):
        found.setdefault(row[:3], []).append(row[3:])
    return found


def _true(rows: Sequence[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {row[:_OWNERS] for row in rows if row[_CLOSING] != "NOT_LATE"}


def _compare(
    life: Life,
    milestones: parcel.Milestones,
    verdict: Verdict,
    stored: tuple[Any, ...],
    rows: Sequence[tuple[Any, ...]],
) -> Iterator[Difference]:
    _, open_types, due_at, last_scan_at, picked_at, signed_at = stored
    pairs = (
        ("milestones", _read(parcel.unpack, life.milestones_before), milestones),
        ("status", life.status, str(verdict.status)),
        ("episodes", _read(episodes.unpack_episodes, life.episodes_before), verdict.episodes),
        ("open types", open_types, verdict.open_mask),
        ("due", due_at or 0, verdict.next_due_at),
        ("last scan", last_scan_at or 0, verdict.last_scan_at),
        ("picked", picked_at or 0, verdict.picked_at),
        ("signed", signed_at or 0, verdict.signed_at),
        ("anomalies", _true(rows), {_anomaly_row(each) for each in verdict.episodes}),
    )
    for what, old, fresh in pairs:
        if old != fresh:
            yield Difference(key=life.key, what=what, stored=repr(old), fresh=repr(fresh))


def _compare_helpers(
    life: Life, siblings: Sequence[Life], facts: folding.Facts, rows: Sequence[tuple[Any, ...]]
) -> Iterator[Difference]:
    """Compare what nobody reads but the next writer depends on, and whose the anomalies are."""
    owners = life.shop_id, life.creator_id, life.shipped_at or None
    pairs = (
        ("registers", life.registers_before, folding.registers_of(life, facts)),
        ("revised", life.revised_before, folding.is_revised(life, siblings, facts)),
        ("owners of anomalies", {row[_OWNERS:] for row in rows} or {owners}, {owners}),
    )
    for what, old, fresh in pairs:
        if old != fresh:
            yield Difference(key=life.key, what=what, stored=repr(old), fresh=repr(fresh))


def _read(unpack: Callable[[bytes], object], stored: bytes) -> object:
    """Return what stored bytes hold, or the fault they were found to have: a damaged copy is a difference too."""
    try:
        return unpack(stored)
    except (parcel.FormatUnknown, episodes.FormatUnknown) as fault:
        return fault


def _anomaly_row(episode: episodes.Episode) -> tuple[Any, ...]:
    type_, severity, reason, _, closing = lives.names_of(episode)
    state = "CLOSED" if episode.closes_at else "OPEN"
    return type_, episode.opens_at, episode.closes_at or None, state, severity, reason, closing


def mend(connection: psycopg.Connection[Any], numbers: Sequence[Number]) -> int:
    """
    Fold some numbers afresh, judge them now and write what follows; return how many lives were written.

    The journal tells what the mending changed in the anomalies as they stood.
    """
    with connection.transaction():
        knowledge = hot.Knowledge()
        knowledge.refresh(connection)
        found = lives.load(connection, numbers)
        facts = folding.facts_of(connection, found)
        keys = {"waybill_no": arrays.texts([n[0] for n in numbers]), "carrier": arrays.texts([n[1] for n in numbers])}
        rows = _anomaly_rows(connection, keys)
        some = [life for of_number in found.values() for life in of_number]
        for number, of_number in found.items():
            for life in of_number:
                life.milestones = folding.milestones_of(life, of_number, facts[number])
                life.verdict = lives.verdict_of(life, life.milestones, knowledge, at=knowledge.now)
                life.registers = folding.registers_of(life, facts[number])
                life.revised = folding.is_revised(life, of_number, facts[number])
                life.episodes_before = _as_they_stand(rows.get(life.key, []), life.verdict)
                life.is_plan_changed = True
        written = writing.write(connection, some, knowledge)
    return len(some) - len(written.lost)


def _as_they_stand(rows: Sequence[tuple[Any, ...]], verdict: Verdict) -> bytes:
    """Return the episodes that the anomaly rows tell of; since when a severity holds stands in the verdict alone."""
    fresh = {(each.type, each.opens_at): each.severity_at for each in verdict.episodes}
    standing = [
        episodes.Episode(
            type=episodes.Type[type_],
            opens_at=opens_at,
            closes_at=closes_at or 0,
            closing=episodes.Closing[closing] if closing else 0,
            severity=episodes.Severity[severity],
            severity_at=fresh.get((episodes.Type[type_], opens_at), opens_at),
            reason=episodes.Reason[reason],
        )
        for type_, opens_at, closes_at, _, severity, reason, closing in _true(rows)
    ]
    return episodes.pack_episodes(tuple(sorted(standing)))
