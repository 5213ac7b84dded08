"""What the marketplace tells of buyers: one request does one thing, and no shop speaks for its buyers."""

import itertools
import json
from typing import Any

import pytest

from tests.orders import life, world
from tests.web.cast import Cast
from yidao.accounts import services
from yidao.audit.models import AuditEntry
from yidao.kit.models import DemoClock
from yidao.orders import cards
from yidao.orders.models import AfterSale
from yidao.rules.after_sale import Act

pytestmark = pytest.mark.django_db
NOW = world.moment("06-19 12:00")
_keys = itertools.count(1)


@pytest.fixture(autouse=True)
def clock_stands(db):
    """Let business time stand at noon of 2022-06-19 in Shanghai."""
    DemoClock.objects.update_or_create(
        id=1, defaults={"base_real": NOW, "base_sim": NOW, "rate": 1.0, "is_running": False}
    )


@pytest.fixture
def token(cast: Cast) -> str:
    return token_of(cast.platform)


@pytest.fixture
def order_id(cast: Cast) -> int:
    """Return an order whose D is 06-20 10:00."""
    return world.place(cast.shop, paid="06-18 10:00")


def token_of(organisation_id, *scopes: str) -> str:
    _, token = services.create_credential(
        organisation_id=organisation_id, name="test", scopes=scopes or ("orders:write",), now=NOW, real_now=NOW
    )
    return token


def tell(client, token: str, order_id: int, path: str, *, key: str = "", **body: Any):
    head = world.head(order_id)
    return client.post(
        f"/v1/orders/{head.order_no}/{path}",
        json.dumps({"shop_id": str(head.shop_id)} | body),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}", "idempotency-key": key or f"k-{next(_keys)}"},
    )


def test_a_buyer_asks_for_a_later_delivery(client, token, order_id) -> None:
    reply = tell(client, token, order_id, "ask-later", new_at="2022-06-25T10:00:00+08:00")

    assert (reply.status_code, reply.json()) == (
        200,
        {"id": str(order_id), "ship_by_at": "2022-06-25T10:00:00+08:00", "card": ""},
    )


@pytest.mark.parametrize(
    "new_at", ["2022-06-20T10:00:00+08:00", "2022-06-19T11:00:00+08:00"], ids=["no later than it is", "in the past"]
)
def test_a_time_that_is_not_later_is_refused(client, token, order_id, new_at) -> None:
    reply = tell(client, token, order_id, "ask-later", new_at=new_at)

    assert (reply.status_code, reply.json()["code"]) == (409, "order.not_later")


def test_a_card_is_accepted_once(client, cast, token, order_id) -> None:
    cards.ask(
        actor=life.clerk(cast.shop),
        order_ids=[order_id],
        new_at=world.moment("06-25 10:00"),
        reason="补货",
        now=NOW,
        real_now=NOW,
    )

    first = tell(client, token, order_id, "accept-ship-by", key="one")
    again = tell(client, token, order_id, "accept-ship-by", key="one")
    anew = tell(client, token, order_id, "accept-ship-by", key="two")

    assert (first.status_code, first.json()["card"]) == (200, "ACCEPTED")
    assert again.json() == first.json()
    assert (anew.status_code, anew.json()["code"]) == (409, "card.none_waits")
    assert AuditEntry.objects.filter(act="card.accepted", subject=f"order/{order_id}").count() == 1


def test_a_card_is_refused(client, cast, token, order_id) -> None:
    cards.ask(
        actor=life.clerk(cast.shop),
        order_ids=[order_id],
        new_at=world.moment("06-25 10:00"),
        reason="补货",
        now=NOW,
        real_now=NOW,
    )

    reply = tell(client, token, order_id, "refuse-ship-by")

    assert reply.json() == {"id": str(order_id), "ship_by_at": "2022-06-20T10:00:00+08:00", "card": "REFUSED"}


def test_receipt_is_put_off_once_and_confirmed(client, token, order_id) -> None:
    life.ship(order_id, "06-19 09:00")

    longer = tell(client, token, order_id, "extend-receipt")
    again = tell(client, token, order_id, "extend-receipt")
    done = tell(client, token, order_id, "confirm-receipt")

    assert longer.json()["receipt_due_at"] == "2022-07-02T09:00:00+08:00"
    assert (again.status_code, again.json()["code"]) == (409, "receipt.extended")
    assert done.json() == {"id": str(order_id), "state": "COMPLETED", "receipt_due_at": None}


def test_a_refund_is_opened_and_answered(client, cast, token, order_id) -> None:
    lines = [{"line_no": 1, "quantity": 1, "amount_fen": 90_00}]
    opened = tell(client, token, order_id, "refunds", reason="NOT_WANTED", lines=lines, number="AS-1").json()

    record = f"refunds/{opened['id']}/result"
    shop = token_of(cast.shop)
    refused = tell(client, shop, order_id, record, act="WITHDRAW")
    agreed = tell(client, shop, order_id, record, act="APPROVE")
    paid = tell(client, token, order_id, record, act="PAID")

    assert (opened["state"], opened["amount_fen"], opened["due_at"]) == (
        "AWAIT_SHOP",
        90_00,
        "2022-06-21T12:00:00+08:00",
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "after_sale.act_refused")
    assert (agreed.json()["state"], paid.json()["state"]) == ("REFUNDING", "DONE")


def test_the_marketplace_reads_how_far_a_refund_is(client, cast, token, order_id) -> None:
    lines = [{"line_no": 1, "quantity": 1, "amount_fen": 90_00}]
    opened = tell(client, token, order_id, "refunds", reason="NOT_WANTED", lines=lines, number="AS-2").json()
    life.act(life.clerk(cast.shop), int(opened["id"]), Act.APPROVE, "06-19 12:00")
    life.sweep(NOW)
    address = f"/v1/orders/{world.head(order_id).order_no}/refunds"

    def read(organisation_id, scope: str = "orders:read", **query: Any):
        headers = {"authorization": f"Bearer {token_of(organisation_id, scope)}"}
        return client.get(address, query, headers=headers)

    (record,) = read(cast.shop).json()["data"]
    assert (record["id"], record["number"], record["state"]) == (opened["id"], "AS-2", "DONE")
    assert record["lines"] == lines
    assert record["money"] == {
        "state": "DONE",
        "route": "ORIGINAL",
        "amount_fen": 90_00,
        "done_at": "2022-06-19T12:00:00+08:00",
    }
    assert read(cast.platform, shop_id=str(cast.shop)).json()["data"] == [record]
    assert [read(each).status_code for each in (cast.platform, cast.other_shop, cast.creator)] == [422, 404, 404]
    assert read(cast.shop, "orders:write").status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reason": "BORED"}, 422, "after_sale.reason_unknown"),
        ({"reason": "QUALITY", "kind": "GIFT"}, 422, "request.malformed"),
        ({"reason": "QUALITY", "kind": "EXCHANGE"}, 409, "after_sale.not_shipped"),
        ({"reason": "QUALITY", "lines": [{"line_no": 9, "quantity": 1}]}, 422, "after_sale.lines"),
        ({"reason": "QUALITY", "freight_fen": 1}, 422, "after_sale.amount"),
        ({"reason": "QUALITY", "shop_id": None}, 422, "order.shop_needed"),
        ({"reason": "QUALITY", "shop_id": "77"}, 404, "not_found"),
    ],
)
def test_what_cannot_be_asked_back_is_refused_by_name(client, token, order_id, body, status, code) -> None:
    reply = tell(client, token, order_id, "refunds", **body)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert AfterSale.objects.filter(order_id=order_id).count() == 0


@pytest.mark.parametrize("act", ["ask-later", "accept-ship-by", "extend-receipt", "confirm-receipt", "refunds"])
def test_no_shop_speaks_for_its_buyers(client, cast, order_id, act) -> None:
    body = {"new_at": "2022-06-25T10:00:00+08:00", "reason": "QUALITY"}

    reply = tell(client, token_of(cast.shop), order_id, act, **body)

    assert (reply.status_code, reply.json()["code"]) == (403, "auth.buyers_word")


def test_a_request_needs_its_key_and_keeps_to_it(client, token, order_id) -> None:
    number = world.head(order_id).order_no
    without = client.post(
        f"/v1/orders/{number}/confirm-receipt",
        "{}",
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )
    tell(client, token, order_id, "ask-later", key="same", new_at="2022-06-25T10:00:00+08:00")
    other = tell(client, token, order_id, "ask-later", key="same", new_at="2022-06-26T10:00:00+08:00")

    assert (without.status_code, without.json()["errors"][0]["code"]) == (422, "field.missing")
    assert (other.status_code, other.json()["code"]) == (422, "request.key_reused")
