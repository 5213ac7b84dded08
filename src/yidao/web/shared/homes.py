"""What a console's home page shows: figures, funnel, anomalies and trend, each leading to the list it counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render as render_template
from django.utils.translation import gettext

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.lists import habits
from yidao.kit.templates import render_block
from yidao.parcels import standings
from yidao.rules import figures, parcel
from yidao.rules.nudging import State
from yidao.web.shared import charts, listpages, phrases
from yidao.web.shared.formats import capped, length, when
from yidao.web.shared.requests import Request

DAYS: Final = (30, 90)
SHOPS_SHOWN: Final = 5
PICKUP_NEAR: Final = timedelta(hours=6)
TEMPLATE: Final = "shared/overview.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number in large type, where it leads, and what it means."""

    label: str
    value: str
    address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a table of bars."""

    label: str
    value: int
    address: str = ""
    text: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A further card of bars; `note` stands under its heading, `empty` in place of bars."""

    title: str
    bars: tuple[Bar, ...]
    empty: str
    note: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the numbers lead: the lists of parcels and of anomalies, and the ranking of shops where there is one."""

    home: str
    parcels: str
    anomalies: str
    ranking: str = ""

    def parcels_of(self, **query: str) -> str:
        """Return the list of parcels with a filter."""
        return _with(self.parcels, query)

    def anomalies_of(self, **query: str) -> str:
        """Return the list of anomalies with a filter."""
        return _with(self.anomalies, query)

    def ranking_by(self, **query: str) -> str:
        """Return the ranking in an order."""
        return _with(self.ranking, query) if self.ranking else ""


def _with(address: str, query: Mapping[str, str]) -> str:
    told = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(told)}" if told else address


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The whole page."""

    figures: tuple[Figure, ...]
    parts: tuple[Part, ...]
    trend: standings.Trend
    chart: charts.Chart
    days: int
    places: Places
    funnel_as_of: datetime | None = None


def days_asked(request: Request) -> int:
    """Return the stretch of the address, the shorter one when it says none of them."""
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, DAYS) else DAYS[0]


def first_day(days: int, now: datetime) -> str:
    """Return the first of the last so many days, as date fields hold it."""
    return f"{standings.span(days, now=now).first:%Y-%m-%d}"


def build(request: Request, actor: Actor, places: Places, *more: Callable[[int], Part]) -> Home:
    """Return the home page of an actor with parcels of his own; `more` are the parts that only some consoles have."""
    days = days_asked(request)
    trend = standings.trend(actor=actor, days=days, now=request.now)
    funnel = standings.funnel(actor=actor, now=request.now)
    trouble = standings.trouble(actor=actor, now=request.now)
    since = first_day(days, request.now)
    parts = [
        stages(actor, funnel, places, first_day(figures.DAYS_KEPT, request.now)),
        anomalies(trouble, places),
    ]
    if actor.kind is not ActorKind.MERCHANT:
        parts.append(troubled_shops(trouble, places))
    return Home(
        figures=tuple(numbers(request, actor, trend, trouble, places, since)),
        parts=tuple(parts) + tuple(each(days) for each in more),
        trend=trend,
        chart=chart(trend),
        days=days,
        places=places,
        funnel_as_of=funnel.as_of,
    )


def render(request: Request, home: Home, *, totals: object = None, needs: object = None) -> HttpResponse:
    """
    Render a home page, or its figures alone when news came; `totals` is the strip of the parcel centre, `needs` what a
    shop has to do now.
    """
    context = {"home": home, "totals": totals, "needs": needs}
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render_block(request, TEMPLATE, "home", context)
    return render_template(request, TEMPLATE, context)


def numbers(
    request: Request,
    actor: Actor,
    trend: standings.Trend,
    trouble: standings.Trouble,
    places: Places,
    since: str,
) -> Iterable[Figure]:
    """Yield the numbers in large type."""
    total = trend.total
    yield Figure(
        label=gettext("Parcels shipped"), value=str(total.parcels), address=places.parcels_of(shipped_from=since)
    )
    new_since = habits.visit(listpages.keeper(actor, "home"), now=request.now).new_since
    fresh = standings.fresh_anomalies(actor=actor, since=new_since, now=request.now) if new_since else 0
    yield Figure(
        label=gettext("With anomalies"),
        value=capped(trouble.parcels, standings.LIVE_MAX),
        address=places.anomalies,
        note=gettext("%(count)s new since your last visit") % {"count": fresh} if fresh else "",
    )
    yield Figure(
        label=gettext("On time"),
        value=charts.share(total.punctual_permille),
        address=places.ranking_by(sort="punctual") or places.parcels_of(status="SIGNED", shipped_from=since),
        note=gettext("of %(count)s parcels that arrived") % {"count": total.ended},
    )
    yield Figure(
        label=gettext("Anomaly rate"),
        value=charts.share(total.anomalous_permille),
        address=places.anomalies_of(state="all", shipped_from=since),
        note=gettext("%(count)s parcels") % {"count": total.anomalous},
    )
    yield Figure(
        label=gettext("Pickup takes"),
        value=charts.hours(total.pickup_median_seconds),
        address=places.ranking_by(sort="pickup") or places.parcels_of(status="SHIPPED_AWAIT_PICKUP"),
        note=gettext("median; on average %(hours)s") % {"hours": charts.hours(total.pickup_mean_seconds)},
    )


def stages(actor: Actor, funnel: standings.Funnel, places: Places, since: str) -> Part:
    """Return the funnel: how many parcels stand where, in the order of their way."""
    is_creator = actor.kind is ActorKind.CREATOR
    shown = [parcel.shown_to_creator(each) or parcel.Status.VOIDED if is_creator else each for each in parcel.STATUSES]
    known = [each.value for each in dict.fromkeys(shown) if each is not parcel.Status.VOIDED]
    return Part(
        title=gettext("Where the parcels stand"),
        bars=tuple(
            Bar(
                label=phrases.of("status", each),
                value=funnel.stages[each],
                address=places.parcels_of(status=each, shipped_from=since),
            )
            for each in known
            if funnel.stages.get(each)
        ),
        empty=gettext("No parcels yet."),
    )


def anomalies(trouble: standings.Trouble, places: Places) -> Part:
    """Return the anomalies in progress by type."""
    return Part(
        title=gettext("Anomalies in progress"),
        bars=tuple(
            Bar(label=phrases.of("type", name), value=count, address=places.anomalies_of(type=name), tone="bad")
            for name, count in trouble.types.items()
        ),
        empty=gettext("Nothing is wrong at the moment."),
    )


def troubled_shops(trouble: standings.Trouble, places: Places) -> Part:
    """Return the shops with the most parcels in trouble."""
    shown = trouble.shops[:SHOPS_SHOWN]
    names = accounts.organisation_names(shop for shop, _ in shown)
    return Part(
        title=gettext("Shops with anomalies in progress"),
        bars=tuple(
            Bar(
                label=names.get(shop, ""),
                value=count,
                address=places.anomalies_of(shop=names.get(shop, "")),
                tone="bad",
            )
            for shop, count in shown
        ),
        empty=gettext("Nothing is wrong at the moment."),
    )


def worst_shops(ranking: Sequence[standings.Standing], places: Places, since: str) -> Part:
    """Return the shops with the greatest anomaly rate among those whose rate tells something."""
    telling = [each for each in ranking if each.tally.parcels >= figures.SAMPLE_MIN and each.tally.anomalous]
    worst = sorted(telling, key=lambda each: (-(each.tally.anomalous_permille or 0), -each.tally.parcels))[:SHOPS_SHOWN]
    names = accounts.organisation_names(int(each.key) for each in worst)
    return Part(
        title=gettext("Shops with the greatest anomaly rate"),
        note=gettext("of those with at least %(count)s parcels") % {"count": figures.SAMPLE_MIN},
        bars=tuple(
            Bar(
                label=names.get(int(each.key), ""),
                value=each.tally.anomalous_permille or 0,
                text=charts.share(each.tally.anomalous_permille),
                address=places.anomalies_of(shop=names.get(int(each.key), ""), state="all", shipped_from=since),
                tone="bad",
            )
            for each in worst
        ),
        empty=gettext("No shop stands out."),
        address=places.ranking_by(sort="anomalous"),
    )


def threads(counts: Mapping[State, int], words: Mapping[State, str], title: str, address: str) -> Part:
    """Return where nudges or tickets stand, each with its list."""
    tones = {State.OVERDUE: "bad"}
    return Part(
        title=title,
        bars=tuple(
            Bar(
                label=gettext(words[state]),
                value=counts[state],
                address=_with(address, {"state": state.value}),
                tone=tones.get(state, ""),
            )
            for state in State
            if counts.get(state)
        ),
        empty=gettext("Nothing is waiting."),
        address=address,
    )


def limits(near: Sequence[tuple[timedelta, int]], places: Places) -> Part:
    """Return of how many parcels the next limit runs out soon."""
    return Part(
        title=gettext("Next limits of parcels under way"),
        bars=tuple(
            Bar(
                label=gettext("within %(length)s") % {"length": length(within)},
                value=count,
                address=places.parcels_of(sort="left"),
                tone="bad" if within < PICKUP_NEAR else "",
            )
            for within, count in near
            if count
        ),
        empty=gettext("No limit is near."),
        address=places.parcels_of(sort="left"),
    )


def pickups(queue: Sequence[standings.PickupQueue], places: Places, now: datetime) -> Part:
    """Return who waits for pickup, the nearest limit first."""
    shown = queue[:SHOPS_SHOWN]
    names = accounts.organisation_names(each.shop_id for each in shown)
    return Part(
        title=gettext("Awaiting pickup, by shop and limit"),
        note=gettext("%(count)s parcels of the last %(days)s days")
        % {"count": sum(each.parcels for each in queue), "days": standings.PICKUP_DAYS},
        bars=tuple(
            Bar(
                label=names.get(each.shop_id, ""),
                value=each.parcels,
                address=places.parcels_of(status="SHIPPED_AWAIT_PICKUP", shop=names.get(each.shop_id, "")),
                text=_pickup_words(each, now),
                tone="bad" if each.due_at is not None and each.due_at - now < PICKUP_NEAR else "",
            )
            for each in shown
        ),
        empty=gettext("Nothing awaits pickup."),
        address=places.parcels_of(status="SHIPPED_AWAIT_PICKUP"),
    )


def _pickup_words(each: standings.PickupQueue, now: datetime) -> str:
    if each.due_at is None:
        return str(each.parcels)
    left = gettext("next in %(length)s") % {"length": length(max(timedelta(), each.due_at - now))}
    return f"{each.parcels} · {left}"


def chart(trend: standings.Trend) -> charts.Chart:
    """Return the picture of both rates over the days; what a day cannot tell yet is a gap in its line."""
    return charts.chart(
        [day for day, _ in trend.days],
        (
            (
                gettext("On time"),
                "good",
                [tally.punctual_permille if tally.is_settled else None for _, tally in trend.days],
            ),
            (gettext("Anomaly rate"), "bad", [tally.anomalous_permille for _, tally in trend.days]),
        ),
    )


def as_of_notes(as_of: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return the sentence that says how old figures are."""
    if as_of is None:
        return (gettext("The figures are being computed for the first time."),)
    return (gettext("As of %(time)s") % {"time": when(as_of, now)},)
