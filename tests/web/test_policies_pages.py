"""The policies' pages: what is in force, what comes next, who published it, and how it differs."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit.models import DemoClock
from yidao.policies import families, queries
from yidao.policies.models import PolicyVersion
from yidao.web.operator import words
from yidao.web.shared.formats import SHANGHAI

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def as_(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def publish(browser: Client, at: datetime, *, silent_minutes: int) -> str:
    """Publish another version of the silences by the form, in its two steps."""
    newest = queries.newest_of_profile("silence", "default")
    assert newest is not None
    address = reverse("operator-policy-publish", kwargs={"family": "silence", "profile": "default"})
    form = {
        "body": json.dumps({**newest.body, "silent_minutes_min": silent_minutes}),
        "effective_from": f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        "scope_kind": "PLATFORM",
        "scope_id": "",
    }
    name = f"silence/default/{newest.version + 1}"
    assert name in browser.post(address, form).content.decode()
    answer = browser.post(address, {**form, "confirm": name})
    assert answer.status_code == 302, answer.content.decode()
    return name


def test_the_page_says_what_is_in_force_and_what_comes_next(people: Cast) -> None:
    browser = as_(people.olga)
    name = publish(browser, planting.NOW + timedelta(days=2), silent_minutes=90)

    html = browser.get(reverse("operator-policies")).content.decode()
    row = html.split("Silent carriers</td>", 1)[1].split("</tr>", 1)[0]

    assert "silence/default/1" in row
    assert "with the release" in row
    assert name in row


def test_a_version_says_who_published_it_and_how_it_differs(people: Cast) -> None:
    browser = as_(people.olga)
    name = publish(browser, planting.NOW + timedelta(days=2), silent_minutes=90)

    html = browser.get(reverse("operator-policy", kwargs={"name": name})).content.decode()

    assert "Olga" in html
    assert "/silent_minutes_min" in html
    assert '<td class="was">120</td><td class="will">90</td>' in html
    assert "keeps the one before" in html


def test_the_first_version_of_a_profile_differs_from_nothing(people: Cast) -> None:
    html = as_(people.viewer).get(reverse("operator-policy", kwargs={"name": "silence/default/1"})).content.decode()

    assert "differs from" not in html


def test_what_takes_effect_last_is_in_force(people: Cast) -> None:
    browser = as_(people.olga)
    name = publish(browser, planting.NOW + timedelta(days=2), silent_minutes=90)

    def silence(at: datetime) -> tuple[str, str]:
        (found,) = [each for each in queries.standings(at=at) if each.family == "silence"]
        return found.in_force.name if found.in_force else "", found.coming.name if found.coming else ""

    assert silence(planting.NOW) == ("silence/default/1", name)
    assert silence(planting.NOW + timedelta(days=2)) == (name, "")
    assert PolicyVersion.objects.filter(name=name, published_by=people.olga.id).exists()


def test_every_family_has_words() -> None:
    assert set(words.FAMILY) == set(words.KEEPS) == set(families.ALL)


def test_a_version_that_is_off_says_so(people: Cast) -> None:
    browser = as_(people.olga)
    pages = {
        name: browser.get(reverse("operator-policy", kwargs={"name": name})).content.decode()
        for name in ("false-shipment/douyin-2021/1", "late-shipment/douyin-2022/1")
    }

    is_off = {name: '<span class="tag closed">off</span>' in html for name, html in pages.items()}

    assert is_off == {"false-shipment/douyin-2021/1": True, "late-shipment/douyin-2022/1": False}
    assert browser.get(reverse("operator-policies")).content.decode().count('<span class="tag closed">off</span>') == 9
