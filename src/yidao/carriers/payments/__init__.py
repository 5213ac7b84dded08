"""
Payment providers: who carries money back to buyers. A provider pays one request number once, however often it is called
with it, and can be asked afterwards what became of a number.
"""

from dataclasses import dataclass
from typing import Protocol

from yidao.rules.refunds import Outcome, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider says; `code` is its own word for what went wrong, empty when nothing did."""

    outcome: Outcome
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One sum to be given back; `request_id` is what makes it one."""

    request_id: str
    order_no: str
    amount_fen: int
    route: Route


class PaymentProvider(Protocol):
    """
    Carries money back. Both calls answer for every mishap they know: no answer is UNKNOWN, never an exception, and
    FAILED is only said when nothing was paid and nothing will be.
    """

    def refund(self, request: Request) -> Answer:
        """Give a sum back, or say again what became of it; never MISSING."""

    def ask(self, request_id: str) -> Answer:
        """Say what became of a request; MISSING when it never arrived."""
