"""
Counts attempts to log in and locks out who guesses. The counters live in the database, so that every process and every
restart knows them. An attempt is counted before the password is looked at, so parallel guesses cannot slip through.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from yidao.accounts import statements
from yidao.accounts.ids import UserId
from yidao.accounts.models import LoginFailure
from yidao.accounts.phone_models import UsedCode
from yidao.kit import crypto
from yidao.kit.errors import Refusal

WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)
STALE = timedelta(days=1)
CODE_MEMORY = timedelta(minutes=5)
"""Longer than an authenticator's code is taken; afterwards the same six digits may come up anew."""
ATTEMPTS_PER_LOGIN_MAX = 8
ATTEMPTS_PER_ADDRESS_MAX = 40


class LockedOut(Refusal):
    """
    Too many attempts; `minutes` says when the next one is looked at. Nothing tells whether the login exists.

    `has_begun` is true of the attempt that began the lock, so that not every one after it fills the journal.
    """

    code = "login.locked_out"
    status = 429
    message = "Too many attempts. Try again in %(minutes)d minutes."

    def __init__(self, *, minutes: int, has_begun: bool) -> None:
        super().__init__(minutes=minutes)
        self.has_begun = has_begun


Key = tuple[str, int]
"""A counter's name and how many attempts it allows within `WINDOW`."""


def _address(address: str) -> Key:
    return f"address:{address}", ATTEMPTS_PER_ADDRESS_MAX


def _login(login: str) -> Key:
    """Return a login's counter; it is kept as a blind index because people type passwords there by mistake."""
    shadow = crypto.blind_index(login.strip().lower(), purpose="login").hex()
    return f"login:{shadow}", ATTEMPTS_PER_LOGIN_MAX


def _second_factor(user_id: UserId) -> Key:
    return f"second-factor:{user_id}", ATTEMPTS_PER_LOGIN_MAX


def count_attempt(*, login: str, address: str, real_now: datetime) -> None:
    """
    Count one attempt for the login and for the address it comes from.

    :raises LockedOut: either has had too many within `WINDOW`; the attempt must not be looked at.
    """
    _count(_address(address), _login(login), real_now=real_now)


def count_second_factor(*, user_id: UserId, address: str, real_now: datetime) -> None:
    """
    Count one attempt at a user's second factor, whichever it is; only who knows the password comes here.

    :raises LockedOut: the user or the address has had too many within `WINDOW`; the attempt must not be looked at.
    """
    _count(_address(address), _second_factor(user_id), real_now=real_now)


def count_stranger(*, address: str, real_now: datetime) -> None:
    """
    Count one attempt of somebody who has not said who they are: a passkey, a code from a phone.

    :raises LockedOut: the address has had too many within `WINDOW`; the attempt must not be looked at.
    """
    _count(_address(address), real_now=real_now)


def _count(*keys: Key, real_now: datetime) -> None:
    for key, allowed in keys:
        parameters: dict[str, Any] = {
            "key": key,
            "now": real_now,
            "window_start": real_now - WINDOW,
            "lock_until": real_now + LOCK,
            "allowed": allowed,
        }
        with connection.cursor() as cursor:
            cursor.execute(statements.COUNT_ATTEMPT, parameters)
            locked_until: datetime | None = cursor.fetchone()[0]
        if locked_until is not None and locked_until > real_now:
            # A locked address is turned away here, so that it cannot lock one login after the other.
            minutes = max(1, -(-int((locked_until - real_now).total_seconds()) // 60))
            raise LockedOut(minutes=minutes, has_begun=locked_until == real_now + LOCK)


def forget(*, login: str, address: str, real_now: datetime) -> None:
    """
    Forget a login's attempts after a right one.

    The address is let off this one attempt and no other: an office full of people does not lock itself out, and no
    account of one's own resets the count of guesses.

    Counters that nobody has touched for a day go with it, so that made-up logins do not pile up.
    """
    _forgive(_login(login), address=address, real_now=real_now)


def forget_second_factor(*, user_id: UserId, address: str, real_now: datetime) -> None:
    """Forget a user's attempts at the second factor after a right one; the address is let off this one."""
    _forgive(_second_factor(user_id), address=address, real_now=real_now)


def forget_stranger(*, address: str, real_now: datetime) -> None:
    """Let an address off the one attempt that turned out to be right."""
    _forgive(None, address=address, real_now=real_now)


def _forgive(own: Key | None, *, address: str, real_now: datetime) -> None:
    if own is not None:
        LoginFailure.objects.filter(key=own[0]).delete()
    LoginFailure.objects.filter(key=_address(address)[0], locked_until=None, failure_count__gt=0).update(
        failure_count=F("failure_count") - 1
    )
    LoginFailure.objects.filter(window_started_at__lt=real_now - STALE).delete()


def use_once(*, user_id: UserId, code: str, real_now: datetime) -> bool:
    """
    Return whether a code of an authenticator app was not used before, and remember that it is now.

    Whoever looks over a shoulder cannot use it again. Of two at once one is the first.
    """
    key = crypto.blind_index(f"{user_id}/{code}", purpose="totp").hex()
    with connection.cursor() as cursor:
        cursor.execute(statements.USE_ONCE, {"key": key, "now": real_now, "again_from": real_now - CODE_MEMORY})
        is_first = bool(cursor.rowcount == 1)
    UsedCode.objects.filter(used_at__lt=real_now - STALE).delete()
    return is_first
