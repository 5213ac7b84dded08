"""Taking judgements back: whole, once, with money and bans, and the next round where D moved."""

from datetime import timedelta

import pytest

from tests.judging.world import HOUR, D, after, banned, head, late, made, raw, standing, sweep
from yidao.judging import bans, judge, reversal, settling
from yidao.judging.models import Penalty, ProductBan, Reversal, Violation
from yidao.judging.reversal import Reversed
from yidao.kit import ids, sweeps
from yidao.ledger import posting
from yidao.ledger.models import LedgerAccount, LedgerEntry, LedgerTransfer
from yidao.orders.models import DeadlineChange, Order, OrderLine

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def settle(now) -> None:
    sweeps.sweep_until_quiet([settling.CONCERN], now=now)


def rich(shop: int, fen: int = 500_00) -> int:
    """Give a shop a deposit."""
    legs = (posting.Leg(shop, "DEPOSIT", fen), posting.Leg(shop, "TOPUP_CLEARING", -fen))
    posting.post(raw(), [posting.Transfer(kind="TOP_UP", ref=f"test/{shop}", at=D, entries=legs)], now=D)
    return shop


def balance(shop: int, kind: str = "DEPOSIT") -> int:
    entries = LedgerEntry.objects.filter(organisation_id=shop, account_kind=kind)
    assert (
        sum(entries.values_list("amount_fen", flat=True))
        == LedgerAccount.objects.get(organisation_id=shop, kind=kind).balance_fen
    )
    return LedgerAccount.objects.get(organisation_id=shop, kind=kind).balance_fen


def move_d(order_id: int, *, to, now) -> Reversed:
    """Move D as a granted report does."""
    old = head(order_id).ship_by_at
    DeadlineChange.objects.create(
        id=ids.new_id(), order_id=order_id, line_no=1, cause="REPORT", old_at=old, new_at=to, at=now
    )
    OrderLine.objects.filter(order_id=order_id).update(ship_by_at=to)
    Order.objects.filter(id=order_id).update(ship_by_at=to)
    return reversal.reverse(raw(), order_ids=[order_id], cause="DEADLINE_MOVED", cause_ref="report/1", now=now)


def win(order_id: int, ordinal: int, *, now) -> Reversed:
    judgement = Violation.objects.get(order_id=order_id, ordinal=ordinal)
    return reversal.reverse(raw(), judgement_ids=[judgement.id], cause="APPEAL", cause_ref="appeal/1", now=now)


def test_a_granted_report_takes_back_both_judgements_and_their_money_and_begins_a_round() -> None:
    shop = rich(ids.new_id())
    order_id = late(shop)
    sweep(after(1))
    settle(after(16.5))
    sweep(after(25))
    assert (standing(order_id), balance(shop)) == ([(1, 0), (2, 24)], 490_00)

    found = move_d(order_id, to=D + WEEK, now=after(26))

    assert found == Reversed(orders=1, judgements=2, fen=10_00, bans=0)
    assert (standing(order_id), balance(shop)) == ([], 500_00)
    assert (head(order_id).judge_round, head(order_id).judged_count, head(order_id).judge_due_at) == (2, 0, D + WEEK)
    assert set(Violation.objects.filter(order_id=order_id).values_list("ordinal", "money")) == {
        (1, "REFUNDED"),
        (2, "WAIVED"),
    }
    sweep(D + WEEK + HOUR)
    assert made(order_id) == [(1, 1, 0), (1, 2, 24), (2, 1, 168)]


def test_taking_back_twice_is_taking_back_once() -> None:
    shop = rich(ids.new_id())
    order_id = late(shop)
    sweep(after(25))
    settle(after(40.5))
    first = reversal.reverse(raw(), order_ids=[order_id], cause="RELIEF", cause_ref="relief/1", now=after(41))
    rows = Penalty.objects.filter(order_id=order_id).count(), Reversal.objects.count()
    again = reversal.reverse(raw(), order_ids=[order_id], cause="OPERATOR", cause_ref="by hand", now=after(42))

    assert (first.judgements, first.fen, again) == (2, 20_00, Reversed())
    assert (Penalty.objects.filter(order_id=order_id).count(), Reversal.objects.count()) == rows
    assert balance(shop) == 500_00
    assert sum(Penalty.objects.filter(order_id=order_id).values_list("amount_fen", flat=True)) == 0
    assert sum(Penalty.objects.filter(order_id=order_id).values_list("points_tenths", flat=True)) == 0


def test_the_statement_says_what_money_that_comes_back_had_been_taken_for() -> None:
    shop = rich(ids.new_id())
    order_id = late(shop)
    sweep(after(1))
    settle(after(16.5))
    reversal.reverse(raw(), order_ids=[order_id], cause="RELIEF", now=after(20))

    newest = LedgerTransfer.objects.filter(ref__startswith="penalty/").latest("id")
    assert newest.memo == {
        "order_no": head(order_id).order_no,
        "day": "2022-06-01",
        "kind": "LATE_SHIPMENT",
        "ordinal": 1,
    }


def test_a_relief_that_moves_nothing_does_not_let_the_order_be_judged_again_for_the_same() -> None:
    order_id = late()
    sweep(after(25))
    reversal.reverse(raw(), order_ids=[order_id], cause="RELIEF", now=after(26))
    sweep(after(100))

    assert (standing(order_id), head(order_id).judge_round) == ([(3, 48)], 1)


def test_an_appeal_wins_its_judgement_its_money_and_the_ban() -> None:
    shop = rich(ids.new_id())
    order_id = late(shop)
    sweep(after(50))
    settle(after(100))
    assert (balance(shop), banned(shop)) == (480_00, {"P1"})

    found = win(order_id, 2, now=after(101))

    assert found == Reversed(orders=1, judgements=1, fen=10_00, bans=1)
    assert (standing(order_id), balance(shop), banned(shop)) == ([(1, 0), (3, 48)], 490_00, set())
    lifted = ProductBan.objects.get(shop_id=shop)
    assert (lifted.lifted_cause, lifted.lifted_at) == ("APPEAL", after(101))


def test_a_ban_holds_while_another_order_causes_it() -> None:
    shop = ids.new_id()
    first, second = late(shop, bucket=9), late(shop, due=after(1), bucket=3)
    sweep(after(50))
    assert ProductBan.objects.get(shop_id=shop).order_id == first

    win(first, 1, now=after(51))
    assert ProductBan.objects.get(shop_id=shop, lifted_at=None).order_id == second
    win(second, 1, now=after(52))
    assert banned(shop) == set()


def test_an_operator_lifts_a_ban_for_good_and_a_later_order_may_bring_it_back() -> None:
    shop = ids.new_id()
    first, later = late(shop), late(shop, due=after(20))
    sweep(after(50))
    ban = ProductBan.objects.get(shop_id=shop)
    assert bans.lift(raw(), [ban.id], cause="OPERATOR", now=after(51), user_id=7) == 1
    assert bans.lift(raw(), [ban.id], cause="OPERATOR", now=after(52), user_id=7) == 0
    assert bans.banned(raw(), [(shop, "P1"), (shop, "P2")]) == set()

    sweep(after(80))

    assert bans.banned(raw(), [(shop, "P1"), (shop, "P2"), (shop + 1, "P1")]) == {(shop, "P1")}
    assert [made(first)[-1], made(later)[-1]] == [(1, 3, 48), (1, 3, 68)]


def test_money_that_was_a_debt_pays_the_debt_when_it_comes_back() -> None:
    shop = rich(ids.new_id(), 5_00)
    order_id = late(shop)
    sweep(after(10))
    settle(after(16.5))
    assert (balance(shop), balance(shop, "DEBT")) == (0, -5_00)

    win(order_id, 1, now=after(49))

    assert (balance(shop), balance(shop, "DEBT")) == (5_00, 0)


def test_a_late_judge_has_nothing_left_to_reverse_when_d_moved_before_he_came() -> None:
    punctual, forgotten = late(), late()
    Order.objects.filter(id=forgotten).update(bucket=0, judge_due_at=None)
    sweep(after(25))
    Order.objects.filter(id=forgotten).update(judge_due_at=D)
    judge.owed.keep(raw(), [forgotten], now=after(26))

    found = [move_d(each, to=D + WEEK, now=after(26)) for each in (punctual, forgotten)]
    sweep(D + WEEK + HOUR)

    assert found == [Reversed(orders=1, judgements=2)] * 2
    assert made(forgotten) == made(punctual) == [(1, 1, 0), (1, 2, 24), (2, 1, 168)]


def test_a_new_d_that_is_past_already_takes_back_what_the_old_one_brought_and_never_makes_a_fourth() -> None:
    order_id = late()
    sweep(after(25))

    assert move_d(order_id, to=after(2), now=after(25)) == Reversed(orders=1, judgements=2)
    sweep(after(100))
    assert standing(order_id) == [(1, 2), (2, 26), (3, 50)]


def test_what_another_part_was_judged_for_counts_in_the_round_of_a_part_with_more_time() -> None:
    order_id = late()
    sweep(after(26))
    # The late part is shipped; another one, due 30 hours after it, is late too, and is granted a week then.
    Order.objects.filter(id=order_id).update(ship_by_at=after(30), judge_due_at=after(54))
    sweep(after(55))
    assert standing(order_id) == [(1, 0), (2, 24), (3, 54)]

    assert move_d(order_id, to=D + WEEK, now=after(56)) == Reversed(orders=1, judgements=1, bans=1)
    assert (head(order_id).judge_round, head(order_id).judged_count, head(order_id).judge_due_at) == (2, 2, D + WEEK)
    sweep(D + 3 * WEEK)
    assert standing(order_id) == [(1, 0), (2, 24), (3, 168)]


def test_more_time_for_one_part_leaves_what_another_part_was_judged_for() -> None:
    order_id = late()
    sweep(after(10))
    # The late part is shipped; another one, due 30 hours later, is granted a week.
    Order.objects.filter(id=order_id).update(ship_by_at=after(30), judge_due_at=after(30))

    assert move_d(order_id, to=D + WEEK, now=after(11)) == Reversed()
    assert (standing(order_id), head(order_id).judge_round) == ([(1, 0)], 1)
