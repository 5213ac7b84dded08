"""A buyer's answer to a card (修改预计发货时间), and his own wish for a later ship time; the marketplace tells both."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yidao.accounts.actors import Actor
from yidao.audit import services as audit
from yidao.flows import move_deadline
from yidao.kit import db, news
from yidao.kit.errors import FieldFault, Refusal
from yidao.orders import cards, sight
from yidao.orders.models import DeadlineChange, Order, ShipByCard
from yidao.rules.instants import instant

Cause = DeadlineChange.Cause
State = ShipByCard.State


class NotLater(Refusal):
    """The wish is no later time in the future, or nothing waits to be shipped."""

    code = "order.not_later"
    message = "The order waits for nothing, or the time is not later than the present one."


class BeyondClosing(Refusal):
    """The wish lies at or beyond the day on which an order that was not shipped is closed and paid back."""

    code = "order.beyond_closing"
    status = 422
    message = "The order would be closed and paid back before that time."


class CardTimePassed(Refusal):
    """The card was answered too late: the time it asks for is over, so it would give the order no time at all."""

    code = "card.time_passed"
    message = "The time this card asks for has passed; it cannot be accepted any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Where an order stands after the buyer's word."""

    order_id: int
    ship_by_at: datetime | None
    card: str = ""


def accept(
    *, actor: Actor, order: sight.Address, now: datetime, real_now: datetime, request_key: db.RequestKey
) -> Answered:
    """
    Let the buyer accept the card that waits: D moves to its time, and what was judged by the old D is taken back.

    :raises BuyersWord: a shop speaks for its buyer.
    :raises NotVisible: no such order of the actor's.
    :raises cards.CardMissing: none waits, it lapsed, or the order went on without it.
    :raises CardTimePassed: the time the card asks for is over.
    """
    return _answer(State.ACCEPTED, actor=actor, order=order, now=now, real_now=real_now, request_key=request_key)


def refuse(
    *, actor: Actor, order: sight.Address, now: datetime, real_now: datetime, request_key: db.RequestKey
) -> Answered:
    """
    Let the buyer refuse the card that waits; D stays.

    :raises BuyersWord: a shop speaks for its buyer.
    :raises NotVisible: no such order of the actor's.
    :raises cards.CardMissing: none waits, it lapsed, or the order went on without it.
    """
    return _answer(State.REFUSED, actor=actor, order=order, now=now, real_now=real_now, request_key=request_key)


def _answer(
    state: State, *, actor: Actor, order: sight.Address, now: datetime, real_now: datetime, request_key: db.RequestKey
) -> Answered:
    with db.transaction(actor, request_key=request_key) as work:
        sight.require_buyers_word(actor)
        if work.earlier is not None:
            return _earlier(work.earlier)
        head = sight.locked_by_number(actor, order)
        card = cards.settle(head, now=now)
        if card is None:
            raise cards.CardMissing
        if state is State.ACCEPTED and instant(card.new_at) <= instant(now):
            raise CardTimePassed
        card.state, card.answered_at, card.due_at = state, now, None
        card.save(update_fields=["state", "answered_at", "due_at"])
        if state is State.ACCEPTED:
            moves = {head.id: card.new_at}
            move_deadline.grant(moves, cause=Cause.BUYER_CARD, cause_ref=f"card/{card.id}", actor=actor, now=now)
        _record(
            "card.accepted" if state is State.ACCEPTED else "card.refused",
            head,
            actor=actor,
            now=now,
            real_now=real_now,
            card=str(card.id),
        )
        head.refresh_from_db(fields=["ship_by_at"])
        answered = Answered(order_id=head.id, ship_by_at=head.ship_by_at, card=state)
        work.answer(_kept(answered))
    return answered


def ask_later(
    *,
    actor: Actor,
    order: sight.Address,
    new_at: datetime,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey,
) -> Answered:
    """
    Let the buyer himself ask for a later delivery: D moves to his time at once, for nobody else needs to agree.

    :raises BuyersWord: a shop speaks for its buyer.
    :raises NotVisible: no such order of the actor's.
    :raises NotLater: nothing waits, or his time is past or not later than D.
    :raises BeyondClosing: the order would be closed before.
    """
    with db.transaction(actor, request_key=request_key) as work:
        sight.require_buyers_word(actor)
        if work.earlier is not None:
            return _earlier(work.earlier)
        head = sight.locked_by_number(actor, order)
        if head.ship_by_at is None or instant(new_at) <= max(instant(head.ship_by_at), instant(now)):
            raise NotLater(faults=(FieldFault(pointer="/new_at", code="field.time"),))
        if head.close_due_at is not None and instant(new_at) >= instant(head.close_due_at):
            raise BeyondClosing(faults=(FieldFault(pointer="/new_at", code="field.time"),))
        ref = f"credential/{actor.credential_id}"
        move_deadline.grant({head.id: new_at}, cause=Cause.BUYER_ASKED, cause_ref=ref, actor=actor, now=now)
        _record("order.buyer_asked_later", head, actor=actor, now=now, real_now=real_now, new_at=new_at.isoformat())
        head.refresh_from_db(fields=["ship_by_at"])
        answered = Answered(order_id=head.id, ship_by_at=head.ship_by_at)
        work.answer(_kept(answered))
    return answered


def _record(act: str, head: Order, *, actor: Actor, now: datetime, real_now: datetime, **details: Any) -> None:
    audit.record(
        act=act,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=head.shop_id,
        subject=f"order/{head.id}",
        details=details,
        at_real=real_now,
        at_business=now,
    )
    news.tell([head.shop_id])


def _kept(answered: Answered) -> dict[str, Any]:
    at = answered.ship_by_at
    return {"order_id": answered.order_id, "ship_by_at": at.isoformat() if at else None, "card": answered.card}


def _earlier(kept: Any) -> Answered:
    at = kept["ship_by_at"]
    return Answered(order_id=kept["order_id"], ship_by_at=datetime.fromisoformat(at) if at else None, card=kept["card"])
