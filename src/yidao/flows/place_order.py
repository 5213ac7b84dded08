"""
Orders come in: what binds a shop or a product is looked at first, then they enter. What was accepted once is told on
whatever happens to the shop, because open orders must still be shipped.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.judging import bans
from yidao.orders import entry
from yidao.orders.entry import Entered, OrderIn

PRODUCT_BANNED: Final = "order.product_banned"
SHOP_CLOSED: Final = "order.shop_closed"


class Refused(NamedTuple):
    """A new order that is not taken: a permanent code, and the product it is about."""

    code: str
    product_id: str = ""


def enter(connection: psycopg.Connection[Any], orders: Sequence[OrderIn], *, now: datetime) -> list[Entered | Refused]:
    """
    Let orders enter and return what became of each, in their order; one that is refused spares its neighbours.

    New orders are refused while their shop is closed, or when a line's product is banned there. The caller commits.
    """
    known = entry.lock_known(connection, sorted({entry.key_of(order) for order in orders}))
    fresh = [order for order in orders if entry.key_of(order) not in known]
    refused = _refused(connection, fresh) if fresh else {}
    taken = [order for order in orders if entry.key_of(order) not in refused]
    entered = iter(entry.enter(connection, taken, now=now))
    return [refused[key] if (key := entry.key_of(order)) in refused else next(entered) for order in orders]


def _refused(connection: psycopg.Connection[Any], fresh: Sequence[OrderIn]) -> dict[entry.Key, Refused]:
    from yidao.judging import sanctions  # inline: django not set up

    closed = sanctions.closed_shops(connection, sorted({order.shop_id for order in fresh}))
    products = sorted({(order.shop_id, line.product_id) for order in fresh for line in order.lines if line.product_id})
    banned = bans.banned(connection, products)
    refused: dict[entry.Key, Refused] = {}
    for order in fresh:
        if order.shop_id in closed:
            refused[entry.key_of(order)] = Refused(SHOP_CLOSED)
            continue
        for line in order.lines:
            if (order.shop_id, line.product_id) in banned:
                refused.setdefault(entry.key_of(order), Refused(PRODUCT_BANNED, line.product_id))
    return refused
