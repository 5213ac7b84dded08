"""
What told parcels ship: a shop's word about a parcel ships the rest of the orders it names, in the same transaction; an
order that comes after its parcel is shipped by it when it comes. Set-based, for the intake's own connection.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import psycopg

from yidao.kit import ids
from yidao.orders import packs, standing
from yidao.orders.entry import OrderIn
from yidao.orders.packs import Held, NewPack, Told, Waits
from yidao.parcels import naming
from yidao.parcels.beginning import Plan
from yidao.parcels.shipment import ShipmentIn
from yidao.rules.instants import Instant, instant, to_datetime
from yidao.rules.order_state import WAITING, State

UNPAID: Final = "order.unpaid"
REFUND_OPEN: Final = "order.refund_open"
CLOSED: Final = "order.closed"
_LEFT: Final[Mapping[str, str]] = {State.PENDING_PAYMENT: UNPAID, State.CANCELLED: CLOSED}
"""Why a told parcel does not ship an order, as codes."""


class Arrivals:
    """
    The orders that shipments of one batch name. Made before any parcel is written, so that everybody locks orders
    first; a batch whose parcels name no order that waits costs one statement.
    """

    def __init__(self, connection: psycopg.Connection[Any], shipments: Sequence[ShipmentIn]) -> None:
        self._connection = connection
        self._has_any = False
        if shipments:
            found = packs.waiting(connection, [_told(each, 0) for each in shipments])
            self._has_any = bool(found)
            if found:
                packs.lock(connection, {each.order_id for each in found})

    def ship(self, plans: Sequence[Plan], *, now: datetime) -> list[dict[str, str]]:
        """
        Ship what still waits of the orders that won parcels name, and return for each plan which orders it left and
        why: those unpaid, closed, or with an open refund. A parcel told again ships nothing; one that merely claims its
        number ships all the same.

        Reading: the time of shipping is what the shop told, but never later than now. Whether it was in time is another
        matter: what counts is when the number was uploaded, or a shop could put its parcels before D afterwards. So
        whatever fell due until now is judged, whenever the judge comes round to it.
        """
        left: list[dict[str, str]] = [{} for _ in plans]
        if not self._has_any:
            return left
        told = [_told(each.shipment, each.life.life if each.life is not None else 0) for each in plans]
        waits = packs.waiting(self._connection, told)
        shipped = _record(self._connection, told, waits, now=now)
        standing.refresh(self._connection, sorted(shipped), now=now)
        stays = [(row, code) for row in waits if (code := _why_left(row))]
        numbers = packs.order_nos(self._connection, {row.order_id for row, _ in stays}) if stays else {}
        for row, code in stays:
            left[row.place][numbers[row.order_id]] = code
        return left


def ship_entered(
    connection: psycopg.Connection[Any], orders: Sequence[tuple[int, OrderIn]], *, now: datetime
) -> tuple[dict[int, State], dict[int, str]]:
    """
    Ship orders that just entered, or were just paid, by the parcels that their shops told before; return how those
    shipped stand, and which were left and why. The caller holds their locks.

    A number under which an order was packed before ships it no second time: it may have proved wrong.

    Reading: the number was uploaded when the parcel was told, so what fell due after that is not judged.
    """
    names = {(order.shop_id, number) for _, order in orders for number in _numbers(order)}
    named = naming.naming(connection, names) if names else []
    if not named:
        return {}, {}
    told = [Told(*each[:5], order_nos=each.order_nos) for each in named]
    own = {id_ for id_, _ in orders}
    used = packs.numbers_of(connection, own)
    waits = [
        row
        for row in packs.waiting(connection, told)
        if row.order_id in own and (row.order_id, (told[row.place].waybill_no, told[row.place].carrier)) not in used
    ]
    left = {row.order_id: code for row in waits if (code := _why_left(row))}
    shipped = _record(connection, told, waits, now=now)
    if not shipped:
        return {}, left
    late: dict[Instant, list[int]] = {}
    for order_id in packs.due_before(connection, shipped, now=now):
        late.setdefault(max(named[place].told_at for place in shipped[order_id]), []).append(order_id)
    for told_at, order_ids in sorted(late.items()):
        standing.refresh(connection, order_ids, now=min(to_datetime(told_at), now))
    return standing.refresh(connection, sorted(shipped), now=now), left


def _numbers(order: OrderIn) -> Iterable[str]:
    return (order.order_no, *(line.order_no for line in order.lines))


def _why_left(row: Waits) -> str:
    if row.state in WAITING:
        return REFUND_OPEN if row.open_refunds else ""
    return _LEFT.get(row.state, "")


def _record(
    connection: psycopg.Connection[Any], told: Sequence[Told], waits: Sequence[Waits], *, now: datetime
) -> dict[int, set[int]]:
    """Pack what may be shipped into the first parcel that names it; return the places of each order's parcels."""
    left: dict[tuple[int, int], int] = {}
    held: dict[int, list[Held]] = {}
    shipped: dict[int, set[int]] = {}
    for row in waits:
        if row.state not in WAITING or row.open_refunds:
            continue
        quantity = left.get((row.order_id, row.line_no), row.left)
        left[row.order_id, row.line_no] = 0
        if quantity:
            held.setdefault(row.place, []).append(Held(row.order_id, row.line_no, quantity))
            shipped.setdefault(row.order_id, set()).add(row.place)
    made = [_pack(told[place], pieces, latest=instant(now)) for place, pieces in sorted(held.items())]
    packs.record(connection, made, now=now)
    return shipped


def _told(shipment: ShipmentIn, life: int) -> Told:
    return Told(
        shop_id=shipment.shop_id,
        carrier=shipment.carrier,
        waybill_no=shipment.waybill_no,
        life=life,
        shipped_at=Instant(shipment.shipped_at),
        order_nos=tuple(dict.fromkeys(line.order_no for line in shipment.lines)),
    )


def _pack(told: Told, held: Sequence[Held], *, latest: Instant) -> NewPack:
    return NewPack(
        id=ids.new_id(),
        shop_id=told.shop_id,
        carrier=told.carrier,
        waybill_no=told.waybill_no,
        life=told.life,
        shipped_at=min(told.shipped_at, latest),
        held=tuple(held),
    )
