"""How D moves (最晚发货时间): every move is a row that stays, with its cause; nothing else changes a ship time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import rows

from yidao.accounts.actors import Actor
from yidao.kit import arrays, ids
from yidao.orders import sight, standing
from yidao.orders.models import DeadlineChange

_LOCK: Final = "SELECT id FROM order_head WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_WAITING: Final = """
SELECT order_id, line_no, ship_by_at, ship_by_original_at FROM order_line
 WHERE order_id = ANY(%s) AND ship_by_at IS NOT NULL AND quantity > shipped_quantity + refunded_quantity
 ORDER BY order_id, line_no
"""
_WRITE: Final = """
WITH moved AS (
    SELECT * FROM unnest(%(id)s::bigint[], %(order_id)s::bigint[], %(line_no)s::smallint[], %(cause)s::text[],
                         %(ref)s::text[], %(new_at)s::timestamptz[])
        AS m (id, order_id, line_no, cause, ref, new_at)
), kept AS (
    INSERT INTO order_deadline_change
           (id, order_id, line_no, cause, cause_ref, old_at, new_at, at, user_id, credential_id)
    SELECT m.id, m.order_id, m.line_no, m.cause, m.ref, l.ship_by_at, m.new_at, %(now)s, %(user)s, %(credential)s
      FROM moved AS m JOIN order_line AS l USING (order_id, line_no)
     WHERE l.ship_by_at IS DISTINCT FROM m.new_at
     ORDER BY m.order_id, m.line_no
    RETURNING order_id, line_no, new_at
)
UPDATE order_line AS l SET ship_by_at = k.new_at
  FROM kept AS k WHERE l.order_id = k.order_id AND l.line_no = k.line_no
RETURNING l.order_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One line's new ship time, and what it is due to."""

    order_id: int
    line_no: int
    new_at: datetime
    cause: str
    cause_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line of which something waits to be shipped: its ship time, and what was promised at payment."""

    order_id: int
    line_no: int
    ship_by_at: datetime
    promised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One move of D as pages show it."""

    line_no: int
    cause: str
    cause_ref: str
    old_at: datetime | None
    new_at: datetime | None
    at: datetime
    user_id: int | None
    credential_id: int | None


def waiting(connection: psycopg.Connection[Any], order_ids: Sequence[int]) -> tuple[Waiting, ...]:
    """Lock these orders and return their lines that wait, inside the caller's transaction."""
    with psycopg.Cursor(connection, row_factory=rows.tuple_row) as cursor:
        cursor.execute(_LOCK, (sorted(order_ids),))
        found = cursor.execute(_WAITING, (sorted(order_ids),)).fetchall()
    return tuple(
        Waiting(order_id=order_id, line_no=line_no, ship_by_at=at, promised_at=promised_at or at)
        for order_id, line_no, at, promised_at in found
    )


def later(
    connection: psycopg.Connection[Any], new_at: Mapping[int, datetime], *, cause: str, cause_ref: str
) -> tuple[Move, ...]:
    """
    Return the moves that give each order its new D: of the lines that wait, those that are due before it. What is due
    later anyway stays.
    """
    return tuple(
        Move(
            order_id=each.order_id,
            line_no=each.line_no,
            new_at=new_at[each.order_id],
            cause=cause,
            cause_ref=cause_ref,
        )
        for each in waiting(connection, sorted(new_at))
        if each.ship_by_at < new_at[each.order_id]
    )


def move(connection: psycopg.Connection[Any], moves: Sequence[Move], *, now: datetime, actor: Actor) -> tuple[int, ...]:
    """
    Move lines' ship times inside the caller's transaction and return the orders that changed, ascending.

    Set-based; a line that has its time already is left alone, so that moving twice writes once.
    """
    if not moves:
        return ()
    told = sorted(moves, key=lambda each: (each.order_id, each.line_no))
    with psycopg.Cursor(connection, row_factory=rows.tuple_row) as cursor:
        cursor.execute(_LOCK, (sorted({each.order_id for each in told}),))
        written = cursor.execute(
            _WRITE,
            {
                "id": arrays.integers([ids.new_id() for _ in told]),
                "order_id": arrays.integers([each.order_id for each in told]),
                "line_no": arrays.integers([each.line_no for each in told]),
                "cause": arrays.texts([each.cause for each in told]),
                "ref": arrays.texts([each.cause_ref for each in told]),
                "new_at": [each.new_at for each in told],
                "now": now,
                "user": actor.user_id,
                "credential": actor.credential_id,
            },
        ).fetchall()
    changed = tuple(sorted({order_id for (order_id,) in written}))
    if changed:
        standing.refresh(connection, changed, now=now)
    return changed


def of_order(actor: Actor, order_id: int, now: datetime) -> tuple[ChangeRow, ...]:
    """
    Return every move of an order's ship times, newest first.

    :raises NotVisible: the order is not the actor's.
    """
    sight.order(actor, order_id)
    fields = ("line_no", "cause", "cause_ref", "old_at", "new_at", "at", "user_id", "credential_id")
    changes = DeadlineChange.objects.filter(order_id=order_id, at__lte=now).order_by("-id")
    return tuple(ChangeRow(**row) for row in changes.values(*fields))
