"""
Support visits: an operator looks into the console of an organisation, sees what its people see, and changes nothing. A
visit has a reason, ends by itself in real time, and stands in the journal of the organisation it was made to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import OrganisationId, UserId
from yidao.accounts.models import Organisation, SupportVisit, User
from yidao.audit import services as audit
from yidao.kit import ids, news
from yidao.kit.errors import NotVisible, Refusal

LIFE: Final = timedelta(minutes=30)
REASON_CHARS_MIN: Final = 4
REASON_CHARS_MAX: Final = 200
LISTED_MAX: Final = 50


class ReasonMissing(Refusal):
    """A visit without a reason is no support."""

    code = "visit.reason_missing"
    status = 422
    message = "Say in a few words why you look into this console."


class ReadOnly(Refusal):
    """A visitor tried to change something."""

    code = "visit.read_only"
    status = 403
    message = "You are visiting this console. Nothing can be changed here."


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """One visit; `ended_at` is empty while it is open, `ends_at` when it ends by itself."""

    id: int
    user_id: UserId
    organisation_id: OrganisationId
    organisation_name: str
    reason: str
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None


def start(*, actor: Actor, organisation_id: OrganisationId, reason: str, now: datetime, real_now: datetime) -> VisitRow:
    """
    Open a visit; an earlier one of the same operator ends.

    :raises Forbidden: the actor's role does not allow visits.
    :raises NotVisible: there is no such organisation that is open, or it is the platform itself.
    :raises ReasonMissing: no reason was given.
    """
    actor.require(Permission.VISITS_MAKE)
    assert actor.user_id is not None, "people visit, machines do not"
    rows = Organisation.objects.filter(id=organisation_id, is_active=True).exclude(kind=Organisation.Kind.PLATFORM)
    if not rows.exists():
        raise NotVisible
    said = reason.replace("\0", "").strip()[:REASON_CHARS_MAX]
    if len(said) < REASON_CHARS_MIN:
        raise ReasonMissing
    User.objects.select_for_update(no_key=True).filter(id=actor.user_id).values_list("id").first()
    end(actor=actor, now=now, real_now=real_now)
    made = SupportVisit.objects.create(
        id=ids.new_id(),
        user_id=actor.user_id,
        organisation_id=organisation_id,
        reason=said,
        started_at=real_now,
        ends_at=real_now + LIFE,
    )
    _record("visit.started", actor.user_id, organisation_id, made.id, now, real_now)
    return _rows(SupportVisit.objects.filter(id=made.id))[0]


def end(*, actor: Actor, now: datetime, real_now: datetime) -> None:
    """End the actor's open visit; without one nothing changes. One that ran out by itself ended when it ran out."""
    if actor.user_id is None:
        return
    for visit in SupportVisit.objects.filter(user_id=actor.user_id, ended_at=None):
        ended_at = min(real_now, visit.ends_at)
        if SupportVisit.objects.filter(id=visit.id, ended_at=None).update(ended_at=ended_at):
            news.shut_out((visit.user_id,))
            _record("visit.ended", visit.user_id, visit.organisation_id, visit.id, now, real_now)


def open_visit(*, user_id: UserId, real_now: datetime) -> VisitRow | None:
    """Return a user's open visit."""
    found = _rows(SupportVisit.objects.filter(user_id=user_id, ended_at=None, ends_at__gt=real_now))
    return found[0] if found else None


def visits(*, actor: Actor, organisation_id: OrganisationId) -> Sequence[VisitRow]:
    """
    Return the newest visits to an organisation.

    :raises Forbidden: the actor's role allows neither to make visits nor to read the journal.
    :raises NotVisible: the organisation is not the actor's.
    """
    if not actor.may(Permission.VISITS_MAKE):
        actor.require(Permission.AUDIT_VIEW)
        if organisation_id not in actor.organisation_ids:
            raise NotVisible
    return _rows(SupportVisit.objects.filter(organisation_id=organisation_id).order_by("-id")[:LISTED_MAX])


def reasons(ids: Iterable[int]) -> Mapping[int, str]:
    """Return why visits were made, by their ids; who may read the journal may read this."""
    wanted = sorted(set(ids))
    return dict(SupportVisit.objects.filter(id__in=wanted).values_list("id", "reason")) if wanted else {}


def record_page(*, actor: Actor, page: str, now: datetime, real_now: datetime) -> None:
    """Write into the visited organisation's journal which page a visitor looked at; `page` is its name, no address."""
    assert actor.is_visiting
    for organisation_id in actor.organisation_ids:
        audit.record(
            act="visit.page",
            user_id=actor.user_id,
            organisation_id=organisation_id,
            subject=f"organisation/{organisation_id}",
            details={"page": page},
            at_real=real_now,
            at_business=now,
        )


def _rows(rows: QuerySet[SupportVisit]) -> tuple[VisitRow, ...]:
    values: Any = rows.values_list(
        "id", "user_id", "organisation_id", "organisation__name", "reason", "started_at", "ends_at", "ended_at"
    )
    fields = tuple(VisitRow.__dataclass_fields__)
    return tuple(VisitRow(**dict(zip(fields, row, strict=True))) for row in values)


def _record(
    act: str, user_id: int | None, organisation_id: int, visit_id: int, now: datetime, real_now: datetime
) -> None:
    audit.record(
        act=act,
        user_id=user_id,
        organisation_id=organisation_id,
        subject=f"visit/{visit_id}",
        at_real=real_now,
        at_business=now,
    )
