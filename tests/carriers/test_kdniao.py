"""What a push of KDNiao tells, from the bytes of its form value."""

import json

import pytest

from yidao.carriers import texts
from yidao.carriers.kdniao import wire
from yidao.carriers.traces import TRACES_MAX, Unreadable
from yidao.rules.scans import Kind

OLDEST_FIRST = [
    {"AcceptTime": "2022-06-20 10:00:00", "AcceptStation": "已揽收", "Location": "苏州市", "Action": "1"},
    {
        "AcceptTime": "2022-06-21 09:00:00",
        "AcceptStation": "派件员13812345678派送中",
        "Location": "杭州市",
        "Action": "202",
    },
]


def entry(**changes):
    whole = {
        "ShipperCode": "YTO",
        "LogisticCode": "YT1",
        "State": "2",
        "StateEx": "202",
        "Traces": OLDEST_FIRST,
    } | changes
    return wire.decode_entry(json.dumps(whole, ensure_ascii=False).encode())


def told(**changes):
    return wire.told(entry(**changes), push_time="2022-06-21 09:05:00")


def test_a_full_list_is_read_with_the_time_of_the_push():
    found = told()

    assert (found.waybill_no, found.carrier) == ("YT1", "yuantong")
    assert found.pushed_at == texts.local_time("2022-06-21 09:05:00")
    assert [(trace.kind, trace.code, trace.place) for trace in found.traces] == [
        (Kind.PICKED_UP, "1", "苏州市"),
        (Kind.OUT_FOR_DELIVERY, "202", "杭州市"),
    ]
    assert found.traces[1].description == "派件员1******5678派送中"


@pytest.mark.parametrize("traces", [[], None])
def test_an_empty_list_never_wins(traces):
    assert told(Traces=traces) is None


@pytest.mark.parametrize(
    ("state", "state_ex", "action", "words", "kinds"),
    [
        pytest.param("2", "301", "1", "已揽收", [Kind.PICKED_UP], id="the action of a line goes before the state"),
        pytest.param("2", "301", "", "无字", [Kind.SIGNED], id="StateEx goes before State"),
        pytest.param("3", "", "", "无字", [Kind.SIGNED], id="State stands in for StateEx"),
        pytest.param(
            "2", "402", "202", "派", [Kind.OUT_FOR_DELIVERY, Kind.ADVISED_NOT_SIGNED], id="its clock is a note"
        ),
        pytest.param("2", "412", "211", "入柜", [Kind.IN_LOCKER, Kind.LOCKER_OVERDUE], id="so is the locker's clock"),
        pytest.param("4", "414", "", "到达杭州", [Kind.IN_TRANSIT, Kind.DAMAGED], id="a remark stands beside the line"),
        pytest.param("4", "405", "405", "派件异常", [Kind.DELIVERY_PROBLEM], id="the same twice is once"),
    ],
)
def test_states_and_actions(state, state_ex, action, words, kinds):
    line = {"AcceptTime": "2022-06-20 10:00:00", "AcceptStation": words, "Action": action}

    assert [trace.kind for trace in told(State=state, StateEx=state_ex, Traces=[line]).traces] == kinds


def test_the_remark_is_part_of_the_words():
    line = {"AcceptTime": "2022-06-20 10:00:00", "AcceptStation": "到达", "Remark": "外包装破损"}

    (trace,) = told(StateEx="", State="", Traces=[line]).traces

    assert (trace.description, trace.flags) == ("到达 外包装破损", texts.DAMAGED_BIT)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"LogisticCode": ""}, "waybill_no.malformed"),
        ({"ShipperCode": "XX"}, "carrier.unknown"),
        ({"Traces": [{"AcceptTime": "soon"}]}, "push.time"),
        ({"Traces": OLDEST_FIRST * TRACES_MAX}, "push.too_many_lines"),
    ],
)
def test_what_cannot_be_used_says_why(changes, reason):
    with pytest.raises(Unreadable) as refused:
        told(**changes)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "push.malformed_json"),
        (b"\xd5", "push.not_utf8"),
        (b'{"EBusinessID":"\xd5\xe2"}', "push.not_utf8"),
        (b'{"Data":{}}', "push.shape"),
        (b'{"Data":[' + b",".join([b"{}"] * 501) + b"]}", "push.too_many_lists"),
        (b'{"Data":' + b"[" * 100_000, "push.malformed_json"),
    ],
    ids=[
        "cut off",
        "no json at all",
        "another charset",
        "an object in place of a list",
        "too many lists",
        "deep nesting",
    ],
)
def test_bytes_that_are_no_push_say_why(data, reason):
    with pytest.raises(Unreadable) as refused:
        wire.decode(data)

    assert refused.value.reason == reason


def test_one_bad_list_leaves_its_neighbours_whole():
    push = wire.decode(b'{"Data":[{"LogisticCode":["x"]},{"LogisticCode":"YT1","ShipperCode":"YTO"}]}')

    with pytest.raises(Unreadable):
        wire.decode_entry(bytes(push.data[0]))
    assert wire.decode_entry(bytes(push.data[1])).logistic_code == "YT1"
