"""One pack as the operator sees it, and the word that its number is wrong."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Permission
from yidao.flows import repack, unmake
from yidao.kit import clock
from yidao.orders import packs
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

TEMPLATE = "operator/pack.html"


def routes() -> list[URLPattern]:
    """Return the addresses of packs."""
    return [path("o/packs/<pack:pack>/", item, name="operator-pack")]


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, pack: int) -> HttpResponse:
    """Show a pack; say that its number is wrong, so that it counts as never shipped."""
    actor = consoles.operator(request)
    found = repack.seen(actor, pack)
    back = reverse("operator-order", kwargs={"order": found.order_ids[0]})
    refused = ""
    if request.method == "POST":
        actor.require(Permission.JUDGEMENTS_DECIDE)
        try:
            unmake.unmake(pack, actor=actor, now=request.now, real_now=clock.real_now())
        except unmake.UnmakeRefused as refusal:
            refused = message_of(refusal)
        else:
            messages.success(request, gettext("The pack counts as never shipped; the shop was told."))
            return HttpResponseRedirect(back)
    may = found.pack.state == packs.LIVE and actor.may(Permission.JUDGEMENTS_DECIDE)
    context = {"pack": found.pack, "may": may, "refused": refused, "back": back}
    return render(request, TEMPLATE, context, status=409 if refused else 200)
