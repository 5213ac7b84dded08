"""Reads of export records as frozen rows. A record is its maker's alone, inside the console it was asked in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from yidao.accounts.actors import Actor
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.kit.errors import NotVisible
from yidao.kit.lists import sources
from yidao.kit.lists.questions import Question

State = ExportRecord.State
Row = TypeVar("Row")
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


def source(*, actor: Actor, real_now: datetime, make: Callable[[ExportRow], Row]) -> sources.Table[Row]:
    """Return the actor's own records for a list, the newest first; `make` adds to a row what its page needs."""

    def narrow(rows: QuerySet[ExportRecord], question: Question) -> QuerySet[ExportRecord]:
        chosen = question.of("state")
        since, until = question.span("asked")
        if chosen:
            rows = rows.filter(_in_states(chosen, real_now))
        if since is not None:
            rows = rows.filter(asked_at__gte=since)
        return rows.filter(asked_at__lt=until) if until is not None else rows

    return sources.Table(
        name="exports",
        rows=own(actor),
        moment="asked_at",
        columns=[each for each in _FIELDS if each not in ("id", "asked_at")],
        make=lambda values: make(_row([values[each] for each in _FIELDS], real_now)),
        narrow=narrow,
    )


def _in_states(chosen: Iterable[str], real_now: datetime) -> Q:
    """Return the condition for states as `ExportRow` tells them: a file whose time is over is gone."""
    wanted = Q(state__in=[each for each in chosen if each != State.DONE])
    if State.DONE in chosen:
        wanted |= Q(state=State.DONE, expires_at__gt=real_now)
    if State.EXPIRED in chosen:
        wanted |= Q(state=State.DONE, expires_at__lte=real_now)
    return wanted


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
