"""A shop ships in a real browser: two hundred orders pasted with five bad rows, one order split, two merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.urls import reverse

from tests.intake import facts
from tests.orders import world
from tests.parcels.nudging_cast import NOW
from tests.web import browsing as browsers
from tests.web import cast as casts
from tests.web.browsing import PASSWORD, browsing, free_port, process, wait_until_ready
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit import ids
from yidao.kit.models import DemoClock
from yidao.orders import entry
from yidao.orders.entry import ReceiverIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ORDERS, BAD = 200, 5
expect = browsers.playwright.expect


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The running pages, who is there, and the orders of the shop."""

    web: str
    cast: Cast
    login: str
    numbers: tuple[str, ...]
    split: tuple[int, str]
    merged: tuple[tuple[int, str], ...]


def plant(cast: Cast) -> tuple[tuple[str, ...], tuple[int, str], tuple[tuple[int, str], ...]]:
    """Let orders of many receivers enter, one of two lines, and two of one receiver."""
    told = [
        world.told(cast.shop, paid="06-20 10:00", receiver=ReceiverIn("买家", f"138{place:08d}", "330106", "文三路"))
        for place in range(ORDERS)
    ]
    split = world.told(cast.shop, paid="06-20 10:00", lines=[world.line(quantity=3), world.line(quantity=2)])
    same = ReceiverIn("李四", "13900001111", "510107", "人民南路 4 号")
    merged = [world.told(cast.shop, paid="06-20 10:00", receiver=same) for _ in range(2)]
    connection.ensure_connection()
    with transaction.atomic():
        entered = entry.enter(connection.connection, [*told, split, *merged], now=NOW)
    ids = [each.id for each in entered]
    return (
        tuple(each.order_no for each in told),
        (ids[ORDERS], split.order_no),
        tuple((ids[ORDERS + 1 + place], each.order_no) for place, each in enumerate(merged)),
    )


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    browsers.chromium()
    with django_db_blocker.unblock():
        DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
        cast = casts.build(carrier_code=f"c{ids.new_id()}", other_carrier_code=f"d{ids.new_id()}")
        User.objects.filter(id=cast.alice.id).update(password=make_password(PASSWORD))
        numbers, split, merged = plant(cast)
        log: Path = tmp_path_factory.mktemp("shipping") / "web.log"
        port = str(free_port())
        with process("web", log, YIDAO_WEB_PORT=port):
            web = f"http://localhost:{port}"
            wait_until_ready(web, log)
            yield Place(web=web, cast=cast, login=cast.alice.login, numbers=numbers, split=split, merged=merged)
        DemoClock.objects.all().delete()


def test_two_hundred_pasted_orders_are_shipped_and_each_row_is_answered(place: Place) -> None:
    rows = [f"{number}\t中通\t{facts.fresh_number()}" for number in place.numbers]
    rows[10] = f"NO-SUCH\t中通\t{facts.fresh_number()}"
    rows[50] = f"{place.numbers[50]}\t乌有快递\t{facts.fresh_number()}"
    rows[90] = f"{place.numbers[90]}\t中通\t"
    rows[130] = f"{place.numbers[130]}\t中通\t" + rows[131].split("\t")[2]
    rows[130], rows[131] = rows[131], rows[130]
    rows[199] = rows[0].replace("中通", "圆通")
    with browsing(place.web, place.login, locale="zh-CN") as page:
        page.goto(f"{place.web}{reverse('merchant-ship', kwargs={'shop': place.cast.shop})}")
        page.get_by_label("粘贴表格").fill("\n".join(rows))
        page.get_by_role("button", name="核对").click()
        expect(page.get_by_text("195 行可发货")).to_be_visible()
        expect(page.get_by_text("5 行不可发货")).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(ORDERS)
        page.get_by_role("button", name="确认发货 195 行").click()
        expect(page.get_by_text("195 行已发货")).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(ORDERS)
        for words in ("店铺没有此订单。", "没有此快递公司。", "缺少订单号或运单号。", "收件人必须相同"):
            expect(page.locator("tbody").get_by_text(words).first).to_be_visible()
        with page.expect_download() as loading:
            page.get_by_role("button", name="下载失败行").click()
        assert loading.value.suggested_filename == "shipments-left.xlsx"


def test_an_order_is_split_and_two_are_merged(place: Place) -> None:
    shop = place.cast.shop
    with browsing(place.web, place.login, locale="zh-CN") as page:
        page.goto(f"{place.web}{reverse('merchant-order-ship', kwargs={'shop': shop, 'order': place.split[0]})}")
        page.get_by_label("本包裹数量").first.fill("2")
        page.get_by_label("快递公司").select_option("zhongtong")
        page.get_by_label("运单号").fill(facts.fresh_number())
        page.get_by_role("button", name="发货", exact=True).click()
        expect(page.get_by_text("发货成功。")).to_be_visible()
        expect(page.locator("#drawer").get_by_text("部分发货").first).to_be_visible()

        (first, _), (_, second) = place.merged
        page.goto(f"{place.web}{reverse('merchant-order-ship', kwargs={'shop': shop, 'order': first})}")
        page.get_by_label(second).check()
        page.get_by_label("快递公司").select_option("zhongtong")
        page.get_by_label("运单号").fill(facts.fresh_number())
        page.get_by_role("button", name="发货", exact=True).click()
        expect(page.get_by_text("发货成功。")).to_be_visible()
        expect(page.locator("#drawer").get_by_text("合并发货").first).to_be_visible()
