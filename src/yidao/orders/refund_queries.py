"""Reads of refunds: the operator's worklist (退款异常), one with every attempt, and that of an after-sale record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.errors import NotVisible
from yidao.kit.lists.questions import Question
from yidao.kit.lists.sources import Table
from yidao.orders.models import OrderRefund
from yidao.orders.refund_models import OrderRefundAttempt
from yidao.rules import refunds as rule

SHOPS_FOUND_MAX: Final = 200
COUNT_MAX: Final = 10_000
_COLUMNS: Final = (
    "shop_id",
    "order_id",
    "order_no",
    "after_sale_id",
    "cause",
    "amount_fen",
    "route",
    "state",
    "tries",
    "last_outcome",
    "last_code",
    "changed_at",
    "done_at",
    "due_at",
    "request_id",
    "policy",
    "version",
)
STANDS: Final[Mapping[str, Q]] = {
    "DECIDE": Q(state="WAITS_FOR_OPERATOR"),
    "RETRY": Q(state__in=("WANTED", "ASKED"), last_outcome="FAILED"),
    "UNKNOWN": Q(state="UNKNOWN") | Q(state="ASKED", last_outcome__in=("UNKNOWN", "MISSING")),
    "ON_ITS_WAY": Q(state__in=("WANTED", "ASKED"), last_outcome=""),
    "DONE": Q(state="DONE"),
}
"""How refunds stand, by the tabs of the worklist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRow:
    """One refund as lists show it."""

    id: int
    shop_id: int
    order_id: int
    order_no: str
    after_sale_id: int
    cause: str
    amount_fen: int
    route: str
    state: str
    tries: int
    last_outcome: str
    last_code: str
    wanted_at: datetime
    changed_at: datetime
    done_at: datetime | None
    due_at: datetime | None
    request_id: str
    policy: str
    version: int

    @property
    def stands(self) -> str:
        """Return the tab it stands under."""
        if self.state == rule.State.WAITS_FOR_OPERATOR:
            return "DECIDE"
        if self.state == rule.State.DONE:
            return "DONE"
        if self.last_outcome == rule.Outcome.FAILED:
            return "RETRY"
        return "UNKNOWN" if self.last_outcome else "ON_ITS_WAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One thing that was done about a refund."""

    act: str
    route: str
    request_id: str
    outcome: str
    code: str
    text: str
    at: datetime
    user_id: int | None
    credential_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One refund with every attempt, the newest first, and whether it may be decided by hand now."""

    row: RefundRow
    attempts: tuple[AttemptRow, ...]
    is_decidable: bool

    @property
    def needs_evidence(self) -> bool:
        """Return whether who chooses another way says how he knows that the money never went this one."""
        return self.row.last_outcome != rule.Outcome.FAILED


def source(*, actor: Actor) -> Table[RefundRow]:
    """
    Return all refunds for the platform, the newest first.

    :raises NotVisible: the actor is no operator.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    return Table(
        name="refunds",
        rows=OrderRefund.objects.all(),
        moment="wanted_at",
        columns=_COLUMNS,
        make=lambda values: RefundRow(**values),
        narrow=_narrow,
    )


def _narrow(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    if stands := question.one("state"):
        rows = rows.filter(STANDS[stands]) if stands in STANDS else rows
    if causes := question.of("cause"):
        rows = rows.filter(cause__in=causes)
    if text := question.one("shop"):
        rows = rows.filter(shop_id__in=accounts.find_shops(text, limit=SHOPS_FOUND_MAX))
    if numbers := question.of("order"):
        rows = rows.filter(order_no__in=numbers)
    return rows


def waiting(actor: Actor) -> int:
    """Return how many refunds wait for an operator."""
    return source(actor=actor).rows.filter(STANDS["DECIDE"])[: COUNT_MAX + 1].count()


def one(refund_id: int, *, actor: Actor) -> Detail:
    """
    Return one refund with its attempts.

    :raises NotVisible: there is none, or the actor is no operator.
    """
    values = source(actor=actor).rows.filter(id=refund_id).values("id", "wanted_at", *_COLUMNS).first()
    if values is None:
        raise NotVisible
    row = RefundRow(**values)
    last = rule.Outcome(row.last_outcome) if row.last_outcome else None
    names = tuple(AttemptRow.__dataclass_fields__)
    attempts = OrderRefundAttempt.objects.filter(refund_id=row.id).order_by("-id").values(*names)
    return Detail(
        row=row,
        attempts=tuple(AttemptRow(**each) for each in attempts),
        is_decidable=rule.may_be_decided(rule.State(row.state), last),
    )


def of_after_sale(after_sale_id: int) -> RefundRow | None:
    """Return the refund of a record that the actor may see; None while there is none."""
    return of_after_sales([after_sale_id]).get(after_sale_id)


def of_after_sales(after_sale_ids: Sequence[int]) -> Mapping[int, RefundRow]:
    """Return the refunds of records that the actor may see, by record."""
    found = OrderRefund.objects.filter(after_sale_id__in=after_sale_ids).values("id", "wanted_at", *_COLUMNS)
    return {values["after_sale_id"]: RefundRow(**values) for values in found}
