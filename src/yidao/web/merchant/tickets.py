"""Tickets (查件) as the shop sees them: questions to its carriers, their answers, and asking anew."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Forbidden, Refusal
from yidao.parcels import stepping, ticket_queries, tickets
from yidao.rules.nudging import Item
from yidao.web.shared import consoles, listpages, nudge_lists, nudge_pages, nudge_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

NEW, TICKET = "merchant/ticket_new.html", "shared/ticket.html"
ADDRESSEE: Final = gettext_noop("Asked of")


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's tickets."""
    return [
        path(f"{prefix}tickets/", index, name="merchant-tickets"),
        path(f"{prefix}tickets/new/", new, name="merchant-ticket-new"),
        path(f"{prefix}tickets/<inquiry:inquiry>/", item, name="merchant-ticket-item"),
    ]


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the shop's tickets by how they stand."""
    actor = consoles.merchant(request, shop)
    page = nudge_lists.ticket_page(
        request,
        actor,
        nudge_lists.tickets(name="merchant-tickets", other=ADDRESSEE, shops=None),
        address=reverse("merchant-tickets", kwargs={"shop": shop}),
        item_address=lambda ticket: reverse("merchant-ticket-item", kwargs={"shop": shop, "inquiry": ticket}),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, shop: ShopId) -> HttpResponse:
    """Ask the carrier about the chosen anomalies; what cannot be asked is named."""
    actor = consoles.merchant(request, shop)
    if not actor.may(Permission.NUDGES_ANSWER):
        raise Forbidden
    chosen = nudge_pages.chosen(request)
    items = nudge_pages.by_number(chosen, actor=actor)
    if request.method != "POST" or "send" not in request.POST:
        return render(request, NEW, _wish(request, items, shop))
    try:
        forwarded = forward(request, actor, chosen, thread_id=None)
    except Refusal as refusal:
        return render(request, NEW, _wish(request, items, shop, refused=message_of(refusal)), status=refusal.status)
    if not forwarded.left_out and forwarded.ticket_ids:
        _told(request, len(forwarded.ticket_ids))
        return HttpResponseRedirect(reverse("merchant-tickets", kwargs={"shop": shop}))
    context = _wish(request, items, shop) | {
        "sent": len(forwarded.ticket_ids),
        "left_out": nudge_pages.left_out(forwarded.left_out, is_plain=True),
    }
    return render(request, NEW, context)


def forward(request: Request, actor: Actor, chosen: Sequence[str], *, thread_id: int | None) -> tickets.Forwarded:
    """
    Ask the carrier what the form asks about these anomalies.

    :raises Refusal: the question is missing or too long.
    """
    text, outlet = nudge_pages.said(request, "question"), request.POST.get("outlet", "")
    return tickets.forward(
        actor=actor,
        items=nudge_pages.by_number(chosen, actor=actor),
        question=tickets.Question(text=text, outlet_id=nudge_pages.organisation_id(outlet), thread_id=thread_id),
        now=request.now,
        real_now=clock.real_now(),
        request_key=nudge_pages.request_key(request, "ticket", [text, outlet, thread_id, *chosen]),
    )


def addressees(carriers: Iterable[str]) -> list[tuple[str, str]]:
    """Return whom a question may go to: the head office of each carrier, or one of their outlets."""
    offices = tickets.head_offices(set(carriers))
    outlets = [
        (str(outlet), name)
        for office in sorted(offices.values())
        for outlet, name in tickets.outlets_of(office).items()
    ]
    return [("", gettext("the carrier's head office")), *outlets]


def _wish(request: Request, items: Sequence[Item], shop: ShopId, *, refused: str = "") -> dict[str, Any]:
    carriers = Counter(each.carrier for each in items)
    return {
        "count": len(items),
        "carriers": carriers.most_common(),
        "items": nudge_pages.chosen(request),
        "addressees": addressees(carriers),
        "outlet": request.POST.get("outlet", ""),
        "asking": nudge_pages.said(request, "question"),
        "text_max": stepping.policy_at(request.now).text_length_max,
        "key": request.POST.get("key", "") or nudge_pages.fresh_key(),
        "refused": refused,
        "words": nudge_words,
        "left_out": [],
        "sent": 0,
        "here": reverse("merchant-ticket-new", kwargs={"shop": shop}),
        "list": reverse("merchant-tickets", kwargs={"shop": shop}),
        "back": nudge_pages.back(request, reverse("merchant-parcels", kwargs={"shop": shop})),
    }


def _told(request: Request, count: int) -> None:
    messages.success(
        request, ngettext("%(num)s ticket was opened.", "%(num)s tickets were opened.", count) % {"num": count}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, shop: ShopId, inquiry: int) -> HttpResponse:
    """Show one ticket with its clock and what was said; ask again or close it."""
    actor = consoles.merchant(request, shop)
    refused = _act(request, actor, inquiry) if request.method == "POST" else None
    if request.method == "POST" and refused is None:
        return HttpResponseRedirect(request.path)
    found = ticket_queries.ticket(inquiry, actor=actor, now=request.now)
    row, at = found.row, {"shop": shop}
    addressee = row.outlet_id or row.office_id
    context = {
        "ticket": found,
        "other_label": gettext(ADDRESSEE),
        "other": accounts.organisation_names([addressee]).get(addressee, "—"),
        "parcel": reverse("merchant-parcel", kwargs={**at, "carrier": row.carrier, "waybill_no": row.waybill_no}),
        "nudge": reverse("merchant-nudge", kwargs={**at, "nudge": row.thread_id}) if row.thread_id else "",
        "findings": (),
        **nudge_pages.form(request, refused, may=actor.may(Permission.NUDGES_ANSWER) and not actor.is_visiting),
        **nudge_pages.people(found.messages),
    }
    return nudge_pages.show(request, TICKET, context, status=refused.status if refused else 200)


def _act(request: Request, actor: Actor, inquiry: int) -> Refusal | None:
    """Do what the ticket's form asks; return what was refused for its words or because it is over."""
    now, real_now = request.now, clock.real_now()
    if request.POST.get("act") == "close":
        tickets.close(actor=actor, ticket_id=inquiry, now=now, real_now=real_now)
        return None
    try:
        tickets.ask_again(actor=actor, ticket_id=inquiry, text=nudge_pages.said(request), now=now, real_now=real_now)
    except (stepping.TextRefused, stepping.TextTooLong, stepping.Settled) as refusal:
        return refusal
    return None
