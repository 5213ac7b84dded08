"""
Opens violations whose cause lies on the road (揽收超时, 转运超时): where a published policy is on, for each order with
a parcel whose anomaly stands and that the rule finds late. An order has one of a kind, whoever looks how often.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from yidao.accounts.actors import SYSTEM
from yidao.judging import by_hand, opening
from yidao.judging.models import Kind
from yidao.judging.opening import NewJudgement
from yidao.kit import arrays, db, micros, news
from yidao.orders import raw
from yidao.orders.models import Order
from yidao.policies import books, families
from yidao.policies.books import Shelf
from yidao.policies.families import Family
from yidao.policies.selection import PolicyBook
from yidao.rules import parcel, pickup_violation, transit_violation
from yidao.rules.episodes import Closing, Type
from yidao.rules.instants import NEVER, Instant, instant, to_datetime
from yidao.rules.promise import Kind as Promise

LOOKED_BACK: Final = timedelta(days=20)
"""Parcels shipped earlier were looked at on the days before."""
BATCH_SIZE: Final = 500
SPOT: Final = frozenset({Promise.SAME_DAY_NEXT_DAY, Promise.NEXT_DAY, Promise.H24, Promise.H48})

_FOUND: Final = """
SELECT DISTINCT ON (h.id) h.id, h.shop_id, h.order_no, h.promise_kind, h.paid_at, coalesce(h.ordered_at, h.paid_at),
       k.shipped_at, p.picked_at, p.milestones
  FROM anomaly AS a
  JOIN parcel AS p ON p.waybill_no = a.waybill_no AND p.carrier = a.carrier AND p.life = a.life
  JOIN order_pack AS k ON k.waybill_no = a.waybill_no AND k.carrier = a.carrier AND k.shop_id = a.shop_id
                      AND k.state = 'LIVE'
  JOIN order_pack_line AS l ON l.pack_id = k.id
  JOIN order_head AS h ON h.id = l.order_id
 WHERE a.shop_id = ANY(%(shops)s::bigint[]) AND a.shipped_at >= %(since)s AND a.shipped_at < %(now)s
   AND a.type = %(type)s AND a.closing <> %(never)s AND h.paid_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM judgement AS j WHERE j.order_id = h.id AND j.kind = %(kind)s)
 ORDER BY h.id, k.shipped_at
"""


class _Row(NamedTuple):
    """An order with one parcel whose anomaly stands; instants are None where nothing is known."""

    order_id: int
    shop_id: int
    order_no: str
    promise_kind: str
    paid_at: int
    ordered_at: int
    shipped_at: int
    picked_at: int | None
    milestones: bytes


def _late_pickup(row: _Row, policy: Any, now: Instant) -> Instant | None:
    facts = pickup_violation.Facts(
        ordered_at=Instant(row.ordered_at),
        uploaded_at=Instant(row.shipped_at),
        picked_at=Instant(row.picked_at or NEVER),
        is_spot=row.promise_kind in SPOT,
    )
    return pickup_violation.judged_at(facts, policy, now)


def _late_transit(row: _Row, policy: Any, now: Instant) -> Instant | None:
    facts = transit_violation.Facts(
        picked_at=Instant(row.picked_at or NEVER), moved_at=parcel.unpack(bytes(row.milestones)).first_left_at
    )
    return transit_violation.judged_at(facts, policy, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """One kind: its family, the anomaly that leads to it, and the rule that decides."""

    kind: Kind
    family: Family[Any]
    anomaly: Type
    judged_at: Callable[[_Row, Any, Instant], Instant | None]


SEARCHES: Final = (
    _Search(
        kind=Kind.PICKUP_TIMEOUT,
        family=families.PICKUP_VIOLATION,
        anomaly=Type.PICKUP_TIMEOUT,
        judged_at=_late_pickup,
    ),
    _Search(
        kind=Kind.TRANSIT_TIMEOUT,
        family=families.TRANSIT_VIOLATION,
        anomaly=Type.DISPATCH_TIMEOUT,
        judged_at=_late_transit,
    ),
)


def open_due(shop_ids: Sequence[int], *, now: datetime) -> int:
    """Open what is due against these shops and return how many are new; while all policies are off, nothing is."""
    shelf = books.shelf(raw.plain())
    return sum(
        _open(search, book, shop_ids, now=now)
        for search in SEARCHES
        for book in (shelf.of(search.family),)
        if is_on(book)
    )


def is_on(book: PolicyBook[Any]) -> bool:
    """Return whether any version of a family that can be off is on and in force, now or later."""
    return any(version.policy.is_on and version.effective_from is not None for version in book.versions)


def _open(search: _Search, book: PolicyBook[Any], shop_ids: Sequence[int], *, now: datetime) -> int:
    facts = {
        "shops": arrays.integers(sorted(shop_ids)),
        "since": now - LOOKED_BACK,
        "now": now,
        "type": search.anomaly.name,
        "never": Closing.NOT_LATE.name,
        "kind": search.kind.value,
    }
    due: list[Due] = []
    for row in map(_Row._make, micros.rows(raw.plain(), _FOUND, facts)):
        at = search.judged_at(row, book.choose(Instant(row.paid_at), row.shop_id, ""), instant(now))
        if at is not None:
            picked = to_datetime(Instant(row.picked_at)).isoformat() if row.picked_at else ""
            told = {"shipped_at": to_datetime(Instant(row.shipped_at)).isoformat(), "picked_at": picked}
            due.append(Due(row.order_id, at, told))
    return write(search.kind, due, now=now)


class Due(NamedTuple):
    """A violation of an order that is to be opened: since when it is one, and what it was found by."""

    order_id: int
    at: Instant
    facts: Mapping[str, Any]


def write(kind: Kind, due: Sequence[Due], *, now: datetime) -> int:
    """Open violations of one kind, one for each order, and return how many are new."""
    return sum(_write(kind, due[at : at + BATCH_SIZE], now=now) for at in range(0, len(due), BATCH_SIZE))


def _write(kind: Kind, due: Sequence[Due], *, now: datetime) -> int:
    with db.transaction(SYSTEM):
        orders = Order.objects.in_bulk([each.order_id for each in due])
        shelf = books.shelf(raw.plain())
        new = [_judgement(kind, each, orders[each.order_id], shelf) for each in due]
        made = opening.open(raw.plain(), new, now=now)
        news.tell(each.shop_id for each, made_id in zip(new, made, strict=True) if made_id is not None)
    return sum(made_id is not None for made_id in made)


def _judgement(kind: Kind, due: Due, order: Order, shelf: Shelf) -> NewJudgement:
    version, costs = by_hand.costs(kind, order, shelf)
    return NewJudgement(
        shop_id=order.shop_id,
        order_id=order.id,
        order_no=order.order_no,
        kind=kind.value,
        round=1,
        ordinal=1,
        at=due.at,
        policy=version,
        facts={**costs, **due.facts},
    )
