"""The parcel list that four consoles share: its filter as the address tells it, its page, its counts and its drawer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.carriers import catalogue
from yidao.kit import paging
from yidao.kit.templates import render_block
from yidao.parcels import access, detail, queries
from yidao.parcels.queries import Filter, ParcelRow
from yidao.rules import parcel
from yidao.web.shared import phrases, reasons
from yidao.web.shared.formats import SHANGHAI, capped
from yidao.web.shared.requests import Request

TEMPLATE = "shared/parcels.html"
PAGE_SIZES = (50, 100, 200)
NUMBERS_MAX = 50
_SEPARATORS = re.compile(r"[\s,;，；、]+")
_CARRIERS = frozenset(catalogue.CODES)
TABS = {"all": 0, "open": queries.ANY_OPEN, "soon": queries.SOON}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a list stands: its own address, that of its counts, and that of one row's drawer."""

    address: str
    counts_address: str
    row_address: Callable[[ParcelRow], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for, checked; what it got wrong is left out and shows as not chosen."""

    wanted: Filter
    tab: str
    size: int
    cursor: str
    day_from: str
    day_until: str


def _day(text: str) -> datetime | None:
    """Return the first instant of a day in Shanghai, None for what is no day of 2000 to 2099."""
    if not re.fullmatch(r"20\d{2}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def _numbers(text: str) -> tuple[str, ...]:
    """Return the numbers someone pasted, whatever stands between them."""
    cleaned = text.replace("\0", "")[:4000]
    return tuple(dict.fromkeys(each for each in _SEPARATORS.split(cleaned) if each))[:NUMBERS_MAX]


def statuses_for(actor: Actor) -> tuple[str, ...]:
    """Return the statuses an actor may filter by."""
    known = queries.SHOWN_TO_CREATORS if actor.kind is ActorKind.CREATOR else parcel.STATUSES
    return tuple(each.value for each in known)


def asked(query: QueryDict, actor: Actor) -> Asked:
    """Read the address."""
    tab = query.get("tab", "all")
    day_from, day_until = _day(query.get("from", "")), _day(query.get("until", ""))
    size = query.get("size", "")
    return Asked(
        wanted=Filter(
            statuses=tuple(each for each in statuses_for(actor) if each in query.getlist("status")),
            carriers=tuple(sorted(_CARRIERS.intersection(query.getlist("carrier")))),
            order_nos=_numbers(query.get("order", "")),
            waybill_nos=_numbers(query.get("waybill", "")) if access.sees_plain_numbers(actor) else (),
            open_types=TABS.get(tab, 0),
            shipped_from=day_from,
            shipped_until=day_until + timedelta(days=1) if day_until is not None else None,
        ),
        tab=tab if tab in TABS else "all",
        size=int(size) if size in map(str, PAGE_SIZES) else PAGE_SIZES[0],
        cursor=query.get("after", "")[:500],
        day_from=query.get("from", "") if day_from else "",
        day_until=query.get("until", "") if day_until else "",
    )


def _address(base: str, query: QueryDict, **changes: str | None) -> str:
    """Return an address with the reader's query, some of it changed or (None) left out; empty parts are dropped."""
    left = query.copy()
    for name, value in changes.items():
        left.pop(name, None)
        if value is not None:
            left[name] = value
    for name in list(left):
        left.setlist(name, [each for each in left.getlist(name) if each])
    text = left.urlencode()
    return f"{base}?{text}" if text else base


def _context(request: Request, actor: Actor, place: Place) -> dict[str, Any]:
    question = asked(request.GET, actor)
    must_name = access.must_name_parcels(actor, is_outlet=is_outlet(request)) and not question.wanted.waybill_nos
    page = (
        paging.Page(rows=(), next_cursor="")
        if must_name
        else queries.parcels(actor=actor, wanted=question.wanted, limit=question.size, cursor=question.cursor)
    )
    shows_shop = actor.kind is not ActorKind.MERCHANT
    return {
        "page": page,
        "rows": [(row, _address(place.row_address(row), request.GET)) for row in page.rows],
        "shops": accounts.organisation_names(row.shop_id for row in page.rows if row.shop_id) if shows_shop else {},
        "asked": question,
        "place": place,
        "must_name": must_name,
        "shows_shop": shows_shop,
        "shows_number_filter": access.sees_plain_numbers(actor),
        "shows_carrier": actor.kind is not ActorKind.CARRIER,
        "statuses": statuses_for(actor),
        "carriers": sorted(((code, phrases.carrier(code)) for code in _CARRIERS), key=lambda each: each[1]),
        "tabs": [(tab, _address(place.address, request.GET, after=None, tab=tab)) for tab in TABS],
        "sizes": PAGE_SIZES,
        "here": _address(place.address, request.GET),
        "first": _address(place.address, request.GET, after=None),
        "next": _address(place.address, request.GET, after=page.next_cursor),
        "counts": _address(place.counts_address, request.GET, after=None),
        "detail": None,
    }


def is_outlet(request: Request) -> bool:
    """Return whether the console is an outlet's own and not the head office's."""
    return bool(request.resolver_match and request.resolver_match.kwargs.get("outlet"))


def render_list(request: Request, actor: Actor, place: Place) -> HttpResponse:
    """Render the list, or its result part alone when htmx asks for it."""
    context = _context(request, actor, place)
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render_block(request, TEMPLATE, "results", context)
    return render(request, TEMPLATE, context)


def render_parcel(request: Request, actor: Actor, place: Place, found: detail.Detail, address: str) -> HttpResponse:
    """Render the drawer over the list; htmx gets the drawer, or its inner part when only that is renewed."""
    shop_ids = (found.shop_id,) if found.shop_id is not None else ()
    own: dict[str, Any] = {
        "detail": found,
        "detail_address": _address(address, request.GET),
        "back": _address(place.address, request.GET),
        "shop_name": accounts.organisation_names(shop_ids).get(found.shop_id or 0, ""),
        "why": reasons.told(found.truth),
    }
    if request.htmx and not request.htmx.history_restore_request:
        block = "detail_body" if request.htmx.target == "detail" else "drawer_body"
        return render_block(request, TEMPLATE, block, own | {"place": place})
    return render(request, TEMPLATE, _context(request, actor, place) | own)


def render_counts(request: Request, actor: Actor) -> HttpResponse:
    """Render the counts of the tabs, which are asked for after the rows."""
    question = asked(request.GET, actor)
    wanted = question.wanted
    if access.must_name_parcels(actor, is_outlet=is_outlet(request)) and not wanted.waybill_nos:
        return render(request, "shared/counts.html", {"counts": dict.fromkeys(TABS, ""), "total": ""})
    found = queries.counts(actor=actor, filters={tab: queries.narrowed(wanted, mask) for tab, mask in TABS.items()})
    counts = _capped(found)
    return render(request, "shared/counts.html", {"counts": counts, "total": counts[question.tab]})


def render_badges(request: Request, found: Mapping[str, int]) -> HttpResponse:
    """Render the live counts of the side bar and the banners, which no console can do without."""
    return render(request, "shared/badges.html", {"counts": _capped(found)})


def _capped(found: Mapping[str, int]) -> dict[str, str]:
    return {name: capped(count, queries.COUNT_MAX) for name, count in found.items()}


def open_anomalies(actor: Actor) -> dict[str, int]:
    """Return how many parcels of an actor have an anomaly in progress."""
    return queries.counts(actor=actor, filters={"anomalies": Filter(open_types=queries.ANY_OPEN)})


def render_home(
    request: Request, actor: Actor, place: Place, *, template: str = "shared/overview.html"
) -> HttpResponse:
    """Render the overview of a console: where the newest parcels stand, and how many have an anomaly in progress."""
    stages = queries.by_status(actor=actor, wanted=Filter())
    types = queries.by_type(actor=actor)
    known = [(status, stages.get(status, 0)) for status in statuses_for(actor) if stages.get(status, 0)]
    context = {
        "stages": known,
        "types": types,
        "total": sum(stages.values()),
        "with_anomaly": open_anomalies(actor)["anomalies"],
        "place": place,
    }
    return render(request, template, context)
