"""The shop's products as pages: searched, described one by one in a drawer, or by a file with bad rows."""

import html
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.orders import world
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.ids import UserId
from yidao.accounts.models import User
from yidao.kit import sweeps
from yidao.kit.models import DemoClock
from yidao.orders import products
from yidao.orders.shop_models import Product
from yidao.web.merchant.products import KIND

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    monkeypatch.setattr(products, "SETTLED_AFTER", timedelta(seconds=-60))
    made = casts.build()
    sell(made, "P-1")
    return made


def sell(cast: Cast, *names: str) -> None:
    for each in names:
        world.place(cast.shop, lines=[world.line(product=each)])
    sweeps.sweep_until_quiet((products.CONCERN,), now=planting.NOW)


def as_(user: User, *, htmx: bool = False) -> Client:
    client = Client(headers={"accept-language": "zh-hans"} | ({"hx-request": "true"} if htmx else {}))
    client.force_login(user)
    return client


def address(cast: Cast, name: str = "merchant-products") -> str:
    return reverse(name, kwargs={"shop": cast.shop})


def edit_of(cast: Cast, product: str = "P-1") -> str:
    return reverse("merchant-product", kwargs={"shop": cast.shop, "product": product})


def send(cast: Cast, text: str, *, name: str = "a.csv", encoding: str = "utf-8") -> Client:
    return as_(cast.alice).post(
        address(cast, "merchant-products-import"), {"file": SimpleUploadedFile(name, text.encode(encoding))}
    )


def test_products_are_listed_and_searched(cast) -> None:
    sell(cast, "P-2")
    alice = as_(cast.alice)

    page = alice.get(address(cast)).content.decode()
    found = alice.get(address(cast), {"text": "P-2"}).content.decode()

    assert ("P-1" in page, "P-2" in page, "真丝睡衣" in page) == (True, True, True)
    assert ('data-key="P-1"' in found, 'data-key="P-2"' in found) == (False, True)


def test_a_product_is_described_in_a_drawer(cast) -> None:
    alice = as_(cast.alice)
    edit = f"{edit_of(cast)}?text=P-1"

    assert 'name="short_name"' in as_(cast.alice, htmx=True).get(edit).content.decode()
    answer = alice.post(edit, {"short_name": " 睡衣  短 ", "merchant_code": "SK-1", "weight": "350", "version": "0"})

    assert (answer.status_code, answer["Location"]) == (303, f"{address(cast)}?text=P-1")
    row = Product.objects.get(shop_id=cast.shop)
    assert (row.short_name, row.merchant_code, row.weight_grams) == ("睡衣 短", "SK-1", 350)


def test_what_cannot_be_kept_and_what_came_second_are_told(cast) -> None:
    alice = as_(cast.alice)
    edit = edit_of(cast)

    wrong = alice.post(edit, {"short_name": "睡衣", "weight": "1.5kg", "version": "0"})
    assert (wrong.status_code, "重量须为整数克" in wrong.content.decode()) == (422, True)
    assert 'value="睡衣"' in wrong.content.decode()
    alice.post(edit, {"short_name": "一", "version": "0"})
    late = alice.post(edit, {"short_name": "二", "version": "0"})
    assert (late.status_code, "其间已有他人修改" in late.content.decode()) == (409, True)


def test_a_file_describes_many_and_gives_its_bad_rows_back(cast) -> None:
    sell(cast, "P-2", "P-3")

    answer = send(cast, "商品ID,打单简称,重量(克)\nP-1,一,100\nP-9,九,\nP-2,二,重\n\tP-3\t,三,\n", encoding="gb18030")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "已修改 2 个商品" in page
    assert ("店铺没有这个商品" in page, "重量不是整数克" in page) == (True, True)
    bad = html.unescape(page.split('name="bad" value="')[1].split('"')[0])
    file = as_(cast.alice).post(address(cast, "merchant-products-import"), {"bad": bad})
    assert file.content.decode("utf-8-sig").splitlines() == [
        "商品ID,打单简称,重量(克),原因",
        "P-9,九,,店铺没有这个商品。",
        "P-2,二,重,重量不是整数克。",
    ]


@pytest.mark.parametrize("text", ["简称,重量\n一,2\n", "商品ID\nP-1\n", ""])
def test_a_file_without_the_columns_is_refused(cast, text: str) -> None:
    answer = send(cast, text)

    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (422, True)


def test_without_a_file_there_is_a_word(cast) -> None:
    answer = as_(cast.alice).post(address(cast, "merchant-products-import"))

    assert (answer.status_code, "请先选择文件" in answer.content.decode()) == (422, True)


def test_the_template_can_be_sent_back_as_it_is(cast) -> None:
    alice = as_(cast.alice)
    template = alice.post(address(cast, "merchant-products-import"), {"template": "1"})

    text = template.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "商品 ID,商品,打单简称,商家编码,重量（克）"
    file = io.BytesIO(template.content)
    file.name = "products.csv"
    page = alice.post(address(cast, "merchant-products-import"), {"file": file}).content.decode()
    assert "店铺没有这个商品" in page


def test_an_exported_file_can_be_read_again(cast) -> None:
    actor = access.actor_for_shop(UserId(cast.alice.id), cast.shop)
    Product.objects.filter(shop_id=cast.shop).update(short_name="一", weight_grams=5)

    assert list(KIND.rows(actor, "text=P-1", planting.NOW)) == [("P-1", "真丝睡衣", "一", "MC-1", "5")]
    assert KIND.count(actor, "", planting.NOW, 10) == 1
    assert list(KIND.filters(actor, "text=P-1")) != []


def test_others_of_the_shop_look_and_describe_nothing(cast) -> None:
    bob = as_(cast.bob)

    assert "P-1" in bob.get(address(cast)).content.decode()
    assert bob.get(edit_of(cast)).status_code == 403
    assert bob.get(address(cast, "merchant-products-import")).status_code == 403
    assert as_(cast.charlie).get(address(cast)).status_code == 404


def test_the_list_costs_as_many_queries_for_one_product_as_for_three(cast, django_assert_num_queries) -> None:
    alice = as_(cast.alice)
    for more in ((), ("P-2", "P-3")):
        sell(cast, *more)
        with django_assert_num_queries(QUERIES):
            alice.get(address(cast))


QUERIES = 5
"""Clock, session, user, membership, products."""


@pytest.mark.parametrize("number", ["P-1", "3520111111111111111", "款号 7/红", "../x", "?a=b&c"])
def test_any_number_can_stand_in_an_address(cast, number: str) -> None:
    sell(cast, number)

    assert as_(cast.alice).get(edit_of(cast, number)).status_code == 200


@pytest.mark.parametrize("part", ["A", "____", "AA", "P-1="])
def test_what_is_no_number_is_no_address(cast, part: str) -> None:
    assert as_(cast.alice).get(f"{address(cast)}{part}/edit/").status_code == 404
