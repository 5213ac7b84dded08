"""One shop's deposit as the platform sees it: balances, days, statement; booking, taking back, freezing, releasing."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.accounts.models import Organisation
from yidao.judging import settling_queries
from yidao.kit import clock, db
from yidao.kit.errors import NotVisible, Refusal
from yidao.ledger import posting, queries, services
from yidao.ledger.queries import StatementRow
from yidao.ledger.services import Moment
from yidao.rules import money
from yidao.web.shared import consoles, listpages, members, nudge_pages, statements
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import Act, Frame, ListPage
from yidao.web.shared.requests import Request

ITEM, BOOK = "operator/deposit.html", "operator/deposit_book.html"
ACTS: Final = {
    "payment": gettext_noop("Book a payment"),
    "take-back": gettext_noop("Take a payment back"),
    "freeze": gettext_noop("Freeze a part"),
    "release": gettext_noop("Release a frozen part"),
}
"""What can be booked, by the name in the address."""
QUESTIONS: Final = {
    "payment": gettext_noop("%(amount)s yuan are booked as paid in by %(shop)s. A debt is paid first."),
    "take-back": gettext_noop("%(amount)s yuan are taken back from %(shop)s. What was spent becomes a debt."),
    "freeze": gettext_noop("%(amount)s yuan of %(shop)s are frozen: they stay the shop's and pay for nothing."),
    "release": gettext_noop("%(amount)s frozen yuan of %(shop)s can be used again."),
}
"""What is asked once more before it is done."""
TOLD: Final = (
    services.AmountRefused,
    services.ReasonRefused,
    services.TakeBackRefused,
    posting.DepositShort,
    db.RequestKeyReused,
)


def routes() -> list[URLPattern]:
    """Return the addresses of shops' deposits."""
    return [
        path("o/deposits/<shop:shop>/", item, name="operator-deposit"),
        path("o/deposits/<shop:shop>/book/", book, name="operator-deposit-book"),
    ]


def _name(shop: int) -> str:
    """
    Return the shop's name.

    :raises NotVisible: there is no such shop.
    """
    if accounts.organisation_kinds([shop]).get(shop) != Organisation.Kind.SHOP:
        raise NotVisible
    return accounts.organisation_names([shop])[shop]


@require_safe
def item(request: Request, shop: ShopId) -> HttpResponse:
    """Show one shop's deposit with its statement."""
    actor = consoles.operator(request, needs=Permission.DEPOSIT_VIEW)
    name = _name(shop)
    page = ListPage(
        listing=statements.LISTING,
        source=queries.statement(actor, shop),
        address=reverse("operator-deposit", kwargs={"shop": shop}),
        active="settlements",
        frame=lambda row: _frame(row, shop, may_book=actor.may(Permission.SETTLEMENTS_HOLD)),
        crumbs=((_("Settlements"), reverse("operator-settlements")), (name, "")),
        template=ITEM,
        context=_standing(request, actor, shop, name),
    )
    return listpages.render(request, actor, page)


def _frame(row: StatementRow, shop: int, *, may_book: bool) -> Frame:
    address = reverse("operator-deposit-book", kwargs={"shop": shop})
    is_payment = row.kind == posting.Kind.TOP_UP
    query = f"?act=take-back&transfer={row.transfer_id}"
    acts = (Act(label=gettext_noop("Take back"), address=address + query),) if is_payment and may_book else ()
    return Frame(key=str(row.id), acts=acts)


def _standing(request: Request, actor: Actor, shop: int, name: str) -> dict[str, Any]:
    if request.htmx or listpages.PART in request.GET:
        return {}
    return {
        "name": name,
        "shop": shop,
        "balances": queries.balances(actor, shop),
        "forecasts": settling_queries.forecast_of_shop(actor, shop),
        "settled": settling_queries.settled_days(actor, shop),
        "may_book": actor.may(Permission.SETTLEMENTS_HOLD),
        "acts": [each for each in ACTS.items() if each[0] != "take-back"],
        "yuan": money.yuan,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: Request, shop: ShopId) -> HttpResponse:
    """Ask for amount and reason, then ask once more in words and numbers, then book."""
    actor = consoles.operator(request, needs=Permission.SETTLEMENTS_HOLD)
    name = _name(shop)
    typed = request.POST if request.method == "POST" else request.GET
    act = typed.get("act", "payment")
    if act not in ACTS:
        raise NotVisible
    refused: Refusal | None = None
    if request.method == "POST" and "sure" in request.POST:
        try:
            _do(request, actor, shop, act)
        except TOLD as refusal:
            refused = refusal
        else:
            messages.success(request, _("Booked."))
            return HttpResponseRedirect(reverse("operator-deposit", kwargs={"shop": shop}))
    context = _form(request, shop, name, act, actor) | {"refused": message_of(refused) if refused else ""}
    return render(request, BOOK, context, status=refused.status if refused else 200)


def _form(request: Request, shop: int, name: str, act: str, actor: Actor) -> dict[str, Any]:
    typed = request.POST if request.method == "POST" else request.GET
    transfer_id = members.number(typed.get("transfer", ""))
    amount = queries.payment_fen(actor, shop, transfer_id) if transfer_id else money.fen(typed.get("amount", "")[:40])
    reason = typed.get("reason", "").strip()[: services.REASON_CHARS_MAX]
    is_asked = request.method == "POST" and bool(amount) and bool(reason)
    return {
        "act": act,
        "title": _(ACTS[act]),
        "name": name,
        "amount": money.plain_yuan(amount) if amount else typed.get("amount", "")[:40],
        "reason": reason,
        "transfer": transfer_id or "",
        "question": _(QUESTIONS[act]) % {"amount": money.yuan(amount or 0), "shop": name} if is_asked else "",
        "is_wrong": request.method == "POST" and not is_asked,
        "key": typed.get("key", "") or nudge_pages.fresh_key(),
        "balances": queries.balances(actor, shop),
        "reason_max": services.REASON_CHARS_MAX,
        "yuan": money.yuan,
        "here": reverse("operator-deposit-book", kwargs={"shop": shop}),
        "list": reverse("operator-deposit", kwargs={"shop": shop}),
    }


def _do(request: Request, actor: Actor, shop: int, act: str) -> None:
    """
    Book what the form asks.

    :raises Refusal: the rules say no.
    """
    form = request.POST
    amount, reason = money.fen(form.get("amount", "")[:40]), form.get("reason", "")
    at = Moment(now=request.now, real_now=clock.real_now())
    if act == "take-back":
        transfer_id = members.number(form.get("transfer", ""))
        services.take_back(actor=actor, shop_id=shop, transfer_id=transfer_id, reason=reason, at=at)
        return
    key = nudge_pages.request_key(request, "deposit", [act, shop, amount, reason])
    kwargs: dict[str, Any] = {"actor": actor, "shop_id": shop, "amount_fen": amount, "at": at, "request_key": key}
    if act == "payment":
        services.book_payment(**kwargs, evidence=reason)
        return
    shift: Callable[..., int] = services.freeze if act == "freeze" else services.release
    shift(**kwargs, reason=reason)
