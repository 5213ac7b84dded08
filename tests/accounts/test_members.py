"""Who belongs to an organisation, and that it never loses its last owner."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts import access, members
from yidao.accounts.actors import Actor
from yidao.accounts.ids import ShopId, UserId
from yidao.accounts.models import Membership, Organisation, User
from yidao.audit.models import AuditEntry
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden, NotVisible, Refusal

Kind, Role = Organisation.Kind, Membership.Role


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def owner(people: Cast) -> Actor:
    return access.actor_for_shop(UserId(people.alice.id), people.shop)


def listed(people: Cast) -> dict[str, tuple[str, bool]]:
    rows = members.members(actor=owner(people), organisation_ids=(people.shop,))
    return {row.name: (row.role, row.is_live) for row in rows}


def change(people: Cast, user: User, role: str) -> None:
    members.change_role(
        actor=owner(people), organisation_id=people.shop, user_id=UserId(user.id), role=role, now=NOW, real_now=NOW
    )


def test_the_list_names_who_belongs_with_role_and_state(people: Cast) -> None:
    assert listed(people) == {"Alice": ("OWNER", True), "Bob": ("SERVICE", True)}


def test_an_owner_changes_a_role_and_the_journal_says_who_did(people: Cast) -> None:
    change(people, people.bob, "WAREHOUSE")
    change(people, people.bob, "WAREHOUSE")

    assert listed(people)["Bob"] == ("WAREHOUSE", True)
    entry = AuditEntry.objects.get(organisation_id=people.shop)
    assert (entry.act, entry.actor_user_id, entry.subject, entry.details) == (
        "member.role_changed",
        people.alice.id,
        f"user/{people.bob.id}",
        {"before": "SERVICE", "role": "WAREHOUSE"},
    )


@pytest.mark.parametrize("role", ["CLERK", "KING", ""])
def test_a_role_that_such_an_organisation_does_not_have_is_refused(people: Cast, role: str) -> None:
    with pytest.raises(members.RoleUnknown):
        change(people, people.bob, role)


def test_the_last_owner_is_neither_demoted_nor_disabled(people: Cast) -> None:
    with pytest.raises(members.LastOwner):
        change(people, people.alice, "VIEWER")
    with pytest.raises(members.LastOwner):
        members.disable(
            actor=owner(people),
            organisation_id=people.shop,
            user_id=UserId(people.alice.id),
            now=NOW,
            real_now=NOW,
        )

    assert listed(people)["Alice"] == ("OWNER", True)


def test_an_owner_who_was_shut_out_does_not_count_as_one(people: Cast) -> None:
    change(people, people.bob, "OWNER")
    User.objects.filter(id=people.bob.id).update(is_active=False, disabled_at=NOW)

    with pytest.raises(members.LastOwner):
        change(people, people.alice, "VIEWER")


def test_a_disabled_member_is_out_and_may_come_back_with_the_last_role(people: Cast) -> None:
    asked = {"actor": owner(people), "organisation_id": people.shop, "user_id": UserId(people.bob.id)}
    members.disable(**asked, now=NOW, real_now=NOW)

    assert listed(people)["Bob"] == ("SERVICE", False)
    with pytest.raises(NotVisible):
        access.actor_for_shop(UserId(people.bob.id), people.shop)
    with pytest.raises(members.MemberMissing):
        members.disable(**asked, now=NOW, real_now=NOW)

    members.enable(**asked, now=NOW, real_now=NOW)

    assert listed(people)["Bob"] == ("SERVICE", True)
    assert Membership.objects.filter(user=people.bob).count() == 2
    with pytest.raises(members.AlreadyMember):
        members.enable(**asked, now=NOW, real_now=NOW)


def test_who_never_belonged_cannot_be_enabled_or_changed(people: Cast) -> None:
    for act in (members.disable, members.enable):
        with pytest.raises(members.MemberMissing):
            act(
                actor=owner(people),
                organisation_id=people.shop,
                user_id=UserId(people.dana.id),
                now=NOW,
                real_now=NOW,
            )


def test_only_owners_manage_and_only_their_own(people: Cast) -> None:
    bob = access.actor_for_shop(UserId(people.bob.id), people.shop)
    charlie = access.actor_for_shop(UserId(people.charlie.id), people.other_shop)

    for actor, refusal in ((bob, Forbidden), (charlie, NotVisible)):
        with pytest.raises(refusal):
            members.managed_kind(actor, people.shop)
    with pytest.raises(NotVisible):
        members.members(actor=charlie, organisation_ids=(people.shop,))


def test_a_head_office_manages_its_outlets_and_an_outlet_not_the_head_office(people: Cast) -> None:
    carrie = access.actor_for_carrier(UserId(people.carrie.id), people.carrier, people.outlet)
    oscar = access.actor_for_carrier(UserId(people.oscar.id), people.carrier, people.outlet)

    assert members.managed_kind(carrie, people.outlet) == "OUTLET"
    assert [row.name for row in members.members(actor=carrie, organisation_ids=(people.outlet,))] == ["Oscar"]
    for actor, place in ((carrie, people.other_outlet), (oscar, people.carrier)):
        with pytest.raises(NotVisible):
            members.managed_kind(actor, place)
        with pytest.raises(NotVisible):
            members.members(actor=actor, organisation_ids=(place,))


def test_the_platforms_owner_manages_everybody_and_its_clerk_nobody(people: Cast) -> None:
    olga, clerk = (access.actor_for_operator(UserId(each.id)) for each in (people.olga, people.clerk))

    assert members.managed_kind(olga, people.shop) == "SHOP"
    assert members.managed_kind(olga, people.platform) == "PLATFORM"
    for place in (people.shop, people.platform):
        with pytest.raises(Forbidden):
            members.managed_kind(clerk, place)


def test_an_agency_may_do_for_all_creators_what_it_may_do_for_each(people: Cast) -> None:
    Membership.objects.filter(user=people.agency, organisation_id=people.second_creator).update(role="VIEWER")

    both = access.actor_for_creator(UserId(people.agency.id), None)
    first = access.actor_for_creator(UserId(people.agency.id), people.creator)

    assert both.permissions == {"parcels.view"}
    assert "nudges.send" in first.permissions


def test_two_owners_who_demote_each_other_at_once_leave_one(committed_db: None) -> None:
    shop = ShopId(cast.organisation(Kind.SHOP, f"两个店主 {ids.new_id()}"))
    owners = [cast.user(name, (shop, Role.OWNER)) for name in ("Ann", "Ben")]
    actors = [access.actor_for_shop(UserId(each.id), shop) for each in owners]
    start = Barrier(2)

    def demote(which: int) -> str:
        start.wait(timeout=30)
        try:
            with db.transaction(actors[which]):
                members.change_role(
                    actor=actors[which],
                    organisation_id=shop,
                    user_id=UserId(owners[1 - which].id),
                    role="VIEWER",
                    now=NOW,
                    real_now=NOW,
                )
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(demote, (0, 1)))

    assert answers == ["done", "member.last_owner"]
    assert Membership.objects.filter(organisation_id=shop, role="OWNER", disabled_at=None).count() == 1
