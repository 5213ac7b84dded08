"""
Fills the figures by day, the carriers' stages and the map of anomalies from the parcels themselves. Each piece is read
in one statement and written in another; computing it twice writes the same, and a worker that dies loses one piece.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import connection

from yidao.carriers import catalogue
from yidao.kit import clock
from yidao.kit.sql import named_statements
from yidao.parcels import queries, scope
from yidao.parcels.models import DayFigure, FigureRun
from yidao.rules import figures, instants, parcel
from yidao.rules.figures import Stage, Tally
from yidao.rules.instants import instant

STATEMENTS: Final[Mapping[str, str]] = named_statements(Path(__file__).with_name("daily.sql"))
DAYS_AT_ONCE: Final = 30
"""Days one run renews at most, so that it ends and others have their turn; the next run goes on."""
STAGES, OPEN = "stages", "open"
Scope = DayFigure.Scope
_SHANGHAI: Final = timedelta(minutes=instants.SHANGHAI_OFFSET_MINUTES)
_ENDED: Final = frozenset(each.value for each in figures.ENDED)
_PLACE: Final = {each.value: place for place, each in enumerate(parcel.STATUSES)}
_COLUMNS: Final = ("parcels", "ended", "signed", "punctual", "anomalous", "picked", "pickup_seconds")


def day_of(at: datetime) -> date:
    """Return the Shanghai day of an instant."""
    return (at.astimezone(UTC) + _SHANGHAI).date()


def begin_of(day: date) -> datetime:
    """Return the first instant of a Shanghai day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - _SHANGHAI


def run_name(day: date) -> str:
    """Return the name under which a day's computation is noted."""
    return f"day/{day:%Y-%m-%d}"


def refresh(*, now: datetime, limit: int = DAYS_AT_ONCE) -> int:
    """
    Compute everything that is stale at the business instant `now`, the newest days first; return how many pieces.

    Two at once do the same work twice and write the same.
    """
    done = 0
    computed = dict(FigureRun.objects.values_list("name", "computed_at"))
    today = day_of(now)
    stale = [
        day
        for age in range(figures.DAYS_KEPT)
        for day in (today - timedelta(days=age),)
        if _is_stale(computed.get(run_name(day)), age_days=age, now=now)
    ]
    for day in stale[:limit]:
        compute_day(day, now=now)
        done += 1
    if _is_stale(computed.get(OPEN), age_days=0, now=now):
        compute_open(now=now)
        done += 1
    if _is_stale(computed.get(STAGES), age_days=figures.FRESH_DAYS, now=now):
        compute_stages(now=now)
        done += 1
    _forget(today)
    return done


def _is_stale(computed_at: datetime | None, *, age_days: int, now: datetime) -> bool:
    if computed_at is None:
        return True
    return figures.is_stale(
        age_days=age_days,
        computed_at=instant(computed_at),
        now=instant(now),
        is_new_day=day_of(computed_at) != day_of(now),
    )


def _forget(today: date) -> None:
    """Drop the days that no figure reaches any more, and those a clock that was set back has not reached yet."""
    oldest = today - timedelta(days=figures.DAYS_KEPT - 1)
    parameters: dict[str, Any] = {
        "oldest": oldest,
        "today": today,
        "oldest_name": run_name(oldest),
        "today_name": run_name(today),
    }
    with connection.cursor() as database:
        database.execute(STATEMENTS["forget"], parameters)


def compute_day(day: date, *, now: datetime) -> None:
    """Compute the figures of the parcels shipped on one Shanghai day anew."""
    stopwatch = clock.stopwatch()
    parameters: dict[str, Any] = {
        "carriers": sorted(catalogue.CODES),
        "since": begin_of(day),
        "until": begin_of(day + timedelta(days=1)),
        "data_start": scope.data_start(now),
        "uncounted_types": [each.name for each in figures.UNCOUNTED_TYPES],
        "uncounted_closings": [each.name for each in figures.UNCOUNTED_CLOSINGS],
        "timeouts": [each.name for each in figures.TIMEOUTS],
        "edges": list(figures.PICKUP_EDGES),
    }
    with connection.cursor() as database:
        database.execute(STATEMENTS["day_cells"], parameters)
        told = fold(database.fetchall())
        columns: dict[str, Any] = {
            "scope": [key[0] for key in told],
            "tenant": [key[1] for key in told],
            "part": [key[2] for key in told],
            "pickup_steps": [_array(tally.pickup_steps) for tally, _ in told.values()],
            "statuses": [_array(statuses) for _, statuses in told.values()],
        } | {name: [getattr(tally, name) for tally, _ in told.values()] for name in _COLUMNS}
        run = _run(run_name(day), stopwatch, now)
        database.execute(STATEMENTS["put_day"], {"day": day, **columns, **run})


def fold(cells: Iterable[Sequence[Any]]) -> dict[tuple[str, str, int], tuple[Tally, list[int]]]:
    """
    Return tally and counts by status for each (scope, tenant, part).

    A cell is (scope, tenant, part, status, step, parcels, late, anomalous, seconds); a creator's are by shop and add up
    to his own.
    """
    found: dict[tuple[str, str, int], list[Any]] = {}
    for where, tenant, part, status, step, *numbers in cells:
        keys = [(where, tenant, part)]
        if where == Scope.CREATOR.value:
            keys = [(Scope.CREATOR.value, tenant, 0), (Scope.CREATOR_SHOP.value, tenant, part)]
        for key in keys:
            _add(found.setdefault(key, _nothing()), status, step, *map(int, numbers))
    return {
        key: (Tally(**dict(zip(_COLUMNS, numbers, strict=True)), pickup_steps=tuple(steps)), statuses)
        for key, (*numbers, steps, statuses) in found.items()
    }


def _nothing() -> list[Any]:
    return [*(0 for _ in _COLUMNS), [0] * figures.STEPS, [0] * len(parcel.STATUSES)]


def _add(into: list[Any], status: str, step: int | None, parcels: int, late: int, anomalous: int, seconds: int) -> None:
    is_ended = status in _ENDED
    added = (
        parcels,
        parcels if is_ended else 0,
        parcels if status == parcel.Status.SIGNED.value else 0,
        parcels - late if is_ended else 0,
        anomalous,
        0 if step is None else parcels,
        seconds,
    )
    for place, number in enumerate(added):
        into[place] += number
    if step is not None:
        into[-2][step] += parcels
    into[-1][_PLACE[status]] += parcels


def compute_open(*, now: datetime) -> None:
    """Count anew, by carrier, receiver's province and type, the parcels that have an anomaly in progress."""
    stopwatch = clock.stopwatch()
    counted: dict[tuple[str, str, str], int] = {}
    with connection.cursor() as database:
        database.execute(STATEMENTS["open_cells"], {"carriers": sorted(catalogue.CODES)})
        for carrier, province, mask, count in database.fetchall():
            for type_ in ("", *queries.type_names(mask)):
                key = (carrier, province, type_)
                counted[key] = counted.get(key, 0) + count
        columns: dict[str, Any] = {
            "carrier": [key[0] for key in counted],
            "province": [key[1] for key in counted],
            "type": [key[2] for key in counted],
            "parcels": list(counted.values()),
        }
        database.execute(STATEMENTS["put_open"], columns | _run(OPEN, stopwatch, now))


def compute_stages(*, now: datetime) -> None:
    """Compute anew how long the newest signed parcels of each carrier spent in each stage."""
    stopwatch = clock.stopwatch()
    columns: dict[str, list[Any]] = {
        name: [] for name in ("carrier", "stage", "sample", "median_seconds", "p90_seconds")
    }
    with connection.cursor() as database:
        for carrier in sorted(catalogue.CODES):
            parameters: dict[str, Any] = {
                "carrier": carrier,
                "settled": now - timedelta(days=figures.SETTLED_DAYS),
                "since": now - timedelta(days=figures.DAYS_KEPT),
                "limit": figures.STAGE_SAMPLE,
            }
            database.execute(STATEMENTS["passages"], parameters)
            passages = [
                figures.passage(parcel.unpack(bytes(stored)), instant(shipped_at))
                for stored, shipped_at in database.fetchall()
            ]
            for stage, values in zip(Stage, zip(*passages, strict=True), strict=False):
                known = [value for value in values if value is not None]
                columns["carrier"].append(carrier)
                columns["stage"].append(stage.value)
                columns["sample"].append(len(known))
                columns["median_seconds"].append(figures.nearest_rank(known, 50))
                columns["p90_seconds"].append(figures.nearest_rank(known, 90))
        database.execute(STATEMENTS["put_stages"], columns | _run(STAGES, stopwatch, now))


def _run(name: str, began: float, now: datetime) -> dict[str, Any]:
    return {"name": name, "now": now, "took_ms": int((clock.stopwatch() - began) * 1000)}


def _array(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def oldest_run(*, now: datetime) -> timedelta | None:
    """Return how far the figures of the last days lag behind `now`; None when none were computed yet."""
    names = [run_name(day_of(now) - timedelta(days=age)) for age in range(figures.FRESH_DAYS)]
    computed = list(FigureRun.objects.filter(name__in=names).values_list("computed_at", flat=True))
    if len(computed) < len(names):
        return None
    return max(timedelta(), now - min(computed))
