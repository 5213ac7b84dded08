"""
Input that was kept aside: its list, one piece of it as an operator may read it, and what a mended text stands for.
Bodies can hold couriers' telephone numbers, so they are stored encrypted and shown with their digits hidden.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from yidao.accounts.actors import Actor, ActorKind
from yidao.carriers import texts
from yidao.kit import crypto, paging
from yidao.kit.errors import NotVisible
from yidao.parcels.models import Quarantine
from yidao.rules.instants import Instant, instant, to_datetime

State = Quarantine.State
COUNT_MAX: Final = 10_000
EDITABLE_BYTES_MAX: Final = 256 * 1024
"""A larger body is replayed as it is; a form could not carry it back."""


def place(quarantine_id: int) -> str:
    """Return the place a quarantined body is encrypted for."""
    return f"quarantine.body_encrypted/{quarantine_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRow:
    """One piece of input in the list."""

    id: int
    received_at: datetime
    source: str
    carrier: str
    waybill_no: str
    reason: str
    state: str
    decided_at: datetime | None
    decided_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What was sent: the bytes, and the text an operator reads. `is_editable` says whether that text can be mended."""

    stored: bytes = field(repr=False)
    shown: str = field(repr=False)
    is_editable: bool

    def mended(self, typed: str) -> bytes | None:
        """
        Return the bytes an edited text stands for, None when nothing was changed.

        Telephone numbers that were hidden from the operator come back where their hidden form was left standing, so
        looking at a body never damages it.
        """
        typed = typed.replace("\r\n", "\n")
        if not self.is_editable or typed.strip("\n") == self.shown.strip("\n"):
            return None
        restored, position = typed, 0
        for hidden, plain in texts.hidden_telephones(_readable(self.stored)):
            at = restored.find(hidden, position)
            if at >= 0:
                restored = restored[:at] + plain + restored[at + len(hidden) :]
                position = at + len(plain)
        return restored.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineItem:
    """One piece of input with everything about it."""

    row: QuarantineRow
    organisation_id: int | None
    detail: Mapping[str, Any]
    outcome: Mapping[str, Any]
    body: Body


def body_of(stored: bytes) -> Body:
    """Return a stored body as it is shown: well-formed JSON in readable lines, everything else as it came."""
    is_text = True
    try:
        stored.decode()
    except UnicodeDecodeError:
        is_text = False
    return Body(
        stored=stored,
        shown=texts.hide_telephones(_readable(stored)),
        is_editable=is_text and len(stored) <= EDITABLE_BYTES_MAX and b"\0" not in stored,
    )


def _readable(stored: bytes) -> str:
    if len(stored) > EDITABLE_BYTES_MAX:
        return stored[:EDITABLE_BYTES_MAX].decode(errors="replace").replace("\0", "\ufffd")
    text = stored.decode(errors="replace").replace("\r\n", "\n").replace("\0", "\ufffd")
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _operators_only(actor: Actor) -> None:
    """
    :raises NotVisible: anyone else; bodies of all sources lie here.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible


_FIELDS = tuple(QuarantineRow.__dataclass_fields__)


def rows(*, actor: Actor, state: State, reason: str = "", limit: int, cursor: str = "") -> paging.Page[QuarantineRow]:
    """
    Return one page of what stands in a state, the newest first.

    :raises NotVisible: the actor is no operator.
    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    _operators_only(actor)
    fingerprint = paging.filter_hash("quarantine", state, reason)
    wanted = Quarantine.objects.filter(state=state)
    if reason:
        wanted = wanted.filter(reason=reason)
    if cursor:
        micros, last_id = paging.open_cursor(cursor, of=fingerprint, length=2)
        at = to_datetime(Instant(micros))
        wanted = wanted.filter(Q(received_at__lt=at) | Q(received_at=at, id__gt=last_id), received_at__lte=at)
    found = wanted.order_by("-received_at", "id").values_list(*_FIELDS)[: limit + 1]
    page = tuple(QuarantineRow(**dict(zip(_FIELDS, values, strict=True))) for values in found)
    if len(page) <= limit:
        return paging.Page(rows=page, next_cursor="")
    last = page[limit - 1]
    return paging.Page(
        rows=page[:limit], next_cursor=paging.cursor((instant(last.received_at), last.id), of=fingerprint)
    )


def item(quarantine_id: int, *, actor: Actor) -> QuarantineItem:
    """
    Return one piece of input with its body.

    :raises NotVisible: there is none, or the actor is no operator.
    :raises crypto.Undecryptable: its key is gone.
    """
    _operators_only(actor)
    found = Quarantine.objects.filter(id=quarantine_id).first()
    if found is None:
        raise NotVisible
    return QuarantineItem(
        row=QuarantineRow(**{name: getattr(found, name) for name in _FIELDS}),
        organisation_id=found.organisation_id,
        detail=found.detail,
        outcome=found.outcome,
        body=body_of(crypto.decrypt(bytes(found.body_encrypted), place=place(found.id))),
    )


_COUNTS = """
SELECT s.state, count(q.id)
FROM unnest(%(states)s::text[]) AS s (state)
LEFT JOIN LATERAL (SELECT id FROM quarantine WHERE quarantine.state = s.state LIMIT %(limit)s) AS q ON true
GROUP BY s.state
"""
_REASONS = """
SELECT reason, count(*), min(received_at) FROM (
    SELECT reason, received_at FROM quarantine WHERE state = %(state)s ORDER BY received_at DESC, id LIMIT %(limit)s
) AS newest
GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 50
"""


def counts(*, actor: Actor) -> dict[str, int]:
    """
    Return how many pieces stand in each state, none beyond COUNT_MAX + 1.

    :raises NotVisible: the actor is no operator.
    """
    _operators_only(actor)
    with connection.cursor() as database:
        database.execute(_COUNTS, {"states": list(State.values), "limit": COUNT_MAX + 1})
        return dict(database.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """How often a reason stands among the newest, and since when."""

    reason: str
    count: int
    since: datetime


def reasons(*, actor: Actor, state: State = State.OPEN) -> tuple[ReasonCount, ...]:
    """
    Return the reasons of the newest COUNT_MAX pieces in a state, the most frequent first.

    :raises NotVisible: the actor is no operator.
    """
    _operators_only(actor)
    with connection.cursor() as database:
        database.execute(_REASONS, {"state": state.value, "limit": COUNT_MAX + 1})
        return tuple(ReasonCount(reason=row[0], count=row[1], since=row[2]) for row in database.fetchall())
