"""
The data of the order list benchmark, written by the database itself: 90 days of orders, 13 of 100 waiting, carriers,
promises, creators and products as uneven as they are. Growing adds orders of others: the big shop (three tenths of the
smallest size) stays as it is, so that sizes can be compared. Its buyers are encrypted one by one, as they are in life.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

NOW: Final = datetime(2022, 6, 20, 4, tzinfo=UTC)
SHOP, CREATOR, SHOPS = 1_001, 2_001, 300
BATCH: Final = 500_000
TAILS: Final = 10_000
_IDS_FROM: Final = 1_000_000

_HEADS: Final = """
INSERT INTO order_head (id, shop_id, order_no, bucket, state, told_state, first_state, paid_at,
    changed_at, recorded_at, ordered_at, version, goods_fen, paid_fen, receiver_name, receiver_phone, receiver_address,
    receiver_division, phone_index, phone_tail, promise_kind, ship_by_at, shipped_at, carrier,
    creator_id, labels, open_refunds, flag)
SELECT %(ids)s + i, shop, '69' || lpad(i::text, 17, '0'), (i %% 16)::smallint, state, state, 'TO_SHIP', paid,
    told, told, told, 1, 9900, 9900, b.name, b.phone, b.street, 330106, b.whole, b.tail, kind,
    CASE WHEN state IN ('TO_SHIP', 'PAID', 'PARTIALLY_SHIPPED') THEN paid + interval '48 hours' END,
    CASE WHEN state IN ('SHIPPED', 'COMPLETED') THEN paid + interval '20 hours' END,
    CASE WHEN state IN ('SHIPPED', 'COMPLETED', 'PARTIALLY_SHIPPED') THEN carrier ELSE '' END, creator,
    CASE WHEN r < 20 THEN 1 WHEN r < 24 THEN 16 WHEN r < 25 THEN 4 ELSE 0 END,
    CASE WHEN r BETWEEN 500 AND 515 THEN 1 ELSE 0 END, CASE WHEN r BETWEEN 600 AND 640 THEN 1 + r %% 5 ELSE 0 END
FROM (
    SELECT i, r,
        CASE WHEN c < 300 THEN 'zhongtong' WHEN c < 500 THEN 'yuantong' WHEN c < 650 THEN 'yunda'
             WHEN c < 770 THEN 'shentong' WHEN c < 870 THEN 'jtexpress' WHEN c < 920 THEN 'shunfeng'
             WHEN c < 960 THEN 'jd' WHEN c < 999 THEN 'youzhengguonei' ELSE 'ems' END AS carrier,
        CASE WHEN s < 600 THEN 'COMPLETED' WHEN s < 800 THEN 'SHIPPED' WHEN s < 850 THEN 'CANCELLED'
             WHEN s < 950 THEN 'TO_SHIP' WHEN s < 960 THEN 'PAID' WHEN s < 980 THEN 'PARTIALLY_SHIPPED'
             ELSE 'PENDING_PAYMENT' END AS state,
        CASE WHEN c %% 100 < 80 THEN 'H48' WHEN c %% 100 < 90 THEN 'NEXT_DAY' WHEN c %% 100 < 99 THEN 'PRESALE_FULL'
             WHEN r < 100 THEN 'DIRECT_MAIL' ELSE 'STEPPED' END AS kind,
        CASE WHEN s >= 980 THEN NULL WHEN s >= 850
             THEN %(now)s::timestamptz - (i::bigint * 104729 %% (60 * 3600)) * interval '1 second'
             ELSE %(now)s::timestamptz - (i::bigint * 104729 %% (90 * 86400)) * interval '1 second' END AS at,
        CASE WHEN i < %(of_shop)s THEN %(shop)s ELSE %(shop)s + 1 + h %% %(shops)s END AS shop,
        CASE WHEN h %% 10 < 4 THEN %(creator)s WHEN h %% 10 < 9 THEN %(creator)s + 1 + h %% 60 END AS creator
    FROM (SELECT i, (abs(hashint4(i)::bigint) %% 1000)::int AS r, (abs(hashint4(i # 77777)::bigint) %% 1000)::int AS s,
                 (abs(hashint4(i # 555)::bigint) %% 1000)::int AS c, (abs(hashint4(i # 91)::bigint) %% 100000)::int AS h
          FROM generate_series(%(first)s::int, %(last)s::int) AS i) AS drawn
) AS made
CROSS JOIN LATERAL (SELECT coalesce(at, %(now)s) AS told) AS times
CROSS JOIN LATERAL (SELECT CASE WHEN state = 'PENDING_PAYMENT' THEN NULL ELSE told END AS paid) AS real
LEFT JOIN bench_buyer b ON b.id = %(ids)s + i
"""
_LINES: Final = """
INSERT INTO order_line (order_id, line_no, order_no, creator_id, is_self_sold, is_cross_border, room_id, product_id,
    product_name, sku_name, quantity, price_fen, paid_fen, promise_kind, ship_by_original_at, ship_by_at)
SELECT h.id, n, h.order_no || '-' || n, h.creator_id, false, false, '',
    'P' || h.shop_id || '-' || floor(300 * power((abs(hashint8(h.id + n)::bigint) %% 10000) / 10000.0, 3))::int,
    '玫瑰花茶', '50g', 1, 9900, 9900, h.promise_kind, h.ship_by_at, h.ship_by_at
FROM order_head h CROSS JOIN generate_series(1, 2) AS n
WHERE h.id BETWEEN %(ids)s + %(first)s AND %(ids)s + %(last)s AND (n = 1 OR h.id %% 5 = 0)
"""
_PACKS: Final = """
WITH made AS (
    INSERT INTO order_pack (id, shop_id, carrier, waybill_no, shipped_at, recorded_at)
    SELECT h.id, h.shop_id, h.carrier, 'B' || h.id, h.shipped_at, h.shipped_at FROM order_head h
    WHERE h.id BETWEEN %(ids)s + %(first)s AND %(ids)s + %(last)s AND h.shipped_at IS NOT NULL
    RETURNING id
)
INSERT INTO order_pack_line (pack_id, order_id, line_no, quantity) SELECT id, id, 1, 1 FROM made
"""
TABLES: Final = ("order_head", "order_line", "order_pack", "order_pack_line")


def product(rank: int) -> str:
    """Return the id of a product of the big shop, the most sold one first."""
    return f"P{SHOP}-{rank}"


def grow(url: str, size: int, *, smallest: int) -> None:
    """Make the data of a size out of what is there; indexes are taken away before and made again afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT count(*) FROM order_head").fetchone()
        there = int(found[0]) if found else 0
        if there == size:
            return
        if there > size or there % BATCH not in (0, there) or there < smallest:
            there = 0
        if there == 0:
            connection.execute("TRUNCATE order_head, order_line, order_pack, order_pack_line, organisation CASCADE")
            _organisations(connection)
        taken = _take_indexes(connection)
        _buyers(connection, smallest * 3 // 10 if there == 0 else 0)
        for first in range(there, size, BATCH):
            values = {
                "ids": _IDS_FROM, "first": first, "last": min(first + BATCH, size) - 1, "now": NOW, "shop": SHOP,
                "creator": CREATOR, "shops": SHOPS, "of_shop": smallest * 3 // 10,
            }  # fmt: skip
            for statement in (_HEADS, _LINES, _PACKS):
                connection.execute(statement, values)
            print(f"{min(first + BATCH, size):,} of {size:,} orders", file=sys.stderr, flush=True)
        connection.execute("DROP TABLE bench_buyer")
        connection.execute("SET maintenance_work_mem = '1GB'")
        for made in taken:
            connection.execute(made)
        for table in (*TABLES, "organisation"):
            connection.execute(f"VACUUM (ANALYZE) {table}")
        connection.execute("CHECKPOINT")


def _buyers(connection: psycopg.Connection[Any], count: int) -> None:
    """Keep the encrypted buyers of the big shop's orders in a table of their own, from which they are taken over."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS bench_buyer (id bigint PRIMARY KEY, name bytea, phone bytea, street bytea,"
        " whole bytea, tail bytea)"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY bench_buyer FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.set_types(("int8", "bytea", "bytea", "bytea", "bytea", "bytea"))
        for row in _encrypted(count):
            copy.write_row(row)
    connection.execute("ANALYZE bench_buyer")


def _encrypted(count: int) -> Iterator[tuple[Any, ...]]:
    from yidao.kit import crypto  # inline: django not set up
    from yidao.orders import reading  # inline: django not set up

    tails = [crypto.blind_index(f"{each:04d}", purpose=reading.TAIL_PURPOSE) for each in range(TAILS)]
    for index in range(count):
        id_ = _IDS_FROM + index
        phone = f"138{index:08d}"
        whole = crypto.blind_index(phone, purpose=reading.PHONE_PURPOSE)
        secret = (("receiver_name", "张三丰"), ("receiver_phone", phone), ("receiver_address", "文三路 1 号"))
        kept = [crypto.encrypt(text.encode(), place=reading.place(column, id_)) for column, text in secret]
        yield (id_, *kept, whole, tails[index % TAILS])


def _take_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that are no key, and return how they are made again."""
    found = connection.execute(
        "SELECT x.indexname, x.indexdef FROM pg_indexes x WHERE x.tablename = ANY(%s) AND x.schemaname = 'public'"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = x.indexname)",
        (list(TABLES),),
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _organisations(connection: psycopg.Connection[Any]) -> None:
    from yidao.accounts import names  # inline: django not set up

    told = [(SHOP + each, "SHOP", f"花间集{each}") for each in range(SHOPS + 1)]
    told += [(CREATOR + each, "CREATOR", f"达人{each}") for each in range(61)]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organisation (id, kind, name, name_pinyin, name_initials, name_grams, carrier_code,"
            " source_code, is_active, created_at) VALUES (%s, %s, %s, %s, %s, %s, '', '', true, now())",
            [
                (id_, kind, name, keys.pinyin, keys.initials, list(keys.grams))
                for id_, kind, name in told
                for keys in (names.keys(name),)
            ],
        )
