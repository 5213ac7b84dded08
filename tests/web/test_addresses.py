"""The address book as a page: it works by plain forms, the region is chosen step by step, and owners alone keep it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit.models import DemoClock
from yidao.places.models import ShopAddress

pytestmark = pytest.mark.django_db

TYPED = {"kind": "SHIP_FROM", "contact": "李仓管", "phone": "13900001234", "street": "春晗路 8 号"}


@pytest.fixture
def cast() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return casts.build()


def as_(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def book(cast: Cast) -> str:
    return reverse("merchant-addresses", kwargs={"shop": cast.shop})


def new(cast: Cast) -> str:
    return reverse("merchant-address-new", kwargs={"shop": cast.shop})


def chosen(page: str) -> list[str]:
    return re.findall(r'<option value="(\d{6})" selected', page)


def test_the_region_is_chosen_step_by_step_and_what_was_typed_stays(cast) -> None:
    alice = as_(cast.alice)
    assert 'name="city"' not in alice.get(new(cast)).content.decode()

    page = alice.post(new(cast), TYPED | {"act": "division", "province": "330000"}).content.decode()
    assert ('name="city"' in page, 'name="county"' in page, "春晗路 8 号" in page) == (True, False, True)
    page = alice.post(new(cast), TYPED | {"act": "division", "province": "330000", "city": "330700"}).content.decode()
    assert (chosen(page), "义乌市" in page) == (["330000", "330700"], True)
    page = alice.post(new(cast), TYPED | {"act": "division", "province": "440000", "city": "330700"}).content.decode()
    assert chosen(page) == ["440000"]
    page = alice.post(new(cast), TYPED | {"act": "division", "province": "110000"}).content.decode()
    assert (chosen(page), "朝阳区" in page) == (["110000", "110100"], True)
    assert not ShopAddress.objects.filter(shop_id=cast.shop).exists()


def test_an_address_is_added_changed_made_default_and_removed(cast) -> None:
    alice = as_(cast.alice)
    region = {"province": "330000", "city": "330700", "county": "330782"}

    assert alice.post(new(cast), TYPED | region).status_code == 303
    assert alice.post(new(cast), TYPED | region | {"contact": "王五"}).status_code == 303
    first, second = ShopAddress.objects.filter(shop_id=cast.shop).order_by("id")
    edit = reverse("merchant-address", kwargs={"shop": cast.shop, "address": second.id})
    assert chosen(alice.get(edit).content.decode()) == ["330000", "330700", "330782"]
    alice.post(edit, TYPED | {"province": "440000", "city": "441900", "contact": "赵六", "version": "0"})
    page = alice.get(book(cast)).content.decode()
    assert [text in page for text in ("赵六", "王五", "广东省东莞市", "浙江省金华市义乌市")] == [
        True,
        False,
        True,
        True,
    ]

    alice.post(book(cast), {"act": f"default:{second.id}"})
    assert [each.is_default for each in ShopAddress.objects.filter(shop_id=cast.shop).order_by("id")] == [False, True]
    alice.post(book(cast), {"act": f"remove:{second.id}"})
    assert "赵六" not in alice.get(book(cast)).content.decode()
    first.refresh_from_db()
    assert first.is_default


def test_what_is_missing_is_told_at_its_field(cast) -> None:
    answer = as_(cast.alice).post(new(cast), TYPED | {"phone": "x", "province": "330000"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请选择到区县" in page
    assert "电话由数字" in page
    assert "请填写联系人" not in page


def test_others_of_the_shop_look_and_see_no_phone(cast) -> None:
    as_(cast.alice).post(new(cast), TYPED | {"province": "330000", "city": "330700", "county": "330782"})
    bob = as_(cast.bob)

    page = bob.get(book(cast)).content.decode()

    assert ("李仓管" in page, "13900001234" in page, "****1234" in page) == (True, False, True)
    assert bob.get(new(cast)).status_code == 403
    assert bob.post(book(cast), {"act": "remove:1"}).status_code == 403


def test_the_page_costs_as_many_queries_for_one_address_as_for_three(cast, django_assert_num_queries) -> None:
    alice = as_(cast.alice)
    region = {"province": "330000", "city": "330700", "county": "330782"}
    for count in (1, 2):
        for _ in range(count):
            alice.post(new(cast), TYPED | region)
        with django_assert_num_queries(QUERIES):
            alice.get(book(cast))


QUERIES = 5
"""Clock, session, user, membership, addresses."""
