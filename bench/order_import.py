"""
[orders.import]: an order file as shops export it, from its bytes to committed orders with promise, encrypted buyer and
everything derived, through the intake's own decoder, queue and writer. The floor copies the same rows, ready as they
are, into the same tables and indexes.

`BENCH_IMPORT_ORDERS=5000` makes it a matter of seconds.
"""

import csv
import io
import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from bench import cluster, report

DATABASE: Final = "yidao_bench_import"
ORDERS: Final = int(os.environ.get("BENCH_IMPORT_ORDERS", "40000"))
RUNS: Final = 3
SHARE_OF_TWO_LINES: Final = 0.25
HEADER: Final = (
    *(
        "主订单编号",
        "子订单编号",
        "选购商品",
        "商品规格",
        "商品数量",
        "商品ID",
        "商家编码",
        "商品单价",
        "订单应付金额",
        "运费",
    ),
    *("收件人", "收件人手机号", "省", "市", "区", "街道", "详细地址", "买家留言", "订单提交时间", "支付完成时间"),
    *("承诺发货时间", "订单状态"),
)
PLACES: Final = (
    ("浙江省", "杭州市", "西湖区"),
    ("四川省", "成都市", "武侯区"),
    ("广东省", "深圳市", "南山区"),
    ("江苏省", "苏州市", "姑苏区"),
)
PROMISES: Final = ("48小时", "24小时", "次日发", "5天")
TABLES: Final = ("order_head", "order_line")


def run(url: str) -> None:
    """Import a file several times, each with orders of its own, and print the line."""
    own = _database(url)
    cluster.set_up(own)
    from yidao.config import database  # inline: django not set up

    database.migrate(own)
    runtime = database.with_role(own)
    database.point_django_at(runtime)
    shop_id = _shop()
    values, floors = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(RUNS):
            path = Path(folder) / f"{number}.csv"
            rows = _write_file(path, seed=number)
            _empty(own)
            values.append(_imported(runtime, path, shop_id))
            floors.append(_copied(own))
    _empty(own)
    best = report.middle(values)
    report.line(
        "orders.import",
        value=ORDERS / best,
        floor=ORDERS / report.middle(floors),
        unit="orders_per_s",
        orders=ORDERS,
        rows=rows,
        seconds=best,
    )


def _database(url: str) -> str:
    """Return the address of this benchmark's own database, made anew."""
    from yidao.config import database  # inline: django not set up

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return database.with_database(url, DATABASE)


def _shop() -> int:
    from yidao.accounts import services  # inline: django not set up
    from yidao.accounts.models import Organisation  # inline: django not set up

    return services.create_organisation(
        kind=Organisation.Kind.SHOP, name="花间集", now=datetime(2022, 6, 1, tzinfo=UTC)
    )


def _write_file(path: Path, *, seed: int) -> int:
    """Write the file and return how many rows it has; a quarter of the orders have two lines."""
    chance = random.Random(seed)
    paid = datetime(2022, 6, 20, 0, 0)  # noqa: DTZ001  A file's times are wall clocks.
    rows = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(ORDERS):
            order_no = f"69{seed:03}{number:014}"
            paid += timedelta(seconds=chance.randrange(4))
            lines = 2 if chance.random() < SHARE_OF_TWO_LINES else 1
            receiver = (f"张{number % 977}", f"138{chance.randrange(10**8):08}", *chance.choice(PLACES), "翠苑街道")
            for line in range(1, lines + 1):
                price = chance.randrange(1_000, 50_000)
                product = chance.randrange(500)
                writer.writerow(
                    (
                        *(f"\t{order_no}", f"\t{order_no}{line}", f"真丝睡衣 {product}", "藕粉 M", 1, f"P{product}"),
                        *(f"MC-{product}", f"{price / 100:.2f}", f"{price / 100:.2f}", "0.00", *receiver),
                        *(f"文三路 {number % 300} 号", "请尽快发货" if number % 5 == 0 else "", paid, paid),
                        *(chance.choice(PROMISES), "待发货"),
                    )
                )
                rows += 1
    return rows


def _imported(runtime: str, path: Path, shop_id: int) -> float:
    """Return how long the import took, from the closed file to the last committed order."""
    from yidao.config import env  # inline: django not set up
    from yidao.intake import files  # inline: django not set up
    from yidao.intake.payloads import SourceFacts  # inline: django not set up
    from yidao.intake.queue import Queue  # inline: django not set up
    from yidao.intake.senders import Sender  # inline: django not set up

    settings = env.settings()
    queue = Queue(
        runtime,
        items_max=settings.intake_queue_items,
        bytes_max=settings.intake_queue_bytes,
        batch_max=settings.intake_batch_max,
    )
    sender = Sender(SourceFacts(1, shop_id, "SHOP", "SHOP", True), frozenset(), own_shop=shop_id)
    started = time.perf_counter()
    summary = files.import_file(path, kind="orders", sender=sender, queue=queue)
    passed = time.perf_counter() - started
    queue.drain()
    assert summary.rejected == 0, summary
    return passed


def _copied(own: str) -> float:
    """Return how long copying the very same rows takes, into tables that are empty again."""
    with psycopg.connect(own, autocommit=True) as connection:
        bodies = {table: _taken(connection, table) for table in TABLES}
        _empty(own)
        started = time.perf_counter()
        with connection.transaction(), connection.cursor() as cursor:
            for table, body in bodies.items():
                with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(body)
        passed = time.perf_counter() - started
        (found,) = connection.execute("SELECT count(*) FROM order_head").fetchone() or (0,)
    assert found == ORDERS, found
    return passed


def _taken(connection: psycopg.Connection[Any], table: str) -> bytes:
    body = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy,
    ):
        for piece in copy:
            body.write(piece)
    return body.getvalue()


def _empty(own: str) -> None:
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("TRUNCATE order_head, order_line")
        connection.execute("CHECKPOINT")
