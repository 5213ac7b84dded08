"""
Writes judged lives: new rows, compare-and-swap updates, anomalies and their journal for exactly the rows that were won.
The caller owns the transaction. Rows that were lost are named, so that the caller reads them again and merges.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from yidao.kit import arrays
from yidao.parcels import doubts, hot, lives
from yidao.parcels.lives import Key, Life
from yidao.rules import parcel
from yidao.rules.episodes import Change, Happened


@dataclass(slots=True)
class Written:
    """
    What became of a batch of lives: keys another writer was faster at, organisations to tell, anomalies that changed.
    """

    lost: set[Key] = field(default_factory=set)
    organisations: set[int] = field(default_factory=set)
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Judged lives in the order of their keys, with the columns of the statements that write them."""

    lives: list[Life]
    fresh: dict[str, Any]
    known: dict[str, Any]


def prepare(judged: Iterable[Life], knowledge: hot.Knowledge) -> Prepared:
    """Compute everything that writing needs; nothing is sent yet."""
    ordered = sorted(judged, key=lambda life: life.key)
    fresh = [life for life in ordered if not life.version]
    known = [life for life in ordered if life.version]
    return Prepared(
        lives=ordered,
        fresh={**_plan_columns(fresh), **facts_columns(fresh, knowledge)} if fresh else {},
        known=facts_columns(known, knowledge) if known else {},
    )


def swap(connection: psycopg.Connection[Any], prepared: Prepared) -> set[Key]:
    """
    Insert the lives never written, update the others if nobody was faster; return the keys of those that were won.
    """
    won: set[Key] = set(_rows_if(connection, "add_parcels", prepared.fresh))
    won.update(_rows_if(connection, "update_verdicts", prepared.known))
    return won


def write(connection: psycopg.Connection[Any], judged: Iterable[Life], knowledge: hot.Knowledge) -> Written:
    """
    Write judged lives with all that belongs to them.

    A life that was lost left nothing behind. Writing the same life twice is impossible: the second time it is lost.
    """
    prepared = prepare(judged, knowledge)
    won = swap(connection, prepared)
    return follow_up(connection, prepared.lives, won, changes_of(prepared.lives), knowledge)


def write_judged(
    connection: psycopg.Connection[Any], judged: Sequence[Life], knowledge: hot.Knowledge, *, hand: hot.Hand
) -> Written:
    """Write lives whose facts are unchanged and whose verdict only time moved, if nobody was faster."""
    ordered = sorted(judged, key=lambda life: life.key)
    if not ordered:
        return Written()
    verdicts = [life.verdict for life in ordered]
    columns = {
        **_keys(ordered),
        "now": knowledge.now_at,
        "version": arrays.integers([life.version for life in ordered]),
        "status": arrays.texts([each.status for each in verdicts if each]),
        "episodes": arrays.blobs([life.packed_episodes() for life in ordered]),
        "open_types": arrays.integers([each.open_mask for each in verdicts if each]),
        # A scan from a clock that runs ahead counts only when its time has come: a sweep may find the signature.
        "signed_us": arrays.integers([each.signed_at for each in verdicts if each]),
        "due_us": arrays.integers([each.next_due_at for each in verdicts if each]),
    }
    swapped = hand.begin(lambda: _rows_if(connection, "update_judged", columns), size=len(ordered))
    changes = changes_of(ordered)
    return follow_up(connection, ordered, set(swapped()), changes, knowledge)


def _rows_if(connection: psycopg.Connection[Any], statement: str, columns: dict[str, Any]) -> list[tuple[Any, ...]]:
    return hot.rows(connection, statement, columns) if columns else []


def changes_of(some: Iterable[Life]) -> list[tuple[Life, Change]]:
    """Return what changed in the anomalies of judged lives."""
    return [(life, change) for life in some for change in lives.register_changes(life)]


def follow_up(
    connection: psycopg.Connection[Any],
    ordered: Sequence[Life],
    won: set[Key],
    changes: list[tuple[Life, Change]],
    knowledge: hot.Knowledge,
) -> Written:
    """Write the anomalies, the journal and the copies of the rows that were won, and of no others."""
    written = Written()
    mine = ordered
    if len(won) < len(ordered):
        written.lost = {life.key for life in ordered} - won
        mine = [life for life in ordered if life.key in won]
        changes = [each for each in changes if each[0].key in won]
    replanned = [life for life in mine if life.version and life.is_plan_changed]
    if replanned:
        hot.run(connection, "update_plans", {**_plan_columns(replanned), "now": knowledge.now_at})
    if changes:
        _put_anomalies(connection, changes, knowledge)
        _journal(connection, changes, knowledge)
        written.changes = len(changes)
    if replanned:  # Also where no episode is left: what was NOT_LATE may open again and belongs to somebody now.
        hot.run(connection, "own_anomalies", _plan_columns(replanned))
    _tell_further_creators(connection, mine, written)
    doubted = doubts.of_changes(changes)
    for life in mine:
        if life.shop_id:
            written.organisations.add(life.shop_id)
            if (doubt := doubts.of_life(life)) is not None:
                doubted.append(doubts.DoubtRow(*life.key, life.shop_id, doubt))
        if life.creator_id:
            written.organisations.add(life.creator_id)
    if doubted:
        doubts.put(connection, doubted, now=knowledge.now_at)
    return written


def _keys(some: Sequence[Life]) -> dict[str, str]:
    return {
        "waybill_no": arrays.texts([life.waybill_no for life in some]),
        "carrier": arrays.texts([life.carrier for life in some]),
        "life": arrays.integers([life.life for life in some]),
    }


def _plan_columns(some: Sequence[Life]) -> dict[str, Any]:
    return {
        **_keys(some),
        "starts_us": arrays.integers([life.starts_at for life in some]),
        "shop_id": arrays.integers_or_null([life.shop_id for life in some]),
        "creator_id": arrays.integers_or_null([life.creator_id for life in some]),
        "order_nos": arrays.texts([life.order_nos for life in some]),
        "creator_order_nos": arrays.texts([life.creator_order_nos for life in some]),
        "shipped_us": arrays.integers([life.shipped_at for life in some]),
        "paid_us": arrays.integers([life.paid_at for life in some]),
        "sender_division": arrays.texts([life.sender_division for life in some]),
        "receiver_division": arrays.texts([life.receiver_division for life in some]),
        "receiver_tail": arrays.blobs_or_null([life.receiver_tail for life in some]),
        "policy": arrays.texts([life.policy for life in some]),
        "holds": arrays.blobs([life.holds for life in some]),
        "claim_waiting": arrays.booleans([life.claim_waiting for life in some]),
        "has_extra_creators": arrays.booleans([life.has_extra_creators for life in some]),
        "is_adopted": arrays.booleans([life.is_adopted for life in some]),
        "bucket": arrays.integers([lives.bucket_of(life.waybill_no) for life in some]),
    }


def facts_columns(some: Sequence[Life], knowledge: hot.Knowledge) -> dict[str, Any]:
    verdicts = [life.verdict for life in some]
    milestones = [life.milestones for life in some]
    spans = [(each.entries[0][0], each.entries[-1][0]) if each and each.entries else (0, 0) for each in milestones]
    return {
        **_keys(some),
        "now": knowledge.now_at,
        "version": arrays.integers([life.version for life in some]),
        "status": arrays.texts([each.status for each in verdicts if each]),
        "milestones": arrays.blobs([parcel.pack(each) for each in milestones if each is not None]),
        "episodes": arrays.blobs([life.packed_episodes() for life in some]),
        "registers": arrays.blobs([life.registers for life in some]),
        "revised": arrays.booleans([life.revised for life in some]),
        "open_types": arrays.integers([each.open_mask for each in verdicts if each]),
        "scan_count": arrays.integers([len(each.entries) for each in milestones if each is not None]),
        "first_us": arrays.integers([first for first, _ in spans]),
        "last_us": arrays.integers([each.last_scan_at for each in verdicts if each]),
        "last_kind": arrays.integers([each.last_kind for each in verdicts if each]),
        "picked_us": arrays.integers([each.picked_at for each in verdicts if each]),
        "signed_us": arrays.integers([each.signed_at for each in verdicts if each]),
        "due_us": arrays.integers([each.next_due_at for each in verdicts if each]),
    }


def _put_anomalies(
    connection: psycopg.Connection[Any], changed: Sequence[tuple[Life, Change]], knowledge: hot.Knowledge
) -> None:
    latest = {(life.key, change.episode.type, change.episode.opens_at): (life, change) for life, change in changed}
    some = list(latest.values())
    names = [lives.names_of(change.episode) for _, change in some]
    gone = [change.happened is Happened.NOT_LATE for _, change in some]
    closes = [
        change.episode.closes_at or (change.episode.opens_at if is_gone else 0)
        for (_, change), is_gone in zip(some, gone, strict=True)
    ]
    hot.run(
        connection,
        "put_anomalies",
        {
            **_keys([life for life, _ in some]),
            "now": knowledge.now_at,
            "type": arrays.texts([each[0] for each in names]),
            "opens_us": arrays.integers([change.episode.opens_at for _, change in some]),
            "closes_us": arrays.integers(closes),
            "state": arrays.texts(["CLOSED" if each else "OPEN" for each in closes]),
            "severity": arrays.texts([each[1] for each in names]),
            "reason": arrays.texts([each[2] for each in names]),
            "party": arrays.texts([each[3] for each in names]),
            "closing": arrays.texts(
                ["NOT_LATE" if is_gone else each[4] for each, is_gone in zip(names, gone, strict=True)]
            ),
            "noticed_close_us": arrays.integers([knowledge.now if each else 0 for each in closes]),
            "policy": arrays.texts([life.policy for life, _ in some]),
            "shop_id": arrays.integers_or_null([life.shop_id for life, _ in some]),
            "creator_id": arrays.integers_or_null([life.creator_id for life, _ in some]),
            "shipped_us": arrays.integers([life.shipped_at for life, _ in some]),
        },
    )


def _journal(
    connection: psycopg.Connection[Any], changed: Sequence[tuple[Life, Change]], knowledge: hot.Knowledge
) -> None:
    names = [lives.names_of(change.episode) for _, change in changed]
    hot.run(
        connection,
        "add_anomaly_changes",
        {
            **_keys([life for life, _ in changed]),
            "now": knowledge.now_at,
            "version": arrays.integers([life.version + 1 for life, _ in changed]),
            "type": arrays.texts([each[0] for each in names]),
            "opens_us": arrays.integers([change.episode.opens_at for _, change in changed]),
            "change": arrays.texts([change.happened.name for _, change in changed]),
            "severity": arrays.texts([each[1] for each in names]),
            "reason": arrays.texts([each[2] for each in names]),
            "closing": arrays.texts([each[4] for each in names]),
            "closes_us": arrays.integers([change.episode.closes_at for _, change in changed]),
        },
    )


def _tell_further_creators(connection: psycopg.Connection[Any], mine: Sequence[Life], written: Written) -> None:
    shared = [life for life in mine if life.has_extra_creators and life.version]
    if not shared:
        return
    verdicts = [life.verdict for life in shared]
    touched = hot.rows(
        connection,
        "update_extra_creators",
        {
            **_keys(shared),
            "status": arrays.texts([each.status for each in verdicts if each]),
            "open_types": arrays.integers([each.open_mask for each in verdicts if each]),
            "last_us": arrays.integers([each.last_scan_at for each in verdicts if each]),
            "last_kind": arrays.integers([each.last_kind for each in verdicts if each]),
        },
    )
    written.organisations.update(row[0] for row in touched)
