"""Reads of the journal, newest first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from yidao.audit.models import AuditEntry
from yidao.kit.lists import sources
from yidao.kit.lists.questions import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry as the operator reads it."""

    id: int
    at_real: datetime
    at_business: datetime
    actor_user_id: int | None
    actor_credential_id: int | None
    act: str
    organisation_id: int | None
    subject: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the journal is narrowed to; None stands for everything, no ids at all for nothing."""

    acts: tuple[str, ...] = ()
    user_ids: frozenset[int] | None = None
    organisation_ids: frozenset[int] | None = None
    subject: str = ""


_FIELDS = tuple(EntryRow.__dataclass_fields__)


def journal_source(read: Callable[[Question], Wanted]) -> sources.Table[EntryRow]:
    """Return the whole journal as the rows of a list; `read` says what a question wants. The caller knows who may."""

    return _table("audit", AuditEntry.objects.all(), read)


def organisation_source(organisation_ids: Iterable[int], read: Callable[[Question], Wanted]) -> sources.Table[EntryRow]:
    """Return the journal of some organisations as the rows of a list; the caller has looked at the rights."""
    return _table("journal", AuditEntry.objects.filter(organisation_id__in=sorted(organisation_ids)), read)


def _narrowed(rows: QuerySet[AuditEntry], wanted: Wanted) -> QuerySet[AuditEntry]:
    if wanted.acts:
        rows = rows.filter(act__in=wanted.acts)
    if wanted.user_ids is not None:
        rows = rows.filter(actor_user_id__in=sorted(wanted.user_ids))
    if wanted.organisation_ids is not None:
        rows = rows.filter(organisation_id__in=sorted(wanted.organisation_ids))
    return rows.filter(subject=wanted.subject) if wanted.subject else rows


def _within(rows: QuerySet[AuditEntry], question: Question) -> QuerySet[AuditEntry]:
    since, until = question.span("day")
    rows = rows.filter(at_real__gte=since) if since is not None else rows
    return rows.filter(at_real__lt=until) if until is not None else rows


def _table(name: str, rows: QuerySet[AuditEntry], read: Callable[[Question], Wanted]) -> sources.Table[EntryRow]:
    return sources.Table(
        name=name,
        rows=rows,
        moment="at_real",
        columns=tuple(each for each in _FIELDS if each not in ("id", "at_real")),
        make=lambda values: EntryRow(**values),
        narrow=lambda found, question: _within(_narrowed(found, read(question)), question),
    )


def of_subject(subject: str, *, limit: int) -> tuple[EntryRow, ...]:
    """Return the newest entries about one thing, the newest first; the caller knows who may see it."""
    rows = AuditEntry.objects.filter(subject=subject).order_by("-at_real", "-id").values(*_FIELDS)[:limit]
    return tuple(EntryRow(**row) for row in rows)
