"""
Settles the judgements of past days: takes one shop-day behind its own lock, asks the rule, and books what follows. Two
settlers, one that was killed, and one that comes late book everything exactly once.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg
from django.db import connection as django_connection

from yidao.accounts.actors import SYSTEM
from yidao.audit import services as audit
from yidao.judging import proving as proving
from yidao.judging import settling_notices
from yidao.judging.models import Kind, Penalty, Violation
from yidao.kit import arrays, clock, db, ids, logs, micros, news, sweeps
from yidao.kit.errors import Refusal
from yidao.ledger import posting
from yidao.ledger.posting import Due
from yidao.policies import books, families, selection
from yidao.rules import late_shipment, penalties, settlement
from yidao.rules.instants import Instant, instant
from yidao.rules.penalties import Cause, Price
from yidao.rules.settlement import Outcome, Row, Spent, Terms

CONCERN_NAME: Final = "settlement"
PART_SIZE: Final = 500
"""How many judgements one transaction settles."""
DAYS_AT_ONCE: Final = 2_000
PUT_OFF: Final = timedelta(hours=1)
"""How long a shop-day is left alone that could not be settled."""
EPOCH: Final = date(1970, 1, 1)
Money = Violation.Money

HELD: Final = """EXISTS (SELECT 1 FROM settlement_hold AS h WHERE h.lifted_at IS NULL
  AND (h.shop_id IS NULL OR h.shop_id = v.shop_id) AND h.violation_kind IN ('', v.kind))"""
"""Whether the violation `v` waits because an operator put a brake on."""
WAITS: Final = "v.money = 'PENDING' AND v.state <> 'REVERSED'"
_IS_ANY_DUE: Final = "SELECT EXISTS (SELECT 1 FROM violation WHERE money = 'PENDING' AND day <= %s)"
"""Asked first because it is cheap: nearly always nothing is."""
_DUE: Final = f"""
WITH RECURSIVE waiting AS (
  (SELECT v.day, v.shop_id, v.kind FROM violation AS v WHERE {WAITS} AND v.day <= %(last)s
    ORDER BY v.day, v.shop_id, v.kind LIMIT 1)
  UNION ALL
  SELECT next.* FROM waiting AS w CROSS JOIN LATERAL (
    SELECT v.day, v.shop_id, v.kind FROM violation AS v
     WHERE {WAITS} AND v.day <= %(last)s AND (v.day, v.shop_id, v.kind) > (w.day, w.shop_id, w.kind)
     ORDER BY v.day, v.shop_id, v.kind LIMIT 1) AS next
)
SELECT v.shop_id, v.day FROM waiting AS v
  LEFT JOIN settlement_day AS d ON d.shop_id = v.shop_id AND d.day = v.day
 WHERE (d.retry_at IS NULL OR d.retry_at <= %(now)s) AND NOT {HELD}
 GROUP BY v.day, v.shop_id ORDER BY v.day, v.shop_id LIMIT %(most)s
"""  # noqa: S608  Only constants are put in.
"""The index is stepped through by day, shop and kind: thousands of violations under a brake cost one look each step."""
_STILL_TO_JUDGE: Final = """
SELECT DISTINCT o.shop_id FROM generate_series(0, %s) AS b(bucket)
  JOIN order_head AS o ON o.bucket = b.bucket AND o.judge_due_at < %s
 WHERE o.shop_id = ANY(%s)
UNION
SELECT DISTINCT w.shop_id FROM generate_series(0, %s) AS b(bucket)
  JOIN order_owed_judgement AS w ON w.bucket = b.bucket AND w.at < %s
 WHERE w.shop_id = ANY(%s)
"""
_OPEN: Final = "INSERT INTO settlement_day (shop_id, day) VALUES (%s, %s) ON CONFLICT (shop_id, day) DO NOTHING"
_LOCK: Final = "SELECT judgements FROM settlement_day WHERE shop_id = %s AND day = %s FOR UPDATE"
COLUMNS: Final = """
SELECT v.id, v.shop_id, v.day, v.order_id, v.order_no, v.at, v.kind, v.ordinal, v.policy, coalesce(o.paid_fen, 0),
       CASE WHEN v.kind <> 'LATE_SHIPMENT' THEN j.facts::text END
  FROM violation AS v JOIN judgement AS j ON j.id = v.id LEFT JOIN order_head AS o ON o.id = v.order_id
"""
_PART: Final = f"""
{COLUMNS} WHERE {WAITS} AND v.id = ANY(ARRAY(
   SELECT v.id FROM violation AS v WHERE {WAITS} AND v.shop_id = %s AND v.day = %s AND NOT {HELD}
    ORDER BY v.at, v.order_id, v.id LIMIT %s))
 ORDER BY v.id FOR UPDATE OF v
"""  # noqa: S608  Only constants are put in.
_SPENT: Final = """
SELECT t.shop_id, t.day, v.kind,
       coalesce(sum(p.amount_fen) FILTER (WHERE p.kind = 'DEDUCTION' AND p.day = t.day), 0)::bigint,
       coalesce(sum(p.points_tenths) FILTER (WHERE p.day = t.day), 0)::bigint,
       coalesce(sum(p.points_tenths), 0)::bigint
  FROM unnest(%s::bigint[], %s::date[]) AS t(shop_id, day)
  JOIN penalty AS p ON p.shop_id = t.shop_id AND p.reverses_id IS NULL
   AND p.day BETWEEN date_trunc('week', t.day)::date AND date_trunc('week', t.day)::date + 6
  JOIN violation AS v ON v.id = p.judgement_id GROUP BY t.shop_id, t.day, v.kind
"""
_OF_ORDERS: Final = """
SELECT v.kind, p.order_id, count(*) FROM penalty AS p JOIN violation AS v ON v.id = p.judgement_id
 WHERE p.order_id = ANY(%s::bigint[]) AND p.kind = 'DEDUCTION' AND p.amount_fen > 0 AND p.reverses_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM penalty AS back WHERE back.reverses_id = p.id)
 GROUP BY v.kind, p.order_id
"""
_ADD_PENALTIES: Final = """
INSERT INTO penalty (id, judgement_id, shop_id, order_id, day, kind, amount_fen, points_tenths, cause, transfer_id, at)
SELECT id, judgement_id, %s, order_id, %s, kind, amount_fen, points_tenths, cause, transfer_id, %s
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::integer[], %s::text[],
              %s::bigint[])
    AS t(id, judgement_id, order_id, kind, amount_fen, points_tenths, cause, transfer_id)
"""
_SETTLE: Final = """
UPDATE violation AS v SET money = t.money, deducted_fen = t.deducted_fen
  FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS t(id, money, deducted_fen) WHERE v.id = t.id
"""
_ADD_UP: Final = """
UPDATE settlement_day SET judgements = judgements + %s, deducted = deducted + %s, capped = capped + %s,
       deducted_fen = deducted_fen + %s, coupon_fen = coupon_fen + %s, points_tenths = points_tenths + %s,
       debt_fen = debt_fen + %s, settled_at = %s, retry_at = NULL
 WHERE shop_id = %s AND day = %s
"""
_PUT_OFF: Final = "UPDATE settlement_day SET retry_at = %s WHERE shop_id = %s AND day = %s"
_PUT_OFF_DAY: Final = "SELECT day FROM settlement_day WHERE shop_id = %s AND retry_at IS NOT NULL LIMIT 1"
FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    LookupError,
    ValueError,
    Refusal,
    psycopg.DataError,
    psycopg.IntegrityError,
)
"""What one shop-day alone can be the cause of; it is put off, and the others go on."""

log = logs.get(__name__)


class Waiting(NamedTuple):
    """One violation that waits to be settled, as the database tells it; `facts` only where they say what it costs."""

    id: int
    shop_id: int
    day: date
    order_id: int
    order_no: str
    at: Instant
    kind: str
    ordinal: int
    policy: str
    paid_fen: int
    facts: Mapping[str, Any] | None


class Part(NamedTuple):
    """What settling a part of a shop-day came to."""

    judgements: int = 0
    deducted: int = 0
    capped: int = 0
    deducted_fen: int = 0
    coupon_fen: int = 0
    points_tenths: int = 0
    debt_fen: int = 0


def step(bucket: int, now: datetime) -> int:
    """Settle the shop-days of a bucket that are due, part by part, and return how many judgements were settled."""
    settled = 0
    for shop_id, day in due_days(bucket, now=now):
        while True:
            found = settle_part(shop_id, day, now=now)
            settled += found
            if found < PART_SIZE:
                break
    return settled


CONCERN: Final = sweeps.Concern(name=CONCERN_NAME, step=step)


def last_day_due(now: datetime) -> date:
    """Return the last day whose judgements are settled by now, by the hour that binds the platform."""
    django_connection.ensure_connection()
    at = instant(now)
    policy = books.shelf(django_connection.connection).of(families.LATE_SHIPMENT).choose(at, None, "")
    days = settlement.last_day_due(at, zone_offset_minutes=policy.zone_offset_minutes, settle_hour=policy.settle_hour)
    return EPOCH + timedelta(days=days)


def due_days(bucket: int, *, now: datetime) -> tuple[tuple[int, date], ...]:
    """
    Return the shop-days of a bucket with judgements to settle, the oldest day first. A shop waits while the judge still
    owes it judgements of such a day: their order decides which of them lie above the cap.
    """
    last = last_day_due(now)
    with django_connection.cursor() as cursor:
        cursor.execute(_IS_ANY_DUE, [last])
        if not cursor.fetchone()[0]:
            return ()
        cursor.execute(_DUE, {"last": last, "now": now, "most": DAYS_AT_ONCE})
        found = [(shop_id, day) for shop_id, day in cursor.fetchall() if sweeps.bucket_of(str(shop_id)) == bucket]
        if not found:
            return ()
        end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=settling_notices.SHANGHAI)
        cursor.execute(_STILL_TO_JUDGE, [sweeps.BUCKETS - 1, end, sorted({shop_id for shop_id, _ in found})] * 2)
        behind = {shop_id for (shop_id,) in cursor.fetchall()}
    return tuple((shop_id, day) for shop_id, day in found if shop_id not in behind)


def settle_part(shop_id: int, day: date, *, now: datetime) -> int:
    """
    Settle the next part of one shop-day in a transaction of its own and return how many judgements it held.

    A day that cannot be settled is put off, with the reason in the table of faults until no day of the shop is put off.
    """
    try:
        with db.transaction(SYSTEM):
            raw: psycopg.Connection[Any] = django_connection.connection
            part = _settle(raw, shop_id, day, now=now)
            if part.judgements:
                settling_notices.tell(shop_id, day, part, now=now)
                _record(shop_id, day, part, now=now)
                news.tell([shop_id])
                if raw.execute(_PUT_OFF_DAY, (shop_id,)).fetchone() is None:
                    sweeps.forget_faults(CONCERN_NAME, [shop_id])
            return part.judgements
    except FAULTS as fault:
        log.warning("day not settled", shop=shop_id, day=day.isoformat(), fault=type(fault).__name__)
        with db.transaction(SYSTEM), django_connection.cursor() as cursor:
            cursor.execute(_OPEN, [shop_id, day])
            cursor.execute(_PUT_OFF, [now + PUT_OFF, shop_id, day])
            sweeps.keep_fault(CONCERN_NAME, shop_id, fault, now=now)
        return 0


def _settle(connection: psycopg.Connection[Any], shop_id: int, day: date, *, now: datetime) -> Part:
    connection.execute(_OPEN, (shop_id, day))
    connection.execute(_LOCK, (shop_id, day))
    rows = [waiting(each) for each in micros.rows(connection, _PART, (shop_id, day, PART_SIZE))]
    if not rows:
        return Part()
    before = spent(connection, [(shop_id, day)], [each.order_id for each in rows])
    outcomes = settlement.settle(priced(connection, rows), before[shop_id, day])
    by_id = {each.id: each for each in rows}
    told = [(by_id[each.judgement_id], each) for each in outcomes]
    deductions = [_due(row, each.deduction_fen) for row, each in told if each.deduction_fen]
    coupons = [_due(row, each.coupon_fen) for row, each in told if each.coupon_fen]
    done = {
        (kind, each.ref): each
        for kind, dues in ((posting.Kind.DEDUCTION, deductions), (posting.Kind.COMPENSATION, coupons))
        if dues
        for each in posting.deduct(connection, dues, kind=kind, now=now)
    }
    _add_penalties(connection, shop_id, day, told, {key: each.transfer_id for key, each in done.items()}, now=now)
    connection.execute(
        _SETTLE,
        (
            arrays.integers(row.id for row, _ in told),
            arrays.texts([_money(each) for _, each in told]),
            arrays.integers(each.deduction_fen + each.coupon_fen for _, each in told),
        ),
    )
    part = Part(
        judgements=len(told),
        deducted=len(deductions) + len(coupons),
        capped=sum(each.cause is Cause.CAP for each in outcomes),
        deducted_fen=sum(each.deduction_fen for each in outcomes),
        coupon_fen=sum(each.coupon_fen for each in outcomes),
        points_tenths=sum(each.points_tenths for each in outcomes),
        debt_fen=sum(each.debt_fen for each in done.values()),
    )
    connection.execute(_ADD_UP, (*part, now, shop_id, day))
    return part


def waiting(row: Sequence[Any]) -> Waiting:
    """Read one row of COLUMNS."""
    found = Waiting(*row)
    return found._replace(facts=json.loads(row[-1]) if row[-1] is not None else None)


def priced(connection: psycopg.Connection[Any], rows: Sequence[Waiting]) -> tuple[Row, ...]:
    """
    Return violations with what they cost by the version that judged them, and its caps.

    :raises PolicyMissing: no version has the name a violation mentions.
    """
    book = books.shelf(connection).of(families.LATE_SHIPMENT)
    return tuple(Row(each.id, each.order_id, each.at, each.kind, *_price(each, book)) for each in rows)


def _price(row: Waiting, book: selection.PolicyBook[late_shipment.Policy]) -> tuple[Price, Terms]:
    if row.kind == Kind.LATE_SHIPMENT:
        policy = book.by_name(row.policy)
        terms = Terms(
            per_order_max=policy.deductions_per_order_max or None,
            day_cap_fen=policy.day_cap_fen or None,
            points_day_max_tenths=policy.points_day_max_tenths,
            points_week_max_tenths=policy.points_week_max_tenths,
        )
        return penalties.price(policy, ordinal=row.ordinal, paid_fen=row.paid_fen), terms
    facts = row.facts or {}
    price = Price(
        deduction_fen=int(facts.get("deduction_fen", 0)),
        coupon_fen=int(facts.get("coupon_fen", 0)),
        points_tenths=int(facts.get("points_tenths", 0)),
        cause=None,
    )
    week = facts.get("points_week_max_tenths")
    return price, Terms(
        day_cap_fen=int(facts.get("day_cap_fen", 0)) or None, points_week_max_tenths=None if week is None else int(week)
    )


def spent(
    connection: psycopg.Connection[Any], shop_days: Sequence[tuple[int, date]], order_ids: Sequence[int]
) -> dict[tuple[int, date], Spent]:
    """Return what was booked before for the days and weeks of some shop-days, and for these orders."""
    shops, days = arrays.integers(shop_id for shop_id, _ in shop_days), [day for _, day in shop_days]
    found = connection.execute(_SPENT, (shops, days)).fetchall()
    orders = connection.execute(_OF_ORDERS, (arrays.integers(sorted(set(order_ids))),)).fetchall()
    of_order = {(kind, order_id): count for kind, order_id, count in orders}
    own: dict[tuple[int, date], list[tuple[str, int, int, int]]] = {each: [] for each in shop_days}
    for shop_id, day, *sums in found:
        own[shop_id, day].append((sums[0], sums[1], sums[2], sums[3]))
    return {
        key: Spent(
            day_fen={kind: fen for kind, fen, _, _ in rows},
            day_tenths={kind: tenths for kind, _, tenths, _ in rows},
            week_tenths={kind: tenths for kind, _, _, tenths in rows},
            of_order=of_order,
        )
        for key, rows in own.items()
    }


def _due(row: Waiting, amount_fen: int) -> Due:
    memo = {"order_no": row.order_no, "day": row.day.isoformat(), "kind": row.kind, "ordinal": row.ordinal}
    return Due(str(row.id), row.shop_id, amount_fen, memo)


def _money(outcome: Outcome) -> str:
    if outcome.deduction_fen or outcome.coupon_fen:
        return Money.DEDUCTED.value
    if outcome.cause is Cause.CAP:
        return Money.CAPPED.value
    return Money.OVER_ORDER.value if outcome.cause is Cause.ORDER_MAX else Money.NONE.value


class _Penalty(NamedTuple):
    judgement_id: int
    order_id: int
    kind: str
    amount_fen: int = 0
    points_tenths: int = 0
    cause: str = ""
    transfer_id: int | None = None


def _penalties(row: Waiting, outcome: Outcome, transfers: Mapping[tuple[str, str], int]) -> list[_Penalty]:
    """Return the rows one judgement leaves: what it takes, and where a cap kept it from taking anything."""
    found = []
    ref = str(row.id)
    if outcome.deduction_fen or outcome.cause:
        transfer = transfers.get((posting.Kind.DEDUCTION, ref))
        cause = outcome.cause.value if outcome.cause else ""
        found.append(
            _Penalty(row.id, row.order_id, Penalty.Kind.DEDUCTION.value, outcome.deduction_fen, 0, cause, transfer)
        )
    if outcome.coupon_fen:
        transfer = transfers.get((posting.Kind.COMPENSATION, ref))
        found.append(_Penalty(row.id, row.order_id, Penalty.Kind.COUPON.value, outcome.coupon_fen, 0, "", transfer))
    if outcome.points_tenths or outcome.points_cause:
        cause = outcome.points_cause.value if outcome.points_cause else ""
        found.append(_Penalty(row.id, row.order_id, Penalty.Kind.POINTS.value, 0, outcome.points_tenths, cause))
    return found


def _add_penalties(
    connection: psycopg.Connection[Any],
    shop_id: int,
    day: date,
    told: Sequence[tuple[Waiting, Outcome]],
    transfers: Mapping[tuple[str, str], int],
    *,
    now: datetime,
) -> None:
    rows = [each for row, outcome in told for each in _penalties(row, outcome, transfers)]
    connection.execute(
        _ADD_PENALTIES,
        (
            shop_id,
            day,
            now,
            arrays.integers(ids.new_id() for _ in rows),
            arrays.integers(each.judgement_id for each in rows),
            arrays.integers(each.order_id for each in rows),
            arrays.texts([each.kind for each in rows]),
            arrays.integers(each.amount_fen for each in rows),
            arrays.integers(each.points_tenths for each in rows),
            arrays.texts([each.cause for each in rows]),
            arrays.integers_or_null(each.transfer_id for each in rows),
        ),
    )


def _record(shop_id: int, day: date, part: Part, *, now: datetime) -> None:
    audit.record(
        act="settlement.booked",
        organisation_id=shop_id,
        subject=f"settlement/{shop_id}/{day.isoformat()}",
        details={"judgements": part.judgements, "deducted_fen": part.deducted_fen + part.coupon_fen},
        at_real=clock.real_now(),
        at_business=now,
    )


_HOLD_ONE: Final = """
WITH held AS (
  UPDATE violation SET money = 'HELD' WHERE id = ANY(%s::bigint[]) AND money = 'PENDING' AND state <> 'REVERSED'
  RETURNING id
)
INSERT INTO violation_hold (violation_id, ref, held_at) SELECT id, %s, %s FROM held
ON CONFLICT (violation_id) DO UPDATE SET ref = excluded.ref, held_at = excluded.held_at
"""
_RELEASE: Final = """
WITH gone AS (DELETE FROM violation_hold WHERE ref = %s RETURNING violation_id)
UPDATE violation SET money = 'PENDING' FROM gone WHERE violation.id = gone.violation_id AND violation.money = 'HELD'
"""


def hold_violations(
    connection: psycopg.Connection[Any], violation_ids: Sequence[int], *, ref: str, now: datetime
) -> int:
    """
    Let single violations wait while somebody looks at `ref`, in the caller's transaction; return how many wait now.

    What was settled, reversed or held before stays as it is.
    """
    return connection.execute(_HOLD_ONE, (arrays.integers(sorted(violation_ids)), ref, now)).rowcount


def release(connection: psycopg.Connection[Any], *, ref: str) -> int:
    """Let the violations held for `ref` be settled, in the caller's transaction; return how many were."""
    return connection.execute(_RELEASE, (ref,)).rowcount
