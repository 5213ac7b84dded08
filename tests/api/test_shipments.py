"""Shipping by machines: every item is answered, a request id ships once, and nobody ships for another shop."""

import json
from typing import Any

import pytest

from tests.intake import facts
from tests.orders import world
from tests.web.cast import Cast
from yidao.accounts import services
from yidao.kit.models import DemoClock
from yidao.orders.models import Pack

pytestmark = pytest.mark.django_db
NOW = world.moment("06-19 12:00")


@pytest.fixture(autouse=True)
def clock_stands(db: None) -> None:
    """Let business time stand at noon of 2022-06-19 in Shanghai."""
    DemoClock.objects.update_or_create(
        id=1, defaults={"base_real": NOW, "base_sim": NOW, "rate": 1.0, "is_running": False}
    )


def token_of(organisation_id: int, *scopes: str) -> str:
    _, token = services.create_credential(
        organisation_id=organisation_id, name="test", scopes=scopes or ("orders:write",), now=NOW, real_now=NOW
    )
    return token


def post(client: Any, token: str, path: str, body: Any, **headers: str) -> Any:
    return client.post(
        f"/v1/shipments{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}", **headers},
    )


def shipment(order_no: str, **more: Any) -> dict[str, Any]:
    return {
        "carrier": "zhongtong",
        "waybill_no": facts.fresh_number(),
        "orders": [{"order_no": order_no}],
    } | more


def number_of(order_id: int) -> str:
    return str(world.head(order_id).order_no)


def test_every_item_is_answered(client, cast: Cast) -> None:
    one, two = (world.place(cast.shop) for _ in range(2))
    batch = [
        shipment(number_of(one), request_id="a"),
        shipment("NO-SUCH", request_id="b"),
        shipment(number_of(two), orders=[{"order_no": number_of(two), "lines": [{"line_no": 1, "quantity": 1}]}]),
    ]

    got = post(client, token_of(cast.shop), "", {"shipments": batch})

    items = got.json()["items"]
    assert (got.status_code, [each["result"] for each in items]) == (200, ["SHIPPED", "REFUSED", "SHIPPED"])
    assert (items[1]["request_id"], items[1]["problem"]["code"]) == ("b", "shipment.unknown_order")
    assert Pack.objects.get(id=items[0]["pack_id"]).credential_id is not None


def test_a_batch_sent_again_ships_nothing_again(client, cast: Cast) -> None:
    batch = {"shipments": [shipment(number_of(world.place(cast.shop)), request_id="a")]}
    token = token_of(cast.shop)

    first, again = (post(client, token, "", batch).json()["items"][0] for _ in range(2))

    assert (first["result"], again["result"], again["pack_id"]) == ("SHIPPED", "KNOWN", first["pack_id"])


def test_nobody_ships_for_another_shop(client, cast: Cast) -> None:
    order_id = world.place(cast.shop)
    batch = {"shipments": [shipment(number_of(order_id))]}

    foreign = post(client, token_of(cast.other_shop), "", batch)
    platform = post(client, token_of(cast.platform), "", batch)
    unscoped = post(client, token_of(cast.shop, "parcels:read"), "", batch)

    assert foreign.json()["items"][0]["problem"]["code"] == "shipment.unknown_order"
    assert (platform.status_code, unscoped.status_code) == (403, 403)
    assert world.head(order_id).state == "TO_SHIP"


def test_a_number_is_changed_or_told_to_be_wrong(client, cast: Cast) -> None:
    order_id, token = world.place(cast.shop), token_of(cast.shop)
    pack = post(client, token, "", {"shipments": [shipment(number_of(order_id))]}).json()["items"][0]["pack_id"]
    new = {"carrier": "zhongtong", "waybill_no": facts.fresh_number()}

    first, again = (post(client, token, f"/{pack}/number", new, **{"idempotency-key": "k"}) for _ in range(2))
    twice = post(client, token, f"/{first.json()['pack_id']}/number", new, **{"idempotency-key": "l"})
    foreign = post(client, token_of(cast.other_shop), f"/{first.json()['pack_id']}/wrong", {})
    wrong = post(client, token_of(cast.platform), f"/{first.json()['pack_id']}/wrong", {})

    assert (first.status_code, again.json()) == (200, first.json())
    assert (twice.status_code, twice.json()["code"]) == (409, "pack.refused")
    assert (foreign.status_code, wrong.json()) == (404, {"order_ids": [str(order_id)]})
    assert Pack.objects.get(id=first.json()["pack_id"]).ended_cause == "BY_MARKETPLACE"
    assert world.head(order_id).state == "TO_SHIP"
