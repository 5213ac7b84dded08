"""The shop's violations (违规处理): the list with what holds against the shop, and one with its facts and appeal."""

import hashlib
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Actor
from yidao.accounts.ids import ShopId
from yidao.judging import appeals, rating, sanctions, violations
from yidao.judging.appeals import AppealRefused, Plea
from yidao.judging.cases import PictureRefused, TooManyPictures
from yidao.judging.violations import Detail, ViolationRow
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.shared import consoles, listpages, nudge_pages, violation_lists, violation_pages, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request
from yidao.web.shared.violation_lists import Line, Named

LIST, ITEM = "merchant/violations.html", "merchant/violation.html"
BANS_SHOWN_MAX: Final = 50


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's violations."""
    return [
        path(f"{prefix}violations/", index, name="merchant-violations"),
        path(f"{prefix}violations/<violation:violation>/", item, name="merchant-violation"),
        path(f"{prefix}violations/pictures/<picture:picture>/", picture, name="merchant-violation-picture"),
    ]


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the shop's violations; whoever looks has seen them."""
    actor = consoles.merchant(request, shop)
    response = listpages.render(request, actor, _page(request, actor, shop))
    violations.see(actor=actor, shop_id=shop, now=request.now)
    return response


def _page(request: Request, actor: Actor, shop: ShopId) -> ListPage[Line[ViolationRow]]:
    at = {"shop": shop}
    listing = violation_lists.violations(name="merchant-violations", is_operators=False)
    address = reverse("merchant-violations", kwargs=at)
    source = Named(
        source=violations.source(actor=actor),
        address_of=lambda row: reverse("merchant-violation", kwargs={**at, "violation": row.id}),
        order_of=lambda row: reverse("merchant-order", kwargs={**at, "order": row.order_id}),
        now=request.now,
        is_named=False,
    )
    return ListPage(
        listing=listing,
        source=source,
        address=address,
        active="violations",
        frame=violation_lists.frame,
        tabs=violation_lists.tabs(
            request, listing, address, violation_words.STATE, violations.source(actor=actor), has_all=True
        ),
        template=LIST,
        context=_against(request, actor, shop),
    )


def _against(request: Request, actor: Actor, shop: ShopId) -> dict[str, Any]:
    """Return what stands above the list: the indicator, sanctions, and banned products."""
    if request.htmx:
        return {}
    return {
        "rate": rating.late_rate(actor=actor, shop_id=shop, now=request.now),
        "rate_days": rating.policy_at(request.now).window_days,
        "sanctions": sanctions.in_force(actor, shop),
        "bans": violations.live_bans(actor=actor, shop_id=shop, limit=BANS_SHOWN_MAX),
        "words": violation_words,
        "shop": shop,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, shop: ShopId, violation: int) -> HttpResponse:
    """Show one violation with why it was judged and what it took; appeal against it."""
    actor = consoles.merchant(request, shop)
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            _appeal(request, actor, violation)
            messages.success(request, gettext("The appeal was sent."))
            return HttpResponseRedirect(request.path)
        except (AppealRefused, PictureRefused, TooManyPictures) as refusal:
            refused = refusal
    detail = violations.one(violation, actor=actor, now=request.now)
    context = violation_pages.facts(detail) | _form(request, actor, detail, refused) | {"shop": shop}
    return render(request, ITEM, context, status=refused.status if refused else 200)


def _appeal(request: Request, actor: Actor, violation: int) -> None:
    text, pictures = nudge_pages.said(request), violation_pages.uploaded(request)
    digests = [hashlib.sha256(each).hexdigest() for each in pictures]
    appeals.file(
        actor=actor,
        violation_id=violation,
        plea=Plea(text=text, pictures=pictures),
        now=request.now,
        real_now=clock.real_now(),
        request_key=nudge_pages.request_key(request, f"appeal/{violation}", [text, digests]),
    )


def _form(request: Request, actor: Actor, detail: Detail, refused: Refusal | None) -> dict[str, Any]:
    policy = appeals.policy_at(request.now)
    return {
        "may_appeal": appeals.may_appeal(actor) and detail.refused is None,
        "why_not": gettext(AppealRefused.MESSAGES[detail.refused]) if detail.refused is not None else "",
        "policy": policy,
        "text": nudge_pages.said(request) if refused else "",
        "key": nudge_pages.fresh_key(),
        "refused": message_of(refused) if refused else "",
        "picture_address": "merchant-violation-picture",
    }


@require_safe
def picture(request: Request, shop: ShopId, picture: int) -> HttpResponse:
    """Hand out one picture of the shop's own cases."""
    return violation_pages.picture(picture, actor=consoles.merchant(request, shop))
