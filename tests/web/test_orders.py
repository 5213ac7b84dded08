"""The order pages: the list with its tabs, one order, receivers in full, flags and notes, the export."""

import html
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.orders import planting
from tests.orders.planting import NOW
from tests.web import cast
from tests.web.cast import Cast
from yidao.accounts import access, services
from yidao.accounts.ids import UserId
from yidao.accounts.models import Membership
from yidao.audit.models import AuditEntry
from yidao.exports import registry
from yidao.judging import opening
from yidao.judging.opening import NewJudgement
from yidao.kit.models import DemoClock
from yidao.orders.models import AfterSale, DeadlineChange, Order, ShipByCard
from yidao.rules.instants import instant
from yidao.rules.order_state import Label
from yidao.rules.promise import Kind
from yidao.web.shared import order_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
    return cast.build()


@pytest.fixture
def alice(people: Cast) -> Client:
    return browser(people.alice)


def browser(user: object) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)  # type: ignore[arg-type]
    return client


def page(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def orders_of(people: Cast) -> str:
    return reverse("merchant-orders", kwargs={"shop": people.shop})


def order_of(people: Cast, order: int, name: str = "merchant-order") -> str:
    return reverse(name, kwargs={"shop": people.shop, "order": order})


def test_what_waits_stands_first_with_the_soonest_at_the_top(people: Cast, alice: Client) -> None:
    planting.order(people.shop, "LATER", due=NOW + timedelta(hours=30))
    planting.order(people.shop, "SOONER", due=NOW + timedelta(hours=3))
    planting.order(people.shop, "GONE", state="SHIPPED", due=None)

    found = page(alice, orders_of(people))

    assert found.index("SOONER") < found.index("LATER")
    assert "GONE" not in found
    assert "张**" in found
    assert "138****5678" in found
    assert "张三丰" not in found


@pytest.mark.parametrize(
    ("tab", "numbers"),
    [
        ("to_ship", {"PAID", "SOON", "LATE", "PART", "MONEY"}),
        ("soon", {"SOON"}),
        ("late", {"LATE"}),
        ("part", {"PART"}),
        ("shipped", {"GONE"}),
        ("refunding", {"MONEY"}),
        ("closed", {"OVER"}),
        ("done", {"DONE"}),
        ("all", {"PAID", "SOON", "LATE", "PART", "MONEY", "GONE", "OVER", "DONE", "UNPAID"}),
    ],
)
def test_each_tab_holds_its_orders_and_counts_them(people: Cast, alice: Client, tab: str, numbers: set[str]) -> None:
    far = NOW + timedelta(hours=40)
    planting.order(people.shop, "N-PAID", state="PAID", due=far)
    planting.order(people.shop, "N-SOON", due=NOW + timedelta(hours=5))
    planting.order(people.shop, "N-LATE", due=NOW - timedelta(hours=5))
    planting.order(people.shop, "N-PART", state="PARTIALLY_SHIPPED", due=far)
    planting.order(people.shop, "N-MONEY", due=far, open_refunds=1)
    planting.order(people.shop, "N-GONE", state="SHIPPED", due=None)
    planting.order(people.shop, "N-OVER", state="CANCELLED", due=None)
    planting.order(people.shop, "N-DONE", state="COMPLETED", due=None)
    planting.order(people.shop, "N-UNPAID", state="PENDING_PAYMENT", paid=None, due=None)

    found = page(alice, orders_of(people), tab=tab)
    counted = page(alice, orders_of(people), tab=tab, part="counts")

    every = {"PAID", "SOON", "LATE", "PART", "MONEY", "GONE", "OVER", "DONE", "UNPAID"}
    assert {each for each in every if f"N-{each}<" in found} == numbers
    assert f'id="count-{tab}" class="count" hx-swap-oob="true">{len(numbers)}<' in counted


def test_the_list_costs_as_many_statements_for_three_orders_as_for_one(people: Cast, alice: Client) -> None:
    costs = []
    page(alice, orders_of(people))
    for index in range(3):
        planting.order(people.shop, f"O{index}", creator_id=people.creator)
        with CaptureQueriesContext(connection) as spent:
            page(alice, orders_of(people))
        costs.append(len(spent))

    assert (costs[0], costs[2]) == (12, 12)


def test_a_number_in_another_tab_is_said_to_be_there(people: Cast, alice: Client) -> None:
    planting.order(people.shop, "GONE", state="SHIPPED", due=None)
    planting.order(people.other_shop, "FOREIGN")

    found = page(alice, orders_of(people), order="GONE,FOREIGN")

    assert "in another tab, or left out by the filter" in found
    assert found.count("left out by the filter") == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"product": "玫瑰"}, set()),
        ({"product": "P7"}, {"B"}),
        ({"phone": "0001"}, {"A"}),
        ({"phone": "13900000002"}, {"B"}),
        ({"phone": "139****0002"}, {"B"}),
        ({"phone": "nonsense"}, {"A", "B"}),
        ({"left": "6"}, {"A"}),
        ({"left": "20-31"}, {"B"}),
        ({"flag": "2"}, {"B"}),
        ({"label": "REPORTED"}, {"A"}),
        ({"promise": "NEXT_DAY"}, {"B"}),
        ({"creator": "达人一"}, {"A"}),
        ({"creator": "nobody"}, set()),
        ({"due_from": "2022-06-21"}, {"B"}),
        ({"paid_until": "2022-06-19"}, {"B"}),
    ],
)
def test_a_filter_finds_what_it_says(people: Cast, alice: Client, query: dict[str, str], numbers: set[str]) -> None:
    planting.order(
        people.shop,
        "N-A",
        due=NOW + timedelta(hours=5),
        buyer=("李", "13900000001", "x"),
        labels=2,
        creator_id=people.creator,
    )
    planting.order(
        people.shop,
        "N-B",
        due=NOW + timedelta(hours=30),
        paid=NOW - timedelta(days=2),
        buyer=("王", "13900000002", "y"),
        flag=2,
        promise_kind="NEXT_DAY",
        lines=({"product_id": "P7"},),
    )

    found = page(alice, orders_of(people), **query)

    assert {each for each in ("A", "B") if f"N-{each}<" in found} == numbers


def test_one_order_tells_everything_and_masks_the_receiver(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1", note="gift wrap", state="PARTIALLY_SHIPPED", judged_count=1, flag=1)
    planting.pack(people.shop, order, "ZT0001")

    found = page(alice, order_of(people, order))

    for words in ("O1", "Part shipped", "玫瑰花茶", "¥199.00", "ZT0001", "gift wrap", "promised at payment", "张**"):
        assert words in found
    assert "Late shipment ×1" in found
    assert "文三路" not in found


def test_a_page_of_one_order_costs_as_many_statements_with_three_lines_as_with_one(people: Cast, alice: Client) -> None:
    one = planting.order(people.shop, "O1", lines=({},))
    three = planting.order(people.shop, "O3", lines=({}, {}, {}))
    costs = []
    for order in (one, one, three):
        planting.pack(people.shop, order, f"ZT{order}")
        with CaptureQueriesContext(connection) as spent:
            alice.get(order_of(people, order), headers={"HX-Request": "true", "HX-Target": "drawer"})
        costs.append(len(spent))

    assert (costs[1], costs[2]) == (17, 17)


def test_who_may_sees_a_receiver_in_full_for_a_minute_and_the_journal_knows(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1")

    response = alice.post(order_of(people, order, "merchant-order-receiver"))

    assert response.status_code == 200
    told = response.content.decode()
    assert "张三丰 13812345678" in told
    assert "文三路 1 号" in told
    assert response["Refresh"].startswith("60;")
    assert response["Cache-Control"] == "private, no-store"
    entry = AuditEntry.objects.get(act="buyer.revealed")
    assert (entry.subject, entry.actor_user_id) == (f"order/{order}", people.alice.pk)
    assert "张" not in str(entry.details)


def test_a_part_asked_for_alone_is_masked_again(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1")
    address = order_of(people, order, "merchant-order-receiver")
    htmx = {"HX-Request": "true", "HX-Target": "buyer"}

    shown = alice.post(address, headers=htmx).content.decode()
    masked = alice.get(address, headers=htmx).content.decode()

    assert "张三丰" in shown
    assert "delay:60s" in shown
    assert "张三丰" not in masked
    assert "<html" not in masked


def test_who_only_looks_never_sees_a_receiver_in_full(people: Cast) -> None:
    order = planting.order(people.shop, "O1")
    viewer = cast.user("Vera")
    services.join(user_id=UserId(viewer.pk), organisation_id=people.shop, role=Membership.Role.VIEWER)
    client = browser(viewer)

    assert "Show in full" not in page(client, order_of(people, order))
    assert client.post(order_of(people, order, "merchant-order-receiver")).status_code == 403
    assert not AuditEntry.objects.filter(act="buyer.revealed").exists()


def test_an_order_of_another_shop_is_not_there(people: Cast, alice: Client) -> None:
    order = planting.order(people.other_shop, "FOREIGN")

    assert alice.get(order_of(people, order)).status_code == 404
    assert alice.post(order_of(people, order, "merchant-order-receiver")).status_code == 404
    assert alice.post(order_of(people, order, "merchant-order-note"), {"flag": "1"}).status_code == 404


def test_a_flag_and_a_note_stay_and_are_encrypted(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1")

    response = alice.post(order_of(people, order, "merchant-order-note"), {"flag": "3", "note": "ring twice"})

    assert response.status_code == 302
    head = Order.objects.get(id=order)
    assert (head.flag, b"ring" in bytes(head.seller_note or b"")) == (3, False)
    assert "ring twice" in page(alice, order_of(people, order))
    assert AuditEntry.objects.filter(act="order.marked", subject=f"order/{order}").count() == 1


def test_the_second_of_two_people_is_told_and_keeps_what_they_wrote(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1")
    seen = page(alice, order_of(people, order)).split('name="seen" value="')[1].split('"')[0]
    address = order_of(people, order, "merchant-order-note")
    browser(people.bob).post(address, {"flag": "1", "note": "first", "seen": seen})

    response = alice.post(address, {"flag": "2", "note": "second", "seen": seen})

    assert response.status_code == 409
    assert "Somebody else has changed this meanwhile." in response.content.decode()
    assert "second" in response.content.decode()
    assert Order.objects.get(id=order).flag == 1


def test_many_orders_are_marked_at_once_or_none(people: Cast, alice: Client) -> None:
    orders = [planting.order(people.shop, f"O{index}") for index in range(3)]
    foreign = planting.order(people.other_shop, "FOREIGN")
    address = reverse("merchant-orders-mark", kwargs={"shop": people.shop})

    asked = alice.post(address, {"item": [str(each) for each in orders], "act": "mark"}).content.decode()
    refused = alice.post(address, {"items": f"{orders[0]} {foreign}", "flag": "1", "save": "1"})
    done = alice.post(address, {"items": " ".join(map(str, orders)), "flag": "4", "note": "", "save": "1"})

    assert "3 orders" in asked
    assert refused.status_code == 404
    assert done.status_code == 302
    assert [Order.objects.get(id=each).flag for each in orders] == [4, 4, 4]


def test_a_note_that_is_too_long_changes_nothing(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1")

    response = alice.post(order_of(people, order, "merchant-order-note"), {"flag": "1", "note": "x" * 201})

    assert response.status_code == 422
    assert Order.objects.get(id=order).flag == 0


def test_the_buyers_of_many_are_asked_and_what_cannot_be_asked_is_named(people: Cast, alice: Client) -> None:
    waits = planting.order(people.shop, "WAITS")
    gone = planting.order(people.shop, "GONE", state="SHIPPED", due=None)
    address = reverse("merchant-orders-later", kwargs={"shop": people.shop})

    response = alice.post(
        address, {"items": f"{waits} {gone}", "until": "2022-06-24T18:00", "reason": "stock is late", "send": "1"}
    )

    told = response.content.decode()
    assert "1 buyer was asked." in told
    assert "GONE" in told
    assert ShipByCard.objects.get(order_id=waits).reason == "stock is late"
    assert "waits for the buyer" in page(alice, order_of(people, waits))


def test_operators_find_orders_of_all_shops_by_number_and_what_is_late(people: Cast) -> None:
    planting.order(people.shop, "LATE-1", due=NOW - timedelta(hours=1))
    planting.order(people.other_shop, "LATE-2", due=NOW - timedelta(hours=2))
    calm = planting.order(people.other_shop, "CALM")
    olga = browser(people.olga)
    address = reverse("operator-orders")

    late = page(olga, address)
    waiting = page(olga, address, tab="to_ship")
    shut = page(olga, address, tab="all")
    named = page(olga, address, tab="all", order="CALM")
    detail = page(olga, reverse("operator-order", kwargs={"order": calm}))

    assert late.index("LATE-2") < late.index("LATE-1")
    assert waiting.index("LATE-2<") < waiting.index("LATE-1<") < waiting.index("CALM<")
    assert "Type order numbers, or name a shop." in shut
    assert "CALM<" in named
    assert "张**" in detail
    assert "Show in full" not in detail


def test_the_export_tells_each_line_and_masks_the_receiver(people: Cast) -> None:
    order = planting.order(people.shop, "O1", lines=({}, {"sku_name": "大罐"}), creator_id=people.creator)
    planting.pack(people.shop, order, "ZT0001", lines=(2,))
    kind = registry.of("merchant-orders")
    assert kind is not None
    actor = access.actor_for_shop(UserId(people.alice.pk), people.shop)

    rows = list(kind.rows(actor, "tab=all", NOW))

    assert kind.count(actor, "tab=all", NOW, 100) == 2
    assert [dict(zip(kind.headers, row, strict=True))["Waybill number"] for row in rows] == ["", "ZT0001"]
    first = dict(zip(kind.headers, rows[0], strict=True))
    assert (first["Order number"], first["Line number"], first["Unit price"]) == ("O1", "O1-1", "199.00")
    assert (first["Receiver"], first["Receiver's phone"]) == ("张**", "138****5678")
    assert first["Creator"] == "达人一"


def test_the_button_that_exports_says_so(people: Cast, alice: Client) -> None:
    planting.order(people.shop, "O1")

    assert "Export the orders found" in page(alice, orders_of(people))


def test_the_export_is_confirmed_in_the_words_of_the_source(people: Cast) -> None:
    planting.order(people.shop, "O1")
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(people.alice)
    listed = page(client, orders_of(people), tab="all")
    address = html.unescape(listed.split('data-drawer hx-get="')[1].split('"')[0])

    asked = page(client, address)

    assert "导出查询订单" in listed
    assert all(words in asked for words in ("确认导出", "查看导出记录"))


def test_every_code_of_an_order_has_words() -> None:
    assert set(order_words.STATE) == set(Order.State)
    assert set(order_words.PROMISE) == set(Kind)
    assert set(order_words.LABEL) == set(Label)
    assert set(order_words.CAUSE) == set(DeadlineChange.Cause)
    assert set(order_words.CARD) == set(ShipByCard.State)


def test_a_judged_order_tells_its_judgements_and_leads_to_them(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1", due=NOW - timedelta(hours=1), judged_count=1)
    connection.ensure_connection()
    judged = NewJudgement(
        shop_id=people.shop, order_id=order, order_no="O1", kind="LATE_SHIPMENT", round=1, ordinal=1,
        at=instant(NOW - timedelta(hours=1)), policy="late-shipment/douyin-2022/1", facts={}, opened_by=None,
    )  # fmt: skip
    (judgement,) = opening.open(connection.connection, [judged], now=NOW)

    found = page(alice, order_of(people, order))

    assert reverse("merchant-violation", kwargs={"shop": people.shop, "violation": judgement}) in found
    assert "1 / 3" in found


def test_an_after_sale_is_told_and_led_to(people: Cast, alice: Client) -> None:
    order = planting.order(people.shop, "O1", open_refunds=1)
    record = AfterSale.objects.create(
        id=order + 1, shop_id=people.shop, order_id=order, order_no="O1", kind="REFUND", state="AWAIT_SHOP",
        reason="NOT_WANTED", amount_fen=9900, opened_at=NOW, changed_at=NOW, due_at=NOW + timedelta(hours=48),
    )  # fmt: skip

    found = page(alice, order_of(people, order))

    assert reverse("merchant-after-sale", kwargs={"shop": people.shop, "after_sale": record.id}) in found
    assert "Not wanted any more" in found
    assert "¥99.00" in found


def test_who_may_ship_is_led_to_the_page_that_ships(people: Cast, alice: Client) -> None:
    waits = planting.order(people.shop, "WAITS")
    gone = planting.order(people.shop, "GONE", state="CANCELLED", due=None)
    ship = reverse("merchant-order-ship", kwargs={"shop": people.shop, "order": waits})

    assert ship in page(alice, order_of(people, waits))
    assert ship in page(alice, orders_of(people))
    assert "/ship/" not in page(alice, order_of(people, gone)).split('id="order"')[1]
