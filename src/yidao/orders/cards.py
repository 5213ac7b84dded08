"""
修改预计发货时间: a shop asks buyers for more time by cards, and cards that nobody answers lapse. What an acceptance
moves is a flow, for it touches judgements too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_noop

from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import db, ids, news
from yidao.kit.errors import FieldFault, Forbidden, NotVisible, Refusal
from yidao.kit.sweeps import Concern
from yidao.orders import deadlines, raw, sight, standing
from yidao.orders.models import Order, ShipByCard
from yidao.policies import books, families
from yidao.rules import cards, order_life
from yidao.rules.instants import NEVER, instant, to_datetime

BATCH_SIZE: Final = 500
ORDERS_MAX: Final = 500
"""How many orders one person asks about at a time."""

State = ShipByCard.State
WORDS: Final = {
    cards.Fault.NOTHING_WAITS: gettext_noop("Nothing of this order waits to be shipped."),
    cards.Fault.REFUNDING: gettext_noop("The buyer wants money back; answer that first."),
    cards.Fault.ALREADY_ASKED: gettext_noop("The buyer has a card already and has not answered."),
    cards.Fault.PAST: gettext_noop("The new time is past."),
    cards.Fault.NOT_LATER: gettext_noop("The new time is not later than the present one."),
    cards.Fault.TOO_FAR: gettext_noop("The new time is too far beyond what was promised."),
}
"""Why a card cannot be sent, in words."""


class ReasonRefused(Refusal):
    """A card says why."""

    code = "card.reason"
    status = 422
    message = "Say why, in at most %(most)s characters."


class TooManyOrders(Refusal):
    """More orders than one act takes."""

    code = "card.too_many"
    status = 422
    message = "At most %(most)s orders at a time."


class CardMissing(Refusal):
    """No card waits for an answer."""

    code = "card.none_waits"
    message = "No question about the ship time waits for an answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of one order: a card, or why there is none."""

    order_id: int
    card_id: int | None = None
    fault: cards.Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One card as pages show it."""

    id: int
    state: str
    reason: str
    old_at: datetime
    new_at: datetime
    asked_at: datetime
    answered_at: datetime | None
    due_at: datetime | None
    user_id: int | None


def policy_of(order: Order, shelf: books.Shelf) -> order_life.Policy:
    """Return the numbers that bind an order, by when it was placed; one older than every policy has the default's."""
    anchor = instant(order.ordered_at or order.paid_at or order.changed_at)
    found = standing.chosen(shelf.of(families.ORDER_LIFE), anchor, order.shop_id)
    return found or order_life.ORDER_LIFE_DEFAULT


def ask(
    *, actor: Actor, order_ids: Sequence[int], new_at: datetime, reason: str, now: datetime, real_now: datetime
) -> tuple[Asked, ...]:
    """
    Ask the buyers of these orders for a later ship time, one card each; what cannot be asked is named with its reason
    and the rest goes. D stays where it is until a buyer accepts.

    :raises Forbidden: the role does not allow it, or the actor is no shop.
    :raises NotVisible: one of the orders is not the actor's.
    :raises ReasonRefused: no reason, or one that is too long.
    :raises TooManyOrders: more than `ORDERS_MAX`.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(Permission.ORDERS_EDIT):
        raise Forbidden
    wanted = list(dict.fromkeys(order_ids))
    if len(wanted) > ORDERS_MAX:
        raise TooManyOrders(most=ORDERS_MAX)
    with db.transaction(actor):
        found = _locked(wanted, actor=actor)
        shelf = books.shelf(raw.plain())
        words = reason.replace("\0", "").strip()
        for order in found.values():
            most = policy_of(order, shelf).card_reason_max
            if not words or len(words) > most:
                raise ReasonRefused(most=most, faults=(FieldFault(pointer="reason", code="field.length"),))
        asked = _write(list(found.values()), new_at, words, shelf, actor=actor, now=now)
        for each in asked:
            if each.card_id is not None:
                audit.record(
                    act="card.asked",
                    user_id=actor.user_id,
                    credential_id=actor.credential_id,
                    organisation_id=found[each.order_id].shop_id,
                    subject=f"order/{each.order_id}",
                    details={"card": str(each.card_id), "new_at": new_at.isoformat()},
                    at_real=real_now,
                    at_business=now,
                )
        news.tell(sorted({order.shop_id for order in found.values()}))
    answers = {each.order_id: each for each in asked}
    return tuple(answers[order_id] for order_id in wanted)


def _locked(order_ids: Sequence[int], *, actor: Actor) -> dict[int, Order]:
    visible = Order.objects.filter(shop_id__in=actor.organisation_ids)
    found = {each.id: each for each in visible.select_for_update().filter(id__in=order_ids).order_by("id")}
    if len(found) != len(set(order_ids)):
        raise NotVisible
    return found


def _write(
    orders: Sequence[Order], new_at: datetime, reason: str, shelf: books.Shelf, *, actor: Actor, now: datetime
) -> list[Asked]:
    order_ids = [each.id for each in orders]
    waiting = ShipByCard.objects.filter(order_id__in=order_ids, state=State.WAITING)
    waits = set(waiting.values_list("order_id", flat=True))
    lines = deadlines.waiting(raw.plain(), order_ids)
    asked: list[Asked] = []
    rows: list[ShipByCard] = []
    for order in orders:
        policy = policy_of(order, shelf)
        promised = [each.promised_at for each in lines if each.order_id == order.id]
        facts = cards.OrderFacts(
            ship_by_at=instant(order.ship_by_at) if order.ship_by_at else NEVER,
            promised_at=instant(min(promised)) if promised else NEVER,
            is_asked=order.id in waits,
            is_refunding=order.open_refunds > 0,
        )
        fault = cards.fault(facts, instant(new_at), policy, instant(now))
        if fault is not None or order.ship_by_at is None:
            asked.append(Asked(order_id=order.id, fault=fault))
            continue
        card = ShipByCard(
            id=ids.new_id(),
            shop_id=order.shop_id,
            order_id=order.id,
            state=State.WAITING,
            reason=reason,
            old_at=order.ship_by_at,
            new_at=new_at,
            asked_at=now,
            due_at=to_datetime(cards.lapses_at(instant(now), policy)),
            bucket=order.bucket,
            policy=policy.version,
            user_id=actor.user_id,
        )
        rows.append(card)
        asked.append(Asked(order_id=order.id, card_id=card.id))
    ShipByCard.objects.bulk_create(rows)
    return asked


def settle(order: Order, *, now: datetime) -> ShipByCard | None:
    """
    Return the card of a locked order that still waits at `now`, locked too. One whose time is over, or whose order went
    on without it, is written down as such first.
    """
    card = ShipByCard.objects.select_for_update().filter(order_id=order.id, state=State.WAITING).first()
    if card is None:
        return None
    ended = _ended(card, is_waiting=order.ship_by_at is not None, now=now)
    if ended is None:
        return card
    _end([card.id], ended, at=card.due_at if ended == State.LAPSED else now)
    return None


def _ended(card: ShipByCard, *, is_waiting: bool, now: datetime) -> str | None:
    if card.due_at is not None and instant(card.due_at) <= instant(now):
        return State.LAPSED
    return None if is_waiting else State.OVERTAKEN


def _end(card_ids: Sequence[int], state: str, *, at: datetime | None) -> None:
    ShipByCard.objects.filter(id__in=card_ids, state=State.WAITING).update(state=state, answered_at=at, due_at=None)


def sweep(bucket: int, now: datetime) -> int:
    """
    Let the cards of a bucket lapse whose time is over, each at the time it was, save those whose orders went on without
    them; return how many.
    """
    with db.transaction(SYSTEM):
        due = ShipByCard.objects.select_for_update(skip_locked=True).filter(bucket=bucket, due_at__lte=now)
        found = list(due.order_by("due_at", "id")[:BATCH_SIZE])
        overtake([card.order_id for card in found], now=now)
        for card in found:
            _end([card.id], State.LAPSED, at=card.due_at)
        if found:
            news.tell(sorted({card.shop_id for card in found}))
    return len(found)


CONCERN: Final = Concern(name="cards", step=sweep)


def overtake(order_ids: Sequence[int], *, now: datetime) -> int:
    """End the cards of orders that wait for nothing any more, inside the caller's transaction; return how many."""
    gone = Order.objects.filter(id__in=order_ids, ship_by_at=None).values_list("id", flat=True)
    cards_left = ShipByCard.objects.filter(order_id__in=list(gone), state=State.WAITING)
    return cards_left.update(state=State.OVERTAKEN, answered_at=now, due_at=None)


def of_order(actor: Actor, order_id: int, now: datetime) -> tuple[CardRow, ...]:
    """
    Return the cards of an order, newest first.

    :raises NotVisible: the order is not the actor's.
    """
    order = sight.order(actor, order_id)
    fields = ("id", "state", "reason", "old_at", "new_at", "asked_at", "answered_at", "due_at", "user_id")
    rows = ShipByCard.objects.filter(order_id=order.id, asked_at__lte=now).order_by("-id").values(*fields)
    return tuple(_shown(CardRow(**row), is_waiting=order.ship_by_at is not None, now=now) for row in rows)


def _shown(row: CardRow, *, is_waiting: bool, now: datetime) -> CardRow:
    """Return a card as it really stands, though no sweep came by yet."""
    if row.state != State.WAITING or (is_waiting and row.due_at is not None and row.due_at > now):
        return row
    is_over = row.due_at is not None and row.due_at <= now
    return CardRow(
        id=row.id,
        state=State.LAPSED if is_over else State.OVERTAKEN,
        reason=row.reason,
        old_at=row.old_at,
        new_at=row.new_at,
        asked_at=row.asked_at,
        answered_at=row.due_at if is_over else None,
        due_at=None,
        user_id=row.user_id,
    )
