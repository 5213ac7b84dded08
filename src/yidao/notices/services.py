"""Tells notices and marks them as read. Telling is part of what is told about: it needs the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor
from yidao.kit import arrays, db, ids, news
from yidao.kit.errors import Forbidden
from yidao.notices import kinds
from yidao.notices.models import Notice

_TELL: Final = """
INSERT INTO notice (id, organisation_id, user_id, kind, key, params, address, created_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s)
ON CONFLICT (organisation_id, key) DO NOTHING
"""
_TELL_ROUNDS: Final = """
INSERT INTO notice (id, organisation_id, kind, key, params, address, created_at)
SELECT id, organisation_id, kind, key, params, address, %s
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[], %s::text[])
    AS t(id, organisation_id, kind, key, params, address)
 ORDER BY organisation_id, key
ON CONFLICT (organisation_id, key) DO NOTHING
RETURNING id, organisation_id, key
"""
_TOLD_BEFORE: Final = """
SELECT n.id, n.organisation_id, n.key, n.params FROM notice AS n
  JOIN unnest(%s::bigint[], %s::text[]) AS t(organisation_id, key)
    ON n.organisation_id = t.organisation_id AND n.key = t.key
 ORDER BY n.organisation_id, n.key FOR UPDATE OF n
"""
_ADD: Final = """
UPDATE notice AS n SET params = t.params, version = n.version + 1
  FROM unnest(%s::bigint[], %s::jsonb[]) AS t(id, params) WHERE n.id = t.id
"""
_UNREAD_AGAIN: Final = "DELETE FROM notice_read WHERE notice_id = ANY(%s::bigint[])"
_LEAVE: Final = """
INSERT INTO notice_outbox (id, ordering_key, sequence, notice_id, organisation_id, user_id, kind, params, address,
                           created_at)
SELECT t.id, 'notice/' || n.id, n.version, n.id, n.organisation_id, n.user_id, n.kind, n.params, n.address, %s
  FROM unnest(%s::bigint[], %s::bigint[]) AS t(id, notice_id) JOIN notice AS n ON n.id = t.notice_id
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
            _leave(cursor, [id_], now=now)
    if is_new:
        news.tell([organisation_id])
    return is_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """
    What a round brought one organisation: `counts` add up with those of the same key, of `params` the last ones stand.
    """

    organisation_id: int
    kind: str
    key: str
    counts: Mapping[str, int]
    params: Mapping[str, Any]
    address: str


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
    told = Round(organisation_id=organisation_id, kind=kind, key=key, counts=counts, params=params, address=address)
    tell_rounds([told], now=now)


def tell_rounds(rounds: Sequence[Round], *, now: datetime) -> None:
    """
    Tell many organisations what a round brought, like `tell_round`, with a few statements however many they are; each
    key is there once. All who tell go through the organisations in one order, so that nobody waits for each other.
    """
    assert all(kinds.of(each.kind) is not None for each in rounds), "nobody registered a kind of notice"
    left = {(each.organisation_id, each.key): each for each in rounds}
    assert len(left) == len(rounds), "two rounds of one key"
    if not rounds:
        return
    fresh = [ids.new_id() for _ in rounds]
    columns = (
        arrays.integers(fresh),
        arrays.integers([each.organisation_id for each in rounds]),
        arrays.texts([each.kind for each in rounds]),
        arrays.texts([each.key for each in rounds]),
        arrays.texts([json.dumps(dict(each.params) | dict(each.counts)) for each in rounds]),
        arrays.texts([each.address for each in rounds]),
    )
    with connection.cursor() as cursor:
        cursor.execute(_TELL_ROUNDS, [now, *columns])
        told = []
        for id_, organisation_id, key in cursor.fetchall():
            told.append(id_)
            del left[organisation_id, key]
        told += _added(cursor, left) if left else []
        _leave(cursor, told, now=now)
    news.tell({each.organisation_id for each in rounds})


def _added(cursor: Any, rounds: Mapping[tuple[int, str], Round]) -> list[int]:
    """Add rounds to the notices that were told before, unread again for everybody, and return those."""
    keys = sorted(rounds)
    cursor.execute(
        _TOLD_BEFORE, [arrays.integers([each[0] for each in keys]), arrays.texts([each[1] for each in keys])]
    )
    found: dict[int, str] = {}
    for id_, organisation_id, key, before in cursor.fetchall():
        known, more = _params(before), rounds[organisation_id, key]
        summed = {name: int(known.get(name, 0)) + count for name, count in more.counts.items()}
        found[id_] = json.dumps(known | dict(more.params) | summed)
    cursor.execute(_ADD, [arrays.integers(found), arrays.texts(list(found.values()))])
    cursor.execute(_UNREAD_AGAIN, [arrays.integers(found)])
    return list(found)


def _leave(cursor: Any, notice_ids: Sequence[int], *, now: datetime) -> None:
    """Put the present version of notices into the outbox."""
    fresh = [ids.new_id() for _ in notice_ids]
    cursor.execute(_LEAVE, [now, arrays.integers(fresh), arrays.integers(notice_ids)])


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
