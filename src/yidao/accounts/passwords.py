"""Passwords: what makes one acceptable, and changing it. Whoever changes it is logged out everywhere else."""

from datetime import datetime, timedelta
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
from yidao.kit import crypto, db
from yidao.kit.errors import FieldFault, Refusal

LENGTH_MAX: Final = 200
TICKET: Final = "new password"
LINK_LIFE: Final = timedelta(days=1)
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


class LinkOver(Refusal):
    """The link was made elsewhere, was used, or has run out."""

    code = "password.link_over"
    status = 404
    message = "This link was used already or has run out. Ask for a new one."


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


def ticket(*, user_id: UserId, until: datetime) -> str:
    """Return what lets its holder set the user's password once: it ends with the password it was made for."""
    return crypto.sign_until(f"{user_id}/{_mark(user_id)}", purpose=TICKET, expires_at=until)


def holder(made: str, *, real_now: datetime) -> UserId:
    """
    Return whose password the holder of a ticket may set.

    :raises LinkOver: nobody's any more.
    """
    try:
        typed, _, mark = crypto.unsign_fresh(made, purpose=TICKET, now=real_now).partition("/")
    except crypto.SignatureInvalid as fault:
        raise LinkOver from fault
    user_id = UserId(int(typed))
    if not mark or mark != _mark(user_id):
        raise LinkOver
    return user_id


def link(*, user_id: UserId, by_user_id: UserId | None, now: datetime, real_now: datetime) -> str:
    """
    Return, inside the caller's transaction, a ticket that is good for a day, for who has lost password and phone.

    Whoever asks for it must know that it is the user who asks them.
    """
    audit.record(
        act="password.link_made", user_id=by_user_id, subject=f"user/{user_id}", at_real=real_now, at_business=now
    )
    return ticket(user_id=user_id, until=real_now + LINK_LIFE)


def _mark(user_id: UserId) -> str:
    """Return something that changes with the password and tells nothing of it; empty for who may not log in."""
    stored = User.objects.filter(id=user_id, is_active=True).values_list("password", flat=True).first()
    return crypto.blind_index(stored, purpose=TICKET).hex() if stored is not None else ""
