"""Appeals: until when, with what, and until when they are answered."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yidao.rules import appeals, bodies
from yidao.rules.appeals import APPEAL_DEFAULT, Clock, Refused, Review, Standing
from yidao.rules.instants import DAY, Instant, instant

POLICY = APPEAL_DEFAULT


def at(text: str) -> Instant:
    """Return an instant told in the time of Shanghai."""
    return instant(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - timedelta(hours=8))


UNTIL = at("2020-07-27 13:00:00")
OPEN = Standing(appeal_until=UNTIL, is_reversed=False, is_appealed=False)


def test_seven_days_from_the_notice_end_with_the_second_before_its_hour() -> None:
    until = appeals.appeal_until(at("2020-07-20 13:00:00"), POLICY)

    assert until == UNTIL
    assert appeals.refusal(OPEN, at("2020-07-27 12:59:59")) is None
    assert appeals.refusal(OPEN, until) is Refused.TOO_LATE


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        pytest.param({"appeal_until": None}, Refused.NOT_NOTIFIED, id="whoever was not told yet has nothing to answer"),
        pytest.param({"is_reversed": True}, Refused.REVERSED, id="what was lifted needs no appeal"),
        pytest.param({"is_appealed": True}, Refused.ALREADY_APPEALED, id="an appeal has one answer"),
        pytest.param(
            {"is_reversed": True, "is_appealed": True}, Refused.REVERSED, id="that it was lifted says the most"
        ),
    ],
)
def test_why_no_appeal_is_taken(facts, why) -> None:
    assert appeals.refusal(replace(OPEN, **facts), Instant(UNTIL - DAY)) is why


@pytest.mark.parametrize(
    ("text", "images", "why"),
    [
        pytest.param("", 5, Refused.TEXT_MISSING, id="pictures alone say nothing"),
        pytest.param("字" * 200, 5, None, id="two hundred characters and five pictures are allowed"),
        pytest.param("字" * 201, 0, Refused.TEXT_TOO_LONG, id="one character more is not"),
        pytest.param("已发货", 6, Refused.TOO_MANY_IMAGES, id="nor is a sixth picture"),
    ],
)
def test_what_an_appeal_may_hold(text, images, why) -> None:
    assert appeals.fault(text, images, POLICY) is why


CLOCK = Clock(remind_at=Instant(UNTIL - DAY), due_at=UNTIL)


@pytest.mark.parametrize(
    ("now", "urgency"),
    [
        pytest.param(CLOCK.remind_at - 1, Review.WAITING, id="there is time"),
        pytest.param(CLOCK.remind_at, Review.SOON, id="the last day has begun"),
        pytest.param(UNTIL - 1, Review.SOON, id="the last instant is in time"),
        pytest.param(UNTIL, Review.OVERDUE, id="the very instant is overdue"),
    ],
)
def test_how_urgent_a_review_is(now, urgency) -> None:
    assert appeals.review(CLOCK, now) is urgency


def test_reviewers_are_told_once_before_and_once_when_it_is_late() -> None:
    assert appeals.next_due_at(CLOCK, ()) == CLOCK.remind_at
    assert appeals.next_due_at(CLOCK, {Review.SOON}) == CLOCK.due_at
    assert appeals.next_due_at(CLOCK, {Review.OVERDUE}) is None


def test_a_body_gives_back_its_policy() -> None:
    assert appeals.from_body(POLICY.version, appeals.to_body(POLICY)) == POLICY


def test_every_fault_of_a_body_is_named() -> None:
    body = appeals.to_body(POLICY) | {"appeal_days": 0, "reminder_working_days": 6, "colour": 1}

    with pytest.raises(bodies.PolicyInvalid) as caught:
        appeals.from_body("appeal/default/2", body)

    assert caught.value.faults == (
        bodies.Fault("/appeal_days", "out_of_range"),
        bodies.Fault("/colour", "unknown"),
        bodies.Fault("/reminder_working_days", "out_of_range"),
    )


def test_the_page_names_every_value_and_word() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "appeal.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| ([^|]+?) \|", page, re.MULTILINE))

    assert {name: rows[name] for name in appeals.to_body(POLICY)} == {
        name: str(value) for name, value in appeals.to_body(POLICY).items()
    }
    assert {*Refused, *Review} <= rows.keys()
