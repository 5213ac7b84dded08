"""Violations (违规) of all shops: the list, one to look at and lift, and one opened by hand with evidence."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts.actors import Permission
from yidao.judging import appeals, by_hand, cases, violations
from yidao.judging.by_hand import Charge
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.operator import violation_jobs
from yidao.web.shared import consoles, listpages, nudge_pages, violation_lists, violation_pages, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.listpages import ListPage
from yidao.web.shared.requests import Request
from yidao.web.shared.violation_lists import Named

LIST, ITEM, NEW = "operator/violations.html", "operator/violation.html", "operator/violation_new.html"
FIELD_CHARS_MAX: Final = 100
ON_THE_FORM: Final = (404, 403)


def routes() -> list[URLPattern]:
    """Return the addresses of all shops' violations."""
    return [
        path("o/violations/", index, name="operator-violations"),
        path("o/violations/new/", new, name="operator-violation-new"),
        path("o/violations/jobs/", violation_jobs.index, name="operator-violation-jobs"),
        path("o/violations/pictures/<picture:picture>/", picture, name="operator-violation-picture"),
        path("o/violations/<violation:violation>/", item, name="operator-violation"),
    ]


@require_safe
def index(request: Request) -> HttpResponse:
    """List the violations of all shops."""
    actor = consoles.operator(request)
    listing = violation_lists.violations(name="operator-violations", is_operators=True)
    address = reverse("operator-violations")
    source = violations.source(actor=actor)
    page = ListPage(
        listing=listing,
        source=Named(
            source=source,
            address_of=lambda row: reverse("operator-violation", kwargs={"violation": row.id}),
            order_of=lambda row: reverse("operator-order", kwargs={"order": row.order_id}),
            now=request.now,
        ),
        address=address,
        active="violations",
        frame=violation_lists.frame,
        tabs=violation_lists.tabs(request, listing, address, violation_words.STATE, source, has_all=True),
        template=LIST,
        context={"may_decide": actor.may(Permission.JUDGEMENTS_DECIDE)},
    )
    return listpages.render(request, actor, page)


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: Request, violation: int) -> HttpResponse:
    """Show one violation with everything behind it; lift it with a reason."""
    actor = consoles.operator(request)
    refused: Refusal | None = None
    if request.method == "POST":
        now, reason = request.now, request.POST.get("reason", "")
        try:
            by_hand.reverse(actor=actor, violation_id=violation, reason=reason, now=now, real_now=clock.real_now())
            messages.success(request, gettext("The violation was lifted, with everything it led to."))
            return HttpResponseRedirect(request.path)
        except (by_hand.ReversedAlready, cases.ReasonNeeded) as refusal:
            refused = refusal
    detail = violations.one(violation, actor=actor, now=request.now)
    context = violation_pages.facts(detail, is_operator=True) | {
        "refused": message_of(refused) if refused else "",
        "reason_max": cases.REASON_LENGTH_MAX,
        "may_lift": actor.may(Permission.JUDGEMENTS_DECIDE) and detail.row.state != "REVERSED",
    }
    return render(request, ITEM, context, status=refused.status if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Open a violation by hand: against an order, with a reason and pictures."""
    actor = consoles.operator(request, needs=Permission.JUDGEMENTS_DECIDE)
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            made = by_hand.open_violation(
                actor=actor, charge=_charge(request), now=request.now, real_now=clock.real_now()
            )
            messages.success(request, gettext("The violation was opened; the shop hears of it in its next round."))
            return HttpResponseRedirect(reverse("operator-violation", kwargs={"violation": made}))
        except Refusal as refusal:
            if refusal.status in ON_THE_FORM:
                raise
            refused = refusal
    return render(request, NEW, _form(request, refused), status=refused.status if refused else 200)


def _typed(request: Request, name: str) -> str:
    """Return a field as it was typed, or as a link filled it."""
    told = request.POST if request.method == "POST" else request.GET
    return told.get(name, "").replace("\0", "").strip()[:FIELD_CHARS_MAX]


def _charge(request: Request) -> Charge:
    return Charge(
        order_no=_typed(request, "order"),
        shop_id=nudge_pages.organisation_id(_typed(request, "shop")),
        kind=_typed(request, "kind"),
        reason=request.POST.get("reason", "")[: 2 * cases.REASON_LENGTH_MAX],
        pictures=violation_pages.uploaded(request),
    )


def _form(request: Request, refused: Refusal | None) -> dict[str, Any]:
    wrong = {fault.pointer for fault in refused.faults} if refused is not None else set()
    return {
        "kinds": [(code, violation_words.of("kind", code)) for code in by_hand.BY_HAND],
        "typed": {name: _typed(request, name) for name in ("order", "shop", "kind")},
        "reason": request.POST.get("reason", ""),
        "wrong": wrong,
        "refused": message_of(refused) if refused is not None else "",
        "reason_max": cases.REASON_LENGTH_MAX,
        "policy": appeals.policy_at(request.now),
    }


@require_safe
def picture(request: Request, picture: int) -> HttpResponse:
    """Hand out one picture of any case."""
    return violation_pages.picture(picture, actor=consoles.operator(request))
