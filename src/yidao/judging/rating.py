"""
The indicator 发货超时率 of a shop. Orders that fell due are counted once, the day after; what was judged late is
counted when somebody asks, so that a reversal shows at once.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Max

from yidao.accounts.actors import SYSTEM, Actor, ActorKind
from yidao.accounts.models import Organisation
from yidao.judging.case_models import ShopDueDay
from yidao.judging.models import Kind, Violation
from yidao.kit import arrays, db, micros
from yidao.kit.errors import NotVisible
from yidao.kit.sweeps import BUCKETS
from yidao.orders import raw
from yidao.policies import books, families
from yidao.rules import rating
from yidao.rules.instants import DAY, MINUTE, Instant, instant, to_datetime
from yidao.rules.rating import Policy, Rate

SHOPS_AT_ONCE: Final = 100
EPOCH: Final = date(1970, 1, 1)

_MISSING: Final = """
SELECT o.id FROM organisation AS o
 WHERE o.kind = %s AND mod(o.id, %s) = %s
   AND NOT EXISTS (SELECT 1 FROM shop_due_day AS d WHERE d.shop_id = o.id AND d.day = %s::date)
 ORDER BY o.id LIMIT %s
"""
_COUNT: Final = """
INSERT INTO shop_due_day (shop_id, day, due, counted_at)
SELECT shop_id, DATE '1970-01-01' + day, sum(due), %(now)s FROM (
  SELECT shop_id, %(last)s::integer AS day, 0 AS due FROM unnest(%(shops)s::bigint[]) AS s(shop_id)
  UNION ALL
  SELECT shop_id, day, count(*) FROM (
    SELECT h.shop_id, h.id,
           ((extract(epoch FROM min(l.ship_by_at))::bigint + %(offset)s) / 86400)::integer AS day
      FROM order_head AS h JOIN order_line AS l ON l.order_id = h.id
     WHERE h.shop_id = ANY(%(shops)s::bigint[]) AND h.paid_at >= %(paid_since)s AND h.paid_at < %(until)s
       AND l.ship_by_at >= %(since)s AND l.ship_by_at < %(until)s
       AND (l.refunded_quantity < l.quantity
            OR EXISTS (SELECT 1 FROM violation AS v WHERE v.order_id = h.id AND v.state <> 'REVERSED'))
     GROUP BY h.shop_id, h.id) AS fallen
  GROUP BY shop_id, day) AS counted
GROUP BY shop_id, day
ON CONFLICT (shop_id, day) DO NOTHING
"""


def policy_at(now: datetime) -> Policy:
    """Return the numbers that hold for figures asked for now."""
    return books.shelf(raw.plain()).of(families.RATING).choose(instant(now), None, "")


def late_rate(*, actor: Actor, shop_id: int, now: datetime) -> Rate:
    """
    Return which share of a shop's orders that fell due in the window was judged late; reversed ones are not late.

    :raises NotVisible: the shop is not the actor's.
    """
    if actor.kind is not ActorKind.OPERATOR and shop_id not in actor.organisation_ids:
        raise NotVisible
    policy = policy_at(now)
    since, until = rating.window(instant(now), policy)
    first, last = _day(since, policy), _day(until, policy)
    days = ShopDueDay.objects.filter(shop_id=shop_id, day__gte=_date(first), day__lt=_date(last))
    late = Violation.objects.filter(
        shop_id=shop_id, kind=Kind.LATE_SHIPMENT, ordinal=1, at__gte=to_datetime(since), at__lt=to_datetime(until)
    ).exclude(state=Violation.State.REVERSED)
    orders = late.values("order_id").distinct().count()
    return rating.rate(late=orders, due=sum(days.values_list("due", flat=True)))


def uncounted(bucket: int, *, now: datetime) -> list[int]:
    """Return some of a bucket's shops whose orders of yesterday were not counted yet."""
    policy = policy_at(now)
    last = _day(rating.window(instant(now), policy)[1], policy) - 1
    facts = (Organisation.Kind.SHOP.value, BUCKETS, bucket, _date(last), SHOPS_AT_ONCE)
    return [shop_id for (shop_id,) in micros.rows(raw.plain(), _MISSING, facts)]


def count(shops: Sequence[int], *, now: datetime) -> None:
    """Count the orders of these shops that fell due on the days that are over; what was counted stays."""
    policy = policy_at(now)
    since, until = rating.window(instant(now), policy)
    counted = ShopDueDay.objects.filter(shop_id__in=shops).values("shop_id").annotate(last=Max("day"))
    days = [each["last"] for each in counted]
    if len(days) == len(shops):
        # Days that every one of these shops has are not counted again.
        since = max(since, _starts_at(min(days) + timedelta(days=1), policy))
    last = _day(until, policy) - 1
    with db.transaction(SYSTEM):
        micros.run(raw.plain(), _COUNT, _counting(shops, last, since, until, policy, now=now))


def _counting(
    shops: Sequence[int], last: int, since: Instant, until: Instant, policy: Policy, *, now: datetime
) -> dict[str, Any]:
    return {
        "shops": arrays.integers(shops),
        "last": last,
        "offset": policy.zone_offset_minutes * 60,
        "since": to_datetime(since),
        "until": to_datetime(until),
        "paid_since": to_datetime(since) - timedelta(days=_longest_wait()),
        "now": now,
    }


def _longest_wait() -> int:
    """
    Return how many days after its payment an order may fall due at the latest, by all versions that were published:
    what is not shipped when it is to be closed is paid back, however late its D was made.
    """
    shelf = books.shelf(raw.plain())
    promises = [each.policy for each in shelf.of(families.PROMISE).versions]
    lives = [each.policy for each in shelf.of(families.ORDER_LIFE).versions]
    return max(
        *(max(each.campaign_days_max, each.appointment_days_max, each.presale_days_max) for each in promises),
        *(each.close_days for each in lives),
    )


def _day(at: Instant, policy: Policy) -> int:
    """Return the day of the policy's zone that holds an instant, as days since 1970-01-01."""
    return (at + policy.zone_offset_minutes * MINUTE) // DAY


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)


def _starts_at(day: date, policy: Policy) -> Instant:
    return Instant((day - EPOCH).days * DAY - policy.zone_offset_minutes * MINUTE)
