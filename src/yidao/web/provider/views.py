"""The provider's pages: what arrived from this source, and how late."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yidao.accounts.ids import OrganisationId
from yidao.parcels import queries
from yidao.web.shared import consoles
from yidao.web.shared.badges import render_badges
from yidao.web.shared.requests import Request


@require_safe
def home(request: Request, provider: OrganisationId) -> HttpResponse:
    """Show the source's intake by carrier over the last day."""
    actor = consoles.provider(request, provider)
    return render(
        request,
        "provider/home.html",
        {"figures": queries.intake_of_source(actor=actor, now=request.now), "actor": actor},
    )


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
