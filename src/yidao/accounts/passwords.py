"""Passwords: what makes one acceptable, and changing it. Whoever changes it is logged out everywhere else."""

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from yidao.accounts import sessions
from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import UserId
from yidao.accounts.models import User
from yidao.audit import services as audit
from yidao.kit import db
from yidao.kit.errors import FieldFault, Refusal

LENGTH_MAX: Final = 200
OFTEN_USED: Final = (
    "woaini",
    "qq1234",
    "a12345",
    "abc123",
    "wang12",
    "admin1",
    "douyin",
    "yidao1",
    "kuaidi",
    "taobao",
    "iloveyou",
    "password",
    "qwerty",
    "1qaz2wsx",
    "zxcvbn",
    "asdfgh",
)
"""How passwords begin that are guessed first here, besides those of Django's list; digits behind do not help."""


class PasswordRefused(Refusal):
    """The password is too easy to guess; `faults` say why, in the reader's language."""

    code = "password.refused"
    status = 422
    message = "This password is too easy to guess."


class LongEnough(MinimumLengthValidator):
    """Refuses short passwords, in words that have their Chinese."""

    def get_error_message(self) -> str:
        """Return the rule in words."""
        return gettext("This password is too short: it needs at least %(count)d characters.") % {
            "count": self.min_length
        }


class NotLikeUser(UserAttributeSimilarityValidator):
    """Refuses passwords like the login or the name, in words that name no field."""

    def get_error_message(self) -> str:
        """Return the rule in words."""
        return gettext("This password is too similar to your login or name.")


class NotOftenUsed:
    """Refuses what guessers try first in China: a well-known beginning and digits behind it."""

    def validate(self, password: str, user: Any = None) -> None:
        """
        Let a password pass.

        :raises ValidationError: it is one of those guessed first.
        """
        start = password.lower().rstrip("0123456789.!@#_- ")
        if any(password.lower().startswith(each) and len(start) <= len(each) for each in OFTEN_USED):
            raise ValidationError(self.get_help_text(), code="password_too_common")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return gettext("Do not use a password that others use often.")


def refuse_weak(password: str, *, user_id: UserId | None) -> None:
    """
    Let a password pass that is long enough, not common and not like the user's login or name.

    :raises PasswordRefused: with every reason.
    """
    user = User.objects.filter(id=user_id).first() if user_id is not None else None
    try:
        validate_password(password, user)
    except ValidationError as fault:
        faults = tuple(FieldFault(pointer="password", code="weak", message=each) for each in fault.messages)
        raise PasswordRefused(faults=faults) from fault


def change(*, user_id: UserId, password: str, current_key: str, now: datetime, real_now: datetime) -> None:
    """
    Give a user a new password; every session but that of `current_key` ends.

    :raises PasswordRefused: it is too easy to guess.
    """
    refuse_weak(password, user_id=user_id)
    with db.transaction(SYSTEM):
        User.objects.filter(id=user_id).update(password=make_password(password))
        audit.record(
            act="password.changed", user_id=user_id, subject=f"user/{user_id}", at_real=real_now, at_business=now
        )
    sessions.end_others(user_id=user_id, current_key=current_key, now=now, real_now=real_now)
