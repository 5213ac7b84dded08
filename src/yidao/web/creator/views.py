"""The creator's pages. A creator never reads a waybill number in full: addresses carry the parcel's opaque name."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import CreatorId
from yidao.parcels import detail
from yidao.web.shared import consoles, parcel_lists
from yidao.web.shared.badges import render_badges
from yidao.web.shared.listpages import Act
from yidao.web.shared.requests import Request


def _place(actor: Actor, creator: CreatorId | None, *, alliance: bool = False) -> parcel_lists.Place:
    at = {"creator": creator}
    step_in = Act(label=gettext_noop("Step in"), address=reverse("creator-nudge-new", kwargs=at), value="nudge")
    prefix = "creator-alliance" if alliance else "creator"
    return parcel_lists.Place(
        parcels=reverse(f"{prefix}-parcels", kwargs=at),
        anomalies=reverse(f"{prefix}-anomalies", kwargs=at),
        exports=reverse("creator-exports", kwargs=at),
        row_address=lambda row: reverse("creator-parcel", kwargs={**at, "token": row.token}),
        active="alliance" if alliance else "parcels",
        bulk=(step_in,) if actor.may(Permission.NUDGES_SEND) else (),
        one=(step_in,) if actor.may(Permission.NUDGES_SEND) else (),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def parcels(request: Request, creator: CreatorId | None, *, alliance: bool = False) -> HttpResponse:
    """List the parcels the creator promoted (全量包裹), the newest shipped first; both menu paths lead here."""
    actor = consoles.creator(request, creator)
    return parcel_lists.render(request, actor, _place(actor, creator, alliance=alliance), is_of_anomalies=False)


@require_http_methods(["GET", "HEAD", "POST"])
def anomalies(request: Request, creator: CreatorId | None, *, alliance: bool = False) -> HttpResponse:
    """List the anomalies of the parcels the creator promoted (异常包裹), one row for each."""
    actor = consoles.creator(request, creator)
    return parcel_lists.render(request, actor, _place(actor, creator, alliance=alliance), is_of_anomalies=True)


@require_safe
def parcel(request: Request, creator: CreatorId | None, token: str) -> HttpResponse:
    """Show one parcel: timeline, anomalies and why."""
    actor = consoles.creator(request, creator)
    found = detail.by_token(token, actor=actor, now=request.now)
    address = reverse("creator-parcel", kwargs={"creator": creator, "token": found.token})
    return parcel_lists.render_drawer(request, actor, _place(actor, creator), found, address)


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
