"""Our own format of tracking events, shipments and orders as it comes over the wire; OpenAPI is made from it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from yidao.rules import promise
from yidao.rules.scans import Kind

EVENTS_MAX: Final = 500
PARCELS_MAX: Final = 500
ORDERS_MAX: Final = 500
ORDER_STATES: Final = (
    "PENDING_PAYMENT",
    "PAID",
    "TO_SHIP",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "COMPLETED",
)
LINES_MAX: Final = 50
QUANTITY_MAX: Final = 1_000_000
REVISION_MAX: Final = 1_000_000
FEN_MAX: Final = 1_000_000_000_000
"""Ten billion yuan: more than any order costs."""
PROMISE_DAYS_MAX: Final = 180

KIND_BY_CODE: Final[Mapping[str, Kind]] = MappingProxyType({kind.name: kind for kind in Kind})

Moment = Annotated[
    datetime,
    msgspec.Meta(
        tz=True, description="RFC 3339 with an offset, from 2000 to 2099.", examples=["2022-06-20T08:30:00+08:00"]
    ),
]
WaybillNo = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=40,
        description="The carrier's number: letters, digits, hyphens, underscores.",
        extra_json_schema={"pattern": "^[0-9A-Za-z_-]+$"},
        examples=["YT0000000000001"],
    ),
]
CarrierCode = Annotated[
    str, msgspec.Meta(min_length=1, max_length=40, description="Our code of the carrier.", examples=["yuantong"])
]
Division = Annotated[
    str,
    msgspec.Meta(
        min_length=6,
        max_length=6,
        description="Administrative division, six digits of GB/T 2260.",
        extra_json_schema={"pattern": "^[0-9]{6}$"},
        examples=["330106"],
    ),
]
OrganisationId = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=19,
        description="An id of ours; ids are strings in JSON.",
        extra_json_schema={"pattern": "^[1-9][0-9]*$"},
        examples=["123456789012345678"],
    ),
]
EventId = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=80,
        description="The sender's own name of the event; printable ASCII.",
        extra_json_schema={"pattern": "^[!-~]+$"},
    ),
]
OrderNo = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=64,
        description="Number of the order; anything printable but semicolons.",
        extra_json_schema={"pattern": "^[^;\\u0000-\\u0020]+$"},
    ),
]
ForeignId = Annotated[
    str,
    msgspec.Meta(
        max_length=64,
        description="The platform's own name of a live show or a product; printable ASCII.",
        extra_json_schema={"pattern": "^[!-~]*$"},
    ),
]
ProductName = Annotated[str, msgspec.Meta(max_length=200, description="What people call the product.")]
PhoneTail = Annotated[
    str,
    msgspec.Meta(
        min_length=4,
        max_length=4,
        description="Last four digits of the receiver's telephone; kept as a blind index only.",
        extra_json_schema={"pattern": "^[0-9]{4}$"},
    ),
]
Fen = Annotated[int, msgspec.Meta(ge=0, le=FEN_MAX, description="Money in fen (分).")]
OptionalDivision = Annotated[
    str,
    msgspec.Meta(
        max_length=6,
        description="Administrative division, six digits of GB/T 2260, or nothing.",
        extra_json_schema={"pattern": "^([0-9]{6})?$"},
    ),
]
Revision = Annotated[int, msgspec.Meta(ge=0, le=REVISION_MAX)]


class Place(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Where an event happened; a name without a division is kept but not compared."""

    division: Division | None = None
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Event(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One tracking event. With the same `event_id` the highest `revision` counts, on a tie the retraction."""

    waybill_no: WaybillNo
    carrier: CarrierCode
    occurred_at: Moment
    code: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=40,
            description="What happened.",
            extra_json_schema={"enum": [kind.name for kind in Kind]},
        ),
    ]
    place: Place | None = None
    description: Annotated[str, msgspec.Meta(max_length=500, description="The carrier's words.")] = ""
    event_id: EventId | None = None
    revision: Revision = 0
    retracted: bool = False


class Events(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /v1/tracking-events."""

    events: Annotated[list[Event], msgspec.Meta(min_length=1, max_length=EVENTS_MAX)]


class Line(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One order line in a parcel; the creator and what puts it out of his sight belong to the line."""

    order_no: OrderNo
    creator_id: OrganisationId | None = None
    self_sold: bool = False
    cross_border: bool = False
    customer_return: bool = False
    room_id: ForeignId = ""
    product_id: ForeignId = ""
    product_name: ProductName = ""


class Parcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shop's word that it handed a parcel over."""

    shop_id: OrganisationId
    carrier: CarrierCode
    waybill_no: WaybillNo
    shipped_at: Moment
    sender_division: Division
    receiver_division: Division
    lines: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    paid_at: Moment | None = None
    receiver_phone_tail: PhoneTail | None = None


class Parcels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /v1/parcels."""

    parcels: Annotated[list[Parcel], msgspec.Meta(min_length=1, max_length=PARCELS_MAX)]


class Promise(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """
    What a shop promised about a line. `days` count from the payment (of PROMO_EXT: beyond the usual time), `at` is an
    agreed time of an appointment, a campaign or a step.
    """

    kind: Annotated[str, msgspec.Meta(max_length=40, extra_json_schema={"enum": [kind.value for kind in promise.Kind]})]
    days: Annotated[int, msgspec.Meta(ge=0, le=PROMISE_DAYS_MAX)] = 0
    at: Moment | None = None


class Receiver(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Whom an order goes to; kept encrypted, and shown masked."""

    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    division: OptionalDivision = ""
    address: Annotated[str, msgspec.Meta(max_length=300, description="Street, house, room.")] = ""


class OrderLine(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """
    One line of an order; without a number of its own (子订单) it goes by its order's. `price_fen` is that of one piece,
    `paid_fen` what was paid for the line; left out, it is the price of all pieces.
    """

    order_no: OrderNo | None = None
    creator_id: OrganisationId | None = None
    self_sold: bool = False
    cross_border: bool = False
    room_id: ForeignId = ""
    product_id: ForeignId = ""
    product_name: ProductName = ""
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    sku_id: ForeignId = ""
    sku_name: Annotated[str, msgspec.Meta(max_length=200, description="The chosen kind: color, size.")] = ""
    merchant_code: Annotated[str, msgspec.Meta(max_length=100, description="The shop's own code of the goods.")] = ""
    price_fen: Fen = 0
    paid_fen: Fen = 0
    promise: Promise | None = None


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    A shop's word about an order; of several the one with the latest `changed_at` stands. Without a promise a paid order
    is to leave within the usual time. `paid_fen` left out is what was paid for the lines, and the freight.
    """

    shop_id: OrganisationId
    order_no: OrderNo
    state: Annotated[str, msgspec.Meta(max_length=40, extra_json_schema={"enum": list(ORDER_STATES)})]
    changed_at: Moment
    lines: Annotated[list[OrderLine], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    paid_at: Moment | None = None
    ordered_at: Moment | None = None
    freight_fen: Fen = 0
    paid_fen: Fen = 0
    buyer_remark: Annotated[str, msgspec.Meta(max_length=500)] = ""
    receiver: Receiver | None = None
    sender_division: OptionalDivision = ""


class Orders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /v1/orders."""

    orders: Annotated[list[Order], msgspec.Meta(min_length=1, max_length=ORDERS_MAX)]


class RawEvents(msgspec.Struct, forbid_unknown_fields=True):
    """The events still undecoded, so that a bad one does not take its neighbours along."""

    events: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=EVENTS_MAX)]


class RawParcels(msgspec.Struct, forbid_unknown_fields=True):
    """The parcels still undecoded."""

    parcels: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=PARCELS_MAX)]


class RawOrders(msgspec.Struct, forbid_unknown_fields=True):
    """The orders still undecoded."""

    orders: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=ORDERS_MAX)]
