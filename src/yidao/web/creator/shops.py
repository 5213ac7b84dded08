"""The ranking of the shops whose goods a creator promoted (店铺榜): anomalies, punctuality, pickup, trend."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor
from yidao.accounts.ids import CreatorId
from yidao.exports import registry
from yidao.kit import paging
from yidao.kit.lists.columns import Column, Link, Spark
from yidao.kit.lists.fields import Chips, Fuzzy, Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Question, Shape
from yidao.parcels import standings
from yidao.rules import figures
from yidao.rules.figures import Tally
from yidao.web.creator import home
from yidao.web.shared import charts, consoles, export_lists, homes, listpages
from yidao.web.shared.requests import Request

DAYS: Final = ("7", "30")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRow:
    """One shop of the ranking with its name and the two lists of its parcels and anomalies."""

    shop_id: int
    name: str
    tally: Tally
    by_day: tuple[Tally, ...]
    address: str
    anomalies_address: str


def _worst_first(of: Callable[[Tally], int | None]) -> Callable[[ShopRow], tuple[bool, int]]:
    """Return a sorting key: the greatest first, what is not known last."""

    def key(row: ShopRow) -> tuple[bool, int]:
        value = of(row.tally)
        return value is None, -(value or 0)

    return key


ORDERS: Final[Mapping[str, Callable[[ShopRow], tuple[bool, int]]]] = {
    "parcels": _worst_first(lambda tally: tally.parcels),
    "anomalous": _worst_first(lambda tally: tally.anomalous_permille),
    "punctual": _worst_first(lambda tally: None if tally.punctual_permille is None else 1000 - tally.punctual_permille),
    "pickup": _worst_first(lambda tally: tally.pickup_median_seconds),
}
"""The worst stand first: the most anomalies, the fewest on time, the longest wait for pickup."""


def _spark(row: ShopRow) -> Spark:
    rates = tuple(each.anomalous_permille or 0 for each in row.by_day)
    return Spark(values=rates, text=gettext("Anomaly rate by day"))


LISTING: Final[Listing[ShopRow]] = Listing(
    name="creator-shops",
    title=gettext_noop("Shop ranking"),
    shape=Shape(
        fields=(
            Chips(
                name="days",
                label=gettext_noop("Shipped in the last days"),
                options=tuple(Option(value=each, label=each, is_name=True) for each in DAYS),
                at_first=("30",),
                is_multiple=False,
            ),
            Fuzzy(name="shop", label=gettext_noop("Shop name"), hint=gettext_noop("Name, pinyin or initials")),
        ),
        sorts=tuple(ORDERS),
    ),
    columns=(
        Column(
            name="shop",
            label=gettext_noop("Shop"),
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
        Column(
            name="anomalous",
            label=gettext_noop("Anomaly rate"),
            cell=lambda row: charts.share(row.tally.anomalous_permille),
            is_numeric=True,
            sort="anomalous",
        ),
        Column(
            name="anomalies",
            label=gettext_noop("Anomalous parcels"),
            cell=lambda row: Link(text=str(row.tally.anomalous), address=row.anomalies_address),
            is_numeric=True,
        ),
        Column(
            name="punctual",
            label=gettext_noop("On time"),
            cell=lambda row: charts.share(row.tally.punctual_permille),
            is_numeric=True,
            sort="punctual",
        ),
        Column(
            name="pickup",
            label=gettext_noop("Pickup, median"),
            cell=lambda row: charts.hours(row.tally.pickup_median_seconds),
            is_numeric=True,
            sort="pickup",
        ),
        Column(
            name="pickup_mean",
            label=gettext_noop("Pickup, average"),
            cell=lambda row: charts.hours(row.tally.pickup_mean_seconds),
            is_numeric=True,
        ),
        Column(name="trend", label=gettext_noop("Anomalies by day"), cell=_spark),
    ),
    total=gettext_noop("Shops in all: %(count)s"),
    empty=gettext_noop("No shop yet."),
    empty_hint=gettext_noop("A shop stands here once it has shipped a parcel that you promoted."),
)


def _days(question: Question) -> int:
    return int(question.one("days") or figures.DAYS_KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The rows of one creator, in the order that is asked for; there are SHOPS_MAX at most."""

    actor: Actor
    now: datetime
    places: homes.Places

    def rows(self, question: Question) -> list[ShopRow]:
        """Return all rows."""
        days = _days(question)
        found = standings.shops(actor=self.actor, days=days, now=self.now)
        ids = {int(each.key) for each in found}
        if text := question.one("shop"):
            ids &= set(accounts.find_shops(text, limit=standings.SHOPS_MAX, among=ids))
        names = accounts.organisation_names(ids)
        since = homes.first_day(days, self.now)
        rows = [
            ShopRow(
                shop_id=shop_id,
                name=names.get(shop_id, ""),
                tally=each.tally,
                by_day=each.by_day,
                address=self.places.parcels_of(shop=names.get(shop_id, ""), shipped_from=since),
                anomalies_address=self.places.anomalies_of(
                    shop=names.get(shop_id, ""), state="all", shipped_from=since
                ),
            )
            for each in found
            for shop_id in (int(each.key),)
            if shop_id in ids
        ]
        return sorted(rows, key=ORDERS[question.sort])

    def page(self, question: Question) -> paging.Page[ShopRow]:
        """Return one page."""
        shown = self.rows(question)[question.offset : question.offset + question.size]
        ids = [row.shop_id for row in shown]
        by_day = standings.shops_by_day(ids, actor=self.actor, days=_days(question), now=self.now)
        return paging.Page(rows=tuple(replace(row, by_day=by_day[row.shop_id]) for row in shown), next_cursor="")

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many rows there are, at most `limit`."""
        return min(limit, len(self.rows(question)))


HEADERS: Final = (
    gettext_noop("Shop name"),
    gettext_noop("Parcels"),
    gettext_noop("Anomalous parcels"),
    gettext_noop("Anomaly rate"),
    gettext_noop("On time"),
    gettext_noop("Pickup, median (hours)"),
    gettext_noop("Pickup, average (hours)"),
)


def _found(actor: Actor, query: str, now: datetime) -> list[ShopRow]:
    """
    Return the rows that a list's own query string asks for.

    :raises NotVisible: the actor is no creator.
    """
    told = {name: [str(each) for each in values] for name, values in QueryDict(query).lists()}
    nowhere = homes.Places(home="", parcels="", anomalies="")
    return Ranking(actor=actor, now=now, places=nowhere).rows(LISTING.shape.read(told))


def _rows(actor: Actor, query: str, now: datetime) -> Iterator[tuple[str, ...]]:
    for row in _found(actor, query, now):
        yield (
            row.name,
            str(row.tally.parcels),
            str(row.tally.anomalous),
            charts.share(row.tally.anomalous_permille),
            charts.share(row.tally.punctual_permille),
            charts.hours_alone(row.tally.pickup_median_seconds),
            charts.hours_alone(row.tally.pickup_mean_seconds),
        )


KIND: Final = registry.Kind(
    name=LISTING.name,
    title=LISTING.title,
    headers=HEADERS,
    count=lambda actor, query, now, limit: min(limit, len(_found(actor, query, now))),
    rows=_rows,
)


@require_safe
def index(request: Request, creator: CreatorId | None) -> HttpResponse:
    """List the shops, those with the most parcels first."""
    actor = consoles.creator(request, creator)
    source = Ranking(actor=actor, now=request.now, places=home.places(creator))
    as_of = standings.as_of(now=request.now)
    at = {"creator": creator}
    page: listpages.ListPage[Any] = listpages.ListPage(
        listing=LISTING,
        source=source,
        address=reverse("creator-shops", kwargs=at),
        export=export_lists.button(request, actor, LISTING, reverse("creator-exports", kwargs=at), source.count),
        active="shops",
        frame=lambda row: listpages.Frame(key=str(row.shop_id)),
        notes=homes.as_of_notes(as_of, request.now),
    )
    return listpages.render(request, actor, page)
