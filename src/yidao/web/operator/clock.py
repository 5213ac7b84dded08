"""A page of the operator's console, to come."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yidao.web.shared import consoles
from yidao.web.shared.requests import Request


@require_safe
def index(request: Request) -> HttpResponse:
    """Show the page."""
    consoles.operator(request)
    return render(request, "operator/todo.html", {})
