"""What a day's judgements take, from the sweep down to the books."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections

from tests.judging import world
from tests.judging.world import HOUR, after, late, sweep
from tests.ledger import books
from tests.web import cast
from yidao.judging import opening, settling
from yidao.judging.models import Penalty, Violation
from yidao.judging.opening import NewJudgement
from yidao.judging.settlement_models import SettlementDay, SettlementHold
from yidao.kit import ids, sweeps
from yidao.notices.models import Notice
from yidao.rules.instants import instant
from yidao.rules.late_shipment import LATE_SHIPMENT_COUPON_2023

DAY = date(2022, 6, 1)
NEXT_NIGHT = datetime(2022, 6, 1, 18, 0, tzinfo=UTC)
"""2022-06-02 02:00 in Shanghai, from when the judgements of the first are settled."""


def settle(shop: int, now: datetime = NEXT_NIGHT) -> int:
    """Settle what is due of one shop; other tests left shops of their own."""
    due = settling.due_days(sweeps.bucket_of(str(shop)), now=now)
    return sum(settling.settle_part(each, day, now=now) for each, day in due if each == shop)


def faults(shop: int) -> int:
    found = world.raw().execute("SELECT 1 FROM sweep_fault WHERE concern = 'settlement' AND subject_id = %s", (shop,))
    return len(found.fetchall())


def outcomes(shop: int) -> Counter[tuple[str, int, str]]:
    rows = Penalty.objects.filter(shop_id=shop, kind="DEDUCTION").values_list("kind", "amount_fen", "cause")
    return Counter((kind, amount, cause) for kind, amount, cause in rows)


def money(shop: int) -> Counter[str]:
    return Counter(Violation.objects.filter(shop_id=shop).values_list("money", flat=True))


def judged(shop: int, count: int, **more: object) -> list[int]:
    orders = [late(shop, **more) for _ in range(count)]  # type: ignore[arg-type]
    sweep(after(1))
    return orders


def test_sixty_late_orders_take_fifty_times_ten_yuan(committed_db: None) -> None:
    shop = int(ids.new_id())
    judged(shop, 60)
    books.top_up(world.raw(), shop, 1_000_00)

    assert settle(shop, NEXT_NIGHT - timedelta(microseconds=1)) == 0
    assert settle(shop) == 60
    assert settle(shop) == 0

    assert outcomes(shop) == {("DEDUCTION", 1000, ""): 50, ("DEDUCTION", 0, "CAP"): 10}
    assert money(shop) == {"DEDUCTED": 50, "CAPPED": 10}
    assert books.balances(world.raw(), shop) == {"DEPOSIT": 500_00, "PENALTY": 500_00, "TOPUP_CLEARING": -1_000_00}
    day = SettlementDay.objects.get(shop_id=shop, day=DAY)
    assert (day.judgements, day.deducted, day.capped, day.deducted_fen) == (60, 50, 10, 500_00)
    assert Penalty.objects.filter(shop_id=shop, kind="POINTS", points_tenths=1).count() == 20


def test_an_order_pays_twice_and_its_third_judgement_nothing(committed_db: None) -> None:
    shop = int(ids.new_id())
    late(shop)
    sweep(after(100))

    assert settle(shop, after(24 * 5)) == 3

    rows = (
        Penalty.objects.filter(shop_id=shop, kind="DEDUCTION").order_by("day").values_list("day", "amount_fen", "cause")
    )
    days = [DAY + timedelta(days=each) for each in range(3)]
    assert list(rows) == [(days[0], 1000, ""), (days[1], 1000, ""), (days[2], 0, "ORDER_MAX")]


def test_what_the_deposit_does_not_reach_is_a_debt_that_everybody_hears_of(committed_db: None) -> None:
    platform = cast.organisation(cast.Kind.PLATFORM, "平台")
    shop = int(cast.organisation(cast.Kind.SHOP, "穷店"))
    judged(shop, 3)
    books.top_up(world.raw(), shop, 15_00)

    settle(shop)

    assert books.balances(world.raw(), shop)["DEBT"] == -15_00
    told = set(Notice.objects.filter(organisation_id=shop).values_list("kind", flat=True))
    assert {"settlement.booked", "settlement.debt"} <= told
    assert Notice.objects.filter(organisation_id=platform, kind="settlement.debts").count() == 1
    assert Notice.objects.get(organisation_id=shop, kind="settlement.debt").params["fen"] == 15_00


def test_a_held_shop_waits_and_is_settled_under_its_own_day_when_the_hold_is_lifted(committed_db: None) -> None:
    shop = int(ids.new_id())
    judged(shop, 2)
    hold = SettlementHold.objects.create(id=ids.new_id(), shop_id=shop, reason="flood", held_at=after(2))

    assert settle(shop) == 0
    SettlementHold.objects.filter(id=hold.id).update(lifted_at=after(19))
    assert settle(shop, after(20)) == 2

    assert set(Penalty.objects.filter(shop_id=shop).values_list("day", flat=True)) == {DAY}


def test_a_held_violation_waits_alone(committed_db: None) -> None:
    shop = int(ids.new_id())
    judged(shop, 2)
    first = Violation.objects.filter(shop_id=shop).order_by("id").values_list("id", flat=True)[0]
    settling.hold_violations(world.raw(), [first], ref="report/1", now=after(2))

    assert settle(shop) == 1
    assert money(shop) == {"HELD": 1, "DEDUCTED": 1}
    settling.release(world.raw(), ref="report/1")
    assert settle(shop, after(20)) == 1
    assert money(shop) == {"DEDUCTED": 2}


def test_a_judgement_that_comes_late_is_settled_under_its_day_with_what_is_left(committed_db: None) -> None:
    shop = int(ids.new_id())
    judged(shop, 49)
    settle(shop)
    judged(shop, 3)

    assert settle(shop, after(30)) == 3
    assert outcomes(shop) == {("DEDUCTION", 1000, ""): 50, ("DEDUCTION", 0, "CAP"): 2}


def test_a_shop_waits_while_the_judge_still_owes_it_judgements(committed_db: None) -> None:
    shop = int(ids.new_id())
    judged(shop, 1)
    late(shop)

    assert settle(shop) == 0
    sweep(after(17))
    assert settle(shop) == 2


def test_a_coupon_goes_to_the_buyer_with_the_first_judgement_only(committed_db: None) -> None:
    shop = int(ids.new_id())
    late(shop, late_policy=LATE_SHIPMENT_COUPON_2023.version, paid_fen=1234_56)
    sweep(after(100))

    settle(shop, after(24 * 5))

    rows = Penalty.objects.filter(shop_id=shop, kind__in=("COUPON", "DEDUCTION")).values_list("kind", "amount_fen")
    assert list(rows) == [("COUPON", 12_34)]
    assert money(shop) == {"DEDUCTED": 1, "NONE": 2}
    assert books.balances(world.raw(), shop) == {"COMPENSATION": 12_34, "DEBT": -12_34}


def test_another_kind_of_violation_costs_what_its_facts_say(committed_db: None) -> None:
    shop = int(ids.new_id())
    facts = {"deduction_fen": 500_00, "day_cap_fen": 1_200_00}
    told = [
        NewJudgement(
            shop_id=shop,
            order_id=int(ids.new_id()),
            order_no=f"N{number}",
            kind="FALSE_SHIPMENT",
            round=1,
            ordinal=1,
            at=instant(after(number)),
            policy="false-shipment/douyin-2021/1",
            facts=facts,
        )
        for number in range(3)
    ]
    opening.open(world.raw(), told, now=after(5))

    settle(shop)

    assert outcomes(shop) == {("DEDUCTION", 500_00, ""): 2, ("DEDUCTION", 0, "CAP"): 1}


def test_a_day_that_cannot_be_settled_is_put_off_and_the_others_are_not(committed_db: None) -> None:
    bad, good = int(ids.new_id()), int(ids.new_id())
    judged(bad, 1)
    judged(good, 1)
    Violation.objects.filter(shop_id=bad).update(policy="late-shipment/nobody/9")

    assert (settle(bad), settle(good)) == (0, 1)
    assert settle(bad) == 0

    assert (money(bad), money(good)) == ({"PENDING": 1}, {"DEDUCTED": 1})
    assert SettlementDay.objects.get(shop_id=bad, day=DAY).retry_at == NEXT_NIGHT + HOUR
    Violation.objects.filter(shop_id=bad).update(policy=world.POLICY.version)
    assert faults(bad) == 1
    assert settle(bad, NEXT_NIGHT + HOUR) == 1
    assert faults(bad) == 0


@pytest.mark.parametrize("round_", range(3))
def test_two_settlers_at_once_book_each_judgement_once(committed_db: None, round_: int) -> None:
    shops = [int(ids.new_id()) for _ in range(4)]
    for shop in shops:
        judged(shop, 55)
    both, faults = threading.Barrier(2, timeout=20), list[BaseException]()

    def work() -> None:
        try:
            both.wait()
            for shop in shops:
                settle(shop)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert faults == []
    for shop in shops:
        assert outcomes(shop) == {("DEDUCTION", 1000, ""): 50, ("DEDUCTION", 0, "CAP"): 5}
        assert books.balances(world.raw(), shop) == {"PENALTY": 500_00, "DEBT": -500_00}
        assert books.faults(world.raw(), shop) == []
