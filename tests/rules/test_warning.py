"""Warnings before D: when they come, that each comes once, and what a moved D does to them."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, warning
from yidao.rules.instants import DAY, HOUR, MINUTE, NEVER, Instant, instant
from yidao.rules.warning import WARNING_DEFAULT, Facts, Standing, Step, StepFault, Unit

POLICY = WARNING_DEFAULT
PAID = instant(datetime(2022, 6, 18, 2, 5, tzinfo=UTC))  # 10:05 in Shanghai
D = Instant(PAID + 48 * HOUR)
HALF, SIX, ONE = POLICY.steps
FRESH = Facts(promised_at=PAID, ship_by_at=D, old_ship_by_at=D, warned_count=0)


def june(day: int, hour: int, minute: int = 0) -> Instant:
    """Return a time in Shanghai in June 2022."""
    return Instant(instant(datetime(2022, 6, day, 0, 0, tzinfo=UTC)) + (hour - 8) * HOUR + minute * MINUTE)


def warned(facts: Facts, now: Instant, steps: tuple[Step, ...] = POLICY.steps) -> warning.Warned:
    return warning.warned(facts, steps, POLICY, now)


def standing(facts: Facts, now: Instant, steps: tuple[Step, ...] = POLICY.steps) -> Standing:
    return warning.standing(facts, steps, POLICY, now)


def test_the_worked_example() -> None:
    assert warning.moments(FRESH, POLICY.steps, POLICY) == (
        (june(19, 10), HALF),
        (june(20, 4), SIX),
        (june(20, 9), ONE),
    )


@pytest.mark.parametrize(
    ("count", "now", "step", "after"),
    [
        pytest.param(0, june(19, 9, 59), None, (0, june(19, 10)), id="before the round of the first there is none"),
        pytest.param(0, june(19, 10), HALF, (1, june(20, 4)), id="at the beginning of its round it comes"),
        pytest.param(1, june(20, 4), SIX, (2, june(20, 9)), id="the second follows"),
        pytest.param(2, june(20, 9), ONE, (3, None), id="after the last there is nothing to wait for"),
        pytest.param(3, june(20, 10), None, (3, None), id="each comes once"),
        pytest.param(0, june(20, 9, 30), ONE, (3, None), id="who sweeps late gives the nearest alone"),
        pytest.param(0, june(20, 10, 5), None, (3, None), id="at D there is no warning any more"),
        pytest.param(1, june(22, 0), None, (3, None), id="nor after it"),
    ],
)
def test_what_a_sweep_says(count: int, now: Instant, step: Step | None, after: tuple[int, Instant | None]) -> None:
    found = warned(replace(FRESH, warned_count=count), now)

    assert (found.step, (found.standing.warned_count, found.standing.due_at)) == (step, after)


@pytest.mark.parametrize(
    ("facts", "now", "after"),
    [
        pytest.param({"old_ship_by_at": NEVER}, PAID, (0, june(19, 10)), id="a new order waits for its first"),
        pytest.param({"ship_by_at": NEVER}, PAID, (0, None), id="what has left is not warned about"),
        pytest.param({"warned_count": 1}, june(19, 12), (1, june(20, 4)), id="an equal D changes nothing"),
        pytest.param({"old_ship_by_at": NEVER}, june(20, 5), (0, june(19, 10)), id="what comes late is told at once"),
        pytest.param({"old_ship_by_at": NEVER}, june(21, 0), (0, None), id="what comes too late is the judge's"),
        pytest.param(
            {"old_ship_by_at": D - DAY, "warned_count": 3},
            june(19, 10),
            (1, june(20, 4)),
            id="a later D begins anew and passes over what lies behind",
        ),
        pytest.param(
            {"old_ship_by_at": D + DAY, "warned_count": 1},
            june(20, 5),
            (0, june(19, 10)),
            id="a nearer D begins anew and tells what is due",
        ),
        pytest.param({"warned_count": 9}, PAID, (3, None), id="a count beyond the steps is none"),
    ],
)
def test_how_an_order_stands(facts: dict[str, object], now: Instant, after: tuple[int, Instant | None]) -> None:
    found = standing(replace(FRESH, **facts), now)  # type: ignore[arg-type]

    assert (found.warned_count, found.due_at) == after


def test_a_step_before_the_payment_is_none() -> None:
    same_day = replace(FRESH, ship_by_at=Instant(PAID + 4 * HOUR), old_ship_by_at=NEVER)

    assert [step for _, step in warning.moments(same_day, POLICY.steps, POLICY)] == [HALF, ONE]


def test_who_chooses_new_steps_is_not_warned_of_what_lies_behind() -> None:
    chosen = replace(FRESH, since=june(20, 4, 10))

    assert [step for _, step in warning.moments(chosen, POLICY.steps, POLICY)] == [ONE]


def test_a_shop_may_choose_no_warnings() -> None:
    assert standing(replace(FRESH, old_ship_by_at=NEVER), PAID, steps=()) == Standing(warned_count=0, due_at=None)


STEPS = st.lists(
    st.one_of(
        st.integers(1, 99).map(lambda value: Step(Unit.PERCENT, value)),
        st.integers(1, 99_999).map(lambda value: Step(Unit.MINUTES, value)),
    ),
    max_size=5,
    unique=True,
).map(tuple)


@given(steps=STEPS, promise=st.integers(1, 20 * 24 * 60), sweeps=st.lists(st.integers(0, 21 * 24 * 60), max_size=12))
def test_each_step_comes_once_before_d_however_often_one_sweeps(
    steps: tuple[Step, ...], promise: int, sweeps: list[int]
) -> None:
    facts = replace(FRESH, ship_by_at=Instant(PAID + promise * MINUTE), old_ship_by_at=NEVER)
    now = standing(facts, PAID, steps)
    facts = replace(facts, old_ship_by_at=facts.ship_by_at)
    told: list[Step] = []
    for after in sorted(sweeps):
        at = Instant(PAID + after * MINUTE)
        if now.due_at is None or at < now.due_at:
            continue
        found = warned(replace(facts, warned_count=now.warned_count), at, steps)
        assert found.standing.warned_count > now.warned_count or at >= facts.ship_by_at
        assert found.step is None or at < facts.ship_by_at
        told += [found.step] if found.step is not None else []
        now = found.standing

    assert len(set(told)) == len(told)


@given(now=st.integers(0, 10**16), hours=st.sampled_from(warning.NOTICE_ROUND_HOURS))
def test_a_round_of_notices_holds_its_moment_and_begins_with_the_day(now: int, hours: int) -> None:
    began = warning.notice_round_starts_at(Instant(now), hours)

    assert began <= now < began + hours * HOUR
    assert (began + 8 * HOUR) % DAY % (hours * HOUR) == 0


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        pytest.param((), (), id="none is a choice"),
        pytest.param(("50%", "360m", "60m"), (), id="the policy's own"),
        pytest.param(("0%", "100%", "6h", "", "0m", "50 %"), (StepFault.UNREADABLE, StepFault.TOO_MANY), id="no steps"),
        pytest.param(("21601m",), (StepFault.TOO_FAR,), id="a minute too far"),
        pytest.param(("21600m",), (), id="as far as one may"),
        pytest.param(("50%", "50%"), (StepFault.TWICE,), id="the same twice"),
        pytest.param(("1%", "2%", "3%", "4%", "5%", "6%"), (StepFault.TOO_MANY,), id="one too many"),
    ],
)
def test_what_is_wrong_with_chosen_steps(texts: tuple[str, ...], wrong: tuple[StepFault, ...]) -> None:
    assert warning.faults(texts, POLICY) == wrong


@given(STEPS)
def test_a_step_is_read_as_it_is_written(steps: tuple[Step, ...]) -> None:
    assert tuple(warning.parse(str(each)) for each in steps) == steps


def test_a_body_gives_the_policy_back() -> None:
    assert warning.from_body(POLICY.version, warning.to_body(POLICY)) == POLICY


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        pytest.param({"more": 1}, ("/more",), id="an unknown field"),
        pytest.param({"steps": ["50%", "50%"]}, ("/steps/1",), id="a step twice"),
        pytest.param({"steps": ["soon", 7]}, ("/steps/0", "/steps/1"), id="what is no step"),
        pytest.param({"round_minutes": 61, "steps_max": 6}, ("/round_minutes", "/steps_max"), id="out of range"),
        pytest.param({"steps_max": 1}, ("/steps",), id="more steps than there may be"),
    ],
)
def test_a_body_is_refused_with_every_fault(change: dict[str, object], faults: tuple[str, ...]) -> None:
    with pytest.raises(bodies.PolicyInvalid) as refused:
        warning.from_body("warning/x/1", warning.to_body(POLICY) | change)

    assert tuple(each.path for each in refused.value.faults) == faults


def test_the_page_has_the_shipped_numbers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "warning.md").read_text(encoding="utf-8")
    printed = dict(re.findall(r"^\| (\w+) \| ([\w%, ]+) \|", page, re.MULTILINE))
    body = warning.to_body(POLICY)

    assert {name: printed[name] for name in body} == {
        name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in body.items()
    }
    assert {each.name for each in StepFault} <= printed.keys() | set(re.findall(r"^\| (\w+) \|", page, re.MULTILINE))
