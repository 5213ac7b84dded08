"""
judge.sweep: 100,000 of 1,000,000 open orders are due and judged, against the same rows inserted and updated by
set-based SQL that has every value ready. As many again are due for that SQL, in buckets of their own.

judge.reverse: those judgements, settled before, are all taken back by the job, against the rate at which they were
made.

JUDGE_OPEN and JUDGE_DUE in the environment make a smaller try.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

from bench import report
from yidao.kit import memory, sweeps

OPEN: Final = int(os.environ.get("JUDGE_OPEN", 1_000_000))
DUE: Final = int(os.environ.get("JUDGE_DUE", 100_000))
SHOPS: Final = 1_000
"""A hundred judgements each: half of them lie above the cap of the day."""
PLANTED_AT_ONCE: Final = 100_000
BASE: Final = 1 << 61
"""Above every id the application makes: what the benchmark wrote is found and taken away by it."""
D: Final = datetime(2022, 6, 1, 2, 0, tzinfo=UTC)
NOW: Final = D + timedelta(hours=1)
SETTLED_AT: Final = D + timedelta(hours=20)
POLICY: Final = "late-shipment/douyin-2022/1"
HEADS: Final = """
INSERT INTO order_head (id, shop_id, order_no, bucket, state, told_state, paid_at, ordered_at, changed_at, recorded_at,
                        paid_fen, goods_fen, promise_kind, late_policy, judged_count, last_judged_at, ship_by_at,
                        judge_due_at)
SELECT %(base)s + i, %(base)s + i / 16 %% %(shops)s, 'bench' || i, i %% 16, 'TO_SHIP', 'TO_SHIP', at, at, at, at, 9900,
       9900, 'H48', %(policy)s, made, CASE WHEN made > 0 THEN due - interval '1 day' END,
       due - made * interval '1 day', due
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i,
       LATERAL (SELECT CASE WHEN i > %(due)s THEN 0 WHEN i / 16 %% 20 = 0 THEN 2 WHEN i / 16 %% 4 = 1 THEN 1 ELSE 0 END,
                       %(d)s::timestamptz + CASE WHEN i > %(due)s THEN 1 ELSE 0 END * interval '1 day'
                       + i %% 3600 * interval '1 second',
                       %(d)s::timestamptz - interval '2 days') AS x(made, due, at)
"""
LINES: Final = """
INSERT INTO order_line (order_id, line_no, order_no, is_self_sold, is_cross_border, room_id, product_id, product_name,
                        quantity, ship_by_at)
SELECT id, 1, order_no, false, false, '', 'P' || id %% 500, '', 1, ship_by_at FROM order_head
 WHERE id > %(base)s AND id <= %(base)s + %(due)s
"""
READY: Final = """
CREATE UNLOGGED TABLE bench_judged AS
SELECT h.bucket + 16 * ((row_number() OVER (PARTITION BY h.bucket ORDER BY h.judge_due_at) - 1) / %(batch)s) AS batch,
       h.id, h.shop_id, h.id AS order_id, h.order_no, 'LATE_SHIPMENT'::text AS kind, h.judge_round AS round,
       (h.judged_count + 1)::smallint AS ordinal, h.judge_due_at AS at, DATE '2022-06-01' AS day,
       h.late_policy AS policy,
       '{"ship_by_at": "2022-06-01T02:00:00+00:00", "promise_kind": "H48", "paid_fen": 9900}'::jsonb AS facts,
       CASE WHEN h.judged_count < 2 THEN h.judge_due_at + interval '1 day' END AS next_at
  FROM order_head AS h WHERE h.id > %(base)s AND h.judge_due_at < %(now)s AND h.bucket < 8
"""
FLOOR: Final = (
    """
INSERT INTO judgement (id, shop_id, order_id, order_no, kind, round, ordinal, at, day, policy, facts, recorded_at)
SELECT id, shop_id, order_id, order_no, kind, round, ordinal, at, day, policy, facts, %(now)s
  FROM bench_judged WHERE batch = %(batch)s
""",
    """
INSERT INTO violation (id, shop_id, order_id, order_no, kind, round, ordinal, at, day, money, policy)
SELECT id, shop_id, order_id, order_no, kind, round, ordinal, at, day, 'PENDING', policy FROM bench_judged
 WHERE batch = %(batch)s
""",
    """
UPDATE order_head AS h SET judged_count = b.ordinal, last_judged_at = b.at, judge_due_at = b.next_at,
       version = h.version + 1
  FROM bench_judged AS b WHERE b.batch = %(batch)s AND h.id = b.order_id
""",
)
TABLES: Final = (
    ("judgement_reversal", "judgement_id IN (SELECT id FROM judgement WHERE order_id > %(base)s)"),
    ("penalty", "order_id > %(base)s"),
    ("judgement", "order_id > %(base)s"),
    ("violation", "order_id > %(base)s"),
    ("product_ban_cause", "order_id > %(base)s"),
    ("product_ban", "order_id > %(base)s"),
    ("order_line", "order_id > %(base)s"),
    ("order_head", "id > %(base)s"),
    ("ledger_transfer", "id IN (SELECT transfer_id FROM ledger_entry WHERE organisation_id >= %(base)s)"),
    ("ledger_entry", "organisation_id >= %(base)s"),
    ("ledger_account", "organisation_id >= %(base)s"),
    ("settlement_day", "shop_id >= %(base)s"),
    ("notice", "organisation_id >= %(base)s"),
    ("reversal_job", "cause_ref = 'bench'"),
)


def run(url: str) -> None:
    """Judge what is due, settle it, take everything back, and print both lines."""
    with _ground(url) as connection:
        rate = _print_sweep(connection)
        _settle(connection)
        judgements, seconds = _reverse()
    report.line(
        "judge.reverse", value=judgements / seconds, floor=rate, unit="judgements/s", made=judgements, seconds=seconds
    )


@contextmanager
def _ground(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Plant the orders and take everything away at the end."""
    memory.settle()
    with psycopg.connect(url, autocommit=True) as connection:
        _clear(connection)
        facts = {"base": BASE, "shops": SHOPS, "d": D, "policy": POLICY, "due": 2 * DUE}
        for first in range(1, OPEN + 1, PLANTED_AT_ONCE):
            connection.execute(HEADS, facts | {"first": first, "last": min(OPEN, first + PLANTED_AT_ONCE - 1)})
        connection.execute(LINES, {"base": BASE, "due": 2 * DUE})
        connection.execute("VACUUM (ANALYZE) order_head, order_line, judgement, violation, penalty")
        yield connection
        _clear(connection)


def _clear(connection: psycopg.Connection[Any]) -> None:
    connection.execute("DROP TABLE IF EXISTS bench_judged")
    for table, where in TABLES:
        statement = sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(table), sql.SQL(where))  # type: ignore[arg-type]
        connection.execute(statement, {"base": BASE} if "%(base)s" in where else None)


def _print_sweep(connection: psycopg.Connection[Any]) -> float:
    """Judge, print the line, and return how many judgements were made in a second."""
    floor = _floor(connection)
    made, seconds = _sweep(connection)
    report.line("judge.sweep", value=made / seconds, floor=floor, unit="orders/s", due=made, open=OPEN, seconds=seconds)
    return made / seconds


def _floor(connection: psycopg.Connection[Any]) -> float:
    """Return how many orders a second the same rows make when every value is ready."""
    from yidao.judging import judge  # inline: django not set up

    connection.execute(READY, {"base": BASE, "now": NOW, "batch": judge.BATCH_SIZE})
    connection.execute("CREATE INDEX ON bench_judged (batch)")
    connection.execute("ANALYZE bench_judged")
    batches = [batch for (batch,) in connection.execute("SELECT DISTINCT batch FROM bench_judged ORDER BY batch")]
    count = _one(connection, "SELECT count(*) FROM bench_judged")
    connection.execute("CHECKPOINT")
    started = time.perf_counter()
    for batch in batches:
        with connection.transaction():
            for statement in FLOOR:
                connection.execute(statement, {"batch": batch, "now": NOW})
    return count / (time.perf_counter() - started)


def _sweep(connection: psycopg.Connection[Any]) -> tuple[int, float]:
    """Let the judge take its buckets; return how many judgements it made, and in what time."""
    from yidao.judging import judge  # inline: django not set up

    connection.execute("CHECKPOINT")
    settled = 0
    started = time.perf_counter()
    for bucket in range(8, sweeps.BUCKETS):
        while found := judge.step(bucket, NOW):
            settled += found
    return settled, time.perf_counter() - started


def _settle(connection: psycopg.Connection[Any]) -> None:
    """Settle the day, so that there is money to give back; what the floor wrote is not looked at."""
    from yidao.judging import settling  # inline: django not set up

    connection.execute("DELETE FROM violation WHERE id > %s", (BASE,))
    started = time.perf_counter()
    done = sweeps.sweep_until_quiet([settling.CONCERN], now=SETTLED_AT)
    print(f"  settled {done} in {time.perf_counter() - started:.1f} s", flush=True)
    connection.execute("VACUUM (ANALYZE) violation, penalty, ledger_transfer, ledger_entry, ledger_account")
    connection.execute("CHECKPOINT")


def _reverse() -> tuple[int, float]:
    """Run one job over everything; return how many judgements it took back, and in what time."""
    from yidao.judging import reversal_jobs  # inline: django not set up
    from yidao.judging.models import ReversalJob  # inline: django not set up

    selection = {"kind": "LATE_SHIPMENT", "from_at": D.isoformat(), "until_at": NOW.isoformat(), "shop_id": ""}
    job = ReversalJob.objects.create(
        id=BASE, cause="RELIEF", cause_ref="bench", selection=selection, created_at=NOW, changed_at=NOW
    )
    started = time.perf_counter()
    reversal_jobs.run(job.id, now=SETTLED_AT)
    seconds = time.perf_counter() - started
    job.refresh_from_db()
    return job.judgements_done, seconds


def _one(connection: psycopg.Connection[Any], statement: LiteralString) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
