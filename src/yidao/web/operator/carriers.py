"""The carriers by stage: how long each part of the way takes, anomalies, punctuality, and how their news arrive."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from yidao.accounts.actors import Actor
from yidao.exports import registry
from yidao.kit import paging
from yidao.kit.lists.columns import Column, Link, Spark
from yidao.kit.lists.fields import Chips, Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.parcels import queries, standings
from yidao.rules import figures
from yidao.rules.figures import Stage, Tally
from yidao.web.shared import charts, consoles, export_lists, homes, listpages, phrases
from yidao.web.shared.formats import length
from yidao.web.shared.requests import Request

DAYS: Final = ("7", "30")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRow:
    """One carrier; `stages` are in the order of the way, `lag` is from event to receipt over the last day."""

    code: str
    name: str
    tally: Tally
    by_day: tuple[Tally, ...]
    stages: Mapping[str, standings.StageRow]
    accepted: int
    lag: timedelta | None
    address: str
    anomalies_address: str


def _last_unknown(of: Callable[[CarrierRow], int | None]) -> Callable[[CarrierRow], tuple[bool, int, str]]:
    """Return a sorting key: the greatest first, what is not known last, equal ones by code."""

    def key(row: CarrierRow) -> tuple[bool, int, str]:
        value = of(row)
        return value is None, -(value or 0), row.code

    return key


def _seconds(stage: Stage) -> Callable[[CarrierRow], int | None]:
    def of(row: CarrierRow) -> int | None:
        told = row.stages.get(stage.value)
        return int(told.median.total_seconds()) if told is not None and told.median is not None else None

    return of


def _late(row: CarrierRow) -> int | None:
    return None if row.tally.punctual_permille is None else 1000 - row.tally.punctual_permille


ORDERS: Final[Mapping[str, Callable[[CarrierRow], tuple[bool, int, str]]]] = {
    "parcels": _last_unknown(lambda row: row.tally.parcels),
    "anomalous": _last_unknown(lambda row: row.tally.anomalous_permille),
    "punctual": _last_unknown(_late),
    **{stage.value.lower(): _last_unknown(_seconds(stage)) for stage in Stage},
}
"""The worst stand first."""

STAGES: Final[Mapping[Stage, str]] = {
    Stage.PICKUP: gettext_noop("Pickup"),
    Stage.TRANSIT: gettext_noop("Transit"),
    Stage.DELIVERY: gettext_noop("Delivery"),
    Stage.WHOLE: gettext_noop("Whole way"),
}


def _stage(stage: Stage) -> Column[CarrierRow]:
    def cell(row: CarrierRow) -> str:
        told = row.stages.get(stage.value)
        if told is None or told.median is None or told.p90 is None:
            return "—"
        median, most = (charts.hours(int(each.total_seconds())) for each in (told.median, told.p90))
        return f"{median} / {most}"

    name = stage.value.lower()
    return Column(name=name, label=STAGES[stage], cell=cell, is_numeric=True, sort=name)


def _spark(row: CarrierRow) -> Spark:
    rates = tuple(each.anomalous_permille or 0 for each in row.by_day)
    return Spark(values=rates, text=gettext("Anomaly rate by day"))


LISTING: Final[Listing[CarrierRow]] = Listing(
    name="operator-carriers",
    title=gettext_noop("Carriers by stage"),
    shape=Shape(
        fields=(
            Chips(
                name="days",
                label=gettext_noop("Shipped in the last days"),
                options=tuple(Option(value=each, label=each, is_name=True) for each in DAYS),
                at_first=("30",),
                is_multiple=False,
            ),
        ),
        sorts=tuple(ORDERS),
    ),
    columns=(
        Column(
            name="carrier",
            label=gettext_noop("Carrier"),
            cell=lambda row: Link(text=row.name, address=row.address),
            is_fixed=True,
        ),
        Column(
            name="parcels",
            label=gettext_noop("Parcels"),
            cell=lambda row: row.tally.parcels,
            is_numeric=True,
            sort="parcels",
        ),
        *(_stage(stage) for stage in Stage),
        Column(
            name="anomalous",
            label=gettext_noop("Anomaly rate"),
            cell=lambda row: Link(text=charts.share(row.tally.anomalous_permille), address=row.anomalies_address),
            is_numeric=True,
            sort="anomalous",
        ),
        Column(name="trend", label=gettext_noop("Anomalies by day"), cell=_spark),
        Column(
            name="punctual",
            label=gettext_noop("On time"),
            cell=lambda row: charts.share(row.tally.punctual_permille),
            is_numeric=True,
            sort="punctual",
        ),
        Column(
            name="accepted",
            label=gettext_noop("News in 24 hours"),
            cell=lambda row: row.accepted,
            is_numeric=True,
        ),
        Column(
            name="lag",
            label=gettext_noop("Mean lag"),
            cell=lambda row: length(row.lag) if row.lag is not None else None,
            is_numeric=True,
        ),
    ),
    total=gettext_noop("Carriers in all: %(count)s"),
    empty=gettext_noop("No carrier has parcels yet."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All carriers with parcels, in the order that is asked for."""

    actor: Actor
    now: datetime

    def rows(self, question: Question) -> list[CarrierRow]:
        """Return all rows."""
        days = int(question.one("days") or figures.DAYS_KEPT)
        since = homes.first_day(days, self.now)
        stages = standings.stages(actor=self.actor)
        news: dict[str, tuple[int, timedelta]] = {}
        for flow in queries.intake(now=self.now):
            count, lag = news.get(flow.carrier, (0, timedelta()))
            news[flow.carrier] = (count + flow.accepted, lag + flow.lag_mean * flow.accepted)
        rows = []
        for each in standings.carriers(actor=self.actor, days=days, now=self.now):
            accepted, lag = news.get(each.key, (0, timedelta()))
            query = urlencode({"carrier": each.key, "shipped_from": since})
            rows.append(
                CarrierRow(
                    code=each.key,
                    name=phrases.carrier(each.key),
                    tally=each.tally,
                    by_day=each.by_day,
                    stages={row.stage: row for row in stages.get(each.key, ())},
                    accepted=accepted,
                    lag=lag / accepted if accepted else None,
                    address=f"{reverse('operator-parcels')}?{query}",
                    anomalies_address=f"{reverse('operator-anomalies')}?{query}&state=all",
                )
            )
        return sorted(rows, key=ORDERS[question.sort])

    def page(self, question: Question) -> paging.Page[CarrierRow]:
        """Return one page."""
        rows = self.rows(question)
        return paging.Page(rows=tuple(rows[question.offset : question.offset + question.size]), next_cursor="")

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return min(limit, len(self.rows(question)))


HEADERS: Final = (
    gettext_noop("Carrier"),
    gettext_noop("Parcels"),
    gettext_noop("Pickup, median (hours)"),
    gettext_noop("Pickup, 90th percentile (hours)"),
    gettext_noop("Transit, median (hours)"),
    gettext_noop("Transit, 90th percentile (hours)"),
    gettext_noop("Delivery, median (hours)"),
    gettext_noop("Delivery, 90th percentile (hours)"),
    gettext_noop("Whole way, median (hours)"),
    gettext_noop("Whole way, 90th percentile (hours)"),
    gettext_noop("Anomaly rate"),
    gettext_noop("On time"),
)


def _found(actor: Actor, query: str, now: datetime) -> list[CarrierRow]:
    """
    Return the rows that a list's own query string asks for.

    :raises NotVisible: the actor is no operator.
    """
    told = {name: [str(each) for each in values] for name, values in QueryDict(query).lists()}
    return Ranking(actor=actor, now=now).rows(LISTING.shape.read(told))


def _rows(actor: Actor, query: str, now: datetime) -> Iterator[tuple[str, ...]]:
    for row in _found(actor, query, now):
        lengths = [
            charts.hours_alone(int(each.total_seconds()) if each is not None else None)
            for stage in Stage
            for told in (row.stages.get(stage.value),)
            for each in ((told.median, told.p90) if told is not None else (None, None))
        ]
        rates = (charts.share(row.tally.anomalous_permille), charts.share(row.tally.punctual_permille))
        yield (row.name, str(row.tally.parcels), *lengths, *rates)


KIND: Final = registry.Kind(
    name=LISTING.name,
    title=LISTING.title,
    headers=HEADERS,
    count=lambda actor, query, now, limit: min(limit, len(_found(actor, query, now))),
    rows=_rows,
)


@require_safe
def index(request: Request) -> HttpResponse:
    """List the carriers, those with the most parcels first."""
    actor = consoles.operator(request)
    sample = gettext(
        "Stages are median and 90th percentile of each carrier's newest %(count)s signed parcels that were shipped"
        " at least %(days)s days ago."
    ) % {"count": figures.STAGE_SAMPLE, "days": figures.SETTLED_DAYS}
    source = Ranking(actor=actor, now=request.now)
    page: listpages.ListPage[Any] = listpages.ListPage(
        listing=LISTING,
        source=source,
        address=reverse("operator-carriers"),
        export=export_lists.button(request, actor, LISTING, reverse("operator-exports"), source.count),
        active="carriers",
        frame=lambda row: listpages.Frame(key=row.code),
        notes=(sample, *homes.as_of_notes(standings.as_of(now=request.now), request.now)),
    )
    return listpages.render(request, actor, page)
