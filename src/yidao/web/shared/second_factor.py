"""
What we change in the second factors of django-allauth: attempts count in the database, codes are used once, secrets
are stored encrypted, names have a length, and each act leaves a trace.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as app_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yidao.accounts import factors, lockout
from yidao.accounts.ids import UserId
from yidao.audit import services as audit
from yidao.kit import clock
from yidao.web.shared import faults
from yidao.web.shared.requests import address_of

NAME_MAX = 60
SITE = "Yidao 驿道"
CREDENTIAL_MAX = 20_000


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets under our key ring, names in our words."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This is not right, or was used before. Try again."),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Recovery codes stand in for an authenticator app or a passkey; set up one of them first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return factors.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret from how it is stored."""
        return factors.unseal(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """Return a name for a passkey whose owner gave it none."""
        return _("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return what a passkey is bound to: the host's name without its port, and what people call us."""
        return {"id": context.request.get_host().partition(":")[0], "name": SITE}


@contextmanager
def _counted(count: Callable[[], None], forget: Callable[[], None]) -> Iterator[None]:
    """
    Count an attempt, look at it in the block, and forget the attempts if it was right.

    :raises ValidationError: too many; it says how long to wait. Or the block raised it.
    """
    try:
        count()
    except lockout.LockedOut as refusal:
        if refusal.has_begun:
            record("login.locked_out", None, context.request)
        raise ValidationError(faults.message_of(refusal), code=refusal.code) from refusal
    yield
    forget()


def _counted_for(user: Any) -> Any:
    about: dict[str, Any] = {
        "user_id": UserId(user.pk),
        "address": address_of(context.request),
        "real_now": clock.real_now(),
    }
    return _counted(
        lambda: lockout.count_second_factor(**about),
        lambda: lockout.forget_second_factor(**about),
    )


def _counted_stranger() -> Any:
    about: dict[str, Any] = {"address": address_of(context.request), "real_now": clock.real_now()}
    return _counted(lambda: lockout.count_stranger(**about), lambda: lockout.forget_stranger(**about))


def _checked_code(form: Any, check: Callable[[], str]) -> str:
    """Return the code if it is right and, from an app, was not used before."""
    with _counted_for(form.user):
        code = check()
        is_app = form.authenticator.type == Authenticator.Type.TOTP
        real_now = clock.real_now()
        if is_app and not lockout.use_once(user_id=UserId(form.user.pk), code=code.strip(), real_now=real_now):
            raise Adapter().validation_error("incorrect_code")
    return code


class CodeForm(code_forms.AuthenticateForm):  # type: ignore[misc]
    """The second step of the login: a code of the app, or a recovery code."""

    def clean_code(self) -> str:
        """Return the code if it is right."""
        return _checked_code(self, super().clean_code)


class CodeAgainForm(code_forms.ReauthenticateForm):  # type: ignore[misc]
    """The same before something delicate is changed."""

    def clean_code(self) -> str:
        """Return the code if it is right."""
        return _checked_code(self, super().clean_code)


class AppForm(app_forms.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app, which proves that it was set up."""

    def clean_code(self) -> str:
        """Return the code if it is right; it is used up and opens nothing else."""
        with _counted_for(self.user):
            code: str = super().clean_code()
            lockout.use_once(user_id=UserId(self.user.pk), code=code.strip(), real_now=clock.real_now())
        return code


def _whole(credential: Any) -> None:
    """
    Let a browser's answer pass that has the form and the size of one.

    :raises ValidationError: the library or the database would stumble over it.
    """
    is_whole = isinstance(credential, dict) and isinstance(credential.get("response"), dict)
    written = json.dumps(credential)
    if not is_whole or len(written) > CREDENTIAL_MAX or "\\u0000" in written:
        raise Adapter().validation_error("incorrect_code")


class PasskeyForm(passkey_forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step of the login."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey whose answer this is."""
        _whole(self.cleaned_data["credential"])
        with _counted_for(self.user):
            return super().clean_credential()


class PasskeyAgainForm(passkey_forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """The same before something delicate is changed."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey whose answer this is."""
        _whole(self.cleaned_data["credential"])
        with _counted_for(self.user):
            return super().clean_credential()


class PasskeyLoginForm(passkey_forms.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of login, password and second step. Nobody can lock somebody else's out."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey whose answer this is; of somebody who may not log in it opens nothing."""
        _whole(self.cleaned_data["credential"])
        with _counted_stranger():
            found: Authenticator = super().clean_credential()
            if not found.user.is_active:
                raise Adapter().validation_error("incorrect_code")
        return found


class PasskeyNewForm(passkey_forms.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey with a name of one's own."""

    name = forms.CharField(required=False, max_length=NAME_MAX)

    def clean_credential(self) -> Any:
        """Return the browser's answer."""
        credential = self.cleaned_data["credential"]
        _whole(credential)
        return credential


class PasskeyNameForm(passkey_forms.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = forms.CharField(max_length=NAME_MAX)


def record(act: str, user_id: int | None, request: HttpRequest, **details: Any) -> None:
    """Write an act about a user's login into the journal."""
    audit.record(
        act=act,
        user_id=user_id,
        subject=f"user/{user_id}" if user_id is not None else "user/unknown",
        details=details,
        at_real=clock.real_now(),
        at_business=request.now,  # type: ignore[attr-defined]
    )


def _recorder(act: str) -> Callable[..., None]:
    def on_signal(request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
        record(act, user.pk, request, type=str(authenticator.type))

    return on_signal


RECORDED = {
    signals.authenticator_added: _recorder("factor.added"),
    signals.authenticator_removed: _recorder("factor.removed"),
    signals.authenticator_reset: _recorder("factor.codes_made"),
    signals.authentication_failed: _recorder("factor.failed"),
    signals.authenticator_used: _recorder("factor.used"),
}


def listen() -> None:
    """Let every act of the second factors leave a trace; doing it twice is harmless."""
    for signal, receiver in RECORDED.items():
        signal.connect(receiver, weak=False, dispatch_uid=f"yidao.{id(signal)}")
