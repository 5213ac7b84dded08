"""Dull little builders for what the writer takes."""

import hashlib
import itertools
import uuid
from dataclasses import dataclass
from datetime import datetime

import psycopg

from yidao.intake.payloads import (
    CorrectionIn,
    Item,
    LineIn,
    ScanIn,
    ShipmentIn,
    SnapshotIn,
    SourceFacts,
    Submission,
)
from yidao.kit import ids
from yidao.rules.instants import instant
from yidao.rules.scans import Kind
from yidao.rules.sources import LISTED

NOW = "2022-06-20T12:00:00+08:00"
HANGZHOU, CHENGDU, BEIJING = "330106", "510107", "110105"
CARRIER_SENDER = SourceFacts(1, 1, "CARRIER", "CARRIER:zhongtong", False)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenants:
    """Who takes part: a shop, another shop, two creators."""

    shop: int
    other_shop: int
    creator: int
    second_creator: int

    @property
    def sender(self) -> SourceFacts:
        return SourceFacts(2, self.shop, "SHOP", "SHOP", True)


def plant_tenants(owner_dsn: str) -> Tenants:
    """Write four organisations that no other test knows."""
    made = {"shop": "SHOP", "other_shop": "SHOP", "creator": "CREATOR", "second_creator": "CREATOR"}
    known = {name: int(ids.new_id()) for name in made}
    with psycopg.connect(owner_dsn, autocommit=True) as connection:
        for name, kind in made.items():
            connection.execute(
                "INSERT INTO organisation (id, kind, name, name_pinyin, carrier_code, source_code, is_active, "
                "created_at) VALUES (%s, %s, %s, '', '', '', true, %s)",
                (known[name], kind, name, NOW),
            )
    return Tenants(**known)


def fresh_number() -> str:
    """Return a waybill number no other test uses."""
    return f"T{uuid.uuid4().hex[:14].upper()}{next(_numbers)}"


def at(text: str) -> int:
    """Return the microseconds of `06-18 10:00`, a Shanghai wall clock of 2022."""
    return instant(datetime.fromisoformat(f"2022-{text.replace(' ', 'T')}:00+08:00"))


def scan(
    waybill_no: str,
    when: str,
    kind: Kind,
    *,
    division: str = "",
    source: str = "CARRIER:zhongtong",
    event_id: str = "",
    revision: int = 0,
    is_retracted: bool = False,
    flags: int = 0,
    description: str = "",
    carrier: str = "zhongtong",
) -> ScanIn:
    occurred_at = at(when)
    basis = f"{occurred_at}|{kind.name}|{division}"
    digest = hashlib.sha256(basis.encode()).hexdigest()
    variant = int(hashlib.sha256(f"{basis}|{flags}".encode()).hexdigest()[:15], 16)
    return ScanIn(
        waybill_no, carrier, source, event_id or digest[:22], revision, is_retracted, occurred_at, int(kind), kind.name,
        division, "", description, flags, variant,
    )  # fmt: skip


def listing(
    waybill_no: str, source: str, scans: list[ScanIn], *, pushed: str = "", carrier: str = "zhongtong"
) -> SnapshotIn:
    """Return a full list made of scans; they become listed scans of the source."""
    own = tuple(
        ScanIn(
            waybill_no, carrier, source, each.event_id, LISTED, False, each.occurred_at, each.kind, each.code,
            each.division, each.place, each.description, each.flags, each.variant,
        )
        for each in scans
    )  # fmt: skip
    pushed_at = at(pushed) if pushed else 0
    digest = hashlib.sha256(repr((pushed_at, [each.event_id for each in own])).encode()).digest()[:16]
    return SnapshotIn(waybill_no, carrier, source, pushed_at, digest, own)


def shipment(
    tenants: Tenants,
    waybill_no: str,
    when: str,
    *,
    lines: tuple[LineIn, ...] | None = None,
    shop: int | None = None,
    paid: str = "",
    receiver: str = CHENGDU,
    tail: bytes | None = None,
    carrier: str = "zhongtong",
) -> ShipmentIn:
    lines = lines if lines is not None else (line(waybill_no, tenants.creator),)
    return ShipmentIn(
        shop or tenants.shop, carrier, waybill_no, at(when), at(paid) if paid else 0, HANGZHOU, receiver, tail, lines
    )


def line(order_no: str, creator: int | None, *, scope: str = "") -> LineIn:
    return LineIn(order_no, creator, scope == "self-sold", scope == "cross-border", scope == "return")


def submission(*items: Item, sender: SourceFacts = CARRIER_SENDER) -> Submission:
    return Submission(sender, items, 100 * len(items))


__all__ = ["CorrectionIn", "Kind"]
