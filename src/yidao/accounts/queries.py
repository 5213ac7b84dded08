"""Reads of accounts as frozen rows: credentials for machines, memberships and organisations for pages."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, Value

from yidao.accounts import names, statements
from yidao.accounts.ids import CredentialId, OrganisationId, UserId
from yidao.accounts.models import Membership, Organisation, SupportVisit, User
from yidao.kit import crypto

TOKEN_PREFIX_CHARS = 12
CANDIDATES_MAX = 2_000
"""Names looked at for one search; whoever finds as many types a letter more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFacts:
    """What a machine may do; `push_secret` is the provider's signing key, decrypted, empty when there is none."""

    id: CredentialId
    organisation_id: OrganisationId
    organisation_kind: str
    carrier_code: str
    source_code: str
    scopes: frozenset[str]
    push_secret: str = field(repr=False)
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRow:
    """One live role of a user in an organisation that is itself live."""

    organisation_id: OrganisationId
    kind: str
    name: str
    role: str
    carrier_code: str
    source_code: str
    parent_id: OrganisationId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A user as pages show one."""

    id: UserId
    name: str
    login: str


def push_secret_place(credential_id: int) -> str:
    """Return the place a push secret is encrypted for."""
    return f"credential.push_secret/{credential_id}"


def credential_from_row(row: Sequence[Any]) -> CredentialFacts:
    """Turn one row of `statements.CREDENTIAL_BY_...` into facts."""
    sealed = row[6]
    secret = crypto.decrypt(bytes(sealed), place=push_secret_place(row[0])).decode() if sealed is not None else ""
    return CredentialFacts(
        id=CredentialId(row[0]),
        organisation_id=OrganisationId(row[1]),
        organisation_kind=row[2],
        carrier_code=row[3],
        source_code=row[4],
        scopes=frozenset(row[5]),
        push_secret=secret,
        is_active=row[7],
    )


def token_prefix(token: str) -> str | None:
    """Return the part of a token that finds its row, or None when it does not look like one of ours."""
    parts = token.split("_", 2)
    if len(parts) != 3 or parts[0] != "yd" or len(parts[1]) != TOKEN_PREFIX_CHARS or len(parts[2]) < 32:
        return None
    return parts[1] if parts[1].isascii() and parts[1].isalnum() else None


def token_digest(token: str) -> bytes:
    """Return what is stored of a token; tokens are long and random, so a plain digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def credential_if_token_fits(row: Sequence[Any] | None, token: str) -> CredentialFacts | None:
    """Return the facts when the row exists and the whole token is its own; compared in constant time."""
    stored = bytes(row[8]) if row is not None else bytes(32)
    is_same = hmac.compare_digest(stored, token_digest(token))
    return credential_from_row(row) if row is not None and is_same else None


def credential_by_token(token: str) -> CredentialFacts | None:
    """Return the facts of a bearer token, or None when there is no such token; the caller looks at `is_active`."""
    prefix = token_prefix(token)
    if prefix is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(statements.CREDENTIAL_BY_PREFIX, [prefix])
        return credential_if_token_fits(cursor.fetchone(), token)


def credential_by_id(credential_id: int) -> CredentialFacts | None:
    """Return the facts of the credential a push address names, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statements.CREDENTIAL_BY_ID, [credential_id])
        row = cursor.fetchone()
    return credential_from_row(row) if row is not None else None


def memberships(user_id: UserId) -> tuple[MembershipRow, ...]:
    """Return a user's live roles, in the order consoles are offered: by kind, then by name."""
    rows = (
        Membership.objects.filter(user_id=user_id, disabled_at=None, organisation__is_active=True, user__is_active=True)
        .order_by("organisation__kind", "organisation__name", "organisation_id")
        .values_list("organisation_id", "organisation__kind", "organisation__name", "role", *_OF_ORGANISATION)
    )
    return tuple(_membership(*row) for row in rows)


def visited(user_id: UserId, *, real_now: datetime) -> tuple[MembershipRow, ...]:
    """Return the organisation a user is visiting, as a membership without a role; it is not asked if they still may."""
    rows = SupportVisit.objects.filter(
        user_id=user_id, ended_at=None, ends_at__gt=real_now, organisation__is_active=True, user__is_active=True
    ).values_list("organisation_id", "organisation__kind", "organisation__name", Value(""), *_OF_ORGANISATION)
    return tuple(_membership(*row) for row in rows)


_OF_ORGANISATION = ("organisation__carrier_code", "organisation__source_code", "organisation__parent_id")


def _membership(
    organisation_id: int, kind: str, name: str, role: str, carrier_code: str, source_code: str, parent_id: int | None
) -> MembershipRow:
    return MembershipRow(
        organisation_id=OrganisationId(organisation_id),
        kind=kind,
        name=name,
        role=role,
        carrier_code=carrier_code,
        source_code=source_code,
        parent_id=OrganisationId(parent_id) if parent_id is not None else None,
    )


def organisation_names(ids: Iterable[int]) -> Mapping[int, str]:
    """Return the names of organisations; ids that are nobody's are left out."""
    wanted = sorted(set(ids))
    return dict(Organisation.objects.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


def organisation_kinds(ids: Iterable[int]) -> Mapping[int, str]:
    """Return the kinds of organisations; ids that are nobody's are left out."""
    return dict(Organisation.objects.filter(id__in=sorted(set(ids))).values_list("id", "kind"))


def find_organisations(
    text: str, *, kind: Organisation.Kind, limit: int, among: Iterable[int] | None = None
) -> tuple[OrganisationId, ...]:
    """
    Return the organisations of a kind whose name, pinyin or initials hold what was typed, in the order of their pinyin.

    `among` narrows to ids that are known already; closed organisations are found too, their parcels are still there.
    """
    solid, wanted = names.wanted(text)
    if not solid:
        return ()
    rows = Organisation.objects.filter(kind=kind)
    if among is not None:
        rows = rows.filter(id__in=sorted(set(among)))
    fits = Q()
    for grams in wanted:
        fits |= Q(name_grams__contains=grams)
    found = rows.filter(fits).order_by("name_pinyin", "id").values_list("id", "name", "name_pinyin", "name_initials")
    return tuple(
        OrganisationId(row[0])
        for row in found[:CANDIDATES_MAX]
        if names.holds(solid, name=row[1], pinyin=row[2], initials=row[3])
    )[:limit]


def find_shops(text: str, *, limit: int, among: Iterable[int] | None = None) -> tuple[OrganisationId, ...]:
    """Return the shops whose name, pinyin or initials hold what was typed; see `find_organisations`."""
    return find_organisations(text, kind=Organisation.Kind.SHOP, limit=limit, among=among)


def user_by_login(login: str) -> UserId | None:
    """Return whose login it is, in whatever case it was typed; None when it is nobody's."""
    found = User.objects.filter(login=login.strip().lower()).values_list("id", flat=True).first()
    return UserId(found) if found is not None else None


def user_names(ids: Iterable[int]) -> Mapping[int, str]:
    """Return the names of users; ids that are nobody's are left out."""
    wanted = sorted(set(ids))
    return dict(User.objects.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


def find_users(text: str, *, limit: int) -> tuple[UserId, ...]:
    """Return the users whose login begins with what was typed or whose name holds it, the newest first."""
    wanted = text.strip()
    if not wanted:
        return ()
    fits = Q(login__istartswith=wanted) | Q(name__icontains=wanted)
    return tuple(
        UserId(each) for each in User.objects.filter(fits).order_by("-id").values_list("id", flat=True)[:limit]
    )


def find_places(text: str, *, limit: int) -> tuple[OrganisationId, ...]:
    """Return the organisations of every kind whose name, pinyin or initials hold what was typed."""
    return tuple(each for kind in Organisation.Kind for each in find_organisations(text, kind=kind, limit=limit))


def outlets(carrier_id: OrganisationId) -> Mapping[OrganisationId, str]:
    """Return the live outlets of a carrier by name."""
    rows = Organisation.objects.filter(parent_id=carrier_id, is_active=True).order_by("name", "id")
    return {OrganisationId(row[0]): row[1] for row in rows.values_list("id", "name")}


def existing_organisations(ids: Iterable[int], *, kind: Organisation.Kind) -> frozenset[int]:
    """Return those ids that are live organisations of a kind."""
    return frozenset(
        Organisation.objects.filter(id__in=sorted(set(ids)), kind=kind, is_active=True).values_list("id", flat=True)
    )


def platforms() -> tuple[OrganisationId, ...]:
    """Return the organisations that run the platform: whoever tells the operators something tells them."""
    rows = Organisation.objects.filter(kind=Organisation.Kind.PLATFORM, is_active=True).order_by("id")
    return tuple(OrganisationId(each) for each in rows.values_list("id", flat=True))
