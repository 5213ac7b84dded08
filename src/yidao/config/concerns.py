"""
What time alone decides on the order side, in the order in which one instant's consequences follow from each other. The
worker sweeps them all the time; who moves a demo's clock sweeps them after every step.
"""

from typing import Final

from yidao.judging import judge, settling
from yidao.kit.sweeps import Concern
from yidao.orders import warnings

CONCERNS: Final[tuple[Concern, ...]] = (
    warnings.CONCERN,
    judge.CONCERN,
    settling.CONCERN,
)
