"""
Claims: shipments that wait because nothing yet shows that a stub's scans are theirs. Each new scan may settle one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from yidao.intake import shipments
from yidao.intake.payloads import ShipmentIn
from yidao.kit import arrays
from yidao.parcels import hot
from yidao.parcels.lives import Life, Number

_decoder = msgspec.msgpack.Decoder(ShipmentIn)


def settle(
    connection: psycopg.Connection[Any], found: Mapping[Number, list[Life]], *, organisations: Mapping[int, str]
) -> list[shipments.Plan]:
    """Let waiting claims adopt stubs whose new scans now speak for them; the oldest claim that agrees gets it."""
    stubs = {
        number: lives[-1]
        for number, lives in found.items()
        if lives and lives[-1].claim_waiting and lives[-1].version and lives[-1].entries
    }
    if not stubs:
        return []
    wanted = sorted(stubs)
    keys = {"waybill_no": arrays.texts([n[0] for n in wanted]), "carrier": arrays.texts([n[1] for n in wanted])}
    settled: list[shipments.Plan] = []
    for waybill_no, carrier, _, body in hot.rows(connection, "claims_of", keys):
        stub = stubs.get((waybill_no, carrier))
        shipment = _decoder.decode(bytes(body))
        if stub is not None and stub.shop_id is None and shipments.agrees(shipment, stub):
            settled.append(shipments.adopt(shipment, stub))
    return settled


def write(
    connection: psycopg.Connection[Any],
    plans: Sequence[shipments.Plan],
    *,
    now: Any,
) -> None:
    """Write down the shipments that must wait and forget the claims that were settled."""
    waiting = [each.shipment for each in plans if each.must_wait]
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
    settled = [each.shipment for each in plans if each.life is not None]
    if settled:
        hot.run(connection, "drop_claims", _keys(settled))


def _keys(some: Sequence[ShipmentIn]) -> dict[str, str]:
    return {
        "waybill_no": arrays.texts([each.waybill_no for each in some]),
        "carrier": arrays.texts([each.carrier for each in some]),
        "shop_id": arrays.integers([each.shop_id for each in some]),
    }
