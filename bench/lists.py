"""
[list.parcels]: the lists of a creator with 200,000 parcels and of a shop with 500,000, each filter alone and in pairs,
first page and deep, among a million parcels and among five million. The figures are of the whole read as a page does
it: the keys, the rows, their anomalies and last places. The floor fetches the same rows by their primary key.

`BENCH_LISTS_SIZES=20000,100000 BENCH_LISTS_SAMPLES=5` makes it a matter of seconds.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any, Final

import psycopg

from bench import cluster, lists_data, report
from bench.lists_data import CREATOR, NOW, SHOP

DATABASE: Final = "yidao_bench_lists"
SIZES: Final = tuple(int(each) for each in os.environ.get("BENCH_LISTS_SIZES", "1000000,5000000").split(","))
SAMPLES: Final = int(os.environ.get("BENCH_LISTS_SAMPLES", "200"))
PAIR_SAMPLES: Final = int(os.environ.get("BENCH_LISTS_PAIR_SAMPLES", str(max(5, SAMPLES // 20))))
"""Samples of each of the hundreds of pairs; as many as of a filter alone would take an hour."""
PAGE: Final = 50
DEEP: Final = 20
"""Pages that are turned before the deep one."""
SCANNED_ROWS: Final = 100_000
"""No plan may read a whole table that has more rows."""


def _filters(who: str, is_of_anomalies: bool) -> dict[str, dict[str, Any]]:
    """Return what the pages let a list be narrowed by: to much, to little and to nothing."""
    carriers: dict[str, dict[str, Any]] = {
        "carrier": {"carriers": ("zhongtong",)},
        "rare carriers": {"carriers": ("ems", "jd")},
        "no carrier": {"carriers": ("suning",)},
    }
    statuses: dict[str, dict[str, Any]] = {
        "status": {"statuses": ("IN_TRANSIT_AWAIT_DELIVERY",)},
        "rare status": {"statuses": ("REJECTED",)},
        "statuses": {"statuses": ("SHIPPED_AWAIT_PICKUP", "OUT_FOR_DELIVERY", "SIGNED")},
    }
    types: dict[str, dict[str, Any]] = {
        "type": {"types": ("TRANSIT_TIMEOUT",)},
        "types": {"types": ("PARCEL_DAMAGED", "SIGN_ADDR_MISMATCH")},
        "all states": {"states": ()},
        "over": {"states": ("CLOSED",)},
    }
    found: dict[str, dict[str, Any]] = {
        "nothing": {},
        "days": {"shipped_from": NOW - timedelta(days=20), "shipped_until": NOW - timedelta(days=13)},
        "orders": {"order_nos": tuple(f"69{each * 37:017d}" for each in range(50))},
        **carriers,
    }
    if not is_of_anomalies:
        found |= statuses
    if is_of_anomalies:
        found |= types | {"reason": {"reasons": ("LOST", "HUB_DWELL")}}
    if who == "creator":
        found |= {
            "shop": {"shop_ids": (SHOP,)},
            "small shops": {"shop_ids": (SHOP + 5, SHOP + 6, SHOP + 7)},
            "sixty shops": {"shop_ids": tuple(SHOP + each for each in range(0, 300, 5))},
            "room": {"room_ids": ("R7",)},
        }
    return found


def run(url: str, parcels: int) -> None:
    """Grow the data to each size and measure at each; print the lines of rows and of counts."""
    own = _database(url)
    cluster.set_up(own)
    from yidao.config import database  # inline: django not set up

    database.migrate(own)
    database.point_django_at(database.with_role(own))
    rows: dict[int, float] = {}
    counts: dict[int, float] = {}
    floors: dict[int, float] = {}
    for size in SIZES:
        lists_data.grow(own, size, smallest=SIZES[0])
        rows[size], counts[size], floors[size] = _measure(own)
    first, last = SIZES[0], SIZES[-1]
    report.line(
        "list.parcels",
        value=rows[last],
        floor=floors[last],
        unit="ms_p95_rows",
        rows_p95_small=rows[first],
        growth=rows[last] / rows[first],
        counts_p95=counts[last],
        counts_p95_small=counts[first],
        sizes="/".join(str(each) for each in SIZES),
        samples=SAMPLES,
        samples_of_pairs=PAIR_SAMPLES,
    )


def _database(url: str) -> str:
    """Return the address of the list benchmark's own database, made when it is missing."""
    from yidao.config import database  # inline: django not set up

    with psycopg.connect(url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    return database.with_database(url, DATABASE)


def _measure(url: str) -> tuple[float, float, float]:
    """Return the worst 95th percentiles of rows and counts over all filters and pairs, and the floor's."""
    rows: dict[str, float] = {}
    counts: dict[str, float] = {}
    floor: list[float] = []
    for who, actor in _actors().items():
        for is_of_anomalies in (False, True):
            for name, asked in _asked(who, is_of_anomalies):
                what = f"{who} {'anomalies' if is_of_anomalies else 'parcels'} {name}"
                read, count = _readers(actor, asked, is_of_anomalies)
                look_at_plans(url, what, read, count)
                first, deep = read(""), deep_cursor(read)
                most = PAIR_SAMPLES if "+" in name else SAMPLES
                rows[f"{what} first"] = p95(lambda read=read: read(""), most=most)  # type: ignore[misc]
                if deep:
                    rows[f"{what} deep"] = p95(lambda read=read, deep=deep: read(deep), most=most)  # type: ignore[misc]
                counts[what] = p95(count, most=PAIR_SAMPLES)
                if name == "nothing" and not is_of_anomalies:
                    floor += _floor(url, [row.key for row in first.rows])
    worst("rows", rows)
    worst("counts", counts)
    return max(rows.values()), max(counts.values()), report.quantile(floor, 0.95)


def _actors() -> dict[str, Any]:
    from yidao.accounts.actors import Actor, ActorKind  # inline: django not set up

    def made(kind: ActorKind, organisation: int) -> Actor:
        return Actor(
            user_id=None, credential_id=None, kind=kind, organisation_ids=(organisation,), permissions=frozenset()
        )  # type: ignore[arg-type]

    return {"creator": made(ActorKind.CREATOR, CREATOR), "shop": made(ActorKind.MERCHANT, SHOP)}


def _asked(who: str, is_of_anomalies: bool) -> Iterator[tuple[str, Any]]:
    """Yield every filter alone and every pair of different ones; anomalies begin with those in progress."""
    from yidao.parcels.listing import Wanted  # inline: django not set up

    found = _filters(who, is_of_anomalies)
    base = Wanted(states=("OPEN",)) if is_of_anomalies else Wanted()
    for name, narrow in found.items():
        yield name, replace(base, **narrow)
    for one, two in combinations([name for name in found if name != "nothing"], 2):
        if not set(found[one]) & set(found[two]):
            yield f"{one} + {two}", replace(base, **found[one], **found[two])
    if who == "shop" and not is_of_anomalies:
        yield "time left", Wanted(is_by_time_left=True)
        yield "time left + rare status", Wanted(is_by_time_left=True, statuses=("REJECTED",))


def _readers(actor: Any, wanted: Any, is_of_anomalies: bool) -> tuple[Callable[[str], Any], Callable[[], Any]]:
    from yidao.kit.lists.questions import EXACT_MAX  # inline: django not set up
    from yidao.parcels import listing  # inline: django not set up

    read = listing.anomalies if is_of_anomalies else listing.parcels
    count = listing.count_anomalies if is_of_anomalies else listing.count_parcels
    return (
        lambda cursor: read(actor=actor, wanted=wanted, limit=PAGE, cursor=cursor),
        lambda: count(actor=actor, wanted=wanted, limit=EXACT_MAX + 1),
    )


def deep_cursor(read: Callable[[str], Any]) -> str:
    """Return the cursor of a page far behind, or of the last but one; empty when there is only one."""
    cursor = ""
    for _ in range(DEEP):
        following = read(cursor).next_cursor
        if not following:
            break
        cursor = following
    return cursor


def p95(work: Callable[[], Any], *, most: int = SAMPLES) -> float:
    """Return the 95th percentile of the milliseconds some work takes, once it was done before."""
    work()
    return report.quantile(times(work, most=most), 0.95)


def times(work: Callable[[], Any], *, most: int) -> list[float]:
    """Return how many milliseconds some work takes, so many times."""
    taken = []
    for _ in range(most):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _floor(url: str, keys: list[Any]) -> list[float]:
    with psycopg.connect(url, autocommit=True, prepare_threshold=1) as connection:
        numbers, carriers = [key[0] for key in keys], [key[1] for key in keys]
        taken = []
        for _ in range(SAMPLES):
            started = time.perf_counter()
            connection.execute(
                "SELECT p.* FROM unnest(%s::text[], %s::text[]) AS k(n, c)"
                " JOIN parcel p ON p.waybill_no = k.n AND p.carrier = k.c AND p.life = 1",
                (numbers, carriers),
            ).fetchall()
            taken.append((time.perf_counter() - started) * 1000)
        return taken


def look_at_plans(url: str, what: str, read: Callable[[str], Any], count: Callable[[], Any]) -> None:
    """Insist that no statement of a read or a count reads a whole big table."""
    from django.db import connection  # inline: django not set up

    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        read("")
        count()
    big = _big_tables(url)
    for sql, params in seen:
        with connection.cursor() as cursor:
            cursor.execute(" ".join(("EXPLAIN", sql)), params)
            plan = [row[0] for row in cursor.fetchall()]
        for line in plan:
            if "Seq Scan on" in line and line.split("Seq Scan on ")[1].split()[0] in big:
                raise AssertionError(f"{what}: {line.strip()}\n" + "\n".join(plan))


def _big_tables(url: str) -> frozenset[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", (SCANNED_ROWS,)
        ).fetchall()
    return frozenset(row[0] for row in found)


def worst(what: str, found: dict[str, float]) -> None:
    """Print what took longest."""
    for name, value in sorted(found.items(), key=lambda each: -each[1])[:8]:
        print(f"  {what} {value:7.1f} ms  {name}", file=sys.stderr, flush=True)
