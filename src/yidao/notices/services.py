"""Tells notices and marks them as read. Telling is part of what is told about: it needs the caller's transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from yidao.accounts.actors import Actor
from yidao.kit import db, ids, news
from yidao.kit.errors import Forbidden
from yidao.notices import channels, kinds
from yidao.notices.models import Notice

_TELL = """
INSERT INTO notice (id, organisation_id, user_id, kind, key, params, address, created_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s)
ON CONFLICT (organisation_id, key) DO NOTHING
"""


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
    told = channels.Told(
        id=ids.new_id(),
        organisation_id=organisation_id,
        user_id=user_id,
        kind=kind,
        params=params,
        address=address,
        created_at=now,
    )
    body = Notice._meta.get_field("params").get_db_prep_value(dict(params), connection)
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [told.id, organisation_id, user_id, kind, key, body, address, now])
        is_new = bool(cursor.rowcount)
    if is_new:
        channels.hand_over(told)
        news.tell([organisation_id])
    return is_new


_MARK = """
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
