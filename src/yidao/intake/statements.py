"""
The intake's statements as functions: appending scans and lists, quarantine, aliases, and the word to those who
listen.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from yidao.intake.payloads import CorrectionIn, OrderIn, QuarantineIn, ScanIn, ShipmentIn, SnapshotIn, SourceFacts
from yidao.kit import arrays, crypto, ids
from yidao.kit.sql import named_statements
from yidao.parcels import hot, registers
from yidao.parcels.lives import Life, Number
from yidao.rules.instants import Instant, to_datetime

STATEMENTS: Mapping[str, str] = named_statements(Path(__file__).with_name("statements.sql"))
TOLD_MAX: Final = 200
"""Organisations named in one notice; when more are touched, everybody looks."""

ScanIdentity = tuple[str, str, str, str, int, bool, int]
ListIdentity = tuple[str, str, str, bytes]
Placed = tuple[Life, Number, ScanIn]
"""A scan with the life it belongs to and the number it is kept under, which an alias may have changed."""


def quarantine(
    connection: psycopg.Connection[Any], sender: SourceFacts, item: QuarantineIn, knowledge: hot.Knowledge
) -> int:
    """Keep what could not be taken, encrypted, for a person to look at; return its id."""
    new_id = ids.new_id()
    connection.execute(
        STATEMENTS["add_quarantine"],
        {
            "id": new_id,
            "now": knowledge.now_at,
            "source": item.source,
            "credential_id": sender.credential_id or None,
            "organisation_id": sender.organisation_id or None,
            "carrier": item.carrier,
            "waybill_no": item.waybill_no,
            "reason": item.reason,
            "detail": Jsonb(item.detail),
            "body": crypto.encrypt(item.body, place=quarantine_place(new_id)),
        },
    )
    return new_id


def quarantine_place(quarantine_id: int) -> str:
    """Return the place a quarantined body is encrypted for."""
    return f"quarantine.body_encrypted/{quarantine_id}"


def organisations(connection: psycopg.Connection[Any], items: Iterable[Any]) -> dict[int, str]:
    """Return the kinds of the live organisations that the shipments and orders name."""
    wanted: set[int] = set()
    for item in items:
        if isinstance(item, ShipmentIn | OrderIn):
            wanted.add(item.shop_id)
            wanted.update(line.creator_id for line in item.lines if line.creator_id is not None)
    if not wanted:
        return {}
    return dict(connection.execute(STATEMENTS["organisations"], {"ids": arrays.integers(sorted(wanted))}).fetchall())


def add_aliases(
    connection: psycopg.Connection[Any], corrections: Sequence[CorrectionIn], knowledge: hot.Knowledge
) -> None:
    """Write the carrier corrections down; the first one told for a number and carrier stands."""
    ordered = sorted(corrections, key=lambda each: (each.waybill_no, each.carrier, each.stands_for))
    hot.run(
        connection,
        "add_aliases",
        {
            "waybill_no": arrays.texts([each.waybill_no for each in ordered]),
            "carrier": arrays.texts([each.carrier for each in ordered]),
            "stands_for": arrays.texts([each.stands_for for each in ordered]),
            "source": arrays.texts([each.source for each in ordered]),
            "now": knowledge.now_at,
        },
    )


def ensure_months(connection: psycopg.Connection[Any], scans: Iterable[ScanIn], known: set[tuple[int, int]]) -> None:
    """Make the monthly partitions a batch needs."""
    moments = {scan.occurred_at // _DAY for scan in scans}
    for day in moments:
        at = to_datetime(Instant(day * _DAY))
        if (at.year, at.month) not in known:
            connection.execute("SELECT ensure_scan_month(%s::date)", (at.date(),))
            known.add((at.year, at.month))


_DAY: Final = 86_400_000_000


def add_scans(
    connection: psycopg.Connection[Any],
    scans: Sequence[Placed],
    knowledge: hot.Knowledge,
) -> set[ScanIdentity]:
    """Append scans and return the identities of those that were new."""
    if not scans:
        return set()
    ordered = sorted(scans, key=_scan_order)
    rows = [scan for _, _, scan in ordered]
    fresh = hot.rows(
        connection,
        "add_scans",
        {
            "now": knowledge.now_at,
            "waybill_no": arrays.texts([number[0] for _, number, _ in ordered]),
            "carrier": arrays.texts([number[1] for _, number, _ in ordered]),
            "life": arrays.integers([life.life for life, _, _ in ordered]),
            "source": arrays.texts([scan.source for scan in rows]),
            "event_id": arrays.texts([scan.event_id for scan in rows]),
            "revision": arrays.integers([scan.revision for scan in rows]),
            "is_retracted": arrays.booleans([scan.is_retracted for scan in rows]),
            "variant": arrays.integers([scan.variant for scan in rows]),
            "occurred_us": arrays.integers([scan.occurred_at for scan in rows]),
            "kind": arrays.integers([scan.kind for scan in rows]),
            "flags": arrays.integers([scan.flags for scan in rows]),
            "code": arrays.texts([scan.code for scan in rows]),
            "division": arrays.texts([scan.division for scan in rows]),
            "place": arrays.texts([scan.place for scan in rows]),
            "description": arrays.texts([scan.description for scan in rows]),
        },
    )
    return set(fresh)


def copy_text(scans: Iterable[Placed], knowledge: hot.Knowledge) -> bytes:
    """Return the text that `copy_scans` sends; the scans come in the order of their numbers."""
    now = knowledge.now_at.isoformat()
    rows = [
        f"{number[0]}\t{number[1]}\t{life.life}\t{scan.source}\t{_escaped(scan.event_id)}\t{scan.revision}\t"
        f"{'t' if scan.is_retracted else 'f'}\t{scan.variant}\t{to_datetime(Instant(scan.occurred_at)).isoformat()}\t"
        f"{now}\t{scan.kind}\t{scan.flags}\t{_escaped(scan.code)}\t{scan.division}\t{_escaped(scan.place)}\t"
        f"{_escaped(scan.description)}\n"
        for life, number, scan in scans
    ]
    return "".join(rows).encode()


def copy_scans(connection: psycopg.Connection[Any], text: bytes) -> None:
    """
    Append scans that are known to be new.

    :raises psycopg.errors.UniqueViolation: another writer appended one of them meanwhile.
    """
    if text:
        with connection.cursor().copy(hot.STATEMENTS["copy_scans"]) as copy:
            copy.write(text)


def _escaped(text: str) -> str:
    if "\\" not in text and text.isprintable():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _scan_order(row: Placed) -> tuple[Any, ...]:
    life, number, scan = row
    return (*number, life.life, scan.source, scan.event_id, scan.revision, scan.is_retracted, scan.variant)


def add_snapshots(
    connection: psycopg.Connection[Any],
    snapshots: Sequence[tuple[Life, Number, SnapshotIn, list[ScanIn]]],
    knowledge: hot.Knowledge,
) -> set[ListIdentity]:
    """Append full lists and return the identities of those that were new."""
    if not snapshots:
        return set()
    ordered = sorted(snapshots, key=lambda row: (*row[1], row[0].life, row[2].source, row[2].digest))
    fresh = hot.rows(
        connection,
        "add_snapshots",
        {
            "now": knowledge.now_at,
            "waybill_no": arrays.texts([number[0] for _, number, _, _ in ordered]),
            "carrier": arrays.texts([number[1] for _, number, _, _ in ordered]),
            "life": arrays.integers([life.life for life, _, _, _ in ordered]),
            "source": arrays.texts([item.source for _, _, item, _ in ordered]),
            "digest": arrays.blobs([item.digest for _, _, item, _ in ordered]),
            "pushed_us": arrays.integers([item.pushed_at for _, _, item, _ in ordered]),
            "newest_us": arrays.integers([max(s.occurred_at for s in item.scans) for _, _, item, _ in ordered]),
            "event_ids": arrays.texts([" ".join(sorted(_listed(own))) for _, _, _, own in ordered]),
        },
    )
    return {(waybill_no, carrier, source, bytes(digest)) for waybill_no, carrier, source, digest in fresh}


def _listed(scans: Iterable[ScanIn]) -> set[str]:
    return {registers.listed_name(scan.event_id, scan.variant) for scan in scans}


def tell(connection: psycopg.Connection[Any], organisations_touched: set[int]) -> None:
    """Tell listening processes, at commit, whose parcels changed."""
    is_all = len(organisations_touched) > TOLD_MAX
    notice = {"orgs": [] if is_all else sorted(organisations_touched), "all": is_all}
    connection.execute(STATEMENTS["tell"], {"payload": msgspec.json.encode(notice).decode()})
