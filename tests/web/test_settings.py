"""The page of a shop's settings: read by all of its people, chosen by its owner."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit.models import DemoClock
from yidao.orders.shop_models import ShopSetting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return casts.build()


def as_(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def address(cast: Cast) -> str:
    return reverse("merchant-settings", kwargs={"shop": cast.shop})


def form(*steps: tuple[str, str], hours: str = "1", version: str = "0") -> dict[str, object]:
    return {
        "step": [value for value, _ in steps],
        "unit": [unit for _, unit in steps],
        "round": hours,
        "version": version,
    }


def test_the_policy_stands_in_the_form_until_the_shop_chooses(cast) -> None:
    page = as_(cast.alice).get(address(cast)).content.decode()

    assert page.count('name="step"') == 5
    assert "承诺时间已过 50% · 剩 6 小时 · 剩 1 小时" in page


def test_an_owner_chooses_and_reads_it_again(cast) -> None:
    alice = as_(cast.alice)

    answer = alice.post(address(cast), form(("80", "percent"), ("12", "hours"), ("", "hours"), ("90", "minutes")))

    assert answer.status_code == 303
    assert ShopSetting.objects.get(shop_id=cast.shop).warn_steps == ["80%", "720m", "90m"]
    page = alice.get(address(cast)).content.decode()
    assert [f'value="{each}"' in page for each in ("80", "12", "90")] == [True] * 3


def test_what_cannot_be_is_told_above_what_was_typed(cast) -> None:
    answer = as_(cast.alice).post(address(cast), form(("soon", "hours"), ("80", "percent"), hours="5"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "提醒须为整数" in page
    assert "请选择列出的时长之一" in page
    assert 'value="soon"' in page
    assert not ShopSetting.objects.filter(shop_id=cast.shop).exists()


def test_who_comes_second_is_told(cast) -> None:
    alice = as_(cast.alice)
    alice.post(address(cast), form(("80", "percent")))

    answer = alice.post(address(cast), form(("70", "percent")))

    assert answer.status_code == 409
    assert "其间已有他人修改" in answer.content.decode()


def test_others_of_the_shop_read_and_do_not_choose(cast) -> None:
    bob = as_(cast.bob)

    page = bob.get(address(cast)).content.decode()
    answer = bob.post(address(cast), form(("80", "percent")))

    assert "由店铺主账号设置" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]
    assert answer.status_code == 403
    assert not ShopSetting.objects.filter(shop_id=cast.shop).exists()
