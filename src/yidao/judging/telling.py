"""
Tells shops of their violations, one notice for each shop and round, and lets what nobody appealed against stand. The
days of an appeal count from the notice, so a shop that hears late has no less time.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_noop

from yidao.accounts.actors import SYSTEM
from yidao.judging import naming
from yidao.judging.models import Violation
from yidao.kit import db, news
from yidao.kit.sweeps import BUCKETS, Concern
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import raw, settings
from yidao.policies import books, families
from yidao.rules import appeals, warning
from yidao.rules.instants import instant, to_datetime

BATCH_SIZE: Final = 2_000
SHOPS_AT_ONCE: Final = 500

FOUND: Final = kinds.Kind(
    name="violation.found",
    title=gettext_noop("Violations were found"),
    text=gettext_noop("%(count)s new: %(kinds)s. Each says what follows and until when you can appeal."),
    is_urgent=True,
    words=naming.counted,
)
kinds.register(FOUND)

_SHOPS: Final = """
WITH RECURSIVE waiting AS (
  (SELECT shop_id, at FROM violation WHERE notified_at IS NULL ORDER BY shop_id, at LIMIT 1)
  UNION ALL
  SELECT following.shop_id, following.at
    FROM waiting, LATERAL (SELECT v.shop_id, v.at FROM violation AS v
                            WHERE v.notified_at IS NULL AND v.shop_id > waiting.shop_id
                            ORDER BY v.shop_id, v.at LIMIT 1) AS following
)
SELECT shop_id FROM waiting WHERE at < %s AND mod(shop_id, %s) = %s ORDER BY shop_id LIMIT %s
"""
_TELL: Final = """
WITH due AS MATERIALIZED (
  SELECT id FROM violation WHERE shop_id = %(shop)s AND notified_at IS NULL AND at < %(before)s
   ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE violation AS v SET notified_at = %(now)s, appeal_until = %(until)s FROM due WHERE v.id = due.id
RETURNING v.kind, v.state
"""
_UPHOLD: Final = """
WITH due AS MATERIALIZED (
  SELECT id FROM violation
   WHERE state = 'OPEN' AND appeal_until <= %(now)s AND mod(shop_id, %(buckets)s) = %(bucket)s
   ORDER BY appeal_until, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE violation AS v SET state = 'UPHELD' FROM due WHERE v.id = due.id
RETURNING v.shop_id
"""


def step(bucket: int, now: datetime) -> int:
    """Tell one bucket's shops what came up before their present round, and uphold what was not appealed against."""
    told = sum(_tell(shop_id, hours, now=now) for shop_id, hours in _rounds(_waiting(bucket, now), now=now))
    return told + _uphold(bucket, now=now)


CONCERN: Final = Concern(name="notices", step=step)


def _waiting(bucket: int, now: datetime) -> list[int]:
    """Return the shops with something of an earlier hour; each costs one look into the index, however much waits."""
    hour = to_datetime(warning.notice_round_starts_at(instant(now), 1))
    with connection.cursor() as cursor:
        cursor.execute(_SHOPS, (hour, BUCKETS, bucket, SHOPS_AT_ONCE))
        return [shop_id for (shop_id,) in cursor.fetchall()]


def _rounds(shop_ids: Sequence[int], *, now: datetime) -> list[tuple[int, int]]:
    if not shop_ids:
        return []
    chosen = settings.of(raw.plain(), shop_ids, now=now)
    return [(shop_id, chosen[shop_id].notice_round_hours) for shop_id in shop_ids]


def _tell(shop_id: int, round_hours: int, *, now: datetime) -> int:
    """Tell one shop in transactions of a batch each, and return how many violations it was told of."""
    before = to_datetime(warning.notice_round_starts_at(instant(now), round_hours))
    policy = books.shelf(raw.plain()).of(families.APPEAL).choose(instant(now), shop_id, "")
    facts: dict[str, Any] = {
        "shop": shop_id,
        "before": before,
        "now": now,
        "until": to_datetime(appeals.appeal_until(instant(now), policy)),
        "limit": BATCH_SIZE,
    }
    told = 0
    while True:
        with db.transaction(SYSTEM), connection.cursor() as cursor:
            cursor.execute(_TELL, facts)
            found = cursor.fetchall()
            standing = Counter(kind for kind, state in found if state != Violation.State.REVERSED)
            if standing:
                notices.tell_round(
                    organisation_id=shop_id,
                    kind=FOUND.name,
                    key=f"violations/{before:%Y%m%d%H%M}",
                    counts={"count": standing.total(), **standing},
                    params={},
                    address="violations/",
                    now=now,
                )
        told += len(found)
        if len(found) < BATCH_SIZE:
            return told


def _uphold(bucket: int, *, now: datetime) -> int:
    """Let violations stand whose days of appeal are over."""
    with db.transaction(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_UPHOLD, {"buckets": BUCKETS, "bucket": bucket, "now": now, "limit": BATCH_SIZE})
        upheld = cursor.fetchall()
        news.tell({shop_id for (shop_id,) in upheld})
    return len(upheld)
