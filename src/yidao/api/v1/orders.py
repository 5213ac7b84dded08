"""Orders for machines: the list with the filters of the pages, and one order by its number. Buyers stay masked."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from pydantic import Field

from yidao.accounts.actors import Actor, ActorKind
from yidao.api.v1 import schemas
from yidao.api.v1.auth import ORDERS_READ, Bearer, actor_of
from yidao.api.v1.listing import FilterRefused, asked_of
from yidao.api.v1.parcels import PROBLEMS, local, now_of
from yidao.carriers import catalogue
from yidao.kit.errors import FieldFault
from yidao.kit.lists.fields import Chips, Combobox, Days, Numbers, Option
from yidao.kit.lists.questions import CURSOR_CHARS_MAX, Shape
from yidao.orders import detail, listing
from yidao.orders.listing import Wanted
from yidao.orders.listing_rows import LineRow, PackRow, Row
from yidao.rules.order_state import Label
from yidao.rules.promise import Kind

router = Router(tags=["Orders"], auth=Bearer(ORDERS_READ))
ID_PATTERN: Final = r"^[1-9][0-9]{0,18}$"


class OrdersIn(Schema):
    """What a list of orders is narrowed by; a name may be repeated to want several."""

    state: list[str] = Field([], description="One of these states.")
    order: list[str] = Field([], max_length=500, description="One of these numbers, of orders or of their lines.")
    promise: list[str] = Field([], description="One of these kinds of promises.")
    carrier: list[str] = Field([], description="Shipped last by one of these carriers.")
    label: list[str] = Field([], description="With one of these labels.")
    due_from: str = Field("", description="First day of the latest ship time in Shanghai, like 2022-06-18.")
    due_until: str = Field("", description="Last day of the latest ship time, inclusive.")
    paid_from: str = Field("", description="First day of the payment.")
    paid_until: str = Field("", description="Last day of the payment, inclusive.")
    shop_id: str = Field(
        "", pattern=r"^([1-9][0-9]{0,18})?$", description="Whose orders; the platform names a shop, or order numbers."
    )
    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", description="Where the page begins: next_cursor of the one before, of the same filter.")


class BuyerOut(Schema):
    """A receiver, masked."""

    name: str
    phone: str
    division: str = Field(description="Six digits of GB/T 2260, or empty.")


class OrderLineOut(Schema):
    """One line of an order."""

    line_no: int
    order_no: str = Field(description="The line's own number, or that of its order.")
    product_id: str
    product_name: str
    sku_id: str
    sku_name: str
    merchant_code: str
    quantity: int
    shipped_quantity: int
    refunded_quantity: int
    price_fen: int
    paid_fen: int
    promise: str
    promised_at: datetime | None = Field(description="The latest ship time that was promised at payment.")
    ship_by_at: datetime | None = Field(description="The latest ship time that holds now.")


class PackItemOut(Schema):
    """How much of one line lies in a pack."""

    line_no: int
    quantity: int


class PackOut(Schema):
    """One parcel the order left in."""

    id: str
    carrier: str
    waybill_no: str
    shipped_at: datetime
    is_resend: bool
    lines: list[PackItemOut]


class OrderOut(Schema):
    """One order."""

    id: str
    shop_id: str
    order_no: str
    state: str
    ordered_at: datetime | None
    paid_at: datetime | None
    ship_by_at: datetime | None = Field(description="The latest ship time of what waits; null when nothing does.")
    shipped_at: datetime | None
    closed_at: datetime | None
    goods_fen: int
    freight_fen: int
    paid_fen: int
    refunded_fen: int
    creator_id: str | None
    labels: list[str]
    open_refunds: int
    judgements: int = Field(description="How often it was judged late in this round.")
    buyer: BuyerOut
    lines: list[OrderLineOut]
    packs: list[PackOut]


class OrderPageOut(Schema):
    """One page of a list."""

    data: list[OrderOut]
    next_cursor: str | None = Field(description="Where the next page begins; null on the last one.")


def _choices(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value=each, label=each) for each in values)


_SHAPE: Final = Shape(
    fields=(
        Chips(name="state", label=gettext_noop("Order state"), options=_choices(*listing.STATES)),
        Numbers(name="order", label=gettext_noop("Order number")),
        Combobox(name="promise", label=gettext_noop("Promise"), options=_choices(*Kind)),
        Combobox(name="carrier", label=gettext_noop("Carrier"), options=_choices(*sorted(catalogue.CODES))),
        Chips(name="label", label=gettext_noop("Label"), options=_choices(*(each.name or "" for each in Label))),
        Days(name="due", label=gettext_noop("Latest ship time")),
        Days(name="paid", label=gettext_noop("Paid at")),
    )
)


@router.get(
    "/orders",
    response={200: OrderPageOut, 400: schemas.ProblemOut, **PROBLEMS},
    operation_id="listOrders",
    summary="The orders one may see, the newest paid first",
)
def list_orders(request: HttpRequest, asked: Query[OrdersIn]) -> dict[str, Any]:
    """Answer with one page. The platform names a shop or order numbers."""
    actor = actor_of(request)
    question = asked_of(_SHAPE, asked.dict(exclude={"shop_id"}))
    due, paid = question.span("due"), question.span("paid")
    wanted = Wanted(
        states=question.of("state"),
        order_nos=question.of("order"),
        promise_kinds=question.of("promise"),
        carriers=question.of("carrier"),
        labels=sum(int(Label[each]) for each in question.of("label")),
        due_from=due[0],
        due_until=due[1],
        paid_from=paid[0],
        paid_until=paid[1],
        shop_ids=(int(asked.shop_id),) if asked.shop_id else None,
    )
    _insist_on_a_shop(actor, wanted)
    page = listing.orders(actor=actor, wanted=wanted, limit=asked.limit, cursor=asked.cursor[:CURSOR_CHARS_MAX])
    return {"data": [_order(each) for each in page.rows], "next_cursor": page.next_cursor or None}


def _insist_on_a_shop(actor: Actor, wanted: Wanted) -> None:
    """
    Do nothing for who names a shop or orders, or has few shops.

    :raises FilterRefused: all orders of all shops are no list.
    """
    if actor.kind is ActorKind.OPERATOR and not wanted.is_found_anywhere:
        raise FilterRefused(faults=(FieldFault(pointer="shop_id", code="field.missing"),))


SHOP: Any = Query(None, pattern=ID_PATTERN, description="The shop; the platform names it.")  # type: ignore[type-arg]


@router.get(
    "/orders/{order_no:order_no}",
    response={200: OrderOut, **PROBLEMS},
    operation_id="readOrder",
    summary="One order by its number",
)
def read_order(request: HttpRequest, order_no: str, shop_id: str | None = SHOP) -> dict[str, Any]:
    """Answer with an order. What the credential may not see does not exist for it."""
    now_of()
    return _order(detail.by_number(order_no, actor=actor_of(request), shop_id=int(shop_id) if shop_id else None))


def _order(row: Row) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "shop_id": str(row.shop_id),
        "order_no": row.order_no,
        "state": row.state,
        "ordered_at": local(row.ordered_at),
        "paid_at": local(row.paid_at),
        "ship_by_at": local(row.ship_by_at),
        "shipped_at": local(row.shipped_at),
        "closed_at": local(row.closed_at),
        "goods_fen": row.goods_fen,
        "freight_fen": row.freight_fen,
        "paid_fen": row.paid_fen,
        "refunded_fen": row.refunded_fen,
        "creator_id": str(row.creator_id) if row.creator_id is not None else None,
        "labels": [label.name for label in Label if label & row.labels],
        "open_refunds": row.open_refunds,
        "judgements": row.judged_count,
        "buyer": {
            "name": row.buyer.name,
            "phone": row.buyer.phone,
            "division": f"{row.buyer.division:06d}" if row.buyer.division else "",
        },
        "lines": [_line(each) for each in row.lines],
        "packs": [_pack(each) for each in row.packs],
    }


def _line(line: LineRow) -> dict[str, Any]:
    return {
        "line_no": line.line_no,
        "order_no": line.order_no,
        "product_id": line.product_id,
        "product_name": line.product_name,
        "sku_id": line.sku_id,
        "sku_name": line.sku_name,
        "merchant_code": line.merchant_code,
        "quantity": line.quantity,
        "shipped_quantity": line.shipped_quantity,
        "refunded_quantity": line.refunded_quantity,
        "price_fen": line.price_fen,
        "paid_fen": line.paid_fen,
        "promise": line.promise_kind,
        "promised_at": local(line.ship_by_original_at),
        "ship_by_at": local(line.ship_by_at),
    }


def _pack(pack: PackRow) -> dict[str, Any]:
    return {
        "id": str(pack.id),
        "carrier": pack.carrier,
        "waybill_no": pack.waybill_no,
        "shipped_at": local(pack.shipped_at),
        "is_resend": pack.is_resend,
        "lines": [{"line_no": number, "quantity": quantity} for number, quantity in pack.lines],
    }
