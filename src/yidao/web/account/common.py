"""What the pages of an account share: asking for the password again, the limits of codes, showing a refusal."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from yidao.kit.errors import Refusal
from yidao.policies import families, queries
from yidao.rules import verification
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

View = Callable[..., HttpResponse]


def confirmed(view: View) -> View:
    """Let somebody pass who said who they are within the last minutes; others do it now and come back."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        back = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{back}")

    return guarded


def for_strangers(view: View) -> View:
    """Let people pass who are not logged in; others are in already."""

    @wraps(view)
    def open_to_all(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("home"))
        return view(request, *args, **kwargs)

    open_to_all.login_required = False  # type: ignore[attr-defined]
    return open_to_all


def limits(request: Request) -> verification.Policy:
    """Return the limits of codes that bind now."""
    return queries.of_platform(families.VERIFICATION, at=request.now)


def page(request: HttpRequest, template: str, context: dict[str, Any], refused: Refusal | None = None) -> HttpResponse:
    """Render a page of the account, with what was refused and why."""
    told = [message_of(refused), *(each.message for each in refused.faults)] if refused is not None else []
    response = render(request, template, context | {"told": told}, status=refused.status if refused else 200)
    for name, value in (refused.headers if refused is not None else {}).items():
        response[name] = value
    return response
