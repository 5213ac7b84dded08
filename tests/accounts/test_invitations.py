"""Invitations: by link or for a login, once, for seven days, and told apart only for who holds them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts import access, invitations, members
from yidao.accounts.ids import ShopId, UserId
from yidao.accounts.models import Invitation, Membership, Organisation, User
from yidao.audit.models import AuditEntry
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden, NotVisible, Refusal

LATER = NOW + timedelta(days=8)
AT = {"now": NOW, "real_now": NOW}
NEW = {"name": "New", "password": "a long enough one", "language": ""}


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def invite(people: Cast, **changes: Any) -> invitations.Made:
    actor = access.actor_for_shop(UserId(people.alice.id), people.shop)
    facts: dict[str, Any] = {"actor": actor, "organisation_id": people.shop, "role": "FINANCE", **AT}
    return invitations.invite(**{**facts, **changes})


def accept(user: User, made: invitations.Made, **changes: Any) -> invitations.InvitationRow:
    by_link = {"token": made.token} if made.token else {"invitation_id": made.id}
    return invitations.accept(**{"user_id": UserId(user.id), **by_link, **AT, **changes})


def revoke(people: Cast, made: invitations.Made) -> None:
    actor = access.actor_for_shop(UserId(people.alice.id), people.shop)
    invitations.revoke(actor=actor, invitation_id=made.id, **AT)


def test_a_link_lets_in_whoever_holds_it_and_only_its_digest_is_kept(people: Cast) -> None:
    made = invite(people, name="会计小李")

    assert invitations.opened(made.token, real_now=NOW).name == "会计小李"
    accept(people.nobody, made)

    row = Membership.objects.get(user=people.nobody)
    assert (row.organisation_id, row.role, row.joined_at) == (people.shop, "FINANCE", NOW)
    assert made.token.encode() not in bytes(Invitation.objects.get(id=made.id).token_sha256 or b"")
    assert made.token not in repr(made)
    assert list(AuditEntry.objects.order_by("id").values_list("act", "actor_user_id", "subject")) == [
        ("member.invited", people.alice.id, f"invitation/{made.id}"),
        ("member.joined", people.nobody.id, f"invitation/{made.id}"),
    ]


def test_a_link_works_once(people: Cast) -> None:
    made = invite(people)
    accept(people.nobody, made)

    with pytest.raises(invitations.Used):
        accept(people.dana, made)
    with pytest.raises(invitations.Used):
        invitations.opened(made.token, real_now=NOW)


def test_a_link_that_ran_out_or_was_taken_back_says_so_to_its_holder(people: Cast) -> None:
    made, other = invite(people), invite(people)
    revoke(people, other)
    revoke(people, other)

    with pytest.raises(invitations.Expired):
        invitations.opened(made.token, real_now=LATER)
    with pytest.raises(invitations.Expired):
        accept(people.nobody, made, real_now=LATER)
    with pytest.raises(invitations.Revoked):
        accept(people.nobody, other)
    assert AuditEntry.objects.filter(act="invitation.revoked").count() == 1


def test_a_link_that_never_was_says_nothing(people: Cast) -> None:
    invite(people)

    for token in ("x" * 43, "", "\udcff" * 43):
        with pytest.raises(NotVisible):
            invitations.opened(token, real_now=NOW)


def test_who_belongs_already_does_not_use_up_the_link(people: Cast) -> None:
    made = invite(people)

    with pytest.raises(members.AlreadyMember):
        accept(people.bob, made)

    assert accept(people.nobody, made).role == "FINANCE"


def test_a_login_finds_its_own_invitation_and_nobody_elses(people: Cast) -> None:
    made = invite(people, login=f" {people.nobody.login.upper()} ")

    assert made.token == ""
    assert [row.id for row in invitations.waiting_for(UserId(people.nobody.id), real_now=NOW)] == [made.id]
    assert list(invitations.waiting_for(UserId(people.dana.id), real_now=NOW)) == []
    with pytest.raises(NotVisible):
        accept(people.dana, made)

    accept(people.nobody, made)

    assert list(invitations.waiting_for(UserId(people.nobody.id), real_now=NOW)) == []
    assert Membership.objects.filter(user=people.nobody, role="FINANCE").count() == 1


def test_an_unknown_login_is_answered_like_a_known_one(people: Cast) -> None:
    assert invite(people, login="nobody-has-this").token == ""


def test_a_login_may_decline(people: Cast) -> None:
    made = invite(people, login=people.nobody.login)
    with pytest.raises(NotVisible):
        invitations.decline(user_id=UserId(people.dana.id), invitation_id=made.id, **AT)

    invitations.decline(user_id=UserId(people.nobody.id), invitation_id=made.id, **AT)
    invitations.decline(user_id=UserId(people.nobody.id), invitation_id=made.id, **AT)

    with pytest.raises(invitations.Revoked):
        accept(people.nobody, made)


def test_a_link_cannot_be_reached_by_its_id(people: Cast) -> None:
    made = invite(people)

    with pytest.raises(NotVisible):
        accept(people.nobody, made, token="", invitation_id=made.id)


def test_a_new_person_chooses_a_login_and_is_in(people: Cast) -> None:
    made = invite(people)

    user_id = invitations.accept_as_new(token=made.token, login=f"New.{made.id}", **NEW, **AT)

    user = User.objects.get(id=user_id)
    assert (user.login, user.check_password(NEW["password"])) == (f"new.{made.id}", True)
    assert access.actor_for_shop(user_id, people.shop).permissions == {
        "parcels.view",
        "exports.make",
        "deposit.view",
        "deposit.top_up",
    }


@pytest.mark.parametrize("login", ["ab", "with blank", "a" * 61, "semi;colon", "nul\0l"])
def test_a_login_that_cannot_be_typed_again_is_refused(people: Cast, login: str) -> None:
    made = invite(people)

    with pytest.raises(invitations.LoginUnfit):
        invitations.accept_as_new(token=made.token, login=login, **NEW, **AT)


def test_a_login_that_is_taken_is_refused_and_the_link_goes_on_waiting(people: Cast) -> None:
    made = invite(people)

    with pytest.raises(invitations.LoginTaken):
        invitations.accept_as_new(token=made.token, login=people.dana.login.upper(), **NEW, **AT)

    assert invitations.opened(made.token, real_now=NOW).id == made.id


def test_only_owners_invite_take_back_and_see_who_is_invited(people: Cast) -> None:
    made = invite(people)
    bob = access.actor_for_shop(UserId(people.bob.id), people.shop)
    charlie = access.actor_for_shop(UserId(people.charlie.id), people.other_shop)

    for actor, refusal in ((bob, Forbidden), (charlie, NotVisible)):
        with pytest.raises(refusal):
            invite(people, actor=actor)
        with pytest.raises(refusal):
            invitations.revoke(actor=actor, invitation_id=made.id, **AT)
        with pytest.raises(refusal):
            invitations.waiting(actor=actor, organisation_ids=(people.shop,), real_now=NOW)
    alice = access.actor_for_shop(UserId(people.alice.id), people.shop)
    assert len(invitations.waiting(actor=alice, organisation_ids=(people.shop,), real_now=NOW)) == 1
    assert len(invitations.waiting(actor=alice, organisation_ids=(people.shop,), real_now=LATER)) == 0


def test_so_many_and_no_more_wait_at_a_time(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "WAITING_MAX", 2)
    monkeypatch.setattr(invitations, "MADE_PER_DAY_MAX", 3)
    made = [invite(people), invite(people)]

    with pytest.raises(invitations.TooMany):
        invite(people)
    revoke(people, made[0])
    invite(people)
    revoke(people, made[1])
    with pytest.raises(invitations.TooMany):
        invite(people)
    assert invite(people, real_now=NOW + timedelta(days=2))


def test_a_closed_organisation_lets_nobody_in(people: Cast) -> None:
    made = invite(people)
    Organisation.objects.filter(id=people.shop).update(is_active=False)

    with pytest.raises(NotVisible):
        invitations.opened(made.token, real_now=NOW)
    with pytest.raises(NotVisible):
        accept(people.nobody, made)


def test_of_two_people_with_one_link_at_once_one_comes_in(committed_db: None) -> None:
    shop = ShopId(cast.organisation(Organisation.Kind.SHOP, f"一个链接 {ids.new_id()}"))
    owner = cast.user("Ann", (shop, Membership.Role.OWNER))
    actor = access.actor_for_shop(UserId(owner.id), shop)
    with db.transaction(actor):
        made = invitations.invite(actor=actor, organisation_id=shop, role="VIEWER", **AT)
    people = [cast.user("Ben"), cast.user("Cid")]
    start = Barrier(2)

    def join(which: int) -> str:
        start.wait(timeout=30)
        try:
            with db.transaction(actor):
                accept(people[which], made)
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(join, (0, 1)))

    assert answers == ["done", "invitation.used"]
    assert Membership.objects.filter(organisation_id=shop, role="VIEWER").count() == 1
