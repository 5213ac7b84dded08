"""Sanctions against shops (停业清退): what is proposed and in force, decided in two steps, lifted again."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.judging import cases, rating, sanctions
from yidao.kit import clock
from yidao.kit.errors import NotVisible, Refusal
from yidao.rules.sanctions import Kind
from yidao.web.shared import consoles, nudge_pages, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

LIST, ITEM = "operator/sanctions.html", "operator/sanction.html"
STATES: Final = (*violation_words.SANCTION_STATE,)
NAME_CHARS_MAX: Final = 200


def routes() -> list[URLPattern]:
    """Return the addresses of sanctions."""
    return [
        path("o/sanctions/", index, name="operator-sanctions"),
        path("o/sanctions/<sanction:sanction>/", item, name="operator-sanction"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """List the sanctions of one state, proposals first; propose one by hand."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            made = _propose(request, actor)
            return HttpResponseRedirect(reverse("operator-sanction", kwargs={"sanction": made}))
        except (sanctions.SanctionRefused, NotVisible) as refusal:
            refused = refusal
    asked = request.GET.get("state", "")
    state = asked if asked in STATES else STATES[0]
    rows = sanctions.listed(actor=actor, state=state)
    context = {
        "rows": rows,
        "state": state,
        "tabs": _tabs(actor, state),
        "names": accounts.organisation_names(row.shop_id for row in rows),
        "words": violation_words,
        "may_decide": actor.may(Permission.JUDGEMENTS_DECIDE),
        "refused": message_of(refused) if refused else "",
        "kinds": violation_words.options("sanction"),
    }
    return render(request, LIST, context, status=refused.status if refused else 200)


def _tabs(actor: Actor, state: str) -> list[dict[str, Any]]:
    counts = sanctions.counts(actor=actor)
    return [
        {
            "key": each,
            "label": gettext(label),
            "address": f"{reverse('operator-sanctions')}?state={each}",
            "count": counts.get(each, 0),
            "is_current": each == state,
        }
        for each, label in violation_words.SANCTION_STATE.items()
    ]


def _propose(request: Request, actor: Actor) -> int:
    """
    Propose what the form asks.

    :raises NotVisible: there is no such shop or kind.
    """
    shop_id, kind = nudge_pages.organisation_id(request.POST.get("shop", "")), request.POST.get("kind", "")
    if shop_id is None or kind not in violation_words.SANCTION:
        raise NotVisible
    now, real_now = request.now, clock.real_now()
    return sanctions.propose_by_hand(actor=actor, shop_id=shop_id, kind=Kind(kind), now=now, real_now=real_now)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, sanction: int) -> HttpResponse:
    """Show one sanction with the figures behind it; impose, dismiss or lift it."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            _decide(request, actor, sanction)
            return HttpResponseRedirect(request.path)
        except (sanctions.SanctionRefused, sanctions.NameDiffers, cases.ReasonNeeded) as refusal:
            refused = refusal
    found = sanctions.sanction(sanction, actor=actor)
    people = [each for each in (found.proposed_by, found.decided_by, found.lifted_by) if each is not None]
    context = {
        "row": found,
        "shop_name": accounts.organisation_names([found.shop_id]).get(found.shop_id, "—"),
        "users": accounts.user_names(people),
        "stubborn": sanctions.stubborn_orders([found.shop_id], now=request.now)[found.shop_id],
        "rate": rating.late_rate(actor=actor, shop_id=found.shop_id, now=request.now),
        "words": violation_words,
        "may_decide": actor.may(Permission.JUDGEMENTS_DECIDE),
        "reason_max": cases.REASON_LENGTH_MAX,
        "refused": message_of(refused) if refused else "",
    }
    return render(request, ITEM, context, status=refused.status if refused else 200)


def _decide(request: Request, actor: Actor, sanction: int) -> None:
    """Do what the form asks; an act that no form of ours has changes nothing."""
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    now, real_now = request.now, clock.real_now()
    if act == "lift":
        sanctions.lift(actor=actor, sanction_id=sanction, reason=reason, now=now, real_now=real_now)
        messages.success(request, gettext("The sanction was lifted."))
    elif act in ("impose", "dismiss"):
        sanctions.decide(
            actor=actor,
            sanction_id=sanction,
            is_imposed=act == "impose",
            reason=reason,
            typed_name=request.POST.get("typed", "")[:NAME_CHARS_MAX],
            now=now,
            real_now=real_now,
        )
        messages.success(request, gettext("The decision holds from now on."))
