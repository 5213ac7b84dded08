"""A shop's word that it handed over a parcel, and the answer to it; times as microseconds since 1970 in UTC."""

from enum import StrEnum
from typing import Any, Final

import msgspec

TAIL_PURPOSE: Final = "parcel.receiver_tail"
"""What the blind index of the last four digits of a phone is for."""


class LineIn(msgspec.Struct, frozen=True, gc=False):
    """
    One order line of a parcel; creator and scope belong to the line, not to the parcel. Live show (直播场次) and
    product (商品) are empty where the shop does not tell them.
    """

    order_no: str
    creator_id: int | None
    is_self_sold: bool
    is_cross_border: bool
    is_customer_return: bool
    room_id: str = ""
    product_id: str = ""
    product_name: str = ""


class ShipmentIn(msgspec.Struct, frozen=True, gc=False):
    """A shop's word that it handed over a parcel; `receiver_tail` is the blind index of the phone's last digits."""

    shop_id: int
    carrier: str
    waybill_no: str
    shipped_at: int
    paid_at: int
    sender_division: str
    receiver_division: str
    receiver_tail: bytes | None
    lines: tuple[LineIn, ...]


class Result(StrEnum):
    """What became of one item."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    REJECTED = "REJECTED"


class ItemResult(msgspec.Struct, frozen=True):
    """The answer to one item; `code` names a refusal, `id` the parcel it went to, `state` WAITING a waiting claim."""

    result: Result
    code: str = ""
    id: str = ""
    state: str = ""
    detail: dict[str, Any] = {}
