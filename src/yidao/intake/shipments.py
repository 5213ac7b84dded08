"""Shipments on their way through the writer: whose they are is checked here, the room of the parcels begins them."""

from collections.abc import Mapping

from yidao.intake.payloads import ShipmentIn, SourceFacts
from yidao.parcels import beginning
from yidao.parcels.lives import Life


def plan(
    shipment: ShipmentIn, sender: SourceFacts, of_number: list[Life], *, organisations: Mapping[int, str]
) -> beginning.Plan:
    """Decide about one shipment against the lives of its number and put the new or adopted life among them."""
    refusal = _unknown_party(shipment, sender, organisations)
    if refusal:
        return beginning.Plan(result=beginning.rejected(shipment, refusal), shipment=shipment)
    return beginning.plan(shipment, of_number)


def _unknown_party(shipment: ShipmentIn, sender: SourceFacts, organisations: Mapping[int, str]) -> str:
    if organisations.get(shipment.shop_id) != "SHOP" or (
        sender.kind == "SHOP" and sender.organisation_id != shipment.shop_id
    ):
        return "parcel.shop_unknown"
    for line in shipment.lines:
        if line.creator_id is not None and organisations.get(line.creator_id) != "CREATOR":
            return "parcel.creator_unknown"
    return ""
