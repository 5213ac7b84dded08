"""Stepping in: who may nudge about what, when an answer is due, and how a nudge stands."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, nudging
from yidao.rules.instants import DAY, HOUR, Instant, instant
from yidao.rules.nudging import NUDGE_DEFAULT, Candidate, Item, LeftOut, NoteFault, State, Thread

POLICY = NUDGE_DEFAULT
ASKED = instant(datetime(2022, 6, 20, 2, 0, tzinfo=UTC))
DUE = Instant(ASKED + 24 * HOUR)
WAITING = Thread(asked_at=ASKED, due_at=DUE)


def item(number: int, type_name: str = "PICKUP_TIMEOUT") -> Item:
    return Item(f"YT{number:06}", "yuantong", 1, type_name)


def candidate(number: int, **more: object) -> Candidate:
    facts = {"item": item(number), "is_open": True, "is_asked": False, "nudges_today": 0} | more
    return Candidate(**facts)  # type: ignore[arg-type]


def chosen(*candidates: Candidate, threads_today: int = 0, policy: nudging.Policy = POLICY) -> nudging.Choice:
    return nudging.choose(candidates, policy, threads_today=threads_today)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        pytest.param({"is_open": False}, LeftOut.NOT_OPEN, id="an anomaly that is over is nobody's work"),
        pytest.param({"is_asked": True}, LeftOut.ALREADY_ASKED, id="one open nudge about a thing is enough"),
        pytest.param({"nudges_today": 2}, LeftOut.PARCEL_DAY_FULL, id="the third of a day waits for tomorrow"),
        pytest.param(
            {"is_open": False, "is_asked": True}, LeftOut.NOT_OPEN, id="that it is over says more than that one asked"
        ),
    ],
)
def test_what_cannot_go_is_named_and_the_rest_goes(facts, why) -> None:
    found = chosen(candidate(1, **facts), candidate(2))

    assert (found.taken, found.left_out) == ((item(2),), ((item(1), why),))


def test_a_second_nudge_about_a_parcel_on_one_day_goes() -> None:
    assert chosen(candidate(1, nudges_today=1)).taken == (item(1),)


def test_two_anomalies_of_one_parcel_are_one_nudge() -> None:
    both = (item(1), item(1, "TRANSIT_TIMEOUT"))

    assert chosen(*(candidate(1, item=each, nudges_today=1) for each in both)).taken == both


def test_what_is_asked_for_twice_goes_once() -> None:
    assert chosen(candidate(1), candidate(1)).taken == (item(1),)
    assert chosen(candidate(1, is_open=False), candidate(1)).left_out == ((item(1), LeftOut.NOT_OPEN),)


def test_a_nudge_holds_two_hundred_and_names_the_others() -> None:
    found = chosen(*(candidate(number) for number in range(203)))

    assert found.taken == tuple(item(number) for number in range(200))
    assert found.left_out == tuple((item(number), LeftOut.BATCH_FULL) for number in range(200, 203))


def test_a_creator_opens_so_many_nudges_a_day_and_no_more() -> None:
    limit = POLICY.threads_per_day_max

    assert chosen(candidate(1), threads_today=limit - 1).taken == (item(1),)
    assert chosen(candidate(1), threads_today=limit).left_out == ((item(1), LeftOut.DAY_FULL),)


def test_tickets_are_counted_one_by_one_and_need_somebody_to_ask() -> None:
    policy = replace(POLICY, tickets_per_day_max=3)
    asked = (candidate(1), candidate(2, has_addressee=False), candidate(3))

    assert nudging.choose_tickets(asked, policy, tickets_today=2) == nudging.Choice(
        taken=(item(1),), left_out=((item(2), LeftOut.NO_ADDRESSEE), (item(3), LeftOut.DAY_FULL))
    )
    assert nudging.choose_tickets(asked[:1], policy, tickets_today=4).taken == ()


@given(
    st.lists(
        st.builds(
            Candidate,
            item=st.integers(0, 5).map(item),
            is_open=st.booleans(),
            is_asked=st.booleans(),
            nudges_today=st.integers(0, 4),
        )
    ),
    st.integers(0, 3),
)
def test_every_item_is_taken_or_named_once(candidates, threads_today) -> None:
    policy = replace(POLICY, items_max=3, threads_per_day_max=2)

    found = chosen(*candidates, threads_today=threads_today, policy=policy)

    named = [*found.taken, *(each for each, _ in found.left_out)]
    assert sorted(named) == sorted({each.item for each in candidates})
    assert len(found.taken) <= policy.items_max


@pytest.mark.parametrize(
    ("text", "has_code", "fault"),
    [
        pytest.param("", False, NoteFault.MISSING, id="a nudge says why"),
        pytest.param("", True, None, id="a ready-made reason will do"),
        pytest.param("字" * 200, False, None, id="two hundred characters fit"),
        pytest.param("字" * 201, True, NoteFault.TOO_LONG, id="two hundred and one do not"),
    ],
)
def test_a_note_is_there_and_is_short(text, has_code, fault) -> None:
    assert nudging.note_fault(text, POLICY, has_code=has_code) is fault


@pytest.mark.parametrize(
    ("thread", "at", "state"),
    [
        pytest.param(WAITING, ASKED, State.WAITING, id="just asked"),
        pytest.param(WAITING, DUE - 1, State.WAITING, id="the last instant is still in time"),
        pytest.param(WAITING, DUE, State.OVERDUE, id="from the instant it was due it is overdue"),
        pytest.param(replace(WAITING, answered_at=Instant(DUE + 1)), DUE + 2, State.ANSWERED, id="late, but answered"),
        pytest.param(replace(WAITING, answered_at=ASKED), ASKED, State.ANSWERED, id="answered in the same instant"),
        pytest.param(replace(WAITING, answered_at=Instant(ASKED - 1)), ASKED, State.WAITING, id="asked once more"),
        pytest.param(replace(WAITING, open_items=0), DUE, State.SETTLED, id="everything it asked about is over"),
        pytest.param(replace(WAITING, settled_at=ASKED), DUE, State.SETTLED, id="closed by hand"),
    ],
)
def test_how_a_thread_stands(thread, at, state) -> None:
    assert nudging.state(thread, Instant(at)) is state


@pytest.mark.parametrize(
    ("thread", "hours_later", "due", "next_hours"),
    [
        pytest.param(WAITING, 0, 0, 12, id="at half of the time"),
        pytest.param(WAITING, 12, 1, 12, id="the instant itself counts"),
        pytest.param(replace(WAITING, reminders=1), 12, 1, 24, id="then when it is due"),
        pytest.param(replace(WAITING, reminders=1), 24, 2, 24, id="due"),
        pytest.param(WAITING, 30, 2, 12, id="who was away reminds once for both"),
        pytest.param(replace(WAITING, reminders=2), 30, 2, None, id="twice is enough"),
        pytest.param(replace(WAITING, answered_at=DUE), 30, 0, None, id="nobody waits for an answer"),
        pytest.param(replace(WAITING, open_items=0), 30, 0, None, id="nobody waits when all is over"),
        pytest.param(replace(WAITING, settled_at=DUE), 30, 0, None, id="nobody waits when it is closed"),
    ],
)
def test_reminders(thread, hours_later, due, next_hours) -> None:
    assert nudging.reminders_due(thread, POLICY, Instant(ASKED + hours_later * HOUR)) == due
    assert nudging.next_due_at(thread, POLICY) == (None if next_hours is None else ASKED + next_hours * HOUR)


@given(st.integers(0, 2), st.lists(st.integers(0, 48 * 60), min_size=1))
def test_looking_often_or_late_gives_the_same_reminders(given_already, minutes) -> None:
    moments = [Instant(ASKED + each * HOUR // 60) for each in sorted(minutes)]
    thread = replace(WAITING, reminders=given_already)

    for moment in moments:
        thread = replace(thread, reminders=nudging.reminders_due(thread, POLICY, moment))

    assert thread.reminders == nudging.reminders_due(replace(WAITING, reminders=given_already), POLICY, moments[-1])
    later = nudging.next_due_at(thread, POLICY)
    assert later is None or later > moments[-1]


def test_a_question_after_an_answer_begins_a_new_clock_and_one_before_it_does_not() -> None:
    later = Instant(ASKED + HOUR)

    assert nudging.asked_again_at(WAITING, later) == ASKED
    assert nudging.asked_again_at(replace(WAITING, answered_at=ASKED), later) == later
    assert nudging.due_at(later, POLICY) == later + 24 * HOUR
    assert nudging.ticket_due_at(later, replace(POLICY, ticket_answer_hours=2)) == later + 2 * HOUR


def test_a_warning_that_became_a_timeout_is_still_in_progress() -> None:
    assert nudging.followed("PICKUP_SOON") == ("PICKUP_SOON", "PICKUP_TIMEOUT")
    assert nudging.followed("PICKUP_TIMEOUT") == ("PICKUP_TIMEOUT",)


def test_a_day_is_a_day_of_shanghai() -> None:
    midnight = instant(datetime(2022, 6, 19, 16, 0, tzinfo=UTC))

    assert nudging.day_starts_at(ASKED, POLICY) == midnight
    assert nudging.day_starts_at(midnight, POLICY) == midnight
    assert nudging.day_starts_at(Instant(midnight - 1), POLICY) == midnight - DAY


def test_an_item_knows_its_parcel() -> None:
    assert item(7).parcel == ("YT000007", "yuantong", 1)


def test_a_body_gives_back_its_policy() -> None:
    assert nudging.from_body(POLICY.version, nudging.to_body(POLICY)) == POLICY


def test_every_fault_of_a_body_is_named() -> None:
    body = nudging.to_body(POLICY) | {"answer_hours": 0, "items_max": "200", "colour": 1}
    del body["text_length_max"]

    with pytest.raises(bodies.PolicyInvalid) as caught:
        nudging.from_body("nudge/default/2", body)

    assert caught.value.faults == (
        bodies.Fault("/answer_hours", "out_of_range"),
        bodies.Fault("/colour", "unknown"),
        bodies.Fault("/items_max", "not_integer"),
        bodies.Fault("/text_length_max", "missing"),
    )


def test_the_words_to_choose_from_are_in_a_fixed_order() -> None:
    assert nudging.NOTES[0] == "PLEASE_CHECK"
    assert [*nudging.ANSWERS] == ["CARRIER_CONTACTED", "RESENT", "REFUNDED", "BUYER_CONTACTED", "NOTHING_NEEDED"]
    assert nudging.FINDINGS[-1] == "OTHER"


def test_the_page_names_every_value_and_word() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "nudging.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| ([^|]+?) \|", page, re.MULTILINE))

    assert {name: rows[name] for name in nudging.to_body(POLICY)} == {
        name: str(value) for name, value in nudging.to_body(POLICY).items()
    }
    assert {*State, *LeftOut} <= rows.keys()
