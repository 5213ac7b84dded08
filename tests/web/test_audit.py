"""The journal's page: readable words, filters, and links to what an entry is about."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts.models import User
from yidao.audit import services
from yidao.web.shared import acts

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    made = cast.build()
    record("policy.published", "policy/parcel/douyin-2022/1", made.olga, details={"scope": "PLATFORM"})
    record("member.invited", f"user/{made.bob.id}", made.alice, organisation=made.shop, details={"role": "SERVICE"})
    record("login.done", f"user/{made.dana.id}", made.dana, days=3)
    return made


def record(
    act: str, subject: str, who: User, *, organisation: int | None = None, days: int = 0, **more: object
) -> None:
    at = NOW - timedelta(days=days)
    services.record(
        act=act,
        subject=subject,
        at_real=at,
        at_business=at,
        user_id=who.id,
        organisation_id=organisation or None,
        **more,  # type: ignore[arg-type]
    )


def rows(user: User, **query: str) -> list[str]:
    """Return the text of the page's rows."""
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("operator-audit"), query, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    html = answer.content.decode()
    return [row for row in html.split("<tr data-key=")[1:] if "test" not in row]


def only(found: list[str], *words: str) -> None:
    assert len(found) == 1
    for each in words:
        assert each in found[0]


def test_acts_are_told_in_words(people: Cast) -> None:
    told = " ".join(rows(people.olga))

    assert "Published a policy" in told
    assert "binds Platform" in told
    assert "role Customer service" in told
    assert "Invited a member" in told
    assert "花间集" in told
    assert "policy.published" not in told


def test_the_journal_is_narrowed_by_act(people: Cast) -> None:
    only(rows(people.olga, act="policy.published"), "Published a policy", "Olga")


def test_the_journal_is_narrowed_by_person(people: Cast) -> None:
    only(rows(people.olga, person="ali"), "Invited a member", "Alice")
    assert rows(people.olga, person="nobody-has-this-name") == []


def test_the_journal_is_narrowed_by_organisation(people: Cast) -> None:
    only(rows(people.olga, organisation="hjj"), "Invited a member")


def test_the_journal_is_narrowed_by_subject(people: Cast) -> None:
    only(rows(people.olga, subject=f"user/{people.dana.id}"), "Logged in")


def test_the_journal_is_narrowed_by_day(people: Cast) -> None:
    day = f"{NOW - timedelta(days=3):%Y-%m-%d}"

    only(rows(people.olga, day_until=day), "Logged in")


def test_a_subject_leads_to_its_page(people: Cast) -> None:
    address = reverse("operator-policy", kwargs={"name": "parcel/douyin-2022/1"})

    assert f'href="{address}"' in rows(people.olga, act="policy.published")[0]


@pytest.mark.parametrize("subject", ["user/unknown", "thing/1", "", "organisation/../x"])
def test_an_odd_subject_leads_nowhere(subject: str) -> None:
    assert acts.page(subject) == ""
    assert acts.subject(subject)[:4] in ("User", subject[:4], "Orga")


def test_names_are_looked_up_once_for_a_page(people: Cast) -> None:
    client = Client()
    client.force_login(people.olga)
    address = reverse("operator-audit")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    count()
    before = count()
    for _ in range(3):
        record("login.done", f"user/{people.alice.id}", people.alice)

    assert count() == before
