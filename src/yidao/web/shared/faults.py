"""Pages for everything that goes wrong: not visible, not allowed, refused, broken."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yidao.kit.errors import Refusal


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Render a refusal with its status, its reason in words and what to do next."""
    return _page(request, status=refusal.status, code=refusal.code, text=_(refusal.message) % refusal.values)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old to be trusted; nothing was changed."""
    return _page(
        request, status=403, code="csrf", text=_("The form had run out. Nothing was changed; please send it again.")
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing, or nothing for this user; the two look the same."""
    return _page(request, status=404, code="not_found", text=_("There is nothing here, or it is not yours to see."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours; what happened stands in the log under the request's id."""
    return _page(request, status=500, code="broken", text=_("Something broke on our side. It has been recorded."))


def _page(request: HttpRequest, *, status: int, code: str, text: str) -> HttpResponse:
    context: dict[str, Any] = {"status": status, "code": code, "text": text}
    return render(request, "shared/fault.html", context, status=status)
