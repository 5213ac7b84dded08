"""
What time alone decides on the order side, in the order in which one instant's consequences follow from each other. The
worker sweeps them all the time; who moves a demo's clock sweeps them after every step.
"""

from typing import Final

from yidao.config import payments
from yidao.flows import close_unshipped, refunds, unmake
from yidao.judging import appeal_sweeps, judge, rating, settling, telling
from yidao.kit.sweeps import Concern
from yidao.ledger import proof
from yidao.orders import after_sales, cards, products, receipt, warnings

CONCERNS: Final[tuple[Concern, ...]] = (
    warnings.CONCERN,
    cards.CONCERN,
    after_sales.CONCERN,
    unmake.CONCERN,
    judge.CONCERN,
    telling.CONCERN,
    appeal_sweeps.CONCERN,
    rating.CONCERN,
    settling.CONCERN,
    proof.CONCERN,
    receipt.CONCERN,
    close_unshipped.CONCERN,
    refunds.concern(payments.provider),
    products.CONCERN,
)
