"""How orders enter: set-based, on whatever connection the caller has, inside its transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from yidao.kit import arrays, crypto, ids, micros, sweeps
from yidao.kit.sql import named_statements
from yidao.orders import reading, standing
from yidao.orders.standing import chosen, instants
from yidao.policies import books, families
from yidao.rules import order_state, promise
from yidao.rules.instants import NEVER, Instant
from yidao.rules.order_state import State
from yidao.rules.promise import Kind, Promise

STATEMENTS: Final = named_statements(Path(__file__).with_name("statements.sql"))
RECEIVER_PURPOSE: Final = "receiver"
SHIPS_BY_PACKS: Final = "order.ships_by_packs"
"""Said of a word that an order was shipped, when nothing of it was: parcels ship, words do not."""
CLOSED_BY_PLATFORM: Final = "order.closed_by_platform"
"""Said of a shop's word that a paid order is cancelled: refunds and the platform close it, its shop does not."""
PAYMENT_STANDS: Final = "order.payment_stands"
"""Said of a shop's word that tells payment, order time or money of a paid order otherwise than they are known."""

Key = tuple[str, int]
"""Number and shop of an order."""


class OrderLineIn(msgspec.Struct, frozen=True, gc=False):
    """One line; `order_no` is that of the sku order (子订单) where there is one. Money is in fen."""

    order_no: str
    creator_id: int | None
    is_self_sold: bool
    is_cross_border: bool
    room_id: str
    product_id: str
    product_name: str
    quantity: int
    sku_id: str = ""
    sku_name: str = ""
    merchant_code: str = ""
    price_fen: int = 0
    paid_fen: int = 0
    promise_kind: str = ""
    promise_days: int = 0
    promise_at: int = 0


class ReceiverIn(msgspec.Struct, frozen=True, gc=False):
    """Whom an order goes to, in the clear on its way to be encrypted; never logged."""

    name: str = ""
    phone: str = ""
    division: str = ""
    address: str = ""

    def __repr__(self) -> str:
        """Return no word of the receiver."""
        return "ReceiverIn(...)"


NOBODY: Final = ReceiverIn()


class OrderIn(msgspec.Struct, frozen=True, gc=False):
    """
    A word about one order at `changed_at`, in microseconds; `paid_at` 0 while it is not paid, `ordered_at` 0 where it
    was not told. `is_shops_word` when its shop said so, and not the platform.
    """

    shop_id: int
    order_no: str
    state: str
    paid_at: int
    changed_at: int
    lines: tuple[OrderLineIn, ...]
    ordered_at: int = 0
    freight_fen: int = 0
    paid_fen: int = 0
    buyer_remark: str = ""
    receiver: ReceiverIn = NOBODY
    sender_division: str = ""
    is_shops_word: bool = False

    def __repr__(self) -> str:
        """Return which order it is, and no word of its buyer."""
        return f"OrderIn({self.order_no!r} of {self.shop_id}: {self.state})"


class Entered(msgspec.Struct, frozen=True, gc=False):
    """What became of one order; `is_news` is false when as new a word was known, `code` says what did not follow."""

    id: int
    is_news: bool
    code: str = ""


class Known(NamedTuple):
    """An order that stands already, locked."""

    id: int
    changed_at: int
    late_policy: str
    told_state: str
    paid_at: int | None
    ordered_at: int | None
    goods_fen: int
    freight_fen: int
    paid_fen: int

    @property
    def is_paid(self) -> bool:
        """Return whether it is known to be paid."""
        return bool(self.paid_at) and self.told_state != State.PENDING_PAYMENT

    @property
    def is_waiting(self) -> bool:
        """Return whether its newest word lets it be shipped."""
        return self.told_state not in order_state.UNDOES_PAYMENT


class _Promised(NamedTuple):
    """What was promised of one line; the times are None while it is not paid."""

    kind: str
    days: int
    at: int | None
    policy: str
    original_at: int | None
    ship_by_at: int | None


def enter(connection: psycopg.Connection[Any], orders: Sequence[OrderIn], *, now: datetime) -> list[Entered]:
    """
    Write orders and return what became of each, in their order; the newest word about an order stands, whatever order
    they come in, and of equally new ones the first. Writing the same again changes nothing. The caller commits.

    What was promised at payment is not promised anew by a later word; what packs, after-sales, receipt or closing made
    of an order, no word unmakes. A later word that it was shipped ships nothing, and the answer says so; so it does
    where a shop's own word may not change what is paid.
    """
    of_platform = {key_of(order) for order in orders if not order.is_shops_word}
    # A shop's word is heard after what the platform says in the same batch, as if it had come alone.
    after = {place for place, order in enumerate(orders) if order.is_shops_word and key_of(order) in of_platform}
    if not after:
        return _enter(connection, orders, now=now)
    first = iter(_enter(connection, [each for at, each in enumerate(orders) if at not in after], now=now))
    then = iter(_enter(connection, [each for at, each in enumerate(orders) if at in after], now=now))
    return [next(then if place in after else first) for place in range(len(orders))]


def _enter(connection: psycopg.Connection[Any], orders: Sequence[OrderIn], *, now: datetime) -> list[Entered]:
    newest: dict[Key, int] = {}
    for place, order in enumerate(orders):
        known = newest.get(key_of(order))
        if known is None or orders[known].changed_at < order.changed_at:
            newest[key_of(order)] = place
    # One order of keys for all writers, so that two batches never wait for each other.
    told = [orders[newest[key]] for key in sorted(newest)]
    shelf = books.shelf(connection)
    before = lock_known(connection, [key_of(order) for order in told])
    fresh = [order for order in told if key_of(order) not in before]
    added = _add(connection, [_as_new(order) for order in fresh], shelf, now=now)
    # Another writer added these at this very moment; what he told is known now.
    before |= lock_known(connection, [key_of(order) for order in fresh if key_of(order) not in added])
    later = [
        (before[key_of(order)], order)
        for order in told
        if key_of(order) in before and before[key_of(order)].changed_at < order.changed_at
    ]
    _tell_heads(connection, later, shelf, now=now)
    free = [(known.id, order) for known, order in later if not _is_bound(order, known)]
    _replace_lines(connection, free, shelf, now=now)
    states = dict(added.values()) | standing.refresh(connection, [known.id for known, _ in later], now=now)
    of_key = {key: id_ for key, (id_, _) in added.items()} | {key: known.id for key, known in before.items()}
    return [
        Entered(
            id=of_key[key_of(order)],
            is_news=of_key[key_of(order)] in states and newest[key_of(order)] == place,
            code=_not_followed(order, before.get(key_of(order)), states.get(of_key[key_of(order)])),
        )
        for place, order in enumerate(orders)
    ]


def key_of(order: OrderIn) -> Key:
    """Return what an order is known by."""
    return order.order_no, order.shop_id


def lock_known(connection: psycopg.Connection[Any], keys: Sequence[Key]) -> dict[Key, Known]:
    """Lock those of the orders that stand already, in the order of their ids, and return them."""
    if not keys:
        return {}
    rows = micros.rows(
        connection,
        STATEMENTS["lock_known"],
        {
            "order_no": arrays.texts([order_no for order_no, _ in keys]),
            "shop_id": arrays.integers([shop_id for _, shop_id in keys]),
        },
    )
    return {(order_no, shop_id): Known(id_, *rest) for id_, order_no, shop_id, *rest in rows}


def _as_new(order: OrderIn) -> OrderIn:
    """Return a first word as it is taken down."""
    if not order.is_shops_word:
        return order
    heard = order_state.heard_of_shop(State(order.state), stands=None, is_paid=False)
    return msgspec.structs.replace(order, state=heard.value)


def _is_bound(order: OrderIn, known: Known) -> bool:
    """Tell whether a word may not change what was paid, when and for what: a shop's own about a paid order."""
    return order.is_shops_word and known.is_paid


def _as_heard(order: OrderIn, known: Known) -> OrderIn:
    """Return a later word as it is taken down; the statement keeps the money of one that is bound."""
    if not _is_bound(order, known):
        return order
    heard = order_state.heard_of_shop(State(order.state), stands=State(known.told_state or order.state), is_paid=True)
    return msgspec.structs.replace(
        order,
        state=heard.value,
        paid_at=known.paid_at or order.paid_at,
        ordered_at=known.ordered_at or order.ordered_at,
    )


def _not_followed(order: OrderIn, known: Known | None, state: State | None) -> str:
    """Return the code of what does not follow from a word that is news."""
    if state is None:
        return ""
    if known is not None and _is_bound(order, known):
        if order.state == State.CANCELLED and state is not State.CANCELLED:
            return CLOSED_BY_PLATFORM
        if order.state == State.PENDING_PAYMENT or _is_told_otherwise(order, known):
            return PAYMENT_STANDS
    is_waiting = state in order_state.WAITING and state != order.state
    return SHIPS_BY_PACKS if is_waiting and order.state in order_state.SAYS_SHIPPED else ""


def _is_told_otherwise(order: OrderIn, known: Known) -> bool:
    return (
        order.paid_at != known.paid_at
        or (order.ordered_at or known.ordered_at) != known.ordered_at
        or (_goods_fen(order), order.freight_fen, _paid_fen(order))
        != (known.goods_fen, known.freight_fen, known.paid_fen)
    )


# --- Heads ---


def _add(
    connection: psycopg.Connection[Any], orders: Sequence[OrderIn], shelf: books.Shelf, *, now: datetime
) -> dict[Key, tuple[int, State]]:
    """
    Write new orders with all that follows for them, and return ids and states of those that no other writer was faster
    to add.
    """
    if not orders:
        return {}
    told = [(int(ids.new_id()), order) for order in orders]
    policies = [_late_policy(order, shelf) for order in orders]
    lines = _planned(told, {}, shelf)
    of_order: dict[int, list[_Planned]] = {}
    for each in lines:
        of_order.setdefault(each.order_id, []).append(each)
    news = [_new(order, policy, of_order[id_]) for (id_, order), policy in zip(told, policies, strict=True)]
    columns = _head_columns(told, policies) | standing.of_new(connection, news, shelf, now=now)
    columns["shop_id"] = arrays.integers([order.shop_id for order in orders])
    columns["order_no"] = arrays.texts([order.order_no for order in orders])
    rows = micros.rows(connection, STATEMENTS["add_heads"], columns | {"now": now})
    added = {id_ for id_, _, _, _ in rows}
    _write_lines(connection, [each for each in lines if each.order_id in added], now=now)
    return {(order_no, shop_id): (id_, State(state)) for id_, order_no, shop_id, state in rows}


def _new(order: OrderIn, late_policy: str, lines: Sequence["_Planned"]) -> standing.New:
    return standing.New(
        shop_id=order.shop_id,
        told_state=order.state,
        changed_at=Instant(order.changed_at),
        ordered_at=_ordered_at(order),
        paid_at=Instant(order.paid_at),
        late_policy=late_policy,
        lines=[
            order_state.Line(
                quantity=each.line.quantity,
                promise_kind=each.promised.kind,
                promised_at=Instant(each.promised.original_at or NEVER),
                ship_by_at=Instant(each.promised.ship_by_at or NEVER),
            )
            for each in lines
        ],
    )


def _tell_heads(
    connection: psycopg.Connection[Any],
    later: Sequence[tuple[Known, OrderIn]],
    shelf: books.Shelf,
    *,
    now: datetime,
) -> None:
    """Write a newer word on heads that stand."""
    if later:
        told = [(known.id, _as_heard(order, known)) for known, order in later]
        columns = _head_columns(told, [known.late_policy or _late_policy(order, shelf) for known, order in later])
        columns["keeps_lines"] = arrays.booleans([_is_bound(order, known) for known, order in later])
        micros.run(connection, STATEMENTS["tell_heads"], columns | {"now": now})


def _head_columns(told: Sequence[tuple[int, OrderIn]], late_policies: Sequence[str]) -> dict[str, Any]:
    orders = [order for _, order in told]
    receivers = [_sealed(id_, order) for id_, order in told]
    return {
        "id": arrays.integers([id_ for id_, _ in told]),
        "bucket": arrays.integers([sweeps.bucket_of(str(id_)) for id_, _ in told]),
        "told_state": arrays.texts([order.state for order in orders]),
        "paid_us": instants([order.paid_at for order in orders]),
        "changed_us": instants([order.changed_at for order in orders]),
        "ordered_us": instants([_ordered_at(order) for order in orders]),
        "goods_fen": arrays.integers([_goods_fen(order) for order in orders]),
        "freight_fen": arrays.integers([order.freight_fen for order in orders]),
        "paid_fen": arrays.integers([_paid_fen(order) for order in orders]),
        "sender_division": arrays.integers([int(order.sender_division or 0) for order in orders]),
        "receiver_division": arrays.integers([int(order.receiver.division or 0) for order in orders]),
        **{
            name: arrays.blobs_or_null(column)
            for name, column in zip(_SEALED, zip(*receivers, strict=True), strict=True)
        },
        "creator_id": arrays.integers_or_null(
            [next((line.creator_id for line in each.lines if line.creator_id is not None), None) for each in orders]
        ),
        "late_policy": arrays.texts(late_policies),
    }


def _ordered_at(order: OrderIn) -> Instant:
    return Instant(order.ordered_at or order.paid_at or order.changed_at)


def _goods_fen(order: OrderIn) -> int:
    return sum(line.price_fen * line.quantity for line in order.lines)


def _paid_fen(order: OrderIn) -> int:
    return order.paid_fen or sum(line_paid_fen(line) for line in order.lines) + order.freight_fen


def line_paid_fen(line: OrderLineIn) -> int:
    """Return what was paid for a line: what was told, else its price."""
    return line.paid_fen or line.price_fen * line.quantity


def _late_policy(order: OrderIn, shelf: books.Shelf) -> str:
    policy = chosen(shelf.of(families.LATE_SHIPMENT), Instant(order.paid_at), order.shop_id) if order.paid_at else None
    return policy.version if policy is not None else ""


_SEALED: Final = (
    "receiver_name",
    "receiver_phone",
    "receiver_address",
    "buyer_remark",
    "receiver_key",
    "phone_index",
    "phone_tail",
)


def _sealed(id_: int, order: OrderIn) -> tuple[bytes | None, ...]:
    """Return what is kept of the receiver: ciphertexts for this very row, and the shadows by which it is found."""
    receiver = order.receiver
    digits = phone_digits(receiver.phone)
    whole = f"{order.shop_id}|{receiver.name}|{digits}|{receiver.division}|{receiver.address}"
    return (
        _encrypted(receiver.name, "receiver_name", id_),
        _encrypted(receiver.phone if "*" in receiver.phone else digits, "receiver_phone", id_),
        _encrypted(receiver.address, "receiver_address", id_),
        _encrypted(order.buyer_remark, "buyer_remark", id_),
        crypto.blind_index(whole, purpose=RECEIVER_PURPOSE) if receiver != NOBODY else None,
        crypto.blind_index(digits, purpose=reading.PHONE_PURPOSE) if digits and "*" not in receiver.phone else None,
        crypto.blind_index(digits[-4:], purpose=reading.TAIL_PURPOSE) if len(digits) >= reading.TAIL_DIGITS else None,
    )


def _encrypted(text: str, column: str, id_: int) -> bytes | None:
    return crypto.encrypt(text.encode(), place=reading.place(column, id_)) if text else None


def phone_digits(text: str) -> str:
    """Return a telephone number as it is found by: digits alone, without the country's 86."""
    digits = "".join(each for each in text if "0" <= each <= "9")
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


# --- Lines ---


def _replace_lines(
    connection: psycopg.Connection[Any], told: Sequence[tuple[int, OrderIn]], shelf: books.Shelf, *, now: datetime
) -> None:
    """Replace the lines of orders of which nothing was packed or asked back yet; what was promised stays promised."""
    if not told:
        return
    keys = {"order_id": arrays.integers([id_ for id_, _ in told])}
    begun = {order_id for (order_id,) in micros.rows(connection, STATEMENTS["begun_of"], keys)}
    open_ = [(id_, order) for id_, order in told if id_ not in begun]
    if not open_:
        return
    keys = {"order_id": arrays.integers([id_ for id_, _ in open_])}
    promised: dict[int, list[_Before]] = {}
    for order_id, order_no, sku_id, *rest in micros.rows(connection, STATEMENTS["lines_of"], keys):
        promised.setdefault(order_id, []).append(_Before(order_no, sku_id, _Promised(*rest)))
    micros.run(connection, STATEMENTS["drop_lines"], keys)
    _write_lines(connection, _planned(open_, promised, shelf), now=now)


class _Before(NamedTuple):
    """A line as it stood, with what was promised of it."""

    order_no: str
    sku_id: str
    promised: _Promised


class _Planned(NamedTuple):
    """A line that is to be written; `is_promised_now` when its promise is new."""

    order_id: int
    number: int
    line: OrderLineIn
    promised: _Promised
    is_promised_now: bool


def _planned(
    told: Sequence[tuple[int, OrderIn]], before: Mapping[int, Sequence[_Before]], shelf: books.Shelf
) -> list[_Planned]:
    """Return the lines of some orders with what is promised of each; what was promised before stays."""
    book = shelf.of(families.PROMISE)
    planned: list[_Planned] = []
    for id_, order in told:
        policy = chosen(book, Instant(order.paid_at), order.shop_id) if order.paid_at else None
        kept = _kept(order.lines, before.get(id_, ()))
        for number, line in enumerate(order.lines, start=1):
            known = kept.get(number)
            if known is not None and known.original_at is not None:
                planned.append(_Planned(id_, number, line, known, False))
            else:
                planned.append(_Planned(id_, number, line, _promised(line, order.paid_at, policy), True))
    return planned


def _kept(lines: Sequence[OrderLineIn], before: Sequence[_Before]) -> dict[int, _Promised]:
    """
    Return what was promised of lines before, by their places from 1: a line is the one of its own number and sku, else
    of its number, else of its sku. Lines that have no numbers of their own bear the order's, and are told in turn.
    """
    kept: dict[int, _Promised] = {}
    rest = list(before)
    ways: tuple[Callable[[OrderLineIn | _Before], tuple[str, ...]], ...] = (
        lambda line: (line.order_no, line.sku_id),
        lambda line: (line.order_no,),
        lambda line: (line.sku_id,) if line.sku_id else (),
    )
    for name in ways:
        of_name: dict[tuple[str, ...], list[_Before]] = {}
        for each in rest:
            of_name.setdefault(name(each), []).append(each)
        for number, line in enumerate(lines, start=1):
            same = of_name.get(name(line)) if number not in kept and name(line) else None
            if same:
                kept[number] = same.pop(0).promised
        rest = [each for own in of_name.values() for each in own]
    return kept


def _write_lines(connection: psycopg.Connection[Any], lines: Sequence[_Planned], *, now: datetime) -> None:
    if not lines:
        return
    micros.run(connection, STATEMENTS["add_lines"], _line_columns(lines))
    appointed = [
        each for each in lines if each.is_promised_now and each.promised.ship_by_at != each.promised.original_at
    ]
    if appointed:
        columns = {
            "id": arrays.integers([int(ids.new_id()) for _ in appointed]),
            "order_id": arrays.integers([each.order_id for each in appointed]),
            "line_no": arrays.integers([each.number for each in appointed]),
            "old_us": instants([each.promised.original_at for each in appointed]),
            "new_us": instants([each.promised.ship_by_at for each in appointed]),
        }
        micros.run(connection, STATEMENTS["add_appointments"], columns | {"now": now})


def _promised(line: OrderLineIn, paid_at: int, policy: promise.Policy | None) -> _Promised:
    kind = Kind(line.promise_kind) if line.promise_kind else promise.DEFAULT.kind
    if policy is None:
        return _Promised(kind.value, line.promise_days, line.promise_at or None, "", None, None)
    told = Promise(kind=kind, days=line.promise_days, at=Instant(line.promise_at))
    return _Promised(
        kind=kind.value,
        days=line.promise_days,
        at=line.promise_at or None,
        policy=policy.version,
        original_at=promise.ship_by_before_agreement(told, Instant(paid_at), policy),
        ship_by_at=promise.ship_by(told, Instant(paid_at), policy),
    )


def _line_columns(lines: Sequence[_Planned]) -> dict[str, str]:
    told = [each.line for each in lines]
    promises = [each.promised for each in lines]
    return {
        "order_id": arrays.integers([each.order_id for each in lines]),
        "line_no": arrays.integers([each.number for each in lines]),
        "creator_id": arrays.integers_or_null([line.creator_id for line in told]),
        "is_self_sold": arrays.booleans([line.is_self_sold for line in told]),
        "is_cross_border": arrays.booleans([line.is_cross_border for line in told]),
        "quantity": arrays.integers([line.quantity for line in told]),
        "price_fen": arrays.integers([line.price_fen for line in told]),
        "paid_fen": arrays.integers([line_paid_fen(line) for line in told]),
        **{name: arrays.texts([getattr(line, name) for line in told]) for name in _TEXTS},
        "promise_kind": arrays.texts([each.kind for each in promises]),
        "promise_days": arrays.integers([each.days for each in promises]),
        "promise_us": instants([each.at for each in promises]),
        "promise_policy": arrays.texts([each.policy for each in promises]),
        "original_us": instants([each.original_at for each in promises]),
        "ship_by_us": instants([each.ship_by_at for each in promises]),
    }


_TEXTS: Final = ("order_no", "room_id", "product_id", "product_name", "sku_id", "sku_name", "merchant_code")
