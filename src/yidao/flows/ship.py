"""
Shipping (发货): packs, their parcels and what follows for the orders, in one transaction. Every wish is answered, and a
bad one never takes its neighbours along.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import psycopg

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.flows.desk import Decision, Desk, Outcome, Shipment, division, tail_of
from yidao.kit import db, ids, news
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.orders import packs, raw, refusing, standing
from yidao.orders.packs import Held, NewPack, Number, Serial
from yidao.parcels import beginning, hot, sending
from yidao.parcels.shipment import LineIn, Result, ShipmentIn
from yidao.places import addresses
from yidao.rules.instants import instant
from yidao.rules.shipping import Mode, Refused

BATCH_MAX: Final = 500
TRIES_MAX: Final = 3
AGAIN: Final = (psycopg.errors.DeadlockDetected, sending.Contended)


class TooMany(Refusal):
    """More shipments than one batch takes, or none."""

    code = "shipment.too_many"
    status = 422
    message = "Ship between 1 and %(most)d at a time."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one wish; `where` names the orders that have the number, only inside the same shop."""

    outcome: Outcome
    refused: Refused | None = None
    pack_id: int = 0
    carrier: str = ""
    waybill_no: str = ""
    order_nos: tuple[str, ...] = ()
    is_unusual: bool = False
    is_waiting: bool = False
    where: tuple[str, ...] = ()


def preview(wishes: Sequence[Shipment], *, actor: Actor, now: datetime) -> tuple[Answer, ...]:
    """
    Say what would become of each wish; nothing is written.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: one of the shops is not the actor's.
    :raises TooMany: none, or more than BATCH_MAX.
    """
    _check(wishes, actor)
    found: dict[int, Answer] = {}
    for shop_id, places in _by_shop(wishes).items():
        desk = Desk(raw.plain(), [wishes[each] for each in places], shop_id=shop_id, now=now, is_locked=False)
        found |= {place: _answer(desk.decide(wishes[place]), desk) for place in places}
    return tuple(found[place] for place in range(len(wishes)))


def ship(
    wishes: Sequence[Shipment],
    *,
    actor: Actor,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> tuple[Answer, ...]:
    """
    Ship what can be shipped and answer every wish in its place. A request id ships once; wishes under one number lie in
    one parcel. An open after-sale is refused with the shipment where the wish says so.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: one of the shops is not the actor's.
    :raises TooMany: none, or more than BATCH_MAX.
    :raises db.RequestKeyReused: the key was used before for other wishes.
    """
    _check(wishes, actor)
    for attempt in range(TRIES_MAX):
        try:
            return _ship(wishes, actor=actor, now=now, real_now=real_now, request_key=request_key)
        except AGAIN:
            if attempt == TRIES_MAX - 1:
                raise
    raise AssertionError("unreachable")


def _ship(
    wishes: Sequence[Shipment],
    *,
    actor: Actor,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None,
) -> tuple[Answer, ...]:
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return tuple(read(each) for each in work.earlier)
        connection = raw.plain()
        knowledge = hot.Knowledge()
        knowledge.refresh(connection, now=instant(now))
        found: dict[int, Answer] = {}
        for shop_id, places in sorted(_by_shop(wishes).items()):
            counter = _Counter(connection, knowledge, shop_id=shop_id, actor=actor, now=now)
            answers = counter.ship([wishes[each] for each in places])
            found |= dict(zip(places, answers, strict=True))
            _record(answers, counter.order_ids, shop_id=shop_id, actor=actor, at=(now, real_now))
        answered = tuple(found[place] for place in range(len(wishes)))
        work.answer([kept(each) for each in answered])
    return answered


class _Counter:
    """Ships the wishes of one shop inside the transaction."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        knowledge: hot.Knowledge,
        *,
        shop_id: int,
        actor: Actor,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._knowledge = knowledge
        self._shop_id = shop_id
        self._actor = actor
        self._now = now
        self._desk: Desk
        self._ships_from = addresses.default_division(connection, [shop_id]).get(shop_id, "")
        self.order_ids: tuple[int, ...] = ()

    def ship(self, wishes: Sequence[Shipment]) -> list[Answer]:
        """Ship and answer each wish."""
        self._desk = Desk(self._connection, wishes, shop_id=self._shop_id, now=self._now, is_locked=True)
        decisions = [self._desk.decide(wish) for wish in wishes]
        lives, lost = self._send([each for each in decisions if each.outcome is Outcome.SHIPPED])
        decisions = [_lost(each) if each.number in lost else each for each in decisions]
        decisions = self._pack(decisions, lives)
        going = [each for each in decisions if each.outcome is Outcome.SHIPPED]
        self.order_ids = tuple(sorted({order_id for each in going for order_id in each.order_ids}))
        refusing.refuse_open(
            [order_id for each in going if each.wish.refuses_refund for order_id in each.order_ids],
            actor=self._actor,
            now=self._now,
        )
        packs.keep_requests(
            self._connection,
            [(each.wish.request_id, each.wish.digest, each.pack_id) for each in going if each.wish.request_id],
            shop_id=self._shop_id,
            now=self._now,
        )
        standing.refresh(self._connection, self.order_ids, now=self._now)
        return [_answer(each, self._desk, is_waiting=lives.get(each.number) == 0) for each in decisions]

    def _send(self, going: Sequence[Decision]) -> tuple[dict[Number, int], set[Number]]:
        """Begin or join the parcels; return the life of each number (0: it is claimed), and the lost numbers."""
        held: dict[Number, list[Held]] = {}
        for each in going:
            held.setdefault(each.number, []).extend(each.held)
        joined = {each.number for each in going if each.is_joined}
        shipments = [self._shipment(number, held[number]) for number in held if number not in joined]
        sent = sending.send(self._connection, shipments, self._knowledge)
        lives: dict[Number, int] = {}
        lost: set[Number] = set()
        for plan in sent.plans:
            number = plan.shipment.waybill_no, plan.shipment.carrier
            if plan.result.result is Result.REJECTED:
                lost.add(number)
            else:
                lives[number] = plan.life.life if plan.life is not None else _life_of(plan)
        for number in joined:
            lives[number] = self._desk.lives[number][-1].life
        known = {number: set(self._desk.lives[number][-1].order_nos.split(";")) for number in joined}
        sending.join(
            self._connection,
            [
                sending.Joining((*number, lives[number]), lines_of(self._desk, held[number], but=known[number]))
                for number in joined
            ],
            self._knowledge,
        )
        news.tell({self._shop_id, *sent.organisations} if going else ())
        return lives, lost

    def _shipment(self, number: Number, held: Sequence[Held]) -> ShipmentIn:
        heads = [self._desk.known.heads[each] for each in dict.fromkeys(one.order_id for one in held)]
        return ShipmentIn(
            shop_id=self._shop_id,
            carrier=number[1],
            waybill_no=number[0],
            shipped_at=self._knowledge.now,
            paid_at=min((head.paid_at for head in heads if head.paid_at), default=0),
            sender_division=division(heads[0].sender_division) or self._ships_from,
            receiver_division=division(heads[0].receiver_division),
            receiver_tail=tail_of(heads[0]),
            lines=lines_of(self._desk, held),
        )

    def _pack(self, decisions: Sequence[Decision], lives: Mapping[Number, int]) -> list[Decision]:
        """Write the packs: one for each number and mode of this batch; name each wish's pack in its decision."""
        ids_of: dict[tuple[Number, Mode, int], int] = {}
        held: dict[int, dict[tuple[int, int], int]] = {}
        serials: dict[int, list[Serial]] = {}
        named: list[Decision] = []
        for each in decisions:
            if each.outcome is not Outcome.SHIPPED:
                named.append(each)
                continue
            pack_id = ids_of.setdefault((each.number, each.wish.mode, each.wish.replaces), ids.new_id())
            pieces = held.setdefault(pack_id, {})
            for one in each.held:
                pieces[one[:2]] = pieces.get(one[:2], 0) + one.quantity
            serials.setdefault(pack_id, []).extend(each.serials)
            named.append(replace(each, pack_id=pack_id))
        made = [
            NewPack(
                id=pack_id,
                shop_id=self._shop_id,
                carrier=number[1],
                waybill_no=number[0],
                life=lives[number],
                shipped_at=self._knowledge.now,
                held=tuple(Held(*line, quantity) for line, quantity in sorted(held[pack_id].items())),
                serials=tuple(serials[pack_id]),
                is_resend=mode is Mode.RESEND,
                edited_from=replaces or None,
            )
            for (number, mode, replaces), pack_id in ids_of.items()
        ]
        packs.record(self._connection, made, now=self._now, by=packs.acting(self._actor))
        return named


def lines_of(desk: Desk, held: Sequence[Held], *, but: Collection[str] = ()) -> tuple[LineIn, ...]:
    """Return the lines of a parcel, each once; those whose numbers it tells already are left out."""
    wanted = sorted({(each.order_id, each.line_no) for each in held})
    lines = {(row.order_id, row.line_no): row for each in held for row in desk.known.lines[each.order_id]}
    return tuple(
        LineIn(
            order_no=line.order_no,
            creator_id=line.creator_id,
            is_self_sold=line.is_self_sold,
            is_cross_border=line.is_cross_border,
            is_customer_return=False,
            room_id=line.room_id,
            product_id=line.product_id,
            product_name=line.product_name,
        )
        for line in (lines[each] for each in wanted)
        if line.order_no not in but
    )


def _life_of(plan: beginning.Plan) -> int:
    """Return the life a plan that writes none speaks of: that of a shipment told before, or 0 for a claim."""
    return int(plan.result.id.rpartition("/")[2]) if plan.result.result is Result.DUPLICATE else 0


def _lost(decision: Decision) -> Decision:
    if decision.outcome is not Outcome.SHIPPED:
        return decision
    return replace(decision, outcome=Outcome.REFUSED, refused=Refused.NUMBER_IN_USE, held=(), serials=(), order_ids=())


def _answer(decision: Decision, desk: Desk, *, is_waiting: bool = False) -> Answer:
    is_shipped = decision.outcome is Outcome.SHIPPED
    return Answer(
        outcome=decision.outcome,
        refused=decision.refused,
        pack_id=decision.pack_id,
        carrier=decision.carrier or decision.wish.carrier,
        waybill_no=decision.waybill_no,
        order_nos=tuple(desk.known.heads[each].order_no for each in decision.order_ids)
        or tuple(dict.fromkeys(part.order_no for part in decision.wish.parts)),
        is_unusual=decision.is_unusual,
        is_waiting=is_shipped and is_waiting,
        where=decision.where,
    )


def kept(answer: Answer) -> dict[str, Any]:
    """Return an answer as it is kept with a request key."""
    return asdict(answer)


def read(kept: Mapping[str, Any]) -> Answer:
    """Return an answer as it was kept with a request key."""
    return Answer(
        **{
            **kept,
            "outcome": Outcome(kept["outcome"]),
            "refused": Refused(kept["refused"]) if kept["refused"] else None,
            "order_nos": tuple(kept["order_nos"]),
            "where": tuple(kept["where"]),
        }
    )


def _check(wishes: Sequence[Shipment], actor: Actor) -> None:
    if not 1 <= len(wishes) <= BATCH_MAX:
        raise TooMany(most=BATCH_MAX)
    require(actor)
    if not {wish.shop_id for wish in wishes} <= set(actor.organisation_ids):
        raise NotVisible


def require(actor: Actor) -> None:
    """
    Do nothing for who may ship: a shop's person whose role allows it, or a shop's machine.

    :raises Forbidden: anybody else.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting:
        raise Forbidden
    if actor.credential_id is None:
        actor.require(Permission.ORDERS_SHIP)


def _by_shop(wishes: Sequence[Shipment]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for place, wish in enumerate(wishes):
        found.setdefault(wish.shop_id, []).append(place)
    return found


def _record(
    answers: Sequence[Answer],
    order_ids: Sequence[int],
    *,
    shop_id: int,
    actor: Actor,
    at: tuple[datetime, datetime],
) -> None:
    if not order_ids:
        return
    audit.record(
        act="order.shipped",
        subject=f"order/{order_ids[0]}" if len(order_ids) == 1 else f"shop/{shop_id}",
        organisation_id=shop_id,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        details={"orders": len(order_ids), "packs": len({each.pack_id for each in answers if each.pack_id})},
        at_business=at[0],
        at_real=at[1],
    )
