"""One middleware: the request's instant, the disabled user's way out, and refusals as pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from yidao.kit.errors import Refusal
from yidao.web.shared import faults


class YidaoMiddleware:
    """Sets `request.now` lazily at the view, and turns refusals raised by views into pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Render a refusal; everything else goes its way."""
        if isinstance(exception, Refusal):
            return faults.refusal_page(request, exception)
        return None
