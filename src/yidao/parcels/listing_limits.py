"""Which limit of a listed parcel runs out next: derived afresh from its facts, so that the bar is right this minute."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from yidao.parcels import lives
from yidao.parcels.detail import RunningRow
from yidao.parcels.listing_rows import Key, Row, fetch
from yidao.parcels.listing_sql import Values
from yidao.policies import queries as policies
from yidao.rules import anomalies, parcel, routes
from yidao.rules.anomalies import Hold, HoldKind, Plan
from yidao.rules.instants import Instant, instant, to_datetime

_OUTAGES = """
SELECT carrier, since, until, released_at FROM carrier_outage
WHERE carrier = ANY(%(carriers)s) AND noticed_at <= %(now)s
"""


def soonest(rows: Sequence[Row], *, now: datetime) -> Mapping[Key, RunningRow]:
    """Return the limit that runs out next of each row that has one, for rows that carry their facts; one statement."""
    known = [row for row in rows if row.facts]
    if not known:
        return {}
    outages = _outages(sorted({row.carrier for row in known}), now)
    found = {row.key: _next(row, outages.get(row.carrier, ()), now) for row in known}
    return {key: running for key, running in found.items() if running is not None}


def _next(row: Row, outages: tuple[Hold, ...], now: datetime) -> RunningRow | None:
    milestones, holds, policy, paid_at, sender, receiver = row.facts
    plan = Plan(
        shipped_at=instant(row.shipped_at),
        paid_at=instant(paid_at) if paid_at is not None else Instant(0),
        sender_city=routes.city_of(sender) if sender else routes.UNKNOWN_CITY,
        receiver_city=routes.city_of(receiver) if receiver else routes.UNKNOWN_CITY,
    )
    kept = tuple(hold for hold in lives.unpack_holds(bytes(holds)) if hold.since <= instant(now))
    running = anomalies.time_left(
        parcel.unpack(bytes(milestones)), plan, (*kept, *outages), policies.policy(policy), instant(now)
    )
    if not running:
        return None
    first = running[0]
    return RunningRow(
        type=first.type.name,
        severity=first.severity.name,
        started_at=to_datetime(first.starts_at),
        deadline=to_datetime(first.deadline),
    )


def _outages(carriers: Sequence[str], now: datetime) -> Mapping[str, tuple[Hold, ...]]:
    found: dict[str, tuple[Hold, ...]] = {}
    for carrier, since, until, released_at in fetch(_OUTAGES, Values({"carriers": list(carriers), "now": now})):
        is_over = until is not None and released_at is not None and released_at <= now
        hold = Hold(kind=HoldKind.OUTAGE, since=instant(since), until=instant(until) if is_over else Instant(0))
        found[carrier] = (*found.get(carrier, ()), hold)
    return found
