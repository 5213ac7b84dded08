"""
What a late judge owes. Whoever changes an order first has written down what time alone had decided about it until then,
so that a judge that comes late, after an outage say, makes the judgements a punctual one would have made.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.kit import arrays, micros
from yidao.policies import books, families
from yidao.rules import late_shipment
from yidao.rules.instants import NEVER, Instant, instant, to_datetime

_LATE: Final = """
SELECT id, ship_by_at, judge_pauses, judged_count, last_judged_at, late_policy FROM order_head
 WHERE id = ANY(%s::bigint[]) AND judge_due_at < %s
"""
_KEEP: Final = """
INSERT INTO order_owed_judgement (order_id, round, ordinal, bucket, shop_id, order_no, at, ship_by_at, policy,
                                  promise_kind, paid_fen, product_ids)
SELECT h.id, h.judge_round, t.ordinal, h.bucket, h.shop_id, h.order_no, t.at, h.ship_by_at, h.late_policy,
       h.promise_kind, h.paid_fen,
       ARRAY(SELECT DISTINCT l.product_id FROM order_line AS l
              WHERE l.order_id = h.id AND l.product_id <> '' AND l.ship_by_at <= t.at
                AND l.quantity > l.shipped_quantity + l.refunded_quantity)
  FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS t(id, ordinal, at)
  JOIN order_head AS h ON h.id = t.id
ON CONFLICT (order_id, round, ordinal) DO NOTHING
"""
_MOVE_ON: Final = """
UPDATE order_head AS h SET judged_count = t.ordinal, last_judged_at = t.at
  FROM (SELECT DISTINCT ON (id) id, ordinal, at
          FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS t(id, ordinal, at)
         ORDER BY id, ordinal DESC) AS t
 WHERE h.id = t.id
"""


class Owed(NamedTuple):
    """One judgement that is owed."""

    order_id: int
    ordinal: int
    at: Instant


def keep(
    connection: psycopg.Connection[Any],
    order_ids: Sequence[int],
    *,
    now: datetime,
) -> int:
    """
    Write down the judgements of these orders that had fallen due before `now` and were not made yet, and return how
    many. The caller holds the orders' locks, and changes them only afterwards.
    """
    late = micros.rows(connection, _LATE, (arrays.integers(order_ids), now))
    if not late:
        return 0
    book = books.shelf(connection).of(families.LATE_SHIPMENT)
    owed = [
        Owed(id_, judgement.ordinal, judgement.at)
        for id_, ship_by_at, pauses, judged_count, last_at, policy in late
        for judgement in late_shipment.due_judgements(
            facts(ship_by_at, pauses, judged_count, last_at), book.by_name(policy), instant(now)
        )
    ]
    if owed:
        columns = (
            arrays.integers(each.order_id for each in owed),
            arrays.integers(each.ordinal for each in owed),
            arrays.texts([to_datetime(each.at).isoformat() for each in owed]),
        )
        micros.run(connection, _KEEP, columns)
        micros.run(connection, _MOVE_ON, columns)
    return len(owed)


def facts(
    ship_by_at: int | None, pauses: Sequence[int] | None, judged_count: int, last_at: int | None
) -> late_shipment.OrderFacts:
    """Return the judge's facts as an order's head holds them."""
    return late_shipment.OrderFacts(
        ship_by_at=Instant(ship_by_at or NEVER),
        pauses=tuple(zip(pauses[::2], pauses[1::2], strict=True)) if pauses else (),  # type: ignore[arg-type]
        judged_count=judged_count,
        last_at=Instant(last_at or NEVER),
    )
