"""Writes the journal. Callers pass plain ids; what a person is called or said never enters it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yidao.audit.models import AuditEntry
from yidao.kit import ids


def record(
    *,
    act: str,
    subject: str,
    at_real: datetime,
    at_business: datetime,
    user_id: int | None = None,
    credential_id: int | None = None,
    organisation_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry, inside the caller's transaction. `act` is dotted, `subject` is `kind/id`."""
    AuditEntry.objects.create(
        id=ids.new_id(),
        at_real=at_real,
        at_business=at_business,
        actor_user_id=user_id,
        actor_credential_id=credential_id,
        act=act,
        organisation_id=organisation_id,
        subject=subject,
        details=dict(details or {}),
    )
