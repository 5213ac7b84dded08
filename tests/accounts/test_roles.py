"""The matrix of roles: what the handbook prints is what the code decides."""

import re
from pathlib import Path

import pytest

from yidao.accounts import access
from yidao.accounts.actors import ActorKind, Permission
from yidao.accounts.models import Membership

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "operating" / "people.md"


def test_the_handbook_prints_the_matrix_of_the_code() -> None:
    printed = {
        (kind, role): set(re.findall(r"`([a-z_.]+)`", allows))
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


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        pytest.param(Permission.ORDERS_SHIP, {"OWNER", "WAYBILLS", "WAREHOUSE"}, id="who prints or packs ships"),
        pytest.param(Permission.BUYERS_REVEAL, {"OWNER", "WAYBILLS", "SERVICE"}, id="who talks to buyers sees them"),
        pytest.param(Permission.AFTER_SALES_ANSWER, {"OWNER", "SERVICE"}, id="service answers buyers"),
        pytest.param(Permission.DEPOSIT_TOP_UP, {"OWNER", "FINANCE"}, id="finance pays in"),
        pytest.param(Permission.SHOP_SETTINGS, {"OWNER"}, id="what holds for the whole shop is its owner's"),
    ],
)
def test_in_a_shop_each_does_their_own_work(permission: Permission, roles: set[str]) -> None:
    merchant = access.PERMISSIONS[ActorKind.MERCHANT]

    assert {role for role, may in merchant.items() if permission in may} == roles


@pytest.mark.parametrize("permission", [Permission.ORDERS_SHIP, Permission.BUYERS_REVEAL, Permission.SHOP_SETTINGS])
def test_the_platform_does_not_do_a_shops_work(permission: Permission) -> None:
    assert all(permission not in may for may in access.PERMISSIONS[ActorKind.OPERATOR].values())


def test_clerks_work_for_the_platform_alone() -> None:
    assert [kind for kind, roles in access.PERMISSIONS.items() if Membership.Role.CLERK in roles] == ["OPERATOR"]
