"""When a code may be sent to a phone, and when it ends."""

import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, verification
from yidao.rules.instants import DAY, HOUR, MINUTE, NEVER, Instant
from yidao.rules.verification import SECOND, VERIFICATION_DEFAULT, Limit, Verdict

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "verification.md"
TEN = Instant(1_655_690_400 * SECOND)
"""2022-06-20 10:00 in Shanghai."""


def at(*seconds):
    """Return instants so many seconds after ten."""
    return [Instant(TEN + each * SECOND) for each in seconds]


@pytest.mark.parametrize(
    ("to_number", "from_address", "now", "limit", "free_at"),
    [
        pytest.param([], [], 0, None, None, id="the first code goes out"),
        pytest.param([0], [], 59, Limit.PAUSE, 60, id="after 59 seconds it is too early"),
        pytest.param([0], [], 60, None, None, id="after 60 seconds it goes out"),
        pytest.param([0, 120, 300, 600, 1200], [], 1259, Limit.NUMBER_HOUR, 3600, id="five in an hour, and the pause"),
        pytest.param([0, 120, 300, 600, 1200], [], 3600, None, None, id="the first of five is an hour old"),
        pytest.param([-9999, 0, 120, 300, 600], [], 3000, None, None, id="four within the hour are well"),
        pytest.param(range(0, 20 * 900, 900), [], 20 * 900, Limit.NUMBER_DAY, 86400, id="twenty in a day are enough"),
        pytest.param(range(0, 20 * 900, 900), [], 86400, None, None, id="a day later the next goes out"),
        pytest.param([], range(20), 20, Limit.ADDRESS_HOUR, 3600, id="twenty from one address, to whomever"),
        pytest.param([], range(19), 20, None, None, id="nineteen from one address are well"),
    ],
)
def test_a_code_goes_out_unless_a_limit_stands_against_it(to_number, from_address, now, limit, free_at):
    verdict = verification.judge_send(at(*to_number), at(*from_address), VERIFICATION_DEFAULT, *at(now))

    assert verdict == Verdict(limit=limit, free_at=NEVER if free_at is None else at(free_at)[0])


@given(st.lists(st.integers(0, 2 * 86400), max_size=60), st.integers(2 * 86400, 3 * 86400))
def test_whoever_waits_as_long_as_he_is_told_gets_a_code(told, now):
    sends = at(*sorted(told))

    verdict = verification.judge_send(sends, [], VERIFICATION_DEFAULT, *at(now))

    if verdict.limit is not None:
        assert at(now)[0] < verdict.free_at <= at(now)[0] + DAY
        assert verification.judge_send(sends, [], VERIFICATION_DEFAULT, verdict.free_at).limit is None


@given(st.lists(st.integers(1, 7200), min_size=1, max_size=300))
def test_nobody_gets_more_codes_than_allowed(waits):
    sent = []
    now = TEN
    for wait in waits:
        now = Instant(now + wait * SECOND)
        if verification.judge_send(sent, [], VERIFICATION_DEFAULT, now).limit is None:
            sent.append(now)

    assert all(later - earlier >= MINUTE for earlier, later in itertools.pairwise(sent))
    assert all(later - earlier >= HOUR for earlier, later in zip(sent, sent[5:], strict=False))
    assert all(later - earlier >= DAY for earlier, later in zip(sent, sent[20:], strict=False))


def test_a_code_lives_for_five_minutes():
    assert verification.ends_at(TEN, VERIFICATION_DEFAULT) == TEN + 5 * MINUTE


# --- Bodies ---


@pytest.mark.parametrize("policy", verification.SEEDS, ids=lambda policy: policy.version)
def test_a_body_survives_json_and_gives_the_policy_back(policy):
    assert verification.from_body(policy.version, json.loads(json.dumps(verification.to_body(policy)))) == policy


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({"tries_max": 11}, [("/tries_max", "out_of_range")], id="more tries than safe"),
        pytest.param({"mood": 1}, [("/mood", "unknown")], id="a field nobody knows"),
        pytest.param(
            {"number_sends_per_day_max": 4}, [("/number_sends_per_day_max", "too_small")], id="day below hour"
        ),
        pytest.param(
            {"pause_seconds": None, "life_minutes": 0},
            [("/life_minutes", "out_of_range"), ("/pause_seconds", "not_integer")],
            id="all faults at once",
        ),
    ],
)
def test_a_wrong_body_is_refused_with_every_fault(changes, faults):
    with pytest.raises(bodies.PolicyInvalid) as refused:
        verification.from_body("verification/x/1", verification.to_body(VERIFICATION_DEFAULT) | changes)

    assert [tuple(each) for each in refused.value.faults] == faults


def test_the_page_names_every_number_and_every_limit():
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (\S+) \|", text, re.MULTILINE))

    assert rows["value"] == VERIFICATION_DEFAULT.version
    assert {name: rows[name] for name in verification.to_body(VERIFICATION_DEFAULT)} == {
        name: str(value) for name, value in verification.to_body(VERIFICATION_DEFAULT).items()
    }
    assert all(f"| {limit.name} |" in text for limit in Limit)
