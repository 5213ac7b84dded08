"""
What is looked at once a day for each shop: how many of its orders fell due, whether a sanction is proposed, and what
happened on the road where a published policy asks for it. A day that was missed is made up for.
"""

from datetime import datetime
from typing import Final

from yidao.judging import carrier_violations, false_shipments, rating, sanctions
from yidao.kit.sweeps import Concern


def step(bucket: int, now: datetime) -> int:
    """Look at some of a bucket's shops that were not looked at today; a shop that was counted is done for the day."""
    shops = rating.uncounted(bucket, now=now)
    if not shops:
        return 0
    carrier_violations.open_due(shops, now=now)
    false_shipments.open_due(shops, now=now)
    sanctions.propose(shops, now=now)
    rating.count(shops, now=now)
    return len(shops)


CONCERN: Final = Concern(name="daily", step=step)
