"""What happens to an order besides shipping: cards, after-sales, receipt, closing, refunds, and their numbers."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import after_sale, bodies, cards, closing, order_life, receipt, refunds
from yidao.rules.after_sale import Act, Kind, Party, State
from yidao.rules.instants import DAY, HOUR, MINUTE, NEVER, Instant, instant
from yidao.rules.order_life import ORDER_LIFE_DEFAULT as POLICY
from yidao.rules.refunds import Outcome, Route

NOW = instant(datetime(2022, 6, 20, 4, 0, tzinfo=UTC))
D = Instant(NOW + 10 * HOUR)
ASKABLE = cards.OrderFacts(ship_by_at=D, promised_at=D, is_asked=False, is_refunding=False)


@pytest.mark.parametrize(
    ("order", "new_at", "why"),
    [
        pytest.param(ASKABLE, D + 1, None, id="a later time in the future can be asked for"),
        pytest.param(ASKABLE, D + 15 * DAY, None, id="the fifteenth day is still allowed"),
        pytest.param(ASKABLE, D + 15 * DAY + 1, "TOO_FAR", id="beyond fifteen days nobody can be asked"),
        pytest.param(replace(ASKABLE, ship_by_at=D + 14 * DAY), D + 16 * DAY, "TOO_FAR", id="cards do not add up"),
        pytest.param(ASKABLE, D, "NOT_LATER", id="the time that holds anyway is no change"),
        pytest.param(ASKABLE, D - 1, "NOT_LATER", id="an earlier time needs no card"),
        pytest.param(replace(ASKABLE, ship_by_at=Instant(NOW - DAY)), NOW, "PAST", id="this instant is past"),
        pytest.param(replace(ASKABLE, ship_by_at=Instant(NOW - DAY)), NOW + 1, None, id="a late order too"),
        pytest.param(replace(ASKABLE, is_asked=True), D + 1, "ALREADY_ASKED", id="one card waits at a time"),
        pytest.param(replace(ASKABLE, is_refunding=True), D + 1, "REFUNDING", id="money asked back comes first"),
        pytest.param(replace(ASKABLE, ship_by_at=NEVER), D + 1, "NOTHING_WAITS", id="what is shipped has no ship time"),
    ],
)
def test_what_a_buyer_can_be_asked_for(order, new_at, why) -> None:
    assert cards.fault(order, Instant(new_at), POLICY, NOW) == why


def test_a_card_lapses_after_a_day() -> None:
    assert cards.lapses_at(NOW, POLICY) == NOW + 24 * HOUR


# --- After-sales ---


@pytest.mark.parametrize(
    ("kind", "acts", "states"),
    [
        pytest.param(Kind.REFUND, "APPROVE PAID", "REFUNDING DONE", id="money for what was not sent"),
        pytest.param(
            Kind.RETURN_REFUND,
            "APPROVE SEND_BACK RECEIVE PAID",
            "AWAIT_RETURN AWAIT_RECEIPT REFUNDING DONE",
            id="money for goods that come back",
        ),
        pytest.param(
            Kind.EXCHANGE, "APPROVE SEND_BACK RECEIVE", "AWAIT_RETURN AWAIT_RECEIPT DONE", id="goods for goods"
        ),
    ],
)
def test_each_kind_has_its_way(kind, acts, states) -> None:
    state, way = State.AWAIT_SHOP, []
    for act in acts.split():
        state = after_sale.after(kind, state, Act(act), Party.PLATFORM)
        way.append(state)

    assert way == states.split()


def test_nobody_does_what_another_must_do() -> None:
    assert after_sale.acts(Kind.REFUND, State.AWAIT_SHOP, Party.BUYER) == (Act.WITHDRAW,)
    assert after_sale.acts(Kind.REFUND, State.AWAIT_SHOP, Party.SHOP) == (Act.APPROVE, Act.REFUSE)
    assert after_sale.acts(Kind.RETURN_REFUND, State.AWAIT_RETURN, Party.BUYER) == (Act.SEND_BACK, Act.WITHDRAW)
    assert after_sale.acts(Kind.EXCHANGE, State.AWAIT_RECEIPT, Party.SHOP) == (Act.REFUSE, Act.RECEIVE)
    assert after_sale.acts(Kind.REFUND, State.REFUNDING, Party.SHOP) == ()


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", [State.DONE, State.REFUSED, State.WITHDRAWN])
def test_what_is_over_stays_over(kind, state) -> None:
    assert [after_sale.acts(kind, state, party) for party in Party] == [()] * 4
    assert after_sale.due_at(kind, state, NOW, POLICY) is None


@pytest.mark.parametrize(
    ("kind", "state", "length"),
    [
        (Kind.REFUND, State.AWAIT_SHOP, 48 * HOUR),
        (Kind.EXCHANGE, State.AWAIT_SHOP, 72 * HOUR),
        (Kind.RETURN_REFUND, State.AWAIT_RETURN, 7 * DAY),
        (Kind.RETURN_REFUND, State.AWAIT_RECEIPT, 10 * DAY),
    ],
)
def test_each_state_has_its_time(kind, state, length) -> None:
    policy = replace(POLICY, answer_return_hours=72)

    assert after_sale.due_at(kind, state, NOW, policy) == NOW + length


def test_a_shop_that_says_nothing_agrees() -> None:
    due = Instant(NOW + 48 * HOUR)

    before = after_sale.run(Kind.REFUND, State.AWAIT_SHOP, due, POLICY, Instant(due - 1))
    at = after_sale.run(Kind.REFUND, State.AWAIT_SHOP, due, POLICY, due)

    assert (before.steps, before.state, before.due_at) == ((), State.AWAIT_SHOP, due)
    assert at.steps == (after_sale.Step(act=Act.APPROVE, state=State.REFUNDING, at=due),)
    assert (at.state, at.due_at) == (State.REFUNDING, NEVER)


def test_where_the_policy_says_so_silence_refuses() -> None:
    course = after_sale.run(Kind.REFUND, State.AWAIT_SHOP, NOW, replace(POLICY, silence_agrees=0), NOW)

    assert course.state is State.REFUSED


def test_who_looks_too_late_finds_every_step_at_its_own_time() -> None:
    course = after_sale.run(Kind.EXCHANGE, State.AWAIT_SHOP, NOW, POLICY, Instant(NOW + 100 * DAY))

    assert [(each.act, each.at - NOW) for each in course.steps] == [(Act.APPROVE, 0), (Act.WITHDRAW, 7 * DAY)]


def test_goods_nobody_looks_at_count_as_received() -> None:
    assert after_sale.run(Kind.EXCHANGE, State.AWAIT_RECEIPT, NOW, POLICY, NOW).state is State.DONE


@given(
    kind=st.sampled_from(Kind),
    state=st.sampled_from(State),
    since=st.integers(0, 400),
    looks=st.lists(st.integers(0, 1_000), max_size=6),
)
def test_how_often_anybody_looks_changes_nothing(kind, state, since, looks) -> None:
    begin = Instant(NOW + since * HOUR)
    due = (after_sale.due_at(kind, state, begin, POLICY) or NEVER) if (kind, state) != (Kind.REFUND, "") else NEVER
    if kind is Kind.REFUND and state in (State.AWAIT_RETURN, State.AWAIT_RECEIPT):
        return
    last = Instant(NOW + 2_000 * HOUR)
    at_once = after_sale.run(kind, state, due, POLICY, last)
    steps, now_state, now_due = [], state, due
    for look in [*sorted(looks), 2_000]:
        course = after_sale.run(kind, now_state, now_due, POLICY, Instant(NOW + look * HOUR))
        steps += course.steps
        now_state, now_due = course.state, course.due_at

    assert (tuple(steps), now_state, now_due) == (at_once.steps, at_once.state, at_once.due_at)


# --- Receipt ---


def test_who_says_nothing_has_received_it_after_ten_days_or_thirteen() -> None:
    assert receipt.due_at(NOW, False, POLICY) == NOW + 10 * DAY
    assert receipt.due_at(NOW, True, POLICY) == NOW + 13 * DAY


SHIPPED = receipt.OrderFacts(is_shipped=True, is_received=False, is_extended=False)


@pytest.mark.parametrize(
    ("facts", "confirm", "extend"),
    [
        pytest.param(SHIPPED, None, None, id="shipped and unconfirmed"),
        pytest.param(replace(SHIPPED, is_shipped=False), "NOT_SHIPPED", "NOT_SHIPPED", id="something still waits"),
        pytest.param(replace(SHIPPED, is_received=True), "CONFIRMED", "CONFIRMED", id="confirmed is confirmed"),
        pytest.param(replace(SHIPPED, is_extended=True), None, "ENOUGH", id="once is enough"),
    ],
)
def test_when_receipt_can_be_confirmed_or_put_off(facts, confirm, extend) -> None:
    assert (receipt.confirm_fault(facts), receipt.extend_fault(facts, POLICY)) == (confirm, extend)


def test_a_policy_can_take_the_button_away() -> None:
    assert receipt.extend_fault(SHIPPED, replace(POLICY, receipt_extensions_max=0)) == "ENOUGH"


# --- Closing ---

LINE = closing.LineFacts(line_no=1, quantity=3, shipped=0, refunded=0, paid_fen=100)


def test_an_order_closes_150_days_after_it_was_placed() -> None:
    assert closing.due_at(NOW, POLICY) == NOW + 150 * DAY


def test_an_order_of_which_nothing_left_closes_whole_with_its_freight() -> None:
    found = closing.closing((LINE, replace(LINE, line_no=2)), paid_fen=210, given_back_fen=0)

    assert found == closing.Closing(quantities=((1, 3), (2, 3)), amount_fen=210, is_whole=True)


def test_of_a_part_shipped_order_only_what_is_open_closes() -> None:
    found = closing.closing((replace(LINE, shipped=3), replace(LINE, line_no=2)), paid_fen=210, given_back_fen=0)

    assert found == closing.Closing(quantities=((2, 3),), amount_fen=100, is_whole=False)


def test_never_more_goes_back_than_is_left() -> None:
    line = replace(LINE, shipped=1)

    assert closing.closing((line,), paid_fen=100, given_back_fen=90).amount_fen == 10
    assert closing.closing((LINE,), paid_fen=100, given_back_fen=130).amount_fen == 0


def test_where_nothing_is_open_nothing_closes() -> None:
    assert closing.closing((replace(LINE, shipped=2, refunded=1),), paid_fen=100, given_back_fen=0) is None


def test_three_pieces_for_a_yuan_go_back_one_by_one_as_33_33_and_34() -> None:
    assert [closing.share_fen(replace(LINE, refunded=gone), 1) for gone in range(3)] == [33, 33, 34]


@given(paid=st.integers(0, 10**9), parts=st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_the_parts_of_a_line_add_up_to_what_was_paid(paid, parts) -> None:
    gone, sent = 0, 0
    for part in parts:
        line = replace(LINE, quantity=sum(parts), refunded=gone, paid_fen=paid)
        sent += closing.share_fen(line, part)
        gone += part

    assert sent == paid


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 99), min_size=1, max_size=9))
def test_a_sum_cut_by_weights_adds_up_again(total, weights) -> None:
    parts = closing.apportioned(total, weights)

    assert (sum(parts), len(parts)) == (total, len(weights))
    assert all(part >= 0 for part in parts)


# --- Refunds ---


@pytest.mark.parametrize(
    ("outcome", "tries", "state", "wait"),
    [
        (Outcome.DONE, 1, "DONE", None),
        (Outcome.FAILED, 1, "WANTED", 60 * MINUTE),
        (Outcome.FAILED, 2, "WANTED", 12 * HOUR),
        (Outcome.FAILED, 3, "WAITS_FOR_OPERATOR", None),
        (Outcome.UNKNOWN, 3, "UNKNOWN", 10 * MINUTE),
        (Outcome.MISSING, 2, "WANTED", 0),
        (Outcome.MISSING, 3, "WAITS_FOR_OPERATOR", None),
    ],
)
def test_what_follows_from_an_answer(outcome, tries, state, wait) -> None:
    due = None if wait is None else NOW + wait

    found = refunds.after(outcome, tries=tries, since=NOW, policy=POLICY, now=NOW)

    assert found == refunds.Next(state=state, due_at=due)


@pytest.mark.parametrize(
    ("outcome", "silent", "state", "wait"),
    [
        pytest.param(Outcome.UNKNOWN, 10 * MINUTE, "UNKNOWN", 10 * MINUTE, id="the second wait is like the first"),
        pytest.param(Outcome.UNKNOWN, 20 * MINUTE, "UNKNOWN", 20 * MINUTE, id="then each is twice as long"),
        pytest.param(Outcome.UNKNOWN, 60 * HOUR, "UNKNOWN", 12 * HOUR, id="but none goes beyond the end"),
        pytest.param(Outcome.UNKNOWN, 72 * HOUR, "WAITS_FOR_OPERATOR", None, id="three days of silence are enough"),
        pytest.param(Outcome.MISSING, 72 * HOUR - 1, "WANTED", 0, id="what never arrived is called again till then"),
        pytest.param(Outcome.MISSING, 72 * HOUR, "WAITS_FOR_OPERATOR", None, id="and not after"),
        pytest.param(Outcome.FAILED, 99 * HOUR, "WANTED", 60 * MINUTE, id="a certain no ends the silence"),
        pytest.param(Outcome.DONE, 99 * HOUR, "DONE", None, id="and so does the money"),
    ],
)
def test_nobody_is_asked_for_ever(outcome, silent, state, wait) -> None:
    due = None if wait is None else NOW + wait

    found = refunds.after(outcome, tries=1, since=Instant(NOW - silent), policy=POLICY, now=NOW)

    assert found == refunds.Next(state=state, due_at=due)


def test_who_died_with_the_answer_is_asked_after_in_ten_minutes() -> None:
    assert refunds.asks_again_at(NOW, POLICY) == NOW + 10 * MINUTE


def test_a_provider_that_never_answers_is_asked_ten_times_and_no_more() -> None:
    at, asked = NOW, 0
    while (found := refunds.after(Outcome.UNKNOWN, tries=1, since=NOW, policy=POLICY, now=at)).due_at is not None:
        at, asked = found.due_at, asked + 1

    assert (asked, at, found.state) == (10, NOW + 72 * HOUR, "WAITS_FOR_OPERATOR")


@pytest.mark.parametrize("state", refunds.State)
def test_only_what_is_wanted_is_called(state) -> None:
    calls = {refunds.State.WANTED: refunds.Todo.CALL}
    asks = {refunds.State.ASKED: refunds.Todo.ASK, refunds.State.UNKNOWN: refunds.Todo.ASK}

    assert refunds.todo(state) == (calls | asks).get(state, refunds.Todo.NOTHING)


@pytest.mark.parametrize("state", refunds.State)
@pytest.mark.parametrize("last", [None, *Outcome])
def test_an_operator_decides_only_what_failed_for_certain_or_waits_for_him(state, last) -> None:
    is_certain = last == "FAILED" and state == "WANTED"

    assert refunds.may_be_decided(state, last) == (is_certain or state == "WAITS_FOR_OPERATOR")


@pytest.mark.parametrize("last", [None, *Outcome])
@pytest.mark.parametrize("chosen", Route)
def test_who_leaves_a_way_without_a_certain_no_says_how_he_knows(last, chosen) -> None:
    is_needed = chosen == "OTHER" and last != "FAILED"

    assert refunds.needs_evidence(last, present=Route.ORIGINAL, chosen=chosen) == is_needed


# --- Bodies ---


def test_a_body_gives_back_its_policy() -> None:
    assert order_life.from_body(POLICY.version, order_life.to_body(POLICY)) == POLICY


def test_a_body_from_before_there_was_an_end_to_silence_has_the_default() -> None:
    body = order_life.to_body(POLICY)
    del body["refund_silence_hours"]

    assert order_life.from_body(POLICY.version, body) == POLICY


def test_every_fault_of_a_body_is_named() -> None:
    body = order_life.to_body(POLICY) | {"close_days": 0, "receipt_days": "10", "more": 1}
    del body["send_back_days"]

    with pytest.raises(bodies.PolicyInvalid) as fault:
        order_life.from_body("order-life/x/1", body)

    assert fault.value.faults == (
        ("/close_days", "out_of_range"),
        ("/more", "unknown"),
        ("/receipt_days", "not_integer"),
        ("/send_back_days", "missing"),
    )


def test_every_number_is_on_its_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "order-life.md").read_text(encoding="utf-8")

    rows = dict(re.findall(r"^\| (\w+) \| (\d+) \|", page, re.MULTILINE))

    assert rows == {name: str(value) for name, value in order_life.to_body(POLICY).items()}


def test_every_step_is_on_its_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "order-life.md").read_text(encoding="utf-8")

    assert [state for state in State if state not in page] == []
