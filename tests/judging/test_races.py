"""Two at once: judged once, settled once, taken back once, whoever is faster, and the books agree."""

from datetime import datetime, timedelta

import pytest
from django.db.models import Count, Sum

from tests.judging.test_reversal import rich
from tests.judging.world import D, after, banned, late, made, standing, sweep
from tests.orders import life, world
from tests.parcels.test_nudge_races import at_once
from yidao.accounts.actors import SYSTEM
from yidao.judging import judge, reversal, reversal_jobs, settling
from yidao.judging.models import Penalty, ReversalJob, Violation
from yidao.kit import db, ids, sweeps
from yidao.ledger.models import LedgerAccount, LedgerEntry
from yidao.orders import raw

DEPOSIT_FEN = 500_00


def both(now: datetime) -> None:
    """Judge and settle everything that is due."""
    sweeps.sweep_until_quiet([judge.CONCERN, settling.CONCERN], now=now)


def balances(shop: int) -> dict[str, int]:
    """Return a shop's balances, which are the sums of its entries."""
    found = dict(LedgerAccount.objects.filter(organisation_id=shop).values_list("kind", "balance_fen"))
    sums = LedgerEntry.objects.filter(organisation_id=shop).values("account_kind").annotate(fen=Sum("amount_fen"))
    assert all(found[each["account_kind"]] == each["fen"] for each in sums)
    return found


def fund(shop: int) -> int:
    with db.transaction(SYSTEM):
        return rich(shop, DEPOSIT_FEN)


def back(**chosen) -> None:
    """Take back in a transaction of its own."""
    with db.transaction(SYSTEM):
        reversal.reverse(raw.plain(), now=after(60), **chosen)


def test_two_judges_at_once_judge_each_order_once(committed_db) -> None:
    shop = ids.new_id()
    orders = [late(shop, lines=[{"product_id": f"P{number % 3}"}]) for number in range(60)]
    for moment in (after(1), after(30), after(60)):
        at_once(*[lambda now=moment: sweep(now)] * 2)

    assert [made(each) for each in orders] == [[(1, 1, 0), (1, 2, 24), (1, 3, 48)]] * 60
    assert Violation.objects.filter(shop_id=shop).count() == 180
    assert banned(shop) == {"P0", "P1", "P2"}


def test_two_judges_and_two_settlers_at_once_make_and_deduct_everything_once(committed_db) -> None:
    shop = fund(ids.new_id())
    orders = [late(shop, due=D + timedelta(minutes=number)) for number in range(60)]
    for moment in map(after, (1, 16.5, 25, 40.5, 60, 90)):
        at_once(*[lambda now=moment: both(now)] * 2)

    deducted = Penalty.objects.filter(shop_id=shop, kind="DEDUCTION", amount_fen__gt=0)
    days = deducted.values("day").annotate(count=Count("id"), fen=Sum("amount_fen")).order_by("day")
    assert [(each["count"], each["fen"]) for each in days] == [(50, 500_00), (50, 500_00)]
    assert Violation.objects.filter(shop_id=shop, money="CAPPED").count() == 20
    assert Violation.objects.filter(shop_id=shop, money="OVER_ORDER").count() == 60
    assert len(orders) == 60
    assert (balances(shop)["DEPOSIT"], balances(shop)["DEBT"]) == (0, -500_00)


@pytest.mark.parametrize("cause", ["RELIEF", "APPEAL"])
def test_the_same_judgement_taken_back_twice_at_once_comes_back_once(committed_db, cause) -> None:
    shop = fund(ids.new_id())
    order_id = late(shop)
    both(after(40.5))
    both(after(60))
    (first, *_) = Violation.objects.filter(order_id=order_id).order_by("at").values_list("id", flat=True)

    at_once(*[lambda: back(judgement_ids=[first], cause=cause)] * 3)

    assert standing(order_id) == [(2, 24), (3, 48)]
    assert balances(shop)["DEPOSIT"] == DEPOSIT_FEN - 10_00


def test_settling_and_taking_back_at_once_leave_no_money_behind(committed_db) -> None:
    shop = fund(ids.new_id())
    orders = [late(shop) for _ in range(30)]
    sweep(after(10))

    at_once(lambda: both(after(16.5)), lambda: back(order_ids=orders, cause="RELIEF"), lambda: both(after(16.5)))

    assert set(Violation.objects.filter(shop_id=shop).values_list("state", flat=True)) == {"REVERSED"}
    assert set(Violation.objects.filter(shop_id=shop).values_list("money", flat=True)) <= {"REFUNDED", "WAIVED"}
    assert balances(shop)["DEPOSIT"] == DEPOSIT_FEN
    assert (Penalty.objects.filter(shop_id=shop).aggregate(fen=Sum("amount_fen"))["fen"] or 0) == 0


def test_a_job_run_twice_at_once_takes_everything_back_once(committed_db, monkeypatch) -> None:
    monkeypatch.setattr(reversal, "ORDERS_MAX", 7)
    shop = fund(ids.new_id())
    orders = [late(shop) for _ in range(40)]
    both(after(16.5))
    selection = {
        "kind": "LATE_SHIPMENT",
        "from_at": D.isoformat(),
        "until_at": after(1).isoformat(),
        "shop_id": str(shop),
    }
    job = ReversalJob.objects.create(
        id=ids.new_id(), cause="RELIEF", selection=selection, created_at=after(17), changed_at=after(17)
    )

    at_once(*[lambda: reversal_jobs.run(job.id, now=after(17))] * 2)

    job.refresh_from_db()
    assert (job.state, job.orders_done, job.judgements_done) == ("DONE", 40, 40)
    assert balances(shop)["DEPOSIT"] == DEPOSIT_FEN
    assert {len(standing(each)) for each in orders} == {0}


@pytest.mark.parametrize("round_", range(3))
def test_shipping_and_judging_at_once_judge_what_had_fallen_due_before(committed_db, round_) -> None:
    shop = life.fresh_shop()
    orders = [world.place(shop, paid="06-18 10:00") for _ in range(10)]

    def ship() -> None:
        for each in orders:
            with db.transaction(SYSTEM):
                life.ship(each, "06-21 11:00")

    at_once(ship, lambda: sweep(world.moment("06-21 11:00")), lambda: sweep(world.moment("06-21 11:00")))
    sweep(world.moment("06-30 10:00"))

    rows = Violation.objects.filter(shop_id=shop).values("order_id").annotate(count=Count("id"))
    assert [each["count"] for each in rows] == [2] * 10


def test_an_owed_judgement_is_never_made_after_its_own_reversal(committed_db) -> None:
    orders = [late() for _ in range(20)]
    with db.transaction(SYSTEM):
        judge.owed.keep(raw.plain(), orders, now=after(30))

    at_once(lambda: sweep(after(30)), *[lambda: back(order_ids=orders, cause="RELIEF")] * 2)
    sweep(after(30))

    assert [standing(each) for each in orders] == [[]] * 20
    assert [len(made(each)) for each in orders] == [3] * 20
