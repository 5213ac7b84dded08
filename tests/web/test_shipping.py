"""Shipping on pages: many at once, one order whole or in parts, merged, sent again; and the number of a pack."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.intake import facts
from tests.orders import world
from tests.parcels.nudging_cast import NOW, stand_clock
from tests.web import cast as casts
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.flows.ship_rows import TITLES
from yidao.orders.models import Order, Pack, PackSerial
from yidao.rules.order_state import Label

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    stand_clock()
    return casts.build()


def as_(user: User, language: str = "zh-hans") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def address(name: str, cast: Cast, **more: Any) -> str:
    return reverse(f"merchant-{name}", kwargs={"shop": cast.shop, **more})


def place(cast: Cast, **word: Any) -> Order:
    return world.head(world.place(cast.shop, paid="06-20 10:00", **word))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def text_of(got: Any) -> str:
    return got.content.decode()


def test_pasted_rows_are_previewed_then_shipped_and_bad_ones_come_back_as_a_file(cast: Cast) -> None:
    client, orders = as_(cast.alice), [place(cast) for _ in range(3)]
    pasted = "\n".join(f"{each.order_no} 中通 {facts.fresh_number()}" for each in orders) + "\nNO-SUCH 中通 73\nA1"

    preview = text_of(client.post(address("ship", cast), {"rows": pasted, "act": "preview"}))
    assert "3 行可发货" in preview
    assert "2 行不可发货" in preview
    assert "店铺没有此订单。" in preview
    assert "缺少订单号或运单号。" in preview
    assert not Pack.objects.filter(shop_id=cast.shop).exists()
    form = {"rows": hidden(preview, "rows"), "key": hidden(preview, "key"), "act": "ship"}
    done = text_of(client.post(address("ship", cast), form))
    again = text_of(client.post(address("ship", cast), form))

    assert "3 行已发货" in done
    assert "3 行已发货" in again
    assert Pack.objects.filter(shop_id=cast.shop).count() == 3
    told = {"rows": hidden(done, "rows"), "reasons": hidden(done, "reasons"), "format": "csv"}
    file = client.post(address("ship-left", cast), told)
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == ",".join((*TITLES, "原因"))
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["店铺没有此订单。", "缺少订单号或运单号。"]


def test_a_file_is_taken_as_a_table(cast: Cast) -> None:
    order = place(cast)
    body = f"订单编号,物流公司,物流单号\n{order.order_no},中通快递,{facts.fresh_number()}\n".encode("gb18030")
    upload = SimpleUploadedFile("发货.csv", body, "text/csv")

    preview = text_of(as_(cast.alice).post(address("ship", cast), {"file": upload, "act": "preview"}))

    assert "1 行可发货" in preview


def test_what_is_no_table_is_refused_in_words(cast: Cast) -> None:
    client = as_(cast.alice)
    broken = SimpleUploadedFile("发货.xlsx", b"PK\x03\x04 nothing", "application/zip")

    assert client.post(address("ship", cast), {"file": broken, "act": "preview"}).status_code == 422
    assert "没有填写任何内容" in text_of(client.post(address("ship", cast), {"rows": " ", "act": "preview"}))
    assert client.post(address("ship", cast), {"rows": "A 1\n" * 501, "act": "preview"}).status_code == 422


def test_chosen_orders_stand_in_the_table_already(cast: Cast) -> None:
    order, foreign = place(cast), world.head(world.place(cast.other_shop))

    page = text_of(as_(cast.alice).post(address("ship", cast), {"item": [order.id, foreign.id]}))

    assert order.order_no in page
    assert foreign.order_no not in page


def test_templates_are_handed_out(cast: Cast) -> None:
    client = as_(cast.alice)

    csv = client.get(address("ship-template-file", cast), {"format": "csv"})
    assert csv.content.decode("utf-8-sig").startswith("订单号,")
    assert client.get(address("ship-template-file", cast))["Content-Disposition"].endswith('template.xlsx"')


def test_an_order_is_split_on_its_page(cast: Cast) -> None:
    client = as_(cast.alice)
    order = place(cast, lines=[world.line(quantity=3), world.line(quantity=1)])
    here = address("order-ship", cast, order=order.id)
    page = text_of(client.get(here))
    first = {
        "carrier": "zhongtong",
        "waybill_no": facts.fresh_number(),
        "quantity-1": "2",
        "serials-1": "SN-1 SN-2",
        "key": hidden(page, "key"),
    }

    got = client.post(here, first)
    client.post(here, first)
    half = world.head(order.id)
    client.post(here, {"carrier": "zhongtong", "waybill_no": facts.fresh_number()})

    assert got["Location"] == address("order", cast, order=order.id)
    assert half.state == "PARTIALLY_SHIPPED"
    assert (world.head(order.id).state, world.head(order.id).labels) == ("SHIPPED", Label.SPLIT)
    assert PackSerial.objects.filter(order_id=order.id).count() == 2


def test_orders_of_one_receiver_are_merged_on_the_page(cast: Cast) -> None:
    client, one, two = as_(cast.alice), place(cast), place(cast)
    here = address("order-ship", cast, order=one.id)
    assert two.order_no in text_of(client.get(here))

    client.post(here, {"carrier": "zhongtong", "waybill_no": facts.fresh_number(), "with": [two.id]})

    assert [world.head(each.id).labels for each in (one, two)] == [Label.MERGED, Label.MERGED]


def test_what_is_refused_comes_back_with_its_reason(cast: Cast) -> None:
    client, order = as_(cast.alice), place(cast)
    here = address("order-ship", cast, order=order.id)

    got = client.post(here, {"carrier": "zhongtong", "waybill_no": "单号", "quantity-1": "1"})

    assert got.status_code == 409
    assert "不是有效的运单号" in text_of(got)


def test_a_shipped_order_is_sent_again(cast: Cast) -> None:
    client, order = as_(cast.alice), place(cast)
    here = address("order-ship", cast, order=order.id)
    client.post(here, {"carrier": "zhongtong", "waybill_no": facts.fresh_number()})

    page = text_of(client.get(here))
    client.post(here, {"carrier": "zhongtong", "waybill_no": facts.fresh_number(), "mode": hidden(page, "mode")})

    assert "补发" in page
    assert world.head(order.id).labels == Label.RESENT


def test_the_number_of_a_pack_is_changed_once_and_may_prove_wrong(cast: Cast) -> None:
    client, order, number = as_(cast.alice), place(cast), facts.fresh_number()
    client.post(
        address("order-ship", cast, order=order.id), {"carrier": "zhongtong", "waybill_no": facts.fresh_number()}
    )
    first = Pack.objects.get(shop_id=cast.shop)

    client.post(address("pack", cast, pack=first.id), {"carrier": "zhongtong", "waybill_no": number, "act": "change"})
    second = Pack.objects.get(shop_id=cast.shop, state="LIVE")
    page = text_of(client.get(address("pack", cast, pack=second.id)))
    client.post(address("pack", cast, pack=second.id), {"act": "wrong"})

    assert second.waybill_no == number
    assert "单号已修改过一次" in page
    assert world.head(order.id).state == "TO_SHIP"
    assert "填写正确单号即重新发货" in text_of(client.get(address("pack", cast, pack=second.id)))


def test_pages_answer_with_a_bounded_number_of_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = as_(cast.alice)
    orders = [place(cast) for _ in range(5)]
    rows = "\n".join(f"{each.order_no} 中通 {facts.fresh_number()}" for each in orders)

    with django_assert_max_num_queries(40):
        client.post(address("ship", cast), {"rows": rows, "act": "preview"})


def test_who_does_not_ship_sees_no_form(cast: Cast) -> None:
    order = place(cast)

    assert as_(cast.bob).get(address("ship", cast)).status_code == 403
    assert as_(cast.charlie).get(address("order-ship", cast, order=order.id)).status_code == 404
    assert NOW - order.paid_at < timedelta(days=1)


def test_an_operator_says_that_a_number_is_wrong(cast: Cast) -> None:
    order = place(cast)
    as_(cast.alice).post(
        address("order-ship", cast, order=order.id), {"carrier": "zhongtong", "waybill_no": facts.fresh_number()}
    )
    pack = Pack.objects.get(shop_id=cast.shop)
    here = reverse("operator-pack", kwargs={"pack": pack.id})

    assert here in text_of(as_(cast.olga).get(reverse("operator-order", kwargs={"order": order.id})))
    assert as_(cast.viewer).post(here).status_code == 403
    assert as_(cast.olga).post(here).status_code == 302
    assert as_(cast.olga).post(here).status_code == 409
    assert world.head(order.id).state == "TO_SHIP"
    page = text_of(as_(cast.alice).get(address("order", cast, order=order.id)))
    assert "平台认定单号有误" in page
