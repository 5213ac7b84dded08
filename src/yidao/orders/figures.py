"""What of a shop's orders asks for somebody now, counted cheaply: by hour before D, late, part shipped, refunds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.errors import NotVisible

COUNT_MAX: Final = 10_000
"""Nothing is counted further; what is more is told as more."""
HOURS: Final = 24
_LATE, _WAITING, _PART, _SOON = -1, -2, -3, -4
"""Places of counts that are no hours."""

_WAITING_ORDERS: Final = """
WITH hour AS (
    SELECT ship_by_at FROM order_head
     WHERE shop_id = %(shop)s AND ship_by_at >= %(now)s AND ship_by_at < %(end)s ORDER BY ship_by_at LIMIT %(limit)s
)
SELECT floor(extract(epoch FROM ship_by_at - %(now)s) / 3600)::integer, count(*) FROM hour GROUP BY 1
UNION ALL SELECT %(late)s, count(*) FROM (
    SELECT 1 FROM order_head WHERE shop_id = %(shop)s AND ship_by_at < %(now)s LIMIT %(limit)s) AS late
UNION ALL SELECT %(waiting)s, count(*) FROM (
    SELECT 1 FROM order_head WHERE shop_id = %(shop)s AND state IN ('PAID', 'TO_SHIP', 'PARTIALLY_SHIPPED')
     LIMIT %(limit)s) AS waiting
UNION ALL SELECT %(part)s, count(*) FROM (
    SELECT 1 FROM order_head WHERE shop_id = %(shop)s AND state = 'PARTIALLY_SHIPPED' LIMIT %(limit)s) AS part
UNION ALL SELECT %(soon)s, count(*) FROM (
    SELECT 1 FROM order_head
     WHERE shop_id = %(shop)s AND ship_by_at >= %(now)s AND ship_by_at < %(soon_end)s LIMIT %(limit)s) AS soon
"""
_AFTER_SALES: Final = """
SELECT state, count(*), min(due_at) FROM (
    SELECT state, due_at FROM after_sale
     WHERE shop_id = %(shop)s AND state IN ('AWAIT_SHOP', 'AWAIT_RETURN', 'AWAIT_RECEIPT', 'REFUNDING')
     LIMIT %(limit)s) AS open
GROUP BY state
"""
FOR_THE_SHOP: Final = "AWAIT_SHOP"
"""The state of an after-sale in which the shop has to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSales:
    """How many after-sales are open, how many of them wait for the shop, and until when the first of those does."""

    open: int
    waiting: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """
    A shop's waiting orders: `hours[3]` are those of which three to four hours are left. Counts stop at COUNT_MAX + 1;
    the hours together do too, the nearest first.
    """

    hours: tuple[int, ...]
    late: int
    waiting: int
    part: int
    soon: int
    after_sales: AfterSales


def waiting(*, actor: Actor, shop_id: int, soon: timedelta, now: datetime) -> Waiting:
    """
    Return what waits in a shop, in two statements; `soon` is how long before D an order is about to be late.

    :raises NotVisible: the shop is not the actor's.
    """
    if actor.kind is not ActorKind.MERCHANT or shop_id not in actor.organisation_ids:
        raise NotVisible
    asked: dict[str, Any] = {
        "shop": shop_id,
        "now": now,
        "end": now + timedelta(hours=HOURS),
        "soon_end": now + soon,
        "limit": COUNT_MAX + 1,
        "late": _LATE,
        "waiting": _WAITING,
        "part": _PART,
        "soon": _SOON,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING_ORDERS, asked)
        counted: Mapping[int, int] = dict(cursor.fetchall())
        cursor.execute(_AFTER_SALES, {"shop": shop_id, "limit": COUNT_MAX + 1})
        after_sales = cursor.fetchall()
    mine = [(count, due_at) for state, count, due_at in after_sales if state == FOR_THE_SHOP]
    return Waiting(
        hours=tuple(counted.get(hour, 0) for hour in range(HOURS)),
        late=counted[_LATE],
        waiting=counted[_WAITING],
        part=counted[_PART],
        soon=counted[_SOON],
        after_sales=AfterSales(
            open=sum(count for _, count, _ in after_sales),
            waiting=sum(count for count, _ in mine),
            due_at=min((due_at for _, due_at in mine if due_at is not None), default=None),
        ),
    )
