"""
Builds the big data: a million parcels of the last ten days, each with the scans its age allows (pickup, hub, and for
the old ones delivery), judged by the product's own rules and copied in. Everything follows from a seed.
"""

import sys
from datetime import datetime
from typing import Any, Final

import psycopg

from bench import cluster
from yidao.parcels import hot, lives
from yidao.rules import parcel
from yidao.rules.instants import DAY, HOUR, Instant, instant, to_datetime
from yidao.rules.scans import Kind

PARCELS: Final = 1_000_000
NOW: Final = instant(datetime.fromisoformat("2022-06-20T12:00:00+08:00"))
CARRIER: Final = "zhongtong"
SOURCE: Final = "CARRIER:zhongtong"
SHOP_IDS: Final = tuple(range(1_001, 1_201))
CREATOR_IDS: Final = tuple(range(2_001, 2_501))
CITIES: Final = ("330106", "510107", "110105", "440106", "310115", "420106", "320102", "650104", "350203", "610113")
STEPS: Final = ((Kind.PICKED_UP, 6), (Kind.ARRIVED_HUB, 14), (Kind.OUT_FOR_DELIVERY, 60), (Kind.SIGNED, 66))

PARCEL_COLUMNS: Final = (
    "waybill_no", "carrier", "life", "version", "starts_at", "shop_id", "creator_id", "order_nos", "creator_order_nos",
    "shipped_at", "paid_at", "recorded_at", "sender_division", "receiver_division", "receiver_tail", "policy", "status",
    "milestones", "episodes", "registers", "holds", "revised", "claim_waiting", "has_extra_creators", "open_types",
    "scan_count", "first_scan_at", "last_scan_at", "last_kind", "picked_at", "signed_at", "evaluated_at", "bucket",
    "due_at",
)  # fmt: skip
SCAN_COLUMNS: Final = (
    "waybill_no", "carrier", "life", "source", "event_id", "revision", "is_retracted", "variant", "occurred_at",
    "recorded_at", "kind", "flags", "code", "division", "place", "description",
)  # fmt: skip


def number(index: int) -> str:
    """Return the waybill number of the parcel with this index."""
    return f"7{index * 7_919 % 10_000_019:08d}{index:07d}"


def shipped_at(index: int) -> int:
    """Return when a parcel was shipped: spread evenly over ten days."""
    return NOW - (index * 104_729 % (10 * 86_400)) * 1_000_000 - HOUR


def event_id(index: int, step: int) -> str:
    """Return the event id of one built scan; a benchmark that repeats it sends a true duplicate."""
    return f"b{index}-{step}"


def scans_of(index: int) -> list[tuple[int, int, Kind, str]]:
    """Return (step, occurred_at, kind, division) of the scans a parcel of this age has."""
    start = shipped_at(index)
    ends = (CITIES[index % 10], CITIES[(index // 10) % 10])
    found = [(step, start + hours * HOUR, kind, ends[step > 1]) for step, (kind, hours) in enumerate(STEPS)]
    return [each for each in found if each[1] < NOW]


def build(url: str, parcels: int = PARCELS) -> None:
    """Fill an empty bench database; a half-built one is built anew."""
    with hot.connect(url) as connection:
        connection.execute(
            "TRUNCATE parcel, scan, anomaly, anomaly_change, parcel_line, parcel_extra_creator, source_snapshot"
        )
        connection.execute("DROP TABLE IF EXISTS bench_built")
        knowledge = hot.Knowledge()
        knowledge.refresh(connection, now=NOW)
        for month in (Instant(NOW - 30 * DAY), NOW):
            connection.execute("SELECT ensure_scan_month(%s::date)", (to_datetime(month).date(),))
        _plant_organisations(connection)
        judged = (_parcel(index, knowledge) for index in range(parcels))
        _copy(connection, "parcel", PARCEL_COLUMNS, judged, parcels)
        told = (row for index in range(parcels) for row in _scans(index, knowledge))
        _copy(connection, "scan", SCAN_COLUMNS, told, parcels)
        for statement in ("ANALYZE parcel", "ANALYZE scan", "CREATE TABLE bench_built (parcels bigint)"):
            connection.execute(statement)
        connection.execute("INSERT INTO bench_built VALUES (%s)", (parcels,))
        connection.execute("CHECKPOINT")


def _plant_organisations(connection: psycopg.Connection[Any]) -> None:
    rows = [(each, "SHOP", f"shop {each}") for each in SHOP_IDS] + [
        (each, "CREATOR", f"creator {each}") for each in CREATOR_IDS
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organisation (id, kind, name, name_pinyin, carrier_code, source_code, is_active, created_at) "
            "VALUES (%s, %s, %s, '', '', '', true, now()) ON CONFLICT DO NOTHING",
            rows,
        )


def life_of(index: int, knowledge: hot.Knowledge) -> lives.Life:
    """Return a parcel as it was built, ready for new facts, without asking the database."""
    entries = [parcel.entry(Instant(at), kind, lives.city_of(division)) for _, at, kind, division in scans_of(index)]
    start = shipped_at(index)
    life = lives.new_life(number(index), CARRIER, 1, starts_at=start)
    life.policy = knowledge.book.choose(Instant(start), None, CARRIER).version
    life.shipped_at, life.paid_at, life.version = start, start - HOUR, 1
    life.sender_division, life.receiver_division = CITIES[index % 10], CITIES[(index // 10) % 10]
    life.milestones_before = parcel.pack(parcel.of(entries))
    return life


def _parcel(index: int, knowledge: hot.Knowledge) -> tuple[Any, ...]:
    life = life_of(index, knowledge)
    life.judge_again(knowledge)
    verdict, entries = life.verdict, life.before.entries
    assert verdict is not None
    order = f"69{index:017d}"

    def when(micros: int) -> datetime | None:
        return to_datetime(Instant(micros)) if micros else None

    return (
        life.waybill_no, CARRIER, 1, 1, when(life.starts_at), SHOP_IDS[index % 200], CREATOR_IDS[index % 500], order,
        order, when(life.shipped_at), when(life.paid_at), when(NOW), life.sender_division, life.receiver_division, None,
        life.policy, str(verdict.status), life.milestones_before, lives.packed(verdict), b"", b"", False, False, False,
        verdict.open_mask, len(entries), when(entries[0][0]) if entries else None, when(verdict.last_scan_at),
        verdict.last_kind, when(verdict.picked_at), when(verdict.signed_at), when(NOW),
        lives.bucket_of(life.waybill_no),
        when(verdict.next_due_at),
    )  # fmt: skip


def _scans(index: int, knowledge: hot.Knowledge) -> list[tuple[Any, ...]]:
    return [
        (
            number(index), CARRIER, 1, SOURCE, event_id(index, step), 0, False, step, to_datetime(Instant(at)),
            knowledge.now_at, int(kind), 0, kind.name, division, "", "",
        )
        for step, at, kind, division in scans_of(index)
    ]  # fmt: skip


def _copy(connection: psycopg.Connection[Any], table: str, columns: tuple[str, ...], rows: Any, parcels: int) -> None:
    written = 0
    with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            written += 1
            if written % 100_000 == 0 and sys.stderr.isatty():
                print(f"\r{table}: {written:,} rows of {parcels:,} parcels", end="", file=sys.stderr)
    print(f"{table}: {written:,} rows", file=sys.stderr)


def main() -> None:
    """Build the data unless it stands."""
    with cluster.running() as url:
        if cluster.built(url) >= PARCELS:
            print(f"The big data stands: {cluster.built(url):,} parcels.")
            return
        build(url)
