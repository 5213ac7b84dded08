"""The page of notices: in every console, for its reader alone, and without JavaScript."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit.models import DemoClock
from yidao.notices import services
from yidao.notices.models import Notice, NoticeRead

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return casts.build()


def as_(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def told(organisation: int, key: str = "a", address: str = "nudges/7/", **params: Any) -> int:
    services.tell(
        organisation_id=organisation,
        kind="nudge.answered",
        key=key,
        params={"count": 3} | params,
        address=address,
        now=planting.NOW,
    )
    return Notice.objects.get(organisation_id=organisation, key=key).id


def address(cast: Cast) -> str:
    return reverse("merchant-notices", kwargs={"shop": cast.shop})


def test_a_notice_stands_in_words_with_names_and_no_ids(cast) -> None:
    told(cast.shop, shop_id=str(cast.other_shop))

    page = as_(cast.alice).get(address(cast)).content.decode()

    assert "商家已回复" in page
    assert "别家店 已回复 3 个包裹异常。" in page
    assert str(cast.other_shop) not in page


def test_looking_at_one_marks_it_and_leads_there(cast) -> None:
    notice = told(cast.shop, shop_id="1")
    client = as_(cast.alice)

    got = client.post(address(cast), {"act": f"open:{notice}"})

    assert (got.status_code, got.headers["Location"]) == (302, f"/m/{cast.shop}/nudges/7/")
    assert list(NoticeRead.objects.values_list("user_id", flat=True)) == [cast.alice.id]
    assert "标为已读" not in client.get(address(cast)).content.decode()
    assert "标为已读" in as_(cast.bob).get(address(cast)).content.decode()


@pytest.mark.parametrize(
    ("where", "leads"),
    [
        pytest.param("/m/7/exports/", "/m/7/exports/", id="from the root"),
        pytest.param("//elsewhere.example/", "", id="never out of the house"),
        pytest.param("", "", id="nowhere"),
    ],
)
def test_where_a_notice_leads(cast, where, leads) -> None:
    notice = told(cast.shop, address=where, shop_id="1")

    got = as_(cast.alice).post(address(cast), {"act": f"open:{notice}"})

    assert got.headers["Location"] == (leads or address(cast))


def test_all_at_once(cast) -> None:
    for key in ("a", "b"):
        told(cast.shop, key, shop_id="1")
    client = as_(cast.alice)

    assert client.post(address(cast), {"act": "all"}).status_code == 302

    assert "没有未读消息" in client.get(address(cast), {"show": "unread"}).content.decode()


@pytest.mark.parametrize("act", ["", "open:", "open:x", "read:99999999999999999999999", "all:1x", "dance:1"])
def test_a_form_that_says_nonsense_changes_nothing(cast, act) -> None:
    told(cast.shop, shop_id="1")

    assert as_(cast.alice).post(address(cast), {"act": act}).status_code == 302
    assert NoticeRead.objects.count() == (1 if act.startswith("all") else 0)


def test_others_notices_are_not_there(cast) -> None:
    notice = told(cast.other_shop, shop_id="1")

    assert as_(cast.alice).post(address(cast), {"act": f"open:{notice}"}).status_code == 404
    assert not NoticeRead.objects.exists()


def test_the_sign_counts_what_is_unread(cast) -> None:
    told(cast.shop, shop_id="1")
    badges = reverse("merchant-badges", kwargs={"shop": cast.shop})

    page = as_(cast.alice).get(badges).content.decode()

    assert '<span id="badge-notices" class="badge" hx-swap-oob="true">1</span>' in page


def test_htmx_gets_the_list_alone(cast) -> None:
    part = as_(cast.alice).get(address(cast), headers={"hx-request": "true"}).content.decode()

    assert "<html" not in part
    assert "暂无消息" in part


def test_notices_are_narrowed_by_what_they_are_about(cast) -> None:
    told(cast.shop, shop_id="1")
    alice = as_(cast.alice)

    def titles(**query: str) -> list[str]:
        return re.findall(r'class="(?:un)?read"', alice.get(address(cast), query).content.decode())

    assert [len(titles(about=each)) for each in ("parcels", "orders", "nonsense", "")] == [1, 0, 1, 1]
    page = alice.get(address(cast), {"about": "parcels", "show": "unread"}).content.decode()
    assert 'value="parcels" checked' in page
    assert 'name="show" value="unread"' in page
