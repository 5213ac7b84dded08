"""Publishes policy versions. A version is only ever added; what was published stays as it was."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.models import Organisation
from yidao.audit import services as audit
from yidao.kit import db, ids
from yidao.kit.errors import FieldFault, Forbidden, Refusal
from yidao.policies import families, queries
from yidao.policies.models import PolicyVersion
from yidao.rules import bodies

YEAR_MAX: Final = 2099
"""A version cannot be taken back, so a slip of the pen must not put a time there that no page could show."""


class PublishRefused(Refusal):
    """The version cannot be published as it stands; `faults` say where."""

    code = "policy.publish_refused"
    status = 422
    message = "The policy cannot be published as it stands."


class PublishOvertaken(Refusal):
    """Somebody published a version of the profile after the difference was shown."""

    code = "policy.publish_overtaken"
    message = "Somebody else published version %(name)s meanwhile. Look at the difference again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an operator wants to publish: a body for a family's profile and whom and since when it binds."""

    family: str
    profile: str
    scope_kind: str
    scope_id: str
    effective_from: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What publishing would do: the name it would get and how it differs from the profile's newest version."""

    name: str
    version: int
    base_name: str
    changes: tuple[bodies.Change, ...]


def body_digest(body: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a body in its one canonical form."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _scope_faults(draft: Draft) -> list[FieldFault]:
    family = families.ALL.get(draft.family)
    if family is None or draft.scope_kind not in family.scopes:
        return [FieldFault(pointer="scope_kind", code="unknown")]
    if draft.scope_kind == PolicyVersion.Scope.PLATFORM:
        return [FieldFault(pointer="scope_id", code="must_be_empty")] if draft.scope_id else []
    if draft.scope_kind == PolicyVersion.Scope.SHOP:
        is_known = (
            draft.scope_id.isascii()
            and draft.scope_id.isdigit()
            and len(draft.scope_id) <= 18
            and Organisation.objects.filter(id=int(draft.scope_id), kind=Organisation.Kind.SHOP).exists()
        )
    else:
        is_known = Organisation.objects.filter(carrier_code=draft.scope_id, kind=Organisation.Kind.CARRIER).exists()
    return [] if is_known else [FieldFault(pointer="scope_id", code="unknown")]


def _is_storable(body: Mapping[str, Any]) -> bool:
    """Return whether PostgreSQL can hold every text of a body; it has no place for NUL and lone surrogates."""
    try:
        return b"\0" not in json.dumps(body, ensure_ascii=False).encode().replace(b"\\u0000", b"\0")
    except UnicodeEncodeError:
        return False


def _body_faults(family: families.Family[Any], name: str, body: Mapping[str, Any]) -> list[FieldFault]:
    try:
        family.from_body(name, body)
    except bodies.PolicyInvalid as fault:
        return [FieldFault(pointer=f"body{pointer}", code=code) for pointer, code in fault.faults]
    return []


def preview(draft: Draft, *, actor: Actor, now: datetime) -> Preview:
    """
    Check a draft and say what it would change; nothing is written.

    :raises Forbidden: the actor may not publish.
    :raises PublishRefused: the body, the scope or the effective time is wrong; all faults at once.
    """
    if not actor.may(Permission.POLICIES_PUBLISH):
        raise Forbidden
    newest = queries.newest_of_profile(draft.family, draft.profile)
    faults = _scope_faults(draft)
    if newest is None:
        faults.append(FieldFault(pointer="profile", code="unknown"))
    if draft.effective_from < now:
        faults.append(FieldFault(pointer="effective_from", code="in_the_past"))
    elif draft.effective_from.year > YEAR_MAX:
        faults.append(FieldFault(pointer="effective_from", code="out_of_range"))
    number = newest.version + 1 if newest is not None else 1
    name = f"{draft.family}/{draft.profile}/{number}"
    if not _is_storable(draft.body):
        raise PublishRefused(faults=(*faults, FieldFault(pointer="body", code="not_storable")))
    if newest is not None:
        faults.extend(_body_faults(families.ALL[newest.family], name, draft.body))
    if faults or newest is None:
        raise PublishRefused(faults=tuple(faults))
    changes = bodies.difference(newest.body, draft.body)
    return Preview(name=name, version=number, base_name=newest.name, changes=changes)


def publish(draft: Draft, *, expected_name: str, actor: Actor, now: datetime, real_now: datetime) -> str:
    """
    Publish a draft whose preview named it `expected_name`, and return that name.

    Two who publish at once get two different versions or one of them is told; nobody's version is lost.

    :raises Forbidden: the actor may not publish.
    :raises PublishRefused: the draft is wrong.
    :raises PublishOvertaken: the profile has a newer version than the one the preview compared with.
    """
    with db.transaction(actor):
        return add(draft, expected_name=expected_name, actor=actor, now=now, real_now=real_now)


def add(draft: Draft, *, expected_name: str, actor: Actor, now: datetime, real_now: datetime) -> str:
    """Publish a draft as `publish` does, as a part of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('policy_version'))")
    previewed = preview(draft, actor=actor, now=now)
    if previewed.name != expected_name:
        raise PublishOvertaken(name=previewed.base_name)
    PolicyVersion.objects.create(
        id=ids.new_id(),
        family=draft.family,
        profile=draft.profile,
        version=previewed.version,
        name=previewed.name,
        scope_kind=draft.scope_kind,
        scope_id=draft.scope_id,
        effective_from=draft.effective_from,
        body=draft.body,
        sha256=body_digest(draft.body),
        published_at=now,
        published_by=actor.user_id,
    )
    audit.record(
        act="policy.published",
        user_id=actor.user_id,
        subject=f"policy/{previewed.name}",
        details={"effective_from": draft.effective_from.isoformat(), "scope": draft.scope_kind},
        at_real=real_now,
        at_business=now,
    )
    return previewed.name


def seed(*, real_now: datetime) -> int:
    """Add the shipped versions that this database does not have yet and return how many; the others stay untouched."""
    known = frozenset(PolicyVersion.objects.values_list("name", flat=True))
    missing = [
        (family, policy) for family in families.ALL.values() for policy in family.seeds if policy.version not in known
    ]
    for family, policy in missing:
        _, profile, number = policy.version.split("/")
        body = family.to_body(policy)
        PolicyVersion.objects.create(
            id=ids.new_id(),
            family=family.name,
            profile=profile,
            version=int(number),
            name=policy.version,
            scope_kind=PolicyVersion.Scope.PLATFORM,
            scope_id="",
            effective_from=family.in_force.get(policy.version),
            body=body,
            sha256=body_digest(body),
            published_at=real_now,
            published_by=None,
        )
    return len(missing)
