"""
The users' own words: every button, state, option, column and menu path that the sources quote stands verbatim on the
page where it belongs. `terms.csv` lists them; a new source adds its rows.
"""

import csv
import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.kit.models import DemoClock

pytestmark = pytest.mark.django_db
TERMS = Path(__file__).with_name("terms.csv")
READERS = {"creator": ("dana", "creator"), "merchant": ("alice", "shop"), "operator": ("olga", "")}
"""Who reads the pages of an audience, and the part of their addresses."""


def rows() -> list[dict[str, str]]:
    with TERMS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PAGES = sorted({row["page"] for row in rows()})


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    people = cast.build()
    planting.ship(people, "06-17 10:00")
    return people


def page_of(people: Cast, name: str) -> str:
    """Return a page as its reader gets it in Chinese."""
    user, part = READERS[name.partition("-")[0]]
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(getattr(people, user))
    at: dict[str, Any] = {part: getattr(people, part)} if part else {}
    answer = client.get(reverse(name, kwargs=at))
    assert answer.status_code == 200
    return answer.content.decode()


def words_of(page: str) -> str:
    """Return what can be read in the content of a page, titles of its parts included."""
    content = page[page.index("<main") :]
    titles = " ".join(re.findall(r'(?:title|placeholder)="([^"]*)"', content))
    return html.unescape(re.sub(r"<[^>]+>", "\n", content) + titles)


def trail_of(page: str) -> str:
    """Return the breadcrumbs of a page, joined as the sources write a path."""
    trail = re.search(r'<nav class="crumbs".*?</nav>', page, re.DOTALL)
    assert trail is not None
    return "-".join(
        html.unescape(re.sub(r"<[^>]+>", "", each)).strip() for each in re.findall(r"<li.*?</li>", trail[0])
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_its_source_says(people: Cast, name: str) -> None:
    page = page_of(people, name)
    words, trail = words_of(page), trail_of(page)

    missing = [
        f"{row['source']}: {row['term']}"
        for row in rows()
        if row["page"] == name
        and not (row["term"] in words if row["kind"] == "term" else trail.startswith(row["term"]))
    ]

    assert missing == []


def test_every_row_names_a_term_or_a_path_once() -> None:
    known = [(row["term"], row["page"]) for row in rows()]

    assert {row["kind"] for row in rows()} <= {"term", "path"}
    assert len(known) == len(set(known))
