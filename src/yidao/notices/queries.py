"""Reads of notices as frozen rows, newest first: those of the actor's organisations, unread for their person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import paging
from yidao.kit.errors import Forbidden
from yidao.notices.models import Notice

UNREAD_MAX: Final = 99
BACKLOG_MAX: Final = 9_999
LOOKED_AT_MAX: Final = 1_000
"""The newest notices among which the unread are counted: the count stands on every page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One notice as its reader finds it."""

    id: int
    organisation_id: int
    kind: str
    params: Mapping[str, Any]
    address: str
    created_at: datetime
    is_read: bool


_NOTICES = """
SELECT n.id, n.organisation_id, n.kind, n.params, n.address, n.created_at, r.notice_id IS NOT NULL
FROM notice AS n LEFT JOIN notice_read AS r ON r.user_id = %(user)s AND r.notice_id = n.id
WHERE n.organisation_id = ANY(%(organisations)s) AND (n.user_id IS NULL OR n.user_id = %(user)s)
  AND (%(before)s::bigint IS NULL OR n.id < %(before)s::bigint)
  AND (NOT %(unread)s OR r.notice_id IS NULL)
  AND (%(kinds)s::text[] IS NULL OR n.kind = ANY(%(kinds)s::text[]))
ORDER BY n.id DESC LIMIT %(limit)s
"""


def notices(
    *, actor: Actor, only_unread: bool, limit: int, cursor: str = "", kinds: Sequence[str] | None = None
) -> paging.Page[NoticeRow]:
    """
    Return one page of notices, of some kinds only when they are given.

    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    chosen = None if kinds is None else list(kinds)
    fingerprint = paging.filter_hash("notices", actor.organisation_ids, only_unread, chosen)
    before = paging.open_cursor(cursor, of=fingerprint, length=1)[0] if cursor else None
    parameters = _who(actor) | {"before": before, "unread": only_unread, "limit": limit + 1, "kinds": chosen}
    with connection.cursor() as database:
        database.execute(_NOTICES, parameters)
        found = database.fetchall()
    read_params: Any = getattr(Notice._meta.get_field("params"), "from_db_value")  # noqa: B009  The stubs know no such method.
    rows = tuple(
        NoticeRow(
            id=id_,
            organisation_id=organisation_id,
            kind=kind,
            params=read_params(params, None, connection),
            address=address,
            created_at=created_at,
            is_read=is_read,
        )
        for id_, organisation_id, kind, params, address, created_at, is_read in found[:limit]
    )
    is_last = len(found) <= limit
    return paging.Page(rows=rows, next_cursor="" if is_last else paging.cursor((rows[-1].id,), of=fingerprint))


_UNREAD = """
SELECT count(*) FROM (
    SELECT 1 FROM (
        SELECT id FROM notice
        WHERE organisation_id = ANY(%(organisations)s) AND (user_id IS NULL OR user_id = %(user)s)
        ORDER BY id DESC LIMIT %(looked_at)s) AS n
    WHERE NOT EXISTS (SELECT 1 FROM notice_read AS r WHERE r.user_id = %(user)s AND r.notice_id = n.id)
    LIMIT %(limit)s) AS found
"""


def unread(actor: Actor) -> int:
    """Return how many of the newest notices the actor's person has not read, at most UNREAD_MAX + 1."""
    with connection.cursor() as database:
        database.execute(_UNREAD, _who(actor) | {"limit": UNREAD_MAX + 1, "looked_at": LOOKED_AT_MAX})
        return int(database.fetchone()[0])


def one(notice_id: int, *, actor: Actor) -> NoticeRow | None:
    """Return one notice, None when it is not the actor's."""
    fields = ("id", "organisation_id", "kind", "params", "address", "created_at")
    mine = Q(user_id=None) | Q(user_id=actor.user_id)
    values = (
        Notice.objects.filter(mine, id=notice_id, organisation_id__in=actor.organisation_ids).values(*fields).first()
    )
    return NoticeRow(**values, is_read=False) if values is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to leave the house: how much, at most BACKLOG_MAX + 1, and since when."""

    waiting: int
    since: datetime | None


_BACKLOG = """
SELECT count(*), min(created_at) FROM (
    SELECT created_at FROM notice_outbox WHERE taken_at IS NULL ORDER BY id LIMIT %s) AS found
"""


def backlog(*, actor: Actor) -> Backlog:
    """
    Return what no channel has taken yet, of all organisations.

    :raises Forbidden: the actor does not work for the platform.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise Forbidden
    with connection.cursor() as database:
        database.execute(_BACKLOG, [BACKLOG_MAX + 1])
        waiting, since = database.fetchone()
    return Backlog(waiting=waiting, since=since)


def _who(actor: Actor) -> dict[str, Any]:
    return {"user": actor.user_id, "organisations": list(actor.organisation_ids)}
