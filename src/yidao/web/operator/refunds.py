"""The operator's worklist of refunds in trouble (退款异常): each with its attempts; another way, or marked as paid."""

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.kit import clock
from yidao.orders import refund_queries, refunding
from yidao.rules.refunds import Route
from yidao.web.shared import consoles, life_lists, life_words, listpages
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request

ITEM: Final = "operator/refund.html"


def routes() -> list[URLPattern]:
    """Return the addresses of refunds."""
    return [
        path("o/refunds/", index, name="operator-refunds"),
        path("o/refunds/<refund:refund>/", item, name="operator-refund"),
    ]


@require_safe
def index(request: Request) -> HttpResponse:
    """List the refunds, those that somebody must decide about first."""
    actor = consoles.operator(request)
    address, source = reverse("operator-refunds"), refund_queries.source(actor=actor)
    page = ListPage(
        listing=life_lists.REFUNDS,
        source=life_lists.Refunds(
            source=source,
            address_of=lambda row: reverse("operator-refund", kwargs={"refund": row.id}),
            order_of=lambda row: reverse("operator-order", kwargs={"order": row.order_id}),
        ),
        address=address,
        active="refunds",
        frame=life_lists.frame,
        tabs=life_lists.tabs(request, life_lists.REFUNDS, address, life_words.STANDS, source),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, refund: int) -> HttpResponse:
    """Show one refund with every attempt; choose another way or mark it as paid."""
    actor = consoles.operator(request)
    refused = None
    if request.method == "POST":
        try:
            messages.success(request, _decide(request, actor, refund, now=request.now))
            return HttpResponseRedirect(request.path)
        except (refunding.NotDecidable, refunding.EvidenceRefused) as refusal:
            refused = refusal
    detail = refund_queries.one(refund, actor=actor)
    context: dict[str, Any] = {
        "it": detail,
        "row": detail.row,
        "words": life_words,
        "shop_name": accounts.organisation_names([detail.row.shop_id]).get(detail.row.shop_id, "—"),
        "users": accounts.user_names(each.user_id for each in detail.attempts if each.user_id is not None),
        "may_decide": detail.is_decidable and actor.may(Permission.REFUNDS_DECIDE),
        "evidence": request.POST.get("evidence", "")[: refunding.EVIDENCE_MAX],
        "evidence_max": refunding.EVIDENCE_MAX,
        "refused": message_of(refused) if refused else "",
    }
    return render(request, ITEM, context, status=refused.status if refused else 200)


def _decide(request: Request, actor: Actor, refund: int, *, now: datetime) -> str:
    """
    Do what the form says, and return it in words.

    :raises Refusal: as the use cases do; a form that says nothing decides nothing.
    """
    act, real_now = request.POST.get("act", ""), clock.real_now()
    if act == "paid":
        evidence = request.POST.get("evidence", "")
        refunding.mark_done(actor=actor, refund_id=refund, evidence=evidence, now=now, real_now=real_now)
        return gettext("The refund is marked as paid.")
    if act not in ("other", "original"):
        raise refunding.NotDecidable
    route = Route.OTHER if act == "other" else Route.ORIGINAL
    evidence = request.POST.get("evidence", "")
    refunding.choose_route(actor=actor, refund_id=refund, route=route, now=now, real_now=real_now, evidence=evidence)
    return gettext("The refund is asked for anew.")
