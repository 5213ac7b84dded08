"""View as: an operator in somebody's console sees what its people see, can send nothing, and leaves a trace."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import test_access
from tests.web.test_access import PAGES, World, audience_of, parts_of
from yidao.accounts import visits
from yidao.accounts.models import Membership, SupportVisit
from yidao.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
planted = test_access.planted
world = test_access.world
HOUSES = {"merchant": "shop", "creator": "creator", "carrier": "outlet", "provider": "provider"}
CONSOLE_PAGES = sorted(name for name in PAGES if name.partition("-")[0] in HOUSES)


def organisation_page(organisation: int) -> str:
    return reverse("operator-organisation", kwargs={"organisation": organisation})


def visitor(world: World, house: str) -> Client:
    """Return the browser of the operator, who visits the own organisation of a kind."""
    client = test_access.as_(world.cast.olga)
    got = client.post(organisation_page(world.own[house]), {"act": "visit", "reason": "a question by phone"})
    assert got.status_code == 303, got.content
    return client


@pytest.mark.parametrize("name", CONSOLE_PAGES)
def test_a_visitor_reads_but_every_form_of_the_console_is_refused(world: World, name: str) -> None:
    client = visitor(world, HOUSES[name.partition("-")[0]])
    address = world.address(PAGES[name], tenant="own", item="own")
    before = AuditEntry.objects.exclude(act="visit.page").count()

    read = client.get(address)
    sent = client.post(address, {"act": "disable", "note": "x", "format": "csv", "user": str(world.cast.bob.id)})

    assert read.status_code in (200, 302, 403, 404, 405), read.status_code
    assert sent.status_code in (403, 405), sent.status_code
    assert AuditEntry.objects.exclude(act="visit.page").count() == before


def test_a_visit_begins_with_a_reason_leads_into_the_console_and_ends_by_a_button(world: World) -> None:
    client = test_access.as_(world.cast.olga)
    page, home = organisation_page(world.own["shop"]), reverse("merchant-home", kwargs={"shop": world.own["shop"]})
    assert client.get(home).status_code == 404
    assert client.post(page, {"act": "visit", "reason": ""}).status_code == 422

    got = client.post(page, {"act": "visit", "reason": "a question by phone"}, follow=True)

    assert got.redirect_chain == [(home, 303)]
    assert reverse("operator-visit-end") in got.content.decode()
    assert client.post(reverse("operator-visit-end")).headers["Location"] == page
    assert client.get(home).status_code == 404
    assert client.post(reverse("operator-visit-end")).headers["Location"] == reverse("operator-organisations")


def test_the_owner_reads_in_the_journal_who_looked_at_what(world: World) -> None:
    client = visitor(world, "shop")
    client.get(reverse("merchant-parcels", kwargs={"shop": world.own["shop"]}))
    client.get(reverse("merchant-badges", kwargs={"shop": world.own["shop"]}))

    entries = AuditEntry.objects.filter(organisation_id=world.own["shop"], act__startswith="visit.").order_by("id")
    assert [(entry.act, entry.actor_user_id, entry.details) for entry in entries] == [
        ("visit.started", world.cast.olga.id, {}),
        ("visit.page", world.cast.olga.id, {"page": "merchant-parcels"}),
    ]
    journal = reverse("merchant-journal", kwargs={"shop": world.own["shop"]})
    page = test_access.as_(world.cast.alice).get(journal).content.decode()
    assert "Olga" in page
    assert "merchant-parcels" in page
    assert "a question by phone" in page


def test_a_member_sees_no_banner_of_a_visit(world: World) -> None:
    visitor(world, "shop")
    home = reverse("merchant-home", kwargs={"shop": world.own["shop"]})

    assert reverse("operator-visit-end") not in test_access.as_(world.cast.alice).get(home).content.decode()


def test_a_visit_shuts_by_itself_and_when_the_operator_leaves(world: World) -> None:
    client = visitor(world, "shop")
    home = reverse("merchant-home", kwargs={"shop": world.own["shop"]})
    assert client.get(home).status_code == 200

    Membership.objects.filter(user=world.cast.olga).update(role="VIEWER")
    assert client.get(home).status_code == 404
    Membership.objects.filter(user=world.cast.olga).update(role="OWNER")
    SupportVisit.objects.update(ends_at=SupportVisit.objects.get().started_at)
    assert client.get(home).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("olga", 303), ("clerk", 303), ("viewer", 403), ("alice", 404)])
def test_only_those_whose_work_it_is_may_visit(world: World, who: str, status: int) -> None:
    form: dict[str, Any] = {"act": "visit", "reason": "a question by phone"}

    got = test_access.as_(getattr(world.cast, who)).post(organisation_page(world.own["shop"]), form)

    assert got.status_code == status
    assert SupportVisit.objects.count() == (1 if status == 303 else 0)


def test_a_visit_lasts_half_an_hour_and_every_console_has_one() -> None:
    assert timedelta(minutes=30) == visits.LIFE
    assert {audience_of(name) for name in CONSOLE_PAGES} == set(HOUSES)
    assert all(parts_of(PAGES[name]) for name in CONSOLE_PAGES)
