"""
Why an order that a creator looks up by its number is not in his list. Only what is his own names a cause; another
creator's order is answered exactly like a number that does not exist, by the same statements.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.errors import Refusal
from yidao.parcels import scope
from yidao.rules import monitor
from yidao.rules.instants import NEVER, instant
from yidao.rules.monitor import Cause, LineFacts

NUMBERS_MAX: Final = 500

_OWN_LINES = """
SELECT l.order_no, l.is_self_sold, l.is_cross_border, l.is_customer_return,
       CASE WHEN p.status <> 'VOIDED' THEN p.shipped_at END
FROM unnest(%(numbers)s::text[]) AS k (order_no)
JOIN parcel_line l ON l.order_no = k.order_no
JOIN parcel p ON p.waybill_no = l.waybill_no AND p.carrier = l.carrier AND p.life = l.life
WHERE l.creator_id = ANY(%(creators)s::bigint[])
UNION ALL
SELECT o.order_no, o.is_self_sold, o.is_cross_border, false, NULL
FROM unnest(%(numbers)s::text[]) AS k (order_no)
JOIN order_line o ON o.order_no = k.order_no
WHERE o.creator_id = ANY(%(creators)s::bigint[])
UNION ALL
SELECT h.order_no, o.is_self_sold, o.is_cross_border, false, NULL
FROM unnest(%(numbers)s::text[]) AS k (order_no)
JOIN order_head h ON h.order_no = k.order_no
JOIN order_line o ON o.order_id = h.id
WHERE o.creator_id = ANY(%(creators)s::bigint[]) AND o.order_no <> h.order_no
"""


class TooManyNumbers(Refusal):
    """More numbers than are looked up at once."""

    code = "lookup.too_many"
    status = 422
    message = "At most %(max)s numbers can be looked up at once."


def causes(*, actor: Actor, order_nos: Sequence[str], now: datetime) -> Mapping[str, Cause]:
    """
    Return for each number why the creator sees its order or not; two statements, however many numbers there are.

    :raises TooManyNumbers: more than `NUMBERS_MAX` of them.
    """
    assert actor.kind is ActorKind.CREATOR, "only creators have a scope of their own"
    if len(order_nos) > NUMBERS_MAX:
        raise TooManyNumbers(max=NUMBERS_MAX)
    policy = scope.policy(now)
    of_number: dict[str, list[LineFacts]] = {number: [] for number in order_nos}
    parameters: dict[str, Any] = {"numbers": list(of_number), "creators": list(actor.organisation_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_OWN_LINES, parameters)
        for order_no, is_self_sold, is_cross_border, is_customer_return, shipped_at in cursor.fetchall():
            of_number[order_no].append(
                LineFacts(
                    is_self_sold=is_self_sold,
                    is_cross_border=is_cross_border,
                    is_customer_return=is_customer_return,
                    shipped_at=instant(shipped_at) if shipped_at is not None else NEVER,
                )
            )
    return {number: monitor.cause(lines, policy) for number, lines in of_number.items()}
