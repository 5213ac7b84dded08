"""
What settling is going to do and what it did, before and after: forecasts by the same rule that books, and settled days.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import connection as django_connection
from django.db.models import Count, Q, Sum

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.judging import settling
from yidao.judging.settlement_models import SettlementDay
from yidao.kit import arrays, micros, paging
from yidao.kit.errors import NotVisible
from yidao.kit.lists.questions import Question
from yidao.ledger import proof
from yidao.rules import settlement
from yidao.rules.penalties import Cause

FORECAST_MAX: Final = 5_000
"""So many waiting judgements of one shop-day are reckoned; behind them everything lies above the cap anyway."""
ROWS_MAX: Final = 100

_WAITING: Final = f"""
{settling.COLUMNS}
  JOIN unnest(%s::bigint[], %s::date[]) AS t(shop_id, day) ON t.shop_id = v.shop_id AND t.day = v.day
 WHERE {settling.WAITS} ORDER BY v.at, v.order_id, v.id LIMIT %s
"""
_SHOP_DAYS: Final = f"""
SELECT v.shop_id, v.day, count(*), count(*) FILTER (WHERE {settling.HELD})
  FROM violation AS v WHERE {settling.WAITS} AND (%s::bigint[] IS NULL OR v.shop_id = ANY(%s::bigint[]))
   AND (NOT %s OR {settling.HELD})
 GROUP BY v.shop_id, v.day ORDER BY v.day DESC, count(*) DESC, v.shop_id LIMIT %s OFFSET %s
"""  # noqa: S608  Only constants are put in.
_COUNT: Final = f"""
SELECT count(*) FROM (SELECT 1 FROM violation AS v
 WHERE {settling.WAITS} AND (%s::bigint[] IS NULL OR v.shop_id = ANY(%s::bigint[])) AND (NOT %s OR {settling.HELD})
 GROUP BY v.shop_id, v.day LIMIT %s) AS found
"""  # noqa: S608  Only constants are put in.
_TOTALS: Final = """
SELECT (SELECT count(*) FROM violation WHERE day = %s AND at >= %s),
       (SELECT count(*) FROM violation WHERE money = 'PENDING' AND state <> 'REVERSED'),
       (SELECT count(*) FROM violation_hold AS h JOIN violation AS v ON v.id = h.violation_id AND v.money = 'HELD')
"""
_CAP: Final = "LATE_SHIPMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    What settling a shop-day is going to book, by the rule that books it: `cap_fen` is the cap of late shipments and
    `used_fen` what the day took of it before. `held` of its judgements wait for somebody to lift a hold.
    """

    shop_id: int
    day: date
    judgements: int
    held: int
    deducted: int
    deducted_fen: int
    coupon_fen: int
    capped: int
    over_order: int
    points_tenths: int
    cap_fen: int | None
    used_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """What a shop-day took."""

    shop_id: int
    day: date
    judgements: int
    deducted: int
    capped: int
    deducted_fen: int
    coupon_fen: int
    points_tenths: int
    debt_fen: int
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The platform at a glance: judged today, waiting, held one by one; and what the last settled day took."""

    judged_today: int
    waiting: int
    held: int
    last_day: date
    last: DayRow
    shops_capped: int


def _check(actor: Actor, shop_id: int | None) -> None:
    """
    Let those through who may look.

    :raises NotVisible: it is not the actor's.
    :raises Forbidden: the role does not allow it.
    """
    is_own = shop_id is not None and shop_id in actor.organisation_ids
    if actor.kind is not ActorKind.OPERATOR and not is_own:
        raise NotVisible
    actor.require(Permission.DEPOSIT_VIEW)


def forecast_of_shop(actor: Actor, shop_id: int) -> tuple[Forecast, ...]:
    """
    Return what is going to be booked for a shop, the newest day first.

    :raises NotVisible, Forbidden: it is not the actor's to see.
    """
    _check(actor, shop_id)
    return _forecasts(_shop_days([shop_id], is_held=False, limit=ROWS_MAX, offset=0))


def settled_days(actor: Actor, shop_id: int) -> tuple[DayRow, ...]:
    """
    Return the settled days of a shop, the newest first.

    :raises NotVisible, Forbidden: they are not the actor's to see.
    """
    _check(actor, shop_id)
    rows = SettlementDay.objects.filter(shop_id=shop_id, judgements__gt=0).order_by("-day")
    return tuple(DayRow(**each) for each in rows.values(*DayRow.__dataclass_fields__)[:ROWS_MAX])


def totals(actor: Actor, *, now: datetime) -> Totals:
    """
    Return the platform at a glance.

    :raises NotVisible, Forbidden: the actor is no operator, or the role does not allow it.
    """
    _check(actor, None)
    today, last = proof.day_of(now), settling.last_day_due(now)
    with django_connection.cursor() as cursor:
        cursor.execute(_TOTALS, [today, now - timedelta(days=2)])
        judged, waiting, held = cursor.fetchone()
    names = ("judgements", "deducted", "capped", "deducted_fen", "coupon_fen", "points_tenths", "debt_fen")
    found = SettlementDay.objects.filter(day=last).aggregate(
        shops_capped=Count("shop_id", filter=Q(capped__gt=0)), **{f"of_{name}": Sum(name) for name in names}
    )
    sums = {name: int(found[f"of_{name}"] or 0) for name in names}
    return Totals(
        judged_today=judged,
        waiting=waiting,
        held=held,
        last_day=last,
        last=DayRow(shop_id=0, day=last, settled_at=None, **sums),
        shops_capped=found["shops_capped"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The shop-days that wait, as the rows of a list; `shops` narrows to some, `is_held` to those that are held."""

    actor: Actor
    shops: Sequence[int] | None
    is_held: bool

    def page(self, question: Question) -> paging.Page[Forecast]:
        """Return one page."""
        offset = _offset(question)
        found = _shop_days(self.shops, is_held=self.is_held, limit=question.size + 1, offset=offset)
        more = str(offset + question.size) if len(found) > question.size else ""
        return paging.Page(rows=_forecasts(found[: question.size]), next_cursor=more)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many there are, at most `limit`."""
        shops = None if self.shops is None else arrays.integers(self.shops)
        with django_connection.cursor() as cursor:
            cursor.execute(_COUNT, [shops, shops, self.is_held, limit])
            return int(cursor.fetchone()[0])


def _offset(question: Question) -> int:
    """Return where a page begins; the cursor of this list is a plain place, which names nobody."""
    if not question.after:
        return question.offset
    if not question.after.isdigit() or len(question.after) > 6:
        raise paging.CursorInvalid
    return int(question.after)


def waiting_source(actor: Actor, *, shops: Iterable[int] | None, is_held: bool) -> Source:
    """
    Return the shop-days with judgements to settle, the newest day first.

    :raises NotVisible, Forbidden: the actor is no operator, or the role does not allow it.
    """
    _check(actor, None)
    return Source(actor=actor, shops=None if shops is None else sorted(set(shops)), is_held=is_held)


def _shop_days(
    shops: Sequence[int] | None, *, is_held: bool, limit: int, offset: int
) -> list[tuple[int, date, int, int]]:
    wanted = None if shops is None else arrays.integers(shops)
    with django_connection.cursor() as cursor:
        cursor.execute(_SHOP_DAYS, [wanted, wanted, is_held, limit, offset])
        return list(cursor.fetchall())


def _forecasts(shop_days: Sequence[tuple[int, date, int, int]]) -> tuple[Forecast, ...]:
    """Ask the rule about each shop-day, with what its day and week took before."""
    if not shop_days:
        return ()
    django_connection.ensure_connection()
    raw: psycopg.Connection[Any] = django_connection.connection
    keys = [(shop_id, day) for shop_id, day, _, _ in shop_days]
    told = micros.rows(
        raw,
        _WAITING,
        (arrays.integers(shop_id for shop_id, _ in keys), [day for _, day in keys], FORECAST_MAX * len(keys)),
    )
    waiting = [settling.waiting(each) for each in told]
    rows: dict[tuple[int, date], list[settlement.Row]] = defaultdict(list)
    for each, row in zip(waiting, settling.priced(raw, waiting), strict=True):
        rows[each.shop_id, each.day].append(row)
    before = settling.spent(raw, keys, [each.order_id for each in waiting])
    found = []
    for shop_id, day, judgements, held in shop_days:
        priced = rows[shop_id, day]
        outcomes = settlement.settle(priced, before[shop_id, day])
        caps = [each.terms.day_cap_fen for each in priced if each.kind == _CAP and each.terms.day_cap_fen]
        found.append(
            Forecast(
                shop_id=shop_id,
                day=day,
                judgements=judgements,
                held=held,
                deducted=sum(each.deduction_fen > 0 or each.coupon_fen > 0 for each in outcomes),
                deducted_fen=sum(each.deduction_fen for each in outcomes),
                coupon_fen=sum(each.coupon_fen for each in outcomes),
                capped=sum(each.cause is Cause.CAP for each in outcomes),
                over_order=sum(each.cause is Cause.ORDER_MAX for each in outcomes),
                points_tenths=sum(each.points_tenths for each in outcomes),
                cap_fen=max(caps, default=None),
                used_fen=before[shop_id, day].day_fen.get(_CAP, 0),
            )
        )
    return tuple(found)
