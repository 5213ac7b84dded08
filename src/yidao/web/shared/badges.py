"""The live counts of the side bar. A room adds its own to `COUNTERS`; an entry with that name as its badge shows it."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render

from yidao.accounts.actors import Actor, ActorKind
from yidao.exports import queries as exports
from yidao.judging import sanctions, violations
from yidao.kit import clock
from yidao.notices import queries as notices
from yidao.orders import after_sale_queries, refund_queries
from yidao.parcels import listing, nudge_queries, quarantine, queries, scope, ticket_queries
from yidao.parcels.listing import Wanted
from yidao.web.shared.formats import capped
from yidao.web.shared.requests import Request

Counter = Callable[[Actor, datetime], int]


def _anomalies(actor: Actor, now: datetime) -> int:
    """Count the anomalies in progress, as the list of them does."""
    since = scope.data_start(now) if actor.kind is ActorKind.CREATOR else None
    wanted = Wanted(states=("OPEN",), shipped_from=since)
    return listing.count_anomalies(actor=actor, wanted=wanted, limit=queries.COUNT_MAX + 1)


def _quarantine(actor: Actor, now: datetime) -> int:
    return quarantine.counts(actor=actor)[quarantine.State.OPEN.value]


def _exports(actor: Actor, now: datetime) -> int:
    return exports.waiting_count(actor=actor, real_now=clock.real_now())


def _notices(actor: Actor, now: datetime) -> int:
    return notices.unread(actor)


def _nudges(actor: Actor, now: datetime) -> int:
    """Count what waits for this side: answers to read for a creator, answers to give for a shop."""
    waiting, answered = nudge_queries.unsettled(actor=actor)
    return answered if actor.kind is ActorKind.CREATOR else waiting


def _tickets(actor: Actor, now: datetime) -> int:
    """Count what waits for this side: answers to read for a shop, answers to give for a carrier."""
    waiting, answered = ticket_queries.unsettled(actor=actor)
    return answered if actor.kind is ActorKind.MERCHANT else waiting


def _violations(actor: Actor, now: datetime) -> int:
    """Count what the shop was told of since this person last looked."""
    return violations.unseen(actor)


def _appeals(actor: Actor, now: datetime) -> int:
    return violations.waiting_appeals(actor=actor)


def _sanctions(actor: Actor, now: datetime) -> int:
    return sanctions.counts(actor=actor).get("PROPOSED", 0)


def _after_sales(actor: Actor, now: datetime) -> int:
    return after_sale_queries.waiting(actor)


def _refunds(actor: Actor, now: datetime) -> int:
    return refund_queries.waiting(actor)


COUNTERS: dict[str, Counter] = {
    "after-sales": _after_sales,
    "refunds": _refunds,
    "violations": _violations,
    "appeals": _appeals,
    "sanctions": _sanctions,
    "anomalies": _anomalies,
    "quarantine": _quarantine,
    "exports": _exports,
    "notices": _notices,
    "nudges": _nudges,
    "tickets": _tickets,
}


def render_badges(request: Request, actor: Actor) -> HttpResponse:
    """Render the counts the console's entries ask for, and the banners, which no console can do without."""
    assert request.console is not None
    names = dict.fromkeys(entry.badge for entry in request.console.entries if entry.badge)
    counts = {name: capped(COUNTERS[name](actor, request.now), queries.COUNT_MAX) for name in names}
    is_closed = actor.kind is ActorKind.MERCHANT and sanctions.is_closed(actor)
    return render(request, "shared/badges.html", {"counts": counts, "is_closed": is_closed})
