"""
What time alone decides on the order side, in the order in which one instant's consequences follow from each other. The
worker sweeps them all the time; who moves a demo's clock sweeps them after every step.
"""

from typing import Final

from yidao.config import payments
from yidao.flows import unmake
from yidao.judging import appeal_sweeps, daily, judge, settling, telling
from yidao.kit.sweeps import Concern
from yidao.ledger import proof
from yidao.orders import after_sales, cards, closing, products, receipt, refunding, warnings

REFUNDS: Final = refunding.concern(payments.provider)
CONCERNS: Final[tuple[Concern, ...]] = (
    warnings.CONCERN,
    cards.CONCERN,
    after_sales.CONCERN,
    unmake.CONCERN,
    judge.CONCERN,
    telling.CONCERN,
    appeal_sweeps.CONCERN,
    daily.CONCERN,
    settling.CONCERN,
    proof.CONCERN,
    receipt.CONCERN,
    closing.CONCERN,
    REFUNDS,
    products.CONCERN,
)
OUTSIDE: Final[tuple[Concern, ...]] = (REFUNDS,)
"""What waits for somebody outside of the house; it has a thread of its own, so that nobody else waits with it."""
INSIDE: Final[tuple[Concern, ...]] = tuple(each for each in CONCERNS if each not in OUTSIDE)
