"""
Invitations into an organisation: by a link that is shown once, or for a login that finds it after logging in. What a
link has become (used, run out, taken back) is told to whoever holds it and to nobody else.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError
from django.db.models import QuerySet

from yidao.accounts import members, queries, services
from yidao.accounts.actors import Actor
from yidao.accounts.ids import OrganisationId, UserId
from yidao.accounts.models import Invitation, User
from yidao.audit import services as audit
from yidao.kit import ids
from yidao.kit.errors import NotVisible, Refusal

LIFE: Final = timedelta(days=7)
WAITING_MAX: Final = 50
"""Invitations of one organisation that may wait at a time."""
MADE_PER_DAY_MAX: Final = 200
NAME_CHARS_MAX: Final = 60
LOGIN_CHARS_MAX: Final = 60


class TooMany(Refusal):
    """The organisation has invited enough people for now."""

    code = "invitation.too_many"
    status = 429
    message = "Too many invitations are waiting or were made today. Take some back or try again tomorrow."


class Used(Refusal):
    """Somebody has accepted it."""

    code = "invitation.used"
    status = 410
    message = "This invitation was used already."


class Expired(Refusal):
    """Its time is over."""

    code = "invitation.expired"
    status = 410
    message = "This invitation has run out. Ask for a new one."


class Revoked(Refusal):
    """Who invited has taken it back."""

    code = "invitation.revoked"
    status = 410
    message = "This invitation was taken back."


class LoginTaken(Refusal):
    """Somebody logs in by this name already."""

    code = "invitation.login_taken"
    message = "This login is taken. Choose another one, or log in first if it is yours."


class LoginUnfit(Refusal):
    """A login or name that cannot be typed again."""

    code = "invitation.login_unfit"
    status = 422
    message = "A login has 3 to 60 letters, digits or the signs . _ - @ and a name is not empty."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A fresh invitation; `token` is shown once and is empty when a login is invited."""

    id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """One invitation as its organisation, or whoever holds it, reads it."""

    id: int
    organisation_id: OrganisationId
    organisation_name: str
    organisation_kind: str
    role: str
    name: str
    for_login: str
    created_by: int | None
    created_at: datetime
    expires_at: datetime


def invite(
    *,
    actor: Actor,
    organisation_id: OrganisationId,
    role: str,
    name: str = "",
    login: str = "",
    now: datetime,
    real_now: datetime,
) -> Made:
    """
    Let somebody join: the person with that login, or, without a login, whoever holds the link.

    Whether a login exists is never told: one that nobody has waits and runs out.

    :raises RoleUnknown: there is no such role in such an organisation.
    :raises TooMany: the organisation has invited enough people for now.
    """
    if role not in members.roles_of(members.managed_kind(actor, organisation_id)):
        raise members.RoleUnknown
    members.lock_owners(organisation_id)
    made = make(organisation_id=organisation_id, role=role, name=name, login=login, by=actor, real_now=real_now)
    audit.record(
        act="member.invited",
        user_id=actor.user_id,
        organisation_id=organisation_id,
        subject=f"invitation/{made.id}",
        details={"role": role},
        at_real=real_now,
        at_business=now,
    )
    return made


def make(*, organisation_id: OrganisationId, role: str, name: str, login: str, by: Actor, real_now: datetime) -> Made:
    """
    Write an invitation; the caller has looked at the rights, holds the lock and records the act.

    :raises TooMany: the organisation has invited enough people for now.
    """
    own = Invitation.objects.filter(organisation_id=organisation_id)
    waiting = own.filter(accepted_at=None, revoked_at=None, expires_at__gt=real_now)
    today = own.filter(created_at__gt=real_now - timedelta(days=1))
    if waiting.count() >= WAITING_MAX or today.count() >= MADE_PER_DAY_MAX:
        raise TooMany
    for_login = login.replace("\0", "").strip().lower()[:LOGIN_CHARS_MAX]
    token = "" if for_login else secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        id=ids.new_id(),
        organisation_id=organisation_id,
        role=role,
        name=name.replace("\0", "").strip()[:NAME_CHARS_MAX],
        for_login=for_login,
        token_sha256=queries.token_digest(token) if token else None,
        created_by=by.user_id,
        created_at=real_now,
        expires_at=real_now + LIFE,
    )
    return Made(id=made.id, token=token)


def waiting(*, actor: Actor, organisation_ids: Iterable[OrganisationId], real_now: datetime) -> Sequence[InvitationRow]:
    """Return the invitations that wait, newest first, of organisations whose people the actor manages."""
    wanted = tuple(organisation_ids)
    for each in wanted:
        members.managed_kind(actor, each)
    rows = Invitation.objects.filter(
        organisation_id__in=wanted, accepted_at=None, revoked_at=None, expires_at__gt=real_now
    )
    return _rows(rows.order_by("-id")[: WAITING_MAX * max(1, len(wanted))])


def waiting_for(user_id: UserId, *, real_now: datetime) -> Sequence[InvitationRow]:
    """Return the invitations that wait for a person's own login."""
    login = User.objects.filter(id=user_id).values_list("login", flat=True).first()
    if not login:
        return ()
    rows = Invitation.objects.filter(
        for_login=login, accepted_at=None, revoked_at=None, expires_at__gt=real_now, organisation__is_active=True
    )
    return _rows(rows.order_by("-id")[:WAITING_MAX])


def opened(token: str, *, real_now: datetime) -> InvitationRow:
    """
    Return the invitation whose link somebody holds.

    :raises NotVisible: there is no such link.
    :raises Used: somebody has accepted it.
    :raises Revoked: it was taken back.
    :raises Expired: its time is over.
    """
    rows = Invitation.objects.filter(token_sha256=queries.token_digest(token), organisation__is_active=True)
    found = _rows(rows)
    if not found:
        raise NotVisible
    _insist_on_waiting(rows.get(), real_now)
    return found[0]


def revoke(*, actor: Actor, invitation_id: int, now: datetime, real_now: datetime) -> None:
    """
    Take an invitation back; one that was accepted stays so. Doing it twice changes nothing.

    :raises NotVisible: there is none in the actor's organisations.
    """
    found = Invitation.objects.filter(id=invitation_id).values_list("organisation_id", flat=True).first()
    if found is None:
        raise NotVisible
    members.managed_kind(actor, OrganisationId(found))
    if Invitation.objects.filter(id=invitation_id, accepted_at=None, revoked_at=None).update(revoked_at=real_now):
        _record("invitation.revoked", actor.user_id, found, invitation_id, now, real_now)


def accept(
    *, user_id: UserId, token: str = "", invitation_id: int | None = None, now: datetime, real_now: datetime
) -> InvitationRow:
    """
    Let a person who is logged in join, by a link they hold or by an invitation for their own login.

    :raises NotVisible: there is no such invitation, or it is for somebody else.
    :raises Used, Revoked, Expired: it does not wait any more.
    :raises AlreadyMember: the person belongs there already; the invitation goes on waiting.
    """
    rows = _lockable(user_id=user_id, token=token, invitation_id=invitation_id)
    shown = _rows(rows)
    if not shown:
        raise NotVisible
    members.lock_owners(shown[0].organisation_id)
    found = rows.select_for_update(of=("self",), no_key=True).get()
    _insist_on_waiting(found, real_now)
    organisation_id = OrganisationId(found.organisation_id)
    members.add(organisation_id=organisation_id, user_id=user_id, role=found.role, real_now=real_now)
    Invitation.objects.filter(id=found.id).update(accepted_at=real_now, accepted_by=user_id)
    audit.record(
        act="member.joined",
        user_id=user_id,
        organisation_id=organisation_id,
        subject=f"invitation/{found.id}",
        details={"role": found.role, "invited_by": str(found.created_by or "")},
        at_real=real_now,
        at_business=now,
    )
    return shown[0]


def accept_as_new(
    *, token: str, login: str, name: str, password: str, language: str, now: datetime, real_now: datetime
) -> UserId:
    """
    Make a login for whoever holds a link, and let them join. The caller has looked at the password.

    :raises LoginUnfit: the login or name cannot be typed again.
    :raises LoginTaken: somebody has this login.
    :raises NotVisible, Used, Revoked, Expired: as `accept`.
    """
    opened(token, real_now=real_now)
    wanted, called = login.strip().lower(), name.strip()
    is_fit = 3 <= len(wanted) <= LOGIN_CHARS_MAX and all(char.isalnum() or char in "._-@" for char in wanted)
    if not is_fit or not 0 < len(called) <= NAME_CHARS_MAX or "\0" in called:
        raise LoginUnfit
    if queries.user_by_login(wanted) is not None:
        raise LoginTaken
    try:
        user_id = services.create_user(login=wanted, name=called, password=password, language=language)
    except IntegrityError as fault:
        raise LoginTaken from fault
    accept(user_id=user_id, token=token, now=now, real_now=real_now)
    return user_id


def decline(*, user_id: UserId, invitation_id: int, now: datetime, real_now: datetime) -> None:
    """
    Turn down an invitation for one's own login. Doing it twice changes nothing.

    :raises NotVisible: there is none for this login.
    """
    found = _lockable(user_id=user_id, token="", invitation_id=invitation_id).first()
    if found is None:
        raise NotVisible
    if Invitation.objects.filter(id=found.id, accepted_at=None, revoked_at=None).update(revoked_at=real_now):
        _record("invitation.declined", user_id, found.organisation_id, found.id, now, real_now)


def _lockable(*, user_id: UserId, token: str, invitation_id: int | None) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(organisation__is_active=True)
    if invitation_id is None:
        return rows.filter(token_sha256=queries.token_digest(token))
    login = User.objects.filter(id=user_id).values_list("login", flat=True).first() or ""
    return rows.filter(id=invitation_id, for_login=login).exclude(for_login="")


def _insist_on_waiting(found: Invitation, real_now: datetime) -> None:
    if found.accepted_at is not None:
        raise Used
    if found.revoked_at is not None:
        raise Revoked
    if found.expires_at <= real_now:
        raise Expired


def _rows(rows: QuerySet[Invitation]) -> tuple[InvitationRow, ...]:
    values: Any = rows.values_list(
        "id",
        "organisation_id",
        "organisation__name",
        "organisation__kind",
        "role",
        "name",
        "for_login",
        "created_by",
        "created_at",
        "expires_at",
    )
    fields = tuple(InvitationRow.__dataclass_fields__)
    return tuple(InvitationRow(**dict(zip(fields, row, strict=True))) for row in values)


def _record(
    act: str, user_id: int | None, organisation_id: int, invitation_id: int, now: datetime, real_now: datetime
) -> None:
    audit.record(
        act=act,
        user_id=user_id,
        organisation_id=organisation_id,
        subject=f"invitation/{invitation_id}",
        at_real=real_now,
        at_business=now,
    )
