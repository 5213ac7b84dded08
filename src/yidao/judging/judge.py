"""
The judge: takes the orders whose latest ship time has passed, asks the rule, and writes what follows. Facts stand on
the order's head, so that no other table is read but for products that come to be banned.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg

from yidao.accounts.actors import SYSTEM
from yidao.judging import bans, opening, round_notices
from yidao.judging.models import Kind
from yidao.judging.opening import NewJudgement
from yidao.kit import arrays, db, logs, micros, news, sweeps
from yidao.orders import owed, raw
from yidao.policies import books, families
from yidao.policies.selection import PolicyBook
from yidao.rules import late_shipment, penalties
from yidao.rules.instants import Instant, instant, to_datetime
from yidao.rules.late_shipment import Policy

CONCERN_NAME: Final = "judging"
BATCH_SIZE: Final = 2_000
PUT_OFF: Final = timedelta(hours=1)
"""How long a row is left alone that could not be judged."""
LIMIT_PER_ORDER: Final = 30
"""More judgements than this are never owed for one order."""

_DUE: Final = """
SELECT id, shop_id, order_no, judge_round, judged_count, last_judged_at, ship_by_at, judge_pauses, late_policy,
       promise_kind, paid_fen
  FROM order_head WHERE bucket = %s AND judge_due_at < %s ORDER BY judge_due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_MOVE_ON: Final = """
UPDATE order_head AS h
   SET judged_count = t.judged_count, last_judged_at = to_timestamp(t.last_us / 1000000::float8),
       judge_due_at = to_timestamp(t.due_us / 1000000::float8), version = h.version + 1
  FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[]) AS t(id, judged_count, last_us, due_us)
 WHERE h.id = t.id
"""
_TAKE_OWED: Final = """
DELETE FROM order_owed_judgement WHERE (order_id, round, ordinal) IN (
  SELECT order_id, round, ordinal FROM order_owed_judgement WHERE {0} LIMIT %s FOR UPDATE {1})
RETURNING order_id, shop_id, order_no, round, ordinal, at, ship_by_at, policy, promise_kind, paid_fen, product_ids
"""
_OWED_IN_BUCKET: Final = _TAKE_OWED.format("bucket = %s ORDER BY at", "SKIP LOCKED")
# Who takes judgements back waits for a judge that is just making them; else one would come after its own reversal.
_OWED_OF: Final = _TAKE_OWED.format("order_id = ANY(%s::bigint[]) ORDER BY order_id, round, ordinal", "")
_PRODUCTS: Final = """
SELECT DISTINCT l.order_id, l.product_id
  FROM unnest(%s::bigint[], %s::bigint[]) AS t(order_id, at_us)
  JOIN order_line AS l ON l.order_id = t.order_id
 WHERE l.product_id <> '' AND l.quantity > l.shipped_quantity + l.refunded_quantity
   AND l.ship_by_at <= to_timestamp(t.at_us / 1000000::float8)
"""
_COUNTS: Final = """
SELECT order_id, count(*) FROM violation
 WHERE order_id = ANY(%s::bigint[]) AND kind = 'LATE_SHIPMENT' AND state <> 'REVERSED' GROUP BY order_id
"""

log = logs.get(__name__)


class Head(NamedTuple):
    """What stands on an order's head for the judge."""

    id: int
    shop_id: int
    order_no: str
    round: int
    judged_count: int
    last_at: int | None
    ship_by_at: int | None
    pauses: list[int] | None
    policy: str
    promise_kind: str
    paid_fen: int


Fault = tuple[int, Exception]
"""An order that could not be judged, and why."""


class _Verdict(NamedTuple):
    """What the rule says about one order."""

    head: Head
    made: tuple[late_shipment.Judgement, ...]
    next_at: Instant | None
    policy: Policy


class Judged(NamedTuple):
    """What one batch did: rows settled, judgements made, products banned, whose, and what went wrong."""

    settled: int = 0
    judgements: int = 0
    banned: tuple[bans.Product, ...] = ()
    shops: frozenset[int] = frozenset()
    orders: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()


def step(bucket: int, now: datetime) -> int:
    """
    Judge one batch of a bucket's late orders and return how many were settled. Judges beside each other take different
    orders; one that comes late makes every judgement with the instant it should have had.
    """
    with db.transaction(SYSTEM):
        plain = raw.plain()
        owed_ones = make_owed(plain, _OWED_IN_BUCKET, bucket, now=now)
        due = judge_due(plain, bucket, now=now)
        if due.orders:
            sweeps.forget_faults(CONCERN_NAME, due.orders)
        for order_id, fault in due.faults:
            log.warning("order not judged", order=order_id, fault=type(fault).__name__)
            sweeps.keep_fault(CONCERN_NAME, order_id, fault, now=now)
        round_notices.tell(plain, banned=owed_ones.banned + due.banned, now=now)
        news.tell(owed_ones.shops | due.shops)
    return owed_ones.settled + due.settled


CONCERN: Final = sweeps.Concern(name=CONCERN_NAME, step=step)


def judge_due(connection: psycopg.Connection[Any], bucket: int, *, now: datetime, limit: int = BATCH_SIZE) -> Judged:
    """Judge a bucket's orders that are due at `now`, in the caller's transaction."""
    heads = [Head(*row) for row in micros.rows(connection, _DUE, (bucket, now, limit))]
    if not heads:
        return Judged()
    book = books.shelf(connection).of(families.LATE_SHIPMENT)
    verdicts, faults = _verdicts(heads, book, now=now)
    judgements = [(each, made) for each in verdicts for made in each.made]
    ids = opening.open(connection, [_told(each, made) for each, made in judgements], now=now)
    _move_on(connection, verdicts)
    is_too_many = [
        (judgement_id, each, made)
        for judgement_id, (each, made) in zip(ids, judgements, strict=True)
        if judgement_id is not None and penalties.is_banned(each.policy, made.ordinal)
    ]
    banned = _ban(connection, is_too_many) if is_too_many else ()
    shops = frozenset(each.head.shop_id for each in verdicts)
    return Judged(len(heads), len(judgements), banned, shops, tuple(each.id for each in heads), tuple(faults))


def catch_up(connection: psycopg.Connection[Any], order_ids: Sequence[int], *, now: datetime) -> Judged:
    """
    Make what was due or owed for these orders before `now`, in the caller's transaction, so that what comes next finds
    the judgements a punctual judge would have made. The caller holds the orders' locks, and tells what was banned.
    """
    owed.keep(connection, order_ids, now=now)
    keys, limit = arrays.integers(sorted(order_ids)), len(order_ids) * LIMIT_PER_ORDER
    return make_owed(connection, _OWED_OF, keys, now=now, limit=limit)


def make_owed(
    connection: psycopg.Connection[Any], statement: str, key: int | str, *, now: datetime, limit: int = BATCH_SIZE
) -> Judged:
    """Make judgements that were owed when something about their orders changed."""
    rows = micros.rows(connection, statement, (key, limit))
    if not rows:
        return Judged()
    book = books.shelf(connection).of(families.LATE_SHIPMENT)
    rows.sort(key=lambda row: (row[0], row[3], row[4]))
    verdicts = []
    for order_id, shop_id, order_no, round_, ordinal, at, ship_by_at, policy, promise_kind, paid_fen, products in rows:
        head = Head(order_id, shop_id, order_no, round_, ordinal, at, ship_by_at, None, policy, promise_kind, paid_fen)
        made = late_shipment.Judgement(ordinal, at)
        verdicts.append((_Verdict(head, (made,), None, book.by_name(policy)), products))
    ids = opening.open(connection, [_told(each, each.made[0]) for each, _ in verdicts], now=now)
    causes = [
        bans.Cause(each.head.shop_id, product_id, judgement_id, each.head.id, each.head.order_no, each.made[0].at)
        for judgement_id, (each, products) in zip(ids, verdicts, strict=True)
        if judgement_id is not None and penalties.is_banned(each.policy, each.made[0].ordinal)
        for product_id in products
    ]
    counts = _counts(connection, [each.order_id for each in causes])
    policies = {each.head.id: each.policy for each, _ in verdicts}
    banned = bans.ban(
        connection, [each for each in causes if penalties.is_banned(policies[each.order_id], counts[each.order_id])]
    )
    return Judged(len(rows), len(rows), banned, frozenset(each.head.shop_id for each, _ in verdicts))


def _verdicts(heads: Sequence[Head], book: PolicyBook[Policy], *, now: datetime) -> tuple[list[_Verdict], list[Fault]]:
    """Ask the rule about each order; one it cannot be asked about is put off, and neighbors are judged all the same."""
    at, put_off = instant(now), instant(now + PUT_OFF)
    verdicts: list[_Verdict] = []
    faults: list[Fault] = []
    for head in heads:
        try:
            verdicts.append(_verdict(head, book.by_name(head.policy), at))
        except Exception as fault:
            faults.append((head.id, fault))
            verdicts.append(_Verdict(head, (), put_off, late_shipment.LATE_SHIPMENT_DOUYIN_2022))
    return verdicts, faults


def _verdict(head: Head, policy: Policy, now: Instant) -> _Verdict:
    facts = owed.facts(head.ship_by_at, head.pauses, head.judged_count, head.last_at)
    return _Verdict(head, *late_shipment.verdict(facts, policy, now), policy)


def _told(verdict: _Verdict, made: late_shipment.Judgement) -> NewJudgement:
    head = verdict.head
    return NewJudgement(
        shop_id=head.shop_id,
        order_id=head.id,
        order_no=head.order_no,
        kind=Kind.LATE_SHIPMENT.value,
        round=head.round,
        ordinal=made.ordinal,
        at=made.at,
        policy=head.policy,
        facts={
            "ship_by_at": to_datetime(Instant(head.ship_by_at or 0)).isoformat(),
            "promise_kind": head.promise_kind,
            "paid_fen": head.paid_fen,
        },
        zone_offset_minutes=verdict.policy.zone_offset_minutes,
    )


def _move_on(connection: psycopg.Connection[Any], verdicts: Sequence[_Verdict]) -> None:
    """Write on the orders' heads how many judgements there are now and when to look again."""
    last = [each.made[-1] if each.made else None for each in verdicts]
    micros.run(
        connection,
        _MOVE_ON,
        (
            arrays.integers([each.head.id for each in verdicts]),
            arrays.integers(
                [made.ordinal if made else each.head.judged_count for each, made in zip(verdicts, last, strict=True)]
            ),
            arrays.integers_or_null(
                [made.at if made else each.head.last_at for each, made in zip(verdicts, last, strict=True)]
            ),
            arrays.integers_or_null([each.next_at for each in verdicts]),
        ),
    )


def _ban(
    connection: psycopg.Connection[Any], made: Sequence[tuple[int, _Verdict, late_shipment.Judgement]]
) -> tuple[bans.Product, ...]:
    """
    Ban the late products of orders that were judged too often, reversed judgements out.

    Reading: what is banned is the product of every line that was late then; a line with a later D of its own was not.
    """
    counts = _counts(connection, [each.head.id for _, each, _ in made])
    too_often = {
        each.head.id: (judgement_id, each, judgement.at)
        for judgement_id, each, judgement in made
        if penalties.is_banned(each.policy, counts[each.head.id])
    }
    products = micros.rows(
        connection,
        _PRODUCTS,
        (arrays.integers(too_often), arrays.integers([at for _, _, at in too_often.values()])),
    )
    causes = []
    for order_id, product_id in products:
        judgement_id, each, at = too_often[order_id]
        causes.append(bans.Cause(each.head.shop_id, product_id, judgement_id, order_id, each.head.order_no, at))
    return bans.ban(connection, causes)


def _counts(connection: psycopg.Connection[Any], order_ids: Sequence[int]) -> Counter[int]:
    """Return how many judgements of each order stand."""
    if not order_ids:
        return Counter()
    return Counter(dict(micros.rows(connection, _COUNTS, (arrays.integers(sorted(set(order_ids))),))))
