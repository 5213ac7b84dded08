"""
The shipping desk: loads what a batch of shipments is about, decides about each in turn by the rules, and remembers what
the ones before took. It writes nothing, so a preview and the shipping itself say the same.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import psycopg

from yidao.carriers import catalogue
from yidao.kit import crypto
from yidao.orders import packs, reading
from yidao.orders.packs import Held, Number, Serial
from yidao.parcels import sending
from yidao.parcels.lives import Life
from yidao.parcels.shipment import TAIL_PURPOSE
from yidao.policies import books, families
from yidao.policies.selection import PolicyBook, PolicyMissing
from yidao.rules import routes, shipping
from yidao.rules.instants import Instant, instant, to_datetime
from yidao.rules.order_state import State
from yidao.rules.shipping import LineFacts, Mode, OrderFacts, Piece, Receiver, Refused, SerialKind, Use

OVER: Final = frozenset({State.CANCELLED, State.COMPLETED})
REFUSABLE: Final = frozenset({"AWAIT_SHOP"})
"""The only state of an after-sale in which a shop can still refuse it by shipping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One order of a shipment, by its number or that of one of its lines; nothing further named means all that waits of
    it. `quantity` counts for a line that was named by its number, and for an order of one line.
    """

    order_no: str
    pieces: tuple[Piece, ...] = ()
    quantity: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialIn:
    """A serial number and what it is of; line 0 is the first line that goes."""

    order_no: str
    serial: str
    line_no: int = 0
    kind: SerialKind = SerialKind.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """
    One wish: these orders, or parts of them, under this number. It is shipped whole or not at all. The same request id
    ships once; `carrier` is our code, or as people write it. `replaces` is a pack whose number proved wrong.
    """

    shop_id: int
    carrier: str
    waybill_no: str
    parts: tuple[Part, ...]
    request_id: str = ""
    mode: Mode = Mode.SHIP
    refuses_refund: bool = False
    serials: tuple[SerialIn, ...] = ()
    replaces: int = 0

    @property
    def digest(self) -> bytes:
        """Return what tells two wishes apart."""
        told = [
            self.carrier,
            self.waybill_no,
            self.mode,
            [[part.order_no, part.quantity, *part.pieces] for part in self.parts],
            [[each.order_no, each.line_no, each.serial] for each in self.serials],
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()


class Outcome(StrEnum):
    """What becomes of one wish; KNOWN is one that was shipped when it was asked before."""

    SHIPPED = "SHIPPED"
    KNOWN = "KNOWN"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is decided about one wish, and what of which orders goes."""

    wish: Shipment
    outcome: Outcome
    carrier: str = ""
    waybill_no: str = ""
    refused: Refused | None = None
    held: tuple[Held, ...] = ()
    serials: tuple[Serial, ...] = ()
    pack_id: int = 0
    is_unusual: bool = False
    is_joined: bool = False
    where: tuple[str, ...] = ()
    order_ids: tuple[int, ...] = ()

    @property
    def number(self) -> Number:
        """Return the number as parcels are keyed."""
        return self.waybill_no, self.carrier


@dataclass(slots=True)
class _Slot:
    """One number while the batch goes on: the orders under it, and whose it is."""

    order_ids: set[int] = field(default_factory=set)
    receiver: Receiver = field(default_factory=Receiver)
    is_of_other_shop: bool = False
    is_there: bool = False
    order_nos: tuple[str, ...] = ()


class Desk:
    """Decides about the wishes of one shop."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        wishes: Sequence[Shipment],
        *,
        shop_id: int,
        now: datetime,
        is_locked: bool,
    ) -> None:
        assert all(wish.shop_id == shop_id for wish in wishes), "a desk serves one shop"
        self.shop_id = shop_id
        self.now = instant(now)
        named = {(shop_id, part.order_no) for wish in wishes for part in wish.parts if part.order_no.isprintable()}
        self._found = packs.find(connection, named)
        self.known = packs.known(connection, (each[0] for each in self._found.values()), now=now, is_locked=is_locked)
        self._shipped = {
            (line.order_id, line.line_no): line.shipped for rows in self.known.lines.values() for line in rows
        }
        self._packs = dict(self.known.packs)
        self._receivers: dict[int, Receiver] = {}
        self._book: PolicyBook[shipping.Policy] = books.shelf(connection).of(families.SHIPPING)
        self._asked = packs.requests(
            connection, {wish.request_id for wish in wishes if wish.request_id}, shop_id=shop_id
        )
        numbers = {each for wish in wishes if shipping.is_number((each := _number(wish))[0]) and each[1]}
        self.lives = sending.known(connection, numbers)
        self._slots = self._slots_of(packs.holders(connection, numbers, shop_id=shop_id), numbers, connection)

    def decide(self, wish: Shipment) -> Decision:
        """Decide about one wish, after those that were decided before it."""
        waybill_no, carrier = _number(wish)
        plain = Decision(
            wish=wish, outcome=Outcome.REFUSED, carrier=carrier, waybill_no=waybill_no, refused=Refused.UNKNOWN_ORDER
        )
        if wish.request_id in self._asked:
            digest, pack_id = self._asked[wish.request_id]
            if digest != wish.digest:
                return replace(plain, refused=Refused.REQUEST_REUSED)
            return replace(plain, outcome=Outcome.KNOWN, refused=None, pack_id=pack_id)
        if not carrier:
            return replace(plain, refused=Refused.UNKNOWN_CARRIER)
        if not shipping.is_number(waybill_no):
            return replace(plain, refused=Refused.NUMBER_MALFORMED)
        held, refused = self._held(wish)
        if refused is not None:
            return replace(plain, refused=refused)
        return self._placed(wish, replace(plain, held=held))

    def _held(self, wish: Shipment) -> tuple[tuple[Held, ...], Refused | None]:
        """Return what of the wish's orders goes, or why it does not."""
        wanted: dict[int, list[Piece]] = {}
        for part in wish.parts:
            order_id, line_no = self._found.get((wish.shop_id, part.order_no), (0, 0))
            if not order_id or order_id not in self.known.heads:
                return (), Refused.UNKNOWN_ORDER
            named = list(part.pieces)
            if line_no or part.quantity:
                line_no = line_no or self._only_line(order_id)
                if not line_no:
                    return (), Refused.UNKNOWN_LINE
                named = [Piece(line_no, part.quantity)]
            wanted.setdefault(order_id, []).extend(named)
        if not wanted:
            return (), Refused.UNKNOWN_ORDER
        held: list[Held] = []
        for order_id, pieces in wanted.items():
            found = shipping.contents(
                self._facts(order_id),
                pieces,
                self.policy(order_id),
                mode=wish.mode,
                refuses_refund=wish.refuses_refund and self.may_refuse(order_id),
            )
            if found.refused is not None:
                return (), found.refused
            held.extend(Held(order_id, piece.line_no, piece.quantity) for piece in found.pieces)
        return tuple(held), None

    def _only_line(self, order_id: int) -> int:
        """Return the line of an order that has but one, 0 where a quantity alone does not say which is meant."""
        lines = self.known.lines.get(order_id, ())
        return lines[0].line_no if len(lines) == 1 else 0

    def _placed(self, wish: Shipment, plain: Decision) -> Decision:
        """Find the wish's orders a place under its number, and remember what it takes."""
        order_ids = tuple(dict.fromkeys(each.order_id for each in plain.held))
        policy = self.policy(order_ids[0])
        mine = self.receiver(order_ids[0])
        if not all(shipping.is_same_receiver(mine, self.receiver(each)) for each in order_ids[1:]):
            return replace(plain, refused=Refused.OTHER_RECEIVER)
        slot = self._slots.setdefault(plain.number, _Slot())
        refused, where = self.place_refusal(plain.number, order_ids, mode=wish.mode)
        if refused is not None:
            return replace(plain, refused=refused, where=where)
        serials, fault = self._serials(wish, plain.held, policy)
        if fault is not None:
            return replace(plain, refused=fault)
        is_joined = slot.is_there
        self._take(slot, plain.held, mine, mode=wish.mode)
        return replace(
            plain,
            outcome=Outcome.SHIPPED,
            refused=None,
            serials=serials,
            is_unusual=not catalogue.looks_usual(plain.carrier, plain.waybill_no),
            is_joined=is_joined,
            order_ids=order_ids,
        )

    def place_refusal(
        self, number: Number, order_ids: Sequence[int], *, mode: Mode = Mode.SHIP
    ) -> tuple[Refused | None, tuple[str, ...]]:
        """Return why orders of one receiver cannot lie under a number, and which do where that may be said."""
        slot = self._slots.get(number, _Slot())
        if not shipping.may_use(self._use(slot, order_ids, mode), self.receiver(order_ids[0]), slot.receiver):
            if slot.is_of_other_shop:
                return Refused.NUMBER_IN_USE, ()
            return (Refused.NUMBER_IN_USE if slot.is_there else Refused.OTHER_RECEIVER), self._where(slot)
        if len(slot.order_ids | set(order_ids)) > self.policy(order_ids[0]).merged_max:
            return Refused.MERGED_FULL, ()
        return None, ()

    def is_there(self, number: Number) -> bool:
        """Return whether the shop has a parcel under a number whose way has not ended."""
        return self._slots.get(number, _Slot()).is_there

    def _use(self, slot: _Slot, order_ids: Sequence[int], mode: Mode) -> Use:
        if slot.is_of_other_shop:
            return Use.OTHER_SHOP
        numbers = {self.known.heads[each].order_no for each in order_ids} & set(slot.order_nos)
        if slot.order_ids & set(order_ids) or numbers:
            # Sent once more under the number it has already would be no second parcel.
            return Use.OTHER_SHOP if mode is Mode.RESEND else Use.SAME_ORDER
        return Use.SAME_SHOP if slot.order_ids or slot.is_there else Use.FREE

    def _where(self, slot: _Slot) -> tuple[str, ...]:
        own = [self.known.heads[each].order_no for each in sorted(slot.order_ids) if each in self.known.heads]
        return tuple(dict.fromkeys((*slot.order_nos, *own)))[:5]

    def _take(self, slot: _Slot, held: Iterable[Held], mine: Receiver, *, mode: Mode) -> None:
        slot.receiver = mine if not slot.order_ids and not slot.is_there else slot.receiver
        for each in held:
            if mode is Mode.SHIP:
                self._shipped[each.order_id, each.line_no] += each.quantity
            slot.order_ids.add(each.order_id)
        for order_id in {each.order_id for each in held}:
            self._packs[order_id] = self._packs.get(order_id, 0) + 1

    def _serials(
        self, wish: Shipment, held: Sequence[Held], policy: shipping.Policy
    ) -> tuple[tuple[Serial, ...], Refused | None]:
        by_line: dict[tuple[int, int], list[SerialIn]] = {}
        for each in wish.serials:
            order_id, line_no = self._found.get((wish.shop_id, each.order_no), (0, 0))
            lines = [one.line_no for one in held if one.order_id == order_id]
            line_no = line_no or each.line_no or (lines[0] if lines else 0)
            if line_no not in lines:
                return (), Refused.UNKNOWN_LINE
            by_line.setdefault((order_id, line_no), []).append(each)
        for some in by_line.values():
            for kind in {each.kind for each in some}:
                told = [each.serial for each in some if each.kind is kind]
                fault = shipping.serials_fault(told, policy, kind=kind)
                if fault is not None:
                    return (), fault
        return tuple(Serial(*line, each.serial) for line, some in by_line.items() for each in some), None

    def _facts(self, order_id: int) -> OrderFacts:
        head = self.known.heads[order_id]
        is_shipped = head.state == State.SHIPPED
        lines = tuple(
            LineFacts(
                line_no=line.line_no,
                quantity=line.quantity,
                # What had left before we knew the order has no pack, and still does not leave again.
                shipped=line.quantity if is_shipped else self._shipped[order_id, line.line_no],
                refunded=line.refunded,
            )
            for line in self.known.lines.get(order_id, ())
        )
        return OrderFacts(
            is_paid=head.state != State.PENDING_PAYMENT,
            is_over=head.state in OVER,
            lines=lines,
            has_open_refund=bool(self.known.after_sales.get(order_id)),
            packs=self._packs.get(order_id, 0),
        )

    def may_refuse(self, order_id: int) -> bool:
        """Return whether the shop may refuse what is open about an order by shipping it."""
        return REFUSABLE.issuperset(self.known.after_sales.get(order_id, ()))

    def policy(self, order_id: int) -> shipping.Policy:
        """Return the numbers that bind an order, by when it was paid."""
        head = self.known.heads[order_id]
        return policy_at(self._book, head.paid_at or self.now, self.shop_id)

    def receiver(self, order_id: int) -> Receiver:
        """Return whom an order goes to."""
        if order_id not in self._receivers:
            self._receivers[order_id] = receiver_of(self.known.heads[order_id])
        return self._receivers[order_id]

    def _slots_of(
        self,
        holders: dict[Number, tuple[int, ...]],
        numbers: Iterable[Number],
        connection: psycopg.Connection[Any],
    ) -> dict[Number, _Slot]:
        others = packs.known(
            connection,
            {each for order_ids in holders.values() for each in order_ids if each not in self.known.heads},
            now=to_datetime(self.now),
            is_locked=False,
        )
        heads = {**others.heads, **self.known.heads}
        slots: dict[Number, _Slot] = {}
        for number in numbers:
            slot = slots[number] = _Slot()
            last = next(reversed(self.lives.get(number, [])), None)
            if last is not None and last.is_over:
                continue
            own = [heads[each] for each in holders.get(number, ()) if each in heads]
            if own:
                slot.order_ids = {head.id for head in own}
                slot.order_nos = tuple(head.order_no for head in own)
                slot.receiver = receiver_of(own[0])
            if last is not None and last.shop_id is not None:
                self._fill(slot, last)
        return slots

    def _fill(self, slot: _Slot, last: Life) -> None:
        slot.is_of_other_shop = last.shop_id != self.shop_id
        slot.is_there = last.shop_id == self.shop_id
        if slot.is_there and not slot.order_ids:
            slot.order_nos = tuple(last.order_nos.split(";"))
            slot.receiver = Receiver(tail=last.receiver_tail, city=routes.city_of(last.receiver_division))


def policy_at(book: PolicyBook[shipping.Policy], anchor: Instant, shop_id: int) -> shipping.Policy:
    """Return the numbers of an instant; what is older than every version goes by the first."""
    try:
        return book.choose(anchor, shop_id, "")
    except PolicyMissing:
        return shipping.SHIPPING_DOUYIN_2022


def receiver_of(head: packs.HeadRow) -> Receiver:
    """Return whom an order goes to, as far as rules may know."""
    return Receiver(key=head.receiver_key, tail=tail_of(head), city=routes.city_of(division(head.receiver_division)))


def tail_of(head: packs.HeadRow) -> bytes | None:
    """Return the blind index of the last digits of an order's phone as parcels keep it."""
    phone = reading.text(head.id, "receiver_phone", head.receiver_phone)
    digits = "".join(each for each in phone if each.isascii() and each.isdigit())
    return crypto.blind_index(digits[-4:], purpose=TAIL_PURPOSE) if len(digits) >= reading.TAIL_DIGITS else None


def division(code: int) -> str:
    """Return a division as parcels keep it, empty where there is none."""
    return f"{code:06d}" if code else ""


def _number(wish: Shipment) -> Number:
    """Return the number as it is kept: without blanks, and its carrier by our code, empty where nobody knows it."""
    return "".join(wish.waybill_no.split()), catalogue.from_written(wish.carrier) or ""
