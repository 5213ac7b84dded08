"""What we change in django-allauth: nobody signs up alone, and guessing is counted in the database."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from yidao.accounts import lockout
from yidao.kit import clock
from yidao.web.shared import faults
from yidao.web.shared.requests import address_of
from yidao.web.shared.second_factor import record

WORDS = {
    "mfa/messages/totp_activated.txt": gettext_noop("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": gettext_noop("The authenticator app is switched off."),
    "mfa/messages/webauthn_added.txt": gettext_noop("The passkey was added."),
    "mfa/messages/webauthn_removed.txt": gettext_noop("The passkey was removed."),
    "mfa/messages/recovery_codes_generated.txt": gettext_noop("New recovery codes were made. They are shown once."),
    "account/messages/logged_in.txt": "",
    "account/messages/logged_out.txt": "",
}
"""What is said for each message of the library; the pages that follow a login or logout speak for themselves."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Login by name or e-mail address and password; accounts are made by organisations, never by visitors."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("Login or password is wrong."),
        "email_password_mismatch": gettext_lazy("Login or password is wrong."),
        "incorrect_password": gettext_lazy("The password is wrong."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse every sign-up."""
        return False

    def get_login_stages(self) -> list[str]:
        """Return what stands between a right password and the consoles: the second factor of who has one."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where the request comes from, for the list of sessions."""
        return str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104  "not known", nothing is bound to it

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """
        Count the attempt before the password is looked at.

        :raises ValidationError: too many; it says how long to wait.
        """
        real_now = clock.real_now()
        try:
            lockout.count_attempt(login=credentials["username"], address=address_of(request), real_now=real_now)
        except lockout.LockedOut as refusal:
            if refusal.has_begun:
                record("login.locked_out", None, request)
            raise ValidationError(faults.message_of(refusal), code=refusal.code) from refusal

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the user whose password this is, and forget their failed attempts."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            lockout.forget(login=credentials["username"], address=address_of(request), real_now=clock.real_now())
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave a trace of the failure that names nobody."""
        record("login.failed", None, request)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Let a user in who has passed every stage, and leave a trace."""
        super().login(request, user)
        record("login.done", user.pk, request)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        message: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Say it in our words; a message of the library that has none here is a mistake of ours."""
        words = _(WORDS[message_template]) if message_template and WORDS[message_template] else message
        if words:
            messages.add_message(request, level, words)

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return one of our messages by its code."""
        return ValidationError(self.error_messages.get(code) or _("This cannot be done."), code=code)
