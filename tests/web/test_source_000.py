"""
The creator's monitor against its source, section by section: which filters there are, what they find, what stands in
which column and in the file, and what is in nobody's list. What must not be shown is planted first.
"""

import dataclasses
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.ids import UserId
from yidao.kit import crypto
from yidao.kit.lists.questions import EXACT_MAX
from yidao.kit.models import DemoClock
from yidao.parcels import listing
from yidao.policies import families
from yidao.policies import queries as policies
from yidao.rules import exporting, monitor, parcel
from yidao.rules.instants import to_datetime
from yidao.rules.scans import Kind
from yidao.web.shared import parcel_lists

pytestmark = pytest.mark.django_db
LIST_QUERIES = 15
NINE = ["店铺名称", "运单号", "订单号", "发货时间", "快递公司", "包裹状态", "异常类型", "异常说明", "异常状态"]


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def browser(user: Any) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def page(people: Cast, address: str = "parcels/", **more: Any) -> str:
    """Return a page of the creator as it is read in Chinese."""
    answer = browser(people.dana).get(f"/c/{people.creator}/{address}", **more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def orders(text: str) -> list[str]:
    """Return the order numbers of the rows, in their order."""
    rows = re.findall(r"<tr data-key=.*?</tr>", text, re.DOTALL)
    copied = [re.findall(r'<yd-copy(?: data-text="([^"]*)")?>([^<]*)<', row) for row in rows]
    return [whole or shown for whole, shown in (each[1] for each in copied)]


def labels(text: str) -> list[str]:
    """Return the labels of the filter fields that stand open, in their order."""
    form = text.partition('id="filters"')[2].partition("</form>")[0].partition('<details class="more"')[0]
    return re.findall(
        r'<legend>(.+?)</legend>|<label for="f-[^"]*">(.+?)</label>|<span class="label"[^>]*>(.+?)<', form
    )


def words(found: list[Any]) -> list[str]:
    return [next(each for each in one if each) for one in found]


def options(text: str, name: str) -> list[str]:
    """Return the choices of a row of chips or of a drop-down."""
    chips = re.findall(rf'<input type="(?:checkbox|radio)" name="{name}"[^>]*>(?:<span>)?([^<]+)<', text)
    select = re.search(rf'<select id="f-{name}".*?</select>', text, re.DOTALL)
    return chips or (re.findall(r"<option[^>]*>([^<]+)<", select.group()) if select else [])


def heads(text: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", each) for each in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', text)]


def in_trouble(people: Cast, order: str, when: str = "06-17 10:00", **more: Any) -> str:
    """Ship what was never picked up: 即将揽收超时 is over, 揽收超时 goes on."""
    return planting.ship(people, when, facts.line(order, people.creator), **more)


# 二 1 查看路径


@pytest.mark.parametrize(
    ("name", "trail"),
    [
        pytest.param("creator-parcels", ["数据参谋", "订单管理", "物流实时监控"], id="数据参谋/订单管理/物流实时监控"),
        pytest.param("creator-anomalies", ["数据参谋", "订单管理", "物流实时监控"], id="its second tab"),
        pytest.param(
            "creator-alliance-parcels", ["电商精选联盟达人版", "订单管理", "物流实时监控"], id="精选联盟达人版"
        ),
        pytest.param("creator-alliance-anomalies", ["电商精选联盟达人版", "订单管理", "物流实时监控"], id="its tab"),
    ],
)
def test_section_2_1_both_menu_paths_lead_to_the_monitor(people: Cast, name: str, trail: list[str]) -> None:
    text = browser(people.dana).get(reverse(name, kwargs={"creator": people.creator})).content.decode()
    crumbs = re.search(r'<nav class="crumbs".*?</nav>', text, re.DOTALL)

    assert crumbs is not None
    assert [each for each in re.sub(r"<[^>]+>", " ", crumbs.group()).replace("/", " ").split() if each] == trail
    assert "全量包裹" in text
    assert "异常包裹" in text


# 二 2 全量包裹


def test_section_2_2_the_filters_of_all_parcels_are_exactly_these(people: Cast) -> None:
    text = page(people)

    assert words(labels(text)) == ["包裹状态", "店铺名称", "订单编号", "快递公司", "发货时间"]
    assert options(text, "status") == [
        "全部", "已发货待揽收", "已揽收待中转", "已中转待派件", "派送中", "待取件", "已签收", "已拒收",
    ]  # fmt: skip


def test_section_2_2_carriers_stand_by_pinyin_from_a_to_z(people: Cast) -> None:
    shown = options(page(people), "carrier")

    assert shown.index("德邦快递" if "德邦快递" in shown else shown[3]) < shown.index("顺丰速运")
    assert shown.index("极兔速递") < shown.index("京东物流") < shown.index("申通快递") < shown.index("顺丰速运")
    assert shown.index("圆通速递") < shown.index("韵达快递") < shown.index("中通快递")


@pytest.mark.parametrize("typed", ["花间", "间集", "huajian", "hjj", "HJJ", "hua jian"])
def test_section_2_2_a_shop_is_found_by_part_of_its_name_pinyin_or_initials(people: Cast, typed: str) -> None:
    in_trouble(people, "N1")
    other = facts.Tenants(
        shop=people.other_shop, other_shop=people.shop, creator=people.creator, second_creator=people.second_creator
    )
    planting.write(facts.shipment(other, facts.fresh_number(), "06-17 10:00"))

    assert orders(page(people, f"parcels/?shop={typed}")) == ["N1"]
    assert orders(page(people, f"anomalies/?shop={typed}")) == ["N1"]
    assert orders(page(people, "parcels/?shop=nobody")) == []


def test_section_2_2_only_shops_that_occur_are_offered(people: Cast) -> None:
    in_trouble(people, "N1")

    offered = re.findall(r'<li role="option"[^>]*data-keys="([^"]*)">([^<]*)<', page(people))

    assert offered == [("huajianji hjj", "花间集")]


def test_section_2_2_reset_leads_to_the_bare_address(people: Cast) -> None:
    text = page(people, "anomalies/?state=CLOSED&type=PICKUP_TIMEOUT&order=N1")

    assert f'<a class="button" href="/c/{people.creator}/anomalies/">重置</a>' in text
    assert re.search(r'<option value="OPEN" selected>进行中</option>', page(people, "anomalies/"))


def test_section_2_2_an_address_keeps_only_what_was_chosen(people: Cast) -> None:
    client = browser(people.dana)
    base = f"/c/{people.creator}/anomalies/"

    answer = client.get(f"{base}?type=&state=OPEN&shop=&order=N1&carrier=&shipped_from=&shipped_until=&size=50")
    asked = {"hx-request": "true", "hx-current-url": "http://testserver/"}
    told = client.get(f"{base}?state=all&shop=", headers=asked | {"hx-trigger": "filters"})
    renewed = client.get(f"{base}?state=all", headers=asked)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{base}?order=N1")
    assert told.headers["HX-Push-Url"] == f"{base}?state=all"
    assert "HX-Push-Url" not in renewed.headers


def test_section_2_2_the_columns_and_the_file_have_the_nine_fields(people: Cast) -> None:
    in_trouble(people, "N1")
    shown = heads(page(people))

    assert shown[:9] == NINE
    kind = next(each for each in parcel_lists.KINDS if each.name == "creator-parcels")
    with translation.override("zh-hans"):
        assert [translation.gettext(each) for each in kind.headers] == NINE


# 二 3 异常包裹


def test_section_2_3_the_filters_of_anomalies_are_exactly_these(people: Cast) -> None:
    text = page(people, "anomalies/")

    assert words(labels(text)) == ["异常类型", "异常状态", "店铺名称", "订单编号", "快递公司", "发货时间"]
    assert options(text, "type") == [
        "全部", "即将揽收超时", "揽收超时", "发运超时", "中转超时", "派送超时", "签收地址与收货地址不符", "包裹破损",
        "中转异常", "派送异常", "其他异常",
    ]  # fmt: skip
    assert options(text, "state") == ["全部", "进行中", "已完结"]


def test_section_2_3_what_is_in_progress_is_shown_at_first_one_row_for_each_anomaly(people: Cast) -> None:
    in_trouble(people, "N1")

    def types(query: str) -> list[str]:
        rows = re.findall(r"<tr data-key=.*?</tr>", page(people, f"anomalies/{query}"), re.DOTALL)
        return [re.findall(r'<span class="tag[^"]*">([^<]+)<', row)[0] for row in rows]

    assert types("") == ["揽收超时"]
    assert types("?state=CLOSED") == ["即将揽收超时"]
    assert sorted(types("?state=all")) == sorted(["揽收超时", "即将揽收超时"])
    assert types("?state=all&type=PICKUP_SOON") == ["即将揽收超时"]
    assert len(types("?state=all&type=PICKUP_SOON&type=PICKUP_TIMEOUT")) == 2
    assert len(types("?state=all&type=all&type=PICKUP_SOON")) == 2


def test_section_2_3_what_never_was_late_is_over_with_its_reason(people: Cast) -> None:
    number = in_trouble(people, "N1")
    planting.scan(number, "06-17 12:00", Kind.PICKED_UP)

    text = page(people, "anomalies/?state=CLOSED&type=PICKUP_TIMEOUT")
    rows = exported(people, "creator-anomalies", "state=CLOSED&type=PICKUP_TIMEOUT")

    assert orders(text) == ["N1"]
    assert "未按时揽收(迟到信息证明未超时)" in text
    assert [row[6:] for row in rows] == [("揽收超时", "未按时揽收(迟到信息证明未超时)", "已完结")]


# 支持导出字段


def exported(people: Cast, kind: str, query: str = "") -> list[tuple[str, ...]]:
    """Return the rows of a file as a Chinese reader gets them."""
    found = next(each for each in parcel_lists.KINDS if each.name == kind)
    actor = access.actor_for_creator(UserId(people.dana.pk), people.creator)
    with translation.override("zh-hans"):
        rows = list(found.rows(actor, query, planting.NOW))
        assert found.count(actor, query, planting.NOW, EXACT_MAX) == len(rows)
    return rows


def test_the_file_has_a_row_for_each_anomaly_and_one_for_a_parcel_without(people: Cast) -> None:
    number = in_trouble(people, "N1")
    quiet = planting.ship(
        people, "06-20 11:00", facts.line("N2", people.creator), facts.line("N3", people.creator), carrier="yuantong"
    )

    rows = exported(people, "creator-parcels")

    masked, other = f"{number[:2]}****{number[-4:]}", f"{quiet[:2]}****{quiet[-4:]}"
    assert rows[0] == ("花间集", other, "N2;N3", "2022-06-20 11:00:00", "圆通速递", "已发货待揽收", "", "", "")
    assert [row[:6] for row in rows[1:]] == [
        ("花间集", masked, "N1", "2022-06-17 10:00:00", "中通快递", "已发货待揽收")
    ] * 2
    assert [row[6::2] for row in rows[1:]] == [("即将揽收超时", "已完结"), ("揽收超时", "进行中")]


def test_the_footer_and_the_file_count_the_same_rows(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    in_trouble(people, "N1")
    in_trouble(people, "N2")
    few = dataclasses.replace(exporting.EXPORT_DEFAULT, rows_max=3)
    real = policies.of_platform
    monkeypatch.setattr(
        policies, "of_platform", lambda family, *, at: few if family is families.EXPORT else real(family, at=at)
    )

    text = page(people, "parcels/?part=counts")

    assert "共 2 个包裹" in text
    assert "单次导出限制3条,当前4条,请调整筛选条件后重试" in text
    assert len(exported(people, "creator-parcels")) == 4
    assert EXACT_MAX == 10_000


# 查询时间范围


def test_nothing_shipped_before_the_data_start_is_shown_anywhere(people: Cast) -> None:
    start = to_datetime(monitor.MONITOR_DOUYIN_2021.data_start)
    tenants = facts.Tenants(
        shop=people.shop, other_shop=people.other_shop, creator=people.creator, second_creator=people.second_creator
    )
    early, late = facts.fresh_number(), facts.fresh_number()
    for number, order, shipped in ((early, "OLD", start.timestamp() - 1), (late, "NEW", start.timestamp())):
        shipment = facts.shipment(tenants, number, "06-18 10:00", lines=(facts.line(order, people.creator),))
        planting.write(msgspec.structs.replace(shipment, shipped_at=int(shipped) * 1_000_000))

    assert orders(page(people)) == ["NEW"]
    assert set(orders(page(people, "anomalies/?state=all"))) == {"NEW"}
    assert {row[2] for row in exported(people, "creator-parcels")} == {"NEW"}
    text = page(people, "parcels/?order=OLD")
    assert orders(text) == []
    assert "早于数据起点" in text
    assert "仅呈现 2021-10-29 以后发货的物流数据" in text
    assert drawer(people, early) == 404
    assert drawer(people, late) == 200


def drawer(people: Cast, number: str) -> int:
    token = crypto.parcel_token(number, "zhongtong", 1)
    return browser(people.dana).get(f"/c/{people.creator}/parcels/{token}/").status_code


# 全量包裹包含该达人号推广带货的订单; 三 1


@pytest.mark.parametrize(
    ("scope", "why"),
    [
        pytest.param("self-sold", "自卖订单", id="自卖"),
        pytest.param("cross-border", "跨境订单", id="跨境进口"),
        pytest.param("return", "逆向客户退货订单", id="逆向客户退货"),
    ],
)
def test_section_3_1_what_is_out_of_scope_is_nowhere_and_says_why(people: Cast, scope: str, why: str) -> None:
    number = planting.ship(people, "06-17 10:00", facts.line("OUT", people.creator, scope=scope))
    in_trouble(people, "IN")

    assert orders(page(people)) == ["IN"]
    assert set(orders(page(people, "anomalies/?state=all"))) == {"IN"}
    assert {row[2] for row in exported(people, "creator-parcels")} == {"IN"}
    assert why in page(people, "parcels/?order=OUT")
    assert drawer(people, number) == 404
    shop = browser(people.alice).get(f"/m/{people.shop}/parcels/").content.decode()
    assert "OUT" in orders(shop)


def test_another_creators_order_answers_like_an_unknown_one(people: Cast) -> None:
    planting.ship(people, "06-17 10:00", facts.line("THEIRS", people.other_creator))

    theirs, unknown = page(people, "parcels/?order=THEIRS"), page(people, "parcels/?order=NOBODY")

    assert "没有此订单" in theirs
    assert plain(theirs, "THEIRS") == plain(unknown, "NOBODY")


def plain(text: str, number: str) -> str:
    return re.sub(r'value="[0-9A-Za-z]{64}"', "", text).replace(number, "")


def test_numbers_that_are_not_there_are_listed_above_the_rows(people: Cast) -> None:
    in_trouble(people, "N1")
    in_trouble(people, "N2", "06-20 11:00")

    text = page(people, "parcels/?order=N1%0AX8%09X9")
    filtered = page(people, "anomalies/?order=N1,N2")

    assert orders(text) == ["N1"]
    assert re.findall(r'<span class="number">(\w+)</span> ([^<]+)', text) == [
        ("X8", "没有此订单"),
        ("X9", "没有此订单"),
    ]
    assert re.findall(r'<span class="number">(\w+)</span> ([^<]+)', filtered) == [("N2", "被其他筛选条件排除")]


# Tabs, columns, habits, visits


def test_the_tabs_take_over_what_both_lists_know_and_count_it(people: Cast) -> None:
    in_trouble(people, "N1")
    in_trouble(people, "N2", carrier="yuantong")

    text = page(people, "parcels/?carrier=yuantong&status=SIGNED")
    counted = page(people, "parcels/?carrier=yuantong&status=SIGNED&part=counts")

    assert f'<a href="/c/{people.creator}/anomalies/?carrier=yuantong">异常包裹' in text
    assert re.findall(r'id="count-(\w+)"[^>]*>(\d+)<', counted) == [("parcels", "0"), ("anomalies", "1")]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", ["parcels/", "anomalies/"])
def test_a_list_costs_the_same_for_one_row_and_for_three(
    people: Cast, address: str, count: int, django_assert_num_queries: Any
) -> None:
    for index in range(count):
        in_trouble(people, f"N{index}")
    client = browser(people.dana)

    with django_assert_num_queries(LIST_QUERIES - (1 if address == "anomalies/" else 0)):
        text = client.get(f"/c/{people.creator}/{address}").content.decode()

    assert len(orders(text)) == count


def test_a_filter_is_kept_applied_renamed_by_nobody_else_and_deleted(people: Cast) -> None:
    dana, base = browser(people.dana), f"/c/{people.creator}/parcels/"

    kept = dana.post(base, {"act": "save", "name": " 待 揽收 ", "query": "status=SHIPPED_AWAIT_PICKUP&size=100&page=2"})
    again = dana.post(base, {"act": "save", "name": "待 揽收", "query": ""})
    text = page(people)
    link = re.search(r'<li><a href="([^"]+)">待 揽收', text)
    other = browser(people.agency).get(base).content.decode()
    saved_id = re.search(r'value="delete:(\d+)"', text)

    assert (kept.status_code, kept.headers["Location"]) == (302, f"{base}?status=SHIPPED_AWAIT_PICKUP")
    assert again.status_code == 409
    assert link is not None
    assert parse_qs(urlsplit(link.group(1)).query) == {"status": ["SHIPPED_AWAIT_PICKUP"]}
    assert "待 揽收" not in other
    assert saved_id is not None
    browser(people.agency).post(base, {"act": f"delete:{saved_id.group(1)}"})
    assert "待 揽收" in page(people)
    assert f'form="saved-{saved_id.group(1)}" name="act" value="rename:{saved_id.group(1)}"' in text
    assert f'<form id="saved-{saved_id.group(1)}" method="post" action="{base}">' in text
    assert dana.post(base, {"act": f"rename:{saved_id.group(1)}", "name": "新名"}).status_code == 302
    assert "新名" in page(people)
    dana.post(base, {"act": f"delete:{saved_id.group(1)}"})
    assert "新名" not in page(people)


def test_hidden_columns_stay_hidden_until_they_are_reset(people: Cast) -> None:
    in_trouble(people, "N1")
    dana, base = browser(people.dana), f"/c/{people.creator}/parcels/"

    back = dana.post(base, {"act": "choose", "column": ["orders", "state"], "next": f"{base}?order=N1"})

    assert back.headers["Location"] == f"{base}?order=N1"
    assert heads(page(people)) == ["运单号", "订单号", "异常状态"]
    dana.post(base, {"act": "reset", "next": base})
    assert heads(page(people))[:9] == NINE


def test_what_came_since_the_last_visit_is_marked_as_new(people: Cast) -> None:
    in_trouble(people, "N1")
    clock = DemoClock.objects.all()
    assert "tag new" not in page(people, "anomalies/")
    clock.update(base_sim=datetime.fromisoformat("2022-06-20T13:00:00+08:00"))
    tenants = facts.Tenants(
        shop=people.shop, other_shop=people.other_shop, creator=people.creator, second_creator=people.second_creator
    )
    later = datetime.fromisoformat("2022-06-20T12:30:00+08:00")
    planting.write(
        facts.shipment(tenants, facts.fresh_number(), "06-17 11:00", lines=(facts.line("N2", people.creator),)),
        now=later,
    )

    text = page(people, "anomalies/")

    rows = re.findall(r"<tr data-key=.*?</tr>", text, re.DOTALL)
    assert [(orders(row), "tag new" in row) for row in rows] == [(["N2"], True), (["N1"], False)]
    assert "tag new" in page(people, "anomalies/")


def test_the_seven_statuses_of_a_creator_are_those_of_the_rule() -> None:
    shown = {each for status in parcel.STATUSES if (each := parcel.shown_to_creator(status)) is not None}

    assert {each.value for each in shown} == set(listing.SHOWN_TO_CREATORS)
