"""What decoders hand to the writer: fully validated, in our own vocabulary, times as microseconds since 1970 in UTC."""

from enum import IntEnum
from typing import Any

import msgspec

from yidao.orders.entry import OrderIn as OrderIn
from yidao.parcels.shipment import ItemResult as ItemResult
from yidao.parcels.shipment import LineIn as LineIn
from yidao.parcels.shipment import Result as Result
from yidao.parcels.shipment import ShipmentIn as ShipmentIn


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
