"""
The order lists as pages, counts, exports and the API read them: what an actor may see, narrowed, sorted and cut to a
page. How the keys of a page become rows is in `listing_rows`.
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.accounts.models import Organisation
from yidao.kit import crypto, paging
from yidao.kit.errors import NotVisible
from yidao.orders import entry, listing_rows, listing_sql, reading
from yidao.orders.listing_rows import Row, fetch
from yidao.orders.listing_sql import Axis, Cut, Values, Walk
from yidao.orders.models import TO_SHIP_STATES, Order
from yidao.rules.instants import Instant, to_datetime

STATES: Final = tuple(each.value for each in Order.State)
NEVER_PAID: Final = ("PENDING_PAYMENT", "CANCELLED")
"""States in which an order may stand without ever having been paid."""
RARE_MAX = 10_000
"""Order lines of a product up to which a list begins with them."""
GATHERED_MAX = 100_000
"""Order lines of products up to which what walks far gathers them once."""
EXPORT_BATCH = 1_000
CREATORS_MAX: Final = 500
PRODUCTS_MAX: Final = 500
SHOPS_MAX: Final = 5_000
_MASKED: Final = re.compile(r"\d{0,4}\*+(\d{4})")
_EPOCH: Final = to_datetime(Instant(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What a list is narrowed by; empty means everything. `due_from` and `due_until` bound the latest ship time, `phone`
    is a whole number, its last four digits, or what a masked one shows; `labels` is a set of bits of which one is
    enough, `flags` of colors. By time left, only what still waits is listed, the soonest first. `product_lines` is what
    `lines_of` says of the products, for who asks about the same ones more than once.
    """

    states: tuple[str, ...] = ()
    is_refunding: bool = False
    shop_ids: tuple[int, ...] | None = None
    order_nos: tuple[str, ...] = ()
    product_ids: tuple[str, ...] | None = None
    product_lines: int | None = None
    phone: str = ""
    promise_kinds: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    creator_ids: tuple[int, ...] | None = None
    labels: int = 0
    flags: tuple[int, ...] = ()
    due_from: datetime | None = None
    due_until: datetime | None = None
    paid_from: datetime | None = None
    paid_until: datetime | None = None
    is_by_time_left: bool = False

    @property
    def is_found_anywhere(self) -> bool:
        """Return whether orders of all shops at once can be found: by their numbers, or among what waits."""
        return self.shop_ids is not None or bool(self.order_nos) or self.is_by_time_left


def orders(*, actor: Actor, wanted: Wanted, limit: int, offset: int = 0, cursor: str = "") -> paging.Page[Row]:
    """
    Return one page of the orders an actor may list: the soonest to ship first, or the newest paid.

    :raises NotVisible: the actor's kind has no orders.
    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    asked = _List(actor, wanted)
    after = _opened(cursor, asked.fingerprint) if cursor else None
    found = _read(asked, Cut(limit=limit + 1, offset=offset, after=after))
    rows = listing_rows.filled(found[:limit], actor=actor)
    if len(found) <= limit:
        return paging.Page(rows=rows, next_cursor="")
    at, last_id = found[limit - 1][:2]
    key = ((at - _EPOCH) // timedelta(microseconds=1), last_id)
    return paging.Page(rows=rows, next_cursor=paging.cursor(key, of=asked.fingerprint))


def count(*, actor: Actor, wanted: Wanted, limit: int) -> int:
    """
    Return how many orders the list has, never more than the limit.

    :raises NotVisible: the actor's kind has no orders.
    """
    values = Values()
    keys = _List(actor, wanted).keys(Cut(limit=limit, is_sorted=False), values)
    if not keys:
        return 0
    return int(fetch(" ".join(("SELECT count(*) FROM (", keys, ") AS found")), values)[0][0])


def count_lines(*, actor: Actor, wanted: Wanted, limit: int) -> int:
    """
    Return how many order lines the list has, which is how many rows its file has; never more than the limit.

    :raises NotVisible: the actor's kind has no orders.
    """
    values = Values()
    keys = _List(actor, wanted).keys(Cut(limit=limit, is_sorted=False), values)
    if not keys:
        return 0
    text = " ".join(
        (
            "SELECT count(*) FROM (SELECT 1 FROM (", keys, ") AS k JOIN order_line l ON l.order_id = k.id",
            "LIMIT", values.add(limit), ") AS found",
        )
    )  # fmt: skip
    return int(fetch(text, values)[0][0])


def every(*, actor: Actor, wanted: Wanted) -> Iterator[Row]:
    """
    Yield all orders of the list in order, in batches; for exports.

    :raises NotVisible: the actor's kind has no orders.
    """
    asked = _List(actor, wanted)
    after: tuple[datetime, int] | None = None
    while True:
        found = _read(asked, Cut(limit=EXPORT_BATCH, after=after))
        yield from listing_rows.filled(found, actor=actor)
        if len(found) < EXPORT_BATCH:
            return
        after = (found[-1][0], found[-1][1])


def found_order_nos(*, actor: Actor, order_nos: Sequence[str]) -> frozenset[str]:
    """Return those of the numbers that are orders or lines of orders the actor may list."""
    if not order_nos:
        return frozenset()
    values = Values()
    numbers = values.add(list(order_nos))
    where = _shops_where(actor, None, values)
    rows = fetch(
        " ".join(
            (
                "SELECT t.order_no FROM order_head t WHERE t.order_no = ANY(", numbers, ") AND", where,
                "UNION SELECT l.order_no FROM order_line l JOIN order_head t ON t.id = l.order_id",
                "WHERE l.order_no = ANY(", numbers, ") AND", where,
            )
        ),
        values,
    )  # fmt: skip
    return frozenset(row[0] for row in rows)


_CREATORS = """
WITH RECURSIVE step AS (
    (SELECT t.creator_id FROM order_head t WHERE t.shop_id = %(shop)s AND t.creator_id IS NOT NULL
     ORDER BY t.shop_id, t.creator_id LIMIT 1)
    UNION ALL
    SELECT (SELECT t.creator_id FROM order_head t WHERE t.shop_id = %(shop)s AND t.creator_id > step.creator_id
            ORDER BY t.shop_id, t.creator_id LIMIT 1)
    FROM step WHERE step.creator_id IS NOT NULL
)
SELECT creator_id FROM step WHERE creator_id IS NOT NULL LIMIT %(limit)s
"""


def creators(shop_ids: Sequence[int]) -> dict[int, str]:
    """Return the creators who promoted orders of shops, with their names, by steps through an index."""
    found: set[int] = set()
    for shop_id in shop_ids:
        found.update(row[0] for row in fetch(_CREATORS, Values({"shop": shop_id, "limit": CREATORS_MAX})))
    return dict(accounts.organisation_names(sorted(found))) if found else {}


def creators_named(text: str, *, shop_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the creators of shops' orders whose name holds the text, in characters, pinyin or initials."""
    own = creators(shop_ids)
    if not own:
        return ()
    return accounts.find_organisations(text, kind=Organisation.Kind.CREATOR, limit=CREATORS_MAX, among=own)


_PRODUCTS: Final = """
SELECT p.product_id FROM product p
WHERE p.shop_id = ANY(%(shops)s::bigint[]) AND (p.merchant_code = %(text)s
   OR position(lower(%(text)s) IN lower(p.name)) > 0 OR position(lower(%(text)s) IN lower(p.short_name)) > 0)
ORDER BY p.product_id LIMIT %(limit)s
"""


def products_named(text: str, *, shop_ids: Sequence[int]) -> tuple[str, ...]:
    """Return what a typed text stands for: a product's id, the shops' own code, or products whose name holds it."""
    values = Values({"shops": list(shop_ids), "text": text, "limit": PRODUCTS_MAX})
    return (text, *(row[0] for row in fetch(_PRODUCTS, values) if row[0] != text))


_SHOPS = """
WITH RECURSIVE step AS (
    (SELECT t.shop_id FROM order_head t WHERE t.ship_by_at IS NOT NULL ORDER BY t.shop_id LIMIT 1)
    UNION ALL
    SELECT (SELECT t.shop_id FROM order_head t WHERE t.ship_by_at IS NOT NULL AND t.shop_id > step.shop_id
            ORDER BY t.shop_id LIMIT 1)
    FROM step WHERE step.shop_id IS NOT NULL
)
SELECT shop_id FROM step WHERE shop_id IS NOT NULL LIMIT %(limit)s
"""


def _waiting_shops() -> tuple[int, ...]:
    """Return the shops with something that waits, by steps through an index."""
    return tuple(row[0] for row in fetch(_SHOPS, Values({"limit": SHOPS_MAX})))


def lines_of(product_ids: Sequence[str]) -> int:
    """Return how many order lines products have, counted no further than is of use to lists."""
    values = Values()
    found = (
        "SELECT 1 FROM order_line l WHERE",
        _product("l", product_ids, values),
        "LIMIT",
        values.add(GATHERED_MAX + 1),
    )
    return int(fetch(" ".join(("SELECT count(*) FROM (", *found, ") AS found")), values)[0][0])


def _shops_where(actor: Actor, shop_ids: Sequence[int] | None, values: Values) -> str:
    """
    Return the condition that an order is of a shop the actor may see.

    :raises NotVisible: the actor's kind has no orders.
    """
    match actor.kind:
        case ActorKind.MERCHANT:
            own = set[int](actor.organisation_ids)
            seen = sorted(own & set(shop_ids) if shop_ids is not None else own)
        case ActorKind.OPERATOR if shop_ids is None:
            return "true"
        case ActorKind.OPERATOR:
            seen = sorted(shop_ids or ())
        case _:
            raise NotVisible
    return f"t.shop_id = ANY({values.add(seen)}::bigint[])"


class _List:
    """One list for one actor: which walks it is made of, and the conditions they share."""

    def __init__(self, actor: Actor, wanted: Wanted) -> None:
        if actor.kind not in (ActorKind.MERCHANT, ActorKind.OPERATOR):
            raise NotVisible
        self.actor = actor
        self.wanted = wanted
        self._lines: int | None = None

    @property
    def fingerprint(self) -> str:
        """Return what a cursor of this list belongs to."""
        wanted = dataclasses.astuple(dataclasses.replace(self.wanted, product_lines=None))
        return paging.filter_hash("orders", self.actor.kind, self.actor.organisation_ids, wanted)

    def keys(self, cut: Cut, values: Values) -> str:
        """Return the SQL of one page of keys, empty when the list can have no rows."""
        wanted = self.wanted
        if () in (wanted.product_ids, wanted.creator_ids, self._shops()):
            return ""
        by_time = wanted.is_by_time_left
        if wanted.order_nos or wanted.phone or self._product_is_rare():
            parts = [self._looked_up(values)]
        else:
            parts = [listing_sql.walk_sql(self._walk(values, is_far=self._is_far(cut)), cut, values)]
            if self._may_be_unpaid():
                parts.append(listing_sql.unpaid_sql(self._walk(values, is_far=False), cut, values))
        return listing_sql.page_sql(parts, cut, values, is_by_time_left=by_time)

    def _shops(self) -> tuple[int, ...]:
        """Return the shops whose indexes are walked, nothing where there are none to see."""
        shop_ids = self.wanted.shop_ids
        if self.actor.kind is ActorKind.OPERATOR:
            return tuple(sorted(shop_ids)) if shop_ids is not None else _waiting_shops()
        own = set[int](self.actor.organisation_ids)
        return tuple(sorted(own & set(shop_ids) if shop_ids is not None else own))

    def _product_is_rare(self) -> bool:
        """Return whether a list narrowed by products begins with their lines, because they are few."""
        return bool(self.wanted.product_ids) and self._count_of_lines() <= RARE_MAX

    def _count_of_lines(self) -> int:
        """Return how many lines the wanted products have, counted no further than is of use."""
        if self._lines is None:
            told = self.wanted.product_lines
            self._lines = told if told is not None else lines_of(self.wanted.product_ids or ())
        return self._lines

    def _may_be_unpaid(self) -> bool:
        wanted = self.wanted
        is_of_paid = wanted.is_by_time_left or wanted.paid_from or wanted.paid_until or wanted.due_from
        if is_of_paid or wanted.due_until or wanted.carriers:
            return False
        return not wanted.states or bool(set(wanted.states) & set(NEVER_PAID))

    def _walk(self, values: Values, *, is_far: bool) -> Walk:
        """Return the walk that reads least: along the deadlines, the marked, a creator, a carrier, or the states."""
        wanted = self.wanted
        shops = Axis(column="shop_id", values=self._shops(), kind="bigint")
        where = self._common(values, is_far=is_far)
        if wanted.is_by_time_left:
            where += [*self._states(values), *self._kinds(values), *self._carriers(values), *self._creators(values)]
            return Walk(axes=(shops,), where=tuple(where), is_by_time_left=True)
        if self._is_marked():
            where += [listing_sql.MARKED, *self._states(values), *self._kinds(values)]
            where += [*self._carriers(values), *self._creators(values)]
            return Walk(axes=(shops,), where=tuple(where))
        if wanted.creator_ids:
            creators_ = Axis(column="creator_id", values=wanted.creator_ids, kind="bigint")
            where += ["t.creator_id IS NOT NULL", *self._states(values), *self._kinds(values), *self._carriers(values)]
            return Walk(axes=(shops, creators_), where=tuple(where))
        if wanted.carriers:
            carriers = Axis(column="carrier", values=wanted.carriers)
            where += ["t.carrier <> ''", *self._states(values), *self._kinds(values)]
            return Walk(axes=(shops, carriers), where=tuple(where))
        states = Axis(column="state", values=wanted.states or self._open_states())
        return Walk(axes=(shops, states), where=(*where, *self._kinds(values)))

    def _open_states(self) -> tuple[str, ...]:
        """Return every state a listed order may have; only what waits has a latest ship time."""
        is_of_waiting = self.wanted.due_from is not None or self.wanted.due_until is not None
        return TO_SHIP_STATES if is_of_waiting else STATES

    def _is_marked(self) -> bool:
        flags = self.wanted.flags
        return bool(self.wanted.labels or (flags and 0 not in flags) or self.wanted.is_refunding)

    def _common(self, values: Values, *, is_far: bool) -> list[str]:
        """Return the conditions that every way of finding shares."""
        wanted, where = self.wanted, []
        for column, sign, bound in (
            ("t.ship_by_at", ">=", wanted.due_from), ("t.ship_by_at", "<", wanted.due_until),
            ("t.paid_at", ">=", wanted.paid_from), ("t.paid_at", "<", wanted.paid_until),
        ):  # fmt: skip
            if bound is not None:
                where.append(f"{column} {sign} {values.add(bound)}")
        if wanted.labels:
            where.append(f"t.labels & {values.add(wanted.labels)}::integer <> 0")
        if wanted.flags:
            where.append(listing_sql.one_of("t.flag", wanted.flags, values))
        if wanted.is_refunding:
            where.append("t.open_refunds > 0")
        if wanted.product_ids and not self._product_is_rare():
            where.append(self._with_product(values, is_far=is_far))
        return where

    def _is_far(self, cut: Cut) -> bool:
        """Return whether a walk may meet many orders before it met enough that have the wanted products."""
        return not cut.is_sorted or bool(self.wanted.creator_ids)

    def _with_product(self, values: Values, *, is_far: bool) -> str:
        """
        Return the condition that an order has a line of common products.

        A page finds some soon and asks the index order by order. What may walk far (a count, or a creator who sells
        other things) gathers the lines once instead, behind a function that keeps them from being joined walk by walk;
        a product that is in nearly every order is found soon by anybody.
        """
        own = _product("l", self.wanted.product_ids or (), values)
        if is_far and self._count_of_lines() <= GATHERED_MAX:
            return " ".join(("coalesce(t.id IN (SELECT l.order_id FROM order_line l WHERE", own, "), false)"))
        return " ".join(("EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = t.id AND", own, ")"))

    def _states(self, values: Values) -> list[str]:
        return [listing_sql.one_of("t.state", self.wanted.states, values)] if self.wanted.states else []

    def _kinds(self, values: Values) -> list[str]:
        kinds = self.wanted.promise_kinds
        return [listing_sql.one_of("t.promise_kind", kinds, values)] if kinds else []

    def _carriers(self, values: Values) -> list[str]:
        return [listing_sql.one_of("t.carrier", self.wanted.carriers, values)] if self.wanted.carriers else []

    def _creators(self, values: Values) -> list[str]:
        creator_ids = self.wanted.creator_ids
        return [listing_sql.one_of("t.creator_id", creator_ids, values)] if creator_ids else []

    def _looked_up(self, values: Values) -> str:
        """Return the keys of orders found by their numbers, a phone, or the lines of rare products."""
        wanted = self.wanted
        where = [
            _shops_where(self.actor, wanted.shop_ids, values),
            *self._common(values, is_far=False),
            *self._states(values),
        ]
        where += [*self._kinds(values), *self._carriers(values), *self._creators(values)]
        if wanted.is_by_time_left:
            where.append("t.ship_by_at IS NOT NULL")
        ids = []
        if wanted.order_nos:
            numbers = values.add(list(wanted.order_nos))
            ids.append(" ".join((_IDS_BY_NUMBER, "(", numbers, ") UNION", _IDS_BY_LINE, "(", numbers, ")")))
        if wanted.product_ids and self._product_is_rare():
            of_product = _product("l", wanted.product_ids, values)
            ids.append(" ".join(("SELECT DISTINCT l.order_id FROM order_line l WHERE", of_product)))
        if wanted.phone:
            where += _phone(wanted.phone, values)
        source = " CROSS JOIN ".join(f"({each}) AS i{number}(id)" for number, each in enumerate(ids))
        where += [f"t.id = i{number}.id" for number, _ in enumerate(ids)]
        source = f"{source} CROSS JOIN order_head t" if source else "order_head t"
        return listing_sql.found_sql(source, where, is_by_time_left=wanted.is_by_time_left)


_IDS_BY_NUMBER: Final = "SELECT h.id FROM order_head h WHERE h.order_no = ANY"
_IDS_BY_LINE: Final = "SELECT l.order_id FROM order_line l WHERE l.order_no = ANY"


def _product(name: str, product_ids: Sequence[str], values: Values) -> str:
    return f"{name}.product_id = ANY({values.add(list(product_ids))}) AND {name}.product_id <> ''"


def _phone(told: str, values: Values) -> list[str]:
    """Return the conditions that a phone is the told one: by its last four digits, and by all when all are told."""
    masked = _MASKED.fullmatch(told)
    digits = masked[1] if masked else entry.phone_digits(told)
    tails = crypto.blind_indexes(digits[-reading.TAIL_DIGITS :], purpose=reading.TAIL_PURPOSE)
    where = [f"t.phone_tail = ANY({values.add(list(tails))}::bytea[])"]
    if len(digits) > reading.TAIL_DIGITS:
        whole = crypto.blind_indexes(digits, purpose=reading.PHONE_PURPOSE)
        where.append(f"t.phone_index = ANY({values.add(list(whole))}::bytea[])")
    return where


def _opened(cursor: str, fingerprint: str) -> tuple[datetime, int]:
    """
    Return the key of a cursor.

    :raises paging.CursorInvalid: it is not of this list.
    """
    at, last_id = paging.open_cursor(cursor, of=fingerprint, length=2)
    return to_datetime(Instant(at)), last_id


def _read(asked: _List, cut: Cut) -> list[tuple[Any, ...]]:
    values = Values()
    keys = asked.keys(cut, values)
    if not keys:
        return []
    return listing_rows.read(keys, values, is_by_time_left=asked.wanted.is_by_time_left)
