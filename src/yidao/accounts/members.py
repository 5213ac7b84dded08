"""
Who belongs to an organisation: the list its own people read, and what its owners change. An organisation never loses
its last owner, however many owners change things at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from yidao.accounts import access
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import OrganisationId, UserId
from yidao.accounts.models import Membership, Organisation
from yidao.audit import services as audit
from yidao.kit import ids, news
from yidao.kit.errors import NotVisible, Refusal

SHOWN_MAX = 100
"""People shown at a time; a longer list is searched."""
TEXT_CHARS_MAX = 60


class LastOwner(Refusal):
    """Without this owner nobody could let anybody in."""

    code = "member.last_owner"
    message = "This is the last owner. Make somebody else an owner first."


class RoleUnknown(Refusal):
    """Organisations of this kind have no such role."""

    code = "member.role_unknown"
    status = 400
    message = "There is no such role here."


class MemberMissing(Refusal):
    """The person does not belong to the organisation, or does not any more."""

    code = "member.missing"
    status = 404
    message = "This person does not belong here."


class AlreadyMember(Refusal):
    """The person belongs to the organisation already."""

    code = "member.already"
    message = "This person belongs here already."


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One person of an organisation with the newest role; `disabled_at` says since when it opens nothing."""

    membership_id: int
    organisation_id: OrganisationId
    user_id: UserId
    name: str
    login: str
    role: str
    joined_at: datetime | None
    last_login: datetime | None
    disabled_at: datetime | None
    is_user_active: bool

    @property
    def is_live(self) -> bool:
        """Return whether the role opens anything."""
        return self.disabled_at is None and self.is_user_active


def roles_of(kind: str) -> tuple[str, ...]:
    """Return the roles there are in organisations of a kind."""
    return tuple(access.PERMISSIONS[access.ACTOR_OF_ORGANISATION[Organisation.Kind(kind)]])


def managed_kind(actor: Actor, organisation_id: OrganisationId) -> str:
    """
    Return the kind of an organisation whose people an actor may manage: its own, an outlet of its own, or any for the
    platform.

    :raises Forbidden: the actor's role does not allow it.
    :raises NotVisible: the organisation is not the actor's.
    """
    rows = Organisation.objects.filter(id=organisation_id)
    if actor.kind is ActorKind.OPERATOR and organisation_id not in actor.organisation_ids:
        actor.require(Permission.USERS_MANAGE)
    else:
        actor.require(Permission.MEMBERS_MANAGE)
        rows = rows.filter(Q(id__in=actor.organisation_ids) | Q(parent_id__in=actor.organisation_ids))
    kind = rows.values_list("kind", flat=True).first()
    if kind is None:
        raise NotVisible
    return kind


def members(
    *, actor: Actor, organisation_ids: Iterable[OrganisationId], text: str = "", limit: int = SHOWN_MAX
) -> Sequence[MemberRow]:
    """
    Return who belongs to organisations of the actor, live ones first; of a role that was lost the newest row.

    `text` is a part of a name or login. Everybody there may read it: it is how one knows whom to ask.

    :raises NotVisible: one of the organisations is not the actor's.
    """
    wanted = tuple(organisation_ids)
    if not set(wanted) <= _readable(actor, wanted):
        raise NotVisible
    newest = (
        Membership.objects.filter(organisation_id__in=wanted)
        .order_by("organisation_id", "user_id", models.F("disabled_at").desc(nulls_first=True), "-id")
        .distinct("organisation_id", "user_id")
    )
    rows = Membership.objects.filter(id__in=newest.values("id"))
    if said := text.replace("\0", "").strip()[:TEXT_CHARS_MAX]:
        rows = rows.filter(Q(user__name__icontains=said) | Q(user__login__icontains=said))
    shut = models.Case(
        models.When(disabled_at=None, user__is_active=True, then=0), default=1, output_field=models.IntegerField()
    )
    values: Any = rows.order_by(shut, "organisation_id", "role", "user__name", "id").values_list(
        "id",
        "organisation_id",
        "user_id",
        "user__name",
        "user__login",
        "role",
        "joined_at",
        "user__last_login",
        "disabled_at",
        "user__is_active",
    )
    fields = tuple(MemberRow.__dataclass_fields__)
    return tuple(MemberRow(**dict(zip(fields, row, strict=True))) for row in values[:limit])


def _readable(actor: Actor, wanted: tuple[OrganisationId, ...]) -> set[OrganisationId]:
    """Return those of the organisations whose people an actor may see."""
    own = {each for each in wanted if each in actor.organisation_ids}
    rest = [each for each in wanted if each not in own]
    if not rest:
        return own
    if actor.kind is ActorKind.OPERATOR and actor.may(Permission.USERS_MANAGE):
        return set(wanted)
    outlets = Organisation.objects.filter(id__in=rest, parent_id__in=actor.organisation_ids)
    return own | {OrganisationId(each) for each in outlets.values_list("id", flat=True)}


def change_role(
    *, actor: Actor, organisation_id: OrganisationId, user_id: UserId, role: str, now: datetime, real_now: datetime
) -> None:
    """
    Give a member another role; the one they have changes nothing.

    :raises RoleUnknown: there is no such role in such an organisation.
    :raises LastOwner: nobody else is an owner.
    :raises MemberMissing: the person has no live role there.
    """
    if role not in roles_of(managed_kind(actor, organisation_id)):
        raise RoleUnknown
    owners = lock_owners(organisation_id)
    found = _live(organisation_id, user_id)
    if found.role == role:
        return
    if found.role == Membership.Role.OWNER and owners <= {user_id}:
        raise LastOwner
    Membership.objects.filter(id=found.id).update(role=role)
    record("member.role_changed", actor, organisation_id, user_id, now, real_now, before=found.role, role=role)


def disable(
    *, actor: Actor, organisation_id: OrganisationId, user_id: UserId, now: datetime, real_now: datetime
) -> None:
    """
    Take a member's role away; who is on a page of it is out with the next request. The row stays as history.

    :raises LastOwner: nobody else is an owner.
    :raises MemberMissing: the person has no live role there.
    """
    managed_kind(actor, organisation_id)
    owners = lock_owners(organisation_id)
    found = _live(organisation_id, user_id)
    if found.role == Membership.Role.OWNER and owners <= {user_id}:
        raise LastOwner
    Membership.objects.filter(id=found.id).update(disabled_at=real_now)
    news.shut_out((user_id,))
    record("member.disabled", actor, organisation_id, user_id, now, real_now, role=found.role)


def enable(
    *, actor: Actor, organisation_id: OrganisationId, user_id: UserId, now: datetime, real_now: datetime
) -> None:
    """
    Give a former member the role they had last; a new row begins.

    :raises MemberMissing: the person never belonged there.
    :raises AlreadyMember: the person has a live role there.
    """
    managed_kind(actor, organisation_id)
    lock_owners(organisation_id)
    rows = Membership.objects.filter(organisation_id=organisation_id, user_id=user_id)
    last = (
        rows.order_by(models.F("disabled_at").desc(nulls_first=True), "-id").values_list("role", "disabled_at").first()
    )
    if last is None:
        raise MemberMissing
    if last[1] is None:
        raise AlreadyMember
    add(organisation_id=organisation_id, user_id=user_id, role=last[0], real_now=real_now)
    record("member.enabled", actor, organisation_id, user_id, now, real_now, role=last[0])


def lock_owners(organisation_id: OrganisationId) -> set[UserId]:
    """
    Lock an organisation's people until the end of the transaction and return its live owners.

    Whoever changes who belongs holds this lock, so two owners cannot demote each other at once.
    """
    Organisation.objects.select_for_update(no_key=True).filter(id=organisation_id).values_list("id").first()
    owners = Membership.objects.filter(
        organisation_id=organisation_id, role=Membership.Role.OWNER, disabled_at=None, user__is_active=True
    )
    return {UserId(each) for each in owners.values_list("user_id", flat=True)}


def add(*, organisation_id: OrganisationId, user_id: UserId, role: str, real_now: datetime) -> None:
    """
    Write a fresh live role; the caller holds `lock_owners` and records the act.

    :raises AlreadyMember: the person has one already.
    """
    rows = Membership.objects.filter(organisation_id=organisation_id, user_id=user_id, disabled_at=None)
    if rows.exists():
        raise AlreadyMember
    Membership.objects.create(
        id=ids.new_id(), organisation_id=organisation_id, user_id=user_id, role=role, joined_at=real_now
    )


def record(
    act: str, actor: Actor, organisation_id: int, user_id: int, now: datetime, real_now: datetime, **details: str
) -> None:
    """Write into the journal of an organisation what somebody did about a person."""
    audit.record(
        act=act,
        user_id=actor.user_id,
        organisation_id=organisation_id,
        subject=f"user/{user_id}",
        details=details,
        at_real=real_now,
        at_business=now,
    )


def _live(organisation_id: OrganisationId, user_id: UserId) -> Membership:
    rows = Membership.objects.filter(organisation_id=organisation_id, user_id=user_id, disabled_at=None)
    found = rows.first()
    if found is None:
        raise MemberMissing
    return found
