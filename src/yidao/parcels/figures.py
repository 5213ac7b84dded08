"""
The health of the installation for the operator: what arrives and how late, what was kept aside, how far behind the
sweeps are, and which carriers are silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.errors import NotVisible
from yidao.parcels import lives, quarantine, sweeps
from yidao.rules.instants import to_datetime

HOURS: Final = 24
COUNT_MAX: Final = 10_000
FAULTS_MAX: Final = 20
OUTAGES_MAX: Final = 10
CELLS_MAX: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    What one source sent for one carrier. `by_hour` holds the accepted items of the last 24 hours, the oldest first;
    lags are from event to receipt, None when nothing was accepted.
    """

    source: str
    carrier: str
    by_hour: tuple[int, ...]
    accepted: int
    duplicate: int
    rejected: int
    quarantined: int
    accepted_last_hour: int
    lag: timedelta | None
    lag_last_hour: timedelta | None
    lag_max: timedelta
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFault:
    """A parcel whose rule raised; it was postponed and waits for a change of code."""

    waybill_no: str
    carrier: str
    life: int
    fault: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A stretch in which a carrier sent nothing though it should have; it lasts while `until` is None."""

    carrier: str
    since: datetime
    until: datetime | None
    noticed_at: datetime
    released_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything the operator's overview shows; `by_hour` adds up all flows."""

    flows: tuple[Flow, ...]
    by_hour: tuple[int, ...]
    accepted_last_hour: int
    lag_last_hour: timedelta | None
    quarantine: tuple[quarantine.ReasonCount, ...]
    sweep_lag: timedelta
    due: int
    sweep_faults: tuple[SweepFault, ...]
    outages: tuple[Outage, ...]

    @property
    def silent(self) -> tuple[Outage, ...]:
        """Return the outages that last."""
        return tuple(outage for outage in self.outages if outage.until is None)


_FLOWS = """
SELECT source, carrier, hours_ago, sum(accepted), sum(duplicate), sum(rejected), sum(quarantined), sum(lag_seconds_sum),
       max(lag_seconds_max), max(minute)
FROM (
    SELECT *, floor(extract(epoch FROM %(until)s - minute) / 3600)::integer AS hours_ago
    FROM intake_minute WHERE minute > %(since)s AND minute <= %(until)s
) AS told
GROUP BY source, carrier, hours_ago
ORDER BY source, carrier, hours_ago
LIMIT %(limit)s
"""
_DUE = """
SELECT count(*) FROM (
    SELECT 1 FROM parcel WHERE bucket = ANY(%(buckets)s) AND due_at <= %(now)s LIMIT %(limit)s
) AS due
"""
_FAULTS = """
SELECT waybill_no, carrier, life, fault, recorded_at FROM parcel_sweep_fault ORDER BY recorded_at DESC LIMIT %(limit)s
"""
_OUTAGES = """
SELECT carrier, since, until, noticed_at, released_at FROM carrier_outage
ORDER BY until IS NULL DESC, since DESC LIMIT %(limit)s
"""


def health(*, actor: Actor, now: datetime) -> Health:
    """
    Return the state of the installation at the business instant `now`.

    :raises NotVisible: the actor is no operator.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    flows = _flows(_rows(_FLOWS, since=now - timedelta(hours=HOURS), until=now, limit=CELLS_MAX))
    accepted = sum(flow.accepted_last_hour for flow in flows)
    late = [flow.lag_last_hour * flow.accepted_last_hour for flow in flows if flow.lag_last_hour is not None]
    buckets = list(range(lives.BUCKETS))
    return Health(
        flows=flows,
        by_hour=tuple(sum(each) for each in zip(*(flow.by_hour for flow in flows), strict=True)) or (0,) * HOURS,
        accepted_last_hour=accepted,
        lag_last_hour=sum(late, timedelta()) / accepted if accepted else None,
        quarantine=quarantine.reasons(actor=actor),
        sweep_lag=_sweep_lag(now),
        due=_rows(_DUE, buckets=buckets, now=now, limit=COUNT_MAX + 1)[0][0],
        sweep_faults=tuple(
            SweepFault(waybill_no=row[0], carrier=row[1], life=row[2], fault=row[3], recorded_at=row[4])
            for row in _rows(_FAULTS, limit=FAULTS_MAX)
        ),
        outages=tuple(
            Outage(carrier=row[0], since=row[1], until=row[2], noticed_at=row[3], released_at=row[4])
            for row in _rows(_OUTAGES, limit=OUTAGES_MAX)
        ),
    )


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as database:
        database.execute(statement, parameters)
        found: list[tuple[Any, ...]] = database.fetchall()
    return found


def _sweep_lag(now: datetime) -> timedelta:
    """Return how long the earliest due parcel has been waiting; nothing when none is due yet."""
    connection.ensure_connection()
    assert connection.connection is not None
    oldest = sweeps.oldest_due(connection.connection)
    return max(timedelta(), now - to_datetime(oldest)) if oldest is not None else timedelta()


def _flows(cells: Sequence[tuple[Any, ...]]) -> tuple[Flow, ...]:
    """Fold the cells (source, carrier, hours ago, figures...) of each source and carrier into one flow."""
    grouped: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for source, carrier, *figures in cells:
        grouped.setdefault((source, carrier), []).append(tuple(figures))
    return tuple(_flow(source, carrier, rows) for (source, carrier), rows in grouped.items())


def _flow(source: str, carrier: str, rows: Sequence[tuple[Any, ...]]) -> Flow:
    by_hour = [0] * HOURS
    for row in rows:
        by_hour[HOURS - 1 - min(HOURS - 1, row[0])] += int(row[1])
    accepted = sum(by_hour)
    last_hour = [row for row in rows if row[0] == 0]
    return Flow(
        source=source,
        carrier=carrier,
        by_hour=tuple(by_hour),
        accepted=accepted,
        duplicate=sum(int(row[2]) for row in rows),
        rejected=sum(int(row[3]) for row in rows),
        quarantined=sum(int(row[4]) for row in rows),
        accepted_last_hour=by_hour[-1],
        lag=_mean(sum(int(row[5]) for row in rows), accepted),
        lag_last_hour=_mean(sum(int(row[5]) for row in last_hour), by_hour[-1]),
        lag_max=timedelta(seconds=max(int(row[6]) for row in rows)),
        last_at=max(row[7] for row in rows),
    )


def _mean(seconds: int, count: int) -> timedelta | None:
    return timedelta(seconds=seconds // count) if count else None
