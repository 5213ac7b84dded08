"""
Claims: shipments that wait because nothing yet shows that a stub's scans are theirs. Each new scan may settle one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from yidao.kit import arrays
from yidao.parcels import beginning, doubts, hot
from yidao.parcels.lives import Life, Number
from yidao.parcels.shipment import ShipmentIn
from yidao.rules.shipping import Doubt

_decoder = msgspec.msgpack.Decoder(ShipmentIn)


def settle(
    connection: psycopg.Connection[Any], found: Mapping[Number, list[Life]], *, of_batch: Sequence[beginning.Plan]
) -> list[beginning.Plan]:
    """
    Let waiting claims adopt stubs whose new scans now speak for them; the oldest claim that agrees gets it.

    `of_batch` are the claims of this very batch, which saw their stubs before the batch's scans were added.
    """
    stubs = {number: lives[-1] for number, lives in found.items() if lives and _may_settle(lives[-1])}
    if not stubs:
        return []
    wanted = sorted(stubs)
    keys = {"waybill_no": arrays.texts([n[0] for n in wanted]), "carrier": arrays.texts([n[1] for n in wanted])}
    waiting = [_decoder.decode(bytes(body)) for _, _, _, body in hot.rows(connection, "claims_of", keys)]
    settled: list[beginning.Plan] = []
    for shipment in (*waiting, *(plan.shipment for plan in of_batch)):
        stub = stubs.get((shipment.waybill_no, shipment.carrier))
        if stub is not None and stub.shop_id is None and beginning.agrees(shipment, stub):
            settled.append(beginning.adopt(shipment, stub))
    return settled


def _may_settle(life: Life) -> bool:
    """Tell whether a life is a stub that is claimed and has learned something in this batch."""
    return life.claim_waiting and life.shop_id is None and bool(life.entries or life.milestones is not None)


def write(
    connection: psycopg.Connection[Any],
    plans: Sequence[beginning.Plan],
    *,
    now: Any,
) -> None:
    """Write down the shipments that must wait and forget the claims that were settled."""
    # A shop that told its shipment twice in this batch still has one claim.
    waiting = list({_key(each.shipment): each.shipment for each in plans if each.must_wait}.values())
    if waiting:
        hot.run(
            connection,
            "put_claims",
            {
                **_keys(waiting),
                "body": arrays.blobs([msgspec.msgpack.encode(each) for each in waiting]),
                "reason": arrays.texts(["parcel.claim_waits"] * len(waiting)),
                "now": now,
            },
        )
        rows = [doubts.DoubtRow(*_key(each)[:2], 0, each.shop_id, Doubt.CLAIMED) for each in waiting]
        doubts.put(connection, rows, now=now)
    settled = [each.shipment for each in plans if each.life is not None]
    if settled:
        hot.run(connection, "drop_claims", _keys(settled))


def _key(shipment: ShipmentIn) -> tuple[str, str, int]:
    return shipment.waybill_no, shipment.carrier, shipment.shop_id


def _keys(some: Sequence[ShipmentIn]) -> dict[str, str]:
    return {
        "waybill_no": arrays.texts([each.waybill_no for each in some]),
        "carrier": arrays.texts([each.carrier for each in some]),
        "shop_id": arrays.integers([each.shop_id for each in some]),
    }
