"""
One parcel with its truth at an instant: facts, timeline, episodes and running limits. The verdict is derived
afresh from the stored milestones, so a page is right even between two sweeps.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import crypto
from yidao.kit.errors import NotVisible
from yidao.parcels import access, folding, lives, registers, scope
from yidao.parcels.queries import kind_name, masked
from yidao.policies import queries as policies
from yidao.rules import anomalies, episodes, parcel, routes, sources
from yidao.rules.anomalies import Hold, HoldKind, Plan
from yidao.rules.instants import Instant, instant, to_datetime
from yidao.rules.limits import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One line of the timeline; several sources that tell the same minute, kind and city share it."""

    occurred_at: datetime
    kind: str
    division: str
    place: str
    description: str
    sources: tuple[str, ...]
    is_from_shop_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRow:
    """One anomaly; `closed_at` None while it is in progress."""

    type: str
    reason: str
    severity: str
    party: str
    opened_at: datetime
    closed_at: datetime | None
    closing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRow:
    """A limit that is running, for the bar of time left."""

    type: str
    severity: str
    started_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the rules were given and said, kept whole so that the reasons can be told from it."""

    milestones: parcel.Milestones
    plan: Plan
    holds: tuple[Hold, ...]
    policy: Policy
    verdict: anomalies.Verdict
    now: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Everything a drawer shows of one parcel. `waybill_no` is empty for who may not read it."""

    token: str
    number: str
    waybill_no: str = field(repr=False)
    carrier: str
    corrected_to: tuple[str, ...]
    life: int
    shop_id: int | None
    order_nos: tuple[str, ...]
    products: tuple[str, ...]
    shipped_at: datetime | None
    sender_division: str
    receiver_division: str
    status: str
    policy: str
    evaluated_at: datetime
    timeline: tuple[TimelineLine, ...]
    episodes: tuple[EpisodeRow, ...]
    running: tuple[RunningRow, ...]
    truth: Truth = field(repr=False)


_PARCEL = """
SELECT p.life, p.shop_id, p.order_nos, p.shipped_at, p.paid_at, p.sender_division, p.receiver_division, p.status,
       p.policy, p.milestones, p.holds, p.evaluated_at, p.first_scan_at, p.last_scan_at, p.adopted_at,
       ARRAY(SELECT a.carrier FROM parcel_alias a
             WHERE a.waybill_no = p.waybill_no AND a.stands_for = p.carrier
               AND (%(known_at)s::timestamptz IS NULL OR a.recorded_at <= %(known_at)s::timestamptz)
             ORDER BY a.recorded_at),
       ARRAY(SELECT l.product_name FROM parcel_line l
             WHERE l.waybill_no = p.waybill_no AND l.carrier = p.carrier AND l.life = p.life AND l.product_name <> ''
               AND (%(promoted_by)s::bigint[] IS NULL OR (l.creator_id = ANY(%(promoted_by)s::bigint[])
                    AND NOT l.is_self_sold AND NOT l.is_cross_border AND NOT l.is_customer_return))
             ORDER BY l.line_no)
FROM parcel p
WHERE p.waybill_no = %(waybill_no)s AND p.carrier = %(carrier)s
  AND (%(known_at)s::timestamptz IS NULL OR p.recorded_at <= %(known_at)s::timestamptz)
  AND (%(life)s::smallint IS NULL OR p.life = %(life)s::smallint)
  AND (%(shipped_since)s::timestamptz IS NULL OR p.shipped_at >= %(shipped_since)s::timestamptz) AND
"""
_STANDS_FOR = """
SELECT stands_for FROM parcel_alias
WHERE waybill_no = %s AND carrier = %s AND (%s::timestamptz IS NULL OR recorded_at <= %s::timestamptz)
"""
_REACH_BACK = timedelta(days=400)
_REACH_AHEAD = timedelta(days=1)
_NEWEST_LIFE = "ORDER BY p.life DESC LIMIT 1"
_OWN_ORDERS = """
SELECT DISTINCT order_no FROM parcel_line
WHERE waybill_no = %s AND carrier = %s AND life = %s AND creator_id = ANY(%s)
  AND NOT is_self_sold AND NOT is_cross_border AND NOT is_customer_return
ORDER BY order_no
"""
_STARTS = """
SELECT life, starts_at FROM parcel
WHERE waybill_no = %s AND carrier = %s AND (%s::timestamptz IS NULL OR recorded_at <= %s::timestamptz)
ORDER BY life
"""
_SCANS = """
SELECT source, event_id, revision, is_retracted, variant, occurred_at, kind, division, place, description, flags
FROM scan WHERE waybill_no = %s AND carrier = %s AND occurred_at BETWEEN %s AND %s
  AND (%s::timestamptz IS NULL OR recorded_at <= %s::timestamptz)
ORDER BY occurred_at DESC, kind DESC, source
"""
_LISTS = """
SELECT life, source, digest, pushed_at, newest_at, event_ids
FROM source_snapshot WHERE waybill_no = %s AND carrier = %s
  AND (%s::timestamptz IS NULL OR recorded_at <= %s::timestamptz)
"""
_NOT_LATE = """
SELECT type, reason, severity, party, should_open_at, should_close_at, closing
FROM anomaly WHERE waybill_no = %s AND carrier = %s AND life = %s AND closing = 'NOT_LATE'
  AND (%s::timestamptz IS NULL OR noticed_close_at <= %s::timestamptz)
ORDER BY should_open_at
"""
_OUTAGES = "SELECT since, until, released_at FROM carrier_outage WHERE carrier = %s AND noticed_at <= %s"


def _fetch(text: str, parameters: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as database:
        database.execute(text, parameters)
        rows: list[tuple[Any, ...]] = database.fetchall()
        return rows


def by_token(token: str, *, actor: Actor, now: datetime, as_of: datetime | None = None) -> Detail:
    """
    Return the parcel an opaque token names; with `as_of` as it was known and judged at that instant. What was shipped
    before the data start creators do not see, whatever they hold of it.

    :raises NotVisible: no such token or parcel, or it is not this actor's to see.
    """
    waybill_no, carrier, life = crypto.open_parcel_token(token)
    since = scope.data_start(now) if actor.kind is ActorKind.CREATOR else None
    return _detail(waybill_no, carrier, life, actor=actor, now=as_of or now, known_at=as_of, shipped_since=since)


def by_number(waybill_no: str, carrier: str, *, actor: Actor, now: datetime, as_of: datetime | None = None) -> Detail:
    """
    Return the newest life of a plain number; with `as_of` as it was known and judged at that instant.

    Where a carrier was corrected both carriers lead to the parcel: its key stays.

    Reading: what was known is what was recorded by then; the shop's word counts from its ship time on.

    :raises NotVisible: no such parcel, it is not this actor's to see, or the actor may not use plain numbers.
    """
    if not access.sees_plain_numbers(actor):
        raise NotVisible
    try:
        return _detail(waybill_no, carrier, None, actor=actor, now=as_of or now, known_at=as_of)
    except NotVisible:
        stands_for = _fetch(_STANDS_FOR, (waybill_no, carrier, as_of, as_of))
        if not stands_for:
            raise
    return _detail(waybill_no, stands_for[0][0], None, actor=actor, now=as_of or now, known_at=as_of)


def _detail(
    waybill_no: str,
    carrier: str,
    life: int | None,
    *,
    actor: Actor,
    now: datetime,
    known_at: datetime | None = None,
    shipped_since: datetime | None = None,
) -> Detail:
    condition, parameters = access.condition(actor)
    text = " ".join((_PARCEL, condition, _NEWEST_LIFE))
    is_plain = access.sees_plain_numbers(actor)
    number: dict[str, Any] = {"waybill_no": waybill_no, "carrier": carrier, "life": life, "known_at": known_at}
    number["shipped_since"] = shipped_since
    number["promoted_by"] = None if is_plain else list(actor.organisation_ids)
    found = _fetch(text, {**number, **parameters})
    if not found:
        raise NotVisible
    *facts, corrected_to, products = found[0]
    life, *owned, _, policy_name, milestones, holds, evaluated_at, first_scan_at, last_scan_at, adopted_at = facts
    if known_at is not None and adopted_at is not None and adopted_at > known_at:
        owned = _before_adoption(actor)
    shop_id, order_nos, shipped_at, paid_at, sender, receiver = owned
    key = (waybill_no, carrier, life)
    if known_at is not None:
        # A scan that lived then and is dead now may lie outside the span of those that live.
        first_scan_at, last_scan_at = known_at - _REACH_BACK, known_at + _REACH_AHEAD
    told = _living(key, first_scan_at, last_scan_at, known_at=known_at) if first_scan_at is not None else []
    if known_at is not None:
        milestones = parcel.pack(_folded(told))
        if shipped_at is not None and shipped_at > known_at:
            shipped_at = paid_at = None
    plan = Plan(
        shipped_at=_instant(shipped_at),
        paid_at=_instant(paid_at),
        sender_city=routes.city_of(sender) if sender else routes.UNKNOWN_CITY,
        receiver_city=routes.city_of(receiver) if receiver else routes.UNKNOWN_CITY,
    )
    truth = _truth(bytes(milestones), plan, bytes(holds), carrier, policy_name, now=now)
    if not access.sees_sale(actor):
        shop_id, order_nos = None, ""
    if shop_id is None:
        products = []
    own_orders = (
        order_nos.split(";")
        if is_plain and order_nos
        else [row[0] for row in _fetch(_OWN_ORDERS, (waybill_no, carrier, life, list(actor.organisation_ids)))]
    )
    return Detail(
        token=crypto.parcel_token(waybill_no, carrier, life),
        number=waybill_no if is_plain else masked(waybill_no),
        waybill_no=waybill_no if is_plain else "",
        carrier=carrier,
        corrected_to=tuple(corrected_to),
        life=life,
        shop_id=shop_id,
        order_nos=tuple(own_orders),
        products=tuple(dict.fromkeys(products)),
        shipped_at=shipped_at,
        sender_division=sender,
        receiver_division=receiver,
        status=_shown_status(truth.verdict.status, is_plain=is_plain),
        policy=policy_name,
        evaluated_at=evaluated_at,
        timeline=_lines(told, hidden="" if is_plain else waybill_no),
        episodes=(*_episodes(truth.verdict.episodes), *_not_late(key, known_at)),
        running=_running(truth),
        truth=truth,
    )


def _before_adoption(actor: Actor) -> list[Any]:
    """
    Return what was known of a stub's owner and plan before a shipment adopted it: nothing.

    :raises NotVisible: the actor sees only what is his, and it was not his yet.
    """
    if actor.kind in (ActorKind.MERCHANT, ActorKind.CREATOR):
        raise NotVisible
    return [None, "", None, None, "", ""]


def _shown_status(status: parcel.Status, *, is_plain: bool) -> str:
    """
    Return the status this reader sees.

    :raises NotVisible: the parcel is hidden from creators.
    """
    shown = status if is_plain else parcel.shown_to_creator(status)
    if shown is None:
        raise NotVisible
    return shown.value


def _instant(moment: datetime | None) -> Instant:
    return instant(moment) if moment is not None else Instant(0)


def _truth(milestones: bytes, plan: Plan, holds: bytes, carrier: str, policy_name: str, *, now: datetime) -> Truth:
    known = tuple(hold for hold in lives.unpack_holds(holds) if hold.since <= instant(now)) + tuple(
        Hold(
            kind=HoldKind.OUTAGE,
            since=instant(since),
            until=_instant(until) if released_at is not None and released_at <= now else Instant(0),
        )
        for since, until, released_at in _fetch(_OUTAGES, (carrier, now))
    )
    folded = parcel.unpack(milestones)
    policy = policies.policy(policy_name)
    return Truth(
        milestones=folded,
        plan=plan,
        holds=known,
        policy=policy,
        verdict=anomalies.judge(folded, plan, known, policy, instant(now)),
        now=instant(now),
    )


def _episodes(found: Iterable[episodes.Episode]) -> tuple[EpisodeRow, ...]:
    rows = [
        EpisodeRow(
            type=names[0],
            severity=names[1],
            reason=names[2],
            party=names[3],
            closing=names[4],
            opened_at=to_datetime(Instant(each.opens_at)),
            closed_at=to_datetime(Instant(each.closes_at)) if each.closes_at else None,
        )
        for each in found
        for names in (lives.names_of(each),)
    ]
    return tuple(sorted(rows, key=lambda row: (row.closed_at is not None, -row.opened_at.timestamp())))


def _not_late(key: lives.Key, known_at: datetime | None) -> tuple[EpisodeRow, ...]:
    return tuple(
        EpisodeRow(
            type=type_,
            reason=reason,
            severity=severity,
            party=party,
            opened_at=opened,
            closed_at=closed,
            closing=closing,
        )
        for type_, reason, severity, party, opened, closed, closing in _fetch(_NOT_LATE, (*key, known_at, known_at))
    )


def _running(truth: Truth) -> tuple[RunningRow, ...]:
    return tuple(
        RunningRow(
            type=each.type.name,
            severity=each.severity.name,
            started_at=to_datetime(each.starts_at),
            deadline=to_datetime(each.deadline),
        )
        for each in anomalies.time_left(truth.milestones, truth.plan, truth.holds, truth.policy, truth.now)
    )


def _living(
    key: lives.Key, first_scan_at: datetime, last_scan_at: datetime, *, known_at: datetime | None
) -> list[tuple[Any, ...]]:
    """Return the living scans of one life, the newest first; with `known_at` only from what was recorded by then."""
    number, life = key[:2], key[2]
    starts = _fetch(_STARTS, (*number, known_at, known_at))
    since, until = _bounds(starts, life)
    found = _fetch(_SCANS, (*number, first_scan_at, last_scan_at, known_at, known_at))
    rows = [row for row in found if since <= instant(row[5]) < until]
    facts = [
        sources.ScanFact(
            source=row[0],
            event_id=registers.listed_name(row[1], row[4]) if row[2] == sources.LISTED else row[1],
            revision=row[2],
            is_retracted=row[3],
            occurred_at=instant(row[5]),
            kind=row[6],
            city=routes.city_of(row[7]) if row[7] else routes.UNKNOWN_CITY,
            variant=row[4],
        )
        for row in rows
    ]
    lists = [
        sources.Snapshot(
            source=source,
            key=sources.SnapshotKey(
                pushed_at=_instant(pushed_at), newest_at=instant(newest_at), count=len(ids), digest=bytes(digest)
            ),
            event_ids=frozenset(ids),
        )
        for of_life, source, digest, pushed_at, newest_at, ids in _fetch(_LISTS, (*number, known_at, known_at))
        if of_life == life or (of_life == life - 1 and instant(newest_at) >= since)
    ]
    living = frozenset(sources.living(tuple(facts), lists))
    return [row for row, fact in zip(rows, facts, strict=True) if fact in living]


def _folded(rows: Iterable[tuple[Any, ...]]) -> parcel.Milestones:
    """Fold living scans afresh."""
    return parcel.of(
        entry
        for row in rows
        for entry in folding.entries_of(
            occurred_at=instant(row[5]),
            kind=row[6],
            division=row[7],
            flags=row[10],
            is_weak=row[0] == folding.SHOP_SOURCE,
        )
    )


def _bounds(starts: Sequence[tuple[int, datetime]], life: int) -> tuple[int, int]:
    """Return the half-open span of event times that belong to a life; the first one reaches back without end."""
    since, until = -(1 << 62), 1 << 62
    for each, starts_at in starts:
        reach = instant(starts_at) - folding.LIFE_REACHES_BACK
        if each == life and each != starts[0][0]:
            since = reach
        elif each > life:
            until = min(until, reach)
    return since, until


_NARROW = {
    wide: wide - 0xFEE0
    for wide in (0xFF0D, 0xFF3F, *range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
"""Wide letters and digits as the plain ones they are read as."""
_OTHER_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?=(?:[A-Za-z_-]*[0-9]){9})[0-9A-Za-z][0-9A-Za-z_-]{9,39}(?![0-9A-Za-z])")
"""What may be a waybill number: ten letters and digits or more, nine digits among them (a date has eight)."""


def unspoken(text: str, hidden: str) -> str:
    """
    Return a text for who may not read the number `hidden`: providers like to repeat it, in letters of either case and
    digits of any width, and to name the numbers a parcel goes on or back under.
    """
    if not hidden:
        return text
    text = text.translate(_NARROW)
    text = re.sub(re.escape(hidden), masked(hidden), text, flags=re.IGNORECASE)
    return _OTHER_NUMBER.sub(lambda found: masked(found[0]), text)


def _lines(rows: Iterable[tuple[Any, ...]], *, hidden: str) -> tuple[TimelineLine, ...]:
    groups: dict[tuple[int, int, int], list[tuple[Any, ...]]] = {}
    for row in rows:
        line = (parcel.minute_of(instant(row[5])), row[6], routes.city_of(row[7]) if row[7] else 0)
        groups.setdefault(line, []).append(row)
    return tuple(
        TimelineLine(
            occurred_at=told[0][5],
            kind=kind_name(kind),
            division=next((row[7] for row in told if row[7]), ""),
            place=unspoken(next((row[8] for row in told if row[8]), ""), hidden),
            description=unspoken(max((row[9] for row in told), key=len), hidden),
            sources=tuple(dict.fromkeys(row[0] for row in told)),
            is_from_shop_alone=all(row[0] == "SHOP" for row in told),
        )
        for (_, kind, _), told in groups.items()
    )
