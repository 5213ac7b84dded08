"""Warns shops before D: one notice for a shop and round with how many orders are at which step, never one per order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import psycopg
from django.utils.translation import gettext, gettext_noop, ngettext

from yidao.accounts.actors import SYSTEM
from yidao.kit import arrays, db, micros, sweeps
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import raw, settings
from yidao.orders.settings import Settings
from yidao.rules import warning
from yidao.rules.instants import NEVER, Instant, instant, to_datetime
from yidao.rules.warning import Facts, Step, Unit, Warned

BATCH_SIZE: Final = 5_000
COUNT: Final = "count"
ADDRESS: Final = "orders/?tab=to_ship"
MINUTES_PER_HOUR: Final = 60

_A_SHOP: Final = """
SELECT shop_id FROM order_head
 WHERE bucket = ANY(%(buckets)s::smallint[]) AND warn_due_at <= %(now)s AND shop_id %% %(all)s = %(bucket)s LIMIT 1
"""
_DUE: Final = """
SELECT id, paid_at, ship_by_at, warned_count FROM order_head
 WHERE shop_id = %(shop)s AND bucket = ANY(%(buckets)s::smallint[]) AND warn_due_at <= %(now)s
 ORDER BY id LIMIT %(limit)s FOR UPDATE
"""
_PUT: Final = """
UPDATE order_head AS head
   SET warned_count = new.warned_count,
       warn_due_at = to_timestamp(0) + new.due_us * interval '1 microsecond'
  FROM unnest(%(id)s::bigint[], %(count)s::smallint[], %(due)s::bigint[]) AS new (id, warned_count, due_us)
 WHERE head.id = new.id
"""
_BUCKETS: Final = arrays.integers(range(sweeps.BUCKETS))


def step_words(step: Step) -> str:
    """Return a step in the reader's language."""
    if step.unit is Unit.PERCENT:
        return gettext("%(percent)s%% of the time over") % {"percent": step.value}
    hours, minutes = divmod(step.value, MINUTES_PER_HOUR)
    if minutes:
        return ngettext("%(count)d minute left", "%(count)d minutes left", step.value) % {"count": step.value}
    return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}


def _words(params: Mapping[str, Any]) -> Mapping[str, str]:
    told = [(step, count) for name, count in params.items() if (step := warning.parse(name)) is not None]
    # The least time left first; percentages, of which nobody knows the hours, after them.
    told.sort(key=lambda each: (each[0].unit is Unit.PERCENT, each[0].value))
    words = [gettext("%(step)s: %(count)s") % {"step": step_words(step), "count": count} for step, count in told]
    return {"steps": gettext("; ").join(words)}


DUE: Final = kinds.Kind(
    name="warning.due",
    title=gettext_noop("Orders must be shipped soon"),
    text=gettext_noop("%(count)s orders still wait to be shipped (%(steps)s)."),
    is_urgent=True,
    words=_words,
)
kinds.register(DUE)


def step(bucket: int, now: datetime) -> int:
    """
    Warn one shop of the bucket of those orders whose warnings are due, and return how many orders that were.

    Shops stand in buckets by their own id, whatever the buckets of their orders: one worker tells all of a shop.
    """
    with db.transaction(SYSTEM):
        connection = raw.plain()
        asked = {"buckets": _BUCKETS, "all": sweeps.BUCKETS, "bucket": bucket, "now": now}
        found = micros.rows(connection, _A_SHOP, asked)
        return _warn(connection, found[0][0], now=now) if found else 0


def _warn(connection: psycopg.Connection[Any], shop_id: int, *, now: datetime) -> int:
    chosen = settings.of(connection, [shop_id], now=now)[shop_id]
    asked = {"shop": shop_id, "buckets": _BUCKETS, "now": now, "limit": BATCH_SIZE}
    rows = micros.rows(connection, _DUE, asked)
    at = instant(now)
    verdicts = [_warned(row, chosen, at) for row in rows]
    _put(connection, [row[0] for row in rows], verdicts)
    steps = Counter(each.step for each in verdicts if each.step is not None)
    if steps:
        began = to_datetime(warning.round_starts_at(at, chosen.policy))
        notices.tell_round(
            organisation_id=shop_id,
            kind=DUE.name,
            key=f"{DUE.name}/{began:%Y-%m-%dT%H:%M}",
            counts={COUNT: steps.total(), **{str(each): count for each, count in steps.items()}},
            params={},
            address=ADDRESS,
            now=now,
        )
    return len(rows)


def _warned(row: Sequence[Any], chosen: Settings, now: Instant) -> Warned:
    _, paid_at, ship_by_at, warned_count = row
    facts = Facts(
        promised_at=Instant(paid_at or NEVER),
        ship_by_at=Instant(ship_by_at or NEVER),
        old_ship_by_at=Instant(ship_by_at or NEVER),
        warned_count=warned_count,
        since=chosen.warn_since,
    )
    return warning.warned(facts, chosen.warn_steps, chosen.policy, now)


def _put(connection: psycopg.Connection[Any], order_ids: Sequence[int], verdicts: Sequence[Warned]) -> None:
    micros.run(
        connection,
        _PUT,
        {
            "id": arrays.integers(order_ids),
            "count": arrays.integers([each.standing.warned_count for each in verdicts]),
            "due": arrays.integers_or_null([each.standing.due_at for each in verdicts]),
        },
    )


CONCERN: Final = sweeps.Concern(name="warning", step=step)
