"""
Which scans live: sources tell late, twice and out of order, correct themselves and take things back. A source that
pushes full lists is a max-register; a single event has a revision. What lives is decided by all facts together, in any
order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from yidao.rules.instants import Instant

LISTED: Final = -1
"""The revision of a scan that was told as part of a full list; it lives exactly as long as the winning list has it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SnapshotKey:
    """The order of full lists of one source: push time if given, newest scan, number of scans, then the content."""

    pushed_at: int
    newest_at: int
    count: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One full list a source pushed for a parcel."""

    source: str
    key: SnapshotKey
    event_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFact:
    """One scan as one source told it; `variant` tells apart contents told under one id and revision."""

    source: str
    event_id: str
    revision: int
    is_retracted: bool
    occurred_at: Instant
    kind: int
    city: int
    variant: int


def living(scans: Iterable[ScanFact], snapshots: Iterable[Snapshot]) -> frozenset[ScanFact]:
    """
    Return the scans that live, whatever the order in which the facts came.

    Of full lists the greatest wins per source; a listed scan lives while the winning list of its source has it. Of the
    revisions of a single event the highest wins, on a tie the retraction; all contents told under the winning revision
    live together, for a client that changes an event without raising its revision has said both.
    """
    winners: dict[str, Snapshot] = {}
    for snapshot in snapshots:
        best = winners.get(snapshot.source)
        if best is None or snapshot.key > best.key:
            winners[snapshot.source] = snapshot
    told = list(scans)
    newest: dict[tuple[str, str], tuple[int, bool]] = {}
    for fact in told:
        event = (fact.source, fact.event_id)
        newest[event] = max(newest.get(event, (LISTED, False)), (fact.revision, fact.is_retracted))
    return frozenset(fact for fact in told if _lives(fact, winners, newest))


def _lives(fact: ScanFact, winners: dict[str, Snapshot], newest: dict[tuple[str, str], tuple[int, bool]]) -> bool:
    if fact.revision == LISTED:
        winner = winners.get(fact.source)
        return winner is not None and fact.event_id in winner.event_ids
    return not fact.is_retracted and newest[(fact.source, fact.event_id)] == (fact.revision, False)
