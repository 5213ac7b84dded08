"""Stepping in (介入) as the shop meets it: the creators' nudges, answers, what the shop knows of, and questions on."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Forbidden, Refusal
from yidao.parcels import acknowledgements, nudge_queries, nudges, stepping, tickets
from yidao.parcels.nudge_queries import ItemRow
from yidao.web.merchant import tickets as ticket_pages
from yidao.web.shared import consoles, listpages, nudge_lists, nudge_pages, nudge_words
from yidao.web.shared.requests import Request

THREAD, NOTHING = "merchant/nudge.html", "merchant/acknowledge.html"
WORDS_REFUSED = (stepping.TextRefused, stepping.TextTooLong, stepping.CodeUnknown, stepping.Settled)
"""Refusals that are told above the form that was sent."""


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's side."""
    return [
        path(f"{prefix}nudges/", index, name="merchant-nudges"),
        path(f"{prefix}nudges/<nudge:nudge>/", item, name="merchant-nudge"),
        path(f"{prefix}acknowledge/", acknowledge, name="merchant-acknowledge"),
    ]


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the nudges of the shop's creators by how they stand."""
    actor = consoles.merchant(request, shop)
    listing = nudge_lists.threads(
        name="merchant-nudges",
        title=nudge_lists.CREATORS_STEP_IN,
        other=nudge_lists.CREATOR,
        partners=nudge_queries.partners(actor),
    )
    page = nudge_lists.thread_page(
        request,
        actor,
        listing,
        address=reverse("merchant-nudges", kwargs={"shop": shop}),
        item_address=lambda nudge: reverse("merchant-nudge", kwargs={"shop": shop, "nudge": nudge}),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, shop: ShopId, nudge: int) -> HttpResponse:
    """Show one nudge with its clock and what was said; answer, know of it, or pass the question on."""
    actor = consoles.merchant(request, shop)
    refused: Refusal | None = None
    forwarded = tickets.Forwarded(ticket_ids=(), left_out=())
    if request.method == "POST":
        try:
            forwarded = _act(request, actor, nudge)
        except WORDS_REFUSED as refusal:
            refused = refusal
        if refused is None and not forwarded.left_out:
            return HttpResponseRedirect(request.path)
    context = _context(request, actor, shop, nudge, refused)
    context["left_out"] = nudge_pages.left_out(forwarded.left_out, is_plain=True)
    return nudge_pages.show(request, THREAD, context, status=refused.status if refused else 200)


def _act(request: Request, actor: Actor, nudge: int) -> tickets.Forwarded:
    """Do what the thread's forms ask; a question to the carrier may leave something out."""
    now, real_now = request.now, clock.real_now()
    act = request.POST.get("act", "")
    if act == "acknowledge":
        nudges.acknowledge(actor=actor, thread_id=nudge, now=now, real_now=real_now)
    elif act == "forward":
        chosen = nudge_pages.chosen(request)
        if not chosen:
            found = nudge_queries.thread(nudge, actor=actor, now=now)
            chosen = [_value(each) for each in found.items if each.is_open and not each.ticket_id]
        return ticket_pages.forward(request, actor, chosen, thread_id=nudge)
    else:
        code, text = request.POST.get("code", ""), nudge_pages.said(request)
        key = nudge_pages.request_key(request, f"answer/{nudge}", [code, text])
        nudges.answer(actor=actor, thread_id=nudge, code=code, text=text, now=now, real_now=real_now, request_key=key)
    return tickets.Forwarded(ticket_ids=(), left_out=())


def _value(each: ItemRow) -> str:
    """Return how a form names an anomaly of the thread."""
    return f"{each.carrier}/{each.waybill_no}/{each.life}/{each.type}"


def _context(request: Request, actor: Actor, shop: ShopId, nudge: int, refused: Refusal | None) -> dict[str, Any]:
    found = nudge_queries.thread(nudge, actor=actor, now=request.now)
    at = {"shop": shop}
    may_answer = actor.may(Permission.NUDGES_ANSWER) and not actor.is_visiting
    is_pickable = any(each.is_open and not each.ticket_id for each in found.items)
    return {
        "thread": found,
        "other": accounts.organisation_names([found.row.creator_id]).get(found.row.creator_id, "—"),
        "parcel_address": lambda each: reverse(
            "merchant-parcel", kwargs={**at, "carrier": each.carrier, "waybill_no": each.waybill_no}
        ),
        "ticket_address": lambda ticket: reverse("merchant-ticket-item", kwargs={**at, "inquiry": ticket}),
        "item_value": _value,
        "answers": nudge_words.choices("answer"),
        "addressees": ticket_pages.addressees({each.carrier for each in found.items}),
        "outlet": request.POST.get("outlet", ""),
        "asking": nudge_pages.said(request, "question"),
        "may_answer": may_answer,
        "may_acknowledge": actor.may(Permission.ANOMALIES_ACKNOWLEDGE) and not actor.is_visiting,
        "may_pick": may_answer and is_pickable and found.row.state != "SETTLED",
        "second_key": nudge_pages.fresh_key(),
        **nudge_pages.form(request, refused, may=may_answer),
        **nudge_pages.people(found.messages),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def acknowledge(request: Request, shop: ShopId) -> HttpResponse:
    """Mark the chosen anomalies as known (已知晓) and go back to the list they were chosen in."""
    actor = consoles.merchant(request, shop)
    back = nudge_pages.back(request, reverse("merchant-parcels", kwargs={"shop": shop}))
    if not actor.may(Permission.ANOMALIES_ACKNOWLEDGE):
        raise Forbidden
    items = nudge_pages.by_number(nudge_pages.chosen(request), actor=actor)
    if request.method != "POST" or not items:
        return render(request, NOTHING, {"back": back})
    known = acknowledgements.acknowledge(actor=actor, items=items, now=request.now, real_now=clock.real_now())
    said = ngettext("%(count)d anomaly is marked as known.", "%(count)d anomalies are marked as known.", known.count)
    messages.success(request, said % {"count": known.count})
    if known.left_out:
        messages.info(request, gettext("What was over or known already stayed as it was."))
    return HttpResponseRedirect(back)
