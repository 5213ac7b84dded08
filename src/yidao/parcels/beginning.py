"""
What a shipment does to a number: begin its first life, adopt the stub that events made, begin a further life once the
last one is over, or be refused. A shop must not read another's tracking by claiming a number, so a stub is adopted
only when its scans agree with the shipment; until then the claim waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from yidao.kit import arrays
from yidao.parcels import folding, hot, lives
from yidao.parcels.lives import Life
from yidao.parcels.shipment import ItemResult, LineIn, Result, ShipmentIn
from yidao.rules import monitor, parcel, routes
from yidao.rules.anomalies import Hold, HoldKind
from yidao.rules.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a shipment comes to; without `life` nothing is written."""

    result: ItemResult
    shipment: ShipmentIn
    life: Life | None = None
    is_further_life: bool = False
    must_wait: bool = False


def plan(shipment: ShipmentIn, of_number: list[Life]) -> Plan:
    """Decide about one shipment against the lives of its number and put the new or adopted life among them."""
    same = next((life for life in of_number if _is_same(shipment, life)), None)
    if same is not None:
        return Plan(result=ItemResult(Result.DUPLICATE, id=_id_of(same)), shipment=shipment)
    if not of_number:
        life = lives.new_life(shipment.waybill_no, shipment.carrier, 1, starts_at=shipment.shipped_at)
        of_number.append(life)
        return _taken(shipment, life)
    last = of_number[-1]
    if last.shop_id is None:
        return adopt(shipment, last)
    if last.is_over and _begins_after(shipment, last):
        return _further_life(shipment, last, of_number)
    detail: dict[str, Any] = {}
    if last.shop_id == shipment.shop_id:
        detail = {"order_nos": last.order_nos, "id": _id_of(last)}
    return Plan(result=rejected(shipment, "parcel.number_in_use", detail), shipment=shipment)


def adopt(shipment: ShipmentIn, stub: Life) -> Plan:
    """Let a shipment adopt the stub if phone tail or places agree; else it waits with a reason."""
    if not agrees(shipment, stub):
        stub.claim_waiting = True
        stub.is_plan_changed = True
        result = ItemResult(Result.ACCEPTED, code="parcel.claim_waits", id=_id_of(stub), state="WAITING")
        return Plan(result=result, shipment=shipment, must_wait=True)
    stub.is_adopted = True
    return _taken(shipment, stub)


def agrees(shipment: ShipmentIn, stub: Life) -> bool:
    """Tell whether the stub's own facts speak for this shipment: the receiver's phone tail, or a city of either end."""
    if shipment.receiver_tail is not None and stub.receiver_tail == shipment.receiver_tail:
        return True
    ends = {routes.city_of(shipment.sender_division), routes.city_of(shipment.receiver_division)} - {0}
    known = stub.milestones if stub.milestones is not None else parcel.unpack(stub.milestones_before)
    return any(entry[3] in ends for entry in (*known.entries, *stub.entries))


def _begins_after(shipment: ShipmentIn, last: Life) -> bool:
    """
    Tell whether a further life would begin late enough: after the last one began, and, where that was another shop's,
    so late that none of the scans until its end would change hands.
    """
    if last.shop_id == shipment.shop_id:
        return shipment.shipped_at > last.starts_at
    return shipment.shipped_at - folding.LIFE_REACHES_BACK > max(parcel.over_since(last.before), last.starts_at)


def _further_life(shipment: ShipmentIn, last: Life, of_number: list[Life]) -> Plan:
    life = lives.new_life(shipment.waybill_no, shipment.carrier, last.life + 1, starts_at=shipment.shipped_at)
    of_number.append(life)
    # The last life is written too, so that a writer who is just adding a scan to it loses and sees the new one.
    last.is_plan_changed = True
    if routes.city_of(last.receiver_division) != routes.city_of(shipment.receiver_division) or (
        last.receiver_tail != shipment.receiver_tail
    ):
        life.add_hold(Hold(kind=HoldKind.NUMBER_REUSED, types=0, since=Instant(shipment.shipped_at), until=Instant(0)))
    taken = _taken(shipment, life)
    return Plan(result=taken.result, shipment=shipment, life=life, is_further_life=True)


def _taken(shipment: ShipmentIn, life: Life) -> Plan:
    life.shop_id = shipment.shop_id
    life.starts_at = shipment.shipped_at
    life.shipped_at = shipment.shipped_at
    life.paid_at = shipment.paid_at
    life.sender_division = shipment.sender_division
    life.receiver_division = shipment.receiver_division
    life.receiver_tail = shipment.receiver_tail
    hold_lines(life, shipment.lines)
    life.claim_waiting = False
    life.policy = ""
    life.is_plan_changed = True
    return Plan(result=ItemResult(Result.ACCEPTED, id=_id_of(life)), shipment=shipment, life=life)


def hold_lines(life: Life, lines: Sequence[LineIn]) -> None:
    """Let a life say which orders and creators its lines are of."""
    life.order_nos = ";".join(dict.fromkeys(line.order_no for line in lines))
    creators = creators_in_scope(lines)
    life.creator_id = next(iter(creators), None)
    life.creator_order_nos = creators.get(life.creator_id or 0, "")
    life.has_extra_creators = len(creators) > 1
    life.is_plan_changed = True


def creators_in_scope(lines: Sequence[LineIn]) -> dict[int, str]:
    """
    Return the order numbers of each creator who promoted lines in scope, joined by `;`, in the order of the lines.
    """
    found: dict[int, dict[str, None]] = {}
    for line in lines:
        if line.creator_id is not None and monitor.is_in_scope(line):
            found.setdefault(line.creator_id, {})[line.order_no] = None
    return {creator_id: ";".join(order_nos) for creator_id, order_nos in found.items()}


def write_lines(connection: psycopg.Connection[Any], plans: Sequence[Plan]) -> None:
    """Write the order lines and the further creators of the plans that were won."""
    add_lines(connection, [(each.life, (), each.shipment.lines) for each in plans if each.life is not None])


def add_lines(
    connection: psycopg.Connection[Any], added: Sequence[tuple[Life, Sequence[LineIn], Sequence[LineIn]]]
) -> None:
    """Write lines of lives behind those that are there, and the further creators of them all."""
    if not added:
        return
    lines = [
        (life, number, line)
        for life, there, further in added
        for number, line in enumerate(further, start=len(there) + 1)
    ]
    hot.run(
        connection,
        "add_lines",
        {
            **_keys([life for life, _, _ in lines]),
            "line_no": arrays.integers([number for _, number, _ in lines]),
            "order_no": arrays.texts([line.order_no for _, _, line in lines]),
            "creator_id": arrays.integers_or_null([line.creator_id for _, _, line in lines]),
            "is_self_sold": arrays.booleans([line.is_self_sold for _, _, line in lines]),
            "is_cross_border": arrays.booleans([line.is_cross_border for _, _, line in lines]),
            "is_customer_return": arrays.booleans([line.is_customer_return for _, _, line in lines]),
            **{
                name: _texts_or_none([getattr(line, name) for _, _, line in lines])
                for name in ("room_id", "product_id", "product_name")
            },
        },
    )
    extras = [
        (life, creator_id, order_nos)
        for life, there, further in added
        if life.has_extra_creators
        for creator_id, order_nos in list(creators_in_scope((*there, *further)).items())[1:]
    ]
    if extras:
        _write_extra_creators(connection, extras)


def _texts_or_none(values: Sequence[str]) -> str:
    """Return an array literal; an empty one where all are empty: unnest then leaves them out."""
    return arrays.texts(values) if any(values) else "{}"


def _write_extra_creators(connection: psycopg.Connection[Any], extras: Sequence[tuple[Life, int, str]]) -> None:
    verdicts = [life.verdict for life, _, _ in extras]
    hot.run(
        connection,
        "add_extra_creators",
        {
            **_keys([life for life, _, _ in extras]),
            "creator_id": arrays.integers([creator_id for _, creator_id, _ in extras]),
            "shop_id": arrays.integers([life.shop_id or 0 for life, _, _ in extras]),
            "order_nos": arrays.texts([order_nos for _, _, order_nos in extras]),
            "shipped_us": arrays.integers([life.shipped_at for life, _, _ in extras]),
            "status": arrays.texts([each.status for each in verdicts if each]),
            "open_types": arrays.integers([each.open_mask for each in verdicts if each]),
            "last_us": arrays.integers([each.last_scan_at for each in verdicts if each]),
            "last_kind": arrays.integers([each.last_kind for each in verdicts if each]),
        },
    )


def _keys(some: Sequence[Life]) -> dict[str, str]:
    return {
        "waybill_no": arrays.texts([life.waybill_no for life in some]),
        "carrier": arrays.texts([life.carrier for life in some]),
        "life": arrays.integers([life.life for life in some]),
    }


def _is_same(shipment: ShipmentIn, life: Life) -> bool:
    return (
        life.shop_id == shipment.shop_id
        and life.shipped_at == shipment.shipped_at
        and life.order_nos == ";".join(dict.fromkeys(line.order_no for line in shipment.lines))
    )


def rejected(shipment: ShipmentIn, code: str, detail: dict[str, Any] | None = None) -> ItemResult:
    """Return the answer to a shipment that is refused."""
    return ItemResult(Result.REJECTED, code=code, detail={"waybill_no": shipment.waybill_no, **(detail or {})})


def _id_of(life: Life) -> str:
    return f"{life.carrier}/{life.waybill_no}/{life.life}"
