"""Two writers that tell of the same orders at once: nobody waits for ever, and the newest word stands whole."""

import random
import threading
from datetime import UTC, datetime

import psycopg
import pytest

from yidao.kit import ids
from yidao.orders import entry
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
