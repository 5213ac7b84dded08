"""
What buyers do about orders, told by the marketplace, and what came of what they wanted back. Every address takes an
Idempotency-Key: the same key and words again answer the same and do nothing.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from ninja import Header, Router, Schema
from pydantic import AwareDatetime, Field

from yidao.api.v1 import schemas
from yidao.api.v1.auth import ORDERS_WRITE, Bearer, actor_of
from yidao.api.v1.parcels import local, now_of
from yidao.flows import answer_card
from yidao.kit import clock, db
from yidao.orders import after_sale_words, after_sales, receipt, sight
from yidao.rules import after_sale as rule

router = Router(tags=["Orders"], auth=Bearer(ORDERS_WRITE))
PROBLEMS: Final = dict.fromkeys((401, 403, 404, 409, 422, 503), schemas.ProblemOut)
LINES_MAX: Final = 200
FEN_MAX: Final = 10**12
QUANTITY_MAX: Final = 10**6
ID_PATTERN: Final = r"^[1-9][0-9]{0,18}$"

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        description="The caller's own name for this request; the same name and words again answer the same.",
    ),
]


class OrderIn(Schema):
    """Whose order it is."""

    shop_id: str | None = Field(
        None, pattern=ID_PATTERN, description="The shop; the platform names it, because numbers are a shop's own."
    )


class LaterIn(OrderIn):
    """A buyer's wish for a later delivery."""

    new_at: AwareDatetime = Field(description="The new latest ship time: in the future and later than the present one.")


class LineIn(Schema):
    """How much of one line is asked back."""

    line_no: int = Field(ge=1, le=32_767, description="Place of the line in its order, from 1.")
    quantity: int = Field(ge=1, le=QUANTITY_MAX)
    amount_fen: int | None = Field(
        None, ge=0, le=FEN_MAX, description="What is asked back for it; null: its share of what was paid."
    )


class RefundIn(OrderIn):
    """What a buyer wants back."""

    kind: Literal["REFUND", "RETURN_REFUND", "EXCHANGE"] = "REFUND"
    reason: str = Field(description=f"One of {', '.join(after_sale_words.TOLD_REASONS)}.", max_length=40)
    number: str = Field("", max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$", description="The marketplace's own number.")
    lines: list[LineIn] = Field([], max_length=LINES_MAX, description="Empty: everything that is left.")
    freight_fen: int = Field(0, ge=0, le=FEN_MAX, description="Freight that is asked back besides.")


class ResultIn(OrderIn):
    """What somebody did about it."""

    act: Literal["APPROVE", "REFUSE", "SEND_BACK", "RECEIVE", "WITHDRAW", "PAID"]
    text: str = Field("", max_length=after_sale_words.TEXT_LENGTH_MAX, description="Why it is refused.")
    return_carrier: str = Field("", max_length=40, pattern=r"^[a-z0-9_]*$")
    return_waybill_no: str = Field("", max_length=40, pattern=r"^[0-9A-Za-z_-]*$")


class ShipByOut(Schema):
    """Where an order stands after a word about its ship time."""

    id: str
    ship_by_at: datetime | None = Field(description="The latest ship time; null when nothing waits.")
    card: str = Field(description="ACCEPTED or REFUSED; empty where no card was answered.")


class ReceiptOut(Schema):
    """Where an order stands after a word about its receipt."""

    id: str
    state: str
    receipt_due_at: datetime | None = Field(description="When it counts as received; null when it is.")


class RefundOut(Schema):
    """Where an after-sale record stands."""

    id: str
    state: str
    amount_fen: int
    due_at: datetime | None = Field(description="When its state runs out; null when it does not.")
    is_new: bool = Field(description="False when its number was known already.")


def keyed(key: str, what: str, order_no: str, body: Schema, **more: Any) -> db.RequestKey:
    """Return what makes a request the same as another."""
    words = {"what": what, "order_no": order_no, **body.model_dump(mode="json"), **more}
    return db.RequestKey(key=key, body=words)


def _address(order_no: str, body: OrderIn) -> sight.Address:
    return sight.Address(order_no=order_no, shop_id=int(body.shop_id) if body.shop_id else None)


def _told(request: HttpRequest, order_no: str, body: OrderIn, key: str, what: str, **more: Any) -> dict[str, Any]:
    """Return what every use case takes."""
    return {
        "actor": actor_of(request),
        "now": now_of(),
        "real_now": clock.real_now(),
        "request_key": keyed(key, what, order_no, body, **more),
    }


@router.post(
    "/orders/{order_no:order_no}/ask-later",
    response={200: ShipByOut, **PROBLEMS},
    operation_id="askLater",
    summary="The buyer asks for a later delivery",
)
def ask_later(request: HttpRequest, order_no: str, body: LaterIn, key: Key) -> dict[str, Any]:
    """Move the latest ship time to the buyer's own wish, at once."""
    told = _told(request, order_no, body, key, "ask-later")
    return _ship_by(answer_card.ask_later(order=_address(order_no, body), new_at=body.new_at, **told))


@router.post(
    "/orders/{order_no:order_no}/accept-ship-by",
    response={200: ShipByOut, **PROBLEMS},
    operation_id="acceptShipBy",
    summary="The buyer accepts the new ship time he was asked for",
)
def accept_ship_by(request: HttpRequest, order_no: str, body: OrderIn, key: Key) -> dict[str, Any]:
    """Move the latest ship time to that of the card that waits."""
    told = _told(request, order_no, body, key, "accept-ship-by")
    return _ship_by(answer_card.accept(order=_address(order_no, body), **told))


@router.post(
    "/orders/{order_no:order_no}/refuse-ship-by",
    response={200: ShipByOut, **PROBLEMS},
    operation_id="refuseShipBy",
    summary="The buyer refuses the new ship time he was asked for",
)
def refuse_ship_by(request: HttpRequest, order_no: str, body: OrderIn, key: Key) -> dict[str, Any]:
    """End the card that waits; the latest ship time stays."""
    told = _told(request, order_no, body, key, "refuse-ship-by")
    return _ship_by(answer_card.refuse(order=_address(order_no, body), **told))


@router.post(
    "/orders/{order_no:order_no}/extend-receipt",
    response={200: ReceiptOut, **PROBLEMS},
    operation_id="extendReceipt",
    summary="The buyer asks for longer before receipt is taken for granted",
)
def extend_receipt(request: HttpRequest, order_no: str, body: OrderIn, key: Key) -> dict[str, Any]:
    """Put the receipt off, once, while the order is shipped and unconfirmed."""
    told = _told(request, order_no, body, key, "extend-receipt")
    return _receipt(receipt.extend(order=_address(order_no, body), **told))


@router.post(
    "/orders/{order_no:order_no}/confirm-receipt",
    response={200: ReceiptOut, **PROBLEMS},
    operation_id="confirmReceipt",
    summary="The buyer has everything",
)
def confirm_receipt(request: HttpRequest, order_no: str, body: OrderIn, key: Key) -> dict[str, Any]:
    """Complete the order."""
    told = _told(request, order_no, body, key, "confirm-receipt")
    return _receipt(receipt.confirm(order=_address(order_no, body), **told))


@router.post(
    "/orders/{order_no:order_no}/refunds",
    response={200: RefundOut, **PROBLEMS},
    operation_id="openRefund",
    summary="The buyer wants money or goods back",
)
def open_refund(request: HttpRequest, order_no: str, body: RefundIn, key: Key) -> dict[str, Any]:
    """Open an after-sale record; while it is open the order is neither shipped nor judged."""
    wish = after_sales.Wish(
        kind=rule.Kind(body.kind),
        reason=body.reason,
        number=body.number,
        freight_fen=body.freight_fen,
        lines=tuple(
            after_sales.WantedLine(line_no=each.line_no, quantity=each.quantity, amount_fen=each.amount_fen)
            for each in body.lines
        ),
    )
    told = _told(request, order_no, body, key, "open-refund")
    return _refund(after_sales.open_(order=_address(order_no, body), wish=wish, **told))


@router.post(
    "/orders/{order_no:order_no}/refunds/{after_sale:refund_id}/result",
    response={200: RefundOut, **PROBLEMS},
    operation_id="tellRefundResult",
    summary="What came of what the buyer wanted back",
)
def tell_refund_result(request: HttpRequest, order_no: str, refund_id: int, body: ResultIn, key: Key) -> dict[str, Any]:
    """Take one step of a record. A shop's own system answers for the shop; the marketplace tells everything else."""
    step = after_sales.Told(
        act=rule.Act(body.act),
        text=body.text,
        return_carrier=body.return_carrier,
        return_waybill_no=body.return_waybill_no,
    )
    told = _told(request, order_no, body, key, "refund-result", refund=str(refund_id))
    found = after_sales.act(after_sale_id=refund_id, order_no=order_no, told=step, **told)
    return _refund(found)


def _ship_by(answered: answer_card.Answered) -> dict[str, Any]:
    return {"id": str(answered.order_id), "ship_by_at": local(answered.ship_by_at), "card": answered.card}


def _receipt(answer: dict[str, Any]) -> dict[str, Any]:
    due = answer["receipt_due_at"]
    at = local(datetime.fromisoformat(due)) if due else None
    return {"id": str(answer["id"]), "state": answer["state"], "receipt_due_at": at}


def _refund(stands: after_sales.Standing) -> dict[str, Any]:
    return {
        "id": str(stands.id),
        "state": stands.state,
        "amount_fen": stands.amount_fen,
        "due_at": local(stands.due_at),
        "is_new": stands.is_new,
    }
