"""Reads of the journal, newest first."""

from collections.abc import Iterable, Sequence
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


def entries(*, act: str = "", before_id: int | None = None, limit: int) -> Sequence[EntryRow]:
    """Return up to `limit` entries, newest first; `before_id` goes on where a page ended."""
    rows = AuditEntry.objects.order_by("-id")
    if act:
        rows = rows.filter(act=act)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    fields = tuple(EntryRow.__dataclass_fields__)
    return tuple(EntryRow(**dict(zip(fields, row, strict=True))) for row in rows.values_list(*fields)[:limit])


def organisation_source(organisation_ids: Iterable[int]) -> sources.Table[EntryRow]:
    """Return the journal of some organisations as the rows of a list; the caller has looked at the rights."""
    fields = tuple(EntryRow.__dataclass_fields__)

    def narrow(rows: QuerySet[AuditEntry], question: Question) -> QuerySet[AuditEntry]:
        since, until = question.span("day")
        rows = rows.filter(at_real__gte=since) if since is not None else rows
        return rows.filter(at_real__lt=until) if until is not None else rows

    return sources.Table(
        name="journal",
        rows=AuditEntry.objects.filter(organisation_id__in=sorted(organisation_ids)),
        moment="at_real",
        columns=tuple(each for each in fields if each not in ("id", "at_real")),
        make=lambda values: EntryRow(**values),
        narrow=narrow,
    )


def acts() -> Sequence[str]:
    """Return every act that was ever recorded, for the filter."""
    return tuple(AuditEntry.objects.order_by("act").values_list("act", flat=True).distinct())
