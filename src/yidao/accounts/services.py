"""Changes to people, organisations and credentials. Each leaves one entry in the journal."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import make_password

from yidao.accounts import names, queries
from yidao.accounts.ids import CredentialId, OrganisationId, UserId
from yidao.accounts.models import Credential, Membership, Organisation, User
from yidao.audit import services as audit
from yidao.kit import crypto, ids, news
from yidao.kit.errors import Refusal

SCOPES = frozenset({"events:write", "orders:read", "orders:write", "parcels:write", "parcels:read"})
_ALPHABET = "abcdefghijkmnopqrstuvwxyz23456789"


class ScopeUnknown(Refusal):
    """A credential was asked for with a scope that does not exist."""

    code = "credential.scope_unknown"
    status = 400
    message = "There is no scope %(scope)s."


class CredentialMissing(Refusal):
    """No credential has that id."""

    code = "credential.missing"
    status = 404
    message = "There is no credential %(credential)s."


def create_organisation(
    *,
    kind: Organisation.Kind,
    name: str,
    now: datetime,
    carrier_code: str = "",
    source_code: str = "",
    parent_id: OrganisationId | None = None,
) -> OrganisationId:
    """Make a tenant; the keys of its name are stored for sorting and search."""
    keys = names.keys(name)
    organisation = Organisation.objects.create(
        id=ids.new_id(),
        kind=kind,
        name=name,
        name_pinyin=keys.pinyin,
        name_initials=keys.initials,
        name_grams=list(keys.grams),
        carrier_code=carrier_code,
        source_code=source_code,
        parent_id=parent_id,
        created_at=now,
    )
    return OrganisationId(organisation.id)


def create_user(*, login: str, name: str, password: str, language: str = "") -> UserId:
    """Make a user who belongs nowhere yet."""
    user = User.objects.create(
        id=ids.new_id(), login=login.strip().lower(), name=name, password=make_password(password), language=language
    )
    return UserId(user.id)


def join(
    *, user_id: UserId, organisation_id: OrganisationId, role: Membership.Role, real_now: datetime | None = None
) -> None:
    """Give a user a role; asking again for the same organisation changes the role and nothing else."""
    Membership.objects.update_or_create(
        user_id=user_id,
        organisation_id=organisation_id,
        disabled_at=None,
        defaults={"role": role},
        create_defaults={"id": ids.new_id(), "role": role, "joined_at": real_now},
    )


def disable_user(*, user_id: UserId, by_user_id: UserId | None, now: datetime, real_now: datetime) -> None:
    """Shut a user out; whoever is logged in as them is out with the next request. Doing it twice changes nothing."""
    if User.objects.filter(id=user_id, is_active=True).update(is_active=False, disabled_at=real_now):
        news.shut_out((user_id,))
        audit.record(
            act="user.disabled",
            user_id=by_user_id,
            subject=f"user/{user_id}",
            at_real=real_now,
            at_business=now,
        )


def enable_user(*, user_id: UserId, by_user_id: UserId | None, now: datetime, real_now: datetime) -> None:
    """Let a user in again, with the roles they still have. Doing it twice changes nothing."""
    if User.objects.filter(id=user_id, is_active=False).update(is_active=True, disabled_at=None):
        audit.record(
            act="user.enabled",
            user_id=by_user_id,
            subject=f"user/{user_id}",
            at_real=real_now,
            at_business=now,
        )


def create_credential(
    *,
    organisation_id: OrganisationId,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    real_now: datetime,
    push_secret: str = "",
    by_user_id: UserId | None = None,
) -> tuple[CredentialId, str]:
    """
    Make a credential and return its id with the token; the token is shown once and never again.

    :raises ScopeUnknown: a scope does not exist.
    """
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in SCOPES:
            raise ScopeUnknown(scope=scope)
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(queries.TOKEN_PREFIX_CHARS))
    token = f"yd_{prefix}_{secrets.token_urlsafe(32)}"
    credential_id = CredentialId(ids.new_id())
    sealed = (
        crypto.encrypt(push_secret.encode(), place=queries.push_secret_place(credential_id)) if push_secret else None
    )
    Credential.objects.create(
        id=credential_id,
        organisation_id=organisation_id,
        name=name,
        token_prefix=prefix,
        token_sha256=queries.token_digest(token),
        scopes=wanted,
        push_secret_encrypted=sealed,
        created_at=now,
    )
    audit.record(
        act="credential.created",
        user_id=by_user_id,
        organisation_id=organisation_id,
        subject=f"credential/{credential_id}",
        details={"scopes": wanted},
        at_real=real_now,
        at_business=now,
    )
    return credential_id, token


def disable_credential(
    *, credential_id: CredentialId, by_user_id: UserId | None, now: datetime, real_now: datetime
) -> None:
    """
    Take a credential back for good; every port refuses it within half a minute. Doing it twice changes nothing.

    :raises CredentialMissing: there is none.
    """
    found = Credential.objects.filter(id=credential_id).values_list("organisation_id", flat=True).first()
    if found is None:
        raise CredentialMissing(credential=credential_id)
    if Credential.objects.filter(id=credential_id, is_active=True).update(is_active=False):
        audit.record(
            act="credential.disabled",
            user_id=by_user_id,
            organisation_id=found,
            subject=f"credential/{credential_id}",
            at_real=real_now,
            at_business=now,
        )


def choose_language(*, user_id: UserId, language: str) -> None:
    """Remember the language a user reads; a preference, so it leaves no entry in the journal."""
    User.objects.filter(id=user_id).update(language=language)
