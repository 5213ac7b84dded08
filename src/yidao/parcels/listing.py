"""
The parcel and anomaly lists as pages, counts and exports read them: what an actor may see, narrowed, sorted, cut to a
page and filled with everything a row shows.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yidao.accounts.actors import Actor, ActorKind
from yidao.carriers import catalogue
from yidao.kit import crypto, paging
from yidao.parcels import access, listing_rows, listing_sql
from yidao.parcels.listing_rows import Row, fetch
from yidao.parcels.listing_sql import ANOMALY_KEY, DUE_KEY, PARCEL_KEY, Axis, Cut, Narrow, Values, Walks
from yidao.rules import episodes, parcel
from yidao.rules.instants import Instant, to_datetime

STATES: Final = ("OPEN", "CLOSED")
TYPES: Final = tuple(each.name for each in episodes.Type)
SHOWN_TO_CREATORS: Final = (
    "SHIPPED_AWAIT_PICKUP", "PICKED_AWAIT_TRANSIT", "IN_TRANSIT_AWAIT_DELIVERY", "OUT_FOR_DELIVERY",
    "AWAIT_COLLECTION", "SIGNED", "REJECTED",
)  # fmt: skip
"""The seven statuses a creator reads, in the order of the source; a test holds them against the rule."""
RARE_MAX = 20_000
"""Order lines of a room or product up to which a list begins with them."""
EXPORT_BATCH = 2_000
TAIL_PURPOSE = "parcel.receiver_tail"
_SIGNED = "SIGNED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What a list is narrowed by; empty means everything, and statuses are the words the actor knows. `tail` are the last
    four digits of the receiver's phone. `types`, `states` and `reasons` narrow anomalies alone; `is_by_time_left` is of
    parcels alone: only what has a running limit, the soonest first.
    """

    statuses: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    shop_ids: tuple[int, ...] | None = None
    order_nos: tuple[str, ...] = ()
    waybill_nos: tuple[str, ...] = ()
    tail: str = ""
    types: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    room_ids: tuple[str, ...] = ()
    product_ids: tuple[str, ...] | None = None
    shipped_from: datetime | None = None
    shipped_until: datetime | None = None
    is_by_time_left: bool = False


def statuses_for(actor: Actor) -> tuple[str, ...]:
    """Return the statuses an actor knows, in the order of a parcel's way; a creator's in that of the source."""
    if access.sees_plain_numbers(actor):
        return tuple(each.value for each in parcel.STATUSES)
    return SHOWN_TO_CREATORS


def parcels(*, actor: Actor, wanted: Wanted, limit: int, offset: int = 0, cursor: str = "") -> paging.Page[Row]:
    """
    Return one page of the parcels an actor may list, the newest shipped first.

    A parcel with lines of several of the actor's creators stands there once for each of them.

    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    return _page(_List(actor, wanted, is_of_anomalies=False), limit=limit, offset=offset, cursor=cursor)


def anomalies(*, actor: Actor, wanted: Wanted, limit: int, offset: int = 0, cursor: str = "") -> paging.Page[Row]:
    """
    Return one page of the anomalies of the parcels an actor may list, those of the newest shipped parcels first.

    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    return _page(_List(actor, wanted, is_of_anomalies=True), limit=limit, offset=offset, cursor=cursor)


def count_parcels(*, actor: Actor, wanted: Wanted, limit: int) -> int:
    """Return how many rows the list of parcels has, never more than the limit."""
    return _count(_List(actor, wanted, is_of_anomalies=False), limit=limit)


def count_anomalies(*, actor: Actor, wanted: Wanted, limit: int) -> int:
    """Return how many rows the list of anomalies has, never more than the limit."""
    return _count(_List(actor, wanted, is_of_anomalies=True), limit=limit)


def count_file_rows(*, actor: Actor, wanted: Wanted, limit: int) -> int:
    """
    Return how many rows a file of the listed parcels has, never more than the limit: one for each anomaly, and one for
    a parcel that has none.
    """
    asked = _List(actor, wanted, is_of_anomalies=False)
    values = Values()
    keys = asked.keys(Cut(limit=limit, is_sorted=False), values)
    if not keys:
        return 0
    text = " ".join(
        (
            "SELECT count(*) FROM (SELECT 1 FROM (", keys, ") AS k LEFT JOIN LATERAL (SELECT 1 AS one FROM anomaly a",
            "WHERE a.waybill_no = k.waybill_no AND a.carrier = k.carrier AND a.life = k.life) AS a ON true",
            "LIMIT", values.add(limit), ") AS found",
        )
    )  # fmt: skip
    return int(fetch(text, values)[0][0])


def every_parcel(*, actor: Actor, wanted: Wanted) -> Iterator[Row]:
    """Yield all rows of the list of parcels in order, in batches; for exports."""
    yield from _every(_List(actor, wanted, is_of_anomalies=False))


def every_anomaly(*, actor: Actor, wanted: Wanted) -> Iterator[Row]:
    """Yield all rows of the list of anomalies in order, in batches; for exports."""
    yield from _every(_List(actor, wanted, is_of_anomalies=True))


def found_order_nos(*, actor: Actor, order_nos: Sequence[str]) -> frozenset[str]:
    """Return those of the numbers that are orders in parcels the actor may list."""
    return _numbers("l.order_no", list(order_nos), actor)


def found_waybill_nos(*, actor: Actor, waybill_nos: Sequence[str]) -> frozenset[str]:
    """Return those of the numbers that are waybills of parcels the actor may list; nobody else's are told apart."""
    return _numbers("l.waybill_no", list(waybill_nos), actor) if access.sees_plain_numbers(actor) else frozenset()


def shops_of_creators(creator_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the shops whose parcels creators have promoted, by steps from shop to shop through an index."""
    return tuple(row[0] for row in fetch(_SHOPS, Values({"creators": list(creator_ids)})))


_SHOPS = """
SELECT DISTINCT s.shop_id FROM unnest(%(creators)s::bigint[]) AS c(id) CROSS JOIN LATERAL (
    WITH RECURSIVE step AS (
        (SELECT p.shop_id FROM parcel p WHERE p.creator_id = c.id ORDER BY p.creator_id, p.shop_id LIMIT 1)
        UNION ALL
        SELECT (SELECT p.shop_id FROM parcel p WHERE p.creator_id = c.id AND p.shop_id > step.shop_id
                ORDER BY p.creator_id, p.shop_id LIMIT 1)
        FROM step WHERE step.shop_id IS NOT NULL
    )
    SELECT shop_id FROM step WHERE shop_id IS NOT NULL
    UNION
    SELECT e.shop_id FROM parcel_extra_creator e WHERE e.creator_id = c.id
) AS s
LIMIT 2000
"""
_PRODUCTS = """
SELECT DISTINCT p.product_id, p.product_name FROM unnest(%(creators)s::bigint[]) AS c(id) CROSS JOIN LATERAL (
    WITH RECURSIVE step AS (
        (SELECT l.product_id, l.product_name FROM parcel_line l
         WHERE l.creator_id = c.id AND l.product_id <> ''
           AND NOT l.is_self_sold AND NOT l.is_cross_border AND NOT l.is_customer_return
         ORDER BY l.creator_id, l.product_id LIMIT 1)
        UNION ALL
        SELECT next.product_id, next.product_name FROM step CROSS JOIN LATERAL (
            SELECT l.product_id, l.product_name FROM parcel_line l
            WHERE l.creator_id = c.id AND l.product_id <> '' AND l.product_id > step.product_id
              AND NOT l.is_self_sold AND NOT l.is_cross_border AND NOT l.is_customer_return
            ORDER BY l.creator_id, l.product_id LIMIT 1) AS next
    )
    SELECT product_id, product_name FROM step LIMIT 2000
) AS p
"""


def products_named(text: str, *, actor: Actor) -> tuple[str, ...]:
    """Return the ids of the products an actor's creators promoted whose id is the text or whose name holds it."""
    rows = fetch(_PRODUCTS, Values({"creators": list(actor.organisation_ids)}))
    wanted = text.casefold()
    return tuple(product_id for product_id, name in rows if product_id == text or wanted in name.casefold())


class _List:
    """One list for one actor: which walks it is made of, and the conditions they share."""

    def __init__(self, actor: Actor, wanted: Wanted, *, is_of_anomalies: bool) -> None:
        self.actor = actor
        self.is_plain = access.sees_plain_numbers(actor)
        self.is_of_anomalies = is_of_anomalies
        self.wanted = wanted
        self.narrow = _narrow(actor, wanted)
        self.is_by_time_left = wanted.is_by_time_left and not is_of_anomalies
        self.key = ANOMALY_KEY if is_of_anomalies else DUE_KEY if self.is_by_time_left else PARCEL_KEY
        self._is_rare: bool | None = None

    @property
    def fingerprint(self) -> str:
        """Return what a cursor of this list belongs to."""
        wanted = dataclasses.astuple(self.wanted)
        return paging.filter_hash(
            self.actor.kind, self.actor.organisation_ids, self.actor.carrier, self.is_of_anomalies, wanted
        )

    @property
    def walks(self) -> Walks:
        """Return walks of no table, which say how the whole list is sorted."""
        return Walks(table="", tenant="", axes=(), key=self.key, is_rising=self.is_by_time_left)

    def keys(self, cut: Cut, values: Values) -> str:
        """Return the SQL of one page of keys, empty when the list can have no rows."""
        narrow = self._with_rarity()
        tenants = self._tenants()
        if not tenants.values or narrow.shop_ids == () or self.wanted.product_ids == ():
            return ""
        parts = []
        for each, order_column in self._all_walks(tenants, narrow, values):
            if narrow.has_numbers:
                parts.append(listing_sql.found_sql(each, narrow, values, order_column=order_column))
            else:
                parts.append(listing_sql.walks_sql(each, narrow, cut, values))
        return listing_sql.page_sql(parts, self.walks, cut, values)

    def _with_rarity(self) -> Narrow:
        """Return the conditions, knowing whether the lines of the wanted rooms and products are few."""
        narrow = self.narrow
        if narrow.has_numbers:
            return narrow
        if self._is_rare is None and narrow.has_lines:
            values = Values()
            text = listing_sql.lines_sql(narrow, self._tenants(), values, limit=RARE_MAX + 1)
            self._is_rare = fetch(text, values)[0][0] <= RARE_MAX
        return dataclasses.replace(narrow, is_rare=bool(self._is_rare))

    def _tenants(self) -> Axis:
        match self.actor.kind:
            case ActorKind.CREATOR:
                return Axis(column="creator_id", values=sorted(self.actor.organisation_ids), kind="bigint")
            case ActorKind.MERCHANT:
                return Axis(column="shop_id", values=sorted(self.actor.organisation_ids), kind="bigint")
            case ActorKind.CARRIER | ActorKind.OPERATOR if self.narrow.shop_ids is not None:
                return Axis(column="shop_id", values=self.narrow.shop_ids, kind="bigint")
            case ActorKind.CARRIER | ActorKind.OPERATOR:
                return Axis(column="carrier", values=self.narrow.carriers or tuple(sorted(catalogue.CODES)))
            case ActorKind.PROVIDER | ActorKind.SYSTEM:
                return Axis(column="carrier", values=())

    def _all_walks(self, tenants: Axis, narrow: Narrow, values: Values) -> Iterator[tuple[Walks, str]]:
        """Yield the walks of every table, each with its column of order numbers."""
        make = self._of_anomalies if self.is_of_anomalies else self._of_parcels
        own_orders = "creator_order_nos" if self.actor.kind is ActorKind.CREATOR else "order_nos"
        for each in make(tenants, narrow, values):
            yield each, f"{'p' if each.joins else 't'}.{own_orders}"
        if self.actor.kind is ActorKind.CREATOR:
            yield self._of_extra_creators(tenants, narrow, values), "t.order_nos"

    def _of_parcels(self, tenants: Axis, narrow: Narrow, values: Values) -> Iterator[Walks]:
        where = [listing_sql.with_lines(narrow, tenants, values)] if narrow.has_lines and not narrow.is_rare else []
        statuses = Axis(column="status", values=narrow.statuses or _statuses(self.actor))
        carriers = Axis(column="carrier", values=narrow.carriers or tuple(sorted(catalogue.CODES)))
        if self.is_by_time_left:
            where += self._columns(narrow, values, "status", "carrier", "shop_id")
            where += ["t.due_at IS NOT NULL"]
            yield Walks(
                table="parcel", tenant=tenants.column, axes=(tenants,), key=DUE_KEY, is_rising=True, where=tuple(where)
            )
        elif narrow.shop_ids is not None and tenants.column == "creator_id":
            where += self._columns(narrow, values, "status", "carrier")
            shops = Axis(column="shop_id", values=narrow.shop_ids, kind="bigint")
            yield Walks(table="parcel", tenant=tenants.column, axes=(tenants, shops), where=tuple(where))
        elif tenants.column == "carrier" and not narrow.has_numbers:
            yield from self._of_carriers(tenants, narrow, where)
        elif tenants.column == "carrier":
            yield Walks(table="parcel", tenant=tenants.column, axes=(tenants, statuses), where=tuple(where))
        else:
            yield Walks(table="parcel", tenant=tenants.column, axes=(tenants, statuses, carriers), where=tuple(where))

    def _of_carriers(self, tenants: Axis, narrow: Narrow, where: list[str]) -> Iterator[Walks]:
        """Yield a carrier's walks: most of its parcels are signed, so those are met on the way through all."""
        if not narrow.statuses:
            yield Walks(table="parcel", tenant=tenants.column, axes=(tenants,), where=tuple(where))
            return
        others = Axis(column="status", values=tuple(each for each in narrow.statuses if each != _SIGNED))
        if _SIGNED in narrow.statuses:
            signed = (*where, f"t.status = '{_SIGNED}'")
            yield Walks(table="parcel", tenant=tenants.column, axes=(tenants,), where=signed)
        if others.values:
            unsigned = (*where, f"t.status <> '{_SIGNED}'")
            yield Walks(table="parcel", tenant=tenants.column, axes=(tenants, others), where=unsigned)

    def _of_anomalies(self, tenants: Axis, narrow: Narrow, values: Values) -> Iterator[Walks]:
        where = [listing_sql.with_lines(narrow, tenants, values)] if narrow.has_lines and not narrow.is_rare else []
        where += self._columns(narrow, values, "carrier", "shop_id", "reason")
        joins = ""
        if not self.is_plain:
            where.append(listing_sql.not_voided(tenants, values))
        if narrow.statuses or narrow.tails or narrow.order_nos:
            joins = "JOIN parcel p ON p.waybill_no = t.waybill_no AND p.carrier = t.carrier AND p.life = t.life"
            where.append(listing_sql.one_of("p.status", narrow.statuses or _statuses(self.actor), values))
        yield Walks(
            table="anomaly",
            tenant=tenants.column,
            axes=(
                tenants,
                Axis(column="state", values=narrow.states or STATES),
                Axis(column="type", values=narrow.types or TYPES),
            ),
            key=self.key,
            joins=joins,
            where=tuple(where),
        )

    def _of_extra_creators(self, tenants: Axis, narrow: Narrow, values: Values) -> Walks:
        """Return the walk over the parcels in which a creator stands beside another one; they are few."""
        rare = narrow.has_lines and not narrow.is_rare
        where = [listing_sql.with_lines(narrow, tenants, values)] if rare else []
        table = "parcel_extra_creator"
        if self.is_of_anomalies:
            where += [f"t.state = ANY({values.add(list(narrow.states or STATES))})"]
            where += [f"t.type = ANY({values.add(list(narrow.types or TYPES))})"]
            where += self._columns(narrow, values, "carrier", "reason")
            table = listing_sql.anomalies_of_extra_creators(narrow)
        else:
            where += self._columns(narrow, values, "carrier")
        where.append(listing_sql.one_of("t.status", narrow.statuses or _statuses(self.actor), values))
        if narrow.shop_ids is not None:
            where.append(f"t.shop_id = ANY({values.add(list(narrow.shop_ids))}::bigint[])")
        return Walks(
            table=table,
            tenant=tenants.column,
            axes=(tenants,),
            key=self.key,
            where=tuple(where),
            is_extra=True,
        )

    def _columns(self, narrow: Narrow, values: Values, *names: str) -> list[str]:
        """Return the conditions on columns that are no axis; those with nothing wanted are left out."""
        wanted: dict[str, Sequence[Any]] = {
            "status": narrow.statuses,
            "carrier": narrow.carriers,
            "shop_id": narrow.shop_ids or (),
            "reason": narrow.reasons,
        }
        return [listing_sql.one_of(f"t.{name}", wanted[name], values) for name in names if wanted[name]]


def _statuses(actor: Actor) -> tuple[str, ...]:
    """Return the stored statuses an actor's lists may hold: what is hidden from creators stays out."""
    is_plain = access.sees_plain_numbers(actor)
    return tuple(each.value for each in parcel.STATUSES if is_plain or parcel.shown_to_creator(each) is not None)


def _narrow(actor: Actor, wanted: Wanted) -> Narrow:
    """Return the filter in stored words: a creator's status stands for several, and he may not ask for numbers."""
    is_plain = access.sees_plain_numbers(actor)
    stored = wanted.statuses
    if not is_plain and stored:
        shown = [(each.value, parcel.shown_to_creator(each)) for each in parcel.STATUSES]
        stored = tuple(value for value, each in shown if each is not None and each.value in wanted.statuses)
    tails = crypto.blind_indexes(wanted.tail, purpose=TAIL_PURPOSE) if is_plain and wanted.tail else ()
    carriers = wanted.carriers
    if actor.kind is ActorKind.CARRIER:
        # A carrier walks by its own name, also where a shop stands in front of it.
        carriers = (actor.carrier,) if not carriers or actor.carrier in carriers else ("",)
    return Narrow(
        statuses=stored,
        carriers=carriers,
        shop_ids=wanted.shop_ids,
        order_nos=wanted.order_nos,
        waybill_nos=wanted.waybill_nos if is_plain else (),
        tails=tuple(tails),
        types=wanted.types,
        states=wanted.states,
        reasons=wanted.reasons,
        room_ids=wanted.room_ids,
        product_ids=wanted.product_ids or (),
        shipped_from=wanted.shipped_from,
        shipped_until=wanted.shipped_until,
    )


def _count(asked: _List, *, limit: int) -> int:
    values = Values()
    keys = asked.keys(Cut(limit=limit, is_sorted=False), values)
    if not keys:
        return 0
    return int(fetch(" ".join(("SELECT count(*) FROM (", keys, ") AS found")), values)[0][0])


def _page(asked: _List, *, limit: int, offset: int, cursor: str) -> paging.Page[Row]:
    fingerprint = asked.fingerprint
    after = _opened(asked, cursor, fingerprint) if cursor else ()
    found = _read(asked, Cut(limit=limit + 1, offset=offset, after=after))
    rows = listing_rows.filled(found[:limit], asked.key, actor=asked.actor)
    if len(found) <= limit:
        return paging.Page(rows=rows, next_cursor="")
    return paging.Page(rows=rows, next_cursor=paging.cursor(_key_of(asked, found[limit - 1]), of=fingerprint))


def _every(asked: _List) -> Iterator[Row]:
    after: tuple[Any, ...] = ()
    while True:
        found = _read(asked, Cut(limit=EXPORT_BATCH, after=after))
        yield from listing_rows.filled(found, asked.key, actor=asked.actor, is_for_file=True)
        if len(found) < EXPORT_BATCH:
            return
        after = tuple(found[-1][: len(asked.key) + 1])


def _opened(asked: _List, cursor: str, fingerprint: str) -> tuple[Any, ...]:
    """
    Return the key of a cursor.

    :raises paging.CursorInvalid: it is not of this list.
    """
    told = paging.open_cursor(cursor, of=fingerprint, length=len(asked.key) + 1)
    names = (*asked.key, "tenant")
    return tuple(
        to_datetime(Instant(each)) if name.endswith("_at") else each for name, each in zip(names, told, strict=True)
    )


def _key_of(asked: _List, values: Sequence[Any]) -> list[Any]:
    """Return the sort key of a row as a cursor holds it."""
    key = values[: len(asked.key) + 1]
    return [(each - _EPOCH) // timedelta(microseconds=1) if isinstance(each, datetime) else each for each in key]


_EPOCH: Final = to_datetime(Instant(0))


def _read(asked: _List, cut: Cut) -> list[tuple[Any, ...]]:
    """Return one page: the key columns and the tenant first, then what a row shows."""
    values = Values()
    keys = asked.keys(cut, values)
    if not keys:
        return []
    return listing_rows.read(keys, asked.key, values, actor=asked.actor, is_rising=asked.is_by_time_left)


def _numbers(column: str, numbers: list[str], actor: Actor) -> frozenset[str]:
    """Return those of the numbers that stand on lines of parcels an actor may list."""
    if not numbers:
        return frozenset()
    may_see, parameters = access.condition(actor)
    own = "true"
    if actor.kind is ActorKind.CREATOR:
        own = f"l.creator_id = ANY(%(organisations)s) AND {listing_sql.IN_SCOPE}"
    text = " ".join(
        (
            "SELECT DISTINCT", column, "FROM parcel_line l JOIN parcel p USING (waybill_no, carrier, life) WHERE",
            column, "= ANY(%(looked_for)s) AND p.shipped_at IS NOT NULL AND", own, "AND", may_see,
        )
    )  # fmt: skip
    return frozenset(row[0] for row in fetch(text, Values({**parameters, "looked_for": numbers})))
