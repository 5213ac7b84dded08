"""Pages for everything that goes wrong: not visible, not allowed, refused, busy, broken."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

from yidao.kit import problems
from yidao.kit.errors import Refusal

RETRY_AFTER_SECONDS = 5
MACHINE_PATHS = ("/v1/",)
"""Addresses that authenticate by bearer token and answer problems, not pages."""


def message_of(refusal: Refusal) -> str:
    """Return the refusal's words in the reader's language."""
    return _(refusal.message) % refusal.values


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Render a refusal with its status and its reason in words."""
    response = _page(request, status=refusal.status, text=message_of(refusal))
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old to be trusted; nothing was changed."""
    return _page(request, status=403, text=_("The form had run out. Nothing was changed; please send it again."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request makes no sense."""
    return _page(request, status=400, text=_("This request cannot be understood."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing, or nothing for this user; the two look the same."""
    return _page(request, status=404, text=_("There is nothing here, or it is not yours to see."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours and stands in the log under the request's id; or that all connections are taken."""
    if is_busy(sys.exc_info()[1]):
        return busy()
    return _page(request, status=500, text=_("Something broke on our side. It has been recorded; please try again."))


def is_busy(fault: BaseException | None) -> bool:
    """Return whether a request failed because every database connection was taken."""
    while fault is not None:
        if isinstance(fault, PoolTimeout):
            return True
        fault = fault.__cause__
    return False


def busy() -> HttpResponse:
    """Ask to come back soon; needs neither a connection nor a template."""
    return HttpResponse(
        _("Too many people are asking at once. Please try again in a few seconds."),
        status=503,
        content_type="text/plain; charset=utf-8",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def _page(request: HttpRequest, *, status: int, text: str) -> HttpResponse:
    if request.path.startswith(MACHINE_PATHS):
        return JsonResponse(
            problems.problem(code=f"http.{status}", status=status, title=text),
            status=status,
            content_type=problems.MEDIA_TYPE,
        )
    return render(request, "shared/fault.html", {"status": status, "text": text}, status=status)
