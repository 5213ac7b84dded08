"""Where an invitation leads: a link for whoever holds it, and the answer to an invitation for one's own login."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from yidao.accounts import invitations, lockout
from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import UserId
from yidao.accounts.models import User
from yidao.kit import clock, db
from yidao.kit.errors import NotVisible, Refusal
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request, user_id

TEMPLATE = "people/invitation.html"


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Request, token: str) -> HttpResponse:
    """Show who invites whom to what; let whoever is logged in join, and whoever is not make a login."""
    real_now = clock.real_now()
    found = _opened(request, token)
    refused = ""
    status = 200
    is_logged_in: bool = request.user.is_authenticated
    if request.method == "POST":
        try:
            if not is_logged_in:
                _count(request, token)
                return _join_as_new(request, token)
            with db.transaction(SYSTEM):
                invitations.accept(user_id=user_id(request), token=token, now=request.now, real_now=real_now)
            messages.success(request, _("Welcome to %(name)s.") % {"name": found.organisation_name})
            return HttpResponseRedirect(reverse("home"), status=303)
        except Refusal as refusal:
            refused, status = message_of(refusal), refusal.status
        except ValidationError as fault:
            refused, status = " ".join(fault.messages), 422
    context: dict[str, Any] = {"found": found, "refused": refused, "typed": request.POST}
    context["address"] = reverse("invitation", kwargs={"token": token})
    return render(request, TEMPLATE, context, status=status)


invitation.login_required = False  # type: ignore[attr-defined]


@require_POST
def answer(request: Request, invitation: int) -> HttpResponse:
    """Take or decline an invitation for one's own login."""
    about: dict[str, Any] = {"user_id": user_id(request), "invitation_id": invitation}
    about |= {"now": request.now, "real_now": clock.real_now()}
    with db.transaction(SYSTEM):
        match request.POST.get("act"):
            case "accept":
                found = invitations.accept(**about)
                messages.success(request, _("Welcome to %(name)s.") % {"name": found.organisation_name})
            case "decline":
                invitations.decline(**about)
    return HttpResponseRedirect(reverse("home"), status=303)


def _opened(request: Request, token: str) -> invitations.InvitationRow:
    """
    Return the invitation of a link; tokens that are nobody's count against the address they come from.

    :raises LockedOut: too many were tried.
    """
    try:
        return invitations.opened(token, real_now=clock.real_now())
    except NotVisible:
        _count(request, "unknown")
        raise


def _count(request: Request, what: str) -> None:
    address = str(request.META.get("REMOTE_ADDR") or "unknown")
    lockout.count_attempt(login=f"invitation/{what}/{address}", address=address, real_now=clock.real_now())


def _join_as_new(request: Request, token: str) -> HttpResponse:
    """
    Make a login and let it join; it is then asked for at the login like any other.

    :raises ValidationError: the password is weak or was typed differently the second time.
    """
    login, name = request.POST.get("login", ""), request.POST.get("name", "")
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        raise ValidationError(_("The two passwords differ."))
    validate_password(password, User(login=login.strip().lower(), name=name.strip()))
    with db.transaction(SYSTEM):
        invitations.accept_as_new(
            token=token,
            login=login,
            name=name,
            password=password,
            language=get_language() or "",
            now=request.now,
            real_now=clock.real_now(),
        )
    messages.success(request, _("Your login is ready. Log in with it."))
    return HttpResponseRedirect(reverse("account_login"), status=303)


def waiting(request: Request) -> tuple[invitations.InvitationRow, ...]:
    """Return the invitations that wait for whoever is logged in."""
    return tuple(invitations.waiting_for(UserId(request.user.id), real_now=clock.real_now()))
