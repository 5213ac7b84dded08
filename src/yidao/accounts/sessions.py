"""Where a user is logged in: the list, and ending one of them or all others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import UserId
from yidao.accounts.models import User
from yidao.audit import services as audit
from yidao.kit import db, news
from yidao.kit.errors import NotVisible

SHOWN_MAX: Final = 100
ORPHANS_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One browser in which a user is logged in."""

    id: int
    since: datetime
    address: str
    browser: str
    is_current: bool


def sessions(*, user_id: UserId, current_key: str, real_now: datetime) -> tuple[SessionRow, ...]:
    """Return where a user is logged in, this browser first, then the newest."""
    known = UserSession.objects.filter(user_id=user_id).order_by("-created_at", "-id")
    rows = list(known.values_list("id", "created_at", "ip", "user_agent", "session_key")[:SHOWN_MAX])
    keys = [row[4] for row in rows]
    live = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=real_now).values_list("session_key", flat=True)
    )
    found = [
        SessionRow(id=row[0], since=row[1], address=row[2], browser=row[3], is_current=row[4] == current_key)
        for row in rows
        if row[4] in live
    ]
    return tuple(sorted(found, key=lambda row: not row.is_current))


def end(*, user_id: UserId, session_id: int, now: datetime, real_now: datetime) -> None:
    """
    Log a user out of one browser.

    :raises NotVisible: it is none of theirs, or has ended.
    """
    with db.transaction(SYSTEM):
        news.shut_out((user_id,))
        if not _end(UserSession.objects.filter(user_id=user_id, id=session_id).values_list("session_key", flat=True)):
            raise NotVisible
        _record("session.ended", user_id, now=now, real_now=real_now)


def end_others(
    *, user_id: UserId, current_key: str, now: datetime, real_now: datetime, by_user_id: UserId | None = None
) -> int:
    """
    Log a user out of every browser but this one and return of how many; an empty key ends all.

    `by_user_id` is who did it when it was not the user.
    """
    with db.transaction(SYSTEM):
        others = UserSession.objects.filter(user_id=user_id).exclude(session_key=current_key)
        count = _end(others.values_list("session_key", flat=True))
        if count:
            news.shut_out((user_id,))
            _record("session.others_ended", user_id, now=now, real_now=real_now, by_user_id=by_user_id)
    return count


def rename(*, old_key: str, new_key: str) -> None:
    """Keep knowing a session whose key was changed."""
    UserSession.objects.filter(session_key=old_key).update(session_key=new_key)


def forget(*, real_now: datetime) -> int:
    """Delete sessions that have run out, with what was known of them, and return how many; twice changes nothing."""
    gone, _ = Session.objects.filter(expire_date__lt=real_now).delete()
    live = Session.objects.values("session_key")
    UserSession.objects.filter(created_at__lt=real_now - ORPHANS_AFTER).exclude(session_key__in=live).delete()
    return gone


def _end(keys: Iterable[str]) -> int:
    wanted = list(keys)
    Session.objects.filter(session_key__in=wanted).delete()
    ended, _ = UserSession.objects.filter(session_key__in=wanted).delete()
    return int(ended)


def _record(act: str, user_id: UserId, *, now: datetime, real_now: datetime, by_user_id: UserId | None = None) -> None:
    audit.record(act=act, user_id=by_user_id or user_id, subject=f"user/{user_id}", at_real=real_now, at_business=now)


def who_enters(user_id: UserId) -> User:
    """
    Return the user that a session is opened for.

    :raises NotVisible: there is none who may log in.
    """
    user = User.objects.filter(id=user_id, is_active=True).first()
    if user is None:
        raise NotVisible
    return user
