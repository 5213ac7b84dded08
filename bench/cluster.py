"""The kept cluster of the benchmarks: durable like production's, its big data built once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from yidao.config import database, embedded, env
from yidao.kit import pgserver

DATABASE = "yidao_bench"
BUILT = "bench_built"


@contextmanager
def running() -> Iterator[str]:
    """Hold the bench cluster and give the owner's address of its database, migrated."""
    given = os.environ.get("YIDAO_BENCH_DATABASE_URL")
    if given:
        _migrate(given)
        yield given
        return
    server = embedded.server(pgserver.Purpose.BENCH)
    with server.held():
        server.ensure_database(DATABASE)
        url = server.url(DATABASE)
        _migrate(url)
        yield url


def _migrate(url: str) -> None:
    set_up(url)
    database.migrate(url)


def set_up(url: str) -> None:
    """Make Django ready in this process for a database; doing it twice is harmless."""
    os.environ["YIDAO_DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "yidao.config.settings"
    env.settings.cache_clear()
    import django  # inline: django not set up

    django.setup()


def built(url: str) -> int:
    """Return how many parcels the big data has, 0 when it was not built."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass(%s)", (BUILT,)).fetchone() == (None,):
            return 0
        found = connection.execute("SELECT parcels FROM bench_built").fetchone()
    return int(found[0]) if found else 0


WARMING = (
    "SELECT count(version) FROM parcel WHERE waybill_no > ''",
    "SELECT count(version) FROM parcel WHERE creator_id > 0",
    "SELECT count(version) FROM parcel WHERE shop_id > 0",
    "SELECT count(version) FROM parcel WHERE carrier > '' AND shipped_at IS NOT NULL",
    "SELECT count(kind) FROM scan WHERE waybill_no > ''",
)


def warm(url: str) -> None:
    """Read tables and indexes once through the server's memory, as a server that has been up for a while has them."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0"
        )
        for statement in WARMING:
            connection.execute(statement)
