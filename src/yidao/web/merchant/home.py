"""The shop's home page: what needs it now, where its parcels stand, and how it went over the last days."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from yidao.accounts.ids import ShopId
from yidao.parcels import nudge_queries, standings, ticket_queries
from yidao.web.merchant import needs
from yidao.web.merchant.totals import strip
from yidao.web.shared import consoles, homes, nudge_words
from yidao.web.shared.requests import Request


def places(shop: ShopId) -> homes.Places:
    """Return where the numbers of a shop lead."""
    at = {"shop": shop}
    return homes.Places(
        home=reverse("merchant-home", kwargs=at),
        parcels=reverse("merchant-parcels", kwargs=at),
        anomalies=reverse("merchant-anomalies", kwargs=at),
    )


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """Show what the shop has to do now, then the figures of its parcels."""
    actor = consoles.merchant(request, shop)
    at = {"shop": shop}

    def nudges(days: int) -> homes.Part:
        counts = nudge_queries.counts(actor=actor, now=request.now)
        title, words = gettext("Creators step in"), nudge_words.NUDGE_STATE
        return homes.threads(counts, words, title, reverse("merchant-nudges", kwargs=at))

    def tickets(days: int) -> homes.Part:
        counts = ticket_queries.counts(actor=actor, now=request.now)
        title, words = gettext("Tickets to carriers"), nudge_words.TICKET_STATE
        return homes.threads(counts, words, title, reverse("merchant-tickets", kwargs=at))

    def limits(days: int) -> homes.Part:
        return homes.limits(standings.near_limits(actor=actor, now=request.now), places(shop))

    home = homes.build(request, actor, places(shop), limits, nudges, tickets)
    totals = strip(actor=actor, shop=shop, now=request.now)
    return homes.render(request, home, totals=totals, needs=needs.of(actor, shop, now=request.now))
