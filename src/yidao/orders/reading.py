"""
What is known of a buyer, read: opened for the few who may, masked for everybody else. Nothing here decides who may.
"""

from dataclasses import dataclass, field
from typing import Final

from yidao.kit import crypto

PHONE_PURPOSE: Final = "order phone"
TAIL_PURPOSE: Final = "order phone tail"
TAIL_DIGITS: Final = 4
_SHOWN_AT_FRONT: Final = 3
_LONG: Final = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A receiver, in full or masked. The address is the street; the division is no secret and stands apart."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    division: int = 0
    address: str = field(default="", repr=False)


Stored = bytes | memoryview | None


def place(column: str, order_id: int) -> str:
    """Return the place for which a column of an order's row is encrypted."""
    return f"order_head.{column}/{order_id}"


def text(order_id: int, column: str, stored: Stored) -> str:
    """
    Return what stands encrypted in a column of an order, empty when nothing does.

    :raises crypto.Undecryptable: the bytes are another row's or damaged.
    """
    return crypto.decrypt(stored, place=place(column, order_id)).decode() if stored is not None else ""


def buyer(order_id: int, *, name: Stored, phone: Stored, address: Stored, division: int) -> Buyer:
    """
    Return a buyer in full.

    :raises crypto.Undecryptable: the bytes are another row's or damaged.
    """
    return Buyer(
        name=text(order_id, "receiver_name", name),
        phone=text(order_id, "receiver_phone", phone),
        division=division,
        address=text(order_id, "receiver_address", address),
    )


def masked(order_id: int, *, name: Stored, phone: Stored, address: Stored, division: int) -> Buyer:
    """
    Return a buyer as lists and files show one: 张** 138****5678, and of the street nothing.

    :raises crypto.Undecryptable: the bytes are another row's or damaged.
    """
    return Buyer(
        name=masked_name(text(order_id, "receiver_name", name)),
        phone=masked_phone(text(order_id, "receiver_phone", phone)),
        division=division,
        address="****" if address is not None else "",
    )


def masked_name(name: str) -> str:
    """Return the first sign of a name and stars for the others, one at least."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def masked_phone(phone: str) -> str:
    """Return the first three and last four digits of a whole phone; of a short number, only the last two."""
    if len(phone) >= _LONG:
        return f"{phone[:_SHOWN_AT_FRONT]}****{phone[-TAIL_DIGITS:]}"
    return f"****{phone[-2:]}" if phone else ""
