"""The machine port's HTTP: bodies, media types, credentials, addresses; whatever comes, a clear answer goes out."""

import gzip
import json

import psycopg
import pytest

from tests.intake_http import port as p
from yidao.intake import auth
from yidao.kit import clock

GOOD = json.dumps({"events": [p.event()]}).encode()
JSON = ("Content-Type", "application/json")
TOKEN = ("Authorization", f"Bearer {p.PLATFORM}")


def nested(depth, opening=b"[", closing=b"]"):
    return opening * depth + closing * depth


MALFORMED = [
    pytest.param(b"", 400, "body.malformed_json", id="nothing"),
    pytest.param(b" ", 400, "body.malformed_json", id="a blank"),
    pytest.param(b"{", 400, "body.malformed_json", id="a brace"),
    pytest.param(b"{}", 422, "body.shape", id="an empty object"),
    pytest.param(b"[]", 422, "body.shape", id="a list"),
    pytest.param(b"null", 422, "body.shape", id="null"),
    pytest.param(b"true", 422, "body.shape", id="true"),
    pytest.param(b"7", 422, "body.shape", id="a number"),
    pytest.param(b'"text"', 422, "body.shape", id="a text"),
    pytest.param(b"NaN", 400, "body.malformed_json", id="NaN"),
    pytest.param(b"Infinity", 400, "body.malformed_json", id="Infinity"),
    pytest.param(b"<events/>", 400, "body.malformed_json", id="XML"),
    pytest.param(b"events=1", 400, "body.malformed_json", id="a form"),
    pytest.param(b"\xef\xbb\xbf" + GOOD, 400, "body.malformed_json", id="a byte order mark"),
    pytest.param(GOOD.decode().encode("utf-16"), 400, "body.not_utf8", id="UTF-16"),
    pytest.param('{"events":[{"description":"签收"}]}'.encode("gb18030"), 400, "body.not_utf8", id="GB18030"),
    pytest.param(b'{"events":["\xff"]}', 400, "body.not_utf8", id="a byte that is no UTF-8"),
    pytest.param(b'{"events":["\x00"]}', 400, "body.malformed_json", id="a raw NUL"),
    pytest.param(b'{"events":["\n"]}', 400, "body.malformed_json", id="a raw line feed"),
    pytest.param(b'{"events":["\\x"]}', 400, "body.malformed_json", id="a strange escape"),
    pytest.param(b'{"events":["\\u12"]}', 400, "body.malformed_json", id="half an escape"),
    pytest.param(b"{'events':[]}", 400, "body.malformed_json", id="single quotes"),
    pytest.param(b'{"events":[{},]}', 400, "body.malformed_json", id="a comma too many"),
    pytest.param(b'{"events":[{}]} x', 400, "body.malformed_json", id="something behind it"),
    pytest.param(b'{"events":[{}]}{}', 400, "body.malformed_json", id="a second object"),
    pytest.param(b'{"events":[{"a":1e}]}', 400, "body.malformed_json", id="half a number"),
    pytest.param(b'{"events":[01]}', 400, "body.malformed_json", id="a leading zero"),
    pytest.param(b'{"events":[{"revision":' + b"9" * 5000 + b"}]}", 200, None, id="a number of 5000 digits"),
    pytest.param(b'{"events":[]}', 422, "body.shape", id="no events"),
    pytest.param(b'{"events":{}}', 422, "body.shape", id="events as an object"),
    pytest.param(b'{"events":null}', 422, "body.shape", id="events as null"),
    pytest.param(b'{"events":"x"}', 422, "body.shape", id="events as text"),
    pytest.param(b'{"events":[1],"more":1}', 422, "body.shape", id="a field beside events"),
    pytest.param(b'{"event":[{}]}', 422, "body.shape", id="a misspelled field"),
    pytest.param(b'{"events":["\\ud800"],"more":1}', 422, "body.shape", id="a lone surrogate and a field too many"),
    pytest.param(b'{"\\ud800":[1]}', 422, "body.shape", id="a lone surrogate as the field"),
    pytest.param(b'["\\ud800"]', 422, "body.shape", id="a lone surrogate in a list"),
    pytest.param(b'{"events":"\\ud800"}', 422, "body.shape", id="a lone surrogate in place of the list"),
    pytest.param(nested(200_000), 400, "body.malformed_json", id="200,000 lists deep"),
    pytest.param(b"[" * 1_000_000, 400, "body.malformed_json", id="a million brackets"),
    pytest.param(b'{"events":' + nested(200_000) + b"}", 400, "body.malformed_json", id="deep events"),
    pytest.param(b'{"events":[{"place":' + nested(100_000) + b"}]}", 400, "body.malformed_json", id="a deep place"),
    pytest.param(b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400, "body.malformed_json", id="objects 50,000 deep"),
    pytest.param(b'{"events":[' + nested(900) + b"]}", 200, None, id="an event 900 lists deep"),
]


@pytest.mark.parametrize(("body", "status", "code"), MALFORMED)
def test_a_malformed_body_gets_a_clear_error(port, body, status, code):
    reply = port.post("/v1/tracking-events", body)

    assert reply.status == status
    if code is None:
        assert reply.json()["items"][0]["result"] == "REJECTED"
    else:
        assert (reply.headers["content-type"], reply.json()["code"]) == ("application/problem+json", code)
        assert set(reply.json()) == {"type", "title", "status", "detail", "code", "errors"}
    assert port.queue.submissions == []


@pytest.mark.parametrize("length", range(1, len(GOOD)))
def test_a_body_cut_off_anywhere_gets_a_clear_error(port, length):
    reply = port.post("/v1/tracking-events", GOOD[:length])

    assert (reply.status, reply.json()["code"]) == (400, "body.malformed_json")


def test_ten_megabytes_are_refused_by_their_announcement_alone(port):
    reply = port.request("POST", "/v1/tracking-events", b"", (TOKEN, JSON, ("Content-Length", str(10 * 1024 * 1024))))

    assert (reply.status, reply.json()["code"], reply.headers["connection"]) == (413, "body.too_large", "close")


def test_ten_megabytes_without_announcement_are_refused_on_the_way(port):
    reply = port.request("POST", "/v1/tracking-events", b" " * (10 * 1024 * 1024), (TOKEN, JSON), chunk=65_536)

    assert (reply.status, reply.json()["code"]) == (413, "body.too_large")


def test_a_body_that_comes_in_pieces_is_one_body(port):
    reply = port.request("POST", "/v1/tracking-events", GOOD, (TOKEN, JSON), chunk=7)

    assert reply.status == 200


def test_a_body_shorter_than_announced_is_refused(port):
    reply = port.request("POST", "/v1/tracking-events", GOOD, (TOKEN, JSON, ("Content-Length", str(len(GOOD) + 5))))

    assert (reply.status, reply.json()["code"]) == (400, "body.incomplete")


def test_nobody_is_answered_who_hung_up(port):
    assert port.request("POST", "/v1/tracking-events", GOOD, (TOKEN, JSON), is_cut=True) is None
    assert port.queue.submissions == []


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("application/json", 200, None),
        ("application/json; charset=utf-8", 200, None),
        ("Application/JSON;charset=UTF8", 200, None),
        ('application/json; charset="utf-8"', 200, None),
        ("application/json; charset=gbk", 415, "body.charset"),
        ("application/json; charset=utf-16", 415, "body.charset"),
        ("text/plain", 415, "body.media_type"),
        ("application/x-www-form-urlencoded", 415, "body.media_type"),
        ("", 415, "body.media_type"),
        ("\x80\xff", 415, "body.media_type"),
    ],
)
def test_media_types(port, content_type, status, code):
    reply = port.request("POST", "/v1/tracking-events", GOOD, (TOKEN, ("Content-Type", content_type)))

    assert (reply.status, reply.json().get("code")) == (status, code)


def test_a_compressed_body_is_refused(port):
    reply = port.request(
        "POST", "/v1/tracking-events", gzip.compress(GOOD), (TOKEN, JSON, ("Content-Encoding", "gzip"))
    )

    assert (reply.status, reply.json()["code"]) == (415, "body.encoding")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {p.PLATFORM}",
        p.PLATFORM,
        "Bearer \xff\xfe",
        f"Bearer {p.PLATFORM}x",
        "Bearer yd_",
    ],
)
def test_without_a_right_token_nothing_is_read(port, authorization):
    reply = port.request("POST", "/v1/tracking-events", GOOD, (JSON, ("Authorization", authorization)))

    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.json()["code"] in ("auth.missing", "auth.invalid")


def test_the_word_bearer_may_have_any_case(port):
    assert (
        port.request("POST", "/v1/tracking-events", GOOD, (JSON, ("Authorization", f"bEARER {p.PLATFORM}"))).status
        == 200
    )


@pytest.mark.parametrize("path", ["/v1/tracking-events", "/v1/parcels"])
def test_a_credential_without_the_scope_is_refused(port, path):
    reply = port.post(path, GOOD, p.READER)

    assert (reply.status, reply.json()["code"]) == (403, "auth.scope")


def test_a_creator_has_nothing_to_report(port):
    assert port.events([p.event()], p.CREATOR).status == 401


def test_a_credential_is_looked_up_once_and_forgotten_in_time(port, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(clock, "stopwatch", lambda: now[0])
    for _ in range(3):
        port.events([p.event()])
    assert port.directory.asked == 1

    now[0] += auth.KNOWN_SECONDS

    port.events([p.event()])
    assert port.directory.asked == 2


def test_guessing_is_slowed_down_and_right_tokens_still_pass(port):
    statuses = [port.events([p.event()], f"yd_guess_{n}").status for n in range(auth.GUESSES_MAX + 1)]

    assert statuses == [401] * auth.GUESSES_MAX + [429]
    assert port.events([p.event()]).status == 200


def test_a_wrong_token_again_and_again_is_not_looked_up_again(port):
    for _ in range(5):
        port.events([p.event()], "yd_wrong")

    assert port.directory.asked == 1


def test_without_the_database_a_new_token_is_asked_to_come_again(port):
    port.directory.fault = psycopg.OperationalError("gone")

    reply = port.events([p.event()])

    assert (reply.status, reply.json()["code"], reply.headers["retry-after"]) == (503, "intake.store_unavailable", "2")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW"])
@pytest.mark.parametrize("path", ["/v1/tracking-events", "/v1/parcels"])
def test_other_methods_are_refused(port, method, path):
    reply = port.request(method, path, GOOD, (TOKEN, JSON))

    assert (reply.status, reply.headers["allow"], reply.json()["code"]) == (405, "POST", "method.not_allowed")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/tracking-events/", "/v1/parcels/x", "/push/", "/admin", "/v1/\x00"])
def test_other_addresses_are_unknown(port, path):
    reply = port.request("POST", path, GOOD, (TOKEN, JSON))

    assert (reply.status, reply.json()["code"]) == (404, "path.unknown")


def test_the_request_id_of_the_sender_comes_back(port):
    reply = port.post("/v1/tracking-events", GOOD, X_Request_ID="abc-1")

    assert reply.headers["x-request-id"] == "abc-1"


def test_a_strange_request_id_is_replaced(port):
    reply = port.post("/v1/tracking-events", GOOD, X_Request_ID="a b<script>")

    assert len(reply.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("accepted", "title"),
    [
        ("", "The body does not have the expected shape."),
        ("zh-CN", "请求体的结构不符合要求。"),
        ("en;q=0.1, zh;q=0.5", "请求体的结构不符合要求。"),
        ("zh;q=0.1, en;q=0.5", "The body does not have the expected shape."),
        ("fr, *;q=0.5", "The body does not have the expected shape."),
        (";;;q=,,,zh;q=x", "The body does not have the expected shape."),
    ],
)
def test_problems_speak_both_languages(port, accepted, title):
    assert port.post("/v1/tracking-events", b"{}", language=accepted).json()["title"] == title


def test_stopping_drains_the_queue():
    stopped = p.Port()

    stopped.close()

    assert stopped.queue.is_drained
