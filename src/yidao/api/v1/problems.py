"""Every error of the API in one shape, problem+json, in the language asked for; English when none was."""

import json
from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from psycopg_pool import PoolTimeout

from yidao.api.v1.auth import CHALLENGE, TokenRefused
from yidao.kit import problems
from yidao.kit.errors import FieldFault, NotVisible, Refusal

RETRY_AFTER_SECONDS: Final = 5


class Malformed(Refusal):
    """A part of the request is not of its type."""

    code = "request.malformed"
    status = 422
    message = "The request is malformed."


class Busy(Refusal):
    """Every database connection is taken."""

    code = "busy"
    status = 503
    message = "Too many are asking at once; ask again in a few seconds."


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Return a refusal as a problem."""
    asked = request.headers.get("Accept-Language")
    with translation.override(translation.get_language_from_request(request) if asked else "en"):
        title = _(refusal.message) % refusal.values
        body = problems.problem(code=refusal.code, status=refusal.status, title=title, faults=refusal.faults)
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=refusal.status, content_type=problems.MEDIA_TYPE
    )
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def install(api: NinjaAPI) -> None:
    """Let the API answer with problems whatever goes wrong."""

    def on_refusal(request: HttpRequest, refusal: Any) -> HttpResponse:
        return answer(request, refusal)

    def on_missing_token(request: HttpRequest, _fault: Any) -> HttpResponse:
        return answer(request, TokenRefused(headers={"WWW-Authenticate": CHALLENGE}))

    def on_malformed(request: HttpRequest, fault: Any) -> HttpResponse:
        return answer(request, Malformed(faults=tuple(_faults(fault.errors))))

    def on_http_error(request: HttpRequest, fault: Any) -> HttpResponse:
        refusal = NotVisible() if fault.status_code == 404 else Malformed()
        return answer(request, refusal)

    def on_busy(request: HttpRequest, _fault: Any) -> HttpResponse:
        return answer(request, Busy(headers={"Retry-After": str(RETRY_AFTER_SECONDS)}))

    api.add_exception_handler(Refusal, on_refusal)
    api.add_exception_handler(AuthenticationError, on_missing_token)
    api.add_exception_handler(ValidationError, on_malformed)
    api.add_exception_handler(HttpError, on_http_error)
    api.add_exception_handler(PoolTimeout, on_busy)


def _faults(errors: Iterable[dict[str, Any]]) -> Iterable[FieldFault]:
    for error in errors:
        pointer = "/".join(str(part) for part in error.get("loc", ())[1:])
        yield FieldFault(pointer=pointer, code="field.missing" if error.get("type") == "missing" else "field.type")
