"""Tells notices and marks them as read. Telling is part of what is told about: it needs the caller's transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor
from yidao.kit import db, ids, news
from yidao.kit.errors import Forbidden
from yidao.notices import kinds
from yidao.notices.models import Notice

_TELL: Final = """
INSERT INTO notice (id, organisation_id, user_id, kind, key, params, address, created_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s)
ON CONFLICT (organisation_id, key) DO NOTHING
"""
_TOLD_BEFORE: Final = "SELECT id, version, params FROM notice WHERE organisation_id = %s AND key = %s FOR UPDATE"
_ADD: Final = "UPDATE notice SET params = %s::jsonb, version = version + 1 WHERE id = %s"
_UNREAD_AGAIN: Final = "DELETE FROM notice_read WHERE notice_id = %s"
_LEAVE: Final = """
INSERT INTO notice_outbox (id, ordering_key, sequence, notice_id, organisation_id, user_id, kind, params, address,
                           created_at)
SELECT %s, 'notice/' || id, version, id, organisation_id, user_id, kind, params, address, %s FROM notice WHERE id = %s
"""
"""A version of a notice as channels out of the house find it, in the transaction that tells it."""


def tell(
    *,
    organisation_id: int,
    kind: str,
    key: str,
    params: Mapping[str, Any],
    address: str,
    now: datetime,
    user_id: int | None = None,
) -> bool:
    """
    Tell an organisation, or one person in it, one thing inside the caller's transaction; return whether it is new.

    The same key tells nothing a second time. `params` hold counts and ids, never what belongs to a person.
    """
    assert kinds.of(kind) is not None, f"nobody registered the kind of notice {kind}"
    id_ = ids.new_id()
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [id_, organisation_id, user_id, kind, key, _json(params), address, now])
        is_new = bool(cursor.rowcount)
        if is_new:
            cursor.execute(_LEAVE, [ids.new_id(), now, id_])
    if is_new:
        news.tell([organisation_id])
    return is_new


def tell_round(
    *,
    organisation_id: int,
    kind: str,
    key: str,
    counts: Mapping[str, int],
    params: Mapping[str, Any],
    address: str,
    now: datetime,
) -> None:
    """
    Tell an organisation what a round brought, inside the caller's transaction: the first call of a key tells, each
    later one adds its counts to the same notice, which is unread again for everybody and leaves the house once more.

    `params` are what does not add up; the last ones stand. Who settles rows twice would count them twice: call it with
    what this very transaction settled.
    """
    told = dict(params) | dict(counts)
    if tell(organisation_id=organisation_id, kind=kind, key=key, params=told, address=address, now=now):
        return
    with connection.cursor() as cursor:
        cursor.execute(_TOLD_BEFORE, [organisation_id, key])
        id_, _version, before = cursor.fetchone()
        known: dict[str, Any] = _params(before)
        summed = {name: int(known.get(name, 0)) + count for name, count in counts.items()}
        cursor.execute(_ADD, [_json(known | dict(params) | summed), id_])
        cursor.execute(_UNREAD_AGAIN, [id_])
        cursor.execute(_LEAVE, [ids.new_id(), now, id_])
    news.tell([organisation_id])


def _json(params: Mapping[str, Any]) -> Any:
    return Notice._meta.get_field("params").get_db_prep_value(dict(params), connection)


def _params(stored: Any) -> dict[str, Any]:
    read: Any = getattr(Notice._meta.get_field("params"), "from_db_value")  # noqa: B009  The stubs know no such method.
    found: dict[str, Any] = read(stored, None, connection)
    return found


_MARK: Final = """
INSERT INTO notice_read (user_id, notice_id, read_at)
SELECT %(user)s, n.id, %(read_at)s FROM notice AS n
 WHERE n.organisation_id = ANY(%(organisations)s) AND (n.user_id IS NULL OR n.user_id = %(user)s)
   AND (%(ids)s::bigint[] IS NULL OR n.id = ANY(%(ids)s::bigint[]))
   AND NOT EXISTS (SELECT 1 FROM notice_read AS r WHERE r.user_id = %(user)s AND r.notice_id = n.id)
ON CONFLICT DO NOTHING
"""


def mark_read(*, actor: Actor, notice_ids: Iterable[int] | None, real_now: datetime) -> int:
    """
    Remember that the actor's person has read these notices, or (None) all of theirs, and return how many were new.

    Others of the organisation still find them unread; ids of other organisations are passed over.

    :raises Forbidden: nobody in person, or somebody who only looks on.
    """
    if actor.user_id is None or actor.is_visiting:
        raise Forbidden
    parameters: dict[str, Any] = {
        "user": actor.user_id,
        "organisations": list(actor.organisation_ids),
        "ids": None if notice_ids is None else sorted(set(notice_ids)),
        "read_at": real_now,
    }
    with db.transaction(actor), connection.cursor() as cursor:
        cursor.execute(_MARK, parameters)
        return int(cursor.rowcount)
