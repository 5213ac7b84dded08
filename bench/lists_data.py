"""
The data of the list benchmark, written by the database itself: 90 days of parcels, 88 of 100 signed, carriers and
states as uneven as they are. Growing adds parcels of others: the big shop (half of the smallest size) and the big
creator (a fifth of it, three fifths of that in the big shop) stay as they are, so that sizes can be compared.
"""

import sys
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from yidao.parcels import hot

NOW: Final = datetime(2022, 6, 20, 4, tzinfo=UTC)
SHOP, CREATOR = 1_001, 2_001
SHOPS, CREATORS = 300, 400
BATCH: Final = 500_000

_PARCELS = """
INSERT INTO parcel (waybill_no, carrier, life, version, starts_at, shop_id, creator_id, order_nos, creator_order_nos,
    shipped_at, paid_at, recorded_at, sender_division, receiver_division, receiver_tail, policy, status, milestones,
    episodes, registers, holds, revised, claim_waiting, has_extra_creators, open_types, scan_count, first_scan_at,
    last_scan_at, last_kind, picked_at, signed_at, evaluated_at, bucket, due_at)
SELECT 'B' || lpad((i::bigint * 7919 %% 100000007)::text, 9, '0') || lpad(i::text, 7, '0'), carrier, 1, 1, shipped,
    shop, creator, '69' || lpad(i::text, 17, '0'), '69' || lpad(i::text, 17, '0'), shipped, shipped - interval '1 hour',
    shipped, '330106', '510107', decode(lpad(to_hex(i %% 10000), 64, '0'), 'hex'), 'parcel/douyin-2022/1', status,
    decode(repeat('00', 60), 'hex'), '', '', '', false, false, false, 0, 3, shipped + interval '5 hours',
    shipped + interval '30 hours', 20, shipped + interval '5 hours', NULL, shipped, (i %% 16)::smallint,
    CASE WHEN s >= 880 AND s < 996 THEN shipped + interval '100 hours' END
FROM (
    SELECT i, s,
        CASE WHEN r < 300 THEN 'zhongtong' WHEN r < 500 THEN 'yuantong' WHEN r < 650 THEN 'yunda'
             WHEN r < 770 THEN 'shentong' WHEN r < 870 THEN 'jtexpress' WHEN r < 920 THEN 'shunfeng'
             WHEN r < 960 THEN 'jd' WHEN r < 999 THEN 'youzhengguonei' ELSE 'ems' END AS carrier,
        CASE WHEN s < 880 THEN 'SIGNED' WHEN s < 905 THEN 'SHIPPED_AWAIT_PICKUP'
             WHEN s < 930 THEN 'PICKED_AWAIT_TRANSIT'
             WHEN s < 970 THEN 'IN_TRANSIT_AWAIT_DELIVERY' WHEN s < 982 THEN 'OUT_FOR_DELIVERY'
             WHEN s < 990 THEN 'AWAIT_COLLECTION' WHEN s < 994 THEN 'REJECTED' WHEN s < 996 THEN 'RETURNING'
             WHEN s < 999 THEN 'RETURN_SIGNED' ELSE 'VOIDED' END AS status,
        %(now)s::timestamptz - (i::bigint * 104729 %% (90 * 86400)) * interval '1 second' AS shipped,
        CASE WHEN i < %(of_shop)s THEN %(shop)s ELSE %(shop)s + 1 + h %% %(shops)s END AS shop,
        CASE WHEN i < %(of_shop)s AND i %% 25 < 6 THEN %(creator)s
             WHEN i >= %(of_shop)s AND i < %(of_shop)s + %(elsewhere)s THEN %(creator)s
             ELSE %(creator)s + 1 + h %% %(creators)s END AS creator
    FROM (SELECT i, (abs(hashint4(i)::bigint) %% 1000)::int AS r, (abs(hashint4(i # 77777)::bigint) %% 1000)::int AS s,
                 (abs(hashint4(i # 555)::bigint) %% 100000)::int AS h
          FROM generate_series(%(first)s::int, %(last)s::int) AS i) AS drawn
) AS made
"""
_LINES = """
INSERT INTO parcel_line (waybill_no, carrier, life, line_no, order_no, creator_id, is_self_sold, is_cross_border,
    is_customer_return, room_id, product_id, product_name)
SELECT waybill_no, carrier, life, 1, order_nos, creator_id, false, false, false,
    CASE WHEN creator_id = %(creator)s THEN 'R' || (abs(hashtext(waybill_no)::bigint) %% 90)::text ELSE '' END,
    CASE WHEN creator_id = %(creator)s THEN 'P' || (abs(hashtext(waybill_no)::bigint) %% 50)::text ELSE '' END, ''
FROM parcel WHERE order_nos BETWEEN %(low)s AND %(high)s
"""
_ANOMALIES = """
INSERT INTO anomaly (waybill_no, carrier, life, type, should_open_at, should_close_at, state, severity, reason, party,
    closing, noticed_open_at, noticed_close_at, policy, shop_id, creator_id, shipped_at)
SELECT waybill_no, carrier, life,
    (ARRAY['PICKUP_SOON', 'PICKUP_TIMEOUT', 'PICKUP_TIMEOUT', 'DISPATCH_TIMEOUT', 'TRANSIT_TIMEOUT', 'TRANSIT_TIMEOUT',
           'TRANSIT_TIMEOUT', 'DELIVERY_TIMEOUT', 'DELIVERY_TIMEOUT', 'TRANSIT_EXCEPTION', 'DELIVERY_EXCEPTION',
           'PARCEL_DAMAGED', 'SIGN_ADDR_MISMATCH'])[1 + k %% 13],
    shipped_at + interval '24 hours', CASE WHEN status = 'SIGNED' THEN shipped_at + interval '40 hours' END,
    CASE WHEN status = 'SIGNED' THEN 'CLOSED' ELSE 'OPEN' END, 'WARN',
    (ARRAY['NO_UPDATE', 'NOT_PICKED_UP', 'NOT_DELIVERED', 'NO_UPDATE', 'HUB_DWELL', 'LOST'])[1 + k %% 6], 'CARRIER',
    CASE WHEN status = 'SIGNED' THEN 'SIGNED' ELSE '' END, shipped_at + interval '24 hours', NULL, policy, shop_id,
    creator_id, shipped_at
FROM (SELECT p.*, (abs(hashtext(p.waybill_no)::bigint) / 7 %% 7919)::int AS k FROM parcel p
      WHERE order_nos BETWEEN %(low)s AND %(high)s AND abs(hashtext(p.waybill_no)::bigint) %% 100 < 12) AS troubled
"""
_SCANS = """
INSERT INTO scan (waybill_no, carrier, life, source, event_id, revision, is_retracted, variant, occurred_at,
    recorded_at, kind, flags, code, division, place, description)
SELECT waybill_no, carrier, life, 'CARRIER:' || carrier, order_nos, 0, false, 1, last_scan_at, last_scan_at,
    last_kind, 0, 'IN_TRANSIT', '330106', '', ''
FROM parcel WHERE order_nos BETWEEN %(low)s AND %(high)s AND (shop_id = %(shop)s OR creator_id = %(creator)s)
"""
_EXTRAS = """
INSERT INTO parcel_extra_creator (waybill_no, carrier, life, creator_id, shop_id, order_nos, shipped_at, status,
    open_types, last_scan_at, last_kind)
SELECT waybill_no, carrier, life, %(creator)s, shop_id, order_nos, shipped_at, status,
    CASE WHEN EXISTS (SELECT 1 FROM anomaly a WHERE a.waybill_no = p.waybill_no AND a.carrier = p.carrier
                      AND a.life = p.life AND a.state = 'OPEN') THEN 2 ELSE 0 END, last_scan_at, last_kind
FROM parcel p WHERE order_nos BETWEEN %(low)s AND %(high)s AND creator_id <> %(creator)s AND shop_id = %(shop)s
  AND abs(hashtext(waybill_no)::bigint) %% 100 IN (5, 13)
"""
_TABLES = ("parcel", "parcel_line", "anomaly", "parcel_extra_creator")


def rows(connection: psycopg.Connection[Any]) -> int:
    """Return how many parcels there are."""
    found = connection.execute("SELECT count(*) FROM parcel").fetchone()
    return int(found[0]) if found else 0


def grow(url: str, size: int, *, smallest: int) -> None:
    """Make the data of a size out of what is there; indexes are taken away before and made again afterwards."""
    with hot.connect(url) as connection:
        there = rows(connection)
        if there == size:
            return
        if there > size or there % BATCH not in (0, there):
            there = 0
        if there == 0:
            connection.execute(
                "TRUNCATE parcel, parcel_line, anomaly, anomaly_change, parcel_extra_creator, scan, organisation"
                " CASCADE"
            )
            _organisations(connection)
        for month in range(2, 8):
            connection.execute("SELECT ensure_scan_month(%s::date)", (f"2022-{month:02d}-01",))
        taken = _take_indexes(connection)
        connection.execute("CREATE INDEX bench_by_order ON parcel (order_nos)")
        for first in range(there, size, BATCH):
            _fill(connection, first, min(first + BATCH, size) - 1, smallest)
            print(f"{min(first + BATCH, size):,} of {size:,} parcels", file=sys.stderr, flush=True)
        connection.execute("DROP INDEX bench_by_order")
        connection.execute("SET maintenance_work_mem = '1GB'")
        for statement in taken:
            connection.execute(statement)
        for table in (*_TABLES, "scan", "organisation"):
            connection.execute(f"VACUUM (ANALYZE) {table}")
        connection.execute("CHECKPOINT")


def _fill(connection: psycopg.Connection[Any], first: int, last: int, smallest: int) -> None:
    values = {
        "first": first, "last": last, "now": NOW, "shop": SHOP, "creator": CREATOR, "shops": SHOPS,
        "creators": CREATORS, "of_shop": smallest // 2, "elsewhere": smallest // 5 * 2 // 5,
        "low": f"69{first:017d}", "high": f"69{last:017d}",
    }  # fmt: skip
    for statement in (_PARCELS, _LINES, _ANOMALIES, _SCANS, _EXTRAS):
        connection.execute(statement, values)


def _take_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that are no key, and return how they are made again."""
    found = connection.execute(
        "SELECT x.indexname, x.indexdef FROM pg_indexes x WHERE x.tablename = ANY(%s) AND x.schemaname = 'public'"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = x.indexname)",
        (list(_TABLES),),
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition for name, definition in found if name != "bench_by_order"]


def _organisations(connection: psycopg.Connection[Any]) -> None:
    names = ["花间集旗舰店", "白象食品旗舰店", "珀莱雅官方旗舰店", "老王家的茶", "南极人内衣店"]
    shops = [(SHOP + each, "SHOP", f"{names[each % 5]}{each}") for each in range(SHOPS + 1)]
    creators = [(CREATOR + each, "CREATOR", f"达人{each}") for each in range(CREATORS + 1)]
    from yidao.accounts import names as keys  # inline: django not set up

    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO organisation (id, kind, name, name_pinyin, name_initials, name_grams, carrier_code,"
            " source_code, is_active, created_at) VALUES (%s, %s, %s, %s, %s, %s, '', '', true, now())",
            [
                (id_, kind, name, found.pinyin, found.initials, list(found.grams))
                for id_, kind, name in (*shops, *creators)
                for found in (keys.keys(name),)
            ],
        )
