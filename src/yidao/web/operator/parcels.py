"""The operator's view of every parcel, with plain numbers."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from yidao.parcels import detail
from yidao.web.shared import consoles, lists
from yidao.web.shared.requests import Request


def _place() -> lists.Place:
    return lists.Place(
        address=reverse("operator-parcels"),
        counts_address=reverse("operator-counts"),
        row_address=lambda row: reverse(
            "operator-parcel", kwargs={"carrier": row.carrier, "waybill_no": row.waybill_no}
        ),
    )


@require_safe
def index(request: Request) -> HttpResponse:
    """List all parcels, the newest shipped first."""
    actor = consoles.operator(request)
    return lists.render_list(request, actor, _place())


@require_safe
def counts(request: Request) -> HttpResponse:
    """Count the tabs of the list."""
    actor = consoles.operator(request)
    return lists.render_counts(request, actor)


@require_safe
def parcel(request: Request, carrier: str, waybill_no: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.operator(request)
    found = detail.by_number(waybill_no, carrier, actor=actor, now=request.now)
    address = reverse("operator-parcel", kwargs={"carrier": carrier, "waybill_no": waybill_no})
    return lists.render_parcel(request, actor, _place(), found, address)
