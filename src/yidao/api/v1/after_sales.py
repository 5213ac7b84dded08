"""After-sales for machines: what buyers want back of one order, and how far their money is."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field

from yidao.api.v1 import orders_acts
from yidao.api.v1.auth import ORDERS_READ, Bearer, actor_of
from yidao.api.v1.parcels import PROBLEMS, local
from yidao.orders import after_sale_queries, sight
from yidao.orders.after_sale_queries import Told

# One address reads and takes refunds, so it is one router's.
router = orders_acts.router
SHOP: Any = Query(None, pattern=orders_acts.ID_PATTERN, description="The shop; the platform names it.")  # type: ignore[type-arg]


class MoneyOut(Schema):
    """A refund on its way."""

    state: str = Field(description="WANTED, ASKED, UNKNOWN, DONE or WAITS_FOR_OPERATOR.")
    route: str = Field(description="ORIGINAL or OTHER.")
    amount_fen: int
    done_at: datetime | None


class AfterSaleLineOut(Schema):
    """How much of one line it is about."""

    line_no: int
    quantity: int
    amount_fen: int


class AfterSaleOut(Schema):
    """One after-sale record."""

    id: str
    number: str = Field(description="The marketplace's own number, or empty.")
    kind: str
    state: str
    reason: str
    amount_fen: int
    opened_at: datetime
    ended_at: datetime | None
    due_at: datetime | None = Field(description="When its state runs out; null when it does not.")
    return_carrier: str
    return_waybill_no: str
    lines: list[AfterSaleLineOut]
    money: MoneyOut | None = Field(description="Null while no money is on its way.")


class AfterSalesOut(Schema):
    """All records of one order, the newest first."""

    data: list[AfterSaleOut]


@router.get(
    "/orders/{order_no:order_no}/refunds",
    response={200: AfterSalesOut, **PROBLEMS},
    auth=Bearer(ORDERS_READ),
    operation_id="listRefunds",
    summary="What buyers want back of one order",
)
def list_refunds(request: HttpRequest, order_no: str, shop_id: str | None = SHOP) -> dict[str, Any]:
    """Answer with every record of an order, with its lines and how far the money is."""
    address = sight.Address(order_no=order_no, shop_id=int(shop_id) if shop_id else None)
    return {"data": [_told(each) for each in after_sale_queries.of_number(actor=actor_of(request), order=address)]}


def _told(told: Told) -> dict[str, Any]:
    row, money = told.row, told.refund
    return {
        "id": str(row.id),
        "number": row.external_no,
        "kind": row.kind,
        "state": row.state,
        "reason": row.reason,
        "amount_fen": row.amount_fen,
        "opened_at": local(row.opened_at),
        "ended_at": local(row.ended_at),
        "due_at": local(row.due_at),
        "return_carrier": row.return_carrier,
        "return_waybill_no": row.return_waybill_no,
        "lines": [
            {"line_no": line_no, "quantity": quantity, "amount_fen": fen} for line_no, quantity, fen in told.lines
        ],
        "money": {
            "state": money.state,
            "route": money.route,
            "amount_fen": money.amount_fen,
            "done_at": local(money.done_at),
        }
        if money is not None
        else None,
    }
