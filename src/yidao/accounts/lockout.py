"""
Counts attempts to log in and locks out who guesses. The counters live in the database, so that every process and every
restart knows them. An attempt is counted before the password is looked at, so parallel guesses cannot slip through.
"""

from datetime import datetime, timedelta

from django.db import connection

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
    """Too many attempts; `minutes` says when the next one is looked at. Nothing tells whether the login exists."""

    code = "login.locked_out"
    status = 429
    message = "Too many attempts. Try again in %(minutes)d minutes."


def _keys(login: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """Return both counters' keys; a login is kept as a blind index because people type passwords there by mistake."""
    shadow = crypto.blind_index(login.strip().lower(), purpose="login").hex()
    return (f"address:{address}", ATTEMPTS_PER_ADDRESS_MAX), (f"login:{shadow}", ATTEMPTS_PER_LOGIN_MAX)


def count_attempt(*, login: str, address: str, real_now: datetime) -> None:
    """
    Count one attempt for the login and for the address it comes from.

    :raises LockedOut: either has had too many within `WINDOW`; the attempt must not be looked at.
    """
    latest: datetime | None = None
    with connection.cursor() as cursor:
        for key, allowed in _keys(login, address):
            cursor.execute(
                statements.COUNT_ATTEMPT,
                {
                    "key": key,
                    "now": real_now,
                    "window_start": real_now - WINDOW,
                    "lock_until": real_now + LOCK,
                    "allowed": allowed,
                },
            )
            locked_until = cursor.fetchone()[0]
            if locked_until is not None and locked_until > real_now:
                latest = max(latest or locked_until, locked_until)
    if latest is not None:
        raise LockedOut(minutes=max(1, -(-int((latest - real_now).total_seconds()) // 60)))


def forget(*, login: str, real_now: datetime) -> None:
    """
    Forget a login's attempts after a right one; the address keeps its count: no account resets that.

    Counters that nobody has touched for a day go with it, so that made-up logins do not pile up.
    """
    shadow = crypto.blind_index(login.strip().lower(), purpose="login").hex()
    LoginFailure.objects.filter(key=f"login:{shadow}").delete()
    LoginFailure.objects.filter(window_started_at__lt=real_now - STALE).delete()
