"""The platform's view of everybody: users and organisations to be found, shut and opened, and what belongs to one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from yidao.accounts import factors, invitations, names, passwords, services, sessions
from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import CredentialId, OrganisationId, UserId
from yidao.accounts.models import Credential, Membership, Organisation, User
from yidao.audit import services as audit
from yidao.kit import db, news, paging
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.kit.lists import sources
from yidao.kit.lists.questions import Question

LISTED_MAX: Final = 500
NAME_CHARS_MAX: Final = 60
REASON_CHARS_MIN: Final = 4
REASON_CHARS_MAX: Final = 200


class ReasonMissing(Refusal):
    """An organisation is not shut without saying why."""

    code = "organisation.reason_missing"
    status = 422
    message = "Say in a few words why this organisation is shut."


class Unfit(Refusal):
    """What was typed makes no organisation."""

    code = "organisation.unfit"
    status = 422
    message = "Such an organisation cannot be made: look at its name, its carrier and its source."


class NotYourself(Refusal):
    """Whoever shuts themselves out cannot come back to undo it."""

    code = "user.not_yourself"
    message = "You cannot do this to yourself."


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """One role of a user, as the list of users shows it."""

    organisation_id: OrganisationId
    organisation_name: str
    kind: str
    role: str
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One user with every role, live ones first."""

    id: UserId
    login: str
    name: str
    is_active: bool
    last_login: datetime | None
    belongings: tuple[Belonging, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRow:
    """One organisation; `parent_name` is an outlet's head office."""

    id: OrganisationId
    kind: str
    name: str
    carrier_code: str
    source_code: str
    parent_id: OrganisationId | None
    parent_name: str | None
    is_active: bool
    closed_reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """One API credential without its secrets."""

    id: int
    name: str
    scopes: tuple[str, ...]
    is_active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSource:
    """The users of the platform as the rows of a list, the newest first; only for whom `USERS_MANAGE` is allowed."""

    actor: Actor

    def page(self, question: Question) -> paging.Page[UserRow]:
        """
        Return one page.

        :raises Forbidden: the actor's role does not allow it.
        :raises CursorInvalid: the cursor is not of this list.
        """
        fingerprint = paging.filter_hash("users", *question.fingerprint())
        rows = self._rows(question)
        if question.after:
            rows = rows.filter(id__lt=paging.open_cursor(question.after, of=fingerprint, length=1)[0])
        start = 0 if question.after else question.offset
        values = list(rows.values_list("id", flat=True)[start : start + question.size + 1])
        shown = values[: question.size]
        is_more = len(values) > question.size
        return paging.Page(
            rows=users(shown), next_cursor=paging.cursor((shown[-1],), of=fingerprint) if is_more else ""
        )

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many there are, at most `limit`."""
        return self._rows(question).order_by()[:limit].count()

    def _rows(self, question: Question) -> QuerySet[User]:
        self.actor.require(Permission.USERS_MANAGE)
        rows = User.objects.order_by("-id")
        if text := question.one("text"):
            live = Membership.objects.filter(disabled_at=None, organisation__name__icontains=text)
            rows = rows.filter(
                Q(login__icontains=text) | Q(name__icontains=text) | Q(id__in=live.values_list("user_id"))
            )
        if kinds := question.of("kind"):
            live = Membership.objects.filter(disabled_at=None, organisation__kind__in=kinds)
            rows = rows.filter(id__in=live.values_list("user_id"))
        if state := question.one("state"):
            rows = rows.filter(is_active=state == "ACTIVE")
        return rows


def users(ids: Iterable[int]) -> tuple[UserRow, ...]:
    """Return users with their roles, in the order they were asked for; the caller has looked at the rights."""
    wanted = list(ids)
    found = {row.id: row for row in User.objects.filter(id__in=wanted)}
    roles: dict[int, list[Belonging]] = {each: [] for each in wanted}
    rows = Membership.objects.filter(user_id__in=wanted).order_by("user_id", "organisation__name", "-id")
    seen = set()
    for row in rows.select_related("organisation"):
        if (row.user_id, row.organisation_id) in seen and row.disabled_at is not None:
            continue
        seen.add((row.user_id, row.organisation_id))
        roles[row.user_id].append(
            Belonging(
                organisation_id=OrganisationId(row.organisation_id),
                organisation_name=row.organisation.name,
                kind=row.organisation.kind,
                role=row.role,
                is_live=row.disabled_at is None,
            )
        )
    return tuple(
        UserRow(
            id=UserId(each),
            login=found[each].login,
            name=found[each].name,
            is_active=found[each].is_active,
            last_login=found[each].last_login,
            belongings=tuple(sorted(roles[each], key=lambda one: not one.is_live)),
        )
        for each in wanted
        if each in found
    )


def user(user_id: int, *, actor: Actor) -> UserRow:
    """
    Return one user.

    :raises Forbidden: the actor's role does not allow it.
    :raises NotVisible: there is none.
    """
    actor.require(Permission.USERS_MANAGE)
    found = users((user_id,))
    if not found:
        raise NotVisible
    return found[0]


def disable_user(*, actor: Actor, user_id: UserId, now: datetime, real_now: datetime) -> None:
    """
    Shut a user out everywhere, at the next request. Doing it twice changes nothing.

    :raises NotYourself: it is the actor.
    """
    user(user_id, actor=actor)
    if user_id == actor.user_id:
        raise NotYourself
    services.disable_user(user_id=user_id, by_user_id=_person(actor), now=now, real_now=real_now)


def enable_user(*, actor: Actor, user_id: UserId, now: datetime, real_now: datetime) -> None:
    """Let a user in again, with the roles they still have. Doing it twice changes nothing."""
    user(user_id, actor=actor)
    services.enable_user(user_id=user_id, by_user_id=_person(actor), now=now, real_now=real_now)


def end_sessions(*, actor: Actor, user_id: UserId, now: datetime, real_now: datetime) -> int:
    """Log a user out of every browser and return of how many. Opens its own transaction."""
    user(user_id, actor=actor)
    return sessions.end_others(user_id=user_id, current_key="", now=now, real_now=real_now, by_user_id=_person(actor))


def reset_factors(*, actor: Actor, user_id: UserId, now: datetime, real_now: datetime) -> int:
    """
    Take the second factors from a user who has lost them and return how many. Opens its own transaction.

    :raises NotYourself: an operator who does it to themselves would undo their own protection.
    """
    user(user_id, actor=actor)
    if user_id == actor.user_id:
        raise NotYourself
    with db.transaction(actor):
        return factors.reset(user_id=user_id, by_user_id=_person(actor), now=now, real_now=real_now)


def password_link(*, actor: Actor, user_id: UserId, now: datetime, real_now: datetime) -> str:
    """
    Return what lets a user who has lost password and phone set a new password, once and within a day.

    :raises NotYourself: operators change their own password with the one they have.
    """
    user(user_id, actor=actor)
    if user_id == actor.user_id:
        raise NotYourself
    with db.transaction(actor):
        return passwords.link(user_id=user_id, by_user_id=_person(actor), now=now, real_now=real_now)


def _person(actor: Actor) -> UserId | None:
    return UserId(actor.user_id) if actor.user_id is not None else None


def organisation_source(actor: Actor) -> sources.Table[OrganisationRow]:
    """Return every organisation as the rows of a list; each operator may look for whom they work."""
    assert actor.kind == "OPERATOR"

    def narrow(rows: QuerySet[Organisation], question: Question) -> QuerySet[Organisation]:
        if kinds := question.of("kind"):
            rows = rows.filter(kind__in=kinds)
        if state := question.one("state"):
            rows = rows.filter(is_active=state == "ACTIVE")
        if text := question.one("text"):
            _, wanted = names.wanted(text)
            fits = Q(id__in=[])
            for grams in wanted:
                fits |= Q(name_grams__contains=grams)
            rows = rows.filter(fits)
        return rows

    return sources.Table(
        name="organisations",
        rows=Organisation.objects.all(),
        moment="created_at",
        columns=_ORGANISATION,
        make=_organisation,
        narrow=narrow,
    )


def organisation(organisation_id: int, *, actor: Actor) -> OrganisationRow:
    """
    Return one organisation.

    :raises NotVisible: there is none.
    """
    assert actor.kind == "OPERATOR"
    rows = Organisation.objects.filter(id=organisation_id).values("id", "created_at", *_ORGANISATION)
    if not rows:
        raise NotVisible
    return _organisation(rows[0])


def carriers() -> Sequence[tuple[int, str]]:
    """Return the head offices an outlet can belong to, by name."""
    rows = Organisation.objects.filter(kind=Organisation.Kind.CARRIER, is_active=True).order_by("name_pinyin", "id")
    return tuple(rows.values_list("id", "name"))


def create(
    *,
    actor: Actor,
    kind: str,
    name: str,
    carrier_code: str,
    source_code: str,
    parent_id: int | None,
    now: datetime,
    real_now: datetime,
) -> tuple[OrganisationId, invitations.Made]:
    """
    Make an organisation and the invitation of its first owner.

    :raises Forbidden: the actor's role does not allow it.
    :raises Unfit: the name is missing, or what its kind needs; a carrier has one head office.
    """
    actor.require(Permission.USERS_MANAGE)
    called = name.replace("\0", "").strip()
    is_known = kind in Organisation.Kind.values and kind != Organisation.Kind.PLATFORM
    if not is_known or not 0 < len(called) <= NAME_CHARS_MAX:
        raise Unfit(faults=(FieldFault(pointer="name", code="unfit"),))
    chosen = Organisation.Kind(kind)
    carrier_code, parent_id = _carrier_of(chosen, carrier_code.strip(), parent_id)
    organisation_id = services.create_organisation(
        kind=chosen,
        name=called,
        now=now,
        carrier_code=carrier_code,
        source_code=source_code.strip()[:NAME_CHARS_MAX] if chosen is Organisation.Kind.PROVIDER else "",
        parent_id=OrganisationId(parent_id) if parent_id is not None else None,
    )
    record("organisation.created", actor, f"organisation/{organisation_id}", organisation_id, now, real_now)
    made = invitations.invite(
        actor=actor, organisation_id=organisation_id, role=Membership.Role.OWNER, now=now, real_now=real_now
    )
    return organisation_id, made


def _carrier_of(kind: Organisation.Kind, carrier_code: str, parent_id: int | None) -> tuple[str, int | None]:
    """
    Return the carrier's code and head office that a kind of organisation needs.

    :raises Unfit: what was given does not fit.
    """
    if kind is Organisation.Kind.OUTLET:
        rows = Organisation.objects.filter(id=parent_id or 0, kind=Organisation.Kind.CARRIER, is_active=True)
        code = rows.values_list("carrier_code", flat=True).first()
        if code is None:
            raise Unfit(faults=(FieldFault(pointer="parent", code="unfit"),))
        return code, parent_id
    if kind is not Organisation.Kind.CARRIER:
        return "", None
    is_word = carrier_code.isascii() and carrier_code.replace("_", "").isalnum() and carrier_code.islower()
    offices = Organisation.objects.filter(kind=Organisation.Kind.CARRIER, carrier_code=carrier_code)
    if not is_word or len(carrier_code) > 40 or offices.exists():
        raise Unfit(faults=(FieldFault(pointer="carrier", code="unfit"),))
    return carrier_code, None


def close(*, actor: Actor, organisation_id: OrganisationId, reason: str, now: datetime, real_now: datetime) -> None:
    """
    Shut an organisation: its people and machines are out with their next request. Doing it twice changes nothing.

    :raises ReasonMissing: nobody said why.
    :raises NotVisible: there is none, or it is the platform, which nobody could open again.
    """
    actor.require(Permission.USERS_MANAGE)
    said = reason.replace("\0", "").strip()[:REASON_CHARS_MAX]
    if len(said) < REASON_CHARS_MIN:
        raise ReasonMissing
    found = organisation(organisation_id, actor=actor)
    if found.kind == Organisation.Kind.PLATFORM:
        raise NotVisible
    rows = Organisation.objects.filter(id=organisation_id, is_active=True)
    if rows.update(is_active=False, closed_reason=said):
        members = Membership.objects.filter(organisation_id=organisation_id, disabled_at=None)
        news.shut_out(members.values_list("user_id", flat=True))
        record("organisation.closed", actor, f"organisation/{organisation_id}", organisation_id, now, real_now)


def reopen(*, actor: Actor, organisation_id: OrganisationId, now: datetime, real_now: datetime) -> None:
    """Open an organisation again, with the people it had. Doing it twice changes nothing."""
    actor.require(Permission.USERS_MANAGE)
    organisation(organisation_id, actor=actor)
    rows = Organisation.objects.filter(id=organisation_id, is_active=False)
    if rows.update(is_active=True, closed_reason=""):
        record("organisation.opened", actor, f"organisation/{organisation_id}", organisation_id, now, real_now)


def credentials(organisation_id: int, *, actor: Actor) -> Sequence[CredentialRow]:
    """Return the API credentials of an organisation, those in use first."""
    actor.require(Permission.USERS_MANAGE)
    rows = Credential.objects.filter(organisation_id=organisation_id).order_by("-is_active", "-id")
    values = rows.values_list("id", "name", "scopes", "is_active", "created_at")[:LISTED_MAX]
    return tuple(
        CredentialRow(id=row[0], name=row[1], scopes=tuple(row[2]), is_active=row[3], created_at=row[4])
        for row in values
    )


def make_credential(
    *,
    actor: Actor,
    organisation_id: OrganisationId,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    real_now: datetime,
) -> str:
    """
    Make a credential for an organisation and return its token, which is shown this once.

    :raises Unfit: it has no name or may do nothing.
    :raises ScopeUnknown: a scope does not exist.
    """
    actor.require(Permission.USERS_MANAGE)
    organisation(organisation_id, actor=actor)
    called, wanted = name.replace("\0", "").strip()[:NAME_CHARS_MAX], tuple(scopes)
    if not called or not wanted:
        raise Unfit(faults=(FieldFault(pointer="name", code="unfit"),))
    return services.create_credential(
        organisation_id=organisation_id,
        name=called,
        scopes=wanted,
        now=now,
        real_now=real_now,
        by_user_id=actor.user_id,
    )[1]


def take_credential_back(
    *, actor: Actor, organisation_id: OrganisationId, credential_id: int, now: datetime, real_now: datetime
) -> None:
    """
    Take a credential of an organisation back for good.

    :raises CredentialMissing: the organisation has none with that id.
    """
    actor.require(Permission.USERS_MANAGE)
    if not Credential.objects.filter(id=credential_id, organisation_id=organisation_id).exists():
        raise services.CredentialMissing(credential=credential_id)
    services.disable_credential(
        credential_id=CredentialId(credential_id), by_user_id=actor.user_id, now=now, real_now=real_now
    )


def outlets(organisation_id: int) -> Sequence[tuple[int, str, bool]]:
    """Return the outlets of a carrier: id, name, whether open."""
    rows = Organisation.objects.filter(parent_id=organisation_id).order_by("-is_active", "name_pinyin", "id")
    return tuple(rows.values_list("id", "name", "is_active")[:LISTED_MAX])


def record(
    act: str, actor: Actor, subject: str, organisation_id: int | None, now: datetime, real_now: datetime
) -> None:
    """Write into the journal what an operator did."""
    audit.record(
        act=act,
        user_id=actor.user_id,
        organisation_id=organisation_id,
        subject=subject,
        at_real=real_now,
        at_business=now,
    )


_OWN = ("kind", "name", "carrier_code", "source_code", "parent_id", "is_active", "closed_reason")
_ORGANISATION = (*_OWN, "parent__name")


def _organisation(values: Mapping[str, Any]) -> OrganisationRow:
    facts = dict(values)
    return OrganisationRow(parent_name=facts.pop("parent__name"), **facts)
