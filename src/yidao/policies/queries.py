"""Reads of published versions as frozen rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from yidao.kit.errors import NotVisible
from yidao.policies import families
from yidao.policies.families import Family, P
from yidao.policies.models import PolicyVersion
from yidao.policies.selection import PolicyMissing
from yidao.rules.limits import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One published version as the operator reads it."""

    name: str
    family: str
    profile: str
    version: int
    scope_kind: str
    scope_id: str
    effective_from: datetime | None
    sha256: str
    published_at: datetime
    published_by: int | None
    body: dict[str, Any]


_FIELDS = tuple(VersionRow.__dataclass_fields__)


def _row(values: Sequence[Any]) -> VersionRow:
    return VersionRow(**dict(zip(_FIELDS, values, strict=True)))


def versions(*, limit: int) -> Sequence[VersionRow]:
    """Return the versions, the last published first."""
    return tuple(
        _row(values) for values in PolicyVersion.objects.order_by("-published_at", "-id").values_list(*_FIELDS)[:limit]
    )


def version(name: str) -> VersionRow:
    """
    Return one version.

    :raises NotVisible: there is none of that name.
    """
    values = PolicyVersion.objects.filter(name=name).values_list(*_FIELDS).first()
    if values is None:
        raise NotVisible
    return _row(values)


def newest_of_profile(family: str, profile: str) -> VersionRow | None:
    """Return the version with the highest number of a profile, or None."""
    values = PolicyVersion.objects.filter(family=family, profile=profile).order_by("-version").values_list(*_FIELDS)
    first = values.first()
    return _row(first) if first is not None else None


def predecessor(row: VersionRow) -> VersionRow | None:
    """Return the version of the same profile that a version followed, None for the first."""
    earlier = PolicyVersion.objects.filter(family=row.family, profile=row.profile, version__lt=row.version)
    values = earlier.order_by("-version").values_list(*_FIELDS).first()
    return _row(values) if values is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What binds the whole platform by one family: the version in force, and the next one that is published already."""

    family: str
    in_force: VersionRow | None
    coming: VersionRow | None


def standings(*, at: datetime) -> tuple[Standing, ...]:
    """Return each family's version in force at an instant and the one that follows it, in the order of the families."""
    rows = [
        _row(values)
        for values in PolicyVersion.objects.filter(scope_kind=families.PLATFORM, effective_from__isnull=False)
        .order_by("effective_from", "version")
        .values_list(*_FIELDS)
    ]
    found = []
    for family in families.ALL:
        own = [(row.effective_from, row) for row in rows if row.family == family and row.effective_from is not None]
        past, coming = [row for since, row in own if since <= at], [row for since, row in own if since > at]
        found.append(Standing(family=family, in_force=past[-1] if past else None, coming=coming[0] if coming else None))
    return tuple(found)


@lru_cache(maxsize=512)
def policy(name: str) -> Policy:
    """
    Return the rules of a published parcel policy; a version never changes, so it is read once per process.

    :raises NotVisible: there is none of that name.
    """
    return families.PARCEL.from_body(name, version(name).body)


def of_platform(family: Family[P], *, at: datetime) -> P:
    """
    Return what binds the whole platform at an instant: of the versions in force the one that took effect last.

    :raises PolicyMissing: nothing was in force then.
    """
    found = (
        PolicyVersion.objects.filter(family=family.name, scope_kind=families.PLATFORM, effective_from__lte=at)
        .order_by("-effective_from", "-version")
        .values_list("name", "body")
        .first()
    )
    if found is None:
        raise PolicyMissing
    return family.from_body(*found)


def named(family: Family[P], name: str) -> P:
    """
    Return a version by the name that stands with an outcome.

    :raises NotVisible: there is none of that name.
    """
    return family.from_body(name, version(name).body)
