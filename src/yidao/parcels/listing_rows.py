"""
The rows of the parcel and anomaly lists: what one shows, and how the keys of a page become rows. Waybill numbers are
masked here, so that no caller can forget it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import crypto
from yidao.parcels import access, listing_sql
from yidao.parcels.listing_sql import ANOMALY_KEY, Values
from yidao.parcels.queries import kind_name, masked, type_names
from yidao.rules import parcel

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One anomaly as a list shows it."""

    type: str
    state: str
    reason: str
    severity: str
    party: str
    closing: str
    opened_at: datetime
    noticed_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One line of a list: a parcel with its anomalies, or one anomaly with its parcel (then `anomaly` is that one).

    `number` is what this actor may read of the waybill number and `token` the parcel's opaque name; `waybill_no` is
    empty for who may not read it. `tenant` is whose list it stands in: a parcel may stand in several of an agency's.
    """

    token: str
    number: str
    waybill_no: str = field(repr=False)
    carrier: str
    life: int
    tenant: str
    shop_id: int | None
    shop: str
    order_nos: tuple[str, ...]
    shipped_at: datetime
    recorded_at: datetime
    status: str
    open_types: tuple[str, ...]
    last_scan_at: datetime | None
    last_kind: str
    last_division: str
    anomalies: tuple[Mark, ...] = ()
    anomaly: Mark | None = None
    key: Key = field(repr=False)
    facts: tuple[Any, ...] = field(repr=False, default=())

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        told = ",".join(f"{each.type}{each.state}{each.closing}" for each in self.anomalies)
        return f"{self.status}/{','.join(self.open_types)}/{self.last_scan_at or ''}/{told}"


_CREATORS_ORDERS = "CASE WHEN k.is_extra THEN e.order_nos ELSE p.creator_order_nos END"
_EXTRA = """
LEFT JOIN parcel_extra_creator e ON k.is_extra AND e.waybill_no = k.waybill_no AND e.carrier = k.carrier
  AND e.life = k.life AND e.creator_id = k.tenant::bigint
"""
_FACTS = "p.milestones, p.holds, p.policy, p.paid_at, p.sender_division, p.receiver_division"
_ONE = """
JOIN anomaly a ON a.waybill_no = k.waybill_no AND a.carrier = k.carrier AND a.life = k.life AND a.type = k.type
  AND a.should_open_at = k.should_open_at
"""
_MARK = (
    "a.type, a.state, a.reason, a.severity, a.party, a.closing, a.should_open_at, a.noticed_open_at, a.should_close_at"
)
_ANOMALIES = """
SELECT a.waybill_no, a.carrier, a.life, a.type, a.state, a.reason, a.severity, a.party, a.closing, a.should_open_at,
       a.noticed_open_at, a.should_close_at
FROM unnest(%(numbers)s::text[], %(carriers)s::text[], %(lives)s::smallint[]) AS k(waybill_no, carrier, life)
CROSS JOIN LATERAL (
    SELECT * FROM anomaly n WHERE n.waybill_no = k.waybill_no AND n.carrier = k.carrier AND n.life = k.life
) AS a
ORDER BY a.should_open_at
"""
_PLACES = """
SELECT k.waybill_no, k.carrier, k.life, s.division
FROM unnest(%(numbers)s::text[], %(carriers)s::text[], %(lives)s::smallint[], %(scanned)s::timestamptz[])
     AS k(waybill_no, carrier, life, scanned_at)
CROSS JOIN LATERAL (
    SELECT n.division FROM scan n
    WHERE n.waybill_no = k.waybill_no AND n.carrier = k.carrier AND n.life = k.life AND n.occurred_at = k.scanned_at
      AND n.occurred_at BETWEEN %(oldest)s AND %(newest)s AND NOT n.is_retracted AND n.division <> ''
    ORDER BY n.revision DESC, n.division DESC LIMIT 1
) AS s
"""


def fetch(text: str, values: Values) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows."""
    with connection.cursor() as database:
        database.execute(text, values.found)
        rows: list[tuple[Any, ...]] = database.fetchall()
        return rows


def read(keys: str, key: tuple[str, ...], values: Values, *, actor: Actor, is_rising: bool) -> list[tuple[Any, ...]]:
    """Return one page by the SQL of its keys: the key columns and the tenant first, then what a row shows."""
    names = [*(f"k.{each}" for each in key), "k.tenant"]
    is_of_anomalies = key == ANOMALY_KEY
    orders = _CREATORS_ORDERS if actor.kind is ActorKind.CREATOR else "p.order_nos"
    columns = f"p.waybill_no, p.carrier, p.life, p.shop_id, {orders}, p.shipped_at, p.recorded_at, p.status"
    more = [_FACTS] if actor.kind is ActorKind.MERCHANT else []
    more += [_MARK] if is_of_anomalies else []
    text = " ".join(
        (
            "SELECT", ", ".join((*names, columns, "p.open_types, p.last_scan_at, p.last_kind", *more)), "FROM (", keys,
            ") AS k JOIN parcel p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier AND p.life = k.life",
            _EXTRA if actor.kind is ActorKind.CREATOR else "", _ONE if is_of_anomalies else "",
            "ORDER BY", listing_sql.order(names, is_rising=is_rising),
        )
    )  # fmt: skip
    return fetch(text, values)


def filled(
    found: Sequence[tuple[Any, ...]], key: tuple[str, ...], *, actor: Actor, is_for_file: bool = False
) -> tuple[Row, ...]:
    """
    Return the rows of a page that was read, with the anomalies, last places and shops of their parcels.

    Rows for a file have no token and no place: nobody follows them, and both cost more than the rest of a row.
    """
    if not found:
        return ()
    start = len(key) + 1
    is_of_anomalies = key == ANOMALY_KEY
    keys = [(each[start], each[start + 1], each[start + 2]) for each in found]
    marks = {} if is_of_anomalies else _marks(keys)
    places = {} if is_for_file else _places(keys, [each[start + 9] for each in found])
    shops = accounts.organisation_names(each[start + 3] for each in found if each[start + 3] is not None)
    return tuple(
        _row(
            each,
            start,
            actor,
            marks=marks.get(own, ()),
            division=places.get(own, ""),
            shops=shops,
            is_for_file=is_for_file,
        )
        for each, own in zip(found, keys, strict=True)
    )


def _row(
    values: Sequence[Any],
    start: int,
    actor: Actor,
    *,
    marks: tuple[Mark, ...],
    division: str,
    shops: Mapping[int, str],
    is_for_file: bool,
) -> Row:
    key = (values[start], values[start + 1], values[start + 2])
    shop_id, order_nos, shipped_at, recorded_at, status, open_types, scanned_at, kind = values[start + 3 : start + 11]
    rest = values[start + 11 :]
    facts = tuple(rest[:6]) if actor.kind is ActorKind.MERCHANT else ()
    is_plain = access.sees_plain_numbers(actor)
    mark = rest[len(facts) :]
    return Row(
        token="" if is_for_file else crypto.parcel_token(*key),
        number=key[0] if is_plain else masked(key[0]),
        waybill_no=key[0] if is_plain else "",
        carrier=key[1],
        life=key[2],
        tenant=values[start - 1],
        shop_id=shop_id,
        shop=shops.get(shop_id, "") if shop_id is not None else "",
        order_nos=tuple(order_nos.split(";")) if order_nos else (),
        shipped_at=shipped_at,
        recorded_at=recorded_at,
        status=status if is_plain else _shown(status),
        open_types=type_names(open_types),
        last_scan_at=scanned_at,
        last_kind=kind_name(kind),
        last_division=division,
        anomalies=marks,
        anomaly=_mark(mark) if mark else None,
        key=key,
        facts=facts,
    )


def _shown(status: str) -> str:
    """Return what a creator reads for a stored status."""
    return (parcel.shown_to_creator(parcel.Status(status)) or parcel.Status.VOIDED).value


def _mark(values: Sequence[Any]) -> Mark:
    type_, state, reason, severity, party, closing, opened_at, noticed_at, closed_at = values
    return Mark(
        type=type_,
        state=state,
        reason=reason,
        severity=severity,
        party=party,
        closing=closing,
        opened_at=opened_at,
        noticed_at=noticed_at,
        closed_at=closed_at,
    )


def _of_keys(keys: Sequence[Key]) -> dict[str, Any]:
    return {
        "numbers": [each[0] for each in keys],
        "carriers": [each[1] for each in keys],
        "lives": [each[2] for each in keys],
    }


def _marks(keys: Sequence[Key]) -> dict[Key, tuple[Mark, ...]]:
    """Return the anomalies of parcels, each parcel's in the order they began."""
    found: dict[Key, tuple[Mark, ...]] = {}
    for row in fetch(_ANOMALIES, Values(_of_keys(list(dict.fromkeys(keys))))):
        found[row[:3]] = (*found.get(row[:3], ()), _mark(row[3:]))
    return found


def _places(keys: Sequence[Key], scanned: Sequence[datetime | None]) -> dict[Key, str]:
    """Return the divisions in which parcels were scanned last; their days name the months that are looked into."""
    known = {key: at for key, at in zip(keys, scanned, strict=True) if at is not None}
    if not known:
        return {}
    more = {"scanned": list(known.values()), "oldest": min(known.values()), "newest": max(known.values())}
    return {row[:3]: row[3] for row in fetch(_PLACES, Values(_of_keys(list(known)) | more))}
