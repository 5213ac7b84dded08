"""Two at once: every judgement is made once, whoever is faster."""

from tests.judging.world import after, banned, late, made, sweep
from tests.parcels.test_nudge_races import at_once
from yidao.judging.models import Violation
from yidao.kit import ids


def test_two_judges_at_once_judge_each_order_once(committed_db) -> None:
    shop = ids.new_id()
    orders = [late(shop, lines=[{"product_id": f"P{number % 3}"}]) for number in range(60)]
    for moment in (after(1), after(30), after(60)):
        at_once(*[lambda now=moment: sweep(now)] * 2)

    assert [made(each) for each in orders] == [[(1, 1, 0), (1, 2, 24), (1, 3, 48)]] * 60
    assert Violation.objects.filter(shop_id=shop).count() == 180
    assert banned(shop) == {"P0", "P1", "P2"}
