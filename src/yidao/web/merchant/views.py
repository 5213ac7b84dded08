"""The merchant's pages: the shop's own parcels with their plain numbers."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from yidao.accounts.ids import ShopId
from yidao.parcels import detail
from yidao.web.shared import consoles, lists
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request


def _place(shop: ShopId) -> lists.Place:
    at = {"shop": shop}
    return lists.Place(
        address=reverse("merchant-parcels", kwargs=at),
        counts_address=reverse("merchant-counts", kwargs=at),
        row_address=lambda row: reverse(
            "merchant-parcel", kwargs={**at, "carrier": row.carrier, "waybill_no": row.waybill_no}
        ),
    )


@require_safe
def home(request: Request, shop: ShopId) -> HttpResponse:
    """Show where the shop's parcels stand."""
    actor = consoles.merchant(request, shop)
    return lists.render_home(request, actor, _place(shop))


@require_safe
def parcels(request: Request, shop: ShopId) -> HttpResponse:
    """List the shop's parcels, the newest shipped first."""
    actor = consoles.merchant(request, shop)
    return lists.render_list(request, actor, _place(shop))


@require_safe
def counts(request: Request, shop: ShopId) -> HttpResponse:
    """Count the tabs of the list."""
    actor = consoles.merchant(request, shop)
    return lists.render_counts(request, actor)


@require_safe
def parcel(request: Request, shop: ShopId, carrier: str, waybill_no: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.merchant(request, shop)
    found = detail.by_number(waybill_no, carrier, actor=actor, now=request.now)
    at = {"shop": shop, "carrier": carrier, "waybill_no": waybill_no}
    return lists.render_parcel(request, actor, _place(shop), found, reverse("merchant-parcel", kwargs=at))


@require_safe
def badges(request: Request, shop: ShopId) -> HttpResponse:
    """Count what the side bar shows."""
    actor = consoles.merchant(request, shop)
    return render_badges(request, actor)


@require_safe
def ticket(request: Request, shop: ShopId) -> HttpResponse:
    """Give a ticket for live news."""
    actor = consoles.merchant(request, shop)
    return HttpResponse(consoles.live_ticket(actor), content_type="text/plain")
