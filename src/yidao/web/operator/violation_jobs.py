"""Many violations lifted at once: choose, see how many, confirm with a reason; a worker does it, its progress shows."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, Permission
from yidao.judging import naming, reversal_jobs
from yidao.judging.models import Reversal
from yidao.judging.reversal_jobs import JobRefused, Selection
from yidao.kit import clock
from yidao.web.shared import consoles, nudge_pages, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.formats import SHANGHAI
from yidao.web.shared.requests import Request

PAGE: Final = "operator/violation_jobs.html"
CAUSES: Final = (Reversal.Cause.OPERATOR, Reversal.Cause.RELIEF, Reversal.Cause.REPORT)
NAMES: Final = ("kind", "shop", "from", "until", "cause")


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """List the jobs with how far they are; look at what one would lift, and start it."""
    actor = consoles.operator(request, needs=Permission.JUDGEMENTS_DECIDE)
    refused: JobRefused | None = None
    if request.method == "POST":
        try:
            _start(request, actor)
            return HttpResponseRedirect(request.path)
        except JobRefused as refusal:
            refused = refusal
    return render(
        request, PAGE, _context(request, actor, refused), status=refused.status if refused is not None else 200
    )


def _context(request: Request, actor: Actor, refused: JobRefused | None) -> dict[str, Any]:
    selection = _selection(request)
    jobs = reversal_jobs.jobs(actor=actor)
    return {
        "jobs": jobs,
        "shops": accounts.organisation_names(each.selection.shop_id for each in jobs if each.selection.shop_id),
        "users": accounts.user_names(each.user_id for each in jobs if each.user_id),
        "asked": {name: _typed(request, name) for name in NAMES},
        "found": reversal_jobs.preview(selection, actor=actor) if selection is not None else None,
        "kinds": [(code, naming.kind(code)) for code in naming.KIND],
        "causes": [(cause.value, violation_words.of("reversal", cause.value)) for cause in CAUSES],
        "one_day": timedelta(days=1),
        "words": violation_words,
        "reason": request.POST.get("reason", ""),
        "reason_max": reversal_jobs.REASON_LENGTH_MAX,
        "key": nudge_pages.fresh_key(),
        "refused": message_of(refused) if refused is not None else "",
    }


def _typed(request: Request, name: str) -> str:
    """Return what the form says, or the address that looked at what would be lifted."""
    told = request.POST if request.method == "POST" else request.GET
    return told.get(name, "")[:40]


def _midnight(text: str, *, days: int = 0) -> datetime | None:
    """Return when a day of Shanghai begins, or so many days later; None for what is no day."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return None if day is None else datetime.combine(day + timedelta(days=days), time.min, tzinfo=SHANGHAI)


def _selection(request: Request) -> Selection | None:
    """Return what the form chooses, None while it does not say enough; both days are meant whole."""
    since, until = _midnight(_typed(request, "from")), _midnight(_typed(request, "until"), days=1)
    kind = _typed(request, "kind")
    if since is None or until is None or kind not in naming.KIND:
        return None
    shop = _typed(request, "shop")
    shop_id = nudge_pages.organisation_id(shop)
    if shop and shop_id is None:
        return None
    return Selection(kind=kind, from_at=since, until_at=until, shop_id=shop_id)


def _start(request: Request, actor: Actor) -> None:
    """
    Start what the form chooses.

    :raises JobRefused: it chooses nothing, or says no reason.
    """
    selection, cause = _selection(request), _typed(request, "cause")
    if selection is None or cause not in CAUSES:
        raise JobRefused
    asked = [_typed(request, name) for name in NAMES]
    reversal_jobs.start_job(
        actor=actor,
        selection=selection,
        cause=cause,
        reason=request.POST.get("reason", ""),
        now=request.now,
        real_now=clock.real_now(),
        request_key=nudge_pages.request_key(request, "violations/lift", asked),
    )
    messages.success(request, gettext("The job was started; this page shows how far it is."))
