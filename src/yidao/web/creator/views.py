"""The creator's pages. A creator never reads a waybill number in full: addresses carry the parcel's opaque name."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from yidao.accounts.ids import CreatorId
from yidao.parcels import detail
from yidao.web.shared import consoles, lists
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request


def _place(creator: CreatorId | None) -> lists.Place:
    at = {"creator": creator}
    return lists.Place(
        address=reverse("creator-parcels", kwargs=at),
        counts_address=reverse("creator-counts", kwargs=at),
        row_address=lambda row: reverse("creator-parcel", kwargs={**at, "token": row.token}),
    )


@require_safe
def home(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Show where the creator's parcels stand."""
    actor = consoles.creator(request, creator)
    return lists.render_home(request, actor, _place(creator))


@require_safe
def parcels(request: Request, creator: CreatorId | None) -> HttpResponse:
    """List the parcels the creator promoted, the newest shipped first."""
    actor = consoles.creator(request, creator)
    return lists.render_list(request, actor, _place(creator))


@require_safe
def counts(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Count the tabs of the list."""
    actor = consoles.creator(request, creator)
    return lists.render_counts(request, actor)


@require_safe
def parcel(request: Request, creator: CreatorId | None, token: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.creator(request, creator)
    found = detail.by_token(token, actor=actor, now=request.now)
    address = reverse("creator-parcel", kwargs={"creator": creator, "token": found.token})
    return lists.render_parcel(request, actor, _place(creator), found, address)


@require_safe
def badges(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Count what the side bar shows."""
    actor = consoles.creator(request, creator)
    return render_badges(request, actor)


@require_safe
def ticket(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Give a ticket for live news."""
    actor = consoles.creator(request, creator)
    return HttpResponse(consoles.live_ticket(actor), content_type="text/plain")
