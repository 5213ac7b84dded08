"""The operator's page of text messages: readable in a demo, and nowhere else."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.accounts.test_codes import LIMITS, code_in, fresh_number, somebody
from tests.web import cast
from yidao.accounts import codes, senders
from yidao.accounts.phone_models import SmsMessage
from yidao.kit import clock
from yidao.kit.models import DemoClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client) -> Client:
    client.force_login(cast.build().olga)
    return client


def page(browser: Client) -> str:
    return browser.get("/o/outbox/", headers={"accept-language": "en"}).content.decode()


def test_in_a_demo_the_whole_message_can_be_read(olga: Client) -> None:
    DemoClock.objects.create(base_real=cast.NOW, base_sim=cast.NOW, rate=1.0, is_running=False)
    number = fresh_number()
    user_id = somebody(number)

    codes.send(user_id=user_id, purpose="export/1", limits=LIMITS, real_now=clock.real_now())

    shown = page(olga)
    assert number in shown
    assert "Download of an export" in shown
    assert code_in(senders.messages(_actor(olga), limit=1)[0].text) in shown


def test_where_time_is_real_only_state_and_masked_number_are_shown(olga: Client, settings: object) -> None:
    settings.SMS_SENDER = "outbox"  # type: ignore[attr-defined]
    number = fresh_number()
    user_id = somebody(number)

    sent = codes.send(user_id=user_id, purpose="export/1", limits=LIMITS, real_now=clock.real_now())

    shown = page(olga)
    assert sent.masked_phone in shown
    assert "kept here" in shown
    assert number not in shown
    assert "Your code is" not in shown


def test_an_installation_without_a_sender_says_so(olga: Client) -> None:
    assert "sends no text messages" in page(olga)


def test_messages_are_gone_after_a_week(olga: Client, settings: object) -> None:
    settings.SMS_SENDER = "outbox"  # type: ignore[attr-defined]
    codes.send(user_id=somebody(), purpose="export/1", limits=LIMITS, real_now=clock.real_now())

    senders.forget(real_now=clock.real_now() + timedelta(days=senders.KEPT_DAYS))

    assert SmsMessage.objects.count() == 0
    assert "No message was sent" in page(olga)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_as_often_for_three_messages_as_for_one(
    rows: int, olga: Client, settings: object, django_assert_num_queries: object
) -> None:
    settings.SMS_SENDER = "outbox"  # type: ignore[attr-defined]
    for _ in range(rows):
        codes.send(user_id=somebody(), purpose="export/1", limits=LIMITS, real_now=clock.real_now())
    page(olga)

    with django_assert_num_queries(8):  # type: ignore[operator]
        page(olga)


def _actor(browser: Client) -> object:
    from yidao.accounts.access import actor_for_operator

    return actor_for_operator(browser.session["_auth_user_id"])
