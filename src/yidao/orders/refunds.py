"""
Money that is to go back: written down here before anybody is called, and answered here when somebody has answered. Who
calls is a flow, outside of transactions.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Sum

from yidao.accounts.actors import Actor
from yidao.kit import ids
from yidao.kit.errors import Refusal
from yidao.orders.models import AfterSale, Order, OrderRefund
from yidao.orders.refund_models import OrderRefundAttempt
from yidao.policies.selection import PolicyBook
from yidao.rules import order_life
from yidao.rules import refunds as rule
from yidao.rules.instants import Instant, instant, to_datetime

State = OrderRefund.State
Act = OrderRefundAttempt.Act
UNANSWERED: Final = (State.ASKED, State.UNKNOWN)
ROUTE_MARKS: Final = {rule.Route.ORIGINAL.value: "A", rule.Route.OTHER.value: "B"}


class InFlight(Refusal):
    """A provider was asked and has not answered; until he does, nobody may pay by another way."""

    code = "refund.in_flight"
    message = "The payment provider has not answered yet; it may still be paid."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One refund that this process alone calls or asks about now."""

    id: int
    order_id: int
    version: int
    request_id: str
    order_no: str
    amount_fen: int
    route: rule.Route
    todo: rule.Todo


@dataclass(frozen=True, slots=True, kw_only=True)
class Upshot:
    """What an answer led to: the refund is done by this very answer, waits for an operator now, or was paid twice."""

    row: OrderRefund
    is_done: bool = False
    is_waiting: bool = False
    is_paid_twice: bool = False


def request_id(refund_id: int, route: str) -> str:
    """Return the number a provider knows a refund by; each route has its own."""
    return f"{refund_id}-{ROUTE_MARKS[route]}"


def want(record: AfterSale, cause: OrderRefund.Cause, policy: order_life.Policy, *, now: datetime) -> None:
    """Write down that a record's money is to go back the way it came, inside the caller's transaction."""
    refund_id = ids.new_id()
    OrderRefund.objects.create(
        id=refund_id,
        shop_id=record.shop_id,
        order_id=record.order_id,
        order_no=record.order_no,
        after_sale_id=record.id,
        cause=cause,
        amount_fen=record.amount_fen,
        request_id=request_id(refund_id, rule.Route.ORIGINAL),
        wanted_at=now,
        changed_at=now,
        due_at=now,
        bucket=record.bucket,
        policy=policy.version,
    )


def claim(
    bucket: int, book: PolicyBook[order_life.Policy], *, but: Collection[int], now: datetime, actor: Actor
) -> Claim | None:
    """
    Take the first refund that is due, but none of these, inside the caller's transaction, and write down that it is
    being called or asked about; None when nothing is due. Whoever dies after the commit leaves it to be asked about
    later; nobody calls it blindly again.
    """
    due = OrderRefund.objects.select_for_update(skip_locked=True).filter(bucket=bucket, due_at__lte=now)
    row = due.exclude(id__in=but).order_by("due_at", "id").first()
    if row is None:
        return None
    todo = rule.todo(rule.State(row.state))
    is_call = todo is rule.Todo.CALL
    row.state = State.ASKED if is_call else row.state
    row.tries += is_call
    row.silent_since = row.silent_since or now
    row.due_at = to_datetime(rule.asks_again_at(instant(now), book.by_name(row.policy)))
    row.changed_at, row.version = now, row.version + 1
    row.save(update_fields=["state", "tries", "silent_since", "due_at", "changed_at", "version"])
    if is_call:
        attempt(row, Act.CALLED, at=now, actor=actor)
    return Claim(
        id=row.id,
        order_id=row.order_id,
        version=row.version,
        request_id=row.request_id,
        order_no=row.order_no,
        amount_fen=row.amount_fen,
        route=rule.Route(row.route),
        todo=todo,
    )


def answered(
    claimed: Claim,
    outcome: rule.Outcome,
    code: str,
    policy: order_life.Policy,
    *,
    now: datetime,
    actor: Actor,
    is_final: bool = False,
) -> Upshot:
    """
    Write down a provider's answer inside the caller's transaction and return what it led to.

    The order is locked already. An answer that somebody else overtook is kept as an attempt and decides nothing, save
    that money which arrived is never forgotten, be it for a second time. A failure that `is_final` is not tried again.
    """
    row = OrderRefund.objects.select_for_update().get(id=claimed.id)
    is_news = not _is_known_as_paid(claimed)
    act = Act.ANSWERED if claimed.todo is rule.Todo.CALL else Act.INQUIRED
    words = {"outcome": outcome.value, "code": code, "request": claimed.request_id}
    attempt(row, act, at=now, actor=actor, route=claimed.route, **words)
    is_mine = row.version == claimed.version and row.request_id == claimed.request_id
    is_paid = outcome is rule.Outcome.DONE
    if row.state == State.DONE or (not is_mine and not is_paid):
        return Upshot(row=row, is_paid_twice=is_paid and is_news)
    if is_paid:
        row.route, row.request_id = OrderRefund.Route(claimed.route), claimed.request_id
    then = rule.after(
        outcome,
        tries=policy.refund_tries_max if is_final else row.tries,
        since=instant(row.silent_since or now),
        policy=policy,
        now=instant(now),
    )
    row.state, row.last_outcome, row.last_code = State(then.state), outcome.value, code
    if outcome is rule.Outcome.FAILED:
        row.silent_since = None
    finish(row, then.due_at, now=now)
    return Upshot(row=row, is_done=is_paid, is_waiting=row.state == State.WAITS_FOR_OPERATOR)


def _is_known_as_paid(claimed: Claim) -> bool:
    """Return whether a provider said before that he paid this very request; he pays a request once."""
    told = OrderRefundAttempt.objects.filter(refund_id=claimed.id, request_id=claimed.request_id)
    return told.filter(outcome=rule.Outcome.DONE).exists()


def finish(row: OrderRefund, due_at: Instant | None, *, now: datetime) -> None:
    """Save a refund that moved; a done one counts towards what its order gave back."""
    row.due_at = to_datetime(due_at) if due_at else None
    row.changed_at, row.version = now, row.version + 1
    if row.state == State.DONE:
        row.done_at, row.due_at = now, None
    row.save()
    if row.state == State.DONE:
        done = OrderRefund.objects.filter(order_id=row.order_id, state=State.DONE)
        total = done.aggregate(total=Sum("amount_fen"))["total"] or 0
        Order.objects.filter(id=row.order_id).update(refunded_fen=total)


def attempt(
    row: OrderRefund,
    act: OrderRefundAttempt.Act,
    *,
    at: datetime,
    actor: Actor,
    outcome: str = "",
    code: str = "",
    text: str = "",
    request: str = "",
    route: str = "",
) -> None:
    """Keep one thing that was done about a refund, inside the caller's transaction."""
    OrderRefundAttempt.objects.create(
        id=ids.new_id(),
        refund_id=row.id,
        act=act,
        route=route or row.route,
        request_id=request or row.request_id,
        outcome=outcome,
        code=code,
        text=text,
        at=at,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
    )


def paid_elsewhere(record: AfterSale, *, actor: Actor, now: datetime) -> None:
    """
    Write down that somebody else paid a record's money, inside the caller's transaction.

    :raises InFlight: a provider was asked to pay it and has not answered.
    """
    row = OrderRefund.objects.select_for_update().filter(after_sale_id=record.id).first()
    if row is None or row.state == State.DONE:
        return
    if row.state in UNANSWERED:
        raise InFlight
    row.state, row.route = State.DONE, OrderRefund.Route.OTHER
    attempt(row, Act.MARKED_DONE, at=now, actor=actor)
    finish(row, None, now=now)
