"""Which payment provider an installation has, and settings that would send money calls astray are refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from yidao.carriers.payments.sandbox import Sandbox
from yidao.carriers.payments.webhook import Webhook
from yidao.config import env, payments
from yidao.kit.models import DemoClock

NOW = datetime(2022, 6, 20, 4, 0, tzinfo=UTC)
SECRET = "a-secret-of-the-payment-provider"
ADDRESS = "https://pay.example/refunds"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "is_demo", "kind"),
    [
        pytest.param("", True, Sandbox, id="a demo pays nobody"),
        pytest.param("", False, type(None), id="without a choice operators pay by hand"),
        pytest.param("none", True, type(None), id="a demo may have none"),
        pytest.param("sandbox", False, Sandbox, id="the sandbox by name"),
        pytest.param("webhook", True, Webhook, id="the operator's own address"),
    ],
)
def test_each_installation_has_its_provider(settings: Any, chosen: str, is_demo: bool, kind: type) -> None:
    settings.PAYMENT_PROVIDER = chosen
    DemoClock.objects.all().delete()
    if is_demo:
        DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)

    assert type(payments.provider()) is kind


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        pytest.param({"payment_provider": "webhook"}, False, id="no address"),
        pytest.param({"payment_webhook_url": "http://pay.example/"}, False, id="in clear over the net"),
        pytest.param({"payment_provider": "webhook", "payment_webhook_url": ADDRESS}, False, id="no secret"),
        pytest.param({"payment_provider": "cash"}, False, id="another way"),
        pytest.param({"sms_sender": "webhook", "payment_webhook_url": ADDRESS}, False, id="the other's address"),
        pytest.param(
            {"payment_provider": "webhook", "payment_webhook_url": ADDRESS, "payment_webhook_secret": SECRET},
            True,
            id="all of it",
        ),
    ],
)
def test_settings_of_the_provider_are_checked_at_start(given: dict[str, str], is_taken: bool) -> None:
    if is_taken:
        assert env.Settings(**given).payment_webhook_url == ADDRESS  # type: ignore[arg-type]
        return
    with pytest.raises(ValidationError):
        env.Settings(**given)  # type: ignore[arg-type]
