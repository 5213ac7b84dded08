"""Every row of the mapping tables, one by one: what each state of each provider means in our vocabulary."""

import pytest

from yidao.carriers.kdniao import codes as kdniao
from yidao.carriers.kuaidi100 import codes as kuaidi100
from yidao.carriers.wechat import codes as wechat
from yidao.rules import parcel
from yidao.rules.instants import HOUR
from yidao.rules.scans import Kind

KUAIDI100 = [
    ("101", "已下单 is an order and no pickup", Kind.ORDERED),
    ("102", "待揽收 waits for the courier", Kind.ORDERED),
    ("1", "揽收 is the pickup", Kind.PICKED_UP),
    ("103", "已揽收 is the pickup", Kind.PICKED_UP),
    ("0", "在途 moves", Kind.IN_TRANSIT),
    ("1002", "干线 moves on the trunk line", Kind.IN_TRANSIT),
    ("1001", "到达派件城市 is at the destination city", Kind.ARRIVED_CITY),
    ("1003", "转递 goes to another address", Kind.FORWARDED),
    ("7", "转投 goes to another carrier", Kind.FORWARDED),
    ("5", "派件 is the delivery scan", Kind.OUT_FOR_DELIVERY),
    ("501", "投柜或驿站 lies in a locker", Kind.IN_LOCKER),
    ("3", "签收 is signed", Kind.SIGNED),
    ("301", "本人签收 is signed by the receiver", Kind.SIGNED),
    ("303", "代签 is signed for the receiver", Kind.SIGNED),
    ("304", "投柜或站签收 is signed at the locker", Kind.SIGNED_AT_LOCKER),
    ("302", "派件异常后签收 is signed after an exception", Kind.SIGNED_AFTER_EXCEPTION),
    ("2", "疑难 is a problem nobody specified", Kind.PROBLEM),
    ("201", "超时未签收 is advice", Kind.ADVISED_NOT_SIGNED),
    ("202", "超时未更新 is advice", Kind.ADVISED_NOT_UPDATED),
    ("203", "拒收 is refused", Kind.REJECTED),
    ("204", "派件异常 is a delivery problem", Kind.DELIVERY_PROBLEM),
    ("205", "柜或驿站超时未取 lies too long", Kind.LOCKER_OVERDUE),
    ("206", "无法联系 cannot reach the receiver", Kind.UNREACHABLE_CONTACT),
    ("207", "超区 is out of the area", Kind.OUT_OF_AREA),
    ("208", "滞留 is held", Kind.DETAINED),
    ("209", "破损 is damaged", Kind.DAMAGED),
    ("210", "销单 is void", Kind.VOIDED),
    ("401", "已销单 is void", Kind.VOIDED),
    ("6", "退回 is on the way back", Kind.RETURNING),
    ("4", "退签 is returned and signed", Kind.RETURN_SIGNED),
    ("14", "拒签 is refused", Kind.REJECTED),
    ("8", "清关 is with customs", Kind.CUSTOMS_PENDING),
    ("10", "待清关 waits for customs", Kind.CUSTOMS_PENDING),
    ("11", "清关中 is being cleared", Kind.CUSTOMS_PROCESSING),
    ("12", "已清关 is cleared", Kind.CUSTOMS_CLEARED),
    ("13", "清关异常 failed at customs", Kind.CUSTOMS_FAILED),
]

KDNIAO = [
    ("0", "no trace yet", Kind.ORDERED),
    ("401", "发货无信息 says that nothing is known", Kind.NO_INFO),
    ("10", "待揽件 waits for the courier", Kind.ORDERED),
    ("1", "已揽收 is the pickup", Kind.PICKED_UP),
    ("206", "寄件网点发件 left the outlet of origin", Kind.DEPARTED_ORIGIN),
    ("2", "在途中 moves", Kind.IN_TRANSIT),
    ("204", "到转运中心 is at a hub", Kind.ARRIVED_HUB),
    ("201", "到派件城市 is at the destination city", Kind.ARRIVED_CITY),
    ("205", "到派件网点 is at the delivery outlet", Kind.ARRIVED_OUTLET),
    ("202", "派件中 is the delivery scan", Kind.OUT_FOR_DELIVERY),
    ("419", "重新派送 is another attempt", Kind.REDELIVERY),
    ("211", "入柜/驿站 lies in a locker", Kind.IN_LOCKER),
    ("418", "快件取出 was taken out of the locker", Kind.TAKEN_FROM_LOCKER),
    ("3", "已签收 is signed", Kind.SIGNED),
    ("301", "正常签收 is signed", Kind.SIGNED),
    ("302", "异常后签收 is signed after an exception", Kind.SIGNED_AFTER_EXCEPTION),
    ("304", "代收 is signed for the receiver", Kind.SIGNED),
    ("311", "柜/驿站签收 is signed at the locker", Kind.SIGNED_AT_LOCKER),
    ("402", "超时未签收 is advice", Kind.ADVISED_NOT_SIGNED),
    ("403", "超时未更新 is advice", Kind.ADVISED_NOT_UPDATED),
    ("404", "拒收(退件) is refused", Kind.REJECTED),
    ("407", "退货未签收 is on the way back", Kind.RETURNING),
    ("406", "退货签收 is returned and signed", Kind.RETURN_SIGNED),
    ("412", "柜超时 lies too long", Kind.LOCKER_OVERDUE),
    ("413", "单号已拦截 is intercepted", Kind.INTERCEPTED),
    ("414", "破损 is damaged", Kind.DAMAGED),
    ("415", "客户取消发货 is void", Kind.VOIDED),
    ("405", "派件异常 is a delivery problem", Kind.DELIVERY_PROBLEM),
    ("416", "无法联系 cannot reach the receiver", Kind.UNREACHABLE_CONTACT),
    ("417", "配送延迟 is delayed", Kind.DELIVERY_DELAYED),
    ("420", "地址不详 needs a better address", Kind.ADDRESS_UNCLEAR),
    ("421", "电话错误 has a wrong telephone", Kind.PHONE_WRONG),
    ("422", "错分件 was sorted wrongly", Kind.MISSORTED),
    ("423", "超区件 is out of the area", Kind.OUT_OF_AREA),
    ("4", "问题件 is a problem nobody specified", Kind.PROBLEM),
    ("5", "转寄 goes to another address", Kind.FORWARDED),
    ("6", "清关 is with customs", Kind.CUSTOMS_PENDING),
    ("601", "待清关 waits for customs", Kind.CUSTOMS_PENDING),
    ("602", "清关中 is being cleared", Kind.CUSTOMS_PROCESSING),
    ("603", "已清关 is cleared", Kind.CUSTOMS_CLEARED),
    ("604", "清关异常 failed at customs", Kind.CUSTOMS_FAILED),
]

WECHAT = [
    ("0", "待揽件 waits for the courier", Kind.ORDERED),
    ("1", "揽收 is the pickup", Kind.PICKED_UP),
    ("2", "运输中 moves", Kind.IN_TRANSIT),
    ("3", "派件 is the delivery scan", Kind.OUT_FOR_DELIVERY),
    ("4", "入柜 lies in a locker", Kind.IN_LOCKER),
    ("5", "签收 is signed", Kind.SIGNED),
    ("6", "退回 is on the way back", Kind.RETURNING),
    ("7", "转寄 goes to another address", Kind.FORWARDED),
    ("8", "异常 is a problem nobody specified", Kind.PROBLEM),
    ("9", "出柜 was taken out of the locker", Kind.TAKEN_FROM_LOCKER),
    ("99", "an unknown state is unknown", Kind.UNKNOWN),
]


@pytest.mark.parametrize(("code", "kind"), [pytest.param(c, k, id=f"{c}: {s}") for c, s, k in KUAIDI100])
def test_kuaidi100(code, kind):
    assert kuaidi100.kind_of(code) is kind


@pytest.mark.parametrize(("code", "kind"), [pytest.param(c, k, id=f"{c}: {s}") for c, s, k in KDNIAO])
def test_kdniao(code, kind):
    assert kdniao.kind_of(code) is kind


@pytest.mark.parametrize(("code", "kind"), [pytest.param(c, k, id=f"{c}: {s}") for c, s, k in WECHAT])
def test_wechat(code, kind):
    assert wechat.kind_of(code) is kind


@pytest.mark.parametrize(
    ("table", "rows"),
    [(kuaidi100, KUAIDI100), (kdniao, KDNIAO), (wechat, WECHAT)],
    ids=["kuaidi100", "kdniao", "wechat"],
)
def test_every_row_of_the_table_is_tested_here(table, rows):
    assert dict(table.KINDS) == {code: kind for code, _, kind in rows}


@pytest.mark.parametrize("table", [kuaidi100, kdniao, wechat], ids=["kuaidi100", "kdniao", "wechat"])
def test_a_code_nobody_told_us_about_is_unknown(table):
    assert table.kind_of("98765") is Kind.UNKNOWN


def test_every_name_of_kuaidi100_leads_to_a_code_of_the_table():
    assert set(kuaidi100.CODES_BY_NAME.values()) == set(kuaidi100.KINDS)


def test_notes_never_move_a_parcel_on_their_own():
    noted = {kuaidi100.KINDS[code] for code in kuaidi100.NOTES} | {kdniao.KINDS[code] for code in kdniao.NOTES}
    for kind in noted:
        before = parcel.of([_entry(0, Kind.IN_TRANSIT)])
        assert parcel.status(parcel.merge(before, parcel.of([_entry(1, kind)]))) is parcel.status(before)


def test_a_trace_that_goes_back_from_the_locker_to_the_courier_ends_signed():
    trace = ["2", "205", "202", "211", "418", "202", "301"]

    statuses = [
        parcel.status(parcel.of([_entry(at, kdniao.kind_of(code)) for at, code in enumerate(trace[:length])]))
        for length in range(1, len(trace) + 1)
    ]

    assert [status.value for status in statuses[2:]] == [
        "OUT_FOR_DELIVERY",
        "AWAIT_COLLECTION",
        "OUT_FOR_DELIVERY",
        "OUT_FOR_DELIVERY",
        "SIGNED",
    ]


def _entry(at, kind):
    return parcel.entry(1_650_000_000_000_000 + at * HOUR, kind)
