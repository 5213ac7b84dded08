"""POST /v1/tracking-events: what is taken, what is refused, and in whose name."""

import pytest

from tests.intake_http import port as p
from yidao.intake.payloads import Flag, ItemResult, Result
from yidao.intake.queue import Draining, QueueFull
from yidao.rules.instants import instant, to_datetime
from yidao.rules.scans import Kind

MALFORMED = "tracking.malformed"


def test_an_event_becomes_a_scan_in_our_vocabulary(port):
    event = p.event(
        place={"division": "330106", "name": "杭州转运中心"},
        description="快递员13812345678已揽收,外包装破损",
        event_id="e-1",
        revision=3,
        retracted=True,
    )

    reply = port.events([event])

    assert (reply.status, reply.json()) == (200, {"items": [{"index": 0, "result": "ACCEPTED"}]})
    (scan,) = port.queue.items
    assert to_datetime(scan.occurred_at).isoformat() == "2022-06-20T00:00:00+00:00"
    assert (scan.waybill_no, scan.carrier, scan.source) == ("YT1", "yuantong", "PLATFORM")
    assert (scan.event_id, scan.revision, scan.is_retracted) == ("e-1", 3, True)
    assert (scan.kind, scan.code, scan.division, scan.place) == (
        Kind.PICKED_UP,
        "PICKED_UP",
        "330106",
        "杭州转运中心",
    )
    assert scan.description == "快递员1******5678已揽收,外包装破损"
    assert scan.flags == Flag.DAMAGED


@pytest.mark.parametrize(
    ("token", "source", "is_weak"),
    [
        pytest.param(p.CARRIER, "CARRIER:yuantong", False, id="a carrier under its own name"),
        pytest.param(p.PROVIDER, "AGGREGATOR", False, id="a provider under its source"),
        pytest.param(p.SHOP, "SHOP", True, id="a shop, weakly"),
        pytest.param(p.PLATFORM, "PLATFORM", False, id="the platform"),
    ],
)
def test_the_source_follows_from_the_credential(port, token, source, is_weak):
    port.events([p.event()], token)

    (submission,) = port.queue.submissions
    assert (submission.items[0].source, submission.sender.source, submission.sender.is_weak) == (
        source,
        source,
        is_weak,
    )


def test_a_carrier_speaks_of_its_own_parcels_only(port):
    reply = port.events([p.event(carrier="zhongtong"), p.event()], p.CARRIER)

    first, second = reply.json()["items"]
    assert (first["result"], first["problem"]["code"], first["problem"]["status"]) == (
        "REJECTED",
        "carrier.not_yours",
        403,
    )
    assert second == {"index": 1, "result": "ACCEPTED"}


def test_an_unnamed_event_is_named_by_when_what_and_where_alone(port):
    port.events(
        [
            p.event(description="first words"),
            p.event(description="corrected words"),
            p.event(place={"name": "Hang Zhou"}),
            p.event(place={"name": "HANGZHOU"}),
            p.event(code="IN_TRANSIT"),
        ]
    )

    ids = [scan.event_id for scan in port.queue.items]
    assert ids[0] == ids[1]
    assert ids[2] == ids[3]
    assert len(set(ids)) == 3
    assert all(len(each) == 22 for each in ids)


def test_the_variant_holds_facts_and_no_text(port):
    port.events(
        [
            p.event(event_id="e", description="words"),
            p.event(event_id="e", description="other words"),
            p.event(event_id="e", description="破损"),
            p.event(event_id="e", code="SIGNED"),
        ]
    )

    variants = [scan.variant for scan in port.queue.items]
    assert variants[0] == variants[1]
    assert len(set(variants)) == 3
    assert all(0 <= each < 1 << 63 for each in variants)


def test_offsets_of_one_instant_are_one_instant(port):
    port.events([p.event(occurred_at="2022-06-20T08:00:00+08:00"), p.event(occurred_at="2022-06-20T00:00:00Z")])

    first, second = port.queue.items
    assert first == second


def test_the_answer_of_the_writer_reaches_the_sender(port):
    port.queue.results = [
        ItemResult(Result.DUPLICATE),
        ItemResult(Result.REJECTED, code="tracking.time_out_of_range", detail={"starts_at": "x", "shop_id": 1 << 60}),
    ]

    items = port.events([p.event(), p.event()]).json()["items"]

    assert items[0] == {"index": 0, "result": "DUPLICATE"}
    assert items[1]["problem"]["code"] == "tracking.time_out_of_range"
    assert items[1]["problem"]["context"] == {"starts_at": "x", "shop_id": str(1 << 60)}


def test_a_code_the_writer_invents_later_is_still_a_problem(port):
    port.queue.results = [ItemResult(Result.REJECTED, code="something.new")]

    problem = port.events([p.event()]).json()["items"][0]["problem"]

    assert (problem["code"], problem["status"]) == ("something.new", 422)


BAD_EVENTS = [
    pytest.param(p.event(waybill_no=...), MALFORMED, "/waybill_no", "field.missing", id="no number"),
    pytest.param(p.event(waybill_no=""), MALFORMED, "/waybill_no", "field.length", id="an empty number"),
    pytest.param(p.event(waybill_no="A" * 41), MALFORMED, "/waybill_no", "field.length", id="a long number"),
    pytest.param(p.event(waybill_no="单号"), "waybill_no.malformed", "/waybill_no", "field.form", id="Chinese"),
    pytest.param(p.event(waybill_no="YT1\n"), "waybill_no.malformed", "/waybill_no", "field.form", id="a line feed"),
    pytest.param(p.event(waybill_no="YT1\0"), "waybill_no.malformed", "/waybill_no", "field.form", id="NUL in it"),
    pytest.param(p.event(waybill_no=5), MALFORMED, "/waybill_no", "field.type", id="an integer number"),
    pytest.param(p.event(waybill_no=None), MALFORMED, "/waybill_no", "field.type", id="null"),
    pytest.param(p.event(carrier="dhl"), "carrier.unknown", "/carrier", "field.unknown_value", id="a stranger"),
    pytest.param(p.event(carrier="YUANTONG"), "carrier.unknown", "/carrier", "field.unknown_value", id="capitals"),
    pytest.param(p.event(occurred_at=...), MALFORMED, "/occurred_at", "field.missing", id="no time"),
    pytest.param(p.event(occurred_at="soon"), MALFORMED, "/occurred_at", "field.time", id="no time at all"),
    pytest.param(p.event(occurred_at="2022-06-20T08:00:00"), MALFORMED, "/occurred_at", "field.time", id="no offset"),
    pytest.param(
        p.event(occurred_at="9999-12-31T23:59:59Z"),
        "tracking.time_out_of_range",
        "/occurred_at",
        "field.time",
        id="the year 9999",
    ),
    pytest.param(
        p.event(occurred_at="9999-12-31T23:59:59.9999999Z"),
        MALFORMED,
        "/occurred_at",
        "field.time",
        id="rounded into the year 10000",
    ),
    pytest.param(
        p.event(occurred_at="0001-01-01T00:00:00+08:00"),
        "tracking.time_out_of_range",
        "/occurred_at",
        "field.time",
        id="before the year 1",
    ),
    pytest.param(p.event(occurred_at=1655683200), MALFORMED, "/occurred_at", "field.time", id="epoch seconds"),
    pytest.param(
        p.event(occurred_at="2022-02-30T00:00:00Z"),
        MALFORMED,
        "/occurred_at",
        "field.time",
        id="February 30",
    ),
    pytest.param(
        p.event(code="picked_up"), "tracking.code_unknown", "/code", "field.unknown_value", id="small letters"
    ),
    pytest.param(p.event(code=2), MALFORMED, "/code", "field.type", id="a number for a code"),
    pytest.param(p.event(place="Hangzhou"), MALFORMED, "/place", "field.type", id="a place of text"),
    pytest.param(p.event(place={"division": "33010"}), MALFORMED, "/place/division", "field.length", id="five digits"),
    pytest.param(p.event(place={"division": "33010x"}), MALFORMED, "/place/division", "field.form", id="a letter"),
    pytest.param(
        p.event(place={"division": "３３０１０６"}),
        MALFORMED,
        "/place/division",
        "field.form",
        id="wide digits",
    ),
    pytest.param(p.event(place={"name": "x" * 201}), MALFORMED, "/place/name", "field.length", id="a long place"),
    pytest.param(p.event(place={"name": "a\0b"}), MALFORMED, "/place/name", "field.nul", id="NUL in a place"),
    pytest.param(p.event(place={"city": "x"}), MALFORMED, "/place/city", "field.unknown", id="an unknown field inside"),
    pytest.param(p.event(description="x" * 501), MALFORMED, "/description", "field.length", id="a long description"),
    pytest.param(p.event(description="\0"), MALFORMED, "/description", "field.nul", id="NUL in words"),
    pytest.param(p.event(description=["x"]), MALFORMED, "/description", "field.type", id="a list of words"),
    pytest.param(p.event(event_id=""), MALFORMED, "/event_id", "field.length", id="an empty id"),
    pytest.param(p.event(event_id="x" * 81), MALFORMED, "/event_id", "field.length", id="a long id"),
    pytest.param(p.event(event_id="事件"), MALFORMED, "/event_id", "field.form", id="a Chinese id"),
    pytest.param(p.event(event_id="a\tb"), MALFORMED, "/event_id", "field.form", id="a tabulator in the id"),
    pytest.param(p.event(revision=-1), MALFORMED, "/revision", "field.range", id="revision -1"),
    pytest.param(p.event(revision=1_000_001), MALFORMED, "/revision", "field.range", id="a huge revision"),
    pytest.param(p.event(revision=10**40), MALFORMED, "/revision", "field.range", id="beyond 64 bits"),
    pytest.param(p.event(revision=1.5), MALFORMED, "/revision", "field.type", id="half a revision"),
    pytest.param(p.event(retracted="yes"), MALFORMED, "/retracted", "field.type", id="retracted in words"),
    pytest.param(p.event(weather="rain"), MALFORMED, "/weather", "field.unknown", id="an unknown field"),
    pytest.param({}, MALFORMED, "/waybill_no", "field.missing", id="an empty object"),
    pytest.param([], MALFORMED, "", "field.type", id="a list"),
    pytest.param(None, MALFORMED, "", "field.type", id="nothing"),
    pytest.param("text", MALFORMED, "", "field.type", id="text"),
    pytest.param(7, MALFORMED, "", "field.type", id="a number"),
    pytest.param(p.event(description="\ud800"), MALFORMED, "", "field.encoding", id="a lone surrogate"),
    pytest.param(p.event(event_id="\udfff"), MALFORMED, "", "field.encoding", id="another lone surrogate"),
]


@pytest.mark.parametrize(("bad", "code", "pointer", "fault"), BAD_EVENTS)
def test_a_bad_event_says_what_is_wrong_and_spares_its_neighbours(port, bad, code, pointer, fault):
    reply = port.events([p.event(waybill_no="YT0"), bad, p.event(waybill_no="YT2")])

    assert reply.status == 200
    before, refused, after = reply.json()["items"]
    assert (before["result"], after["result"]) == ("ACCEPTED", "ACCEPTED")
    assert [scan.waybill_no for scan in port.queue.items] == ["YT0", "YT2"]
    assert (refused["index"], refused["result"], refused["problem"]["code"]) == (1, "REJECTED", code)
    (error,) = refused["problem"]["errors"]
    assert (error["pointer"], error["code"]) == (f"/events/1{pointer}", fault)


def test_the_problem_speaks_the_language_asked_for(port):
    english = port.events([p.event(code="X")]).json()["items"][0]["problem"]
    chinese = port.events([p.event(code="X")], language="zh-CN,zh;q=0.9,en;q=0.8").json()["items"][0]["problem"]

    assert (english["title"], chinese["title"]) == ("The code is none of ours.", "未知的轨迹代码。")
    assert chinese["errors"][0]["message"] == "不是已知的取值"


def test_only_good_items_are_queued_and_nothing_when_all_are_bad(port):
    port.events([p.event(code="X")])

    assert port.queue.submissions == []


def test_a_full_queue_asks_to_come_again(port):
    port.queue.refusal = QueueFull(headers={"Retry-After": "1"})

    reply = port.events([p.event()])

    assert (reply.status, reply.headers["retry-after"], reply.json()["code"]) == (429, "1", "intake.queue_full")


def test_a_draining_queue_asks_to_come_again(port):
    port.queue.refusal = Draining(headers={"Retry-After": "2"})

    reply = port.events([p.event()])

    assert (reply.status, reply.headers["retry-after"], reply.json()["code"]) == (503, "2", "intake.draining")


def test_a_stopping_process_takes_nothing_new(port):
    port.app.begin_draining()

    reply = port.events([p.event()])

    assert (reply.status, reply.json()["code"]) == (503, "intake.draining")
    assert port.queue.submissions == []


def test_a_fault_of_the_writer_is_a_clear_answer(port):
    port.queue.refusal = RuntimeError("boom")

    reply = port.events([p.event()])

    assert (reply.status, reply.json()["code"]) == (503, "intake.store_unavailable")


def test_five_hundred_are_taken_and_one_more_is_not(port):
    assert len(port.events([p.event()] * 500).json()["items"]) == 500

    reply = port.events([p.event()] * 501)

    assert (reply.status, reply.json()["code"]) == (422, "body.shape")
    assert reply.json()["errors"][0] == {
        "pointer": "/events",
        "code": "field.length",
        "message": "is too short or too long",
    }


def test_microseconds_survive(port):
    port.events([p.event(occurred_at="2022-06-20T08:00:00.123456+08:00")])

    assert port.queue.items[0].occurred_at % 1_000_000 == 123_456
    assert instant(to_datetime(port.queue.items[0].occurred_at)) == port.queue.items[0].occurred_at
