"""The shop's after-sales (售后): the list by state, and one with its steps, its money, and what can be answered."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.orders import after_sale_queries, after_sale_words, after_sales
from yidao.rules.after_sale import Act
from yidao.web.shared import consoles, life_lists, life_words, listpages
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request

ITEM: Final = "merchant/after_sale.html"
TEXT_CHARS_MAX: Final = 1_000


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's after-sales."""
    return [
        path(f"{prefix}after-sales/", index, name="merchant-after-sales"),
        path(f"{prefix}after-sales/<after_sale:after_sale>/", item, name="merchant-after-sale"),
    ]


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the shop's after-sales, those that wait for it first."""
    actor = consoles.merchant(request, shop)
    at = {"shop": shop}
    address, source = reverse("merchant-after-sales", kwargs=at), after_sale_queries.source(actor=actor)
    page = ListPage(
        listing=life_lists.AFTER_SALES,
        source=life_lists.AfterSales(
            source=source,
            address_of=lambda row: reverse("merchant-after-sale", kwargs={**at, "after_sale": row.id}),
            order_of=lambda row: reverse("merchant-order", kwargs={**at, "order": row.order_id}),
        ),
        address=address,
        active="after-sales",
        frame=life_lists.frame,
        tabs=life_lists.tabs(request, life_lists.AFTER_SALES, address, life_words.AFTER_SALE, source),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, shop: ShopId, after_sale: int) -> HttpResponse:
    """Show one record; answer it."""
    actor = consoles.merchant(request, shop)
    refused = None
    if request.method == "POST":
        try:
            told, now = _told(request), request.now
            after_sales.act(actor=actor, after_sale_id=after_sale, told=told, now=now, real_now=clock.real_now())
            messages.success(request, gettext("Your answer was written down."))
            return HttpResponseRedirect(request.path)
        except (after_sale_words.ActRefused, after_sale_words.TextRefused) as refusal:
            refused = refusal
    detail = after_sale_queries.one(after_sale, actor=actor, now=request.now)
    context = _context(request, detail, refused) | {"shop": shop}
    return render(request, ITEM, context, status=refused.status if refused else 200)


def _context(request: Request, detail: after_sale_queries.Detail, refused: Refusal | None) -> dict[str, Any]:
    return {
        "it": detail,
        "row": detail.row,
        "words": life_words,
        "users": accounts.user_names(each.user_id for each in detail.steps if each.user_id is not None),
        "text": request.POST.get("text", "")[:TEXT_CHARS_MAX],
        "text_max": after_sale_words.TEXT_LENGTH_MAX,
        "refused": message_of(refused) if refused else "",
    }


def _told(request: Request) -> after_sales.Told:
    """
    Return what a form says.

    :raises after_sale_words.ActRefused: it says nothing that can be done.
    """
    name = request.POST.get("act", "")
    if name not in Act.__members__:
        raise after_sale_words.ActRefused
    return after_sales.Told(act=Act[name], text=request.POST.get("text", "")[:TEXT_CHARS_MAX])
