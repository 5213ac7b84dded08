"""Tickets (查件) as a carrier sees them: what shops ask its head office or an outlet, and the answers."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import OrganisationId
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.parcels import stepping, ticket_queries, tickets
from yidao.web.shared import consoles, listpages, nudge_lists, nudge_pages, nudge_words
from yidao.web.shared.requests import Request

TICKET = "shared/ticket.html"


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of a carrier's tickets."""
    return [
        path(f"{prefix}tickets/", index, name="carrier-tickets"),
        path(f"{prefix}tickets/<inquiry:inquiry>/", item, name="carrier-ticket-item"),
    ]


@require_safe
def index(request: Request, carrier: OrganisationId, outlet: OrganisationId | None) -> HttpResponse:
    """List what shops ask, by how it stands."""
    actor = consoles.carrier(request, carrier, outlet)
    at = {"carrier": carrier, "outlet": outlet}
    shops = ticket_queries.shops_asking(actor, outlet_id=outlet)
    page = nudge_lists.ticket_page(
        request,
        actor,
        nudge_lists.tickets(name="carrier-tickets", other=nudge_lists.SHOP, shops=shops),
        address=reverse("carrier-tickets", kwargs=at),
        item_address=lambda ticket: reverse("carrier-ticket-item", kwargs={**at, "inquiry": ticket}),
        outlet_id=outlet,
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, carrier: OrganisationId, outlet: OrganisationId | None, inquiry: int) -> HttpResponse:
    """Show one ticket with its clock and what was said, and take the answer."""
    actor = consoles.carrier(request, carrier, outlet)
    refused = _answer(request, actor, inquiry) if request.method == "POST" else None
    if request.method == "POST" and refused is None:
        return HttpResponseRedirect(request.path)
    found = ticket_queries.ticket(inquiry, actor=actor, now=request.now)
    at = {"carrier": carrier, "outlet": outlet}
    context = {
        "ticket": found,
        "other_label": gettext(nudge_lists.SHOP),
        "other": accounts.organisation_names([found.row.shop_id]).get(found.row.shop_id, "—"),
        "parcel": reverse("carrier-parcel", kwargs={**at, "waybill_no": found.row.waybill_no}),
        "nudge": "",
        "findings": nudge_words.choices("finding"),
        **nudge_pages.form(request, refused, may=actor.may(Permission.TICKETS_ANSWER) and not actor.is_visiting),
        **nudge_pages.people(found.messages),
    }
    return nudge_pages.show(request, TICKET, context, status=refused.status if refused else 200)


def _answer(request: Request, actor: Actor, inquiry: int) -> Refusal | None:
    """Answer as the form says; return what was refused for its words or because it is over."""
    code, text = request.POST.get("code", ""), nudge_pages.said(request)
    try:
        tickets.answer(
            actor=actor,
            ticket_id=inquiry,
            code=code,
            text=text,
            now=request.now,
            real_now=clock.real_now(),
            request_key=nudge_pages.request_key(request, f"ticket/{inquiry}", [code, text]),
        )
    except (stepping.TextRefused, stepping.TextTooLong, stepping.CodeUnknown, stepping.Settled) as refusal:
        return refusal
    return None
