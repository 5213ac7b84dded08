"""Reads of the journal, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yidao.audit.models import AuditEntry


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


def acts() -> Sequence[str]:
    """Return every act that was ever recorded, for the filter."""
    return tuple(AuditEntry.objects.order_by("act").values_list("act", flat=True).distinct())
