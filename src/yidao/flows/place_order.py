"""
Orders come in: what binds a shop or a product is looked at first, then they enter, and parcels that were told before
them ship them. What was accepted once is told on whatever happens to the shop, because open orders must still be
shipped.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.flows import arrivals
from yidao.judging import bans
from yidao.orders import entry
from yidao.orders.entry import Entered, OrderIn
from yidao.rules import order_state
from yidao.rules.order_state import State

PRODUCT_BANNED: Final = "order.product_banned"
SHOP_CLOSED: Final = "order.shop_closed"


class Refused(NamedTuple):
    """A new order that is not taken: a permanent code, and the product it is about."""

    code: str
    product_id: str = ""


def enter(connection: psycopg.Connection[Any], orders: Sequence[OrderIn], *, now: datetime) -> list[Entered | Refused]:
    """
    Let orders enter and return what became of each, in their order; one that is refused spares its neighbours.

    New orders are refused while their shop is closed, or when a line's product is banned there. What is new or newly
    paid is shipped by the parcels that name it; what may not be shipped yet is answered with the reason. The caller
    commits.
    """
    known = entry.lock_known(connection, sorted({entry.key_of(order) for order in orders}))
    fresh = [order for order in orders if entry.key_of(order) not in known]
    refused = _refused(connection, fresh) if fresh else {}
    taken = [order for order in orders if entry.key_of(order) not in refused]
    found = entry.enter(connection, taken, now=now)
    begun = [
        (each.id, order)
        for each, order in zip(found, taken, strict=True)
        if each.is_news and _may_begin(order, known.get(entry.key_of(order)))
    ]
    states, left = arrivals.ship_entered(connection, begun, now=now)
    entered = iter([_answer(each, states, left) for each in found])
    return [refused[key] if (key := entry.key_of(order)) in refused else next(entered) for order in orders]


def _may_begin(order: OrderIn, known: entry.Known | None) -> bool:
    """Tell whether an order may wait to be shipped now and did not before this word."""
    return order.state not in order_state.UNDOES_PAYMENT and (known is None or not known.is_waiting)


def _answer(entered: Entered, states: Mapping[int, State], left: Mapping[int, str]) -> Entered:
    """Return an answer that knows of the parcels: what they shipped needs no remark, what they had to leave does."""
    code = left.get(entered.id, entered.code)
    if states.get(entered.id, State.TO_SHIP) not in order_state.WAITING:
        code = "" if code == entry.SHIPS_BY_PACKS else code
    return Entered(id=entered.id, is_news=entered.is_news, code=code if entered.is_news else entered.code)


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
