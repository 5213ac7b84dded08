"""
What told parcels ship: a shop's word about a parcel ships the rest of the orders it names, in the same transaction.
Set-based, for the intake's own connection.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from yidao.kit import ids
from yidao.orders import packs, standing
from yidao.orders.packs import Held, NewPack, Told
from yidao.parcels.beginning import Plan
from yidao.parcels.shipment import ShipmentIn
from yidao.rules.instants import Instant, instant
from yidao.rules.order_state import WAITING


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

    def ship(self, plans: Sequence[Plan], *, now: datetime) -> None:
        """
        Ship what still waits of the orders that won parcels name. A parcel told again ships nothing; one that merely
        claims its number ships all the same; an order with an open refund, unpaid or over is left as it is.

        Reading: the time of shipping is what the shop told, but never later than now. Whether it was in time is another
        matter: what counts is when the number was uploaded, or a shop could put its parcels before D afterwards. So
        whatever fell due until now is judged, whenever the judge comes round to it.
        """
        if not self._has_any:
            return
        told = [_told(each.shipment, each.life.life if each.life is not None else 0) for each in plans]
        left: dict[tuple[int, int], int] = {}
        held: dict[int, list[Held]] = {}
        for row in packs.waiting(self._connection, told):
            if row.state not in WAITING or row.open_refunds:
                continue
            quantity = left.get((row.order_id, row.line_no), row.left)
            left[row.order_id, row.line_no] = 0
            if quantity:
                held.setdefault(row.place, []).append(Held(row.order_id, row.line_no, quantity))
        made = [_pack(told[place], pieces, latest=instant(now)) for place, pieces in sorted(held.items())]
        packs.record(self._connection, made, now=now)
        standing.refresh(
            self._connection, sorted({piece.order_id for pieces in held.values() for piece in pieces}), now=now
        )


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
