"""The operator's overview: what arrives and how late, what was kept aside, and whether the sweeps keep up."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yidao.kit import sweeps
from yidao.kit.templates import render_block
from yidao.notices import queries as notices
from yidao.parcels import figures, quarantine
from yidao.web.operator import provinces, words
from yidao.web.shared import consoles
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request

TEMPLATE = "operator/overview.html"


@require_safe
def index(request: Request) -> HttpResponse:
    """Show the figures; htmx asks for them alone."""
    actor = consoles.operator(request)
    context = {
        "health": figures.health(actor=actor, now=request.now),
        "map": provinces.build(actor=actor, now=request.now),
        "words": words,
        "count_max": quarantine.COUNT_MAX,
        "deadline_faults": sweeps.faults(),
        "outbox": notices.backlog(actor=actor),
        "outbox_max": notices.BACKLOG_MAX,
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render_block(request, TEMPLATE, "figures", context)
    return render(request, TEMPLATE, context)


@require_safe
def badges(request: Request) -> HttpResponse:
    """Count what the side bar shows."""
    actor = consoles.operator(request)
    return render_badges(request, actor)


@require_safe
def ticket(request: Request) -> HttpResponse:
    """Give a ticket for live news."""
    actor = consoles.operator(request)
    return HttpResponse(consoles.live_ticket(actor), content_type="text/plain")
