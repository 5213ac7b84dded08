"""The request as our views know it: what the middlewares added, typed."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

from yidao.accounts.ids import UserId

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from yidao.accounts.models import User
    from yidao.web.shared.navigation import Console


class Request(HttpRequest):
    """A request of somebody who is logged in. `now` is business time, read once per request."""

    now: datetime
    htmx: "HtmxDetails"
    console: "Console | None"
    if TYPE_CHECKING:
        user: User


def user_id(request: Request) -> UserId:
    """Return the id of who asks."""
    return UserId(request.user.id)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; a proxy in front is expected to set the server's own idea of it."""
    return str(request.META.get("REMOTE_ADDR") or "unknown")
