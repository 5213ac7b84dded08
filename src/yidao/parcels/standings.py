"""
Reads of the statistics for home pages and rankings: what the days add up to, what is in progress right now, and as of
when each of them was computed. Every read takes an actor and tells of that actor's parcels alone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.carriers import catalogue
from yidao.kit.errors import NotVisible
from yidao.parcels import access, daily, queries, scope
from yidao.parcels.models import CarrierStage, DayFigure, FigureRun, OpenAnomaly
from yidao.rules import figures, parcel
from yidao.rules.figures import EMPTY, Tally
from yidao.rules.parcel import Status

Scope = DayFigure.Scope
LIVE_MAX: Final = 10_000
"""Up to so many parcels are counted at once; who has more is told the figures of the days."""
SHOPS_MAX: Final = 500
"""Shops of a ranking, those with the most parcels."""
_NUMBERS: Final = ("parcels", "ended", "signed", "punctual", "anomalous", "picked", "pickup_seconds")
_SUMS: Final = ", ".join(
    (
        *(f"coalesce(sum({name}), 0)" for name in _NUMBERS),
        "ARRAY[" + ", ".join(f"coalesce(sum(pickup_steps[{step + 1}]), 0)" for step in range(figures.STEPS)) + "]",
        "ARRAY[" + ", ".join(f"coalesce(sum(statuses[{place + 1}]), 0)" for place in range(len(parcel.STATUSES))) + "]",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The last so many Shanghai days, today among them."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Return every day, the oldest first."""
        return tuple(self.first + timedelta(days=each) for each in range((self.last - self.first).days + 1))


def span(days: int, *, now: datetime) -> Span:
    """Return the last `days` days, at most as many as are kept."""
    today = daily.day_of(now)
    return Span(first=today - timedelta(days=min(days, figures.DAYS_KEPT) - 1), last=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Tallies day by day, the oldest first, a day without parcels among them; `as_of` is None before the first run."""

    days: tuple[tuple[date, Tally], ...]
    statuses: Mapping[str, int]
    as_of: datetime | None

    @property
    def total(self) -> Tally:
        """Return the tally of all days."""
        return sum((tally for _, tally in self.days), EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One member of a ranking: a shop or a carrier, with its tally and, where asked for, that of each day."""

    key: str
    tally: Tally
    by_day: tuple[Tally, ...]


def _tenants(actor: Actor) -> tuple[str, list[str]]:
    match actor.kind:
        case ActorKind.CREATOR:
            return Scope.CREATOR.value, [str(each) for each in actor.organisation_ids]
        case ActorKind.MERCHANT:
            return Scope.SHOP.value, [str(each) for each in actor.organisation_ids]
        case ActorKind.CARRIER:
            return Scope.CARRIER.value, [actor.carrier]
        case ActorKind.OPERATOR:
            return Scope.CARRIER.value, sorted(catalogue.CODES)
        case ActorKind.PROVIDER | ActorKind.SYSTEM:
            return Scope.CARRIER.value, []


def _summed(by: str, where: str, parameters: Mapping[str, Any], end: str = "") -> list[tuple[Any, Tally, list[int]]]:
    """Return key, tally and counts by status of each group; `by` and `where` are words of this module."""
    text = " ".join(("SELECT", by, ",", _SUMS, "FROM parcel_day WHERE", where, "GROUP BY", by, end))
    with connection.cursor() as database:
        database.execute(text, parameters)
        rows = database.fetchall()
    return [(row[0] if "," not in by else row[: by.count(",") + 1], *_told(row[-9:])) for row in rows]


def _told(row: Sequence[Any]) -> tuple[Tally, list[int]]:
    *numbers, steps, statuses = row
    tally = Tally(
        **dict(zip(_NUMBERS, map(int, numbers), strict=True)), pickup_steps=tuple(int(each) for each in steps)
    )
    return tally, [int(each) for each in statuses]


_WITHIN = "scope = %(scope)s AND tenant = ANY(%(tenants)s) AND day BETWEEN %(first)s AND %(last)s"


def trend(*, actor: Actor, days: int, now: datetime) -> Trend:
    """Return what the last days add up to for an actor."""
    within = span(days, now=now)
    scope_name, tenants = _tenants(actor)
    parameters = {"scope": scope_name, "tenants": tenants, "first": within.first, "last": within.last}
    found = _summed("day", _WITHIN, parameters)
    tallies = {day: tally for day, tally, _ in found}
    statuses: Counter[str] = Counter()
    for _, _, counts in found:
        for status, count in zip(parcel.STATUSES, counts, strict=True):
            shown = _shown(actor, status)
            if shown and count:
                statuses[shown] += count
    return Trend(
        days=tuple((day, tallies.get(day, EMPTY)) for day in within.days), statuses=statuses, as_of=as_of(now=now)
    )


def _shown(actor: Actor, status: Status) -> str:
    """Return the status as this actor knows it, nothing for what is hidden from him."""
    if access.sees_plain_numbers(actor):
        return status.value
    shown = parcel.shown_to_creator(status)
    return shown.value if shown is not None else ""


def as_of(*, now: datetime) -> datetime | None:
    """Return the instant of which the figures of the last days are good at least; None while some were never made."""
    behind = daily.oldest_run(now=now)
    return now - behind if behind is not None else None


# --- Right now -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """How many parcels stand where; `as_of` is None when they were counted at once, else they are the days' figures."""

    stages: Mapping[str, int]
    as_of: datetime | None

    @property
    def total(self) -> int:
        """Return how many there are."""
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Parcels with an anomaly in progress: all of them, by type in the order of the source, and by shop."""

    parcels: int
    types: Mapping[str, int]
    shops: tuple[tuple[int, int], ...]

    @property
    def is_cut(self) -> bool:
        """Tell whether there are more than were looked at."""
        return self.parcels > LIVE_MAX


def _own(actor: Actor, columns: str, where: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return one SELECT over everything the actor may list, no more than LIVE_MAX + 1 rows of each branch."""
    parameters: dict[str, Any] = {"live_max": LIVE_MAX + 1, "first": span(figures.DAYS_KEPT, now=now).first}
    conditions = [where, "status <> 'VOIDED'", "shipped_at IS NOT NULL"]
    if actor.kind is ActorKind.CREATOR:
        parameters["data_start"] = scope.data_start(now)
        conditions.append("shipped_at >= %(data_start)s")
    texts = []
    for number, branch in enumerate(access.branches(actor)):
        parameters[f"tenant_{number}"] = branch.tenant
        own = (f"{branch.tenant_column} = %(tenant_{number})s", *conditions)
        text = ("(SELECT", columns, "FROM", branch.table, "WHERE", " AND ".join(own), "LIMIT %(live_max)s)")
        texts.append(" ".join(text))
    return " UNION ALL ".join(texts), parameters


def funnel(*, actor: Actor, now: datetime) -> Funnel:
    """
    Return where the parcels of the last DAYS_KEPT days stand.

    Up to LIVE_MAX are counted at once; whoever has more, and the operator, is told the figures of the days.

    Two creators in one parcel count it once each.
    """
    told = trend(actor=actor, days=figures.DAYS_KEPT, now=now)
    if actor.kind is ActorKind.OPERATOR or told.total.parcels > LIVE_MAX:
        return Funnel(stages=told.statuses, as_of=told.as_of)
    text, parameters = _own(actor, "status", "shipped_at >= %(since)s", now)
    if not text:
        return Funnel(stages={}, as_of=None)
    parameters["since"] = daily.begin_of(parameters["first"])
    with connection.cursor() as database:
        database.execute(" ".join(("SELECT status, count(*) FROM (", text, ") AS own GROUP BY status")), parameters)
        found: list[tuple[str, int]] = database.fetchall()
    if sum(count for _, count in found) > LIVE_MAX:
        return Funnel(stages=told.statuses, as_of=told.as_of)
    return Funnel(stages=_as_shown(actor, found), as_of=None)


def _as_shown(actor: Actor, found: Sequence[tuple[str, int]]) -> dict[str, int]:
    stages: Counter[str] = Counter()
    for status, count in found:
        shown = _shown(actor, Status(status))
        if shown:
            stages[shown] += count
    return dict(stages)


def trouble(*, actor: Actor, now: datetime) -> Trouble:
    """Return the anomalies in progress of an actor, counted at once; the operator is told those of the last run."""
    if actor.kind is ActorKind.OPERATOR:
        return _trouble_of_all(actor)
    text, parameters = _own(actor, "shop_id, open_types", "open_types <> 0", now)
    if not text:
        return Trouble(parcels=0, types={}, shops=())
    with connection.cursor() as database:
        database.execute(
            " ".join(("SELECT shop_id, open_types, count(*) FROM (", text, ") AS own GROUP BY shop_id, open_types")),
            parameters,
        )
        found: list[tuple[int | None, int, int]] = database.fetchall()
    types: Counter[str] = Counter()
    shops: Counter[int] = Counter()
    for shop_id, mask, count in found:
        shops[shop_id or 0] += count
        for name in queries.type_names(mask):
            types[name] += count
    return Trouble(
        parcels=sum(shops.values()),
        types={each.name: types[each.name] for each in queries.TYPES if types[each.name]},
        shops=tuple((shop_id, count) for shop_id, count in shops.most_common() if shop_id),
    )


def _trouble_of_all(actor: Actor) -> Trouble:
    rows = province_anomalies(actor=actor)
    types: Counter[str] = Counter()
    for row in rows:
        types.update(row.types)
    return Trouble(
        parcels=sum(row.parcels for row in rows),
        types={each.name: types[each.name] for each in queries.TYPES if types[each.name]},
        shops=(),
    )


def fresh_anomalies(*, actor: Actor, since: datetime, now: datetime) -> int:
    """Return how many anomalies in progress were noticed after `since`; no more parcels are looked at than LIVE_MAX."""
    text, parameters = _own(actor, "waybill_no, carrier, life", "open_types <> 0", now)
    if not text:
        return 0
    words = (
        "SELECT count(*) FROM (",
        text,
        ") AS own CROSS JOIN LATERAL (SELECT 1 FROM anomaly a WHERE a.waybill_no = own.waybill_no",
        "AND a.carrier = own.carrier AND a.life = own.life AND a.state = 'OPEN'",
        "AND a.noticed_open_at > %(noticed_since)s OFFSET 0) AS fresh",  # The offset keeps it a look-up by key.
    )
    with connection.cursor() as database:
        database.execute(" ".join(words), parameters | {"noticed_since": since})
        return int(database.fetchone()[0])


PICKUP_DAYS: Final = 7
"""Parcels shipped earlier and still not picked up are anomalies for long; the queue for pickup is of these days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupQueue:
    """Parcels of one shop that await pickup, and when the first of their limits runs out."""

    shop_id: int
    parcels: int
    due_at: datetime | None


def pickup_queue(*, actor: Actor, now: datetime) -> tuple[PickupQueue, ...]:
    """
    Return who waits for a carrier's pickup, by shop, the nearest limit first; of the last PICKUP_DAYS days.

    :raises NotVisible: the actor is no carrier.
    """
    if actor.kind is not ActorKind.CARRIER:
        raise NotVisible
    text, parameters = _own(
        actor, "shop_id, due_at", "status = 'SHIPPED_AWAIT_PICKUP' AND shipped_at >= %(since)s", now
    )
    words = (
        "SELECT shop_id, count(*), min(due_at) FROM (",
        text,
        ") AS own WHERE shop_id IS NOT NULL GROUP BY shop_id ORDER BY min(due_at) NULLS LAST, shop_id LIMIT %(limit)s",
    )
    parameters |= {"since": now - timedelta(days=PICKUP_DAYS), "limit": SHOPS_MAX}
    with connection.cursor() as database:
        database.execute(" ".join(words), parameters)
        return tuple(PickupQueue(shop_id=row[0], parcels=row[1], due_at=row[2]) for row in database.fetchall())


NEAR: Final = (timedelta(hours=2), timedelta(hours=6), timedelta(hours=24))
"""Within these lengths of time the next limits are counted."""


def near_limits(*, actor: Actor, now: datetime) -> tuple[tuple[timedelta, int], ...]:
    """
    Return of how many of a shop's parcels under way the next limit runs out within each of NEAR, the shortest first.

    :raises NotVisible: the actor is no shop.
    """
    if actor.kind is not ActorKind.MERCHANT:
        raise NotVisible
    where = "due_at > %(now)s AND due_at <= %(last)s AND status <> ALL(%(over)s)"
    text, parameters = _own(actor, "due_at", where, now)
    parameters |= {"now": now, "last": now + NEAR[-1], "over": [each.value for each in parcel.OVER]}
    counts = ", ".join(f"count(*) FILTER (WHERE due_at <= %(near_{place})s)" for place in range(len(NEAR)))
    parameters |= {f"near_{place}": now + length for place, length in enumerate(NEAR)}
    with connection.cursor() as database:
        database.execute(" ".join(("SELECT", counts, "FROM (", text, ") AS own")), parameters)
        return tuple(zip(NEAR, database.fetchone(), strict=True))


# --- Rankings --------------------------------------------------------------------------------------------------------


def shops(*, actor: Actor, days: int, now: datetime) -> tuple[Standing, ...]:
    """
    Return the shops whose goods a creator promoted, those with the most parcels first; without their single days.

    :raises NotVisible: the actor is no creator.
    """
    parameters = _of_shops(actor, days, now) | {"limit": SHOPS_MAX}
    found = _summed("part", _WITHIN, parameters, "ORDER BY sum(parcels) DESC, part LIMIT %(limit)s")
    return tuple(Standing(key=str(part), tally=tally, by_day=()) for part, tally, _ in found)


def shops_by_day(shop_ids: Sequence[int], *, actor: Actor, days: int, now: datetime) -> Mapping[int, tuple[Tally, ...]]:
    """
    Return the tally of each day of some of a creator's shops.

    :raises NotVisible: the actor is no creator.
    """
    parameters = _of_shops(actor, days, now) | {"parts": list(shop_ids)}
    found = _summed("part, day", f"{_WITHIN} AND part = ANY(%(parts)s)", parameters)
    tallies = {key: tally for key, tally, _ in found}
    within = span(days, now=now).days
    return {shop: tuple(tallies.get((shop, day), EMPTY) for day in within) for shop in shop_ids}


def _of_shops(actor: Actor, days: int, now: datetime) -> dict[str, Any]:
    if actor.kind is not ActorKind.CREATOR:
        raise NotVisible
    within = span(days, now=now)
    _, tenants = _tenants(actor)
    scope_name = Scope.CREATOR_SHOP.value
    return {"scope": scope_name, "tenants": tenants, "first": within.first, "last": within.last}


def carriers(*, actor: Actor, days: int, now: datetime) -> tuple[Standing, ...]:
    """
    Return the carriers, those with the most parcels first; one without parcels is left out.

    :raises NotVisible: the actor is no operator.
    """
    _only_operator(actor)
    within = span(days, now=now)
    scope_name, tenants = _tenants(actor)
    parameters = {"scope": scope_name, "tenants": tenants, "first": within.first, "last": within.last}
    found = _summed("tenant", _WITHIN, parameters, "ORDER BY sum(parcels) DESC, tenant")
    by_day = _summed("tenant, day", _WITHIN, parameters)
    return _standings([(tenant, tally) for tenant, tally, _ in found], by_day, within)


def _standings(
    found: Sequence[tuple[Any, Tally]], by_day: Sequence[tuple[Any, Tally, list[int]]], within: Span
) -> tuple[Standing, ...]:
    days = {key: tally for key, tally, _ in by_day}
    return tuple(
        Standing(key=str(key), tally=tally, by_day=tuple(days.get((key, day), EMPTY) for day in within.days))
        for key, tally in found
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """How long the stages of one carrier take; `sample` is how many parcels tell it."""

    stage: str
    sample: int
    median: timedelta | None
    p90: timedelta | None


def stages(*, actor: Actor) -> dict[str, tuple[StageRow, ...]]:
    """
    Return the stages of each carrier; what fewer than SAMPLE_MIN parcels tell is left open.

    :raises NotVisible: the actor is neither operator nor carrier.
    """
    rows = CarrierStage.objects.all()
    if actor.kind is ActorKind.CARRIER:
        rows = rows.filter(carrier=actor.carrier)
    else:
        _only_operator(actor)
    told = {(row.carrier, row.stage): row for row in rows}
    return {
        carrier: tuple(_stage_row(stage.value, told.get((carrier, stage.value))) for stage in figures.Stage)
        for carrier in sorted({carrier for carrier, _ in told})
    }


def _stage_row(stage: str, row: CarrierStage | None) -> StageRow:
    if row is None or row.sample < figures.SAMPLE_MIN or row.median_seconds is None or row.p90_seconds is None:
        return StageRow(stage=stage, sample=row.sample if row else 0, median=None, p90=None)
    return StageRow(
        stage=stage,
        sample=row.sample,
        median=timedelta(seconds=row.median_seconds),
        p90=timedelta(seconds=row.p90_seconds),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvinceRow:
    """Parcels on their way to one province that have an anomaly in progress, and its tally over the last days."""

    province: str
    parcels: int
    types: Mapping[str, int]
    tally: Tally


def province_anomalies(*, actor: Actor, days: int = 0, now: datetime | None = None) -> tuple[ProvinceRow, ...]:
    """
    Return the provinces with parcels, those with the most anomalies in progress first; without `days` no tallies.

    :raises NotVisible: the actor is no operator.
    """
    _only_operator(actor)
    open_: dict[str, Counter[str]] = {}
    for province, type_, count in OpenAnomaly.objects.values_list("province", "type", "parcels"):
        open_.setdefault(province, Counter())[type_] += count
    tallies: dict[str, Tally] = {}
    if days and now is not None:
        within = span(days, now=now)
        where = "scope = %(scope)s AND day BETWEEN %(first)s AND %(last)s"
        parameters = {"scope": Scope.PROVINCE.value, "first": within.first, "last": within.last}
        tallies = {province: tally for province, tally, _ in _summed("tenant", where, parameters)}
    rows = [
        ProvinceRow(
            province=province,
            parcels=open_.get(province, Counter())[""],
            types={name: count for name, count in open_.get(province, Counter()).items() if name},
            tally=tallies.get(province, EMPTY),
        )
        for province in {*open_, *tallies}
    ]
    return tuple(sorted(rows, key=lambda row: (-row.parcels, row.province)))


def computed_at(name: str) -> datetime | None:
    """Return the business instant of a named run, None before the first."""
    return FigureRun.objects.filter(name=name).values_list("computed_at", flat=True).first()


def _only_operator(actor: Actor) -> None:
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
