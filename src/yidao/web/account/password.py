"""Changing one's password."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yidao.accounts import passwords, sessions
from yidao.kit import clock
from yidao.kit.errors import FieldFault, Refusal
from yidao.web.account.common import page
from yidao.web.shared.requests import Request, user_id


class TypedTwice(Refusal):
    """The two new passwords differ."""

    code = "password.typed_twice"
    status = 422
    message = "The two new passwords differ."


class OldWrong(Refusal):
    """The present password is wrong, or was tried too often; `faults` say which."""

    code = "password.old_wrong"
    status = 422
    message = "The present password was not accepted."


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """Change the password; every other session ends."""
    refused = None
    if request.method == "POST":
        try:
            _change(request)
            messages.success(request, _("The password was changed. All other sessions were ended."))
            return HttpResponseRedirect(reverse("account_home"))
        except Refusal as refusal:
            refused = refusal
    return page(request, "account/password.html", {}, refused)


def twice(request: Request) -> str:
    """
    Return the new password.

    :raises TypedTwice: it was typed in two ways.
    """
    new = request.POST.get("new", "")[: passwords.LENGTH_MAX]
    if new != request.POST.get("again", "")[: passwords.LENGTH_MAX]:
        raise TypedTwice
    return new


def _change(request: Request) -> None:
    new = twice(request)
    passwords.refuse_weak(new, user_id=user_id(request))
    old = request.POST.get("old", "")[: passwords.LENGTH_MAX]
    try:
        is_right = get_adapter().reauthenticate(request.user, old)
    except ValidationError as fault:
        raise OldWrong(faults=tuple(_faults(fault.messages))) from fault
    if not is_right:
        raise OldWrong(faults=tuple(_faults([_("The password is wrong.")])))
    key = request.session.session_key or ""
    passwords.change(
        user_id=user_id(request), password=new, current_key=key, now=request.now, real_now=clock.real_now()
    )
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)
    sessions.rename(old_key=key, new_key=request.session.session_key or "")


def _faults(texts: list[str]) -> list[FieldFault]:
    return [FieldFault(pointer="old", code="wrong", message=text) for text in texts]
