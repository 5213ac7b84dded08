"""A later D takes back what was judged by the old one, begins the next round, and is written down with its cause."""

import pytest

from tests.orders import life, world
from yidao.accounts.actors import SYSTEM
from yidao.audit.models import AuditEntry
from yidao.flows import answer_card, move_deadline
from yidao.judging import judge
from yidao.judging.models import Judgement, Violation
from yidao.kit import sweeps
from yidao.orders import cards, deadlines
from yidao.orders.models import DeadlineChange
from yidao.rules.order_state import Label

pytestmark = pytest.mark.django_db
PAID = "06-18 10:00"
"""With 48 hours, D is 06-20 10:00."""


@pytest.fixture
def order_id() -> int:
    return world.place(life.fresh_shop(), paid=PAID)


def judge_until(at: str) -> int:
    return sweeps.sweep_until_quiet((judge.CONCERN,), now=world.moment(at))["judging"]


def move(orders: list[int], new: str, at: str, *, cause: str = "RELIEF", ref: str = "relief/1") -> tuple[int, ...]:
    now = world.moment(at)
    return move_deadline.move_deadlines(orders, cause, ref, world.moment(new), actor=SYSTEM, now=now, real_now=now)


def standing(order_id: int) -> list[tuple[int, int, str]]:
    """Return round, ordinal and state of everything that was ever judged."""
    states = dict(Violation.objects.filter(order_id=order_id).values_list("id", "state"))
    rows = Judgement.objects.filter(order_id=order_id).order_by("at", "id")
    return [(each.round, each.ordinal, states[each.id]) for each in rows]


@pytest.mark.parametrize("cause", ["RELIEF", "REPORT"])
def test_a_relief_after_two_judgements_takes_both_back_and_counts_anew(order_id, cause) -> None:
    judge_until("06-21 11:00")
    before = standing(order_id)

    moved = move([order_id], "06-28 10:00", "06-21 12:00", cause=cause)

    head = world.head(order_id)
    assert before == [(1, 1, "OPEN"), (1, 2, "OPEN")]
    assert moved == (order_id,)
    assert standing(order_id) == [(1, 1, "REVERSED"), (1, 2, "REVERSED")]
    assert (head.ship_by_at, head.judge_round, head.judged_count) == (world.moment("06-28 10:00"), 2, 0)
    assert head.labels & Label.DEADLINE_CHANGED
    judge_until("06-28 10:01")
    assert standing(order_id)[-1] == (2, 1, "OPEN")


def test_moving_twice_writes_once(order_id) -> None:
    first, again = move([order_id], "06-28 10:00", "06-19 12:00"), move([order_id], "06-28 10:00", "06-19 13:00")

    assert (first, again) == ((order_id,), ())
    assert DeadlineChange.objects.filter(order_id=order_id).count() == 1
    assert AuditEntry.objects.filter(act="order.deadline_moved", subject="relief/1").count() == 1


def test_nobody_moves_d_nearer_by_granting_a_later_one(order_id) -> None:
    assert move([order_id], "06-19 10:00", "06-19 09:00") == ()
    assert world.head(order_id).ship_by_at == world.moment("06-20 10:00")


def test_what_is_shipped_has_no_d_to_move(order_id) -> None:
    life.ship(order_id, "06-19 10:00")

    assert move([order_id], "06-28 10:00", "06-19 12:00") == ()


def test_a_withdrawn_relief_brings_the_old_time_back(order_id) -> None:
    move([order_id], "06-28 10:00", "06-19 12:00")
    now = world.moment("06-19 14:00")
    back = deadlines.Move(
        order_id=order_id, line_no=1, new_at=world.moment("06-20 10:00"), cause="WITHDRAWAL", cause_ref="relief/1"
    )

    deadlines.move(life.raw.plain(), [back], now=now, actor=SYSTEM)

    head = world.head(order_id)
    assert (head.ship_by_at, bool(head.labels & Label.DEADLINE_CHANGED)) == (world.moment("06-20 10:00"), False)


def test_an_accepted_card_takes_judgements_back_too(order_id) -> None:
    judge_until("06-20 11:00")
    shop, now = world.head(order_id).shop_id, world.moment("06-20 12:00")
    cards.ask(
        actor=life.clerk(shop),
        order_ids=[order_id],
        new_at=world.moment("06-25 10:00"),
        reason="补货中",
        now=now,
        real_now=now,
    )

    answer_card.accept(
        actor=life.marketplace(), order=life.address(order_id), now=now, real_now=now, request_key=life.key()
    )

    assert standing(order_id) == [(1, 1, "REVERSED")]
    assert world.head(order_id).judge_due_at == world.moment("06-25 10:00")


def test_a_refund_that_runs_pauses_the_judge_and_a_refused_one_lets_him_go_on(order_id) -> None:
    record_id = life.open_refund(order_id, "06-19 10:00")
    judge_until("06-20 12:00")
    while_open = standing(order_id)

    life.act(life.clerk(world.head(order_id).shop_id), record_id, life.Act.REFUSE, "06-20 18:00", text="已备货")
    judge_until("06-21 12:00")

    assert while_open == []
    assert [each[:2] for each in standing(order_id)] == [(1, 1)]
