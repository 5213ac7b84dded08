"""Stepping in (介入) on pages: the creator asks, the shop passes on, the outlet answers; plain forms all the way."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from tests.parcels.nudging_cast import NOW, alice, asked, dana, late, nudged, shipped, stand_clock
from tests.web import cast as casts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit import crypto
from yidao.parcels import acknowledgements, nudge_queries, nudge_sweeps, nudges
from yidao.parcels.nudge_models import CarrierTicket, NudgeThread
from yidao.rules.nudging import State
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    stand_clock()
    return casts.build()


def as_(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def token(number: str) -> str:
    return crypto.parcel_token(number, "zhongtong", 1)


def creators(name: str, cast: Cast, **more: Any) -> str:
    return reverse(f"creator-{name}", kwargs={"creator": cast.creator, **more})


def shops(name: str, cast: Cast, **more: Any) -> str:
    return reverse(f"merchant-{name}", kwargs={"shop": cast.shop, **more})


def outlets(name: str, cast: Cast, **more: Any) -> str:
    return reverse(f"carrier-{name}", kwargs={"carrier": cast.carrier, "outlet": cast.outlet, **more})


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def text_of(got: Any) -> str:
    return got.content.decode()


def test_the_answer_comes_back_through_both(cast) -> None:
    numbers = shipped(cast, 2)
    browser = as_(cast.dana)
    compose = text_of(
        browser.post(creators("nudge-new", cast), {"item": [f"{token(each)}/PICKUP_TIMEOUT" for each in numbers]})
    )
    assert "2 个包裹的 2 个异常" in compose
    assert "花间集" in compose

    sent = browser.post(
        creators("nudge-new", cast),
        {
            "items": hidden(compose, "items"),
            "key": hidden(compose, "key"),
            "code": "PLEASE_URGE",
            "text": "麻烦催一下",
            "send": "1",
        },
    )
    thread = NudgeThread.objects.get(creator_id=cast.creator)
    assert (sent.status_code, sent.headers["Location"]) == (302, creators("nudge", cast, nudge=thread.id))

    shop = as_(cast.alice)
    assert "达人一" in text_of(shop.get(shops("nudges", cast)))
    page = text_of(shop.get(shops("nudge", cast, nudge=thread.id)))
    assert "麻烦催一下" in page
    assert all(number in page for number in numbers)
    forward = {"act": "forward", "outlet": str(cast.outlet), "question": "两件还没揽收？", "key": "k1"}
    assert shop.post(shops("nudge", cast, nudge=thread.id), forward).status_code == 302

    outlet = as_(cast.oscar)
    listed = text_of(outlet.get(outlets("tickets", cast)))
    assert all(number in listed for number in numbers)
    for ticket in CarrierTicket.objects.filter(thread=thread):
        address = outlets("ticket-item", cast, inquiry=ticket.id)
        assert "两件还没揽收？" in text_of(outlet.get(address))
        answer = {"act": "answer", "code": "URGED", "text": f"{ticket.waybill_no} 今晚揽收"}
        assert outlet.post(address, answer).status_code == 302

    seen = text_of(browser.get(creators("nudge", cast, nudge=thread.id)))
    assert "已催件" in seen
    assert "快递公司（经商家转达） 义乌网点" in seen
    assert "今晚揽收" in seen
    assert not any(number in seen for number in numbers)
    assert "今晚揽收" in text_of(shop.get(shops("nudge", cast, nudge=thread.id)))
    assert nudge_queries.counts(actor=dana(cast), now=NOW)[State.ANSWERED] == 1

    for number in numbers:
        planting.scan(number, "06-18 12:00", Kind.PICKED_UP)
    assert "已结束" in text_of(browser.get(creators("nudge", cast, nudge=thread.id)))
    nudge_sweeps.sweep(now=NOW)
    assert [nudge_queries.counts(actor=each, now=NOW)[State.SETTLED] for each in (dana(cast), alice(cast))] == [1, 1]


def test_what_is_left_out_is_named_on_the_page(cast) -> None:
    again, over, fine = shipped(cast, 3)
    nudged(cast, again)
    planting.scan(over, "06-20 11:00", Kind.PICKED_UP)

    page = text_of(
        as_(cast.dana).post(
            creators("nudge-new", cast),
            {
                "item": [f"{token(each)}/PICKUP_TIMEOUT" for each in (again, over, fine)],
                "code": "PLEASE_CHECK",
                "send": "1",
            },
        )
    )

    assert "已发送 1 个异常" in page
    assert "已发起过，尚未结束。" in page
    assert "该异常已不在进行中。" in page
    assert f"{again[:2]}****{again[-4:]}" in page
    assert not any(number in page for number in (again, over, fine))


def test_a_form_sent_twice_makes_one_nudge(cast) -> None:
    (number,) = shipped(cast)
    form = {"items": f"{token(number)}/PICKUP_TIMEOUT", "key": "77", "code": "PLEASE_CHECK", "send": "1"}

    first, second = (as_(cast.dana).post(creators("nudge-new", cast), form) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert NudgeThread.objects.filter(creator_id=cast.creator).count() == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        pytest.param({"text": "  "}, "请填写说明，或选择一个常用语。", id="no words"),
        pytest.param({"text": "字" * 201}, "内容共 201 字，最多 200 字。", id="too many words"),
        pytest.param({"code": "DANCE"}, "请选择一项回复。", id="no such reason"),
    ],
)
def test_a_refusal_is_told_above_the_form_and_keeps_what_was_typed(cast, form, said) -> None:
    (number,) = shipped(cast)

    got = as_(cast.dana).post(
        creators("nudge-new", cast), {"item": f"{token(number)}/PICKUP_TIMEOUT", "send": "1"} | form
    )

    assert got.status_code == 422
    assert said in text_of(got)
    assert form.get("text", "").strip() in text_of(got)
    assert not NudgeThread.objects.filter(creator_id=cast.creator).exists()


def test_everything_open_of_a_shop_goes_with_one_click(cast) -> None:
    late_one, fine = shipped(cast, 2)
    planting.scan(fine, "06-18 12:00", Kind.PICKED_UP)
    planting.scan(fine, "06-20 11:00", Kind.SIGNED)
    browser = as_(cast.dana)

    assert "1 个包裹的 1 个异常" in text_of(browser.get(creators("nudge-new", cast), {"shop": str(cast.shop)}))
    browser.post(creators("nudge-new", cast), {"shop": str(cast.shop), "code": "PLEASE_CHECK", "send": "1"})

    thread = NudgeThread.objects.get(creator_id=cast.creator)
    assert list(thread.items.values_list("waybill_no", flat=True)) == [late_one]


@pytest.mark.parametrize(
    "item", ["", "nonsense", "x" * 60, "//", "/PICKUP_TIMEOUT"], ids=["nothing", "word", "long", "slashes", "no token"]
)
def test_what_names_nothing_is_told_so(cast, item) -> None:
    page = text_of(as_(cast.dana).get(creators("nudge-new", cast), {"item": item}))

    assert "未选择进行中的异常" in page


def test_a_parcel_alone_names_everything_open_of_it(cast) -> None:
    (number,) = shipped(cast)

    page = text_of(as_(cast.dana).get(creators("nudge-new", cast), {"item": token(number)}))

    assert "揽收超时 1" in page


def test_two_hundred_rows_can_be_chosen_at_once(cast) -> None:
    (number,) = shipped(cast)
    items = [f"{token(number)}/PICKUP_TIMEOUT"] + [f"{'x' * 70}{each}/OTHER" for each in range(199)]

    got = as_(cast.dana).post(creators("nudge-new", cast), {"item": items, "act": "nudge"})

    assert got.status_code == 200
    assert "1 个包裹的 1 个异常" in text_of(got)


def test_the_shop_answers_and_the_creator_asks_again_and_closes(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))
    shop, creator = as_(cast.alice), as_(cast.dana)

    wrong = shop.post(shops("nudge", cast, nudge=thread_id), {"act": "answer", "code": "", "text": "打过电话"})
    assert (wrong.status_code, "打过电话" in text_of(wrong)) == (422, True)
    shop.post(shops("nudge", cast, nudge=thread_id), {"act": "answer", "code": "CARRIER_CONTACTED", "text": "打过电话"})
    assert "已联系快递" in text_of(creator.get(creators("nudge", cast, nudge=thread_id)))
    assert thread_id_in(creator.get(creators("nudges", cast), {"state": "ANSWERED"}), thread_id)

    creator.post(creators("nudge", cast, nudge=thread_id), {"act": "ask", "text": "还没到"})
    assert thread_id_in(creator.get(creators("nudges", cast)), thread_id)
    creator.post(creators("nudge", cast, nudge=thread_id), {"act": "close"})
    over = creator.post(creators("nudge", cast, nudge=thread_id), {"act": "ask", "text": "再问"})
    assert over.status_code == 409
    assert "该事项已结束" in text_of(over)


def thread_id_in(got: Any, thread_id: int) -> bool:
    return f'data-key="{thread_id}"' in text_of(got)


def test_each_side_reads_the_names_of_its_own_people_only(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))
    nudges.answer(actor=alice(cast), thread_id=thread_id, code="RESENT", text="", now=NOW, real_now=NOW)

    of_creator = text_of(as_(cast.dana).get(creators("nudge", cast, nudge=thread_id)))
    of_shop = text_of(as_(cast.bob).get(shops("nudge", cast, nudge=thread_id)))

    talk = [re.search(r'<ol class="line talk">.*?</ol>', page, re.S) for page in (of_creator, of_shop)]
    assert all(talk)
    assert ["Dana" in each[0] for each in talk if each] == [True, False]
    assert ["Alice" in each[0] for each in talk if each] == [False, True]


def test_marking_everything_as_known(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)

    as_(cast.alice).post(shops("nudge", cast, nudge=thread_id), {"act": "acknowledge"})

    assert acknowledgements.marks([late(number).parcel]) == {late(number): NOW}
    assert "已知晓全部异常" in text_of(as_(cast.dana).get(creators("nudge", cast, nudge=thread_id)))


def test_anomalies_chosen_in_a_list_are_marked_as_known(cast) -> None:
    number, other = shipped(cast, 2)
    came_from = shops("parcels", cast)

    got = as_(cast.alice).post(
        shops("acknowledge", cast),
        {"item": [f"zhongtong/{number}/1/PICKUP_TIMEOUT", f"zhongtong/{other}/1", "nonsense"], "act": "acknowledge"},
        headers={"referer": f"http://testserver{came_from}?state=OPEN"},
    )

    assert (got.status_code, got.headers["Location"]) == (302, f"http://testserver{came_from}?state=OPEN")
    assert set(acknowledgements.marks([late(number).parcel, late(other).parcel])) == {late(number), late(other)}


def test_a_shop_asks_the_carrier_from_a_list(cast) -> None:
    number, over = shipped(cast, 2)
    browser = as_(cast.alice)
    items = [f"zhongtong/{number}/1/PICKUP_TIMEOUT", f"zhongtong/{over}/1/PICKUP_TIMEOUT"]
    compose = text_of(browser.post(shops("ticket-new", cast), {"item": items, "act": "forward"}))
    assert "义乌网点" in compose
    planting.scan(over, "06-20 11:00", Kind.PICKED_UP)
    assert browser.post(shops("ticket-new", cast), {"item": items, "send": "1"}).status_code == 422

    form = {"items": hidden(compose, "items"), "key": hidden(compose, "key"), "question": "在哪？", "send": "1"}
    page = text_of(browser.post(shops("ticket-new", cast), form))

    assert "已发起 1 个查件工单" in page
    assert over in page
    ticket = CarrierTicket.objects.get(shop_id=cast.shop)
    assert (ticket.waybill_no, ticket.outlet_id) == (number, None)
    assert number in text_of(browser.get(shops("tickets", cast)))
    assert "该异常已不在进行中。" in page


def test_the_shop_asks_the_carrier_again_and_closes(cast) -> None:
    (ticket_id,) = asked(cast, *shipped(cast))
    address = shops("ticket-item", cast, inquiry=ticket_id)
    browser = as_(cast.alice)

    assert browser.post(address, {"act": "ask", "text": " "}).status_code == 422
    assert browser.post(address, {"act": "ask", "text": "还在吗"}).status_code == 302
    assert browser.post(address, {"act": "close"}).status_code == 302
    assert "商家已关闭" in text_of(browser.get(address))


def test_an_outlet_does_not_see_what_its_head_office_was_asked(cast) -> None:
    (number,) = shipped(cast)
    (ticket_id,) = asked(cast, number)

    assert as_(cast.oscar).get(outlets("ticket-item", cast, inquiry=ticket_id)).status_code == 404
    assert number not in text_of(as_(cast.oscar).get(outlets("tickets", cast)))


def test_who_may_only_look_finds_no_forms_and_sends_none(cast) -> None:
    (number,) = shipped(cast)
    thread_id = nudged(cast, number)
    viewer = casts.user("Viewer", (cast.shop, casts.Role.VIEWER), (cast.creator, casts.Role.VIEWER))
    browser = as_(viewer)

    assert '<form class="card' not in text_of(browser.get(shops("nudge", cast, nudge=thread_id)))
    assert '<form class="card' not in text_of(browser.get(creators("nudge", cast, nudge=thread_id)))
    for address in (shops("acknowledge", cast), shops("ticket-new", cast), creators("nudge-new", cast)):
        assert browser.post(address, {"item": f"zhongtong/{number}/1"}).status_code == 403
    assert browser.post(shops("nudge", cast, nudge=thread_id), {"act": "acknowledge"}).status_code == 403
    assert browser.post(creators("nudge", cast, nudge=thread_id), {"act": "close"}).status_code == 403


def test_news_replace_what_was_said_and_leave_the_forms_alone(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))

    for user, address in (
        (cast.dana, creators("nudge", cast, nudge=thread_id)),
        (cast.alice, shops("nudge", cast, nudge=thread_id)),
    ):
        whole, part = (as_(user).get(address, headers=headers) for headers in ({}, {"hx-request": "true"}))

        assert f'hx-get="{address}" hx-trigger="yd:news from:body"' in text_of(whole)
        assert "<textarea" in text_of(whole)
        assert "<textarea" not in text_of(part)
        assert "买家在催，请尽快处理" in text_of(part)


def test_the_side_bar_counts_what_waits(cast) -> None:
    thread_id = nudged(cast, *shipped(cast))
    badge = '<span id="badge-nudges" class="badge" hx-swap-oob="true">1</span>'

    assert badge in text_of(as_(cast.alice).get(shops("badges", cast)))
    assert badge not in text_of(as_(cast.dana).get(creators("badges", cast)))
    nudges.answer(actor=alice(cast), thread_id=thread_id, code="RESENT", text="", now=NOW, real_now=NOW)
    assert badge not in text_of(as_(cast.alice).get(shops("badges", cast)))
    assert badge in text_of(as_(cast.dana).get(creators("badges", cast)))


def test_the_counts_of_the_tabs(cast) -> None:
    nudged(cast, *shipped(cast))

    page = text_of(as_(cast.dana).get(creators("nudges", cast), {"part": "counts"}))

    assert re.findall(r'id="count-(\w+)"[^>]*>(\d+)<', page) == [
        ("WAITING", "1"),
        ("ANSWERED", "0"),
        ("OVERDUE", "0"),
        ("SETTLED", "0"),
    ]


@pytest.mark.parametrize("side", ["creator", "merchant"])
def test_a_list_of_nudges_costs_the_same_for_one_and_for_three(cast, side, django_assert_num_queries) -> None:
    user = cast.dana if side == "creator" else cast.alice
    address = creators("nudges", cast) if side == "creator" else shops("nudges", cast)
    browser = as_(user)
    browser.get(address)
    for wanted in (1, 3):
        while nudge_queries.counts(actor=dana(cast), now=NOW)[State.WAITING] < wanted:
            nudged(cast, *shipped(cast))
        with django_assert_num_queries(11):
            page = text_of(browser.get(address))
        assert page.count("<tr data-key=") == wanted


def test_a_list_of_tickets_costs_the_same_for_one_and_for_three(cast, django_assert_num_queries) -> None:
    browser, address = as_(cast.oscar), outlets("tickets", cast)
    browser.get(address)
    for wanted in (1, 3):
        while CarrierTicket.objects.filter(outlet_id=cast.outlet).count() < wanted:
            asked(cast, *shipped(cast), outlet=cast.outlet)
        with django_assert_num_queries(10):
            page = text_of(browser.get(address))
        assert page.count("<tr data-key=") == wanted


def test_a_drawer_offers_what_its_reader_may_do_and_tells_what_was_done(cast) -> None:
    (number,) = shipped(cast)
    of_creator = creators("parcel", cast, token=token(number))
    of_shop = shops("parcel", cast, carrier="zhongtong", waybill_no=number)
    of_outlet = outlets("parcel", cast, waybill_no=number)
    drawer = text_of(as_(cast.dana).get(of_creator))
    assert f'href="{creators("nudge-new", cast)}?item={token(number)}"' in drawer
    assert f'href="{creators("nudge-new", cast)}?shop={cast.shop}"' in drawer

    thread_id = nudged(cast, number)
    (ticket_id,) = asked(cast, number, outlet=cast.outlet)
    shop = as_(cast.alice)
    before = text_of(shop.get(of_shop))
    assert f'href="{shops("nudge", cast, nudge=thread_id)}"' in before
    assert f'href="{shops("ticket-item", cast, inquiry=ticket_id)}"' in before
    form = {"item": hidden(before, "item")}
    assert shop.post(shops("acknowledge", cast), form).status_code == 302

    assert "商家已知晓" in text_of(as_(cast.dana).get(of_creator))
    assert "标为已知晓</button></form>" not in text_of(shop.get(of_shop)).split("</dl>")[0]
    seen_by_outlet = text_of(as_(cast.oscar).get(of_outlet))
    assert f'href="{outlets("ticket-item", cast, inquiry=ticket_id)}"' in seen_by_outlet
    assert "nudges/" not in seen_by_outlet.split('class="drawer"')[1]


def test_rows_and_chosen_rows_lead_to_stepping_in(cast) -> None:
    (number,) = shipped(cast)

    for name, item in (("anomalies", f"{token(number)}/PICKUP_TIMEOUT"), ("parcels", token(number))):
        page = text_of(as_(cast.dana).get(creators(name, cast)))

        address = f"{creators('nudge-new', cast)}?{urlencode({'item': item})}"
        assert f'href="{address}">介入</a>' in page
        assert f'formaction="{creators("nudge-new", cast)}">介入</button>' in page
        assert f'value="{item}"' in page
        assert "1 个包裹的 1 个异常" in text_of(as_(cast.dana).get(address))


def test_a_shop_finds_knowing_and_asking_over_chosen_rows(cast) -> None:
    (number,) = shipped(cast)
    for name, item in (("anomalies", f"zhongtong/{number}/1/PICKUP_TIMEOUT"), ("parcels", f"zhongtong/{number}/1")):
        page = text_of(as_(cast.alice).get(shops(name, cast)))

        assert f'formaction="{shops("acknowledge", cast)}"' in page
        assert f'formaction="{shops("ticket-new", cast)}">快递查件</button>' in page
        assert f'value="{item}"' in page
