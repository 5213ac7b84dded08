"""
From wire to payload: fully validated, so that the database has nothing left to refuse; one bad item spares its
neighbours.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from yidao.carriers import catalogue, texts
from yidao.carriers.native import wire
from yidao.carriers.texts import EARLIEST, LATEST
from yidao.carriers.traces import TraceList
from yidao.intake import fields, identity, told_orders
from yidao.intake.faults import Fault, Problem, Refused, fault_of, refused
from yidao.intake.fields import Bad
from yidao.intake.payloads import Item, LineIn, ScanIn, ShipmentIn, SnapshotIn
from yidao.intake.senders import Sender
from yidao.kit import crypto
from yidao.rules.instants import instant
from yidao.rules.sources import LISTED

PHONE_TAIL: Final = "parcel.receiver_tail"
"""The purpose of the blind index over the last four digits of the receiver's telephone."""


class Decoded(msgspec.Struct):
    """The good items in their order, and the problems of the bad ones by their place in the request."""

    count: int
    items: list[Item]
    problems: dict[int, Problem]


Wire = TypeVar("Wire")

_events = msgspec.json.Decoder(wire.Events)
_parcels = msgspec.json.Decoder(wire.Parcels)
_orders = msgspec.json.Decoder(wire.Orders)
_raw_orders = msgspec.json.Decoder(wire.RawOrders)
_order = msgspec.json.Decoder(wire.Order)
_raw_events = msgspec.json.Decoder(wire.RawEvents)
_raw_parcels = msgspec.json.Decoder(wire.RawParcels)
_event = msgspec.json.Decoder(wire.Event)
_parcel = msgspec.json.Decoder(wire.Parcel)


def events(body: bytes, sender: Sender) -> Decoded:
    """
    Decode the body of POST /v1/tracking-events.

    :raises Refused: the body as a whole is not JSON, not UTF-8, or not of the shape.
    """

    def one(event: wire.Event) -> Item:
        return scan(event, sender)

    try:
        whole = _events.decode(body).events
    except (ValueError, RecursionError):
        rows = raw_items(body, _raw_events, "events")
        return _one_by_one(rows, _event, one, base="/events/", malformed="tracking.malformed")
    return _checked(whole, one, base="/events/")


def parcels(body: bytes, sender: Sender) -> Decoded:
    """
    Decode the body of POST /v1/parcels.

    :raises Refused: the body as a whole is not JSON, not UTF-8, or not of the shape.
    """

    def one(parcel: wire.Parcel) -> Item:
        return shipment(parcel, sender)

    try:
        whole = _parcels.decode(body).parcels
    except (ValueError, RecursionError):
        rows = raw_items(body, _raw_parcels, "parcels")
        return _one_by_one(rows, _parcel, one, base="/parcels/", malformed="parcel.malformed")
    return _checked(whole, one, base="/parcels/")


def orders(body: bytes, sender: Sender) -> Decoded:
    """
    Decode the body of POST /v1/orders.

    :raises Refused: the body as a whole is not JSON, not UTF-8, or not of the shape.
    """

    def one(told: wire.Order) -> Item:
        return told_orders.order(told, sender)

    try:
        whole = _orders.decode(body).orders
    except (ValueError, RecursionError):
        rows = raw_items(body, _raw_orders, "orders")
        return _one_by_one(rows, _order, one, base="/orders/", malformed="order.malformed")
    return _checked(whole, one, base="/orders/")


def event_rows(rows: Sequence[bytes], sender: Sender) -> Decoded:
    """Decode events that came one by one, such as the rows of a file."""
    return _one_by_one(rows, _event, lambda event: scan(event, sender), base="/", malformed="tracking.malformed")


def parcel_rows(rows: Sequence[bytes], sender: Sender) -> Decoded:
    """Decode parcels that came one by one, such as the rows of a file."""
    return _one_by_one(rows, _parcel, lambda parcel: shipment(parcel, sender), base="/", malformed="parcel.malformed")


def order_rows(rows: Sequence[bytes], sender: Sender) -> Decoded:
    """Decode orders that came one by one, such as the rows of a file."""
    return _one_by_one(
        rows, _order, lambda told: told_orders.order(told, sender), base="/", malformed="order.malformed"
    )


def _checked(whole: Sequence[Wire], one: Callable[[Wire], Item], *, base: str) -> Decoded:
    items: list[Item] = []
    problems: dict[int, Problem] = {}
    for index, each in enumerate(whole):
        try:
            items.append(one(each))
        except Bad as bad:
            problems[index] = _problem(bad, f"{base}{index}")
    return Decoded(len(whole), items, problems)


def _one_by_one(
    rows: Sequence[bytes],
    decoder: "msgspec.json.Decoder[Wire]",
    one: Callable[[Wire], Item],
    *,
    base: str,
    malformed: str,
) -> Decoded:
    items: list[Item] = []
    problems: dict[int, Problem] = {}
    for index, row in enumerate(rows):
        try:
            items.append(one(decoder.decode(row)))
        except Bad as bad:
            problems[index] = _problem(bad, f"{base}{index}")
        except (ValueError, RecursionError) as error:
            problems[index] = Problem(malformed, (fault_of(error, base=f"{base}{index}"),))
    return Decoded(len(rows), items, problems)


def _problem(bad: Bad, base: str) -> Problem:
    return Problem(bad.code, tuple(Fault(base + pointer, code) for pointer, code in bad.faults))


def raw_items(body: bytes, decoder: Any, field: str) -> list[bytes]:
    """
    Return the undecoded items of a body.

    A lone surrogate makes the strict decoder give up on the whole text, so such a body is read again leniently: only
    the item that holds it is then refused.

    :raises Refused: the body as a whole is not JSON, not UTF-8, or not of the shape.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as fault:
        raise refused("body.not_utf8") from fault
    try:
        return [bytes(raw) for raw in getattr(decoder.decode(body), field)]
    except (ValueError, RecursionError) as fault:
        first = fault
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise refused("body.malformed_json") from fault
    if isinstance(first, msgspec.ValidationError):
        raise Refused(Problem("body.shape", (fault_of(first, base=""),)))
    rows = value.get(field) if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= wire.EVENTS_MAX:
        raise Refused(Problem("body.shape", (Fault(f"/{field}", "field.type"),)))
    return [json.dumps(row).encode() for row in rows]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def scan(event: wire.Event, sender: Sender) -> ScanIn:
    """
    Return the payload of one event.

    :raises Bad: what the types alone cannot say is wrong.
    """
    _check_number(event.waybill_no, event.carrier)
    if sender.own_carrier and event.carrier != sender.own_carrier:
        raise Bad("carrier.not_yours", ("/carrier", "field.unknown_value"))
    kind = wire.KIND_BY_CODE.get(event.code)
    if kind is None:
        raise Bad("tracking.code_unknown", ("/code", "field.unknown_value"))
    at = instant(event.occurred_at)
    if not EARLIEST <= at < LATEST:
        raise Bad("tracking.time_out_of_range", ("/occurred_at", "field.time"))
    division, name = "", ""
    if event.place is not None:
        division, name = event.place.division or "", event.place.name
        if division and not fields.is_digits(division):
            raise Bad("tracking.malformed", ("/place/division", "field.form"))
        if "\x00" in name:
            raise Bad("tracking.malformed", ("/place/name", "field.nul"))
        name = texts.readable(name, limit=texts.PLACE_MAX)
    description = event.description
    flags = 0
    if description:
        if "\x00" in description:
            raise Bad("tracking.malformed", ("/description", "field.nul"))
        description = texts.readable(description, limit=texts.DESCRIPTION_MAX)
        flags = texts.flags_of(description)
    event_id = event.event_id
    if event_id is None:
        place = identity.normalised_place(division=division, name=name)
        event_id = identity.event_id(occurred_at=at, code=event.code, place=place, ordinal=0)
    elif not (event_id.isascii() and event_id.isprintable()):
        raise Bad("tracking.malformed", ("/event_id", "field.form"))
    return ScanIn(
        waybill_no=event.waybill_no,
        carrier=event.carrier,
        source=sender.facts.source,
        event_id=event_id,
        revision=event.revision,
        is_retracted=event.retracted,
        occurred_at=at,
        kind=int(kind),
        code=event.code,
        division=division,
        place=name,
        description=description,
        flags=flags,
        variant=identity.variant(occurred_at=at, code=event.code, division=division, flags=flags),
    )


def shipment(parcel: wire.Parcel, sender: Sender) -> ShipmentIn:
    """
    Return the payload of one parcel.

    :raises Bad: what the types alone cannot say is wrong.
    """
    _check_number(parcel.waybill_no, parcel.carrier)
    shop_id = fields.id_of(parcel.shop_id, "/shop_id")
    if sender.own_shop and shop_id != sender.own_shop:
        raise Bad("parcel.shop_unknown", ("/shop_id", "field.unknown_value"))
    for field in ("sender_division", "receiver_division"):
        if not fields.is_digits(getattr(parcel, field)):
            raise Bad("parcel.malformed", (f"/{field}", "field.form"))
    tail = parcel.receiver_phone_tail
    if tail is not None and not fields.is_digits(tail):
        raise Bad("parcel.malformed", ("/receiver_phone_tail", "field.form"))
    shipped_at = instant(parcel.shipped_at)
    if not EARLIEST <= shipped_at < LATEST:
        raise Bad("parcel.malformed", ("/shipped_at", "field.time"))
    paid_at = instant(parcel.paid_at) if parcel.paid_at is not None else 0
    if paid_at and not EARLIEST <= paid_at < LATEST:
        raise Bad("parcel.malformed", ("/paid_at", "field.time"))
    return ShipmentIn(
        shop_id=shop_id,
        carrier=parcel.carrier,
        waybill_no=parcel.waybill_no,
        shipped_at=shipped_at,
        paid_at=paid_at,
        sender_division=parcel.sender_division,
        receiver_division=parcel.receiver_division,
        receiver_tail=crypto.blind_index(tail, purpose=PHONE_TAIL) if tail is not None else None,
        lines=tuple(_line(line, index) for index, line in enumerate(parcel.lines)),
    )


def _line(line: wire.Line, index: int) -> LineIn:
    name = fields.product_name(line, line.order_no, f"/lines/{index}", malformed="parcel.malformed")
    creator_id = fields.creator(line.creator_id, f"/lines/{index}/creator_id", malformed="parcel.malformed")
    return LineIn(
        order_no=line.order_no,
        creator_id=creator_id,
        is_self_sold=line.self_sold,
        is_cross_border=line.cross_border,
        is_customer_return=line.customer_return,
        room_id=line.room_id,
        product_id=line.product_id,
        product_name=name,
    )


def _check_number(waybill_no: str, carrier: str) -> None:
    if not texts.is_waybill_no(waybill_no):
        raise Bad("waybill_no.malformed", ("/waybill_no", "field.form"))
    if carrier not in catalogue.CODES:
        raise Bad("carrier.unknown", ("/carrier", "field.unknown_value"))


def snapshot(found: TraceList, source: str) -> SnapshotIn:
    """Return the payload of a provider's full list; equal lines are told apart by their ordinal."""
    if found.leg:
        source = f"{source}/{found.leg}"
    seen: dict[tuple[int, str, str], int] = {}
    scans: list[ScanIn] = []
    for trace in found.traces:
        place = identity.normalised_place(division=trace.division, name=trace.place)
        key = (trace.occurred_at, trace.code, place)
        ordinal = seen[key] = seen.get(key, -1) + 1
        scans.append(
            ScanIn(
                waybill_no=found.waybill_no,
                carrier=found.carrier,
                source=source,
                event_id=identity.event_id(
                    occurred_at=trace.occurred_at, code=trace.code, place=place, ordinal=ordinal
                ),
                revision=LISTED,
                is_retracted=False,
                occurred_at=trace.occurred_at,
                kind=int(trace.kind),
                code=trace.code,
                division=trace.division,
                place=trace.place,
                description=trace.description,
                flags=trace.flags,
                variant=identity.variant(
                    occurred_at=trace.occurred_at, code=trace.code, division=trace.division, flags=trace.flags
                ),
            )
        )
    return SnapshotIn(
        waybill_no=found.waybill_no,
        carrier=found.carrier,
        source=source,
        pushed_at=found.pushed_at,
        digest=identity.list_digest([(each.event_id, each.variant) for each in scans], pushed_at=found.pushed_at),
        scans=tuple(scans),
    )
