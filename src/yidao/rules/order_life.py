"""
The numbers of what happens to an order besides shipping: the card that asks a buyer for more time, after-sales,
receipt, the end after 150 days, money back. One family, because one anchor binds them: when the order was placed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from yidao.rules import bodies

FAMILY: Final = "order-life"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One published version of the numbers. It is never changed once published; what it decides names it."""

    version: str
    card_lapses_hours: int
    card_total_days_max: int
    card_reason_max: int
    receipt_days: int
    receipt_extension_days: int
    receipt_extensions_max: int
    close_days: int
    answer_refund_hours: int
    answer_return_hours: int
    send_back_days: int
    receive_days: int
    silence_agrees: int
    refund_tries_max: int
    refund_retry_minutes: int
    refund_retry_factor: int
    refund_ask_minutes: int
    refund_silence_hours: int


ORDER_LIFE_DEFAULT: Final = Policy(
    version="order-life/default/1",
    card_lapses_hours=24,
    card_total_days_max=15,
    card_reason_max=100,
    receipt_days=10,
    receipt_extension_days=3,
    receipt_extensions_max=1,
    close_days=150,
    answer_refund_hours=48,
    answer_return_hours=48,
    send_back_days=7,
    receive_days=10,
    silence_agrees=1,
    refund_tries_max=3,
    refund_retry_minutes=60,
    refund_retry_factor=12,
    refund_ask_minutes=10,
    refund_silence_hours=72,
)

SEEDS: Final = (ORDER_LIFE_DEFAULT,)

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "card_lapses_hours": (1, 7 * 24),
    "card_total_days_max": (1, 60),
    "card_reason_max": (10, 500),
    "receipt_days": (1, 60),
    "receipt_extension_days": (1, 30),
    "receipt_extensions_max": (0, 1),
    "close_days": (1, 365),
    "answer_refund_hours": (1, 30 * 24),
    "answer_return_hours": (1, 30 * 24),
    "send_back_days": (1, 30),
    "receive_days": (1, 30),
    "silence_agrees": (0, 1),
    "refund_tries_max": (1, 10),
    "refund_retry_minutes": (1, 24 * 60),
    "refund_retry_factor": (1, 24),
    "refund_ask_minutes": (1, 24 * 60),
    "refund_silence_hours": (1, 30 * 24),
}
_ADDED: Final[dict[str, int]] = {"refund_silence_hours": ORDER_LIFE_DEFAULT.refund_silence_hours}
"""Numbers that the oldest stored bodies do not have yet, and what binds there."""


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    return {name: getattr(policy, name) for name in _RANGES}


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range.
    """
    reader = bodies.Reader()
    reader.known(body, "", tuple(_RANGES))
    numbers = {each: reader.integer(_ADDED | dict(body), "", each, *limits) for each, limits in _RANGES.items()}
    if reader.faults:
        raise bodies.PolicyInvalid(tuple(sorted(reader.faults)))
    return Policy(version=name, **numbers)
