"""Parcels by the orders their shops named when they told them, set-based, on any psycopg connection."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

import psycopg

from yidao.kit import arrays, micros
from yidao.rules.instants import Instant

_NAMING: Final = """
SELECT p.shop_id, p.carrier, p.waybill_no, p.life, p.shipped_at, coalesce(p.adopted_at, p.recorded_at),
       array_agg(DISTINCT l.order_no)
FROM unnest(%(order_no)s::text[], %(shop_id)s::bigint[]) AS k (order_no, shop_id)
JOIN parcel_line l ON l.order_no = k.order_no
JOIN parcel p ON p.waybill_no = l.waybill_no AND p.carrier = l.carrier AND p.life = l.life AND p.shop_id = k.shop_id
WHERE p.status <> 'VOIDED' AND p.shipped_at IS NOT NULL AND NOT l.is_customer_return
GROUP BY p.waybill_no, p.carrier, p.life
ORDER BY p.shipped_at, p.waybill_no, p.carrier, p.life
"""


class Named(NamedTuple):
    """A parcel that a shop told of with some orders: when it left, and when it was told."""

    shop_id: int
    carrier: str
    waybill_no: str
    life: int
    shipped_at: Instant
    told_at: Instant
    order_nos: tuple[str, ...]


def naming(connection: psycopg.Connection[Any], orders: Collection[tuple[int, str]]) -> list[Named]:
    """
    Return the parcels of shops that name some of (shop, number of an order or line), the first shipped first; what a
    carrier voided and what buyers sent back is none.
    """
    wanted = sorted(orders)
    columns = {
        "order_no": arrays.texts([order_no for _, order_no in wanted]),
        "shop_id": arrays.integers([shop_id for shop_id, _ in wanted]),
    }
    return [
        Named(shop_id, carrier, waybill_no, life, shipped_at, told_at, tuple(order_nos))
        for shop_id, carrier, waybill_no, life, shipped_at, told_at, order_nos in micros.rows(
            connection, _NAMING, columns
        )
    ]
