"""How long input that was kept aside is kept: its bodies hold telephone numbers of couriers and receivers."""

from datetime import datetime, timedelta
from typing import Final

from yidao.parcels.models import Quarantine

State = Quarantine.State
KEPT: Final = timedelta(days=90)
"""In business time, whether anybody decided about it or not. The journal keeps who decided what."""
BATCH_SIZE: Final = 1_000


def forget(*, now: datetime) -> int:
    """
    Delete what was received before KEPT, in small transactions; return how many pieces. Doing it twice changes nothing.

    What is being replayed at this moment is left for the next time.
    """
    forgotten = 0
    for state in (State.OPEN, State.REPLAYED, State.DISCARDED):
        old = Quarantine.objects.filter(state=state, received_at__lt=now - KEPT)
        while ids := list(old.order_by("-received_at", "id").values_list("id", flat=True)[:BATCH_SIZE]):
            forgotten += Quarantine.objects.filter(id__in=ids, state=state).delete()[0]
    return forgotten
