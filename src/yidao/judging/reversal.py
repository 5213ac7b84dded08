"""
Takes judgements back: an appeal was won, a report or a relief granted, D moved. Nothing is edited that was written;
rows with the opposite amounts are added, money goes back to the deposit, bans fall whose cause is gone.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.judging import bans, judge, round_notices
from yidao.judging.models import Kind, Reversal
from yidao.kit import arrays, ids, micros
from yidao.ledger import posting
from yidao.ledger.models import LedgerAccount
from yidao.orders import owed
from yidao.policies import books, families
from yidao.rules import late_shipment, penalties
from yidao.rules.instants import Instant

Cause = Reversal.Cause
ORDERS_MAX: Final = 500
"""More orders than this are not reversed in one transaction."""
SOURCES: Final = {"DEDUCTION": LedgerAccount.Kind.PENALTY.value, "COUPON": LedgerAccount.Kind.COMPENSATION.value}
"""The account a penalty's money went to, and comes back from."""

_LOCK_ORDERS: Final = """
SELECT id, shop_id, judge_round, ship_by_at, judge_pauses, late_policy FROM order_head
 WHERE id = ANY(%s::bigint[] || ARRAY(SELECT order_id FROM judgement WHERE id = ANY(%s::bigint[])))
 ORDER BY id FOR UPDATE
"""
_LOCK_OF_ORDERS: Final = """
SELECT id, order_id, shop_id, kind, policy, at, notified_at IS NOT NULL FROM violation
 WHERE order_id = ANY(%s::bigint[]) AND kind = ANY(%s::text[]) AND state <> 'REVERSED' ORDER BY id FOR UPDATE
"""
_LOCK_CHOSEN: Final = """
SELECT id, order_id, shop_id, kind, policy, at, notified_at IS NOT NULL FROM violation
 WHERE id = ANY(%s::bigint[]) AND state <> 'REVERSED' ORDER BY id FOR UPDATE
"""
_MOVED_FROM: Final = """
SELECT order_id, min(old_at) FROM order_deadline_change WHERE order_id = ANY(%s::bigint[]) AND at = %s GROUP BY order_id
"""
_REVERSE: Final = """
INSERT INTO judgement_reversal (judgement_id, cause, cause_ref, at, recorded_at, user_id)
SELECT id, %s, %s, %s, %s, %s FROM unnest(%s::bigint[]) AS t(id) ON CONFLICT (judgement_id) DO NOTHING
"""
_MARK: Final = """
UPDATE violation SET state = 'REVERSED',
       money = CASE money WHEN 'DEDUCTED' THEN 'REFUNDED' WHEN 'PENDING' THEN 'WAIVED' WHEN 'HELD' THEN 'WAIVED'
               ELSE money END
 WHERE id = ANY(%s::bigint[])
"""
_PENALTIES: Final = """
SELECT p.id, p.shop_id, p.kind, p.amount_fen, v.order_no, v.day, v.kind, v.ordinal
  FROM penalty AS p JOIN violation AS v ON v.id = p.judgement_id
 WHERE p.judgement_id = ANY(%s::bigint[]) AND p.reverses_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM penalty AS r WHERE r.reverses_id = p.id)
 ORDER BY p.shop_id, p.id
"""
_TAKE_BACK: Final = """
INSERT INTO penalty (id, judgement_id, shop_id, order_id, day, kind, amount_fen, points_tenths, cause, transfer_id,
                     reverses_id, at)
SELECT t.id, p.judgement_id, p.shop_id, p.order_id, p.day, p.kind, -p.amount_fen, -p.points_tenths, p.cause,
       t.transfer_id, p.id, %s
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS t(id, reverses_id, transfer_id)
  JOIN penalty AS p ON p.id = t.reverses_id
"""
_COUNTS: Final = """
SELECT c.order_id, (SELECT count(*) FROM violation AS v
                     WHERE v.order_id = c.order_id AND v.kind = 'LATE_SHIPMENT' AND v.state <> 'REVERSED')
  FROM (SELECT DISTINCT order_id FROM product_ban_cause WHERE order_id = ANY(%s::bigint[]) AND ended_at IS NULL) AS c
"""
_BEGIN_ROUND: Final = """
UPDATE order_head AS h
   SET judge_round = h.judge_round + 1, judged_count = t.judged_count,
       last_judged_at = to_timestamp(t.last_us / 1000000::float8),
       judge_due_at = to_timestamp(t.due_us / 1000000::float8), version = h.version + 1
  FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[]) AS t(id, judged_count, last_us, due_us)
 WHERE h.id = t.id
"""
_STANDING: Final = """
SELECT order_id, count(*), max(at) FROM violation
 WHERE order_id = ANY(%s::bigint[]) AND kind = 'LATE_SHIPMENT' AND state <> 'REVERSED' GROUP BY order_id
"""


class Reversed(NamedTuple):
    """What was taken back: orders and judgements, money in fen, and bans that were lifted."""

    orders: int = 0
    judgements: int = 0
    fen: int = 0
    bans: int = 0


class _Order(NamedTuple):
    """A locked order."""

    id: int
    shop_id: int
    round: int
    ship_by_at: int | None
    pauses: list[int] | None
    policy: str


class _Target(NamedTuple):
    """A judgement that still counts, locked; `is_known` says that its shop was told of it."""

    id: int
    order_id: int
    shop_id: int
    kind: str
    policy: str
    at: int
    is_known: bool


def reverse(
    connection: psycopg.Connection[Any],
    *,
    cause: str,
    now: datetime,
    order_ids: Sequence[int] = (),
    judgement_ids: Sequence[int] = (),
    kinds: Sequence[str] = (Kind.LATE_SHIPMENT.value,),
    cause_ref: str = "",
    user_id: int | None = None,
    is_told: bool = False,
) -> Reversed:
    """
    Take back judgements in the caller's transaction: those named, or of the kinds all that still count of whole orders.
    Everything that followed from them goes with them, and what was taken back before is left alone.

    When D moved (DEADLINE_MOVED), those go that were made by lines that moved just now, from their old D on; the
    order's next round begins, in which a judge that comes late still makes what the new D brings. What stands goes on
    counting in it, so that an order never has more judgements than one round allows.

    Shops are told in rounds what was taken back of what they had been told of, save by a caller who tells each
    judgement himself (`is_told`), and always which bans end.

    Reading: a reversal frees no room for judgements of its day that took nothing because of the cap.
    """
    is_whole = bool(order_ids)
    keys = arrays.integers(sorted(order_ids)), arrays.integers(sorted(judgement_ids))
    orders = [_Order(*row) for row in micros.rows(connection, _LOCK_ORDERS, keys)]
    assert len(orders) <= ORDERS_MAX, "more orders than one transaction reverses"
    banned: tuple[bans.Product, ...] = ()
    if is_whole:
        banned = judge.catch_up(connection, [each.id for each in orders], now=now).banned
        targets = _of_orders(connection, [each.id for each in orders], kinds)
    else:
        targets = [_Target(*row) for row in _rows(connection, _LOCK_CHOSEN, judgement_ids)]
    if cause == Cause.DEADLINE_MOVED:
        targets = _from_old_d(connection, orders, targets, now=now)
    if not targets:
        round_notices.tell(connection, banned=banned, now=now)
        return Reversed()
    gone = arrays.integers([each.id for each in targets])
    micros.run(connection, _REVERSE, (str(cause), cause_ref, now, now, user_id, gone))
    given_back = _take_penalties_back(connection, gone, now=now, user_id=user_id)
    micros.run(connection, _MARK, (gone,))
    lifted = _lift_bans(connection, targets, cause=cause, now=now, user_id=user_id)
    touched = {each.order_id for each in targets}
    if cause == Cause.DEADLINE_MOVED:
        _begin_round(connection, [each for each in orders if each.id in touched])
    known = Counter(each.shop_id for each in targets if each.is_known and not is_told)
    round_notices.tell(connection, banned=banned, freed=lifted, taken_back=known, given_back=given_back, now=now)
    return Reversed(len(touched), len(targets), given_back.total(), len(lifted))


def _rows(connection: psycopg.Connection[Any], statement: str, keys: Sequence[int]) -> list[tuple[Any, ...]]:
    return micros.rows(connection, statement, (arrays.integers(sorted(keys)),)) if keys else []


def _of_orders(connection: psycopg.Connection[Any], order_ids: Sequence[int], kinds: Sequence[str]) -> list[_Target]:
    keys = arrays.integers(order_ids), arrays.texts([str(kind) for kind in kinds])
    return [_Target(*row) for row in micros.rows(connection, _LOCK_OF_ORDERS, keys)]


def _from_old_d(
    connection: psycopg.Connection[Any], orders: Sequence[_Order], targets: Sequence[_Target], *, now: datetime
) -> list[_Target]:
    """
    Return the judgements that the new D takes back: they were made as if the old one held.

    Reading: when only a part of an order is granted more time, what another part was judged for before stays.
    """
    keys = arrays.integers([each.id for each in orders])
    moved_from = dict(micros.rows(connection, _MOVED_FROM, (keys, now)))
    return [each for each in targets if moved_from.get(each.order_id, 0) <= each.at]


def _memo(order_no: str, day: date, kind: str, ordinal: int) -> dict[str, Any]:
    """Return what the statement says of money that comes back: what it had been taken for."""
    return {"order_no": order_no, "day": day.isoformat(), "kind": kind, "ordinal": ordinal}


def _take_penalties_back(
    connection: psycopg.Connection[Any], judgement_ids: str, *, now: datetime, user_id: int | None
) -> Counter[int]:
    """Add the opposite of every penalty, give the money back, and return how many fen each shop got."""
    given_back: Counter[int] = Counter()
    taken = micros.rows(connection, _PENALTIES, (judgement_ids,))
    if not taken:
        return given_back
    transfers: dict[int, int] = {}
    for kind, source in SOURCES.items():
        dues = [
            posting.Due(f"penalty/{id_}", shop_id, fen, _memo(*of))
            for id_, shop_id, each, fen, *of in taken
            if each == kind and fen > 0
        ]
        if dues:
            done = posting.give_back(connection, dues, now=now, source=source, user_id=user_id)
            transfers |= {int(each.ref.removeprefix("penalty/")): each.transfer_id for each in done}
    micros.run(
        connection,
        _TAKE_BACK,
        (
            now,
            arrays.integers([ids.new_id() for _ in taken]),
            arrays.integers([row[0] for row in taken]),
            arrays.integers_or_null([transfers.get(row[0]) for row in taken]),
        ),
    )
    for _, shop_id, kind, fen, *_ in taken:
        given_back[shop_id] += fen if kind in SOURCES else 0
    return given_back


def _lift_bans(
    connection: psycopg.Connection[Any], targets: Sequence[_Target], *, cause: str, now: datetime, user_id: int | None
) -> tuple[bans.Product, ...]:
    """Lift what orders had banned that are not judged too often any more."""
    policies = {each.order_id: each.policy for each in targets if each.kind == Kind.LATE_SHIPMENT}
    if not policies:
        return ()
    counts = _rows(connection, _COUNTS, list(policies))
    if not counts:
        return ()
    book = books.shelf(connection).of(families.LATE_SHIPMENT)
    fallen = [id_ for id_, count in counts if not penalties.is_banned(book.by_name(policies[id_]), count)]
    return bans.end_causes(connection, fallen, cause=str(cause), now=now, user_id=user_id)


def _begin_round(connection: psycopg.Connection[Any], orders: Sequence[_Order]) -> None:
    """Begin the next round of orders whose D moved: the clock is that of the new D, the count that of what stands."""
    book = books.shelf(connection).of(families.LATE_SHIPMENT)
    order_ids = [each.id for each in orders]
    stand = {id_: (count, last_at) for id_, count, last_at in _rows(connection, _STANDING, order_ids)}
    left: list[tuple[int, int | None]] = [stand.get(id_, (0, None)) for id_ in order_ids]
    due: list[Instant | None] = [
        late_shipment.next_due_at(owed.facts(each.ship_by_at, each.pauses, *before), book.by_name(each.policy))
        for each, before in zip(orders, left, strict=True)
    ]
    columns = (
        arrays.integers(order_ids),
        arrays.integers([count for count, _ in left]),
        arrays.integers_or_null([last_at for _, last_at in left]),
        arrays.integers_or_null(due),
    )
    micros.run(connection, _BEGIN_ROUND, columns)
