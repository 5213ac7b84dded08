"""What decoders hand to the writer: fully validated, in our own vocabulary, times as microseconds since 1970 in UTC."""

from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from yidao.orders.entry import OrderIn as OrderIn


class Flag(IntEnum):
    """Keywords found in a scan's text that open an anomaly whatever the carrier's code says; combined as bits."""

    DAMAGED = 1
    LOST = 2


class ScanIn(msgspec.Struct, frozen=True, gc=False):
    """One tracking event; `variant` hashes (occurred_at, code, division, flags), never the text or our mapping."""

    waybill_no: str
    carrier: str
    source: str
    event_id: str
    revision: int
    is_retracted: bool
    occurred_at: int
    kind: int
    code: str
    division: str
    place: str
    description: str
    flags: int
    variant: int


class SnapshotIn(msgspec.Struct, frozen=True, gc=False):
    """A provider's full list of one number; `pushed_at` is 0 when it gives no time, `digest` names the content."""

    waybill_no: str
    carrier: str
    source: str
    pushed_at: int
    digest: bytes
    scans: tuple[ScanIn, ...]


class CorrectionIn(msgspec.Struct, frozen=True, gc=False):
    """A provider says that `carrier` carries the number which was shipped as `stands_for`."""

    waybill_no: str
    carrier: str
    stands_for: str
    source: str
    noticed_at: int


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


class QuarantineIn(msgspec.Struct, frozen=True, gc=False):
    """Bytes that could not be understood, kept so that a person can look, mend and replay."""

    source: str
    reason: str
    body: bytes
    carrier: str = ""
    waybill_no: str = ""
    detail: dict[str, Any] = {}


Item = ScanIn | SnapshotIn | CorrectionIn | ShipmentIn | OrderIn | QuarantineIn


class SourceFacts(msgspec.Struct, frozen=True, gc=False):
    """Who sends: credential, organisation and kind, its scans' source name, whether they are only a shop's word."""

    credential_id: int
    organisation_id: int
    kind: str
    source: str
    is_weak: bool


class Submission(msgspec.Struct, frozen=True):
    """Items that arrived together; each is answered on its own, after the commit."""

    sender: SourceFacts
    items: tuple[Item, ...]
    byte_count: int


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
