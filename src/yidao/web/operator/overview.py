"""A page of the operator's console, to come."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yidao.web.shared import consoles, lists
from yidao.web.shared.requests import Request


@require_safe
def index(request: Request) -> HttpResponse:
    """Show the page."""
    consoles.operator(request)
    return render(request, "operator/todo.html", {})


@require_safe
def badges(request: Request) -> HttpResponse:
    """Count what the side bar shows."""
    actor = consoles.operator(request)
    return lists.render_badges(request, lists.open_anomalies(actor))


@require_safe
def ticket(request: Request) -> HttpResponse:
    """Give a ticket for live news."""
    actor = consoles.operator(request)
    return HttpResponse(consoles.live_ticket(actor), content_type="text/plain")
