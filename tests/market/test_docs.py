"""The page about the demo names every login and every fixed case as they are."""

from pathlib import Path

import pytest

from yidao.config import demo_cast
from yidao.market import data, stories
from yidao.market.world import Cast

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "demo.md").read_text("utf-8")
CAST = Cast(shop_ids=("1",) * len(data.SHOPS), creator_ids=("2",) * len(data.CREATORS))


@pytest.mark.parametrize("case", stories.stories(cast=CAST, opens_at=0), ids=lambda case: case.key)
def test_the_page_tells_each_case_with_its_number(case: stories.Story):
    cells = (case.key, case.carrier or "-", case.waybill_no or "-", case.order_no, case.title, case.shows or "none")

    row = f"| {' | '.join(cells)} |"
    assert row in PAGE


@pytest.mark.parametrize("login", demo_cast.LOGINS, ids=lambda login: login.login)
def test_the_page_tells_each_login(login: demo_cast.Login):
    assert f"| {login.role} | {login.login} | {login.password} |" in PAGE
