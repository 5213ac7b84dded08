"""Late orders as the judge finds them, written directly, and what was made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from tests.orders import planting
from yidao.judging import judge
from yidao.judging.models import Judgement, ProductBan, Violation
from yidao.kit import ids, sweeps
from yidao.orders.models import Order
from yidao.rules.late_shipment import LATE_SHIPMENT_DOUYIN_2022

POLICY = LATE_SHIPMENT_DOUYIN_2022
D = datetime(2022, 6, 1, 2, 0, tzinfo=UTC)
"""2022-06-01 10:00 in Shanghai."""
HOUR = timedelta(hours=1)


def after(hours: float) -> datetime:
    """Return the moment some hours after D."""
    return D + hours * HOUR


def late(shop: int | None = None, *, due: datetime = D, **more: Any) -> int:
    """Plant one order whose latest ship time is `due`, with a number nobody else has."""
    id_ = ids.new_id()
    number = str(id_)
    own = {
        "late_policy": POLICY.version,
        "judge_due_at": due,
        "bucket": sweeps.bucket_of(number),
        "paid": due - 48 * HOUR,
        "buyer": None,
    }
    return planting.order(shop or ids.new_id(), number, due=due, **(own | more))


def sweep(now: datetime) -> int:
    """Judge everything that is due, until nothing is."""
    return sweeps.sweep_until_quiet([judge.CONCERN], now=now)[judge.CONCERN_NAME]


def made(order_id: int) -> list[tuple[int, int, float]]:
    """Return the judgements of an order: round, ordinal and hours since D."""
    rows = (
        Judgement.objects.filter(order_id=order_id).order_by("round", "ordinal").values_list("round", "ordinal", "at")
    )
    return [(round_, ordinal, (at - D) / HOUR) for round_, ordinal, at in rows]


def standing(order_id: int) -> list[tuple[int, float]]:
    """Return the judgements of an order that still count."""
    rows = (
        Violation.objects.filter(order_id=order_id)
        .exclude(state="REVERSED")
        .order_by("at")
        .values_list("ordinal", "at")
    )
    return [(ordinal, (at - D) / HOUR) for ordinal, at in rows]


def head(order_id: int) -> Order:
    """Return an order's head as it stands."""
    return Order.objects.get(id=order_id)


def banned(shop_id: int) -> set[str]:
    """Return the products a shop may not sell."""
    return set(ProductBan.objects.filter(shop_id=shop_id, lifted_at=None).values_list("product_id", flat=True))


def raw() -> Any:
    """Return the plain connection under Django's."""
    connection.ensure_connection()
    return connection.connection
