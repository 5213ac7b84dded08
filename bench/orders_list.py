"""
[list.orders]: the order list of a shop with 300,000 orders, each filter alone and in pairs, first page and deep, among
a million orders and among five million. The figures are of the whole read as a page does it: the keys, the rows with
their opened buyers, lines, packs and names. The floor fetches the same orders by their primary key.

`BENCH_ORDERS_SIZES=20000,100000 BENCH_ORDERS_SAMPLES=5` makes it a matter of a minute.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any, Final

import psycopg

from bench import cluster, lists, orders_data, report
from bench.orders_data import CREATOR, NOW, SHOP

DATABASE: Final = "yidao_bench_orders"
SIZES: Final = tuple(int(each) for each in os.environ.get("BENCH_ORDERS_SIZES", "1000000,5000000").split(","))
SAMPLES: Final = int(os.environ.get("BENCH_ORDERS_SAMPLES", "100"))
PAIR_SAMPLES: Final = int(os.environ.get("BENCH_ORDERS_PAIR_SAMPLES", str(max(5, SAMPLES // 20))))
PAGE: Final = 50
WAITING: Final = ("PAID", "TO_SHIP", "PARTIALLY_SHIPPED")


def _filters() -> dict[str, dict[str, Any]]:
    """Return what the page lets the list be narrowed by: to much, to little and to nothing; tabs first."""
    soonest = {"is_by_time_left": True}
    return {
        "all": {},
        "to ship": {"states": WAITING, **soonest},
        "soon": {"due_from": NOW, "due_until": NOW + timedelta(hours=24), **soonest},
        "late": {"due_until": NOW, **soonest},
        "part": {"states": ("PARTIALLY_SHIPPED",), **soonest},
        "shipped": {"states": ("SHIPPED",)},
        "closed": {"states": ("CANCELLED",)},
        "refunding": {"is_refunding": True},
        "to ship, newest": {"states": WAITING},
        "late, newest": {"due_until": NOW},
        "orders": {"order_nos": tuple(f"69{each * 37:017d}" for each in range(50))},
        "product": {"product_ids": (orders_data.product(0),)},
        "rare product": {"product_ids": (orders_data.product(250),)},
        "no product": {"product_ids": ("P9-1",)},
        "phone": {"phone": "13800000123"},
        "tail": {"phone": "0123"},
        "promise": {"promise_kinds": ("NEXT_DAY",)},
        "rare promise": {"promise_kinds": ("DIRECT_MAIL",)},
        "promises": {"promise_kinds": ("NEXT_DAY", "STEPPED")},
        "carrier": {"carriers": ("zhongtong",)},
        "rare carriers": {"carriers": ("ems", "jd")},
        "no carrier": {"carriers": ("suning",)},
        "creator": {"creator_ids": (CREATOR,)},
        "small creators": {"creator_ids": (CREATOR + 5, CREATOR + 6)},
        "label": {"labels": 1},
        "rare label": {"labels": 4},
        "flag": {"flags": (3,)},
        "due days": {"due_from": NOW - timedelta(hours=5), "due_until": NOW + timedelta(hours=2)},
        "paid days": {"paid_from": NOW - timedelta(days=20), "paid_until": NOW - timedelta(days=13)},
    }


def run(url: str) -> None:
    """Grow the data to each size and measure at each; print the lines of rows and of counts."""
    own = _database(url)
    cluster.set_up(own)
    from yidao.config import database  # inline: django not set up

    database.migrate(own)
    database.point_django_at(database.with_role(own))
    rows: dict[int, float] = {}
    counts: dict[int, float] = {}
    floor: float = 0.0
    for size in SIZES:
        orders_data.grow(own, size, smallest=SIZES[0])
        rows[size], counts[size], floor = _measure(own)
    first, last = SIZES[0], SIZES[-1]
    report.line(
        "list.orders",
        value=rows[last],
        floor=floor,
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
    """Return the address of this benchmark's own database, made when it is missing."""
    from yidao.config import database  # inline: django not set up

    with psycopg.connect(url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if known is None:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    return database.with_database(url, DATABASE)


def _asked() -> Iterator[tuple[str, Any]]:
    """Yield every filter alone and every pair of different ones."""
    from yidao.orders.listing import Wanted  # inline: django not set up

    found = _filters()
    for name, narrow in found.items():
        yield name, replace(Wanted(), **narrow)
    for one, two in combinations([name for name in found if name != "all"], 2):
        if not set(found[one]) & set(found[two]):
            yield f"{one} + {two}", replace(Wanted(), **found[one], **found[two])


def _measure(url: str) -> tuple[float, float, float]:
    """Return the worst 95th percentiles of rows and counts over all filters and pairs, and the floor's."""
    rows: dict[str, float] = {}
    counts: dict[str, float] = {}
    floor: list[float] = []
    for name, wanted in _asked():
        read, count = _readers(wanted)
        lists.look_at_plans(url, name, read, count)
        first, deep = read(""), lists.deep_cursor(read)
        most = PAIR_SAMPLES if "+" in name else SAMPLES
        rows[f"{name} first"] = lists.p95(lambda read=read: read(""), most=most)  # type: ignore[misc]
        if deep:
            rows[f"{name} deep"] = lists.p95(lambda read=read, deep=deep: read(deep), most=most)  # type: ignore[misc]
        counts[name] = lists.p95(count, most=PAIR_SAMPLES)
        if name == "all":
            floor = _floor(url, [row.id for row in first.rows])
    lists.worst("rows", rows)
    lists.worst("counts", counts)
    return max(rows.values()), max(counts.values()), report.quantile(floor, 0.95)


def _readers(wanted: Any) -> tuple[Callable[[str], Any], Callable[[], Any]]:
    from yidao.accounts.actors import Actor, ActorKind  # inline: django not set up
    from yidao.kit.lists.questions import EXACT_MAX  # inline: django not set up
    from yidao.orders import listing  # inline: django not set up

    actor = Actor(
        user_id=None,
        credential_id=None,
        kind=ActorKind.MERCHANT,
        organisation_ids=(SHOP,),  # type: ignore[arg-type]
        permissions=frozenset(),
    )
    return (
        lambda cursor: listing.orders(actor=actor, wanted=wanted, limit=PAGE, cursor=cursor),
        lambda: listing.count(actor=actor, wanted=wanted, limit=EXACT_MAX + 1),
    )


def _floor(url: str, order_ids: list[int]) -> list[float]:
    with psycopg.connect(url, autocommit=True, prepare_threshold=1) as connection:
        statement = "SELECT h.* FROM order_head h WHERE h.id = ANY(%s)"
        return lists.times(lambda: connection.execute(statement, (order_ids,)).fetchall(), most=SAMPLES)
