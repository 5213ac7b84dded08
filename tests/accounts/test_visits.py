"""Support visits: a reason, half an hour, looking alone, and a trace in the journal of who was visited."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts import access, members, visits
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.accounts.models import Membership, SupportVisit
from yidao.audit.models import AuditEntry
from yidao.kit.errors import Forbidden, NotVisible

AT = {"now": NOW, "real_now": NOW}


@pytest.fixture
def people(db: None) -> Cast:
    return cast.build()


def operator(people: Cast, who: str = "olga") -> Actor:
    return access.actor_for_operator(UserId(getattr(people, who).id))


def visit(people: Cast, **changes: Any) -> visits.VisitRow:
    facts: dict[str, Any] = {
        "actor": operator(people),
        "organisation_id": people.shop,
        "reason": "an odd order",
    }
    return visits.start(**{**facts, **AT, **changes})


def enter(people: Cast, minutes: int = 1) -> Actor:
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        return access.actor_for_shop(UserId(people.olga.id), people.shop)


def test_a_visitor_looks_and_may_do_nothing_else(people: Cast) -> None:
    with pytest.raises(NotVisible):
        enter(people)

    visit(people)
    actor = enter(people)

    assert (actor.is_visiting, actor.permissions, actor.organisation_ids) == (True, {"parcels.view"}, (people.shop,))
    assert actor.name == "花间集"


def test_a_visit_opens_one_console_and_no_other(people: Cast) -> None:
    visit(people)

    with time_machine.travel(NOW, tick=False):
        for refused in (
            lambda: access.actor_for_shop(UserId(people.olga.id), people.other_shop),
            lambda: access.actor_for_creator(UserId(people.olga.id), None),
            lambda: access.actor_for_shop(UserId(people.clerk.id), people.shop),
        ):
            with pytest.raises(NotVisible):
                refused()


def test_a_visit_to_an_outlet_is_no_visit_to_its_head_office(people: Cast) -> None:
    visit(people, organisation_id=people.outlet)

    with time_machine.travel(NOW, tick=False):
        actor = access.actor_for_carrier(UserId(people.olga.id), people.carrier, people.outlet)
        assert (actor.is_visiting, actor.organisation_ids) == (True, (people.outlet,))
        with pytest.raises(NotVisible):
            access.actor_for_carrier(UserId(people.olga.id), people.carrier, None)


def test_a_visit_ends_by_itself_by_hand_and_with_the_role(people: Cast) -> None:
    visit(people)
    with pytest.raises(NotVisible):
        enter(people, minutes=30)

    Membership.objects.filter(user=people.olga).update(role="FINANCE")
    with pytest.raises(NotVisible):
        enter(people)

    Membership.objects.filter(user=people.olga).update(role="OWNER")
    assert enter(people).is_visiting
    visits.end(actor=operator(people), **AT)
    visits.end(actor=operator(people), **AT)
    with pytest.raises(NotVisible):
        enter(people)
    assert AuditEntry.objects.filter(act="visit.ended", organisation_id=people.shop).count() == 1


def test_a_new_visit_ends_the_one_before_at_the_instant_it_ended(people: Cast) -> None:
    visit(people)
    later = NOW + timedelta(hours=2)

    visit(people, organisation_id=people.other_shop, real_now=later)

    first, second = SupportVisit.objects.order_by("id")
    assert (first.ended_at, second.ended_at) == (NOW + visits.LIFE, None)
    assert visits.open_visit(user_id=UserId(people.olga.id), real_now=later) is not None


@pytest.mark.parametrize("reason", ["", "   ", "abc", "\0\0\0\0\0"])
def test_a_visit_needs_a_reason(people: Cast, reason: str) -> None:
    with pytest.raises(visits.ReasonMissing):
        visit(people, reason=reason)


def test_only_those_whose_work_it_is_make_visits_and_nobody_visits_the_platform(people: Cast) -> None:
    with pytest.raises(Forbidden):
        visit(people, actor=operator(people, "viewer"))
    with pytest.raises(Forbidden):
        visit(people, actor=access.actor_for_shop(UserId(people.alice.id), people.shop))
    with pytest.raises(NotVisible):
        visit(people, organisation_id=people.platform)
    assert visit(people, actor=operator(people, "clerk"))


def test_the_visited_owner_sees_the_visit_and_the_pages(people: Cast) -> None:
    visit(people)
    visits.record_page(actor=enter(people), page="merchant-parcels", **AT)

    alice = access.actor_for_shop(UserId(people.alice.id), people.shop)
    assert [row.reason for row in visits.visits(actor=alice, organisation_id=people.shop)] == ["an odd order"]
    acts = AuditEntry.objects.filter(organisation_id=people.shop).order_by("id").values_list("act", "details")
    assert list(acts) == [("visit.started", {}), ("visit.page", {"page": "merchant-parcels"})]
    bob = access.actor_for_shop(UserId(people.bob.id), people.shop)
    with pytest.raises(Forbidden):
        visits.visits(actor=bob, organisation_id=people.shop)
    with pytest.raises(NotVisible):
        visits.visits(actor=alice, organisation_id=people.other_shop)


def test_a_visitor_manages_nobody(people: Cast) -> None:
    visit(people)

    with pytest.raises(Forbidden):
        members.managed_kind(enter(people), people.shop)


def test_a_member_who_also_visits_stays_a_member(people: Cast) -> None:
    Membership.objects.create(user=people.olga, organisation_id=people.shop, role="OWNER")
    visit(people)

    assert not enter(people).is_visiting
