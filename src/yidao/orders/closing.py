"""
The end after 150 days: what was neither shipped nor refunded of a paid order closes, and its money goes back the way it
came. Source: 004, 发货超时怎么关闭订单.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import DataError, IntegrityError
from django.utils.translation import gettext_noop

from yidao.accounts.actors import SYSTEM
from yidao.audit import services as audit
from yidao.kit import clock, db, news, sweeps
from yidao.kit.errors import Refusal
from yidao.kit.sweeps import Concern
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import after_sales, raw, standing
from yidao.orders.models import Order

BATCH_SIZE: Final = 200
NAME: Final = "closing"
CLOSED: Final = kinds.Kind(
    name="order.closed_by_time",
    title=gettext_noop("Orders closed by time"),
    text=gettext_noop("%(count)s orders were neither shipped nor refunded for too long and are closed."),
)
kinds.register(CLOSED)


def sweep(bucket: int, now: datetime) -> int:
    """
    Close what is due in a bucket, each at the time it was due; return how many orders. Part-shipped orders lose their
    open lines alone. One that cannot be closed is put off an hour and kept with its fault; nothing of it is written.
    """
    with db.transaction(SYSTEM):
        due = Order.objects.select_for_update(skip_locked=True).filter(bucket=bucket, close_due_at__lte=now)
        heads = sorted(due.order_by("close_due_at", "id")[:BATCH_SIZE], key=lambda each: each.id)
        closed, faulty = [], []
        for head in heads:
            at = head.close_due_at
            assert at is not None, "the column is what was looked for"
            try:
                with db.part():
                    record = after_sales.close(head, at=at, now=now)
            except (ArithmeticError, LookupError, ValueError, Refusal, DataError, IntegrityError) as fault:
                sweeps.keep_fault(NAME, head.id, fault, now=now)
                faulty.append(head.id)
                continue
            closed.append(head)
            if record is not None:
                _record(head, record.amount_fen, now=now)
        Order.objects.filter(id__in=faulty).update(close_due_at=now + timedelta(hours=1))
        standing.refresh(raw.plain(), [each.id for each in closed], now=now)
        sweeps.forget_faults(NAME, [each.id for each in closed])
        _tell(closed, now=now)
    return len(heads)


CONCERN: Final = Concern(name=NAME, step=sweep)


def _record(head: Order, amount_fen: int, *, now: datetime) -> None:
    audit.record(
        act="order.closed_by_time",
        organisation_id=head.shop_id,
        subject=f"order/{head.id}",
        details={"amount_fen": amount_fen},
        at_real=clock.real_now(),
        at_business=now,
    )


def _tell(closed: list[Order], *, now: datetime) -> None:
    for shop_id in sorted({each.shop_id for each in closed}):
        notices.tell_round(
            organisation_id=shop_id,
            kind=CLOSED.name,
            key=f"orders/closed/{now:%Y%m%d%H}",
            counts={"count": sum(each.shop_id == shop_id for each in closed)},
            params={},
            address="orders/?tab=closed",
            now=now,
        )
    news.tell(sorted({each.shop_id for each in closed}))
