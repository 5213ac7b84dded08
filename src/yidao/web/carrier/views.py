"""The carrier's pages: the head office sees all parcels it carries, an outlet looks up the numbers it has in hand."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from yidao.accounts.ids import OrganisationId
from yidao.parcels import access, detail
from yidao.web.shared import consoles, lists
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request

OutletId = OrganisationId


def _place(carrier: OrganisationId, outlet: OutletId | None) -> lists.Place:
    at = {"carrier": carrier, "outlet": outlet}
    return lists.Place(
        address=reverse("carrier-parcels", kwargs=at),
        counts_address=reverse("carrier-counts", kwargs=at),
        row_address=lambda row: reverse("carrier-parcel", kwargs={**at, "waybill_no": row.waybill_no}),
    )


@require_safe
def home(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """Show where the carrier's parcels stand; an outlet begins with the search for a number."""
    actor = consoles.carrier(request, carrier, outlet)
    if access.must_name_parcels(actor, is_outlet=outlet is not None):
        return lists.render_list(request, actor, _place(carrier, outlet))
    return lists.render_home(request, actor, _place(carrier, outlet))


@require_safe
def parcels(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """List the carrier's parcels, the newest shipped first."""
    actor = consoles.carrier(request, carrier, outlet)
    return lists.render_list(request, actor, _place(carrier, outlet))


@require_safe
def counts(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """Count the tabs of the list."""
    actor = consoles.carrier(request, carrier, outlet)
    return lists.render_counts(request, actor)


@require_safe
def parcel(request: Request, carrier: OrganisationId, outlet: OutletId | None, waybill_no: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.carrier(request, carrier, outlet)
    found = detail.by_number(waybill_no, actor.carrier, actor=actor, now=request.now)
    at = {"carrier": carrier, "outlet": outlet, "waybill_no": waybill_no}
    return lists.render_parcel(request, actor, _place(carrier, outlet), found, reverse("carrier-parcel", kwargs=at))


@require_safe
def badges(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """Count what the side bar shows."""
    actor = consoles.carrier(request, carrier, outlet)
    return render_badges(request, actor)


@require_safe
def ticket(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """Give a ticket for live news."""
    actor = consoles.carrier(request, carrier, outlet)
    return HttpResponse(consoles.live_ticket(actor), content_type="text/plain")
