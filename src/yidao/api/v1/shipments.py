"""
Shipping by machines: a batch whose every item is answered, the number of a pack changed, a number that is wrong. A
request id ships once, so that a batch may be sent again.
"""

from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from yidao.accounts.actors import Actor, ActorKind
from yidao.api.v1 import schemas
from yidao.api.v1.auth import ORDERS_WRITE, Bearer, actor_of
from yidao.api.v1.orders_acts import Key, keyed
from yidao.api.v1.parcels import now_of
from yidao.flows import repack, ship, unmake
from yidao.flows.desk import Outcome, Part, SerialIn, Shipment
from yidao.flows.ship import BATCH_MAX, Answer
from yidao.kit import clock, problems
from yidao.kit.errors import Forbidden, Refusal
from yidao.rules.shipping import Mode, Piece, Refused, SerialKind

router = Router(tags=["Shipping"], auth=Bearer(ORDERS_WRITE))
PROBLEMS: Final = dict.fromkeys((401, 403, 404, 409, 422, 503), schemas.ProblemOut)
ORDERS_MAX: Final = 50
LINES_MAX: Final = 200
QUANTITY_MAX: Final = 10**6

Number = Annotated[str, Field(max_length=64)]


class PackRefused(Refusal):
    """The number of a pack cannot be changed so; `reason` says why."""

    code = "pack.refused"
    message = "The number cannot be changed: %(reason)s."


class PieceIn(Schema):
    """How much of one line goes."""

    line_no: int = Field(ge=1, le=32_767, description="Place of the line in its order, from 1.")
    quantity: int = Field(0, ge=0, le=QUANTITY_MAX, description="0: all that waits of it.")


class PartIn(Schema):
    """One order in the pack."""

    order_no: Number = Field(description="Number of the order, or of one of its lines.")
    lines: list[PieceIn] = Field([], max_length=LINES_MAX, description="Empty: everything that waits.")
    quantity: int = Field(0, ge=0, le=QUANTITY_MAX, description="For a line named by its number; 0: all of it.")


class SerialNumberIn(Schema):
    """The serial number of a piece that goes."""

    order_no: Number
    line_no: int = Field(0, ge=0, le=32_767, description="0: the first line of the order that goes.")
    serial: str = Field(max_length=100)
    kind: Literal["PHONE", "OTHER"] = "OTHER"


class ShipmentIn(Schema):
    """One number and what goes under it; it is shipped whole or not at all."""

    request_id: str = Field("", max_length=100, pattern=r"^[!-~]*$", description="The caller's name; ships once.")
    carrier: str = Field(max_length=60, description="Our code of the carrier, or its name.")
    waybill_no: str = Field(max_length=60)
    orders: list[PartIn] = Field(min_length=1, max_length=ORDERS_MAX, description="Several: one receiver's, merged.")
    mode: Literal["SHIP", "RESEND"] = "SHIP"
    refuse_refund: bool = Field(False, description="Refuse the refunds that are open about these orders.")
    serials: list[SerialNumberIn] = Field([], max_length=LINES_MAX)


class ShipmentsIn(Schema):
    """A batch."""

    shipments: list[ShipmentIn] = Field(min_length=1, max_length=BATCH_MAX)


class ItemOut(Schema):
    """What became of one shipment."""

    index: int
    request_id: str
    result: Literal["SHIPPED", "KNOWN", "REFUSED"] = Field(description="KNOWN: it was shipped when asked before.")
    pack_id: str | None = Field(description="The pack; null where nothing was shipped.")
    carrier: str
    waybill_no: str
    is_unusual: bool = Field(description="The number has an unusual form for its carrier, and was taken.")
    is_claimed: bool = Field(description="The number had scans before; whose they are will show.")
    in_use_by: list[str] = Field(description="Orders of the same shop that have the number.")
    problem: schemas.ProblemOut | None = None


class ItemsOut(Schema):
    """The answers, in the order of the shipments."""

    items: list[ItemOut]


class NumberIn(Schema):
    """The new number of a pack."""

    carrier: str = Field("", max_length=60)
    waybill_no: str = Field("", max_length=60)


class PackOut(Schema):
    """The pack that now counts."""

    pack_id: str
    is_unusual: bool
    is_claimed: bool


class UnmadeOut(Schema):
    """The orders that a wrong number leaves unshipped."""

    order_ids: list[str]


@router.post(
    "/shipments",
    response={200: ItemsOut, **PROBLEMS},
    operation_id="shipOrders",
    summary="Ship orders: whole, in parts, merged, or once more",
)
def ship_orders(request: HttpRequest, body: ShipmentsIn) -> dict[str, Any]:
    """Answer every item; a bad one never takes its neighbours along. For a shop's own credential."""
    actor = _shop(actor_of(request))
    wishes = [_wish(each, shop_id=actor.organisation_ids[0]) for each in body.shipments]
    answers = ship.ship(wishes, actor=actor, now=now_of(), real_now=clock.real_now())
    told = zip(body.shipments, answers, strict=True)
    return {"items": [_item(place, each.request_id, answer) for place, (each, answer) in enumerate(told)]}


@router.post(
    "/shipments/{pack:pack_id}/number",
    response={200: PackOut, **PROBLEMS},
    operation_id="changeNumber",
    summary="Change the number of a pack",
)
def change_number(request: HttpRequest, pack_id: int, body: NumberIn, key: Key) -> dict[str, Any]:
    """Correct a number once, soon and before the first trace, or replace one that proved wrong."""
    answer = repack.edit(
        pack_id,
        carrier=body.carrier,
        waybill_no=body.waybill_no,
        actor=actor_of(request),
        now=now_of(),
        real_now=clock.real_now(),
        request_key=keyed(key, "change-number", str(pack_id), body),
    )
    if answer.refused is not None:
        raise PackRefused(reason=answer.refused.value)
    return {"pack_id": str(answer.pack_id), "is_unusual": answer.is_unusual, "is_claimed": answer.is_waiting}


@router.post(
    "/shipments/{pack:pack_id}/wrong",
    response={200: UnmadeOut, **PROBLEMS},
    operation_id="tellNumberWrong",
    summary="The number of a pack is wrong",
)
def tell_number_wrong(request: HttpRequest, pack_id: int) -> dict[str, Any]:
    """Let the pack count as never shipped; told by the shop itself or by the marketplace."""
    order_ids = unmake.unmake(pack_id, actor=actor_of(request), now=now_of(), real_now=clock.real_now())
    return {"order_ids": [str(each) for each in order_ids]}


def _shop(actor: Actor) -> Actor:
    if actor.kind is not ActorKind.MERCHANT:
        raise Forbidden
    return actor


def _wish(told: ShipmentIn, *, shop_id: int) -> Shipment:
    return Shipment(
        shop_id=shop_id,
        carrier=told.carrier,
        waybill_no=told.waybill_no,
        parts=tuple(
            Part(
                order_no=part.order_no,
                pieces=tuple(Piece(each.line_no, each.quantity) for each in part.lines),
                quantity=part.quantity,
            )
            for part in told.orders
        ),
        request_id=told.request_id,
        mode=Mode(told.mode),
        refuses_refund=told.refuse_refund,
        serials=tuple(
            SerialIn(order_no=each.order_no, serial=each.serial, line_no=each.line_no, kind=SerialKind(each.kind))
            for each in told.serials
        ),
    )


def _item(index: int, request_id: str, answer: Answer) -> dict[str, Any]:
    return {
        "index": index,
        "request_id": request_id,
        "result": answer.outcome.value,
        "pack_id": str(answer.pack_id) if answer.outcome is not Outcome.REFUSED else None,
        "carrier": answer.carrier,
        "waybill_no": answer.waybill_no,
        "is_unusual": answer.is_unusual,
        "is_claimed": answer.is_waiting,
        "in_use_by": list(answer.where),
        "problem": _problem(answer.refused) if answer.refused is not None else None,
    }


def _problem(refused: Refused) -> dict[str, Any]:
    return problems.problem(
        code=f"shipment.{refused.value.lower()}",
        status=404 if refused is Refused.UNKNOWN_ORDER else 409,
        title=_("This cannot be shipped: %(reason)s.") % {"reason": refused.value},
    )
