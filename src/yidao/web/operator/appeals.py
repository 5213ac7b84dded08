"""Appeals (申诉) to answer: the queue, what is due first on top, and one with everything beside the decision."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Actor, Permission
from yidao.judging import appeals, cases, rating, violations
from yidao.judging.violations import Queue
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.shared import consoles, listpages, violation_lists, violation_pages, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request
from yidao.web.shared.violation_lists import Named

ITEM = "operator/appeal.html"
VERDICTS = {"accept": True, "refuse": False}


def routes() -> list[URLPattern]:
    """Return the addresses of appeals."""
    return [
        path("o/appeals/", index, name="operator-appeals"),
        path("o/appeals/<appeal:appeal>/", item, name="operator-appeal"),
    ]


@require_safe
def index(request: Request) -> HttpResponse:
    """List the appeals that wait, and those that were answered."""
    actor = consoles.operator(request)
    address, source = reverse("operator-appeals"), Queue(actor=actor)
    page = ListPage(
        listing=violation_lists.APPEALS,
        source=Named(
            source=source,
            address_of=lambda row: reverse("operator-appeal", kwargs={"appeal": row.id}),
            order_of=lambda row: reverse("operator-violation", kwargs={"violation": row.violation_id}),
            now=request.now,
        ),
        address=address,
        active="appeals",
        frame=violation_lists.frame,
        tabs=violation_lists.tabs(request, violation_lists.APPEALS, address, violation_words.APPEAL, source),
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, appeal: int) -> HttpResponse:
    """Show one appeal beside what was judged and the shop's history; answer it once."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST" and request.POST.get("act") in VERDICTS:
        try:
            _answer(request, actor, appeal)
            return HttpResponseRedirect(request.path)
        except (appeals.AlreadyAnswered, cases.ReasonNeeded) as refusal:
            refused = refusal
    found = violations.appeal(appeal, actor=actor)
    detail = violations.one(found.violation_id, actor=actor, now=request.now)
    context = violation_pages.facts(detail, is_operator=True) | _beside(request, actor, found.shop_id)
    context |= {
        "appeal": found,
        "refused": message_of(refused) if refused else "",
        "reason": request.POST.get("reason", "") if refused else "",
        "reason_max": cases.REASON_LENGTH_MAX,
        "may_answer": actor.may(Permission.JUDGEMENTS_DECIDE) and found.state == "OPEN",
    }
    return render(request, ITEM, context, status=refused.status if refused else 200)


def _answer(request: Request, actor: Actor, appeal: int) -> None:
    is_accepted = VERDICTS[request.POST["act"]]
    reason = request.POST.get("reason", "")
    appeals.answer(
        actor=actor,
        appeal_id=appeal,
        is_accepted=is_accepted,
        reason=reason,
        now=request.now,
        real_now=clock.real_now(),
    )
    said = gettext("The appeal was accepted; everything was taken back.") if is_accepted else gettext("It was refused.")
    messages.success(request, said)


def _beside(request: Request, actor: Actor, shop_id: int) -> dict[str, Any]:
    """Return the shop's history that stands beside the decision."""
    return {
        "history": violations.shop_history([shop_id], actor=actor),
        "rate": rating.late_rate(actor=actor, shop_id=shop_id, now=request.now),
    }
