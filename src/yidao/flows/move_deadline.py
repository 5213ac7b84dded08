"""
A later D for orders: whoever grants it (a buyer, a report, a relief), the ship times move, and what was judged by the
old D is taken back where the new one lies in the future.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from yidao.accounts.actors import Actor
from yidao.audit import services as audit
from yidao.judging import reversal
from yidao.kit import db
from yidao.orders import deadlines, raw


def move_deadlines(
    orders: Sequence[int],
    cause: str,
    cause_ref: str,
    new_at: datetime,
    *,
    actor: Actor,
    now: datetime,
    real_now: datetime,
) -> tuple[int, ...]:
    """
    Give these orders a later D in one transaction and return those that changed. Lines that were shipped, refunded, or
    are due later anyway stay; the second run changes nothing.
    """
    with db.transaction(actor):
        moved = grant(dict.fromkeys(orders, new_at), cause=cause, cause_ref=cause_ref, actor=actor, now=now)
        if moved:
            audit.record(
                act="order.deadline_moved",
                subject=cause_ref or f"order/{moved[0]}",
                user_id=actor.user_id,
                credential_id=actor.credential_id,
                details={"orders": len(moved), "cause": cause, "new_at": new_at.isoformat()},
                at_real=real_now,
                at_business=now,
            )
    return moved


def grant(
    new_at: Mapping[int, datetime], *, cause: str, cause_ref: str, actor: Actor, now: datetime
) -> tuple[int, ...]:
    """
    Give each order its new D inside the caller's transaction and return those that changed, ascending.

    Judgements of the round that runs are taken back and the next round begins where D now lies in the future.
    """
    plain = raw.plain()
    moves = deadlines.later(plain, new_at, cause=cause, cause_ref=cause_ref)
    moved = deadlines.move(plain, moves, now=now, actor=actor)
    for first in range(0, len(moved), reversal.ORDERS_MAX):
        some = moved[first : first + reversal.ORDERS_MAX]
        reversal.reverse(
            plain,
            order_ids=some,
            cause=reversal.Cause.DEADLINE_MOVED,
            cause_ref=cause_ref,
            now=now,
            user_id=actor.user_id,
        )
    return moved
