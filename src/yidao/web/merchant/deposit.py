"""The shop's deposit (保证金): what there is, what is going to be deducted, the statement, and paying in."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.judging import settling_queries
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.ledger import proof, queries, services
from yidao.ledger.services import Moment
from yidao.rules import money
from yidao.web.shared import consoles, export_lists, listpages, nudge_pages, statements
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request

INDEX, TOP_UP, DAYS = "merchant/deposit.html", "merchant/deposit_top_up.html", "merchant/deposit_days.html"
OFFERED: Final = ("500", "1000", "5000")
"""Amounts in yuan a form offers."""


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's deposit."""
    return [
        path(f"{prefix}deposit/", index, name="merchant-deposit"),
        path(f"{prefix}deposit/days/", days, name="merchant-deposit-days"),
        path(f"{prefix}deposit/top-up/", top_up, name="merchant-deposit-top-up"),
    ]


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List what was booked, below what there is and what is going to be deducted."""
    actor = consoles.merchant(request, shop)
    source = queries.statement(actor, shop)
    at = {"shop": shop}
    records = reverse("merchant-exports", kwargs=at)
    page = ListPage(
        listing=statements.LISTING,
        source=source,
        address=reverse("merchant-deposit", kwargs=at),
        active="deposit",
        frame=statements.frame,
        export=export_lists.button(request, actor, statements.LISTING, records, source.count),
        template=INDEX,
        context=_standing(request, actor, shop),
    )
    return listpages.render(request, actor, page)


def _standing(request: Request, actor: Actor, shop: ShopId) -> dict[str, Any]:
    """Return what stands above the statement; the parts of the page that are fetched alone have no need of it."""
    if request.htmx or listpages.PART in request.GET:
        return {}
    forecasts = settling_queries.forecast_of_shop(actor, shop)
    return {
        "balances": queries.balances(actor, shop),
        "proof": proof.latest(),
        "coming_fen": sum(each.deducted_fen + each.coupon_fen for each in forecasts),
        "coming": sum(each.judgements for each in forecasts),
        "capped": sum(each.capped for each in forecasts),
        "may_pay": actor.may(Permission.DEPOSIT_TOP_UP) and not actor.is_visiting,
        "yuan": money.yuan,
        "at": {"shop": shop},
    }


@require_safe
def days(request: Request, shop: ShopId) -> HttpResponse:
    """Show what is going to be deducted by day, and what past days took."""
    actor = consoles.merchant(request, shop)
    context = {
        "forecasts": settling_queries.forecast_of_shop(actor, shop),
        "settled": settling_queries.settled_days(actor, shop),
        "yuan": money.yuan,
        "list": reverse("merchant-deposit", kwargs={"shop": shop}),
    }
    return render(request, DAYS, context)


@require_http_methods(["GET", "HEAD", "POST"])
def top_up(request: Request, shop: ShopId) -> HttpResponse:
    """Ask how much is to be paid in, and pay it."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.DEPOSIT_TOP_UP)
    typed, refused = request.POST.get("amount", "")[:40], None
    if request.method == "POST":
        amount = money.fen(typed)
        key = nudge_pages.request_key(request, "deposit", [shop, amount])
        at = Moment(now=request.now, real_now=clock.real_now())
        try:
            services.top_up(actor=actor, shop_id=shop, amount_fen=amount, at=at, request_key=key)
        except (services.AmountRefused, services.PaymentMissing) as refusal:
            refused = refusal
        else:
            messages.success(request, _("%(amount)s yuan were paid in.") % {"amount": money.yuan(amount or 0)})
            return HttpResponseRedirect(reverse("merchant-deposit", kwargs={"shop": shop}))
    context = _form(request, actor, shop, typed, refused)
    return render(request, TOP_UP, context, status=refused.status if refused else 200)


def _form(request: Request, actor: Actor, shop: ShopId, typed: str, refused: Refusal | None) -> dict[str, Any]:
    return {
        "typed": typed,
        "refused": message_of(refused) if refused else "",
        "key": nudge_pages.fresh_key(),
        "balances": queries.balances(actor, shop),
        "is_open": services.is_open(),
        "offered": OFFERED,
        "yuan": money.yuan,
        "here": reverse("merchant-deposit-top-up", kwargs={"shop": shop}),
        "list": reverse("merchant-deposit", kwargs={"shop": shop}),
    }
