"""
Chooses the policy version for a subject: the most special scope that has one in force at the subject's anchor time,
and of that scope the one that took effect last. A version that takes effect later never touches an older subject.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import psycopg

from yidao.kit.errors import Refusal
from yidao.policies.families import Family, P
from yidao.rules.instants import Instant, instant

VERSIONS_OF_FAMILY = """
SELECT name, scope_kind, scope_id, effective_from, version, body FROM policy_version WHERE family = %s ORDER BY id
"""


class PolicyMissing(Refusal):
    """No version of the family is in force at the anchor time, or none has the name a row mentions."""

    code = "policy.missing"
    message = "No published policy applies."


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Generic[P]):
    """One published version with its rules ready to use."""

    name: str
    scope_kind: str
    scope_id: str
    effective_from: Instant | None
    version: int
    policy: P


class PolicyBook(Generic[P]):
    """A snapshot of all published versions of one family; it never changes, so it may be shared between threads."""

    def __init__(self, versions: Iterable[Version[P]]) -> None:
        self.versions = tuple(versions)
        self._by_name = {version.name: version.policy for version in self.versions}
        self._by_scope: dict[tuple[str, str], list[tuple[Instant, int, P]]] = {}
        for version in self.versions:
            if version.effective_from is not None:
                row = (version.effective_from, version.version, version.policy)
                self._by_scope.setdefault((version.scope_kind, version.scope_id), []).append(row)
        for rows in self._by_scope.values():
            rows.sort(key=lambda row: row[:2], reverse=True)

    def choose(self, anchor: Instant, shop_id: int | None, carrier: str) -> P:
        """
        Return the policy of a subject with this anchor: the shop's, else the carrier's, else the platform's.

        :raises PolicyMissing: nothing was in force then.
        """
        for scope in (("SHOP", str(shop_id)), ("CARRIER", carrier), ("PLATFORM", "")):
            for effective_from, _, policy in self._by_scope.get(scope, ()):
                if effective_from <= anchor:
                    return policy
        raise PolicyMissing

    def by_name(self, name: str) -> P:
        """
        Return a version by the name that stands with an outcome.

        :raises PolicyMissing: there is none of that name.
        """
        policy = self._by_name.get(name)
        if policy is None:
            raise PolicyMissing
        return policy


def version_of_row(family: Family[P], row: Sequence[Any]) -> Version[P]:
    """Turn one row of `VERSIONS_OF_FAMILY` into a version; a body arrives as JSON text or already parsed."""
    name, scope_kind, scope_id, effective_from, number, body = row
    return Version(
        name=name,
        scope_kind=scope_kind,
        scope_id=scope_id,
        effective_from=instant(effective_from) if effective_from is not None else None,
        version=number,
        policy=family.from_body(name, json.loads(body) if isinstance(body, str) else body),
    )


def load_book(connection: psycopg.Connection[Any], family: Family[P]) -> PolicyBook[P]:
    """Read all versions of a family on a plain psycopg connection."""
    with psycopg.Cursor(connection) as cursor:
        return PolicyBook(version_of_row(family, row) for row in cursor.execute(VERSIONS_OF_FAMILY, (family.name,)))
