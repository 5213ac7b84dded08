"""The brake of the settlement: an operator lets a shop, a kind of violation, or one kind of one shop wait."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError
from django.db.models import F

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.models import Organisation
from yidao.audit import services as audit
from yidao.judging.models import Kind
from yidao.judging.settlement_models import SettlementHold
from yidao.kit import db, ids, news
from yidao.kit.errors import FieldFault, NotVisible, Refusal

REASON_CHARS_MAX: Final = 200
HOLDS_MAX: Final = 100
"""So many holds a page shows, those in force first."""


class HoldRefused(Refusal):
    """The hold names nothing, or gives no reason."""

    code = "settlement.hold_refused"
    status = 422
    message = "Name a shop or a kind of violation, and say why in at most %(most)s characters."


class HeldAlready(Refusal):
    """Just that is held already."""

    code = "settlement.held_already"
    message = "This is held already."


class LiftedAlready(Refusal):
    """The hold was lifted before."""

    code = "settlement.lifted_already"
    message = "This hold was lifted before."


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """One hold; without a shop it is for all shops, without a kind for all kinds."""

    id: int
    shop_id: int | None
    violation_kind: str
    reason: str
    held_at: datetime
    held_by: int | None
    lifted_at: datetime | None
    lifted_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """What is to be held, and why."""

    shop_id: int | None
    violation_kind: str
    reason: str


_FIELDS: Final = tuple(HoldRow.__dataclass_fields__)


def _operator(actor: Actor) -> None:
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible


def holds(actor: Actor) -> tuple[HoldRow, ...]:
    """
    Return the holds in force and then those that were lifted, the newest first.

    :raises NotVisible: the actor is no operator.
    """
    _operator(actor)
    rows = SettlementHold.objects.order_by(F("lifted_at").desc(nulls_first=True), "-held_at", "-id")
    return tuple(HoldRow(**each) for each in rows.values(*_FIELDS)[:HOLDS_MAX])


def hold(brake: Brake, *, actor: Actor, now: datetime, real_now: datetime) -> int:
    """
    Let deductions wait from now on, and return the hold. What was booked stays booked.

    :raises NotVisible: the actor is no operator, or there is no such shop.
    :raises Forbidden: the role does not allow it.
    :raises HoldRefused: it names nothing, or no reason is given.
    :raises HeldAlready: just that is held.
    """
    _operator(actor)
    actor.require(Permission.SETTLEMENTS_HOLD)
    reason = brake.reason.replace("\0", "").strip()
    has_kind = brake.violation_kind in Kind.values
    if not reason or len(reason) > REASON_CHARS_MAX:
        raise HoldRefused(faults=(FieldFault(pointer="reason", code="missing"),), most=REASON_CHARS_MAX)
    if (brake.violation_kind and not has_kind) or (brake.shop_id is None and not has_kind):
        raise HoldRefused(faults=(FieldFault(pointer="kind", code="unknown"),), most=REASON_CHARS_MAX)
    shop_id = brake.shop_id
    if shop_id is not None and accounts.organisation_kinds([shop_id]).get(shop_id) != Organisation.Kind.SHOP:
        raise NotVisible
    hold_id = int(ids.new_id())
    try:
        with db.transaction(actor):
            SettlementHold.objects.create(
                id=hold_id,
                shop_id=brake.shop_id,
                violation_kind=brake.violation_kind,
                reason=reason,
                held_at=now,
                held_by=actor.user_id,
            )
            _record("settlement.held", hold_id, brake.shop_id, actor=actor, now=now, real_now=real_now)
    except IntegrityError:
        raise HeldAlready from None
    return hold_id


def lift(hold_id: int, *, actor: Actor, now: datetime, real_now: datetime) -> None:
    """
    Let what a hold kept back go on; it is settled under its own day.

    :raises NotVisible: the actor is no operator, or there is no such hold.
    :raises Forbidden: the role does not allow it.
    :raises LiftedAlready: somebody lifted it before.
    """
    _operator(actor)
    actor.require(Permission.SETTLEMENTS_HOLD)
    with db.transaction(actor):
        found = SettlementHold.objects.select_for_update().filter(id=hold_id).first()
        if found is None:
            raise NotVisible
        if found.lifted_at is not None:
            raise LiftedAlready
        found.lifted_at, found.lifted_by = now, actor.user_id
        found.save(update_fields=["lifted_at", "lifted_by"])
        _record("settlement.lifted", hold_id, found.shop_id, actor=actor, now=now, real_now=real_now)


def _record(act: str, hold_id: int, shop_id: int | None, *, actor: Actor, now: datetime, real_now: datetime) -> None:
    audit.record(
        act=act,
        user_id=actor.user_id,
        organisation_id=shop_id,
        subject=f"hold/{hold_id}",
        at_real=real_now,
        at_business=now,
    )
    if shop_id is not None:
        news.tell([shop_id])
