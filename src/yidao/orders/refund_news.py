"""What operators are told about refunds: that some wait for them, and that one was paid twice."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders.models import OrderRefund

WAITS: Final = kinds.Kind(
    name="refund.waits",
    title=gettext_noop("Refunds to decide"),
    text=gettext_noop("%(count)s refunds failed or were never answered for. Somebody has to decide about them."),
    is_urgent=True,
)
PAID_TWICE: Final = kinds.Kind(
    name="refund.paid_twice",
    title=gettext_noop("A refund was paid twice"),
    text=gettext_noop("The buyer of order %(order_no)s got the money twice, in two ways. Get one of the sums back."),
    is_urgent=True,
)
kinds.register(WAITS, PAID_TWICE)


def tell_waiting(*, now: datetime) -> None:
    """Tell the platform that one more refund waits for an operator, in one notice an hour; in the transaction."""
    for platform in accounts.platforms():
        notices.tell_round(
            organisation_id=platform,
            kind=WAITS.name,
            key=f"{WAITS.name}/{now:%Y%m%d%H}",
            counts={"count": 1},
            params={},
            address="/o/refunds/?state=DECIDE",
            now=now,
        )


def tell_paid_twice(row: OrderRefund, request_id: str, *, now: datetime) -> None:
    """Tell the platform that this request was paid too, though the refund was done before; in the transaction."""
    for platform in accounts.platforms():
        notices.tell(
            organisation_id=platform,
            kind=PAID_TWICE.name,
            key=f"{PAID_TWICE.name}/{request_id}",
            params={"order_no": row.order_no},
            address=f"/o/refunds/{row.id}/",
            now=now,
        )
