"""
Packs: what a shop sent off, as rows. Read and written set-based on any psycopg connection, in the caller's transaction;
what may be shipped is for the rules to say, and what follows for the orders is worked out by `standing.refresh`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import arrays, micros
from yidao.kit.errors import NotVisible
from yidao.kit.sql import named_statements
from yidao.orders import raw
from yidao.rules.instants import Instant

STATEMENTS: Final = named_statements(Path(__file__).with_name("packs.sql"))
LIVE, REPLACED, UNMADE = "LIVE", "REPLACED", "UNMADE"

Number = tuple[str, str]
"""(waybill_no, carrier)"""


class HeadRow(NamedTuple):
    """One order as shipping sees it; the phone is encrypted."""

    id: int
    shop_id: int
    order_no: str
    state: str
    paid_at: Instant | None
    receiver_key: bytes | None
    receiver_phone: bytes | None
    receiver_division: int
    sender_division: int
    version: int


class LineRow(NamedTuple):
    """One line as shipping sees it."""

    order_id: int
    line_no: int
    order_no: str
    creator_id: int | None
    is_self_sold: bool
    is_cross_border: bool
    room_id: str
    product_id: str
    product_name: str
    sku_name: str
    quantity: int
    shipped: int
    refunded: int


class PackRow(NamedTuple):
    """One pack."""

    id: int
    shop_id: int
    carrier: str
    waybill_no: str
    life: int
    shipped_at: Instant
    state: str
    is_resend: bool
    edited_from: int | None


class Held(NamedTuple):
    """So many pieces of one line of one order."""

    order_id: int
    line_no: int
    quantity: int


class Serial(NamedTuple):
    """The serial number of a piece of one line."""

    order_id: int
    line_no: int
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPack:
    """A pack that is about to be written."""

    id: int
    shop_id: int
    carrier: str
    waybill_no: str
    life: int
    shipped_at: Instant
    held: tuple[Held, ...]
    serials: tuple[Serial, ...] = ()
    is_resend: bool = False
    edited_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What shipping asks about orders, loaded at once."""

    heads: Mapping[int, HeadRow]
    lines: Mapping[int, tuple[LineRow, ...]]
    packs: Mapping[int, int]
    after_sales: Mapping[int, tuple[str, ...]]


class Acting(NamedTuple):
    """Who ships, as rows name it."""

    user_id: int | None = None
    credential_id: int | None = None


NOBODY: Final = Acting()


def find(
    connection: psycopg.Connection[Any], named: Collection[tuple[int, str]]
) -> dict[tuple[int, str], tuple[int, int]]:
    """
    Return (order, line) for what people call an order: (shop, its number or that of one of its lines).

    The line is 0 where the whole order is meant; a number that is an order's and another's line means the order.
    """
    columns = {
        "order_no": arrays.texts(sorted({order_no for _, order_no in named})),
        "shop_id": arrays.integers(sorted({shop_id for shop_id, _ in named})),
    }
    heads = micros.rows(connection, STATEMENTS["find_heads"], columns)
    found = {(shop_id, order_no): (id_, 0) for id_, shop_id, order_no in heads if (shop_id, order_no) in named}
    missing = sorted({order_no for shop_id, order_no in named if (shop_id, order_no) not in found})
    lines = micros.rows(connection, STATEMENTS["find_lines"], {"order_no": arrays.texts(missing)}) if missing else []
    if lines:
        ids_ = {"id": arrays.integers(sorted({row[0] for row in lines}))}
        shops = dict(micros.rows(connection, STATEMENTS["shops_of"], ids_))
        for order_id, line_no, order_no in sorted(lines, reverse=True):
            named_so = (shops.get(order_id, 0), order_no)
            if named_so in named and named_so not in found:
                found[named_so] = (order_id, line_no)
    return found


def known(connection: psycopg.Connection[Any], order_ids: Iterable[int], *, now: datetime, is_locked: bool) -> Known:
    """
    Load what shipping asks about some orders, locking them in the order of their ids where it will write.

    An after-sale about which time has decided already stands as DUE, though nobody wrote it yet.
    """
    keys = {"id": arrays.integers(sorted(set(order_ids)))}
    heads = micros.rows(connection, STATEMENTS["heads_locked" if is_locked else "heads"], keys)
    lines: dict[int, list[LineRow]] = {}
    for row in micros.rows(connection, STATEMENTS["lines"], keys):
        lines.setdefault(row[0], []).append(LineRow(*row))
    after_sales: dict[int, list[str]] = {}
    for order_id, state in micros.rows(connection, STATEMENTS["open_after_sales"], {**keys, "now": now}):
        after_sales.setdefault(order_id, []).append(state)
    return Known(
        heads={row[0]: HeadRow(*row) for row in heads},
        lines={order_id: tuple(rows) for order_id, rows in lines.items()},
        packs=dict(micros.rows(connection, STATEMENTS["pack_counts"], keys)),
        after_sales={order_id: tuple(states) for order_id, states in after_sales.items()},
    )


def holders(
    connection: psycopg.Connection[Any], numbers: Collection[Number], *, shop_id: int
) -> dict[Number, tuple[int, ...]]:
    """Return which orders of a shop lie in packs that stand under some numbers."""
    found: dict[Number, list[int]] = {}
    columns = {**_numbers(sorted(numbers)), "shop_id": shop_id}
    for waybill_no, carrier, _, order_id in micros.rows(connection, STATEMENTS["holders"], columns):
        found.setdefault((waybill_no, carrier), []).append(order_id)
    return {number: tuple(sorted(order_ids)) for number, order_ids in found.items()}


def requests(
    connection: psycopg.Connection[Any], request_ids: Collection[str], *, shop_id: int
) -> dict[str, tuple[bytes, int]]:
    """Return (digest, pack) of the requests that a shop made already."""
    if not request_ids:
        return {}
    columns = {"request_id": arrays.texts(sorted(request_ids)), "shop_id": shop_id}
    rows = micros.rows(connection, STATEMENTS["requests"], columns)
    return {request_id: (bytes(digest), pack_id) for request_id, digest, pack_id in rows}


def record(
    connection: psycopg.Connection[Any], packs: Sequence[NewPack], *, now: datetime, by: Acting = NOBODY
) -> None:
    """Write packs with what lies in them; the caller refreshes their orders."""
    if not packs:
        return
    micros.run(
        connection,
        STATEMENTS["add_packs"],
        {
            "id": arrays.integers([each.id for each in packs]),
            "shop_id": arrays.integers([each.shop_id for each in packs]),
            "carrier": arrays.texts([each.carrier for each in packs]),
            "waybill_no": arrays.texts([each.waybill_no for each in packs]),
            "life": arrays.integers([each.life for each in packs]),
            "shipped_us": arrays.integers([each.shipped_at for each in packs]),
            "is_resend": arrays.booleans([each.is_resend for each in packs]),
            "edited_from": arrays.integers_or_null([each.edited_from for each in packs]),
            "now": now,
            "user_id": by.user_id,
            "credential_id": by.credential_id,
        },
    )
    held = [(pack.id, *each) for pack in packs for each in pack.held]
    micros.run(
        connection,
        STATEMENTS["add_pack_lines"],
        {
            "pack_id": arrays.integers([each[0] for each in held]),
            "order_id": arrays.integers([each[1] for each in held]),
            "line_no": arrays.integers([each[2] for each in held]),
            "quantity": arrays.integers([each[3] for each in held]),
        },
    )
    serials = [(pack.id, *each) for pack in packs for each in pack.serials]
    if serials:
        micros.run(
            connection,
            STATEMENTS["add_serials"],
            {
                "pack_id": arrays.integers([each[0] for each in serials]),
                "order_id": arrays.integers([each[1] for each in serials]),
                "line_no": arrays.integers([each[2] for each in serials]),
                "serial": arrays.texts([each[3] for each in serials]),
            },
        )


def keep_requests(
    connection: psycopg.Connection[Any],
    made: Sequence[tuple[str, bytes, int]],
    *,
    shop_id: int,
    now: datetime,
) -> None:
    """Remember which request made which pack: (request id, digest of what it asked, pack)."""
    if made:
        columns = {
            "request_id": arrays.texts([each[0] for each in made]),
            "digest": arrays.blobs([each[1] for each in made]),
            "pack_id": arrays.integers([each[2] for each in made]),
        }
        micros.run(connection, STATEMENTS["add_requests"], {**columns, "shop_id": shop_id, "now": now})


def end(
    connection: psycopg.Connection[Any],
    pack_ids: Sequence[int],
    *,
    state: str,
    cause: str,
    now: datetime,
    was: Sequence[str] = (LIVE,),
) -> tuple[int, ...]:
    """Let packs that stand count no more, and return those that did; the caller refreshes their orders."""
    columns = {"id": arrays.integers(pack_ids), "state": state, "cause": cause, "now": now, "from": arrays.texts(was)}
    return tuple(sorted(row[0] for row in micros.rows(connection, STATEMENTS["end_packs"], columns)))


def name_lives(connection: psycopg.Connection[Any], named: Sequence[tuple[int, int]]) -> None:
    """Write down which life of its number each pack turned out to be: (pack, life)."""
    if named:
        columns = {"id": arrays.integers([each for each, _ in named]), "life": arrays.integers([n for _, n in named])}
        micros.run(connection, STATEMENTS["name_lives"], columns)


def orders_of(connection: psycopg.Connection[Any], pack_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the orders that lie in some packs, ascending."""
    rows = micros.rows(connection, STATEMENTS["orders_of"], {"id": arrays.integers(pack_ids)})
    return tuple(row[0] for row in rows)


def packs(
    connection: psycopg.Connection[Any], pack_ids: Sequence[int], *, is_locked: bool = False
) -> dict[int, PackRow]:
    """Return some packs by their ids, locked in that order where they will be written."""
    statement = STATEMENTS["packs_locked" if is_locked else "packs"]
    return {row[0]: PackRow(*row) for row in micros.rows(connection, statement, {"id": arrays.integers(pack_ids)})}


def held_by(connection: psycopg.Connection[Any], pack_ids: Sequence[int]) -> dict[int, tuple[Held, ...]]:
    """Return what lies in some packs."""
    found: dict[int, list[Held]] = {pack_id: [] for pack_id in pack_ids}
    for pack_id, *held in micros.rows(connection, STATEMENTS["lines_of_packs"], {"id": arrays.integers(pack_ids)}):
        found[pack_id].append(Held(*held))
    return {pack_id: tuple(held) for pack_id, held in found.items()}


def live_under(connection: psycopg.Connection[Any], numbers: Sequence[tuple[str, str, int]]) -> tuple[PackRow, ...]:
    """Return the packs that stand under (number, carrier) of a shop."""
    columns = {**_numbers([each[:2] for each in numbers]), "shop_id": arrays.integers([each[2] for each in numbers])}
    return tuple(PackRow(*row) for row in micros.rows(connection, STATEMENTS["live_packs_of_numbers"], columns))


def _numbers(numbers: Sequence[Number]) -> dict[str, str]:
    return {
        "waybill_no": arrays.texts([number[0] for number in numbers]),
        "carrier": arrays.texts([number[1] for number in numbers]),
    }


# --- For pages ---


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRow:
    """What of this order lies in a pack."""

    line_no: int
    product_name: str
    sku_name: str
    quantity: int
    serials: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOrder:
    """One pack of an order as its page shows it; `with_orders` are the others under the same number."""

    id: int
    carrier: str
    waybill_no: str
    life: int
    shipped_at: datetime
    state: str
    is_resend: bool
    edited_from: int | None
    ended_at: datetime | None
    ended_cause: str
    pieces: tuple[PieceRow, ...]
    with_orders: tuple[str, ...]


_OF_ORDER: Final = """
SELECT p.id, p.carrier, p.waybill_no, p.life, p.shipped_at, p.state, p.is_resend, p.edited_from, p.ended_at,
       p.ended_cause, l.line_no, o.product_name, o.sku_name, l.quantity,
       ARRAY(SELECT s.serial FROM order_pack_serial s
             WHERE s.pack_id = p.id AND s.order_id = l.order_id AND s.line_no = l.line_no ORDER BY 1),
       ARRAY(SELECT DISTINCT h.order_no FROM order_pack_line m JOIN order_head h ON h.id = m.order_id
             WHERE m.pack_id = p.id AND m.order_id <> l.order_id ORDER BY 1)
FROM order_pack_line l
JOIN order_pack p ON p.id = l.pack_id
JOIN order_line o ON o.order_id = l.order_id AND o.line_no = l.line_no
WHERE l.order_id = %s
ORDER BY p.id DESC, l.line_no
LIMIT 500
"""


def of_order(actor: Actor, order_id: int) -> tuple[OfOrder, ...]:
    """
    Return the packs of an order, newest first, those that count no more among them.

    :raises NotVisible: the order is not the actor's.
    """
    _visible(actor, order_id)
    found: dict[int, tuple[tuple[Any, ...], list[PieceRow]]] = {}
    with psycopg.Cursor(raw.plain(), row_factory=psycopg.rows.tuple_row) as cursor:
        for row in cursor.execute(_OF_ORDER, (order_id,)).fetchall():
            piece = PieceRow(
                line_no=row[10], product_name=row[11], sku_name=row[12], quantity=row[13], serials=tuple(row[14])
            )
            found.setdefault(row[0], (row, []))[1].append(piece)
    return tuple(
        OfOrder(
            id=row[0],
            carrier=row[1],
            waybill_no=row[2],
            life=row[3],
            shipped_at=row[4],
            state=row[5],
            is_resend=row[6],
            edited_from=row[7],
            ended_at=row[8],
            ended_cause=row[9],
            pieces=tuple(pieces),
            with_orders=tuple(row[15]),
        )
        for row, pieces in found.values()
    )


def last_carrier(shop_id: int) -> str:
    """Return the carrier a shop shipped with last, empty where it never shipped."""
    with psycopg.Cursor(raw.plain(), row_factory=psycopg.rows.tuple_row) as cursor:
        statement = "SELECT carrier FROM order_pack WHERE shop_id = %s ORDER BY id DESC LIMIT 1"
        row = cursor.execute(statement, (shop_id,)).fetchone()
    return row[0] if row is not None else ""


def _visible(actor: Actor, order_id: int) -> None:
    with psycopg.Cursor(raw.plain(), row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute("SELECT shop_id FROM order_head WHERE id = %s", (order_id,)).fetchone()
    is_own = row is not None and actor.kind is ActorKind.MERCHANT and row[0] in actor.organisation_ids
    if row is None or not (is_own or actor.kind is ActorKind.OPERATOR):
        raise NotVisible


# --- What was told of parcels ---


class Told(NamedTuple):
    """A parcel that was told with the orders in it."""

    shop_id: int
    carrier: str
    waybill_no: str
    life: int
    shipped_at: Instant
    order_nos: tuple[str, ...]


class Waits(NamedTuple):
    """What of a told parcel's orders waits: `place` is the parcel's in the batch."""

    place: int
    order_id: int
    line_no: int
    left: int
    state: str
    open_refunds: int


def waiting(connection: psycopg.Connection[Any], told: Sequence[Told]) -> list[Waits]:
    """Return what of the orders in told parcels waits to be shipped; unknown orders are left alone."""
    named = {(each.shop_id, order_no) for each in told for order_no in each.order_nos}
    found = find(connection, named)
    if not found:
        return []
    keys = {"id": arrays.integers(sorted({order_id for order_id, _ in found.values()}))}
    left: dict[int, list[tuple[int, int]]] = {}
    for order_id, line_no, quantity in micros.rows(connection, STATEMENTS["left_of"], keys):
        left.setdefault(order_id, []).append((line_no, quantity))
    heads = {row[0]: row[1:] for row in micros.rows(connection, STATEMENTS["states_of"], keys)}
    waits: list[Waits] = []
    for place, each in enumerate(told):
        names = ((each.shop_id, order_no) for order_no in each.order_nos)
        for order_id, only in dict.fromkeys(found[name] for name in names if name in found):
            waits += (
                Waits(place, order_id, line_no, quantity, *heads[order_id])
                for line_no, quantity in left.get(order_id, ())
                if only in (0, line_no)
            )
    return waits


def numbers_of(connection: psycopg.Connection[Any], order_ids: Iterable[int]) -> set[tuple[int, Number]]:
    """Return under which numbers orders were ever packed, proved wrong or not: (order, number)."""
    rows = micros.rows(connection, STATEMENTS["numbers_of"], {"id": arrays.integers(sorted(set(order_ids)))})
    return {(order_id, (waybill_no, carrier)) for order_id, waybill_no, carrier in rows}


def due_before(connection: psycopg.Connection[Any], order_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Return those of the orders of which the judge had something to say before now."""
    keys = {"id": arrays.integers(sorted(set(order_ids))), "now": now}
    return {row[0] for row in micros.rows(connection, STATEMENTS["judged_before"], keys)}


def order_nos(connection: psycopg.Connection[Any], order_ids: Iterable[int]) -> dict[int, str]:
    """Return the numbers of orders."""
    rows = micros.rows(connection, STATEMENTS["heads"], {"id": arrays.integers(sorted(set(order_ids)))})
    return {row[0]: row[2] for row in rows}


def edits_of(connection: psycopg.Connection[Any], pack_id: int) -> int:
    """Return how often the number of a pack was changed by an edit; a number that proved wrong is none."""
    return int(micros.rows(connection, STATEMENTS["edits"], {"id": pack_id})[0][0])


def are_over(connection: psycopg.Connection[Any], order_ids: Sequence[int]) -> bool:
    """Return whether all of these orders are closed, or received by their buyers."""
    (row,) = micros.rows(connection, STATEMENTS["still_open"], {"id": arrays.integers(order_ids)})
    return not row[0]


def lock(connection: psycopg.Connection[Any], order_ids: Iterable[int]) -> None:
    """Lock orders in the order of their ids."""
    micros.rows(connection, STATEMENTS["lock_told"], {"id": arrays.integers(sorted(set(order_ids)))})


def acting(actor: Actor) -> Acting:
    """Return who acts, as rows name it."""
    return Acting(actor.user_id, actor.credential_id)
