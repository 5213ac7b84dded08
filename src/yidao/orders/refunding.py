"""
Carries money back to buyers: takes what is due, calls the payment provider outside of any transaction, and writes down
what he says. An operator decides about what failed for good.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.carriers.payments import Answer, PaymentProvider, Request, sandbox
from yidao.kit import clock, db, ids, logs, sweeps
from yidao.kit.errors import FieldFault, Forbidden, NotVisible, Refusal
from yidao.kit.sweeps import Concern
from yidao.orders import after_sales, raw, refund_news, refunds
from yidao.orders.models import AfterSale, Order, OrderRefund
from yidao.orders.refund_models import PaymentSandboxRule
from yidao.policies import books, families
from yidao.policies.selection import PolicyBook
from yidao.rules import order_life
from yidao.rules import refunds as rule
from yidao.rules.instants import instant

BATCH_SIZE: Final = 50
STEP: Final = timedelta(seconds=5)
"""How long a step begins calls, in real time; with the last call it ends before its lease does."""
NAME: Final = "refunds"
EVIDENCE_MAX: Final = 500
Act = refunds.Act
State = OrderRefund.State
Provider = Callable[[], PaymentProvider | None]

log = logs.get(__name__)


class NotDecidable(Refusal):
    """It is not certain that nothing was paid, or nothing went wrong yet."""

    code = "refund.not_decidable"
    message = "This refund is on its way, or done. Only what failed, or was silent too long, is decided by hand."


class EvidenceRefused(Refusal):
    """Who says that money arrived, or never will, says how he knows."""

    code = "refund.evidence"
    status = 422
    message = "Say how you know, in at most %(most)s characters."


def tell_sandbox(*, order_no_prefix: str, acts: str, route: rule.Route | None = None) -> None:
    """
    Tell the sandbox, inside the caller's transaction, how to treat refunds of orders whose number begins so: the n-th
    call does the n-th of `acts` (PAY, FAIL, TIME_OUT, LOSE, LATE), the last one again and again.

    :raises ValueError: an act does not exist.
    """
    told = ",".join(sandbox.acts_of(acts))
    PaymentSandboxRule.objects.update_or_create(
        order_no_prefix=order_no_prefix,
        route=route or "",
        defaults={"acts": told},
        create_defaults={"id": ids.new_id(), "acts": told},
    )


def concern(provider: Provider) -> Concern:
    """Return the deadline column of refunds, carried by the provider of the moment."""
    return Concern(name=NAME, step=lambda bucket, now: sweep(bucket, now, provider=provider))


def sweep(bucket: int, now: datetime, *, provider: Provider) -> int:
    """
    Call, or ask about, the refunds of a bucket that are due, one by one as long as the step lasts; return how many.
    What is claimed is committed before anybody is called: who dies in between leaves it to be asked about.

    Without a provider an operator decides about each.
    """
    ends, seen = clock.real_now() + STEP, set[int]()
    while len(seen) < BATCH_SIZE and clock.real_now() < ends:
        with db.transaction(SYSTEM):
            claimed = refunds.claim(bucket, _book(), but=seen, now=now, actor=SYSTEM)
        if claimed is None:
            break
        seen.add(claimed.id)
        carrier = provider()
        answer = _answer(carrier, claimed, now=now)
        _write(claimed, answer, now=now, is_final=carrier is None)
    return len(seen)


def _answer(carrier: PaymentProvider | None, claim: refunds.Claim, *, now: datetime) -> Answer:
    if carrier is None:
        return Answer(outcome=rule.Outcome.FAILED, code="payments.none")
    try:
        if claim.todo is rule.Todo.ASK:
            return carrier.ask(claim.request_id)
        wanted = Request(
            request_id=claim.request_id, order_no=claim.order_no, amount_fen=claim.amount_fen, route=claim.route
        )
        return carrier.refund(wanted)
    except Exception as fault:
        # Whatever happened out there, it is not known whether money moved.
        log.warning("payment provider raised", refund=str(claim.id), fault=type(fault).__name__)
        with db.transaction(SYSTEM):
            sweeps.keep_fault(NAME, claim.id, fault, now=now)
        return Answer(outcome=rule.Outcome.UNKNOWN, code="payments.raised")


def _write(claim: refunds.Claim, answer: Answer, *, now: datetime, is_final: bool) -> None:
    """Write an answer down; the order is locked first, as everybody does."""
    with db.transaction(SYSTEM):
        Order.objects.select_for_update().get(id=claim.order_id)
        list(AfterSale.objects.select_for_update().filter(order_id=claim.order_id).order_by("id"))
        policy = _policy(claim.id)
        found = refunds.answered(claim, answer.outcome, answer.code, policy, now=now, actor=SYSTEM, is_final=is_final)
        if found.is_done:
            after_sales.paid(found.row.after_sale_id, now=now)
            sweeps.forget_faults(NAME, [claim.id])
        if found.is_waiting:
            refund_news.tell_waiting(now=now)
        if found.is_paid_twice:
            log.error("refund paid twice", refund=str(claim.id))
            refund_news.tell_paid_twice(found.row, claim.request_id, now=now)


def _book() -> PolicyBook[order_life.Policy]:
    return books.shelf(raw.plain()).of(families.ORDER_LIFE)


def _policy(refund_id: int) -> order_life.Policy:
    return _book().by_name(OrderRefund.objects.values_list("policy", flat=True).get(id=refund_id))


# --- The operator's worklist ---


def choose_route(
    *, actor: Actor, refund_id: int, route: rule.Route, now: datetime, real_now: datetime, evidence: str = ""
) -> None:
    """
    Let the money go another way, or once more the same: its tries begin anew, at once. Who leaves a way that nobody
    said a certain no about says how he knows that the money never went it.

    :raises Forbidden: the actor is no operator who may.
    :raises NotVisible: no such refund.
    :raises NotDecidable: it is not certain that nothing was paid.
    :raises EvidenceRefused: words are needed and there are none, or too many.
    """
    _require(actor)
    with db.transaction(actor):
        row = _decidable(refund_id)
        last = rule.Outcome(row.last_outcome) if row.last_outcome else None
        is_needed = rule.needs_evidence(last, present=rule.Route(row.route), chosen=route)
        text = _evidence(evidence) if is_needed else ""
        row.route, row.request_id = OrderRefund.Route(route), refunds.request_id(row.id, route)
        row.state, row.tries, row.silent_since = State.WANTED, 0, None
        refunds.attempt(row, Act.ROUTE_CHOSEN, at=now, actor=actor, text=text)
        refunds.finish(row, instant(now), now=now)
        _record("refund.route_chosen", row, actor=actor, now=now, real_now=real_now, route=str(route))


def mark_done(*, actor: Actor, refund_id: int, evidence: str, now: datetime, real_now: datetime) -> None:
    """
    Write down that the money arrived by a way Yidao knows nothing of, with how that is known.

    :raises Forbidden: the actor is no operator who may.
    :raises NotVisible: no such refund.
    :raises NotDecidable: it is not certain that nothing was paid.
    :raises EvidenceRefused: no words, or too many.
    """
    _require(actor)
    text = _evidence(evidence)
    with db.transaction(actor):
        row = _decidable(refund_id)
        row.state, row.route = State.DONE, OrderRefund.Route.OTHER
        refunds.attempt(row, Act.MARKED_DONE, at=now, actor=actor, text=text)
        refunds.finish(row, None, now=now)
        after_sales.paid(row.after_sale_id, now=now, actor=actor)
        _record("refund.marked_done", row, actor=actor, now=now, real_now=real_now)


def _evidence(words: str) -> str:
    text = words.replace("\0", "").strip()
    if not text or len(text) > EVIDENCE_MAX:
        raise EvidenceRefused(most=EVIDENCE_MAX, faults=(FieldFault(pointer="evidence", code="field.length"),))
    return text


def _require(actor: Actor) -> None:
    if actor.kind is not ActorKind.OPERATOR or actor.user_id is None or not actor.may(Permission.REFUNDS_DECIDE):
        raise Forbidden


def _decidable(refund_id: int) -> OrderRefund:
    """Lock the order, its records and the refund, and return the last."""
    order_id = OrderRefund.objects.filter(id=refund_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotVisible
    Order.objects.select_for_update().get(id=order_id)
    list(AfterSale.objects.select_for_update().filter(order_id=order_id).order_by("id"))
    row = OrderRefund.objects.select_for_update().get(id=refund_id)
    last = rule.Outcome(row.last_outcome) if row.last_outcome else None
    if not rule.may_be_decided(rule.State(row.state), last):
        raise NotDecidable
    return row


def _record(act: str, row: OrderRefund, *, actor: Actor, now: datetime, real_now: datetime, **details: str) -> None:
    audit.record(
        act=act,
        user_id=actor.user_id,
        organisation_id=row.shop_id,
        subject=f"refund/{row.id}",
        details={"order": str(row.order_id), "amount_fen": row.amount_fen, **details},
        at_real=real_now,
        at_business=now,
    )
