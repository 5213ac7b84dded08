"""Two workers warn at once: each order once, all in the one notice of the round."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections, transaction

from tests.orders import world
from tests.orders.test_warnings import sweep, told
from yidao.kit import ids
from yidao.orders.models import Order


def test_two_workers_at_once_warn_of_each_order_once(committed_db: None) -> None:
    shop = ids.new_id()
    with transaction.atomic():
        for _ in range(20):
            world.place(shop, paid="06-18 10:05")
    gate = threading.Barrier(2)

    def work() -> None:
        gate.wait()
        try:
            sweep("06-20 09:00")
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(work) for _ in range(2)]:
            running.result(30)

    assert told(shop) == [{"count": 20, "60m": 20}]
    Order.objects.filter(shop_id=shop).update(warn_due_at=None, judge_due_at=None, close_due_at=None)
