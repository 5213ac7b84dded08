"""The operator's view of every parcel, with plain numbers."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from yidao.parcels import detail
from yidao.web.shared import consoles, parcel_lists
from yidao.web.shared.requests import Request


def _place() -> parcel_lists.Place:
    return parcel_lists.Place(
        parcels=reverse("operator-parcels"),
        anomalies=reverse("operator-anomalies"),
        exports=reverse("operator-exports"),
        row_address=lambda row: reverse(
            "operator-parcel", kwargs={"carrier": row.carrier, "waybill_no": row.waybill_no}
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """List all parcels, the newest shipped first."""
    actor = consoles.operator(request)
    return parcel_lists.render(request, actor, _place(), is_of_anomalies=False)


@require_http_methods(["GET", "HEAD", "POST"])
def anomalies(request: Request) -> HttpResponse:
    """List all anomalies, one row for each."""
    actor = consoles.operator(request)
    return parcel_lists.render(request, actor, _place(), is_of_anomalies=True)


@require_safe
def parcel(request: Request, carrier: str, waybill_no: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.operator(request)
    found = detail.by_number(waybill_no, carrier, actor=actor, now=request.now)
    address = reverse("operator-parcel", kwargs={"carrier": carrier, "waybill_no": waybill_no})
    return parcel_lists.render_drawer(request, actor, _place(), found, address)
