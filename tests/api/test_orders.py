"""GET /v1/orders: the rows of the pages by a cursor, one order by its number, the buyer masked."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.test_parcels import read, token_of
from tests.orders import planting
from tests.orders.planting import NOW
from tests.web.cast import Cast
from yidao.kit.models import DemoClock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock_stands(db: Any) -> None:
    """Let business time stand at noon of 2022-06-20 in Shanghai."""
    DemoClock.objects.update_or_create(
        id=1, defaults={"base_real": NOW, "base_sim": NOW, "rate": 1.0, "is_running": False}
    )


def numbers(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.content
    return [row["order_no"] for row in reply.json()["data"]]


def test_pages_follow_each_other_by_cursor(client: Any, cast: Cast) -> None:
    for index in range(5):
        planting.order(cast.shop, f"O{index}", paid=NOW - timedelta(hours=5 - index))
    token = token_of(cast.shop, "orders:read")

    first = read(client, "/v1/orders?limit=3", token)
    second = read(client, f"/v1/orders?limit=3&cursor={first.json()['next_cursor']}", token)

    assert numbers(first) + numbers(second) == ["O4", "O3", "O2", "O1", "O0"]
    assert second.json()["next_cursor"] is None


def test_filters_are_those_of_the_pages_under_their_own_names(client: Any, cast: Cast) -> None:
    planting.order(cast.shop, "A", state="SHIPPED", due=None, carrier="zhongtong", labels=9)
    planting.order(cast.shop, "B", promise_kind="NEXT_DAY", due=NOW + timedelta(days=3))
    token = token_of(cast.shop, "orders:read")

    for query, expected in {
        "state=SHIPPED": ["A"],
        "promise=NEXT_DAY": ["B"],
        "carrier=zhongtong": ["A"],
        "label=RESENT": ["A"],
        "order=A-1&order=X": ["A"],
        "due_from=2022-06-22": ["B"],
        "paid_until=2022-06-19": [],
    }.items():
        assert numbers(read(client, f"/v1/orders?{query}", token)) == expected, query


@pytest.mark.parametrize("query", ["state=LOST", "label=X", "due_from=2022-02-31", "carrier=nobody"])
def test_machines_are_told_what_is_unknown(client: Any, cast: Cast, query: str) -> None:
    reply = read(client, f"/v1/orders?{query}", token_of(cast.shop, "orders:read"))

    assert (reply.status_code, reply.json()["code"]) == (422, "filter.refused")


def test_the_platform_names_a_shop_or_orders(client: Any, cast: Cast) -> None:
    planting.order(cast.shop, "A")
    planting.order(cast.other_shop, "B")
    token = token_of(cast.platform, "orders:read")

    assert read(client, "/v1/orders", token).status_code == 422
    assert numbers(read(client, f"/v1/orders?shop_id={cast.shop}", token)) == ["A"]
    assert numbers(read(client, "/v1/orders?order=A&order=B", token)) == ["B", "A"]


def test_one_order_is_read_by_its_number_with_the_buyer_masked(client: Any, cast: Cast) -> None:
    order = planting.order(cast.shop, "A", state="PARTIALLY_SHIPPED", labels=1, creator_id=cast.creator)
    planting.pack(cast.shop, order, "ZT1")
    token = token_of(cast.shop, "orders:read")

    reply = read(client, "/v1/orders/A", token)

    assert reply.status_code == 200
    told = reply.json()
    assert told["buyer"] == {"name": "张**", "phone": "138****5678", "division": "330106"}
    assert (told["id"], told["labels"], told["ship_by_at"]) == (
        str(order), ["DEADLINE_CHANGED"], "2022-06-22T10:00:00+08:00",
    )  # fmt: skip
    assert told["packs"][0]["lines"] == [{"line_no": 1, "quantity": 1}]
    assert "文三路" not in reply.content.decode()


def test_an_order_of_another_shop_is_not_there(client: Any, cast: Cast) -> None:
    planting.order(cast.other_shop, "FOREIGN")
    token = token_of(cast.shop, "orders:read")

    assert read(client, "/v1/orders/FOREIGN", token).status_code == 404
    assert read(client, f"/v1/orders/FOREIGN?shop_id={cast.other_shop}", token).status_code == 404
    assert numbers(read(client, f"/v1/orders?shop_id={cast.other_shop}", token)) == []
