"""The pushes of the aggregators over HTTP: signatures, exact answers, full lists, what is kept."""

import json

import pytest

from tests.intake_http import port as p
from yidao.carriers import texts
from yidao.intake.payloads import CorrectionIn, QuarantineIn, SnapshotIn
from yidao.intake.queue import QueueFull

TAKEN = '{"result":true,"returnCode":"200","message":"成功"}'.encode()


def item(**changes):
    whole = {"ftime": "2022-06-20 10:00:00", "context": "已揽收", "statusCode": "1", "areaCode": "CN320507004000"}
    return whole | changes


def kuaidi100(*items, status="polling", **more):
    last = {"nu": "YT1", "com": "yuantong", "state": "0", "data": list(items)} | more.pop("last", {})
    return {"status": status, "lastResult": last} | more


def test_a_push_of_kuaidi100_is_a_full_list_and_gets_its_exact_answer(port):
    reply = port.kuaidi100(kuaidi100(item(ftime="2022-06-20 12:00:00", statusCode="0"), item()))

    assert (reply.status, reply.body) == (200, TAKEN)
    assert reply.headers["content-type"] == "application/json"
    (snapshot,) = port.queue.items
    assert isinstance(snapshot, SnapshotIn)
    assert (snapshot.waybill_no, snapshot.carrier, snapshot.source, snapshot.pushed_at) == (
        "YT1",
        "yuantong",
        "KUAIDI100",
        0,
    )
    assert [scan.code for scan in snapshot.scans] == ["1", "0"]
    assert len(snapshot.digest) == 16


def test_the_list_is_named_by_its_facts_and_not_by_its_words(port):
    port.kuaidi100(kuaidi100(item()))
    port.kuaidi100(kuaidi100(item(context="已揽收,更正")))
    port.kuaidi100(kuaidi100(item(statusCode="103")))

    first, reworded, changed = port.queue.items
    assert first.digest == reworded.digest != changed.digest
    assert first.scans[0].event_id == reworded.scans[0].event_id != changed.scans[0].event_id


def test_equal_lines_of_one_list_are_told_apart(port):
    port.kuaidi100(kuaidi100(item(), item()))

    one, other = port.queue.items[0].scans
    assert one.event_id != other.event_id


def test_the_hex_of_the_signature_may_be_small(port):
    param = json.dumps(kuaidi100(item())).encode()

    reply = port.kuaidi100(param, sign=p.signatures.kuaidi100_sign(param, b"salt").lower())

    assert reply.body == TAKEN


def test_plus_signs_and_percents_inside_the_signed_value_survive(port):
    reply = port.kuaidi100(kuaidi100(item(context="到达 100% A+B & C=D")))

    assert reply.body == TAKEN
    assert port.queue.items[0].scans[0].description == "到达 100% A+B & C=D"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(kuaidi100(item(), status="abort"), id="aborted"),
        pytest.param(kuaidi100(), id="empty"),
        pytest.param(kuaidi100(status="shutdown", last={"data": None}), id="without a list"),
    ],
)
def test_what_never_wins_is_acknowledged_and_not_queued(port, value):
    reply = port.kuaidi100(value)

    assert (reply.status, reply.body) == (200, TAKEN)
    assert port.queue.submissions == []


def test_a_corrected_carrier_comes_before_the_list_it_belongs_to(port):
    port.kuaidi100(kuaidi100(item(), autoCheck="1", comOld="zhongtong", comNew="yuantong"))

    correction, snapshot = port.queue.items
    assert correction == CorrectionIn(
        waybill_no="YT1",
        carrier="yuantong",
        stands_for="zhongtong",
        source="KUAIDI100",
        noticed_at=texts.local_time("2022-06-20 10:00:00"),
    )
    assert snapshot.carrier == "yuantong"


def test_the_second_leg_is_a_register_of_its_own(port):
    port.kuaidi100(kuaidi100(item(), destResult={"nu": "LX1", "com": "ems", "data": [item(statusCode="3")]}))

    assert [(each.waybill_no, each.carrier, each.source) for each in port.queue.items] == [
        ("YT1", "yuantong", "KUAIDI100"),
        ("YT1", "yuantong", "KUAIDI100/DEST"),
    ]


@pytest.mark.parametrize(
    ("param", "reason", "status"),
    [
        pytest.param(b'"status":"polling"}', "push.malformed_json", 400, id="the first brace is missing"),
        pytest.param(b'{"status":"polling",}', "push.malformed_json", 400, id="a comma too many"),
        pytest.param(b"[" * 50_000, "push.malformed_json", 400, id="deep nesting"),
        pytest.param('{"status":"签收"}'.encode("gb18030"), "push.not_utf8", 400, id="another charset"),
        pytest.param(b'{"lastResult":[]}', "push.shape", 422, id="another shape"),
        pytest.param(
            json.dumps(kuaidi100(item(ftime="9999-01-01 00:00:00"))).encode(), "push.time", 422, id="the year 9999"
        ),
    ],
)
def test_a_signed_push_that_cannot_be_read_is_answered_as_an_error_and_kept(port, param, reason, status):
    reply = port.kuaidi100(param)

    assert reply.status == status
    assert (reply.json()["result"], reply.json()["returnCode"]) == (False, "500")
    assert reply.json()["message"]
    (kept,) = port.queue.items
    assert isinstance(kept, QuarantineIn)
    assert (kept.source, kept.reason, kept.body, kept.detail["format"]) == ("KUAIDI100", reason, param, "kuaidi100")


def test_an_unknown_carrier_is_kept_for_a_person_and_acknowledged(port):
    reply = port.kuaidi100(kuaidi100(item(), last={"com": "dhl"}))

    assert reply.body == TAKEN
    (kept,) = port.queue.items
    assert (kept.reason, kept.waybill_no) == ("carrier.unknown", "YT1")


@pytest.mark.parametrize("sign", ["", "0" * 32, "签", "E3A53447F84B9D616FB644F645B4F524"])
def test_a_wrong_signature_is_refused_and_nothing_is_kept(port, sign):
    reply = port.kuaidi100(kuaidi100(item()), sign=sign)

    assert (reply.status, reply.json()["result"]) == (401, False)
    assert port.queue.submissions == []


def test_the_published_vector_passes(port):
    reply = port.kuaidi100(b'{"status":"polling"}', sign="E3A53447F84B9D616FB644F645B4F524")

    assert reply.status == 422  # Signed well, but about no number.


@pytest.mark.parametrize(
    ("credential", "status"),
    [
        pytest.param(12345, 404, id="nobody's address"),
        pytest.param("abc", 404, id="no number"),
        pytest.param("9" * 30, 404, id="a number beyond all ids"),
        pytest.param("", 404, id="no credential"),
        pytest.param(1, 403, id="a carrier's credential"),
        pytest.param(p.UNSALTED, 403, id="a credential without a key"),
    ],
)
def test_addresses_that_take_no_push(port, credential, status):
    reply = port.kuaidi100(kuaidi100(item()), credential=credential)

    assert (reply.status, reply.json()["result"]) == (status, False)
    assert port.queue.submissions == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="an empty form"),
        pytest.param(b"sign=x", 400, id="no param"),
        pytest.param(b"param=x", 400, id="no sign"),
        pytest.param(b"param=a&param=b&sign=x", 400, id="param twice"),
        pytest.param(b"&".join(b"a%d=1" % n for n in range(1000)), 400, id="a thousand fields"),
    ],
)
def test_forms_that_lack_something(port, body, status):
    reply = port.request(
        "POST", f"/push/kuaidi100/{p.KUAIDI100}", body, (("Content-Type", "application/x-www-form-urlencoded"),)
    )

    assert (reply.status, reply.json()["result"]) == (status, False)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=gbk"],
)
def test_other_media_types_and_charsets_are_refused(port, content_type):
    reply = port.kuaidi100(kuaidi100(item()), content_type=content_type)

    assert (reply.status, reply.json()["result"]) == (415, False)


def test_a_full_queue_lets_the_aggregator_come_again(port):
    port.queue.refusal = QueueFull(headers={"Retry-After": "1"})

    reply = port.kuaidi100(kuaidi100(item()))

    assert (reply.status, reply.headers["retry-after"], reply.json()["result"]) == (429, "1", False)


def kdniao(*entries):
    return {"EBusinessID": "1234567", "PushTime": "2022-06-21 09:05:00", "Count": str(len(entries)), "Data": entries}


def entry(**changes):
    trace = {"AcceptTime": "2022-06-20 10:00:00", "AcceptStation": "已揽收", "Location": "苏州市", "Action": "1"}
    return {"ShipperCode": "YTO", "LogisticCode": "YT1", "State": "1", "StateEx": "1", "Traces": [trace]} | changes


def test_a_push_of_kdniao_is_one_full_list_per_number(port):
    reply = port.kdniao(kdniao(entry(), entry(LogisticCode="YT2")))

    assert reply.status == 200
    assert list(reply.json()) == ["EBusinessID", "UpdateTime", "Success", "Reason"]
    assert (reply.json()["EBusinessID"], reply.json()["Success"], reply.json()["Reason"]) == ("1234567", True, "")
    assert texts.local_time(reply.json()["UpdateTime"]) is not None
    assert [(each.waybill_no, each.source, each.pushed_at) for each in port.queue.items] == [
        ("YT1", "KDNIAO", texts.local_time("2022-06-21 09:05:00")),
        ("YT2", "KDNIAO", texts.local_time("2022-06-21 09:05:00")),
    ]


@pytest.mark.parametrize("kind", ["101", "102"])
def test_both_trace_pushes_are_taken(port, kind):
    assert port.kdniao(kdniao(entry()), kind=kind).json()["Success"] is True
    assert len(port.queue.items) == 1


def test_data_that_was_encoded_twice_is_taken(port):
    assert port.kdniao(kdniao(entry()), is_twice=True).json()["Success"] is True
    assert len(port.queue.items) == 1


def test_an_order_push_is_acknowledged_and_ignored(port):
    reply = port.kdniao(kdniao(entry()), kind="107")

    assert (reply.status, reply.json()["Success"], reply.json()["EBusinessID"]) == (200, True, "1234567")
    assert port.queue.submissions == []


def test_another_type_of_push_is_refused(port):
    reply = port.kdniao(kdniao(entry()), kind="1007")

    assert (reply.status, reply.json()["Success"]) == (422, False)
    assert "1007" in reply.json()["Reason"]


def test_an_empty_list_is_acknowledged_and_not_queued(port):
    reply = port.kdniao(kdniao(entry(Traces=[], Success=False, Reason="暂无轨迹信息")))

    assert reply.json()["Success"] is True
    assert port.queue.submissions == []


def test_one_list_that_cannot_be_read_is_kept_and_its_neighbours_are_taken(port):
    reply = port.kdniao(
        kdniao(entry(), entry(LogisticCode="YT2", Traces=[{"AcceptTime": "soon"}]), entry(LogisticCode="YT3"))
    )

    assert (reply.status, reply.json()["Success"]) == (422, False)
    first, kept, third = port.queue.items
    assert (first.waybill_no, third.waybill_no) == ("YT1", "YT3")
    assert (kept.reason, kept.waybill_no, kept.detail["format"]) == ("push.time", "YT2", "kdniao")
    assert json.loads(kept.body)["Data"][0]["LogisticCode"] == "YT2"
    assert json.loads(kept.body)["PushTime"] == "2022-06-21 09:05:00"


def test_an_unknown_shipper_is_kept_and_acknowledged(port):
    reply = port.kdniao(kdniao(entry(ShipperCode="XX")))

    assert reply.json()["Success"] is True
    assert port.queue.items[0].reason == "carrier.unknown"


@pytest.mark.parametrize("sign", ["", "abc", "签", "M2YzYzU3OTllMzg5YmZhY2ZjNzY2NWJhNTAyOWNlNTY="])
def test_a_wrong_data_sign_is_refused_and_nothing_is_kept(port, sign):
    reply = port.kdniao(kdniao(entry()), sign=sign)

    assert (reply.status, reply.json()["Success"]) == (401, False)
    assert port.queue.submissions == []


@pytest.mark.parametrize("data", [b"{", b"[]", b"null", '{"a":"签收"}'.encode("gb18030"), b'{"Data":' + b"[" * 50_000])
def test_signed_bytes_that_are_no_push_are_answered_as_an_error_and_kept(port, data):
    reply = port.kdniao(data)

    assert reply.status in (400, 422)
    assert reply.json()["Success"] is False
    assert port.queue.items[0].body == data
