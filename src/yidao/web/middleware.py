"""What every request passes: static files, the login, the request's one instant, and refusals turned into pages."""

import gzip
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import brotli
from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware

from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.web.shared import faults

_NONE = re.compile(r"^\s*q=0(\.0*)?\s*$")
_COMPRESSED = ("text/", "application/json", "application/problem+json", "application/javascript", "image/svg+xml")
_STATIC_FILES_MAX = 200
_WORTH_BYTES = 200
_CHANCE_BYTES_MAX = 90
_PAGE_QUALITY = 5
_OURS = "/static/yidao/"
_LINES_OF_COMMENT = re.compile(rb"(?m)^[ \t]*(?://[^\n]*)?\n?")


@lru_cache(maxsize=_STATIC_FILES_MAX)
def _pressed(content: bytes, encoding: str) -> bytes:
    """Return a static file's content compressed as far as it goes; each is pressed once in a process's life."""
    if encoding == "br":
        pressed: bytes = brotli.compress(content, quality=11)
        return pressed
    return gzip.compress(content, compresslevel=9, mtime=0)


@lru_cache(maxsize=_STATIC_FILES_MAX)
def _lean(content: bytes) -> bytes:
    """Return a script or sheet of ours without indentation and without lines of comment."""
    return _LINES_OF_COMMENT.sub(b"", content)


def _encoding(accepted: str) -> str:
    """Return the best encoding that a browser takes of those we make, empty for none."""
    asked = (each.partition(";") for each in accepted.split(","))
    taken = {name.strip() for name, _, weight in asked if not _NONE.search(weight)}
    return next((name for name in ("br", "gzip") if name in taken), "")


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves static files whole: they are small, and streaming them through ASGI costs more than it saves."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Answer with the file, compressed for who takes that, or with 304 when the browser has it."""
        found = static_file.get_response(request.method, request.META)
        response = HttpResponse(b"", status=int(found.status))
        if found.file is not None:
            with found.file:
                response.content = found.file.read()
        for name, value in found.headers:
            response[name] = value
        if response.status_code == 200 and response["Content-Type"].startswith(_COMPRESSED):
            if request.path.startswith(_OURS) and request.path.endswith((".js", ".css")):
                response.content = _lean(response.content)
                response["Content-Length"] = str(len(response.content))
            patch_vary_headers(response, ("Accept-Encoding",))
            encoding = _encoding(request.headers.get("Accept-Encoding", ""))
            if response.content and encoding:
                response.content = _pressed(response.content, encoding)
                response["Content-Encoding"] = encoding
                response["Content-Length"] = str(len(response.content))
        return response


class Compression:
    """
    Compresses pages and answers of text. Files that somebody downloads are left alone: they are packed already.

    A page holds a form token beside what its address says, and both are compressed together (BREACH). That tells
    nothing: the token is masked anew in every answer, every page is lengthened by chance, and cookies go with no other
    site's requests.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, compressed if that is worth it and wanted."""
        response = self.get_response(request)
        kind = response.get("Content-Type", "")
        if response.streaming or response.has_header("Content-Encoding") or not kind.startswith(_COMPRESSED):
            return response
        if len(response.content) < _WORTH_BYTES:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        encoding = _encoding(request.headers.get("Accept-Encoding", ""))
        if encoding:
            content = response.content + _chance() if kind.startswith("text/html") else response.content
            if encoding == "br":
                response.content = brotli.compress(content, quality=_PAGE_QUALITY)
            else:
                response.content = gzip.compress(content, compresslevel=6, mtime=0)
            response["Content-Encoding"] = encoding
            response["Content-Length"] = str(len(response.content))
        return response


def _chance() -> bytes:
    """Return a comment whose length nobody can foresee."""
    return f"<!-- {secrets.token_urlsafe(secrets.randbelow(_CHANCE_BYTES_MAX))} -->".encode()


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
