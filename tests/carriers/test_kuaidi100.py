"""What a push of Kuaidi100 tells, from the bytes of its form value."""

import json

import pytest

from yidao.carriers import texts
from yidao.carriers.kuaidi100 import wire
from yidao.carriers.traces import TRACES_MAX, Unreadable
from yidao.rules.scans import Kind

NEWEST_FIRST = [
    {
        "time": "2021-12-22 18:05:02",
        "ftime": "2021-12-22 18:05:02",
        "context": "【杭州转运中心】已发出,下一站苏州,联系电话13812345678",
        "status": "干线",
        "statusCode": "1002",
        "areaCode": "CN330100000000",
        "areaName": "浙江,杭州市",
    },
    {
        "time": "2021-12-22 10:00:00",
        "ftime": "2021-12-22 10:00:00",
        "context": "已揽收",
        "status": "揽收",
        "statusCode": "1",
        "areaCode": "CN320507004000",
        "areaName": "江苏,苏州市,相城区",
    },
]


def push(**changes):
    last = {"nu": "YT1", "com": "yuantong", "state": "0", "status": "200", "ischeck": "0", "data": NEWEST_FIRST}
    return {"status": "polling", "message": "", "lastResult": last | changes.pop("last", {})} | changes


def told(value):
    return wire.told(wire.decode(json.dumps(value, ensure_ascii=False).encode()))


def test_a_full_list_is_read_oldest_first():
    (found,) = told(push()).lists

    assert (found.waybill_no, found.carrier, found.pushed_at, found.leg) == ("YT1", "yuantong", 0, "")
    assert [(trace.kind, trace.code, trace.division) for trace in found.traces] == [
        (Kind.PICKED_UP, "1", "320507"),
        (Kind.IN_TRANSIT, "1002", "330100"),
    ]
    assert found.traces[0].occurred_at == texts.local_time("2021-12-22 10:00:00")
    assert found.traces[1].place == "浙江,杭州市"
    assert found.traces[1].description == "【杭州转运中心】已发出,下一站苏州,联系电话1******5678"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(push(status="abort"), id="an aborted list"),
        pytest.param(push(last={"data": []}), id="an empty list"),
        pytest.param(push(last={"data": None}), id="no list"),
    ],
)
def test_what_never_wins_is_not_handed_on(value):
    assert told(value).lists == ()


def test_a_corrected_carrier_is_an_alias_and_the_list_belongs_to_the_new_one():
    result = told(push(autoCheck="1", comOld="debangkuaidi", comNew="yuantong"))

    assert result.correction == wire.Correction(waybill_no="YT1", carrier="yuantong", stands_for="debangwuliu")
    assert result.lists[0].carrier == "yuantong"


def test_two_names_of_one_carrier_are_no_correction():
    assert told(push(comOld="debangkuaidi", comNew="debangwuliu")).correction is None


def test_an_abort_may_still_correct_the_carrier():
    result = told(push(status="abort", comOld="zhongtong", comNew="yuantong", last={"com": "zhongtong", "data": []}))

    assert result.lists == ()
    assert result.correction == wire.Correction(waybill_no="YT1", carrier="yuantong", stands_for="zhongtong")


def test_the_second_leg_is_a_list_of_the_same_parcel():
    leg = {"nu": "LX123", "com": "ems", "state": "3", "data": [NEWEST_FIRST[0] | {"statusCode": "301"}]}

    first, second = told(push(destResult=leg)).lists

    assert (second.waybill_no, second.carrier, second.leg) == (first.waybill_no, first.carrier, "DEST")
    assert [trace.kind for trace in second.traces] == [Kind.SIGNED]


def test_the_name_of_a_status_stands_in_for_a_missing_code():
    item = NEWEST_FIRST[0] | {"statusCode": None, "status": "派件"}

    assert told(push(last={"data": [item]})).lists[0].traces[0].code == "5"


@pytest.mark.parametrize(
    ("context", "state", "kinds"),
    [
        pytest.param("快件已揽收", "0", [Kind.PICKED_UP], id="words tell more than the state of the list"),
        pytest.param("等待揽收", "0", [Kind.ORDERED], id="waiting for the courier is no pickup"),
        pytest.param("某某某", "5", [Kind.OUT_FOR_DELIVERY], id="a line that says nothing takes the state"),
        pytest.param("某某某", "", [Kind.UNKNOWN], id="a line that says nothing in a list without state"),
        pytest.param("快件到达杭州", "2", [Kind.IN_TRANSIT, Kind.PROBLEM], id="a remark stands beside the line"),
    ],
)
def test_lists_without_status_are_read_by_their_words(context, state, kinds):
    item = {"time": "2021-12-22 18:05:02", "context": context}

    assert [trace.kind for trace in told(push(last={"data": [item], "state": state})).lists[0].traces] == kinds


def test_an_unknown_code_is_kept_as_it_is():
    trace = told(push(last={"data": [NEWEST_FIRST[0] | {"statusCode": "777"}]})).lists[0].traces[0]

    assert (trace.kind, trace.code) == (Kind.UNKNOWN, "777")


def test_numbers_in_place_of_strings_are_taken():
    item = NEWEST_FIRST[0] | {"statusCode": 5}

    assert told(push(last={"data": [item], "state": 0})).lists[0].traces[0].kind == Kind.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(push(last={"nu": ""}), "waybill_no.malformed", id="no number"),
        pytest.param(push(last={"nu": "单号"}), "waybill_no.malformed", id="a number of other letters"),
        pytest.param(push(last={"com": "dhl"}), "carrier.unknown", id="an unknown carrier"),
        pytest.param(push(last={"data": [{"time": "9999-12-31 00:00:00"}]}), "push.time", id="the year 9999"),
        pytest.param(push(last={"data": [{"context": "x"}]}), "push.time", id="a line without time"),
        pytest.param(push(last={"data": NEWEST_FIRST * TRACES_MAX}), "push.too_many_lines", id="an endless list"),
        pytest.param({"status": "polling"}, "waybill_no.malformed", id="no result at all"),
    ],
)
def test_what_cannot_be_used_says_why(value, reason):
    with pytest.raises(Unreadable) as refused:
        told(value)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("param", "reason"),
    [
        pytest.param(b'"status":"polling"}', "push.malformed_json", id="the published example without its first brace"),
        pytest.param(b'{"status":"polling",}', "push.malformed_json", id="the published example with a comma too many"),
        pytest.param(b"", "push.malformed_json", id="nothing"),
        pytest.param(b"[" * 100_000, "push.malformed_json", id="deep nesting"),
        pytest.param('{"status":"签收"}'.encode("gb18030"), "push.not_utf8", id="another charset"),
        pytest.param(b"[]", "push.shape", id="a list in place of an object"),
        pytest.param(b'{"lastResult":{"data":{}}}', "push.shape", id="an object in place of a list"),
        pytest.param(b'{"lastResult":{"nu":["x"]}}', "push.shape", id="a list in place of a number"),
    ],
)
def test_bytes_that_are_no_push_say_why(param, reason):
    with pytest.raises(Unreadable) as refused:
        wire.decode(param)

    assert refused.value.reason == reason
