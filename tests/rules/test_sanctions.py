"""Sanctions are proposed by numbers and decided by people; the rating is a share of what fell due."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, rating, sanctions
from yidao.rules.instants import DAY, Instant, instant
from yidao.rules.rating import RATING_DEFAULT, Rate
from yidao.rules.sanctions import SANCTION_DEFAULT, Facts, Kind

DOCS = Path(__file__).resolve().parents[2] / "docs" / "rules"
NOW = instant(datetime(2022, 6, 20, 2, 0, tzinfo=UTC))
NOTHING = Facts(stubborn_orders=0, live=frozenset())


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        pytest.param({"stubborn_orders": 9}, None, id="nine orders are the shop's own matter"),
        pytest.param({"stubborn_orders": 10}, Kind.CLOSURE, id="ten are a proposal to close"),
        pytest.param({"stubborn_orders": 50}, Kind.EXPULSION, id="fifty to remove"),
        pytest.param(
            {"stubborn_orders": 20, "live": {Kind.CLOSURE}}, None, id="what is proposed or done is not proposed again"
        ),
        pytest.param(
            {"stubborn_orders": 50, "live": {Kind.CLOSURE}}, Kind.EXPULSION, id="a closed shop may still be removed"
        ),
        pytest.param({"stubborn_orders": 20, "live": {Kind.EXPULSION}}, None, id="a removed shop is not closed"),
        pytest.param(
            {"stubborn_orders": 50, "dismissed_at": Instant(NOW - 7 * DAY + 1)}, None, id="a no holds for a week"
        ),
        pytest.param(
            {"stubborn_orders": 50, "dismissed_at": Instant(NOW - 7 * DAY)}, Kind.EXPULSION, id="and then no longer"
        ),
    ],
)
def test_what_is_proposed(facts, wanted) -> None:
    known = {name: frozenset(value) if name == "live" else value for name, value in facts.items()}

    assert sanctions.proposal(replace(NOTHING, **known), SANCTION_DEFAULT, NOW) is wanted


def test_only_the_last_judgements_of_a_month_count() -> None:
    assert sanctions.window_starts_at(NOW, SANCTION_DEFAULT) == NOW - 30 * DAY


def test_bodies_give_back_their_policies() -> None:
    assert sanctions.from_body(SANCTION_DEFAULT.version, sanctions.to_body(SANCTION_DEFAULT)) == SANCTION_DEFAULT
    assert rating.from_body(RATING_DEFAULT.version, rating.to_body(RATING_DEFAULT)) == RATING_DEFAULT


def test_every_fault_of_a_body_is_named() -> None:
    with pytest.raises(bodies.PolicyInvalid) as caught:
        sanctions.from_body(
            "sanction/default/2", sanctions.to_body(SANCTION_DEFAULT) | {"stubborn_orders_expulsion": 5, "more": 1}
        )
    assert caught.value.faults == (
        bodies.Fault("/more", "unknown"),
        bodies.Fault("/stubborn_orders_expulsion", "too_small"),
    )
    with pytest.raises(bodies.PolicyInvalid) as caught:
        rating.from_body("rating/default/2", {"window_days": 0})
    assert caught.value.faults == (
        bodies.Fault("/window_days", "out_of_range"),
        bodies.Fault("/zone_offset_minutes", "missing"),
    )


@pytest.mark.parametrize(
    ("late", "due", "share"),
    [
        pytest.param(0, 0, None, id="where nothing fell due there is no share"),
        pytest.param(1, 3, 3333, id="a third"),
        pytest.param(2, 3, 6667, id="two thirds are rounded half up"),
        pytest.param(1, 20_000, 1, id="half of a hundredth of a percent is rounded up"),
        pytest.param(5, 0, 10_000, id="an order judged late fell due, whatever became of it"),
    ],
)
def test_the_share_of_late_orders(late, due, share) -> None:
    assert rating.rate(late=late, due=due).per_ten_thousand == share


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_is_never_more_than_all(late, due) -> None:
    found = rating.rate(late=late, due=due)

    assert found == Rate(late=late, due=max(late, due))
    assert found.per_ten_thousand is None or 0 <= found.per_ten_thousand <= 10_000


def test_the_thirty_days_end_with_yesterday() -> None:
    midnight = instant(datetime(2022, 6, 19, 16, 0, tzinfo=UTC))

    assert rating.window(NOW, RATING_DEFAULT) == (midnight - 30 * DAY, midnight)
    assert rating.window(midnight, RATING_DEFAULT) == (midnight - 30 * DAY, midnight)
    assert rating.window(Instant(midnight - 1), RATING_DEFAULT) == (midnight - 31 * DAY, midnight - DAY)


@pytest.mark.parametrize(
    ("page", "body"),
    [
        pytest.param("sanction.md", sanctions.to_body(SANCTION_DEFAULT), id="sanctions"),
        pytest.param("sanction.md", rating.to_body(RATING_DEFAULT), id="rating"),
    ],
)
def test_the_page_names_every_value(page, body) -> None:
    rows = dict(re.findall(r"^\| (\w+) \| ([^|]+?) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE))

    assert {name: rows[name] for name in body} == {name: str(value) for name, value in body.items()}
