"""What a shop refuses by shipping: the open after-sales of the orders that go, in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from yidao.accounts.actors import Actor
from yidao.kit import ids
from yidao.orders.models import AfterSale, AfterSaleStep
from yidao.rules import after_sale as rule


def refuse_open(order_ids: Sequence[int], *, actor: Actor, now: datetime) -> int:
    """Refuse the after-sales of these orders that wait for the shop, and return how many; the orders are locked."""
    waiting = AfterSale.objects.select_for_update().filter(order_id__in=order_ids, state=rule.State.AWAIT_SHOP)
    found = list(waiting.order_by("id").values_list("id", flat=True))
    AfterSale.objects.filter(id__in=found).update(
        state=rule.State.REFUSED, changed_at=now, ended_at=now, due_at=None, version=F("version") + 1
    )
    AfterSaleStep.objects.bulk_create(
        AfterSaleStep(
            id=ids.new_id(),
            after_sale_id=each,
            state=rule.State.REFUSED,
            cause=rule.Act.REFUSE,
            at=now,
            user_id=actor.user_id,
            credential_id=actor.credential_id,
        )
        for each in found
    )
    return len(found)
