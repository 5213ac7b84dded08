"""When a carrier is silent, and when it has caught up: a table of times, and what holds for any times."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, silence
from yidao.rules.instants import DAY, HOUR, MINUTE, NEVER, Instant
from yidao.rules.silence import SILENCE_DEFAULT, Arrival, State, Verdict

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "silence.md"
MONDAY = 1_655_654_400 * 1_000_000
"""2022-06-20 00:00 in Shanghai."""


def at(day, hour=0, minute=0):
    """Return an instant of the day that stands `day` days after Monday, the 20th."""
    return Instant(MONDAY + day * DAY + hour * HOUR + minute * MINUTE)


def news(day, *hours, lag_minutes=10):
    """Return one item at each of these hours."""
    return [Arrival(at(day, 0, int(hour * 60)), 1, lag_minutes * 60) for hour in hours]


def every_day(*hours, days=range(-14, 0), but=()):
    """Return the same hours on some days."""
    return [each for day in days if day not in but for each in news(day, *hours)]


HALF_HOURS = tuple(half / 2 for half in range(48))
OFFICE = tuple(half / 2 for half in range(16, 41))
"""From 8:00 to 20:00."""


def judged(arrivals, now, since=NEVER, policy=SILENCE_DEFAULT):
    """Return the verdict over what had come by then."""
    return silence.judge([each for each in arrivals if each.at <= now], since, policy, now)


@pytest.mark.parametrize(
    ("arrivals", "now", "state"),
    [
        pytest.param([], at(0), State.SPEAKING, id="who never spoke is not silent"),
        pytest.param(every_day(*HALF_HOURS), at(0, 1, 29), State.SPEAKING, id="two hours are not over yet"),
        pytest.param(
            every_day(*HALF_HOURS), at(0, 1, 30), State.SILENT, id="after two hours a lively carrier is silent"
        ),
        pytest.param(
            every_day(*HALF_HOURS, days=range(-6, 0)), at(0, 9), State.SPEAKING, id="who is known for six days may rest"
        ),
        pytest.param(every_day(*HALF_HOURS, days=range(-8, 0)), at(0, 9), State.SILENT, id="a week is enough to know"),
        pytest.param(every_day(*OFFICE), at(0, 7, 59), State.SPEAKING, id="a night is compared with nights"),
        pytest.param(
            [*every_day(*OFFICE), *news(0, 8, 9, 10)], at(0, 12), State.SILENT, id="a morning is compared with mornings"
        ),
        pytest.param(
            [*every_day(0, 4, 8, 12, 16, 20), *news(0, 0)],
            at(0, 11, 59),
            State.SPEAKING,
            id="a slow carrier may take three times its four hours",
        ),
        pytest.param([*every_day(0, 4, 8, 12, 16, 20), *news(0, 0)], at(0, 12), State.SILENT, id="and not longer"),
        pytest.param(
            [*every_day(*OFFICE, but=(-4,)), *news(0, *OFFICE[:5])],
            at(0, 12),
            State.SILENT,
            id="one outage of the past is no habit",
        ),
        pytest.param(
            [*every_day(*OFFICE, but=(-4, -5)), *news(0, *OFFICE[:5])],
            at(0, 12),
            State.SPEAKING,
            id="two outages are one",
        ),
        pytest.param(
            every_day(*OFFICE, days=range(-2, 6), but=(-1,)),
            at(6, 16),
            State.SPEAKING,
            id="on Sundays this carrier rests",
        ),
    ],
)
def test_a_carrier_is_silent_when_its_news_stay_out_for_longer_than_usual(arrivals, now, state):
    verdict = judged(arrivals, now)

    assert verdict.state is state
    assert verdict.since == (arrivals[-1].at if state is State.SILENT else NEVER)


BEFORE = [*every_day(*HALF_HOURS), *news(0, *HALF_HOURS[:21])]
SINCE = BEFORE[-1].at
BACKLOG = [Arrival(at(0, 16), 500, 500 * 3 * 3600)]
FRESH = news(0, *HALF_HOURS[33:])


@pytest.mark.parametrize(
    ("after", "now", "expected"),
    [
        pytest.param([], at(3), Verdict(state=State.SILENT, since=SINCE), id="silence has no end of its own"),
        pytest.param(
            BACKLOG,
            at(0, 16),
            Verdict(state=State.CATCHING_UP, since=SINCE, until=at(0, 16)),
            id="the first news end the silence and tell of the past",
        ),
        pytest.param(
            [*news(0, 16), *FRESH],
            at(0, 16, 59),
            Verdict(state=State.CATCHING_UP, since=SINCE, until=at(0, 16)),
            id="even fresh news must go on for an hour",
        ),
        pytest.param(
            [*BACKLOG, *FRESH],
            at(0, 17),
            Verdict(state=State.SPEAKING, since=SINCE, until=at(0, 16)),
            id="an hour later the news are fresh",
        ),
        pytest.param(
            [*BACKLOG, *news(0, *HALF_HOURS[33:], lag_minutes=31)],
            at(0, 17),
            Verdict(state=State.CATCHING_UP, since=SINCE, until=at(0, 16)),
            id="news of half an hour ago are not fresh",
        ),
        pytest.param(
            [*BACKLOG, *news(0, *HALF_HOURS[33:], lag_minutes=300)],
            at(0, 21, 59),
            Verdict(state=State.CATCHING_UP, since=SINCE, until=at(0, 16)),
            id="old news keep coming",
        ),
        pytest.param(
            [*BACKLOG, *news(0, *HALF_HOURS[33:], lag_minutes=300)],
            at(0, 22),
            Verdict(state=State.SPEAKING, since=SINCE, until=at(0, 16)),
            id="after six hours they are no reason any more",
        ),
        pytest.param(
            BACKLOG,
            at(0, 17, 30),
            Verdict(state=State.CATCHING_UP, since=SINCE, until=at(0, 16)),
            id="nothing at all is not fresh",
        ),
        pytest.param(
            BACKLOG,
            at(0, 18),
            Verdict(state=State.SILENT, since=SINCE),
            id="one burst and silence again is one silence",
        ),
    ],
)
def test_a_silence_is_over_when_the_news_are_fresh_again(after, now, expected):
    assert judged([*BEFORE, *after], now, SINCE) == expected


def test_what_was_always_late_is_fresh_enough():
    slow = [Arrival(each.at, 1, 50 * 60) for each in [*BEFORE, *FRESH]]

    assert judged([*slow[: len(BEFORE)], *BACKLOG, *slow[len(BEFORE) :]], at(0, 17), SINCE).state is State.SPEAKING


def test_who_is_remembered_only_since_he_speaks_again_is_measured_by_the_least():
    assert judged([*BACKLOG, *FRESH], at(0, 17), SINCE).state is State.SPEAKING


def test_an_unfinished_silence_goes_on_when_nothing_is_remembered():
    assert silence.judge([], SINCE, SILENCE_DEFAULT, at(99)) == Verdict(state=State.SILENT, since=SINCE)


# --- Whatever the times ---

minutes_of_a_month = st.lists(st.integers(0, 20 * 24 * 60), max_size=200, unique=True).map(sorted)


@given(minutes_of_a_month, st.integers(0, 3 * 24 * 60))
def test_a_silence_begins_at_the_last_news_and_only_longer_makes_it_silent(told, waited):
    arrivals = [Arrival(Instant(MONDAY + minute * MINUTE), 1, 60) for minute in told]
    now = Instant((arrivals[-1].at if arrivals else MONDAY) + waited * MINUTE)

    verdict = silence.judge(arrivals, NEVER, SILENCE_DEFAULT, now)
    later = silence.judge(arrivals, NEVER, SILENCE_DEFAULT, Instant(now + HOUR))

    assert verdict.until == NEVER
    if verdict.state is State.SILENT:
        assert (verdict.since, later) == (arrivals[-1].at, verdict)
        assert waited * MINUTE >= silence.shortest(SILENCE_DEFAULT)


@given(minutes_of_a_month, st.integers(0, 60 * 24))
def test_every_silence_ends_once_its_carrier_speaks_for_six_hours(told, begins):
    since = Instant(MONDAY + begins * MINUTE)
    again = Instant(MONDAY + 20 * DAY)
    steady = [Arrival(Instant(again + quarter * 15 * MINUTE), 1, 99_999) for quarter in range(25)]
    arrivals = [
        Arrival(Instant(MONDAY + minute * MINUTE), 1, 60) for minute in told if MONDAY + minute * MINUTE <= since
    ]

    verdict = silence.judge([*arrivals, *steady], since, SILENCE_DEFAULT, steady[-1].at)

    assert verdict == Verdict(state=State.SPEAKING, since=since, until=again)


# --- Bodies ---


@pytest.mark.parametrize("policy", silence.SEEDS, ids=lambda policy: policy.version)
def test_a_body_survives_json_and_gives_the_policy_back(policy):
    assert silence.from_body(policy.version, json.loads(json.dumps(silence.to_body(policy)))) == policy


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({"silent_factor": 0}, [("/silent_factor", "out_of_range")], id="no factor"),
        pytest.param({"calm_minutes": "60"}, [("/calm_minutes", "not_integer")], id="text for a number"),
        pytest.param({"mood": 1}, [("/mood", "unknown")], id="a field nobody knows"),
        pytest.param({"remembered_days": 6}, [("/remembered_days", "too_small")], id="more known than remembered"),
        pytest.param({"left_out_days": 7}, [("/known_days_min", "too_small")], id="all days left out"),
        pytest.param(
            {"lag_factor": None, "catch_up_hours": 999},
            [("/catch_up_hours", "out_of_range"), ("/lag_factor", "not_integer")],
            id="all faults at once",
        ),
    ],
)
def test_a_wrong_body_is_refused_with_every_fault(changes, faults):
    with pytest.raises(bodies.PolicyInvalid) as refused:
        silence.from_body("silence/x/1", silence.to_body(SILENCE_DEFAULT) | changes)

    assert [tuple(each) for each in refused.value.faults] == faults


def test_a_version_may_be_stricter():
    strict = replace(SILENCE_DEFAULT, silent_minutes_min=30, silent_factor=1)

    assert judged(every_day(*HALF_HOURS), at(0), policy=strict).state is State.SILENT


def test_the_page_names_every_number_and_every_state():
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (\S+) \|", text, re.MULTILINE))

    assert rows["value"] == SILENCE_DEFAULT.version
    assert {name: rows[name] for name in silence.to_body(SILENCE_DEFAULT)} == {
        name: str(value) for name, value in silence.to_body(SILENCE_DEFAULT).items()
    }
    assert all(f"| {state.name} |" in text for state in State)
