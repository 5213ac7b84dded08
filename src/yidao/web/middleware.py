"""What every request passes: static files, the login, the request's one instant, and refusals turned into pages."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from whitenoise.middleware import WhiteNoiseMiddleware

from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.shared import faults


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves static files whole: they are small, and streaming them through ASGI costs more than it saves."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Answer with the file, or with 304 when the browser has it."""
        found = static_file.get_response(request.method, request.META)
        response = HttpResponse(b"", status=int(found.status))
        if found.file is not None:
            with found.file:
                response.content = found.file.read()
        for name, value in found.headers:
            response[name] = value
        return response


class YidaoMiddleware:
    """Sends strangers to the login, fixes `request.now`, and renders refusals; it decides nothing about tenants."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; pages of a console are never kept by caches."""
        request.console = None  # type: ignore[attr-defined]
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and not request.path.startswith("/static/"):
            response["Cache-Control"] = "no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let pass who is logged in, and whoever asks for a page that needs no login."""
        if request.path.startswith(faults.MACHINE_PATHS):
            return None
        if getattr(view, "login_required", True) and not request.user.is_authenticated:
            return _to_login(request)
        connection.ensure_connection()
        assert connection.connection is not None
        request.now = clock.business_now(connection.connection)  # type: ignore[attr-defined]
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render a refusal as a page; say "come back soon" when every connection is taken; leave bugs to the log."""
        if request.path.startswith(faults.MACHINE_PATHS):
            return None
        if isinstance(exception, Refusal):
            return faults.refusal_page(request, exception)
        if faults.is_busy(exception):
            return faults.busy()
        return None


def _to_login(request: HttpRequest) -> HttpResponse:
    """Send a page's reader to the login and back afterwards; tell htmx to load the login as a whole page."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("account_login")})
    if request.method == "GET":
        return redirect_to_login(request.get_full_path(), reverse("account_login"))
    return HttpResponseRedirect(reverse("account_login"))
