"""What we change in django-allauth: nobody signs up alone, and guessing is counted in the database."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yidao.accounts import lockout
from yidao.audit import services as audit
from yidao.kit import clock
from yidao.web.shared import faults


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Login by name or e-mail address and password; accounts are made by organisations, never by visitors."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": gettext_lazy("Login or password is wrong."),
        "email_password_mismatch": gettext_lazy("Login or password is wrong."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse every sign-up."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """
        Count the attempt before the password is looked at.

        :raises ValidationError: too many; it says how long to wait.
        """
        real_now = clock.real_now()
        try:
            lockout.count_attempt(login=credentials["username"], address=_address(request), real_now=real_now)
        except lockout.LockedOut as refusal:
            if refusal.has_begun:
                self._record("login.locked_out", None, request)
            raise ValidationError(faults.message_of(refusal), code=refusal.code) from refusal

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return the user whose password this is, and forget their failed attempts."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            lockout.forget(login=credentials["username"], address=_address(request), real_now=clock.real_now())
            self._record("login.done", user.pk, request)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Leave a trace of the failure that names nobody."""
        self._record("login.failed", None, request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page that follows a login speaks for itself."""

    def _record(self, act: str, user_id: int | None, request: HttpRequest) -> None:
        audit.record(
            act=act,
            user_id=user_id,
            subject=f"user/{user_id}" if user_id is not None else "user/unknown",
            at_real=clock.real_now(),
            at_business=request.now,  # type: ignore[attr-defined]
        )

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return one of our messages by its code."""
        return ValidationError(self.error_messages.get(code) or _("This cannot be done."), code=code)


def _address(request: HttpRequest) -> str:
    """Return where the request comes from; a proxy in front is expected to set the server's own idea of it."""
    return str(request.META.get("REMOTE_ADDR") or "unknown")
