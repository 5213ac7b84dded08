"""An appeal as people live it: a shop proves with pictures that it shipped, a reviewer agrees, the money is back."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from tests.judging import planting
from tests.judging.test_reversal import rich
from tests.judging.world import late
from tests.web import browsing, cast
from tests.web.browsing import PASSWORD, free_port, page_of, process, wait_until_ready
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.config.concerns import CONCERNS
from yidao.judging.models import Violation
from yidao.kit import sweeps
from yidao.kit.models import DemoClock

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOW = planting.planting.NOW
SHOTS = os.environ.get("YIDAO_SHOTS", "")
"""A folder to look at the pages afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The running pages and who is there."""

    web: str
    people: Cast
    order_id: int


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    browsing.chromium()
    with django_db_blocker.unblock():
        DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
        people = cast.build(carrier_code="kuayue", other_carrier_code="annto")
        for user in (people.alice, people.olga):
            User.objects.filter(id=user.id).update(password=make_password(PASSWORD))
        rich(people.shop)
        order_id = late(people.shop, due=NOW - timedelta(hours=60))
        sweeps.sweep_until_quiet([each for each in CONCERNS if each.name != "receipt"], now=NOW)
        log: Path = tmp_path_factory.mktemp("appeal") / "web.log"
        port = str(free_port())
        with process("web", log, YIDAO_WEB_PORT=port):
            web = f"http://localhost:{port}"
            wait_until_ready(web, log)
            yield Place(web=web, people=people, order_id=order_id)
        DemoClock.objects.all().delete()


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_an_appeal_with_pictures_wins_and_the_money_is_back(place: Place, tmp_path: Path) -> None:
    people = place.people
    proof = tmp_path / "proof.jpg"
    proof.write_bytes(planting.PHOTO)
    first = Violation.objects.get(order_id=place.order_id, ordinal=1)
    assert first.money == "DEDUCTED"
    complaints: list[str] = []
    with browsing.browser_running() as browser:
        alice = page_of(browser, place.web, people.alice.login, complaints, locale="zh-CN")
        alice.goto(f"{place.web}{reverse('merchant-violations', kwargs={'shop': people.shop})}")
        shot(alice, "violations")
        alice.get_by_role("link", name="发货超时").last.click()
        alice.fill("[name=text]", "已按时发货,见揽收底单")
        alice.set_input_files("[name=pictures]", [proof, proof])
        shot(alice, "appeal")
        alice.get_by_role("button", name="提交申诉").click()
        browsing.playwright.expect(alice.locator("img.proof")).to_have_count(2)
        shot(alice, "appealed")

        olga = page_of(browser, place.web, people.olga.login, complaints, locale="zh-CN")
        olga.goto(f"{place.web}{reverse('operator-appeals')}")
        shot(olga, "queue")
        mine = olga.locator("tr", has_text=first.order_no)
        mine.get_by_role("link", name="发货超时").click()
        shot(olga, "review")
        olga.fill("[name=reason]", "底单属实")
        olga.get_by_role("button", name="通过").click()
        browsing.playwright.expect(olga.get_by_text("底单属实")).to_be_visible()

        alice.reload()
        browsing.playwright.expect(alice.get_by_text("底单属实")).to_be_visible()
        shot(alice, "won")
        alice.goto(f"{place.web}{reverse('merchant-deposit', kwargs={'shop': people.shop})}")
        shot(alice, "deposit")
        browsing.playwright.expect(alice.get_by_text("490.00").first).to_be_visible()
    assert Violation.objects.get(id=first.id).state == "REVERSED"
