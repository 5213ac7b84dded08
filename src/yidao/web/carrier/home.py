"""The carrier's home page: what awaits pickup, what is wrong, and how it went over the last days."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from yidao.accounts.ids import OrganisationId
from yidao.parcels import access, standings, ticket_queries
from yidao.web.shared import consoles, homes, nudge_words
from yidao.web.shared.requests import Request


def places(carrier: OrganisationId, outlet: OrganisationId | None) -> homes.Places:
    """Return where the numbers of a carrier lead."""
    at = {"carrier": carrier, "outlet": outlet}
    return homes.Places(
        home=reverse("carrier-home", kwargs=at),
        parcels=reverse("carrier-parcels", kwargs=at),
        anomalies=reverse("carrier-anomalies", kwargs=at),
    )


@require_safe
def index(request: Request, carrier: OrganisationId, outlet: OrganisationId | None) -> HttpResponse:
    """Show the figures of the carrier's parcels; an outlet begins with the search for a number."""
    actor = consoles.carrier(request, carrier, outlet)
    where = places(carrier, outlet)
    at = {"carrier": carrier, "outlet": outlet}
    counts = ticket_queries.counts(actor=actor, now=request.now, outlet_id=outlet)
    asked = homes.threads(
        counts, nudge_words.TICKET_STATE, gettext("Tickets of shops"), reverse("carrier-tickets", kwargs=at)
    )
    if access.must_name_parcels(actor, is_outlet=outlet is not None):
        return render(request, "carrier/outlet.html", {"places": where, "asked": asked})

    def queue(days: int) -> homes.Part:
        return homes.pickups(standings.pickup_queue(actor=actor, now=request.now), where, request.now)

    home = homes.build(request, actor, where, queue, lambda days: asked)
    return homes.render(request, home)
