"""A payment provider behind an address: signed calls out, and only what is understood counts as an answer."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from yidao.carriers.payments import Answer, Request
from yidao.carriers.payments.webhook import Webhook
from yidao.rules.refunds import Outcome, Route

SECRET = "a-secret-of-the-payment-provider"
WANTED = Request(request_id="refund-7-original", order_no="N1", amount_fen=100, route=Route.ORIGINAL)


class Far:
    """The far side: what came, and what it answers."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.reply: tuple[int, str] = (200, '{"outcome": "DONE"}')
        self.url = ""

    def provider(self, url: str = "") -> Webhook:
        return Webhook(url=url or self.url, secret=SECRET, real_now=lambda: datetime(2022, 6, 20, tzinfo=UTC))


@pytest.fixture
def far() -> Iterator[Far]:
    side = Far()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            side.came.append(({name.lower(): value for name, value in self.headers.items()}, content))
            status, body = side.reply
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    side.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield side
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def test_a_call_is_signed_and_names_its_request(far: Far) -> None:
    answer = far.provider().refund(WANTED)

    ((headers, content),) = far.came
    signed = b".".join((b"refund-7-original", headers["webhook-timestamp"].encode(), content))
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
    assert answer == Answer(outcome=Outcome.DONE)
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(content) == {
        "act": "refund",
        "request_id": "refund-7-original",
        "order_no": "N1",
        "amount_fen": 100,
        "route": "ORIGINAL",
    }


@pytest.mark.parametrize(
    ("reply", "outcome", "code"),
    [
        ((200, '{"outcome": "FAILED", "code": "card.closed"}'), Outcome.FAILED, "card.closed"),
        ((200, '{"outcome": "MISSING"}'), Outcome.MISSING, ""),
        ((200, '{"outcome": "PERHAPS"}'), Outcome.UNKNOWN, "http.malformed"),
        ((200, "[]"), Outcome.UNKNOWN, "http.malformed"),
        ((200, "fine"), Outcome.UNKNOWN, "http.malformed"),
        ((500, '{"outcome": "DONE"}'), Outcome.UNKNOWN, "http.500"),
        ((302, ""), Outcome.UNKNOWN, "http.302"),
    ],
)
def test_only_what_is_understood_counts(far: Far, reply, outcome, code) -> None:
    far.reply = reply

    assert far.provider().ask("refund-7-original") == Answer(outcome=outcome, code=code)


def test_who_is_called_cannot_say_that_he_was_never_called(far: Far) -> None:
    far.reply = (200, '{"outcome": "MISSING"}')

    assert far.provider().refund(WANTED).outcome is Outcome.UNKNOWN


def test_nobody_there_is_no_answer(far: Far) -> None:
    answer = far.provider("http://127.0.0.1:9/").refund(WANTED)

    assert (answer.outcome, answer.code) == (Outcome.UNKNOWN, "http.ConnectError")
