"""
Banned products (商品封禁): a product of an order that was judged too often may not be sold any more. A ban holds as
long as one of its causes does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.kit import arrays, ids, micros

_ADD_CAUSES: Final = """
INSERT INTO product_ban_cause (shop_id, product_id, judgement_id, order_id, order_no, at)
SELECT shop_id, product_id, judgement_id, order_id, order_no, at
  FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
    AS t(shop_id, product_id, judgement_id, order_id, order_no, at_us),
       LATERAL (SELECT to_timestamp(at_us / 1000000::float8) AS at) AS moment
ON CONFLICT (shop_id, product_id, judgement_id) DO NOTHING
"""
_BAN: Final = """
INSERT INTO product_ban (id, shop_id, product_id, order_id, order_no, judgement_id, banned_at)
SELECT id, shop_id, product_id, order_id, order_no, judgement_id, to_timestamp(at_us / 1000000::float8)
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
    AS t(id, shop_id, product_id, judgement_id, order_id, order_no, at_us)
 ORDER BY shop_id, product_id, at_us, judgement_id
ON CONFLICT (shop_id, product_id) WHERE lifted_at IS NULL DO UPDATE
   SET order_id = excluded.order_id, order_no = excluded.order_no, judgement_id = excluded.judgement_id,
       banned_at = excluded.banned_at
 WHERE (excluded.banned_at, excluded.judgement_id) < (product_ban.banned_at, product_ban.judgement_id)
RETURNING xmax = 0, shop_id, product_id
"""
_BANNED: Final = """
SELECT b.shop_id, b.product_id FROM product_ban AS b
  JOIN unnest(%s::bigint[], %s::text[]) AS t(shop_id, product_id)
    ON b.shop_id = t.shop_id AND b.product_id = t.product_id
 WHERE b.lifted_at IS NULL
"""
_PRODUCTS_OF: Final = """
SELECT DISTINCT shop_id, product_id FROM product_ban_cause WHERE order_id = ANY(%s::bigint[]) AND ended_at IS NULL
"""
_END_CAUSES: Final = """
UPDATE product_ban_cause SET ended_at = %s WHERE order_id = ANY(%s::bigint[]) AND ended_at IS NULL
"""
_LOCK_BANS: Final = """
SELECT b.id, b.shop_id, b.product_id, b.order_id FROM product_ban AS b
  JOIN unnest(%s::bigint[], %s::text[]) AS t(shop_id, product_id)
    ON b.shop_id = t.shop_id AND b.product_id = t.product_id
 WHERE b.lifted_at IS NULL ORDER BY b.shop_id, b.product_id FOR UPDATE OF b
"""
_OTHER_CAUSES: Final = """
SELECT DISTINCT ON (c.shop_id, c.product_id) c.shop_id, c.product_id, c.judgement_id, c.order_id, c.order_no, c.at
  FROM product_ban_cause AS c
  JOIN unnest(%s::bigint[], %s::text[]) AS t(shop_id, product_id)
    ON c.shop_id = t.shop_id AND c.product_id = t.product_id
 WHERE c.ended_at IS NULL ORDER BY c.shop_id, c.product_id, c.at, c.judgement_id
"""
_LIFT: Final = """
UPDATE product_ban SET lifted_at = %s, lifted_cause = %s, lifted_by = %s
 WHERE id = ANY(%s::bigint[]) AND lifted_at IS NULL RETURNING shop_id, product_id
"""
_END_ALL_CAUSES: Final = """
UPDATE product_ban_cause AS c SET ended_at = %s
  FROM unnest(%s::bigint[], %s::text[]) AS t(shop_id, product_id)
 WHERE c.shop_id = t.shop_id AND c.product_id = t.product_id AND c.ended_at IS NULL
"""


Product = tuple[int, str]
"""A product by its shop and its id there."""


class Cause(NamedTuple):
    """One product and the judgement that was one too many."""

    shop_id: int
    product_id: str
    judgement_id: int
    order_id: int
    order_no: str
    at: int


def ban(connection: psycopg.Connection[Any], causes: Sequence[Cause]) -> tuple[Product, ...]:
    """
    Ban products, in the caller's transaction, and return those that were not banned before; twice is once. A ban names
    the earliest of its causes, whichever is written first.
    """
    if not causes:
        return ()
    # One order of keys for all judges, so that two of them never wait for each other.
    earliest: dict[tuple[int, str], Cause] = {}
    for each in sorted(causes, key=lambda cause: (cause.shop_id, cause.product_id, cause.at, cause.judgement_id)):
        earliest.setdefault((each.shop_id, each.product_id), each)
    firsts = list(earliest.values())
    micros.run(connection, _ADD_CAUSES, _columns(sorted(causes)))
    fresh = arrays.integers([ids.new_id() for _ in firsts])
    made = micros.rows(connection, _BAN, (fresh, *_columns(firsts)))
    return tuple((shop_id, product_id) for is_new, shop_id, product_id in made if is_new)


def banned(connection: psycopg.Connection[Any], products: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return which of these (shop, product) may not be sold now."""
    if not products:
        return set()
    return {(shop_id, product_id) for shop_id, product_id in micros.rows(connection, _BANNED, _pairs(products))}


def lift(
    connection: psycopg.Connection[Any],
    ban_ids: Sequence[int],
    *,
    cause: str,
    now: datetime,
    user_id: int | None = None,
) -> int:
    """
    Lift bans by an operator's word, whatever caused them, in the caller's transaction, and return how many stood. The
    orders that caused them will not bring them back; later judgements of other orders may.
    """
    lifted = micros.rows(connection, _LIFT, (now, cause, user_id, arrays.integers(sorted(ban_ids))))
    if lifted:
        micros.run(connection, _END_ALL_CAUSES, (now, *_pairs(lifted)))
    return len(lifted)


def end_causes(
    connection: psycopg.Connection[Any],
    order_ids: Sequence[int],
    *,
    cause: str,
    now: datetime,
    user_id: int | None = None,
) -> tuple[Product, ...]:
    """
    Take back what these orders gave as causes, and lift the bans that have no other; return the products of those.

    A ban whose order falls away while another cause holds goes on in the name of that one.
    """
    keys = arrays.integers(sorted(order_ids))
    products = sorted(micros.rows(connection, _PRODUCTS_OF, (keys,)))
    if not products:
        return ()
    # Bans before their causes, as everybody locks them.
    bans = {(shop, product): (id_, order) for id_, shop, product, order in _locked(connection, products)}
    micros.run(connection, _END_CAUSES, (now, keys))
    others = {(row[0], row[1]): Cause(*row) for row in micros.rows(connection, _OTHER_CAUSES, _pairs(products))}
    gone = set(order_ids)
    fallen = {key: id_ for key, (id_, order_id) in bans.items() if key not in others or order_id in gone}
    micros.rows(connection, _LIFT, (now, cause, user_id, arrays.integers(sorted(fallen.values()))))
    ban(connection, [others[key] for key in fallen if key in others])
    return tuple(key for key in fallen if key not in others)


def _locked(connection: psycopg.Connection[Any], products: Sequence[tuple[int, str]]) -> list[tuple[Any, ...]]:
    return micros.rows(connection, _LOCK_BANS, _pairs(products))


def _pairs(products: Sequence[tuple[int, str] | tuple[Any, ...]]) -> tuple[str, str]:
    return arrays.integers([each[0] for each in products]), arrays.texts([each[1] for each in products])


def _columns(causes: Sequence[Cause]) -> tuple[str, ...]:
    return (
        arrays.integers([each.shop_id for each in causes]),
        arrays.texts([each.product_id for each in causes]),
        arrays.integers([each.judgement_id for each in causes]),
        arrays.integers([each.order_id for each in causes]),
        arrays.texts([each.order_no for each in causes]),
        arrays.integers([each.at for each in causes]),
    )
