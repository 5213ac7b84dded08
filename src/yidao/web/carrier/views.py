"""The carrier's pages: the head office sees all parcels it carries, an outlet looks up the numbers it has in hand."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Actor
from yidao.accounts.ids import OrganisationId
from yidao.parcels import access, detail
from yidao.web.shared import consoles, parcel_lists
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request

OutletId = OrganisationId


def _place(actor: Actor, carrier: OrganisationId, outlet: OutletId | None) -> parcel_lists.Place:
    at = {"carrier": carrier, "outlet": outlet}
    return parcel_lists.Place(
        parcels=reverse("carrier-parcels", kwargs=at),
        anomalies=reverse("carrier-anomalies", kwargs=at),
        exports=reverse("carrier-exports", kwargs=at),
        row_address=lambda row: reverse("carrier-parcel", kwargs={**at, "waybill_no": row.waybill_no}),
        must_name=access.must_name_parcels(actor, is_outlet=outlet is not None),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def parcels(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """List the carrier's parcels, the newest shipped first."""
    actor = consoles.carrier(request, carrier, outlet)
    return parcel_lists.render(request, actor, _place(actor, carrier, outlet), is_of_anomalies=False)


@require_http_methods(["GET", "HEAD", "POST"])
def anomalies(request: Request, carrier: OrganisationId, outlet: OutletId | None) -> HttpResponse:
    """List the anomalies of the carrier's parcels, one row for each."""
    actor = consoles.carrier(request, carrier, outlet)
    return parcel_lists.render(request, actor, _place(actor, carrier, outlet), is_of_anomalies=True)


@require_safe
def parcel(request: Request, carrier: OrganisationId, outlet: OutletId | None, waybill_no: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.carrier(request, carrier, outlet)
    found = detail.by_number(waybill_no, actor.carrier, actor=actor, now=request.now)
    address = reverse("carrier-parcel", kwargs={"carrier": carrier, "outlet": outlet, "waybill_no": waybill_no})
    return parcel_lists.render_drawer(request, actor, _place(actor, carrier, outlet), found, address)


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
