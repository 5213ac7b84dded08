"""The top of a shop's home page: what it has to do now, each number with the list it counts."""

import html as html_
import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.orders import world
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit.models import DemoClock
from yidao.notices import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return casts.build()


def as_(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def read(user: User, cast: Cast) -> str:
    return str(as_(user).get(reverse("merchant-home", kwargs={"shop": cast.shop})).content.decode())


def figures_of(page: str) -> dict[str, str]:
    part = page.split('class="figures needs"')[1].split("</section>")[0]
    found = re.findall(r"<span>([^<]+)</span><b>(?:<a [^>]*>)?([^<]+)<", part)
    return dict(found)


def listed(user: User, address: str) -> int:
    page = as_(user).get(html_.unescape(address)).content.decode()
    return page.count("<tr data-key=")


def test_each_number_is_that_of_the_list_it_leads_to(cast) -> None:
    for paid in ("06-18 10:00", "06-18 12:30", "06-18 13:30", "06-18 13:45", "06-20 10:00"):
        world.place(cast.shop, paid=paid)
    world.place(cast.other_shop, paid="06-18 12:30")

    page = read(cast.alice, cast)

    shown = figures_of(page)
    assert {name: shown[name] for name in ("已超时", "即将超时", "待发货", "部分发货", "待处理售后")} == {
        "已超时": "1",
        "即将超时": "3",
        "待发货": "5",
        "部分发货": "0",
        "待处理售后": "0",
    }
    addresses = dict(re.findall(r'<span>(已超时|即将超时|待发货|部分发货)</span><b><a href="([^"]+)"', page))
    assert {name: str(listed(cast.alice, where)) for name, where in addresses.items()} == {
        name: shown[name] for name in addresses
    }


def test_each_hour_leads_to_its_orders(cast) -> None:
    for paid in ("06-18 12:30", "06-18 13:30", "06-18 13:45"):
        world.place(cast.shop, paid=paid)

    page = read(cast.alice, cast)

    hours = re.findall(r'<a href="([^"]+left=[^"]+)" aria-label="([^"]+)"', page)
    assert len(hours) == 24
    counted = [int(re.findall(r"(\d+) 个订单", words)[0]) for _, words in hours]
    assert counted[:3] == [1, 2, 0]
    assert [listed(cast.alice, where) for where, _ in hours[:3]] == [1, 2, 0]


def test_unread_notices_stand_there_until_they_are_read(cast) -> None:
    services.tell(
        organisation_id=cast.shop, kind="warning.due", key="a", params={"count": 2, "60m": 2}, address="orders/",
        now=planting.NOW,
    )  # fmt: skip

    assert "还有 2 个订单待发货（剩 1 小时：2）" in read(cast.alice, cast)
    as_(cast.alice).post(reverse("merchant-notices", kwargs={"shop": cast.shop}), {"act": "all"})
    assert "还有 2 个订单待发货" not in read(cast.alice, cast)


def test_money_is_for_those_who_may_see_it(cast) -> None:
    assert "保证金" in figures_of(read(cast.alice, cast))
    assert "保证金" not in figures_of(read(cast.bob, cast))


def test_the_page_costs_as_much_for_many_orders_as_for_none(cast, django_assert_num_queries) -> None:
    alice, address = as_(cast.alice), reverse("merchant-home", kwargs={"shop": cast.shop})
    alice.get(address)
    for count in (0, 1, 3):
        for _ in range(count):
            world.place(cast.shop, paid="06-18 12:30")
        with django_assert_num_queries(QUERIES):
            alice.get(address)


QUERIES = 25
"""Four to know who asks, eleven about parcels and nudges, ten about what the shop has to do now."""
