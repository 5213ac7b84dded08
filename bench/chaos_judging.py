"""
The other half of `make chaos`: two judges and two settlers work at once on the same buckets and days, and one of them
is killed with kill -9 again and again. In the end every judgement and every deduction is there exactly once, as the
rules say, and the books agree. KILLS, SEED and ORDERS in the environment shorten or repeat a run.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from bench import cluster
from bench.chaos import Report
from bench.ground import wait_until

KILLS_DEFAULT: Final = 30
ORDERS_DEFAULT: Final = 12_000
SHOPS: Final = 40
DATABASE: Final = "yidao_chaos_judging"
ROLES: Final = ("judge", "judge", "settler", "settler")
START: Final = datetime(2022, 6, 1, 0, 0, tzinfo=UTC)
STEP: Final = timedelta(hours=5)
SPREAD: Final = timedelta(days=4)
"""D of the orders lies somewhere in these days."""
END: Final = START + SPREAD + timedelta(days=5)
PAUSE_SECONDS_MAX: Final = 0.6
QUIET_SECONDS_MAX: Final = 300.0
POLICY: Final = "late-shipment/douyin-2022/1"
BASE: Final = 1 << 61
PLANT: Final = """
INSERT INTO order_head (id, shop_id, order_no, bucket, state, told_state, paid_at, ordered_at, changed_at, recorded_at,
                        paid_fen, goods_fen, promise_kind, late_policy, ship_by_at, judge_due_at)
SELECT %(base)s + i, %(base)s + i %% %(shops)s, 'chaos' || i, i %% 16, 'TO_SHIP', 'TO_SHIP', due - interval '2 days',
       due - interval '2 days', due, due, 9900, 9900, 'H48', %(policy)s, due, due
  FROM generate_series(1, %(orders)s) AS i,
       LATERAL (SELECT %(start)s::timestamptz + (i * 7919 %% 5760) * interval '1 minute') AS x(due)
"""
LINES: Final = """
INSERT INTO order_line (order_id, line_no, order_no, is_self_sold, is_cross_border, room_id, product_id, product_name,
                        quantity, ship_by_at)
SELECT id, 1, order_no, false, false, '', 'P' || id %% 50, '', 1, ship_by_at FROM order_head WHERE id > %(base)s
"""
LEFT: Final = """
SELECT (SELECT count(*) FROM order_head WHERE judge_due_at IS NOT NULL)
     + (SELECT count(*) FROM violation WHERE money = 'PENDING')
"""


def main() -> int:
    """Run the trial; 0 when it is passed, 1 when not."""
    kills = int(os.environ.get("KILLS", KILLS_DEFAULT))
    orders = int(os.environ.get("ORDERS", ORDERS_DEFAULT))
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"chaos of judging: {kills} kills, {orders} orders, SEED={seed}", flush=True)
    report = Report()
    with _ground() as url, psycopg.connect(url, autocommit=True) as connection:
        _plant(connection, orders)
        workers = [_start(url, role) for role in ROLES]
        try:
            _kill_often(connection, url, workers, report, kills=kills, chance=random.Random(seed))
            _move_clock(connection, END)
            if not wait_until(lambda: not _one(connection, LEFT), seconds=QUIET_SECONDS_MAX):
                report.faults.append(f"{_one(connection, LEFT)} rows are due and nobody settles them")
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        _verify(connection, report, orders)
    _print(report)
    return 1 if report.faults else 0


@contextmanager
def _ground() -> Iterator[str]:
    """Give the address of an empty, migrated database, which is dropped at the end."""
    from yidao.config import database, embedded  # inline: django not set up

    given = os.environ.get("YIDAO_BENCH_DATABASE_URL")
    if given:
        url = database.with_database(given, DATABASE)
        with psycopg.connect(given, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        cluster.set_up(url)
        database.migrate(url)
        yield url
        return
    with embedded.test_server() as server:
        url = database.with_database(server, DATABASE)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        cluster.set_up(url)
        database.migrate(url)
        yield url


def _plant(connection: psycopg.Connection[Any], orders: int) -> None:
    from yidao.ledger import posting  # inline: django not set up

    facts = {"base": BASE, "shops": SHOPS, "start": START, "policy": POLICY, "orders": orders}
    connection.execute(PLANT, facts)
    connection.execute(LINES, {"base": BASE})
    connection.execute("CREATE TABLE chaos_clock (now timestamptz NOT NULL)")
    connection.execute("GRANT SELECT ON chaos_clock TO PUBLIC")
    connection.execute("INSERT INTO chaos_clock VALUES (%s)", (START,))
    with connection.transaction():
        for shop in range(BASE, BASE + SHOPS, 2):
            legs = posting.Leg(shop, "DEPOSIT", 1_000_00), posting.Leg(shop, "TOPUP_CLEARING", -1_000_00)
            posting.post(
                connection,
                [posting.Transfer(kind="TOP_UP", ref=f"chaos/{shop}", at=START, entries=legs)],
                now=START,
            )


def _start(url: str, role: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"YIDAO_DATABASE_URL": url}
    return subprocess.Popen([sys.executable, "-m", "bench.chaos_judging", role], env=environment)


def _move_clock(connection: psycopg.Connection[Any], now: datetime) -> None:
    connection.execute("UPDATE chaos_clock SET now = %s", (now,))


def _kill_often(
    connection: psycopg.Connection[Any],
    url: str,
    workers: list[subprocess.Popen[bytes]],
    report: Report,
    *,
    kills: int,
    chance: random.Random,
) -> None:
    now = START
    wait_until(
        lambda: _one(connection, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") > 4,
        seconds=30,
    )
    for number in range(kills):
        now = min(now + STEP, END)
        _move_clock(connection, now)
        time.sleep(chance.uniform(0, PAUSE_SECONDS_MAX))
        place = number % len(ROLES) if number % 2 else chance.randrange(len(ROLES))
        killed_at = time.monotonic()
        if workers[place].poll() is not None:
            report.faults.append(f"kill {number + 1}: the {ROLES[place]} had died by itself")
        workers[place].send_signal(signal.SIGKILL)
        workers[place].wait()
        workers[place] = _start(url, ROLES[place])
        report.kills.append((ROLES[place], time.monotonic() - killed_at))


def work(role: str) -> None:
    """Be one judge or settler: look at all buckets over and over, by the clock that the trial moves."""
    from bench import cluster as ground  # inline: cycle

    ground.set_up(os.environ["YIDAO_DATABASE_URL"])
    from yidao.judging import judge, settling  # inline: django not set up
    from yidao.kit import sweeps  # inline: django not set up
    from yidao.orders import raw  # inline: django not set up

    concern = judge.CONCERN if role == "judge" else settling.CONCERN
    while True:
        row = raw.plain().execute("SELECT now FROM chaos_clock").fetchone()
        assert row is not None, "the trial planted its clock"
        buckets = list(range(sweeps.BUCKETS))
        random.shuffle(buckets)
        if not sum(concern.step(bucket, row[0]) for bucket in buckets):
            time.sleep(0.02)


# --- Proving ----------------------------------------------------------------------------------------------------------


def _verify(connection: psycopg.Connection[Any], report: Report, orders: int) -> None:
    _verify_judgements(connection, report)
    _verify_money(connection, report)
    report.figures = {
        "orders": orders,
        "judgements": _one(connection, "SELECT count(*) FROM judgement"),
        "deductions": _one(connection, "SELECT count(*) FROM penalty WHERE kind = 'DEDUCTION' AND amount_fen > 0"),
        "above the cap": _one(connection, "SELECT count(*) FROM violation WHERE money = 'CAPPED'"),
        "transfers": _one(connection, "SELECT count(*) FROM ledger_transfer"),
        "banned products": _one(connection, "SELECT count(*) FROM product_ban"),
    }
    report.expect_none("faults of sweeps", connection.execute("SELECT concern, fault FROM sweep_fault").fetchall())


def _verify_judgements(connection: psycopg.Connection[Any], report: Report) -> None:
    """Every order has the three judgements of the rule, each once and with the instant it should have."""
    made: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for order_id, ordinal, at in connection.execute("SELECT order_id, ordinal, at FROM judgement ORDER BY ordinal"):
        made[order_id].append((ordinal, at))
    wrong = [
        (order_id, made[order_id])
        for order_id, ship_by_at in connection.execute("SELECT id, ship_by_at FROM order_head WHERE id > %s", (BASE,))
        if made[order_id] != [(ordinal, ship_by_at + timedelta(days=ordinal - 1)) for ordinal in (1, 2, 3)]
    ]
    report.expect_none("orders that were not judged as they should be", wrong)
    lost = connection.execute(
        "SELECT j.id FROM judgement AS j FULL JOIN violation AS v ON v.id = j.id WHERE j.id IS NULL OR v.id IS NULL"
    ).fetchall()
    report.expect_none("judgements without a violation, or the other way round", lost)


def _verify_money(connection: psycopg.Connection[Any], report: Report) -> None:
    """Every shop-day took what the rule says, once, and every fen of it stands in the books."""
    from yidao.policies import books, families  # inline: django not set up
    from yidao.rules import penalties, settlement  # inline: django not set up
    from yidao.rules.instants import instant  # inline: django not set up

    policy = books.shelf(connection).of(families.LATE_SHIPMENT).by_name(POLICY)
    terms = settlement.Terms(per_order_max=policy.deductions_per_order_max, day_cap_fen=policy.day_cap_fen)
    days: dict[tuple[int, Any], list[settlement.Row]] = defaultdict(list)
    for id_, shop_id, day, order_id, ordinal, at in connection.execute(
        "SELECT id, shop_id, day, order_id, ordinal, at FROM violation"
    ):
        price = penalties.price(policy, ordinal=ordinal, paid_fen=9900)
        days[shop_id, day].append(settlement.Row(id_, order_id, instant(at), "LATE_SHIPMENT", price, terms))
    expected = {
        each.judgement_id: each.deduction_fen
        for _, rows in sorted(days.items())
        for each in settlement.settle(rows, settlement.Spent())
    }
    booked = connection.execute("SELECT judgement_id, amount_fen FROM penalty WHERE kind = 'DEDUCTION'").fetchall()
    doubled = [id_ for id_, count in Counter(id_ for id_, _ in booked).items() if count > 1]
    report.expect_none("judgements that were deducted twice", doubled)
    taken_by = dict(booked)
    wrong = [id_ for id_, fen in expected.items() if taken_by.get(id_) != fen]
    report.expect_none("judgements that took something else than the rule says", wrong)
    moved = connection.execute(
        "SELECT organisation_id, sum(amount_fen) FROM ledger_entry WHERE account_kind = 'PENALTY' GROUP BY 1"
    ).fetchall()
    taken = connection.execute("SELECT shop_id, sum(amount_fen) FROM penalty GROUP BY 1").fetchall()
    report.expect_none("shops whose books and penalties differ", set(map(tuple, moved)) ^ set(map(tuple, taken)))
    off = connection.execute(
        "SELECT a.id FROM ledger_account AS a LEFT JOIN ledger_entry AS e ON e.account_id = a.id "
        "GROUP BY a.id HAVING a.balance_fen <> coalesce(sum(e.amount_fen), 0) OR a.seq <> count(e.id)"
    ).fetchall()
    report.expect_none("accounts that are not the sum of their entries", off)


def _one(connection: psycopg.Connection[Any], question: str) -> int:
    found = connection.execute(question).fetchone()
    assert found is not None, "counting gives a row"
    return int(found[0])


def _print(report: Report) -> None:
    print(f"  killed: {dict(Counter(role for role, _ in report.kills))}")
    print("  " + ", ".join(f"{name}: {count}" for name, count in report.figures.items()))
    for fault in report.faults:
        print(f"  FAULT {fault}")
    print("chaos of judging: passed" if not report.faults else f"chaos of judging: {len(report.faults)} faults")


if __name__ == "__main__":
    sys.exit(main() if len(sys.argv) == 1 else work(sys.argv[1]))
