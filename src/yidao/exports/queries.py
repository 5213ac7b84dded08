"""Reads of export records as frozen rows. A record is its maker's alone, inside the console it was asked in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from yidao.accounts.actors import Actor
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.kit.errors import NotVisible

State = ExportRecord.State
UNDER_WAY = (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """One export as its maker sees it; a file whose time is over counts as gone before the sweep has been there."""

    id: ExportId
    kind: str
    query: str
    format: str
    policy: str
    needs_code: bool
    state: State
    rows_total: int
    rows_done: int
    file_id: int | None
    fault: str
    asked_at: datetime
    queued_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    fetched_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Return whether the file is still to be made."""
        return self.state in UNDER_WAY

    @property
    def may_be_asked_again(self) -> bool:
        """Return whether the same list can be asked for once more from here."""
        return self.state in (State.FAILED, State.CANCELLED, State.EXPIRED)


_FIELDS = tuple(ExportRow.__dataclass_fields__)


def _row(values: Sequence[Any], real_now: datetime) -> ExportRow:
    found = dict(zip(_FIELDS, values, strict=True))
    found["state"] = State(found["state"])
    if found["state"] is State.DONE and found["expires_at"] <= real_now:
        found |= {"state": State.EXPIRED, "file_id": None}
    return ExportRow(**found)


def own(actor: Actor) -> QuerySet[ExportRecord]:
    """Return the records of the actor's person that were asked in a console the actor stands in."""
    return ExportRecord.objects.filter(
        made_by_id=actor.user_id,
        actor_kind=actor.kind.value,
        organisation_ids__contained_by=list(actor.organisation_ids),
    )


def records(*, actor: Actor, real_now: datetime, limit: int, before: ExportId | None = None) -> Sequence[ExportRow]:
    """Return up to `limit` of the actor's own records, the newest first; `before` goes on where a page ended."""
    rows = own(actor).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return tuple(_row(values, real_now) for values in rows.values_list(*_FIELDS)[:limit])


def record(export_id: ExportId, *, actor: Actor, real_now: datetime) -> ExportRow:
    """
    Return one of the actor's own records.

    :raises NotVisible: there is none of that id, it is somebody else's, or it was asked in another console.
    """
    values = own(actor).filter(id=export_id).values_list(*_FIELDS).first()
    if values is None:
        raise NotVisible
    return _row(values, real_now)


def waiting_count(*, actor: Actor, real_now: datetime) -> int:
    """Return how many of the actor's files are ready and were never fetched."""
    return own(actor).filter(state=State.DONE, fetched_at=None, expires_at__gt=real_now).count()
