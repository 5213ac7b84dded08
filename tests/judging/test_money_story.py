"""
Sixty orders of one shop fall late on one day: judged, settled under the cap, partly won back, and the books agree all
the way, from the real entry of orders on.
"""

from collections import Counter
from datetime import datetime, timedelta

from tests.judging.world import raw
from tests.ledger import books
from tests.orders import world as orders
from yidao.judging import judge, reversal, settling
from yidao.judging.models import Penalty, Violation
from yidao.judging.settlement_models import SettlementDay
from yidao.kit import ids, sweeps
from yidao.ledger import proof

PAID, DUE = "06-18 10:00", "06-20 10:00"


def sweep(now: datetime) -> None:
    sweeps.sweep_until_quiet((judge.CONCERN, settling.CONCERN, proof.CONCERN), now=now)


def money(shop: int) -> Counter[str]:
    return Counter(Violation.objects.filter(shop_id=shop).values_list("money", flat=True))


def faults() -> set[tuple[str, int]]:
    """Return what does not agree; other tests leave books behind that no penalty asked for."""
    return set(proof.prove(raw(), now=orders.moment(DUE)).faults)


def test_sixty_late_orders_from_judgement_to_money_back(db: None) -> None:
    shop = int(ids.new_id())
    before = faults()
    books.top_up(raw(), shop, 400_00)
    placed = [orders.place(shop, paid=PAID) for _ in range(60)]

    sweep(orders.moment(DUE))
    assert money(shop) == {}
    sweep(orders.moment(DUE) + timedelta(minutes=1))
    assert money(shop) == {"PENDING": 60}

    sweep(orders.moment("06-21 01:59"))
    assert money(shop) == {"PENDING": 60}
    sweep(orders.moment("06-21 02:00"))
    assert money(shop) == {"DEDUCTED": 50, "CAPPED": 10}
    assert books.balances(raw(), shop) == {"DEBT": -100_00, "PENALTY": 500_00, "TOPUP_CLEARING": -400_00}

    won = list(Violation.objects.filter(shop_id=shop, money="DEDUCTED").values_list("id", flat=True)[:12])
    now = orders.moment("06-21 09:00")
    for _ in range(2):
        reversal.reverse(raw(), judgement_ids=won, cause="APPEAL", now=now)
    sweep(now)
    assert money(shop) == {"DEDUCTED": 38, "CAPPED": 10, "REFUNDED": 12}
    assert books.balances(raw(), shop) == {"DEPOSIT": 20_00, "PENALTY": 380_00, "TOPUP_CLEARING": -400_00}

    sweep(orders.moment("06-25 03:00"))
    days = SettlementDay.objects.filter(shop_id=shop).order_by("day")
    assert all(each.deducted_fen <= 500_00 for each in days)
    standing = Penalty.objects.filter(shop_id=shop, kind="DEDUCTION").values_list("order_id", "amount_fen")
    taken: Counter[int] = Counter()
    for order_id, amount in standing:
        taken[order_id] += amount
    assert max(taken.values()) <= 20_00
    assert set(taken) <= set(placed)
    assert books.sums(raw(), shop) == books.balances(raw(), shop)
    assert books.faults(raw(), shop) == []
    assert faults() == before
