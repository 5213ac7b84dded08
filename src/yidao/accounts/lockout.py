"""
Counts attempts to log in and locks out who guesses. The counters live in the database, so that every process and every
restart knows them. An attempt is counted before the password is looked at, so parallel guesses cannot slip through.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from yidao.accounts import statements
from yidao.accounts.models import LoginFailure
from yidao.kit import crypto
from yidao.kit.errors import Refusal

WINDOW = timedelta(minutes=15)
LOCK = timedelta(minutes=15)
STALE = timedelta(days=1)
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


def _keys(login: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """Return both counters' keys; a login is kept as a blind index because people type passwords there by mistake."""
    shadow = crypto.blind_index(login.strip().lower(), purpose="login").hex()
    return (f"address:{address}", ATTEMPTS_PER_ADDRESS_MAX), (f"login:{shadow}", ATTEMPTS_PER_LOGIN_MAX)


def count_attempt(*, login: str, address: str, real_now: datetime) -> None:
    """
    Count one attempt for the login and for the address it comes from.

    :raises LockedOut: either has had too many within `WINDOW`; the attempt must not be looked at.
    """
    for key, allowed in _keys(login, address):
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
    shadow = crypto.blind_index(login.strip().lower(), purpose="login").hex()
    LoginFailure.objects.filter(key=f"login:{shadow}").delete()
    LoginFailure.objects.filter(key=f"address:{address}", locked_until=None, failure_count__gt=0).update(
        failure_count=F("failure_count") - 1
    )
    LoginFailure.objects.filter(window_started_at__lt=real_now - STALE).delete()
