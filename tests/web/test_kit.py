"""The components and the frame: every template compiles, every component stands on one page, the trail is true."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.urls import reverse

from tests.web import cast, planting
from yidao.accounts.actors import SYSTEM, Permission
from yidao.kit.models import DemoClock
from yidao.web.shared import toasts
from yidao.web.shared.navigation import Console, Crumb, Entry, Group

TEMPLATES = Path(__file__).resolve().parents[2] / "src" / "yidao" / "web" / "templates"
LOOKER = replace(SYSTEM, permissions=frozenset({Permission.PARCELS_VIEW}))
HOME = Entry(key="home", label="Home", address="/h/", go="h")
LIST = Entry(key="list", label="List", address="/l/", badge="anomalies")
SHOPS = Entry(key="shops", label="Shops", address="/s/")
SECRET = Entry(key="secret", label="Secret", address="/x/", needs=Permission.USERS_MANAGE)
BELL = Entry(key="bell", label="Bell", address="/b/", is_in_top=True)


def console(*groups: Group) -> Console:
    return Console(actor=LOOKER, role="Creator", groups=groups, badges_address="", ticket_address="", search_address="")


@pytest.mark.parametrize("name", sorted(str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html")))
def test_every_template_compiles(name: str) -> None:
    engines["jinja2"].get_template(name)


def test_groups_that_follow_each_other_share_their_headings() -> None:
    shown = console(
        Group(label="", entries=(HOME,)),
        Group(label="", under=("Insight",), entries=(SHOPS,)),
        Group(label="Orders", under=("Insight",), entries=(LIST,)),
        Group(label="Orders", under=("Alliance",), entries=(LIST,)),
    ).sections

    assert [section.headings for section in shown] == [
        (),
        ((0, "Insight"),),
        ((1, "Orders"),),
        ((0, "Alliance"), (1, "Orders")),
    ]


def test_the_side_bar_leaves_out_what_the_role_does_not_allow_and_what_stands_in_the_top_bar() -> None:
    shown = console(Group(label="People", entries=(SECRET,)), Group(label="", entries=(HOME, BELL)))

    assert [section.entries for section in shown.sections] == [(HOME,)]
    assert shown.signs == (BELL,)
    assert shown.entries == (HOME, BELL)


def test_the_trail_leads_through_the_headings_to_the_entry() -> None:
    shown = console(Group(label="Orders", under=("Insight",), entries=(LIST,)))

    assert shown.trail("list") == (
        Crumb(label="Insight"),
        Crumb(label="Orders"),
        Crumb(label="List", address="/l/"),
    )
    assert shown.trail("unknown") == ()


def test_a_toast_for_htmx_is_plain_ascii_whatever_it_says() -> None:
    answer = toasts.on(HttpResponse(status=204), "已复制", tone="success")

    assert answer["HX-Trigger"].isascii()
    assert json.loads(answer["HX-Trigger"]) == {"yd:toast": {"text": "已复制", "tone": "success"}}


class TestStyleGuide:
    """The living page, which only a demo or a developer's machine has."""

    pytestmark = pytest.mark.django_db

    @staticmethod
    def reader(language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(cast.build().olga)
        return client

    @staticmethod
    def demo() -> None:
        DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)

    @pytest.mark.parametrize(("language", "word"), [("en", "Style guide"), ("zh-hans", "组件样式")])
    def test_it_shows_every_component_in_both_languages(self, language: str, word: str) -> None:
        self.demo()

        page = self.reader(language).get(reverse("operator-styleguide")).content.decode()

        parts = ("yd-combo", "yd-suggest", "yd-dates", "yd-bulk", "yd-copy", "<dialog", "<progress", 'class="chips"')
        states = ("empty", "loading", "error", "forbidden", "many")
        assert [each for each in (word, *parts) if each not in page] == []
        assert [each for each in states if f'class="empty {each}"' not in page] == []

    def test_its_forms_change_nothing_and_say_so(self) -> None:
        self.demo()
        reader = self.reader()

        whole: Any = reader.post(reverse("operator-styleguide"), follow=True)
        part = reader.post(reverse("operator-styleguide"), {"tone": "error"}, headers={"HX-Request": "true"})

        assert "nothing was changed" in whole.content.decode()
        assert json.loads(part["HX-Trigger"])["yd:toast"]["tone"] == "error"

    def test_where_time_is_real_there_is_none(self) -> None:
        assert self.reader().get(reverse("operator-styleguide")).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("wanted", "kept"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ("pink", "auto")])
def test_the_theme_is_kept_in_the_browser_and_comes_with_the_page(wanted: str, kept: str) -> None:
    client = Client()

    client.post(reverse("theme"), {"theme": wanted, "next": "https://elsewhere.example/"})

    assert f'class="{kept}"' in client.get(reverse("account_login")).content.decode()
