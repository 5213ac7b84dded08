"""Two writers that tell of the same orders at once: nobody waits for ever, and the newest word stands whole."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import psycopg
import pytest

from yidao.kit import ids
from yidao.orders import entry, standing
from yidao.orders.entry import OrderIn, OrderLineIn
from yidao.parcels import hot
from yidao.rules.instants import Instant, to_datetime

NOW = datetime(2022, 6, 20, 4, 0, tzinfo=UTC)
COUNT = 60
BASE = 1_655_000_000_000_000
LATER = 5_000_000


def order(shop_id: int, number: int, *, writer: int) -> OrderIn:
    """Return what a writer tells: the second one later, and with a line more."""
    line = OrderLineIn(f"N{number}", None, False, False, "", "", f"writer {writer}", 1)
    changed_at = BASE + writer * LATER
    return OrderIn(shop_id, f"N{number}", "TO_SHIP", 0, changed_at, (line,) * (writer + 1))


@pytest.mark.parametrize("seed", range(3))
def test_the_newest_word_stands_whole_whoever_writes_first(runtime_dsn: str, seed: int) -> None:
    shop_id = int(ids.new_id())
    both = threading.Barrier(2, timeout=20)
    faults: list[BaseException] = []

    def write(writer: int) -> None:
        told = [order(shop_id, number, writer=writer) for number in range(COUNT)]
        random.Random(seed + writer).shuffle(told)
        try:
            with hot.connect(runtime_dsn) as connection:
                both.wait()
                for part in (told[: COUNT // 2], told[COUNT // 2 :]):
                    with connection.transaction():
                        entry.enter(connection, part, now=NOW)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in (0, 1)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert faults == []
    with psycopg.connect(runtime_dsn) as connection:
        rows = connection.execute(
            "SELECT h.changed_at, count(l.*), count(DISTINCT l.product_name) FROM order_head h"
            " LEFT JOIN order_line l ON l.order_id = h.id WHERE h.shop_id = %s GROUP BY h.id, h.changed_at",
            (shop_id,),
        ).fetchall()
    assert len(rows) == COUNT
    assert {(at, count, names) for at, count, names in rows} == {(to_datetime(Instant(BASE + LATER)), 2, 1)}


def test_words_and_packs_at_once_leave_every_order_shipped_and_nobody_waiting_for_ever(runtime_dsn: str) -> None:
    shop_id = int(ids.new_id())
    paid = [msgspec.structs.replace(order(shop_id, number, writer=0), paid_at=BASE) for number in range(COUNT)]
    with hot.connect(runtime_dsn) as connection, connection.transaction():
        known = [each.id for each in entry.enter(connection, paid, now=NOW)]
    both = threading.Barrier(2, timeout=20)
    faults: list[BaseException] = []

    def tell(connection: psycopg.Connection) -> None:
        for word in range(1, 4):
            told = [msgspec.structs.replace(each, changed_at=BASE + word * LATER) for each in paid]
            random.Random(word).shuffle(told)
            with connection.transaction():
                entry.enter(connection, told, now=NOW)

    def ship(connection: psycopg.Connection) -> None:
        some = random.Random(9).sample(known, COUNT)
        for part in (some[: COUNT // 2], some[COUNT // 2 :]):
            with connection.transaction():
                # Who ships locks his orders first, so that no word replaces the lines he packs.
                standing.refresh(connection, part, now=NOW)
                for order_id in part:
                    pack_id = int(ids.new_id())
                    connection.execute(
                        "INSERT INTO order_pack (id, shop_id, carrier, waybill_no, shipped_at, recorded_at)"
                        " VALUES (%s, %s, 'yuantong', %s, %s, %s)",
                        (pack_id, shop_id, f"YT{pack_id}", NOW, NOW),
                    )
                    connection.execute(
                        "INSERT INTO order_pack_line (pack_id, order_id, line_no, quantity) VALUES (%s, %s, 1, 1)",
                        (pack_id, order_id),
                    )
                standing.refresh(connection, part, now=NOW)

    def run(work: Callable[[psycopg.Connection], None]) -> None:
        try:
            with hot.connect(runtime_dsn) as connection:
                both.wait()
                work(connection)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(work,)) for work in (tell, ship)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert faults == []
    with psycopg.connect(runtime_dsn) as connection:
        rows = connection.execute(
            "SELECT DISTINCT state, ship_by_at, judge_due_at, changed_at FROM order_head WHERE shop_id = %s", (shop_id,)
        ).fetchall()
    assert rows == [("SHIPPED", None, None, to_datetime(Instant(BASE + 3 * LATER)))]
