"""The matrix of roles: what the handbook prints is what the code decides."""

import re
from pathlib import Path

import pytest

from yidao.accounts import access
from yidao.accounts.actors import Permission
from yidao.accounts.models import Membership

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "operating" / "people.md"


def test_the_handbook_prints_the_matrix_of_the_code() -> None:
    printed = {
        (kind, role): set(re.findall(r"`([a-z.]+)`", allows))
        for kind, role, allows in re.findall(
            r"^\| ([A-Z]+) \| ([A-Z]+) \| (.+) \|$", HANDBOOK.read_text(), re.MULTILINE
        )
    }

    assert printed == {
        (kind, role): set(may) for kind, roles in access.PERMISSIONS.items() for role, may in roles.items()
    }


def test_everybody_may_look_and_only_owners_manage_people() -> None:
    for kind, roles in access.PERMISSIONS.items():
        assert all(Permission.PARCELS_VIEW in may for may in roles.values()), kind
        assert [role for role, may in roles.items() if Permission.MEMBERS_MANAGE in may] == ["OWNER"], kind


@pytest.mark.parametrize("permission", [Permission.USERS_MANAGE, Permission.VISITS_MAKE, Permission.POLICIES_PUBLISH])
def test_what_concerns_everybody_is_the_platforms(permission: Permission) -> None:
    kinds = {kind for kind, roles in access.PERMISSIONS.items() for may in roles.values() if permission in may}

    assert kinds == {"OPERATOR"}


def test_clerks_work_for_the_platform_alone() -> None:
    assert [kind for kind, roles in access.PERMISSIONS.items() if Membership.Role.CLERK in roles] == ["OPERATOR"]
