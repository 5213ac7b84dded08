"""The courier words requests as the outside world does, counts the answers, and waits when it is told to."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from yidao.market import courier, wires
from yidao.market.courier import Courier, Keys, PushKey
from yidao.market.line import Answer, Unreached
from yidao.market.wires import Event, Message

KEYS = Keys(
    platform="yd_platform",
    carriers={"zhongtong": "yd_zto", "jd": "yd_jd"},
    shops={"charlie": "yd_charlie"},
    kuaidi100=PushKey(credential_id="11", secret="salt"),
    kdniao=PushKey(credential_id="12", secret="key"),
)
Handler = Callable[[httpx.Request], httpx.Response]


def deliver(messages: list[Message], handler: Handler) -> courier.Receipt:
    async def post(path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        response = handler(httpx.Request("POST", f"http://intake{path}", headers=headers, content=body))
        return Answer(response.status_code, dict(response.headers), response.content)

    return asyncio.run(Courier(post, KEYS).deliver(messages))


def native(number: int, *, via: str = "zhongtong") -> Message:
    event = Event(f"75{number:012d}", via, "2022-06-01T08:00:00+08:00", "PICKED_UP")
    return Message(number, number, wires.NATIVE, via, event)


def accept_all(request: httpx.Request) -> httpx.Response:
    count = len(msgspec.json.decode(request.content)["events"])
    return httpx.Response(200, json={"items": [{"index": index, "result": "ACCEPTED"} for index in range(count)]})


def test_events_of_a_carrier_travel_in_batches_of_500_under_its_own_token():
    seen: list[tuple[str, int]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["Authorization"], len(msgspec.json.decode(request.content)["events"])))
        return accept_all(request)

    receipt = deliver([*map(native, range(1100)), native(1, via="jd")], handler)

    assert sorted(seen) == [("Bearer yd_jd", 1), ("Bearer yd_zto", 100), ("Bearer yd_zto", 500), ("Bearer yd_zto", 500)]
    assert receipt.items == {"ACCEPTED": 1101}


def test_rejected_items_are_counted_by_their_code_and_not_sent_again():
    def handler(request: httpx.Request) -> httpx.Response:
        problem = {"code": "tracking.time_out_of_range", "title": "no"}
        return httpx.Response(200, json={"items": [{"index": 0, "result": "REJECTED", "problem": problem}]})

    receipt = deliver([native(1)], handler)

    assert receipt.requests == 1
    assert receipt.items == {"REJECTED": 1}
    assert receipt.problems == {"tracking.time_out_of_range": 1}


def test_a_full_intake_is_asked_again_after_the_time_it_names():
    answers = [httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(503, headers={"Retry-After": "0"})]

    def handler(request: httpx.Request) -> httpx.Response:
        return answers.pop() if answers else accept_all(request)

    assert deliver([native(1)], handler).items == {"ACCEPTED": 1}


def test_an_intake_that_stays_away_is_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(courier, "TRIES_MAX", 2)
    monkeypatch.setattr(courier, "WAIT_SECONDS_MAX", 0.0)

    def handler(request: httpx.Request) -> httpx.Response:
        raise Unreached("ConnectionRefusedError")

    with pytest.raises(ExceptionGroup) as caught:
        deliver([native(1)], handler)

    assert caught.group_contains(courier.Undelivered)


def test_a_push_of_kuaidi100_is_signed_over_the_raw_value():
    bodies: list[dict[str, list[str]]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/push/kuaidi100/11"
        bodies.append(parse_qs(request.content.decode(), strict_parsing=True))
        return httpx.Response(200, json={"result": True, "returnCode": "200", "message": "ok"})

    receipt = deliver([Message(1, 1, wires.KUAIDI100, "", {"status": "polling", "message": "快件"})], handler)

    (body,) = bodies
    assert body["sign"] == [hashlib.md5((body["param"][0] + "salt").encode()).hexdigest().upper()]
    assert receipt.items == {"PUSHED": 1}


def test_the_signatures_are_those_of_the_providers_documents():
    assert courier.kuaidi100_sign('{"status":"polling"}', "salt") == "E3A53447F84B9D616FB644F645B4F524"
    assert (
        courier.kdniao_sign('{"LogisticCode":"YT0000000000001","ShipperCode":"YTO"}', "testkey")
        == "M2YzYzU3OTllMzg5YmZhY2ZjNzY2NWJhNTAyOWNlNTY="
    )


def test_entries_of_kdniao_travel_together():
    counts: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        form = parse_qs(request.content.decode(), strict_parsing=True)
        counts.append(len(msgspec.json.decode(form["RequestData"][0])["Data"]))
        return httpx.Response(200, json={"EBusinessID": "1000001", "UpdateTime": "", "Success": True, "Reason": ""})

    deliver([Message(at, at, wires.KDNIAO, "", {"LogisticCode": str(at)}) for at in range(50)], handler)

    assert sorted(counts) == [10, 40]
