"""Stepping in (介入) as the creator does it: choosing, asking, following, closing. Numbers stay masked."""

from collections import Counter
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import CreatorId
from yidao.kit import clock
from yidao.kit.errors import Forbidden, Refusal
from yidao.parcels import nudge_queries, nudges, scope, standing, stepping
from yidao.rules.nudging import Item
from yidao.web.shared import consoles, listpages, nudge_lists, nudge_pages, nudge_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

NEW, RESULT, THREAD = "creator/nudge_new.html", "creator/nudge_result.html", "creator/nudge.html"
PARCELS_MAX: Final = 1_000
"""Parcels looked at for "everything open of this shop"; what is over a nudge's limit is named."""


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of stepping in."""
    return [
        path(f"{prefix}nudges/", index, name="creator-nudges"),
        path(f"{prefix}nudges/new/", new, name="creator-nudge-new"),
        path(f"{prefix}nudges/<nudge:nudge>/", item, name="creator-nudge"),
    ]


@require_safe
def index(request: Request, creator: CreatorId | None) -> HttpResponse:
    """List the creator's nudges by how they stand."""
    actor = consoles.creator(request, creator)
    at = {"creator": creator}
    listing = nudge_lists.threads(
        name="creator-nudges",
        title=nudge_lists.STEPPING_IN,
        other=nudge_lists.SHOP,
        partners=nudge_queries.partners(actor),
    )
    return listpages.render(
        request,
        actor,
        nudge_lists.thread_page(
            request,
            actor,
            listing,
            address=reverse("creator-nudges", kwargs=at),
            item_address=lambda nudge: reverse("creator-nudge", kwargs={**at, "nudge": nudge}),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Ask what to say about the chosen anomalies, and send it; what cannot go is named."""
    actor = consoles.creator(request, creator)
    if not actor.may(Permission.NUDGES_SEND):
        raise Forbidden
    items = _chosen(request, actor)
    if request.method != "POST" or "send" not in request.POST:
        return render(request, NEW, _wish(request, actor, items, creator))
    code, text = request.POST.get("code", ""), nudge_pages.said(request)
    try:
        opened = nudges.open_threads(
            actor=actor,
            items=items,
            code=code,
            text=text,
            now=request.now,
            real_now=clock.real_now(),
            request_key=nudge_pages.request_key(request, "nudge", [code, text, *map(list, items)]),
        )
    except Refusal as refusal:
        context = _wish(request, actor, items, creator, refused=message_of(refusal))
        return render(request, NEW, context, status=refusal.status)
    return _sent(request, opened, creator)


def _chosen(request: Request, actor: Actor) -> list[Item]:
    since = scope.data_start(request.now)
    shop_id = nudge_pages.organisation_id((request.POST or request.GET).get("shop", ""))
    if shop_id is None:
        return nudge_pages.by_token(nudge_pages.chosen(request), actor=actor, since=since)
    keys = standing.troubled_parcels_of_shop(shop_id, actor=actor, limit=PARCELS_MAX)
    owners = standing.owners(keys, actor=actor, since=since)
    return [Item(*key, name) for key in keys if key in owners for name in owners[key].open_types]


def _wish(
    request: Request, actor: Actor, items: list[Item], creator: CreatorId | None, *, refused: str = ""
) -> dict[str, Any]:
    owners = standing.owners((each.parcel for each in items), actor=actor)
    shops = Counter(owners[each.parcel].shop_id or 0 for each in items)
    names = accounts.organisation_names(shops)
    types = Counter(each.type for each in items)
    return {
        "shops": [(names.get(shop_id, "—"), count) for shop_id, count in shops.most_common()],
        "types": types.most_common(),
        "count": len(items),
        "parcels": len({each.parcel for each in items}),
        "items": nudge_pages.chosen(request),
        "shop": (request.POST or request.GET).get("shop", ""),
        "notes": nudge_words.choices("note"),
        "code": request.POST.get("code", ""),
        "text": nudge_pages.said(request),
        "text_max": stepping.policy_at(request.now).text_length_max,
        "key": request.POST.get("key", "") or nudge_pages.fresh_key(),
        "refused": refused,
        "here": reverse("creator-nudge-new", kwargs={"creator": creator}),
        "back": nudge_pages.back(request, reverse("creator-parcels", kwargs={"creator": creator})),
    }


def _sent(request: Request, opened: nudges.Opened, creator: CreatorId | None) -> HttpResponse:
    """Lead to what was opened; where something was left out, name it first."""
    at = {"creator": creator}
    if not opened.left_out and opened.thread_ids:
        count = len(opened.thread_ids)
        messages.success(
            request, ngettext("%(count)d shop was asked.", "%(count)d shops were asked.", count) % {"count": count}
        )
        if count == 1:
            return HttpResponseRedirect(reverse("creator-nudge", kwargs={**at, "nudge": opened.thread_ids[0]}))
        return HttpResponseRedirect(reverse("creator-nudges", kwargs=at))
    context = {
        "opened": opened,
        "left_out": nudge_pages.left_out(opened.left_out, is_plain=False),
        "threads": [reverse("creator-nudge", kwargs={**at, "nudge": each}) for each in opened.thread_ids],
        "list": reverse("creator-nudges", kwargs=at),
        "words": nudge_words,
    }
    return render(request, RESULT, context)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, creator: CreatorId | None, nudge: int) -> HttpResponse:
    """Show one nudge with its clock and what was said; ask again or close it."""
    actor = consoles.creator(request, creator)
    refused = _act(request, actor, nudge) if request.method == "POST" else None
    if request.method == "POST" and refused is None:
        return HttpResponseRedirect(request.path)
    found = nudge_queries.thread(nudge, actor=actor, now=request.now)
    context = {
        "thread": found,
        "other": accounts.organisation_names([found.row.shop_id]).get(found.row.shop_id, "—"),
        "parcel_address": lambda each: reverse("creator-parcel", kwargs={"creator": creator, "token": each.token}),
        "may_pick": False,
        **nudge_pages.form(request, refused, may=actor.may(Permission.NUDGES_SEND) and not actor.is_visiting),
        **nudge_pages.people(found.messages),
    }
    return nudge_pages.show(request, THREAD, context, status=refused.status if refused else 200)


def _act(request: Request, actor: Actor, nudge: int) -> Refusal | None:
    """Do what the thread's form asks; return what was refused for its words or because it is over."""
    now, real_now = request.now, clock.real_now()
    if request.POST.get("act") == "close":
        nudges.close(actor=actor, thread_id=nudge, now=now, real_now=real_now)
        return None
    text = nudge_pages.said(request)
    key = nudge_pages.request_key(request, f"nudge/{nudge}", text)
    try:
        nudges.ask_again(actor=actor, thread_id=nudge, text=text, now=now, real_now=real_now, request_key=key)
    except (stepping.TextRefused, stepping.TextTooLong, stepping.Settled) as refusal:
        return refusal
    return None
