"""Which payment provider carries money back here: as set, else the sandbox in a demo and none elsewhere."""

from django.conf import settings

from yidao.accounts import senders
from yidao.carriers.payments import PaymentProvider
from yidao.carriers.payments.sandbox import Sandbox
from yidao.carriers.payments.webhook import Webhook
from yidao.kit import clock
from yidao.orders import raw


def provider() -> PaymentProvider | None:
    """Return the provider of the moment; None where operators pay by hand."""
    chosen: str = settings.PAYMENT_PROVIDER or ("sandbox" if senders.is_demo() else "none")
    match chosen:
        case "sandbox":
            return Sandbox(raw.plain)
        case "webhook":
            url, secret = settings.PAYMENT_WEBHOOK_URL, settings.PAYMENT_WEBHOOK_SECRET
            return Webhook(url=url, secret=secret, real_now=clock.real_now)
        case _:
            return None
