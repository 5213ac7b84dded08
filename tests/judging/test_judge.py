"""The judge: what is written when an order is late, whoever looks, how late and how often."""

from datetime import date

import pytest

from tests.judging.world import POLICY, D, after, banned, head, late, made, raw, standing, sweep
from yidao.judging import judge
from yidao.judging.models import Judgement, Violation
from yidao.kit import ids
from yidao.kit.models import SweepFault
from yidao.orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db


def test_an_order_that_is_never_shipped_is_judged_three_times_and_its_product_banned() -> None:
    shop = ids.new_id()
    order_id = late(shop)

    seen = []
    for hours in (0, 0.001, 24, 24.001, 48.001, 200):
        sweep(after(hours))
        seen.append((len(made(order_id)), banned(shop)))

    assert seen == [(0, set()), (1, set()), (1, set()), (2, set()), (3, {"P1"}), (3, {"P1"})]
    assert made(order_id) == [(1, 1, 0), (1, 2, 24), (1, 3, 48)]
    assert head(order_id).judge_due_at is None


def test_a_judge_that_was_down_for_days_changes_nothing_but_the_time_of_writing() -> None:
    punctual, waiting = late(), late()
    for hours in (0.1, 24.1, 48.1):
        sweep(after(hours))
    Order.objects.filter(id=waiting).update(judge_due_at=D, judged_count=0, last_judged_at=None)
    forgotten = late()
    sweep(after(100))

    assert made(forgotten) == made(punctual)
    assert set(Judgement.objects.filter(order_id=forgotten).values_list("recorded_at", flat=True)) == {after(100)}


def test_what_is_written_says_what_was_judged_by_and_which_day_it_was() -> None:
    order_id = late(due=after(14.5))
    sweep(after(15))

    judgement = Judgement.objects.get(order_id=order_id)
    violation = Violation.objects.get(id=judgement.id)
    assert judgement.facts == {"ship_by_at": "2022-06-01T16:30:00+00:00", "promise_kind": "H48", "paid_fen": 19900}
    assert (judgement.day, judgement.policy) == (date(2022, 6, 2), POLICY.version)
    assert (violation.state, violation.money, violation.deducted_fen) == ("OPEN", "PENDING", 0)
    assert (violation.at, violation.day, violation.order_no) == (judgement.at, judgement.day, judgement.order_no)


def test_only_products_of_lines_that_were_late_are_banned() -> None:
    shop = ids.new_id()
    late(
        shop,
        lines=[
            {"product_id": "late"},
            {"product_id": "left", "shipped_quantity": 1},
            {"product_id": "refunded", "refunded_quantity": 1},
            {"product_id": "later", "ship_by_at": after(60)},
            {"product_id": ""},
        ],
    )
    sweep(after(50))

    assert banned(shop) == {"late"}


def test_a_reversed_judgement_does_not_count_towards_a_ban() -> None:
    shop = ids.new_id()
    order_id = late(shop)
    sweep(after(30))
    Violation.objects.filter(order_id=order_id, ordinal=1).update(state="REVERSED")
    sweep(after(50))

    assert (standing(order_id), banned(shop)) == ([(2, 24), (3, 48)], set())


def test_a_refund_that_is_talked_about_keeps_the_judge_away_until_it_ends() -> None:
    micros = [int(after(hours).timestamp()) * 1_000_000 for hours in (-1, 30)]
    order_id = late(judge_pauses=micros, judge_due_at=after(48))
    sweep(after(80))

    assert made(order_id) == [(1, 1, 48), (1, 2, 72)]


def test_an_order_that_cannot_be_judged_is_put_off_and_its_neighbors_are_judged() -> None:
    strange, neighbor = late(late_policy="late-shipment/nowhere/1"), late(judge_pauses=None)
    Order.objects.filter(id__in=[strange, neighbor]).update(bucket=3)
    judge.step(3, after(1))

    assert (made(strange), made(neighbor)) == ([], [(1, 1, 0)])
    assert head(strange).judge_due_at == after(2)
    assert SweepFault.objects.filter(concern="judging", subject_id=strange).exists()

    Order.objects.filter(id=strange).update(late_policy=POLICY.version)
    judge.step(3, after(3))
    assert made(strange) == [(1, 1, 0)]
    assert not SweepFault.objects.filter(concern="judging", subject_id=strange).exists()


# --- What was owed when an order changed ------------------------------------------------------------------------------


def ship(order_id: int) -> None:
    """Ship an order as its own services do: what is owed is kept, then the facts change."""
    judge.owed.keep(raw(), [order_id], now=after(30))
    OrderLine.objects.filter(order_id=order_id).update(shipped_quantity=1)
    Order.objects.filter(id=order_id).update(ship_by_at=None, judge_due_at=None, state="SHIPPED")


def test_what_had_fallen_due_before_an_order_was_shipped_is_judged_by_a_late_judge() -> None:
    order_id, other = late(), late()
    ship(order_id)
    assert (head(order_id).judged_count, made(order_id)) == (2, [])
    sweep(after(100))

    assert made(order_id) == [(1, 1, 0), (1, 2, 24)]
    assert made(other) == [(1, 1, 0), (1, 2, 24), (1, 3, 48)]


def test_what_is_owed_is_kept_once_and_nothing_is_when_the_judge_was_there() -> None:
    order_id = late()
    sweep(after(30))
    ship(order_id)
    ship(order_id)
    sweep(after(100))

    assert made(order_id) == [(1, 1, 0), (1, 2, 24)]


def test_an_owed_third_judgement_bans_what_was_late_when_the_order_was_shipped() -> None:
    shop = ids.new_id()
    order_id = late(shop)
    judge.owed.keep(raw(), [order_id], now=after(50))
    OrderLine.objects.filter(order_id=order_id).update(shipped_quantity=1)
    Order.objects.filter(id=order_id).update(ship_by_at=None, judge_due_at=None)
    sweep(after(60))

    assert banned(shop) == {"P1"}
