"""
Reads of parcels for pages and API: lists by keyset, capped counts, and one parcel with its truth at an instant. Every
read takes an actor; numbers are masked here, so that no caller can forget it.
"""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from yidao.accounts.actors import Actor
from yidao.kit import clock, crypto, paging
from yidao.parcels import access
from yidao.rules import episodes, parcel
from yidao.rules.instants import Instant, to_datetime
from yidao.rules.scans import WEAK, Kind

COUNT_MAX = 10_000
STAGES_MAX = 2_000
"""How many parcels the stage funnel looks at: each is read from the table, which must not hold up a home page."""
MASK = "****"
_MASK_SHOWS_HEAD = 2
_MASK_SHOWS_TAIL = 4
TYPES = tuple(episodes.Type)
_KIND_NAMES = {int(each): each.name for each in Kind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed by; empty means everything. `open_types` is a mask of types that must be in progress."""

    statuses: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    order_nos: tuple[str, ...] = ()
    waybill_nos: tuple[str, ...] = ()
    open_types: int = 0
    shipped_from: datetime | None = None
    shipped_until: datetime | None = None

    def parts(self) -> tuple[Any, ...]:
        """Return what identifies the filter, for cursors."""
        return (
            sorted(self.statuses),
            sorted(self.carriers),
            sorted(self.order_nos),
            sorted(self.waybill_nos),
            self.open_types,
            self.shipped_from,
            self.shipped_until,
        )


ANY_OPEN = episodes.mask_of(TYPES)
SOON = episodes.mask_of((episodes.Type.PICKUP_SOON,))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRow:
    """
    One line of a list. `number` is what this actor may read of the waybill number, `token` the parcel's opaque name;
    `waybill_no` is empty for who may not read it.
    """

    token: str
    number: str
    waybill_no: str = field(repr=False)
    carrier: str
    life: int
    shop_id: int | None
    order_nos: tuple[str, ...]
    shipped_at: datetime
    status: str
    open_types: tuple[str, ...]
    last_scan_at: datetime | None
    last_kind: str

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return f"{self.status}/{','.join(self.open_types)}/{self.last_scan_at or ''}"


def masked(waybill_no: str) -> str:
    """Return a number of which only the first two and the last four characters can be read."""
    if len(waybill_no) <= _MASK_SHOWS_HEAD + _MASK_SHOWS_TAIL:
        return MASK
    return f"{waybill_no[:_MASK_SHOWS_HEAD]}{MASK}{waybill_no[-_MASK_SHOWS_TAIL:]}"


def type_names(mask: int) -> tuple[str, ...]:
    """Return the names of the types in a mask, in the order of the source."""
    return tuple(each.name for each in TYPES if mask & 1 << each)


def kind_name(kind: int) -> str:
    """Return the name of a stored kind; a kind of a newer release reads as unknown, none at all as empty."""
    plain = kind & ~WEAK
    return _KIND_NAMES.get(plain, Kind.UNKNOWN.name) if plain else ""


_ORDER = "ORDER BY shipped_at DESC, waybill_no DESC, carrier DESC, life DESC"
_WHOLE_ORDER = f'{_ORDER}, tenant COLLATE "C" DESC'
"""One parcel may stand in a list once for each of an agency's creators; the tenant tells those rows apart."""


def _branch_sql(
    branch: access.Branch, number: int, wanted: Filter, *, after_tenant: str | None, order: str
) -> tuple[str, dict[str, Any]]:
    """Return one branch of a list with its own keyset and limit; names and columns come from `access` alone."""
    parameters: dict[str, Any] = {f"tenant_{number}": branch.tenant}
    where = [f"{branch.tenant_column} = %(tenant_{number})s", "shipped_at IS NOT NULL"]
    if wanted.statuses:
        where.append("status = ANY(%(statuses)s)")
    if wanted.carriers:
        where.append("carrier = ANY(%(carriers)s)")
    if wanted.waybill_nos:
        where.append("waybill_no = ANY(%(waybill_nos)s)")
    if wanted.open_types:
        where.append("open_types <> 0 AND open_types & %(open_types)s <> 0")  # The first half names the index.
    if wanted.shipped_from is not None:
        where.append("shipped_at >= %(shipped_from)s")
    if wanted.shipped_until is not None:
        where.append("shipped_at < %(shipped_until)s")
    if wanted.order_nos:
        where.append(
            "(waybill_no, carrier, life) IN (SELECT l.waybill_no, l.carrier, l.life FROM parcel_line l"
            " WHERE l.order_no = ANY(%(order_nos)s))"
        )
        where.append(f"string_to_array({branch.order_column}, ';') && %(order_nos)s::text[]")
    if after_tenant is not None:
        is_after = "<=" if str(branch.tenant) < after_tenant else "<"
        where.append("shipped_at <= %(key_shipped_at)s")
        where.append(
            f"(shipped_at, waybill_no, carrier, life) {is_after}"
            " (%(key_shipped_at)s, %(key_waybill_no)s, %(key_carrier)s, %(key_life)s)"
        )
    text = " ".join(
        (
            "(SELECT waybill_no, carrier, life, shop_id,",
            branch.order_column,
            "AS order_nos, shipped_at, status, open_types, last_scan_at, last_kind,",
            f"%(tenant_{number})s::text AS tenant FROM",
            branch.table,
            "WHERE",
            " AND ".join(where),
            order,
            "LIMIT %(limit)s)",
        )
    )
    return text, parameters


def _list_sql(
    branches: Sequence[access.Branch], wanted: Filter, *, limit: int, key: tuple[Any, ...] = (), order: str = _ORDER
) -> tuple[str, dict[str, Any]]:
    """Return the whole list; `order` may be empty where rows are only counted."""
    parameters: dict[str, Any] = {
        "limit": limit,
        "statuses": list(wanted.statuses),
        "carriers": list(wanted.carriers),
        "order_nos": list(wanted.order_nos),
        "waybill_nos": list(wanted.waybill_nos),
        "open_types": wanted.open_types,
        "shipped_from": wanted.shipped_from,
        "shipped_until": wanted.shipped_until,
    }
    if key:
        parameters |= {
            "key_shipped_at": to_datetime(Instant(key[0])),
            "key_waybill_no": key[1],
            "key_carrier": key[2],
            "key_life": key[3],
        }
    texts = []
    for number, branch in enumerate(branches):
        text, own = _branch_sql(branch, number, wanted, after_tenant=key[4] if key else None, order=order)
        texts.append(text)
        parameters |= own
    together = " UNION ALL ".join(texts)
    return " ".join(
        ("SELECT * FROM (", together, ") AS listed", _WHOLE_ORDER if order else "", "LIMIT %(limit)s")
    ), parameters


SHOWN_TO_CREATORS = tuple(dict.fromkeys(shown for each in parcel.STATUSES if (shown := parcel.shown_to_creator(each))))
"""The statuses a creator knows, in the order of a parcel's way."""


def _visible(actor: Actor, wanted: Filter) -> Filter:
    """Return the filter in stored statuses: a creator's word stands for several, and what is hidden stays out."""
    if access.sees_plain_numbers(actor):
        return wanted
    stored = tuple(
        each.value
        for each in parcel.STATUSES
        if (shown := parcel.shown_to_creator(each)) and (not wanted.statuses or shown.value in wanted.statuses)
    )
    return dataclasses.replace(wanted, statuses=stored, waybill_nos=())


def _branches(actor: Actor, wanted: Filter) -> tuple[access.Branch, ...]:
    """Return the branches that can have rows: a carrier that is filtered away need not be asked."""
    return tuple(
        branch
        for branch in access.branches(actor)
        if branch.tenant_column != "carrier" or not wanted.carriers or branch.tenant in wanted.carriers
    )


def parcels(*, actor: Actor, wanted: Filter, limit: int, cursor: str = "") -> paging.Page[ParcelRow]:
    """
    Return one page of the parcels an actor may list, the newest shipped first.

    A parcel with lines of several of the actor's creators stands there once for each of them.

    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    wanted = _visible(actor, wanted)
    branches = _branches(actor, wanted)
    fingerprint = paging.filter_hash(actor.kind, actor.organisation_ids, *wanted.parts())
    key = paging.open_cursor(cursor, of=fingerprint, length=5) if cursor else ()
    if not branches:
        return paging.Page(rows=(), next_cursor="")
    text, parameters = _list_sql(branches, wanted, limit=limit + 1, key=key)
    with connection.cursor() as database:
        database.execute(text, parameters)
        found = database.fetchall()
    is_plain = access.sees_plain_numbers(actor)
    rows = tuple(_row(values, is_plain=is_plain) for values in found[:limit])
    if len(found) <= limit:
        return paging.Page(rows=rows, next_cursor="")
    last = found[limit - 1]
    micros = (last[5] - _EPOCH) // timedelta(microseconds=1)
    return paging.Page(
        rows=rows, next_cursor=paging.cursor((micros, last[0], last[1], last[2], last[10]), of=fingerprint)
    )


_EPOCH = to_datetime(Instant(0))


def _row(values: Sequence[Any], *, is_plain: bool) -> ParcelRow:
    waybill_no, carrier, life, shop_id, order_nos, shipped_at, status, open_types, last_scan_at, last_kind = values[:10]
    return ParcelRow(
        token=crypto.parcel_token(waybill_no, carrier, life),
        number=waybill_no if is_plain else masked(waybill_no),
        waybill_no=waybill_no if is_plain else "",
        carrier=carrier,
        life=life,
        shop_id=shop_id,
        order_nos=tuple(order_nos.split(";")) if order_nos else (),
        shipped_at=shipped_at,
        status=status if is_plain else _shown(status),
        open_types=type_names(open_types),
        last_scan_at=last_scan_at,
        last_kind=kind_name(last_kind),
    )


def counts(*, actor: Actor, filters: Mapping[str, Filter]) -> dict[str, int]:
    """Return how many parcels each filter finds, in one query; no count goes beyond COUNT_MAX + 1."""
    texts: list[str] = []
    parameters: dict[str, Any] = {}
    answers: dict[str, int] = {}
    for name, asked in filters.items():
        wanted = _visible(actor, asked)
        branches = _branches(actor, wanted)
        if not branches:
            answers[name] = 0
            continue
        text, own = _list_sql(branches, wanted, limit=COUNT_MAX + 1, order="")
        for parameter, value in own.items():
            text = text.replace(f"%({parameter})s", f"%({name}_{parameter})s")
            parameters[f"{name}_{parameter}"] = value
        texts.append(" ".join(("SELECT", f"'{name}'", "AS name, count(*) FROM (", text, ") AS found")))
    if texts:
        with connection.cursor() as database:
            database.execute(" UNION ALL ".join(texts), parameters)
            answers |= dict(database.fetchall())
    return {name: answers[name] for name in filters}


def by_status(*, actor: Actor, wanted: Filter) -> dict[str, int]:
    """Return how many of an actor's newest STAGES_MAX parcels stand where, for the stage funnel."""
    wanted = _visible(actor, wanted)
    branches = _branches(actor, wanted)
    if not branches:
        return {}
    text, parameters = _list_sql(branches, wanted, limit=STAGES_MAX)
    with connection.cursor() as database:
        database.execute(" ".join(("SELECT status, count(*) FROM (", text, ") AS found GROUP BY status")), parameters)
        found: list[tuple[str, int]] = database.fetchall()
    stages: Counter[str] = Counter()
    for status, count in found:
        stages[status if access.sees_plain_numbers(actor) else _shown(status)] += count
    return dict(stages)


def _shown(status: str) -> str:
    """Return what a creator reads for a stored status."""
    return (parcel.shown_to_creator(parcel.Status(status)) or parcel.Status.VOIDED).value


_NOTICES = """
SELECT demo.base_real, demo.base_sim, demo.rate, demo.is_running, silent.carrier, silent.since
FROM (SELECT 1) AS always
LEFT JOIN demo_clock AS demo ON true
LEFT JOIN (SELECT carrier, since FROM carrier_outage WHERE until IS NULL ORDER BY since LIMIT 20) AS silent ON true
ORDER BY silent.since
"""


def notices() -> tuple[clock.DemoClock | None, tuple[tuple[str, datetime], ...]]:
    """Return a demo's clock, and which carriers have been silent since when, in one query."""
    with connection.cursor() as database:
        database.execute(_NOTICES)
        rows = database.fetchall()
    base_real, base_sim, rate, is_running = rows[0][:4]
    demo = None
    if base_real is not None:
        demo = clock.DemoClock(base_real=base_real, base_sim=base_sim, rate=rate, is_running=is_running)
    return demo, tuple((code, since) for *_, code, since in rows if code is not None)


def narrowed(wanted: Filter, open_types: int) -> Filter:
    """Return the filter with other types in progress."""
    return dataclasses.replace(wanted, open_types=open_types)


def by_type(*, actor: Actor) -> dict[str, int]:
    """Return how many of an actor's newest COUNT_MAX troubled parcels have which type in progress, in source order."""
    wanted = _visible(actor, Filter(open_types=ANY_OPEN))
    branches = _branches(actor, wanted)
    if not branches:
        return {}
    text, parameters = _list_sql(branches, wanted, limit=COUNT_MAX)
    with connection.cursor() as database:
        database.execute(
            " ".join(("SELECT open_types, count(*) FROM (", text, ") AS found GROUP BY open_types")), parameters
        )
        masks: list[tuple[int, int]] = database.fetchall()
    counted = {name: sum(count for mask, count in masks if mask & 1 << each) for each in TYPES for name in (each.name,)}
    return {name: count for name, count in counted.items() if count}


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFigures:
    """What one source sent for one carrier over a stretch of time; the lag is from event to receipt."""

    source: str
    carrier: str
    accepted: int
    duplicate: int
    rejected: int
    quarantined: int
    lag_mean: timedelta
    lag_max: timedelta
    last_at: datetime


_INTAKE = """
SELECT source, carrier, sum(accepted), sum(duplicate), sum(rejected), sum(quarantined),
       sum(lag_seconds_sum) / greatest(sum(accepted), 1), max(lag_seconds_max), max(minute)
FROM intake_minute
WHERE minute > %(since)s AND minute <= %(until)s AND (%(source)s = '' OR source = %(source)s)
GROUP BY source, carrier
ORDER BY source, carrier
LIMIT 500
"""
INTAKE_SPAN = timedelta(hours=24)


def intake(*, now: datetime, source: str = "", span: timedelta = INTAKE_SPAN) -> tuple[IntakeFigures, ...]:
    """Return what arrived in the last `span` by source and carrier; a named source narrows it."""
    with connection.cursor() as database:
        database.execute(_INTAKE, {"since": now - span, "until": now, "source": source})
        rows = database.fetchall()
    return tuple(
        IntakeFigures(
            source=row[0],
            carrier=row[1],
            accepted=int(row[2]),
            duplicate=int(row[3]),
            rejected=int(row[4]),
            quarantined=int(row[5]),
            lag_mean=timedelta(seconds=int(row[6])),
            lag_max=timedelta(seconds=int(row[7])),
            last_at=row[8],
        )
        for row in rows
    )


def intake_of_source(*, actor: Actor, now: datetime) -> tuple[IntakeFigures, ...]:
    """Return what arrived from a provider's own source."""
    return intake(now=now, source=actor.source) if actor.source else ()
