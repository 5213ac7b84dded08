"""The merchant's pages: the shop's own parcels with their plain numbers."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.parcels import detail
from yidao.web.merchant import totals
from yidao.web.shared import consoles, listpages, parcel_lists
from yidao.web.shared.badges import render_badges
from yidao.web.shared.listpages import Act
from yidao.web.shared.requests import Request


def _place(actor: Actor, shop: ShopId) -> parcel_lists.Place:
    at = {"shop": shop}
    known = Act(label=gettext_noop("Acknowledge"), address=reverse("merchant-acknowledge", kwargs=at))
    ask = Act(label=gettext_noop("Ask the carrier"), address=reverse("merchant-ticket-new", kwargs=at), value="forward")
    needs = {known: Permission.ANOMALIES_ACKNOWLEDGE, ask: Permission.NUDGES_ANSWER}
    return parcel_lists.Place(
        parcels=reverse("merchant-parcels", kwargs=at),
        anomalies=reverse("merchant-anomalies", kwargs=at),
        exports=reverse("merchant-exports", kwargs=at),
        row_address=lambda row: reverse(
            "merchant-parcel", kwargs={**at, "carrier": row.carrier, "waybill_no": row.waybill_no}
        ),
        bulk=tuple(act for act, permission in needs.items() if actor.may(permission)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def parcels(request: Request, shop: ShopId) -> HttpResponse:
    """List the shop's parcels (包裹中心) below the totals of their anomalies."""
    actor = consoles.merchant(request, shop)
    return _list(request, actor, shop, is_of_anomalies=False)


@require_http_methods(["GET", "HEAD", "POST"])
def anomalies(request: Request, shop: ShopId) -> HttpResponse:
    """List the anomalies of the shop's parcels, one row for each."""
    actor = consoles.merchant(request, shop)
    return _list(request, actor, shop, is_of_anomalies=True)


def _list(request: Request, actor: Actor, shop: ShopId, *, is_of_anomalies: bool) -> HttpResponse:
    is_whole = request.method != "POST" and not request.htmx and listpages.PART not in request.GET
    context = {"totals": totals.strip(actor=actor, shop=shop, now=request.now) if is_whole else None}
    page = parcel_lists.page(request, actor, _place(actor, shop), is_of_anomalies=is_of_anomalies, context=context)
    return listpages.render(request, actor, page)


@require_safe
def parcel(request: Request, shop: ShopId, carrier: str, waybill_no: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.merchant(request, shop)
    found = detail.by_number(waybill_no, carrier, actor=actor, now=request.now)
    at = {"shop": shop, "carrier": carrier, "waybill_no": waybill_no}
    return parcel_lists.render_drawer(request, actor, _place(actor, shop), found, reverse("merchant-parcel", kwargs=at))


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
