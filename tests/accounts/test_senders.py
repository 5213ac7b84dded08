"""Messages that leave the house: signed, once, tried again when nobody answers, and given up in time."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.accounts.test_codes import LIMITS, fresh_number, send, somebody
from yidao.accounts import codes, senders
from yidao.accounts.phone_models import SmsAttempt, SmsMessage
from yidao.config import env

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SECRET = "a-secret-of-the-sender-and-us"


class Gateway(HTTPServer):
    """A sender at the edge: keeps what came and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.status = 200


class Answering(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    gateway = Gateway()
    thread = threading.Thread(target=gateway.serve_forever)
    thread.start()
    settings.SMS_SENDER = "webhook"
    settings.SMS_WEBHOOK_URL = f"http://127.0.0.1:{gateway.server_port}/sms"
    settings.SMS_WEBHOOK_SECRET = SECRET
    yield gateway
    gateway.shutdown()
    thread.join()
    gateway.server_close()


def written() -> SmsMessage:
    """Send a code to somebody and return the message that waits."""
    user_id = somebody()
    send(user_id)
    return SmsMessage.objects.get(user_id=user_id)


def state_of(message: SmsMessage) -> str:
    return SmsMessage.objects.get(id=message.id).state


def test_a_message_is_an_intent_first_and_a_job_in_the_same_transaction(gateway: Gateway) -> None:
    message = written()

    assert (message.state, gateway.came) == ("WAITING", [])
    job = ProcrastinateJob.objects.get(task_name="yidao.accounts.tasks.send_message", args__message_id=message.id)
    assert job.status == "todo"


def test_the_sender_gets_number_and_text_and_can_prove_that_it_was_us(gateway: Gateway) -> None:
    message = written()

    senders.deliver(message_id=message.id, real_now=NOW)

    headers, body = gateway.came[0]
    told = json.loads(body)
    signed = f"{message.id}.{int(NOW.timestamp())}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == told["id"] == str(message.id)
    assert told["phone"].startswith("+86199")
    assert "驿道" in told["text"]
    assert state_of(message) == "SENT"


def test_what_was_sent_is_not_sent_again(gateway: Gateway) -> None:
    message = written()

    for _ in range(2):
        senders.deliver(message_id=message.id, real_now=NOW)

    assert len(gateway.came) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_sender_in_trouble_is_asked_again_with_the_same_id(gateway: Gateway, status: int) -> None:
    message = written()
    gateway.status = status

    with pytest.raises(senders.Undelivered):
        senders.deliver(message_id=message.id, real_now=NOW)
    assert state_of(message) == "WAITING"
    gateway.status = 204
    senders.deliver(message_id=message.id, real_now=NOW)

    assert state_of(message) == "SENT"
    assert len({headers["webhook-id"] for headers, _ in gateway.came}) == 1
    assert list(SmsAttempt.objects.order_by("id").values_list("outcome", "status")) == [
        ("REFUSED", status),
        ("ACCEPTED", 204),
    ]


@pytest.mark.parametrize("status", [302, 400, 401])
def test_a_clear_no_and_a_redirect_end_it(gateway: Gateway, status: int) -> None:
    message = written()
    gateway.status = status

    senders.deliver(message_id=message.id, real_now=NOW)

    assert (state_of(message), len(gateway.came)) == ("FAILED", 1)


def test_nobody_there_is_not_the_end(gateway: Gateway, settings: Any) -> None:
    message = written()
    settings.SMS_WEBHOOK_URL = "http://127.0.0.1:1/sms"

    with pytest.raises(senders.Undelivered):
        senders.deliver(message_id=message.id, real_now=NOW)

    assert SmsAttempt.objects.get().outcome == "UNREACHED"


def test_a_code_that_has_run_out_is_not_sent_any_more(gateway: Gateway) -> None:
    message = written()

    senders.deliver(message_id=message.id, real_now=NOW + timedelta(minutes=5))

    assert (state_of(message), gateway.came) == ("FAILED", [])


def test_a_number_that_is_nobodys_gets_no_message(gateway: Gateway) -> None:
    codes.send_login(typed=fresh_number(), limits=LIMITS, real_now=NOW, address="")
    message = SmsMessage.objects.get(user_id=None)

    senders.deliver(message_id=message.id, real_now=NOW)

    assert (state_of(message), gateway.came) == ("WITHHELD", [])


@pytest.mark.parametrize(
    ("values", "is_taken"),
    [
        pytest.param({"sms_sender": "webhook"}, False, id="no address"),
        pytest.param({"sms_webhook_url": "http://sms.example/"}, False, id="in clear over the net"),
        pytest.param({"sms_webhook_url": "https://me@sms.example/"}, False, id="with a user"),
        pytest.param({"sms_webhook_url": "ftp://sms.example/"}, False, id="another way"),
        pytest.param({"sms_sender": "webhook", "sms_webhook_url": "https://sms.example/"}, False, id="no secret"),
        pytest.param({"sms_sender": "pigeon"}, False, id="an unknown way"),
        pytest.param(
            {"sms_sender": "webhook", "sms_webhook_url": "https://sms.example/", "sms_webhook_secret": SECRET},
            True,
            id="all there",
        ),
        pytest.param({"sms_webhook_url": "http://localhost:9/"}, True, id="on this machine"),
    ],
)
def test_a_wrong_setting_is_noticed_at_the_start(values: dict[str, str], is_taken: bool) -> None:
    try:
        env.Settings(**values)
        taken = True
    except ValueError:
        taken = False

    assert taken is is_taken
