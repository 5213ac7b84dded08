"""The demo's clock: simulated time, and the wish to let it run ahead. Only a demo has such a page."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.kit import clock as real_clock
from yidao.kit.errors import Refusal
from yidao.kit.templates import render_block
from yidao.parcels import forwards
from yidao.web.operator import words
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.formats import SHANGHAI
from yidao.web.shared.requests import Request

TEMPLATE = "operator/clock.html"
LEAPS = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "1d": timedelta(days=1), "7d": timedelta(days=7)}


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """Show how time stands and how far wishes are; take the next one."""
    actor = consoles.operator(request)
    context = _context(actor)
    refused: Refusal | None = None
    if request.method == "POST":
        consoles.operator(request, needs=Permission.CLOCK_FORWARD)
        try:
            forwards.ask_forward(until=_until(request), actor=actor, now=request.now, real_now=real_clock.real_now())
            return HttpResponseRedirect(reverse("operator-clock"), status=303)
        except Refusal as refusal:
            refused = refusal
    context["refused"] = message_of(refused) if refused else ""
    if request.htmx and not request.htmx.history_restore_request:
        return render_block(request, TEMPLATE, "wishes", context)
    return render(request, TEMPLATE, context, status=refused.status if refused else 200)


def _context(actor: Actor) -> dict[str, Any]:
    found = forwards.demo_clock(actor=actor)
    return {
        "clock": found,
        "leaps": LEAPS,
        "users": accounts.user_names(wish.asked_by for wish in found.wishes if wish.asked_by),
        "may_forward": actor.may(Permission.CLOCK_FORWARD),
        "words": words,
    }


def _until(request: Request) -> datetime:
    """
    Return the instant the form asks for: so much ahead, or a time of Shanghai.

    :raises forwards.ForwardRefused: it names neither.
    """
    leap = LEAPS.get(request.POST.get("leap", ""))
    if leap is not None:
        return request.now + leap
    try:
        typed = datetime.fromisoformat(request.POST.get("until", "").strip()[:40])
    except ValueError as fault:
        raise forwards.ForwardRefused(days=forwards.FORWARD_MAX.days) from fault
    return typed if typed.tzinfo else typed.replace(tzinfo=SHANGHAI)
