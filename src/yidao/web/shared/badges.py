"""The live counts of the side bar. A room adds its own to `COUNTERS`; an entry with that name as its badge shows it."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render

from yidao.accounts.actors import Actor
from yidao.exports import queries as exports
from yidao.kit import clock
from yidao.parcels import quarantine, queries
from yidao.web.shared.formats import capped
from yidao.web.shared.requests import Request

Counter = Callable[[Actor, datetime], int]


def _anomalies(actor: Actor, now: datetime) -> int:
    filters = {"anomalies": queries.Filter(open_types=queries.ANY_OPEN)}
    return queries.counts(actor=actor, filters=filters)["anomalies"]


def _quarantine(actor: Actor, now: datetime) -> int:
    return quarantine.counts(actor=actor)[quarantine.State.OPEN.value]


def _exports(actor: Actor, now: datetime) -> int:
    return exports.waiting_count(actor=actor, real_now=clock.real_now())


COUNTERS: dict[str, Counter] = {"anomalies": _anomalies, "quarantine": _quarantine, "exports": _exports}


def render_badges(request: Request, actor: Actor) -> HttpResponse:
    """Render the counts the console's entries ask for, and the banners, which no console can do without."""
    assert request.console is not None
    names = dict.fromkeys(entry.badge for entry in request.console.entries if entry.badge)
    counts = {name: capped(COUNTERS[name](actor, request.now), queries.COUNT_MAX) for name in names}
    return render(request, "shared/badges.html", {"counts": counts})
