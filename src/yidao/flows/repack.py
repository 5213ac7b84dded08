"""
Changing the number of a pack (修改包裹): once, soon, and before anything moved, the number is corrected; one that
proved wrong is replaced by shipping anew. A changed number is a new parcel, and the old one is voided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from yidao.accounts.actors import Actor, ActorKind
from yidao.audit import services as audit
from yidao.carriers import catalogue
from yidao.flows import ship
from yidao.flows.desk import Desk, Outcome, Part, Shipment, division, policy_at, tail_of
from yidao.flows.ship import Answer
from yidao.kit import db, ids, news
from yidao.kit.errors import NotVisible
from yidao.orders import packs, raw, standing
from yidao.orders.packs import Held, NewPack, PackRow
from yidao.parcels import hot, sending
from yidao.parcels.lives import Life
from yidao.parcels.shipment import Result, ShipmentIn
from yidao.places import addresses
from yidao.policies import books, families
from yidao.rules import scans, shipping
from yidao.rules.instants import Instant, instant
from yidao.rules.shipping import PackFacts, Piece, Refused

EDITED: Final = "EDITED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Editable:
    """A pack as its form shows it; `refused` says why its number cannot be changed, `until` when that will be so."""

    pack: PackRow
    order_ids: tuple[int, ...]
    refused: Refused | None
    until: Instant


def editable(actor: Actor, pack_id: int, *, now: datetime) -> Editable:
    """
    Return a pack of the actor's shop, and whether its number can be changed.

    :raises NotVisible: there is no such pack of the actor's.
    """
    connection = raw.plain()
    pack = _own(connection, actor, pack_id)
    policy = _policy(connection, pack)
    refused = shipping.edit_refusal(_facts(connection, pack), policy, is_same_number=False, now=instant(now))
    return Editable(
        pack=pack,
        order_ids=packs.orders_of(connection, [pack_id]),
        refused=refused,
        until=shipping.edit_until(pack.shipped_at, policy),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A pack and the orders in it."""

    pack: PackRow
    order_ids: tuple[int, ...]


def seen(actor: Actor, pack_id: int) -> Seen:
    """
    Return any pack to the platform, and to a shop its own.

    :raises NotVisible: there is no such pack of the actor's.
    """
    connection = raw.plain()
    pack = packs.packs(connection, [pack_id]).get(pack_id)
    if pack is None or (actor.kind is not ActorKind.OPERATOR and pack.shop_id not in actor.organisation_ids):
        raise NotVisible
    return Seen(pack=pack, order_ids=packs.orders_of(connection, [pack_id]))


def edit(
    pack_id: int,
    *,
    carrier: str,
    waybill_no: str,
    actor: Actor,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> Answer:
    """
    Give a pack another number and say what became of it. An edit keeps the time of shipping; the number of an unmade
    pack is replaced by shipping what still waits of it, now.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such pack of the actor's.
    """
    ship.require(actor)
    code, number = catalogue.from_written(carrier) or "", "".join(waybill_no.split())
    pack = _own(raw.plain(), actor, pack_id)
    if pack.state == packs.UNMADE:
        wish = _again(raw.plain(), pack, carrier=code or carrier, waybill_no=number)
        if (number, code) == (pack.waybill_no, pack.carrier):
            return Answer(outcome=Outcome.REFUSED, refused=Refused.SAME_NUMBER, carrier=code, waybill_no=number)
        return ship.ship([wish], actor=actor, now=now, real_now=real_now, request_key=request_key)[0]
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return ship.read(work.earlier)
        change = _Change(raw.plain(), pack, carrier=code, waybill_no=number, actor=actor, now=now)
        answer = change.make()
        if answer.outcome is Outcome.SHIPPED:
            _record(pack, answer, actor=actor, at=(now, real_now))
        work.answer(ship.kept(answer))
    return answer


class _Change:
    """Changes the number of a live pack inside the transaction."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        pack: PackRow,
        *,
        carrier: str,
        waybill_no: str,
        actor: Actor,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._number = (waybill_no, carrier)
        self._actor = actor
        self._now = now
        self._knowledge = hot.Knowledge()
        self._knowledge.refresh(connection, now=instant(now))
        self._order_ids = packs.orders_of(connection, [pack.id])
        wish = _again(connection, pack, carrier=carrier, waybill_no=waybill_no)
        self._desk = Desk(connection, [wish], shop_id=pack.shop_id, now=now, is_locked=True)
        self._pack = packs.packs(connection, [pack.id], is_locked=True)[pack.id]

    def make(self) -> Answer:
        """Change it, or say why not; then nothing was written."""
        refused, where = self._refusal()
        if refused is not None:
            return self._answer(refused=refused, where=where)
        held = packs.held_by(self._connection, [self._pack.id])[self._pack.id]
        life = self._begin(held)
        if life is None:
            return self._answer(refused=Refused.NUMBER_IN_USE)
        packs.end(self._connection, [self._pack.id], state=packs.REPLACED, cause=EDITED, now=self._now)
        made = NewPack(
            id=ids.new_id(),
            shop_id=self._pack.shop_id,
            carrier=self._number[1],
            waybill_no=self._number[0],
            life=life,
            shipped_at=self._pack.shipped_at,
            held=held,
            is_resend=self._pack.is_resend,
            edited_from=self._pack.id,
        )
        packs.record(self._connection, [made], now=self._now, by=packs.acting(self._actor))
        self._void()
        standing.refresh(self._connection, self._order_ids, now=self._now)
        news.tell([self._pack.shop_id])
        return self._answer(pack_id=made.id, is_waiting=life == 0)

    def _refusal(self) -> tuple[Refused | None, tuple[str, ...]]:
        number, carrier = self._number
        if not carrier:
            return Refused.UNKNOWN_CARRIER, ()
        if not shipping.is_number(number):
            return Refused.NUMBER_MALFORMED, ()
        refused = shipping.edit_refusal(
            _facts(self._connection, self._pack),
            _policy(self._connection, self._pack),
            is_same_number=self._number == (self._pack.waybill_no, self._pack.carrier),
            now=instant(self._now),
        )
        return (refused, ()) if refused is not None else self._desk.place_refusal(self._number, self._order_ids)

    def _begin(self, held: Sequence[Held]) -> int | None:
        """Begin the new parcel or join the one that is there; return its life (0: claimed), None when it was lost."""
        lines = ship.lines_of(self._desk, held)
        if self._desk.is_there(self._number):
            life = self._desk.lives[self._number][-1]
            named = set(life.order_nos.split(";"))
            further = tuple(line for line in lines if line.order_no not in named)
            sending.join(self._connection, [sending.Joining(life.key, further)], self._knowledge)
            return life.life
        heads = [self._desk.known.heads[each] for each in self._order_ids]
        shop_id = self._pack.shop_id
        ships_from = addresses.default_division(self._connection, [shop_id]).get(shop_id, "")
        shipment = ShipmentIn(
            shop_id=shop_id,
            carrier=self._number[1],
            waybill_no=self._number[0],
            shipped_at=self._pack.shipped_at,
            paid_at=min((head.paid_at for head in heads if head.paid_at), default=0),
            sender_division=division(heads[0].sender_division) or ships_from,
            receiver_division=division(heads[0].receiver_division),
            receiver_tail=tail_of(heads[0]),
            lines=lines,
        )
        (plan,) = sending.send(self._connection, [shipment], self._knowledge).plans
        if plan.result.result is Result.REJECTED:
            return None
        return plan.life.life if plan.life is not None else 0

    def _void(self) -> None:
        """Void the old parcel unless other orders still lie in it."""
        number = self._pack.waybill_no, self._pack.carrier
        others = packs.holders(self._connection, [number], shop_id=self._pack.shop_id)
        if self._pack.life and not others.get(number):
            sending.void(self._connection, [(*number, self._pack.life)], self._knowledge)

    def _answer(
        self,
        *,
        refused: Refused | None = None,
        where: tuple[str, ...] = (),
        pack_id: int = 0,
        is_waiting: bool = False,
    ) -> Answer:
        number, carrier = self._number
        return Answer(
            outcome=Outcome.REFUSED if refused is not None else Outcome.SHIPPED,
            refused=refused,
            pack_id=pack_id,
            carrier=carrier,
            waybill_no=number,
            order_nos=tuple(self._desk.known.heads[each].order_no for each in self._order_ids),
            is_unusual=bool(pack_id) and not catalogue.looks_usual(carrier, number),
            is_waiting=is_waiting,
            where=where,
        )


def _own(connection: psycopg.Connection[Any], actor: Actor, pack_id: int) -> PackRow:
    pack = packs.packs(connection, [pack_id]).get(pack_id)
    if pack is None or pack.shop_id not in actor.organisation_ids:
        raise NotVisible
    return pack


def _again(connection: psycopg.Connection[Any], pack: PackRow, *, carrier: str, waybill_no: str) -> Shipment:
    """Return the wish to ship what lies in a pack under another number."""
    held = packs.held_by(connection, [pack.id])[pack.id]
    names = packs.order_nos(connection, {each.order_id for each in held})
    return Shipment(
        shop_id=pack.shop_id,
        carrier=carrier,
        waybill_no=waybill_no,
        parts=tuple(
            Part(
                order_no=names[order_id],
                pieces=tuple(Piece(each.line_no, each.quantity) for each in held if each.order_id == order_id),
            )
            for order_id in dict.fromkeys(each.order_id for each in held)
        ),
        replaces=pack.id,
    )


def _facts(connection: psycopg.Connection[Any], pack: PackRow) -> PackFacts:
    lives = sending.known(connection, [(pack.waybill_no, pack.carrier)])[pack.waybill_no, pack.carrier]
    own = next((life for life in lives if life.life == pack.life), None)
    return PackFacts(
        is_live=pack.state == packs.LIVE,
        is_unmade=pack.state == packs.UNMADE,
        shipped_at=pack.shipped_at,
        edits=packs.edits_of(connection, pack.id),
        has_trace=own is not None and _has_trace(own),
    )


def _has_trace(life: Life) -> bool:
    """Return whether a carrier has seen the parcel; that the number was ordered from it is no trace."""
    return any(kind < scans.WEAK and kind != scans.Kind.ORDERED for _, _, kind, _ in life.before.entries)


def _policy(connection: psycopg.Connection[Any], pack: PackRow) -> shipping.Policy:
    return policy_at(books.shelf(connection).of(families.SHIPPING), pack.shipped_at, pack.shop_id)


def _record(pack: PackRow, answer: Answer, *, actor: Actor, at: tuple[datetime, datetime]) -> None:
    audit.record(
        act="pack.edited",
        subject=f"pack/{pack.id}",
        organisation_id=pack.shop_id,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        details={"orders": len(answer.order_nos), "carrier": answer.carrier},
        at_business=at[0],
        at_real=at[1],
    )
