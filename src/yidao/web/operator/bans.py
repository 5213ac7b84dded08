"""Banned products (封禁商品) of all shops, with the orders behind them; an operator lifts a ban with a reason."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Permission
from yidao.judging import by_hand, cases, violations
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.shared import consoles, listpages, violation_lists, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request
from yidao.web.shared.violation_lists import Named

ITEM = "operator/ban.html"


def routes() -> list[URLPattern]:
    """Return the addresses of banned products."""
    return [
        path("o/bans/", index, name="operator-bans"),
        path("o/bans/<ban:ban>/", item, name="operator-ban"),
    ]


@require_safe
def index(request: Request) -> HttpResponse:
    """List the products that may not be sold, and those that may again."""
    actor = consoles.operator(request)
    address, source = reverse("operator-bans"), violations.bans(actor=actor)
    page = ListPage(
        listing=violation_lists.BANS,
        source=Named(
            source=source,
            address_of=lambda row: reverse("operator-ban", kwargs={"ban": row.id}),
            order_of=lambda row: reverse("operator-order", kwargs={"order": row.order_id}),
            now=request.now,
        ),
        address=address,
        active="bans",
        frame=violation_lists.frame,
        tabs=violation_lists.tabs(request, violation_lists.BANS, address, violation_words.BAN, source, has_all=True),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, ban: int) -> HttpResponse:
    """Show one ban with the judgements behind it; lift it."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST":
        now, reason = request.now, request.POST.get("reason", "")
        try:
            by_hand.lift_ban(actor=actor, ban_id=ban, reason=reason, now=now, real_now=clock.real_now())
            messages.success(request, gettext("The product may be sold again."))
            return HttpResponseRedirect(request.path)
        except (by_hand.BanLiftedAlready, cases.ReasonNeeded) as refusal:
            refused = refusal
    found = violations.ban(ban, actor=actor)
    context = {
        "row": found,
        "rows": violations.of_order(actor=actor, order_id=found.order_id),
        "shop_name": accounts.organisation_names([found.shop_id]).get(found.shop_id, "—"),
        "words": violation_words,
        "may_lift": actor.may(Permission.JUDGEMENTS_DECIDE) and found.lifted_at is None,
        "reason_max": cases.REASON_LENGTH_MAX,
        "refused": message_of(refused) if refused else "",
    }
    return render(request, ITEM, context, status=refused.status if refused else 200)
