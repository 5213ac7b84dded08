"""Reads of after-sales for shops and the platform: the list, one whole, and how many wait for the shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.kit.errors import NotVisible
from yidao.kit.lists.questions import Question
from yidao.kit.lists.sources import Table
from yidao.orders import refund_queries, sight
from yidao.orders.models import AfterSale, AfterSaleLine, AfterSaleStep, OrderLine
from yidao.orders.refund_queries import RefundRow
from yidao.rules import after_sale as rule

WAITS_FOR_SHOP: Final = (rule.State.AWAIT_SHOP, rule.State.AWAIT_RECEIPT)
COUNT_MAX: Final = 10_000
_COLUMNS: Final = (
    "shop_id",
    "order_id",
    "order_no",
    "external_no",
    "kind",
    "state",
    "reason",
    "amount_fen",
    "return_carrier",
    "return_waybill_no",
    "changed_at",
    "ended_at",
    "due_at",
    "policy",
    "version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSaleRow:
    """One after-sale record as lists show it."""

    id: int
    shop_id: int
    order_id: int
    order_no: str
    external_no: str
    kind: str
    state: str
    reason: str
    amount_fen: int
    return_carrier: str
    return_waybill_no: str
    opened_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    policy: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """What of one line a record is about."""

    line_no: int
    product_name: str
    sku_name: str
    quantity: int
    of_quantity: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step of a record; the state is the one it led to."""

    state: str
    cause: str
    text: str
    at: datetime
    user_id: int | None
    credential_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One record with its lines, its steps, its money, and what the actor can do about it now."""

    row: AfterSaleRow
    lines: tuple[LineRow, ...]
    steps: tuple[StepRow, ...]
    refund: RefundRow | None
    acts: tuple[rule.Act, ...]


def _visible(actor: Actor) -> QuerySet[AfterSale]:
    """
    Return the records an actor may see.

    :raises NotVisible: neither a shop nor the platform.
    """
    if actor.kind is ActorKind.MERCHANT:
        return AfterSale.objects.filter(shop_id__in=actor.organisation_ids)
    if actor.kind is ActorKind.OPERATOR:
        return AfterSale.objects.all()
    raise NotVisible


def _row(values: Mapping[str, Any]) -> AfterSaleRow:
    return AfterSaleRow(**values)


def source(*, actor: Actor) -> Table[AfterSaleRow]:
    """Return the records of the actor's shops as a list, the newest first."""
    return Table(
        name="after-sales",
        rows=_visible(actor),
        moment="opened_at",
        columns=_COLUMNS,
        make=_row,
        narrow=_narrow,
    )


def _narrow(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    for name, field in (("state", "state"), ("kind", "kind"), ("reason", "reason")):
        if chosen := question.of(name):
            rows = rows.filter(**{f"{field}__in": chosen})
    if numbers := question.of("order"):
        rows = rows.filter(order_no__in=numbers)
    if numbers := question.of("number"):
        rows = rows.filter(external_no__in=numbers)
    if number := question.one("return"):
        rows = rows.filter(return_waybill_no=number)
    opened_from, opened_until = question.span("opened")
    if opened_from:
        rows = rows.filter(opened_at__gte=opened_from)
    return rows.filter(opened_at__lt=opened_until) if opened_until else rows


def waiting(actor: Actor) -> int:
    """Return how many records wait for the actor's shops."""
    return _visible(actor).filter(state__in=WAITS_FOR_SHOP)[: COUNT_MAX + 1].count()


def one(after_sale_id: int, *, actor: Actor, now: datetime) -> Detail:
    """
    Return one record whole.

    :raises NotVisible: it is not the actor's.
    """
    values = _visible(actor).filter(id=after_sale_id).values("id", "opened_at", *_COLUMNS).first()
    if values is None:
        raise NotVisible
    row = _row(values)
    return Detail(
        row=row,
        lines=_lines(row),
        steps=_steps(row.id),
        refund=refund_queries.of_after_sale(row.id),
        acts=_acts(row, actor, now=now),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One record as machines read it; lines are (line number, pieces, fen)."""

    row: AfterSaleRow
    lines: tuple[tuple[int, int, int], ...]
    refund: RefundRow | None


def of_number(*, actor: Actor, order: sight.Address) -> tuple[Told, ...]:
    """
    Return the records of an order by its number, the newest first.

    :raises NotVisible: no such order of the actor's.
    :raises sight.ShopNeeded: the platform named no shop.
    """
    head = sight.by_number(actor, order)
    found = AfterSale.objects.filter(order_id=head.id).order_by("-opened_at", "-id")
    rows = [_row(values) for values in found.values("id", "opened_at", *_COLUMNS)]
    lines: dict[int, list[tuple[int, int, int]]] = {}
    for each in AfterSaleLine.objects.filter(after_sale_id__in=[row.id for row in rows]).order_by("line_no"):
        lines.setdefault(each.after_sale_id, []).append((each.line_no, each.quantity, each.amount_fen))
    refunds = refund_queries.of_after_sales([row.id for row in rows])
    return tuple(Told(row=row, lines=tuple(lines.get(row.id, ())), refund=refunds.get(row.id)) for row in rows)


def _lines(row: AfterSaleRow) -> tuple[LineRow, ...]:
    lines = {each.line_no: each for each in OrderLine.objects.filter(order_id=row.order_id)}
    found = AfterSaleLine.objects.filter(after_sale_id=row.id).order_by("line_no")
    return tuple(
        LineRow(
            line_no=each.line_no,
            product_name=lines[each.line_no].product_name if each.line_no in lines else "",
            sku_name=lines[each.line_no].sku_name if each.line_no in lines else "",
            quantity=each.quantity,
            of_quantity=lines[each.line_no].quantity if each.line_no in lines else each.quantity,
            amount_fen=each.amount_fen,
        )
        for each in found
    )


def _steps(after_sale_id: int) -> tuple[StepRow, ...]:
    names = tuple(StepRow.__dataclass_fields__)
    found = AfterSaleStep.objects.filter(after_sale_id=after_sale_id).order_by("-id").values(*names)
    return tuple(StepRow(**each) for each in found)


def _acts(row: AfterSaleRow, actor: Actor, *, now: datetime) -> tuple[rule.Act, ...]:
    """Return what a person of the shop can do; nothing once the time is over, whether or not a sweep came by."""
    is_late = row.due_at is not None and row.due_at <= now
    may = actor.kind is ActorKind.MERCHANT and actor.may(Permission.AFTER_SALES_ANSWER) and not actor.is_visiting
    return rule.acts(rule.Kind(row.kind), rule.State(row.state), rule.Party.SHOP) if may and not is_late else ()
