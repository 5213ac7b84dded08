"""The provider's pages: what arrived from this source, and how late."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yidao.accounts.ids import OrganisationId
from yidao.kit.templates import render_block
from yidao.parcels import queries
from yidao.web.shared import consoles
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request

TEMPLATE = "provider/home.html"


@require_safe
def home(request: Request, provider: OrganisationId) -> HttpResponse:
    """Show the source's intake by carrier over the last day."""
    actor = consoles.provider(request, provider)
    found = queries.intake_of_source(actor=actor, now=request.now)
    context = {"figures": found, "actor": actor, "provider": provider}
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render_block(request, TEMPLATE, "home", context)
    return render(request, TEMPLATE, context)


@require_safe
def badges(request: Request, provider: OrganisationId) -> HttpResponse:
    """Count what the side bar shows."""
    actor = consoles.provider(request, provider)
    return render_badges(request, actor)


@require_safe
def ticket(request: Request, provider: OrganisationId) -> HttpResponse:
    """Give a ticket for live news."""
    actor = consoles.provider(request, provider)
    return HttpResponse(consoles.live_ticket(actor), content_type="text/plain")
