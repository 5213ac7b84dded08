"""One order, whole, as its page and the API show it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import db
from yidao.kit.errors import Forbidden, NotVisible
from yidao.orders import listing, listing_rows, raw, reading
from yidao.orders.listing import Wanted
from yidao.orders.listing_rows import Row, fetch
from yidao.orders.listing_sql import Values
from yidao.orders.models import AfterSale, Order
from yidao.orders.reading import Buyer
from yidao.policies import books, families
from yidao.rules.instants import instant

CANDIDATES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PackState:
    """One pack as it stands or stood, with why it no longer counts."""

    id: int
    carrier: str
    waybill_no: str
    state: str
    shipped_at: datetime
    is_resend: bool
    ended_at: datetime | None
    ended_cause: str
    user_id: int | None
    lines: tuple[tuple[int, int], ...]
    """Line numbers of this order and how much of each."""
    other_orders: int
    """How many other orders lie in it."""


def of(order_id: int, *, actor: Actor) -> Row:
    """
    Return one order with its lines, the buyer masked.

    :raises NotVisible: it is not the actor's.
    """
    if actor.kind not in (ActorKind.MERCHANT, ActorKind.OPERATOR):
        raise NotVisible
    shops = [*actor.organisation_ids] if actor.kind is ActorKind.MERCHANT else None
    found = listing_rows.by_id(order_id, shops)
    if found is None:
        raise NotVisible
    return listing_rows.filled([found], actor=actor)[0]


def by_number(order_no: str, *, actor: Actor, shop_id: int | None = None) -> Row:
    """
    Return the order with this number; of several shops' the one that is named, the platform's newest without.

    :raises NotVisible: there is none the actor may see.
    """
    shops = (shop_id,) if shop_id is not None else None
    page = listing.orders(actor=actor, wanted=Wanted(order_nos=(order_no,), shop_ids=shops), limit=CANDIDATES_MAX)
    own = [row for row in page.rows if row.order_no == order_no] or list(page.rows)
    if not own:
        raise NotVisible
    return own[0]


def soon(now: datetime, *, shop_id: int = 0) -> timedelta:
    """Return how long before its latest ship time an order is about to be late (即将超时), by its shop's policy."""
    policy = books.shelf(raw.plain()).of(families.PROMISE).choose(instant(now), shop_id, "")
    return timedelta(hours=policy.soon_hours)


_PACKS = """
SELECT p.id, p.carrier, p.waybill_no, p.state, p.shipped_at, p.is_resend, p.ended_at, p.ended_cause, p.user_id,
       i.line_no, i.quantity,
       (SELECT count(DISTINCT o.order_id) FROM order_pack_line o WHERE o.pack_id = p.id AND o.order_id <> i.order_id)
FROM order_pack_line i JOIN order_pack p ON p.id = i.pack_id
WHERE i.order_id = %(id)s ORDER BY p.id, i.line_no
"""


def packs(row: Row) -> tuple[PackState, ...]:
    """Return every pack of a seen order, those that count and those that no longer do, the first one first."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for each in fetch(_PACKS, Values({"id": row.id})):
        found.setdefault(each[0], []).append(each)
    return tuple(
        PackState(
            id=id_,
            carrier=own[0][1],
            waybill_no=own[0][2],
            state=own[0][3],
            shipped_at=own[0][4],
            is_resend=own[0][5],
            ended_at=own[0][6],
            ended_cause=own[0][7],
            user_id=own[0][8],
            lines=tuple((each[9], each[10]) for each in own),
            other_orders=own[0][11],
        )
        for id_, own in found.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSaleRow:
    """One after-sale record of an order, as its page shows it."""

    id: int
    external_no: str
    kind: str
    state: str
    reason: str
    amount_fen: int
    opened_at: datetime
    ended_at: datetime | None
    due_at: datetime | None


def after_sales(row: Row) -> tuple[AfterSaleRow, ...]:
    """Return the after-sale records of a seen order, the newest first."""
    names = tuple(AfterSaleRow.__dataclass_fields__)
    found = AfterSale.objects.filter(order_id=row.id).order_by("-opened_at", "-id").values(*names)
    return tuple(AfterSaleRow(**each) for each in found)


_TOGETHER = """
SELECT t.id, t.order_no FROM order_head t JOIN order_head o ON o.id = %(id)s
WHERE t.shop_id = o.shop_id AND t.receiver_key = o.receiver_key AND t.id <> o.id AND t.ship_by_at IS NOT NULL
ORDER BY t.ship_by_at, t.id LIMIT %(limit)s
"""


def together(row: Row) -> tuple[tuple[int, str], ...]:
    """Return the other waiting orders of a seen order's receiver, which may go in one parcel; the soonest first."""
    if row.ship_by_at is None:
        return ()
    return tuple((id_, order_no) for id_, order_no in fetch(_TOGETHER, Values({"id": row.id, "limit": CANDIDATES_MAX})))


def reveal(order_id: int, *, actor: Actor, now: datetime, real_now: datetime) -> Buyer:
    """
    Return the buyer of an order in full; who looked stands in the journal.

    :raises NotVisible: the order is not the actor's.
    :raises Forbidden: the role does not allow it, or the actor only looks on.
    """
    row = of(order_id, actor=actor)
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(Permission.BUYERS_REVEAL):
        raise Forbidden
    with db.transaction(actor):
        audit.record(
            act="buyer.revealed",
            subject=f"order/{order_id}",
            user_id=actor.user_id,
            credential_id=actor.credential_id,
            organisation_id=row.shop_id,
            at_real=real_now,
            at_business=now,
        )
    head = Order.objects.get(id=order_id)
    return reading.buyer(
        order_id,
        name=head.receiver_name,
        phone=head.receiver_phone,
        address=head.receiver_address,
        division=head.receiver_division,
    )
