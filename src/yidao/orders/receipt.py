"""Receipt: the buyer confirms that he has everything, or asks once for longer (延长收货), or time confirms for him."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from yidao.accounts.actors import SYSTEM, Actor
from yidao.audit import services as audit
from yidao.kit import db, news
from yidao.kit.errors import Refusal
from yidao.kit.sweeps import Concern
from yidao.orders import cards, raw, sight, standing
from yidao.orders.models import Order
from yidao.policies import books
from yidao.rules import receipt as rule

BATCH_SIZE: Final = 500
_DUE: Final = """
UPDATE order_head SET received_at = receipt_due_at
 WHERE id IN (SELECT id FROM order_head WHERE bucket = %s AND receipt_due_at <= %s
               ORDER BY receipt_due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, shop_id
"""


class NotShipped(Refusal):
    """Something of the order still waits to be shipped, or it is closed."""

    code = "receipt.not_shipped"
    message = "The order is not shipped, so there is nothing to receive."


class Confirmed(Refusal):
    """It was received already."""

    code = "receipt.confirmed"
    message = "The order was received already."


class Enough(Refusal):
    """It was put off once."""

    code = "receipt.extended"
    message = "The receipt was put off already."


_REFUSALS: Final = {
    rule.Fault.NOT_SHIPPED: NotShipped,
    rule.Fault.CONFIRMED: Confirmed,
    rule.Fault.ENOUGH: Enough,
}


def confirm(
    *, actor: Actor, order: sight.Address, now: datetime, real_now: datetime, request_key: db.RequestKey
) -> dict[str, Any]:
    """
    Let the buyer say that he has everything, which completes the order; return where it stands.

    :raises BuyersWord: a shop speaks for its buyer.
    :raises NotVisible: no such order of the actor's.
    :raises NotShipped, Confirmed: there is nothing to confirm.
    """

    def change(head: Order) -> None:
        fault = rule.confirm_fault(_facts(head, now=now))
        if fault is not None:
            raise _REFUSALS[fault]
        head.received_at = now
        head.save(update_fields=["received_at"])

    return _say("order.received", change, actor=actor, order=order, now=now, real_now=real_now, request_key=request_key)


def extend(
    *, actor: Actor, order: sight.Address, now: datetime, real_now: datetime, request_key: db.RequestKey
) -> dict[str, Any]:
    """
    Let the buyer have longer, once and only while shipped and unconfirmed; return where the order stands.

    :raises BuyersWord: a shop speaks for its buyer.
    :raises NotVisible: no such order of the actor's.
    :raises NotShipped, Confirmed, Enough: it cannot be put off.
    """

    def change(head: Order) -> None:
        fault = rule.extend_fault(_facts(head, now=now), cards.policy_of(head, books.shelf(raw.plain())))
        if fault is not None:
            raise _REFUSALS[fault]
        head.is_receipt_extended = True
        head.save(update_fields=["is_receipt_extended"])

    return _say(
        "order.receipt_extended", change, actor=actor, order=order, now=now, real_now=real_now, request_key=request_key
    )


def _facts(head: Order, *, now: datetime) -> rule.OrderFacts:
    """Return the facts; an order whose time is over was received, though no sweep came by yet."""
    is_over = head.receipt_due_at is not None and head.receipt_due_at <= now
    return rule.OrderFacts(
        is_shipped=head.state in (Order.State.SHIPPED, Order.State.COMPLETED),
        is_received=is_over or head.received_at is not None or head.state == Order.State.COMPLETED,
        is_extended=head.is_receipt_extended,
    )


def _say(
    act: str,
    change: Callable[[Order], None],
    *,
    actor: Actor,
    order: sight.Address,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey,
) -> dict[str, Any]:
    with db.transaction(actor, request_key=request_key) as work:
        sight.require_buyers_word(actor)
        if work.earlier is not None:
            return dict(work.earlier)
        head = sight.locked_by_number(actor, order)
        change(head)
        standing.refresh(raw.plain(), [head.id], now=now)
        audit.record(
            act=act,
            user_id=actor.user_id,
            credential_id=actor.credential_id,
            organisation_id=head.shop_id,
            subject=f"order/{head.id}",
            at_real=real_now,
            at_business=now,
        )
        news.tell([head.shop_id])
        head.refresh_from_db(fields=["state", "receipt_due_at"])
        due = head.receipt_due_at
        answer = {"id": head.id, "state": head.state, "receipt_due_at": due.isoformat() if due else None}
        work.answer(answer)
    return answer


def sweep(bucket: int, now: datetime) -> int:
    """Complete the orders of a bucket whose time is over, each at the time it was; return how many."""
    with db.transaction(SYSTEM):
        plain = raw.plain()
        with plain.cursor() as cursor:
            found = cursor.execute(_DUE, (bucket, now, BATCH_SIZE)).fetchall()
        if found:
            standing.refresh(plain, [row[0] for row in found], now=now)
            news.tell(sorted({row[1] for row in found}))
    return len(found)


CONCERN: Final = Concern(name="receipt", step=sweep)
