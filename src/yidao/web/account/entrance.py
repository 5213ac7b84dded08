"""
Getting in with a code from one's phone, instead of the password or to set a new one. A number that is nobody's is
answered exactly like everybody else's.
"""

import secrets
from datetime import timedelta
from typing import Any, Final

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yidao.accounts import codes, lockout, passwords, senders, sessions
from yidao.accounts.ids import UserId
from yidao.kit import clock, crypto
from yidao.kit.errors import Refusal
from yidao.web.account.common import for_strangers, limits, page
from yidao.web.account.password import twice
from yidao.web.shared.requests import Request, address_of
from yidao.web.shared.second_factor import record

WAITING: Final = "entrance"
"""Where the session keeps, sealed, what for and to which number a code is on its way."""
SETTING: Final = "new_password"
"""Where the session keeps a ticket for a new password."""
SETTING_LIFE: Final = timedelta(minutes=10)


@require_http_methods(["GET", "HEAD", "POST"])
@for_strangers
def phone(request: Request) -> HttpResponse:
    """Ask for the number of who wants to get in."""
    return _ask(request, codes.LOGIN, onward="account_phone_login_code")


@require_http_methods(["GET", "HEAD", "POST"])
@for_strangers
def phone_code(request: Request) -> HttpResponse:
    """Take the code and let its owner in; a second factor is asked for all the same."""
    refused = None
    if request.method == "POST":
        try:
            user = sessions.who_enters(_use_code(request, codes.LOGIN))
            record_authentication(request, user, method="phone")
            answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=None))
            return answer
        except Refusal as refusal:
            refused = refusal
    return _code_page(request, codes.LOGIN, refused)


@require_http_methods(["GET", "HEAD", "POST"])
@for_strangers
def forgot(request: Request) -> HttpResponse:
    """Ask for the number of who has forgotten the password."""
    return _ask(request, "password", onward="account_forgot_code")


@require_http_methods(["GET", "HEAD", "POST"])
@for_strangers
def forgot_code(request: Request) -> HttpResponse:
    """Take the code and let its owner choose a new password."""
    refused = None
    if request.method == "POST":
        try:
            user_id = _use_code(request, "password")
            request.session.cycle_key()
            request.session[SETTING] = passwords.ticket(user_id=user_id, until=clock.real_now() + SETTING_LIFE)
            return HttpResponseRedirect(reverse("account_forgot_password"))
        except Refusal as refusal:
            refused = refusal
    return _code_page(request, "password", refused)


@require_http_methods(["GET", "HEAD", "POST"])
@for_strangers
def forgot_password(request: Request) -> HttpResponse:
    """Take the new password of who proved to hold the phone."""
    real_now = clock.real_now()
    try:
        user_id = passwords.holder(request.session.get(SETTING, ""), real_now=real_now)
    except passwords.LinkOver:
        return HttpResponseRedirect(reverse("account_forgot"))
    refused = None
    if request.method == "POST":
        try:
            passwords.change(
                user_id=user_id, password=twice(request), current_key="", now=request.now, real_now=real_now
            )
            request.session.flush()
            messages.success(request, _("The password was changed. Log in with it."))
            return HttpResponseRedirect(reverse("account_login"))
        except Refusal as refusal:
            refused = refusal
    return page(request, "account/forgot_password.html", {}, refused)


@require_safe
@for_strangers
def link(request: Request, token: str) -> HttpResponse:
    """Take a link with which somebody who has lost password and phone sets a new one; its address is left at once."""
    passwords.holder(token, real_now=clock.real_now())
    request.session.cycle_key()
    request.session[SETTING] = token
    return HttpResponseRedirect(reverse("account_forgot_password"))


@require_POST
@for_strangers
def cancel(request: Request) -> HttpResponse:
    """Forget a login that waits for its second step, so that somebody else may log in."""
    clear_login(request)
    return HttpResponseRedirect(reverse("account_login"))


def _ask(request: Request, what_for: str, *, onward: str) -> HttpResponse:
    """Ask for a number and send a code to it, whoever's it is."""
    refused = None
    typed = request.POST.get("phone", "")
    if request.method == "POST":
        purpose = f"{what_for}/{secrets.token_hex(8)}"
        try:
            codes.send_login(
                typed=typed,
                limits=limits(request),
                real_now=clock.real_now(),
                address=address_of(request),
                purpose=purpose,
            )
            request.session[WAITING] = crypto.seal(f"{purpose} {typed}", purpose=WAITING)
            return HttpResponseRedirect(reverse(onward))
        except Refusal as refusal:
            refused = refusal
    context = {"typed": typed, "what_for": what_for, "is_sending": senders.is_sending()}
    return page(request, "account/ask_phone.html", context, refused)


def _waiting(request: Request, what_for: str) -> tuple[str, str]:
    """
    Return the purpose and the number of the code that is on its way.

    :raises CodeExpired: none is, for this.
    """
    try:
        purpose, _, typed = crypto.unseal(request.session.get(WAITING, ""), purpose=WAITING).partition(" ")
    except crypto.SignatureInvalid as fault:
        raise codes.CodeExpired from fault
    if purpose.partition("/")[0] != what_for:
        raise codes.CodeExpired
    return purpose, typed


def _use_code(request: Request, what_for: str) -> UserId:
    """
    Return whose code was typed; the attempt counts before it is looked at.

    :raises Refusal: too many attempts, or the code is wrong, used up or has run out.
    """
    purpose, typed = _waiting(request, what_for)
    about: dict[str, Any] = {"address": address_of(request), "real_now": clock.real_now()}
    lockout.count_stranger(**about)
    try:
        user_id = codes.check_login(
            typed=typed,
            code=request.POST.get("code", ""),
            limits=limits(request),
            real_now=clock.real_now(),
            purpose=purpose,
        )
    except Refusal:
        record("login.failed", None, request)
        raise
    lockout.forget_stranger(**about)
    del request.session[WAITING]
    return user_id


def _code_page(request: Request, what_for: str, refused: Refusal | None) -> HttpResponse:
    back = reverse("account_phone_login" if what_for == codes.LOGIN else "account_forgot")
    if refused is None and WAITING not in request.session:
        return HttpResponseRedirect(back)
    return page(request, "account/ask_code.html", {"back": back, "what_for": what_for}, refused)
