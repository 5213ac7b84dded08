"""
What an operator does about violations by hand, with a reason: opens one that no rule finds by itself, with evidence,
and takes one back. What it costs is what the published policy of its kind says, whether that is on or off.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_noop

from yidao.accounts.actors import Actor
from yidao.audit import services as audit
from yidao.judging import appeals, bans, cases, naming, opening, reversal
from yidao.judging.case_models import CaseFile, CaseText
from yidao.judging.models import Judgement, Kind, ProductBan, Reversal, Violation
from yidao.judging.opening import NewJudgement
from yidao.kit import db, news
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import raw
from yidao.orders.models import Order
from yidao.policies import books, families
from yidao.policies.books import Shelf
from yidao.policies.families import Family
from yidao.rules import false_shipment, out_of_stock, pickup_violation, transit_violation
from yidao.rules.instants import HOUR, instant

BY_HAND: Final = (Kind.PICKUP_TIMEOUT, Kind.TRANSIT_TIMEOUT, Kind.OUT_OF_STOCK, Kind.FALSE_SHIPMENT)
"""What an operator may open; late shipment is the judge's alone, who never errs about a clock."""

LIFTED: Final = kinds.Kind(
    name="violation.lifted",
    title=gettext_noop("A violation was lifted"),
    text=gettext_noop("%(what)s: the platform took it back, and what it took is given back."),
    words=naming.named,
)
BAN_LIFTED: Final = kinds.Kind(
    name="ban.lifted",
    title=gettext_noop("A product may be sold again"),
    text=gettext_noop("The platform lifted the ban of product %(product)s."),
)
kinds.register(LIFTED, BAN_LIFTED)


class OpeningRefused(Refusal):
    """The violation cannot be opened as the form asks; the faults say which field and why."""

    code = "violation.opening_refused"
    status = 422
    message = "This violation cannot be opened: look at the marked fields."


class OpenedAlready(Refusal):
    """Somebody else opened the same at the same moment."""

    code = "violation.opened_already"
    message = "Somebody else has opened this meanwhile. Please look at it again."


class ReversedAlready(Refusal):
    """The violation was lifted before."""

    code = "violation.reversed_already"
    message = "This violation was lifted already."


class BanLiftedAlready(Refusal):
    """The ban was lifted before."""

    code = "ban.lifted_already"
    message = "This ban was lifted already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What an operator says happened: to which order (of which shop, if several use the number), why, and the proof."""

    order_no: str
    shop_id: int | None
    kind: str
    reason: str
    pictures: Sequence[bytes] = ()


Facts = Mapping[str, Any]


def _pickup(policy: Any, order: Order) -> Facts:
    price = pickup_violation.price(policy, paid_fen=order.paid_fen)
    return {**price._asdict(), "points_week_max_tenths": policy.points_week_max_tenths}


def _transit(policy: Any, order: Order) -> Facts:
    price = transit_violation.price(policy, paid_fen=order.paid_fen)
    return {**price._asdict(), "points_week_max_tenths": policy.points_week_max_tenths}


def _out_of_stock(policy: Any, order: Order) -> Facts:
    hours = 0
    if order.paid_at is not None and order.ship_by_at is not None:
        hours = (instant(order.ship_by_at) - instant(order.paid_at)) // HOUR
    return {**out_of_stock.price(policy, paid_fen=order.paid_fen, promise_hours=hours)._asdict(), "hours": hours}


def _false_shipment(policy: Any, order: Order) -> Facts:
    return {**false_shipment.price(policy)._asdict(), "day_cap_fen": policy.day_cap_fen}


PRICED: Final[Mapping[str, tuple[Family[Any], Callable[[Any, Order], Facts]]]] = {
    Kind.PICKUP_TIMEOUT: (families.PICKUP_VIOLATION, _pickup),
    Kind.TRANSIT_TIMEOUT: (families.TRANSIT_VIOLATION, _transit),
    Kind.OUT_OF_STOCK: (families.OUT_OF_STOCK, _out_of_stock),
    Kind.FALSE_SHIPMENT: (families.FALSE_SHIPMENT, _false_shipment),
}


def costs(kind: str, order: Order, shelf: Shelf) -> tuple[str, dict[str, Any]]:
    """Return the version that prices a violation of an order, and what it says: the facts settlement books from."""
    family, priced = PRICED[kind]
    anchor = order.paid_at or order.recorded_at
    policy = shelf.of(family).choose(instant(anchor), order.shop_id, "")
    facts = {name: value for name, value in priced(policy, order).items() if name != "cause"}
    return policy.version, {**facts, "paid_fen": order.paid_fen}


def open_violation(*, actor: Actor, charge: Charge, now: datetime, real_now: datetime) -> int:
    """
    Open a violation against an order's shop, and return its id. The shop is told in its next round, and may appeal.

    :raises Forbidden: the role does not allow it.
    :raises OpeningRefused: there is no such order or kind.
    :raises cases.ReasonNeeded: there is no reason.
    :raises cases.PictureRefused: one of the pictures is none.
    :raises OpenedAlready: another operator was faster.
    """
    cases.require_operator(actor)
    words = cases.reason(charge.reason)
    policy = appeals.policy_at(now)
    with db.transaction(actor):
        order = _order(charge)
        pictures = cases.checked(charge.pictures, policy)
        earlier = Judgement.objects.filter(order_id=order.id, kind=charge.kind).count()
        version, facts = costs(charge.kind, order, books.shelf(raw.plain()))
        new = NewJudgement(
            shop_id=order.shop_id,
            order_id=order.id,
            order_no=order.order_no,
            kind=charge.kind,
            round=1,
            ordinal=earlier + 1,
            at=instant(now),
            policy=version,
            facts={**facts, "by_hand": True},
            opened_by=actor.user_id,
        )
        (violation_id,) = opening.open(raw.plain(), [new], now=now)
        if violation_id is None:
            raise OpenedAlready
        cases.say(violation_id, words, about=CaseText.About.OPENING, actor=actor, now=now)
        cases.keep(pictures, policy, owner=CaseFile.Owner.VIOLATION, owner_id=violation_id, real_now=real_now)
        news.tell([order.shop_id])
        details = {"kind": charge.kind, "order": str(order.id), "pictures": len(pictures)}
        _record("violation.opened", violation_id, order.shop_id, actor, details, now=now, real_now=real_now)
    return violation_id


def _order(charge: Charge) -> Order:
    """
    Return the locked order a charge names.

    :raises OpeningRefused: there is none, there are several, or the kind is none to open.
    """
    if charge.kind not in BY_HAND:
        raise OpeningRefused(faults=(FieldFault(pointer="kind", code="unknown"),))
    rows = Order.objects.select_for_update().filter(order_no=charge.order_no.strip())
    if charge.shop_id is not None:
        rows = rows.filter(shop_id=charge.shop_id)
    found = list(rows.order_by("id")[:2])
    if len(found) != 1:
        raise OpeningRefused(faults=(FieldFault(pointer="shop" if found else "order", code="unknown"),))
    return found[0]


def reverse(*, actor: Actor, violation_id: int, reason: str, now: datetime, real_now: datetime) -> None:
    """
    Take back one violation with everything it led to.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is none.
    :raises ReversedAlready: it was lifted before.
    :raises cases.ReasonNeeded: there is no reason.
    """
    cases.require_operator(actor)
    words = cases.reason(reason)
    with db.transaction(actor):
        found = Violation.objects.filter(id=violation_id).first()
        if found is None:
            raise NotVisible
        done = reversal.reverse(
            raw.plain(),
            judgement_ids=[violation_id],
            cause=Reversal.Cause.OPERATOR,
            cause_ref=f"user/{actor.user_id}",
            now=now,
            user_id=actor.user_id,
            is_told=True,
        )
        if not done.judgements:
            raise ReversedAlready
        cases.say(violation_id, words, about=CaseText.About.REVERSAL, actor=actor, now=now)
        notices.tell(
            organisation_id=found.shop_id,
            kind=LIFTED.name,
            key=f"violation/{violation_id}/lifted",
            params={"violation_kind": found.kind},
            address=f"violations/{violation_id}/",
            now=now,
        )
        details = {"kind": found.kind, "order": str(found.order_id)}
        _record("violation.reversed", violation_id, found.shop_id, actor, details, now=now, real_now=real_now)


def lift_ban(*, actor: Actor, ban_id: int, reason: str, now: datetime, real_now: datetime) -> None:
    """
    Let a banned product be sold again, whatever brought the ban about; the judgements stand.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such ban.
    :raises BanLiftedAlready: it was lifted before.
    :raises cases.ReasonNeeded: there is no reason.
    """
    cases.require_operator(actor)
    words = cases.reason(reason)
    with db.transaction(actor):
        found = ProductBan.objects.filter(id=ban_id).first()
        if found is None:
            raise NotVisible
        if not bans.lift(raw.plain(), [ban_id], cause=Reversal.Cause.OPERATOR, now=now, user_id=actor.user_id):
            raise BanLiftedAlready
        cases.say(found.judgement_id, words, about=CaseText.About.BAN_LIFTED, actor=actor, now=now)
        notices.tell(
            organisation_id=found.shop_id,
            kind=BAN_LIFTED.name,
            key=f"ban/{ban_id}/lifted",
            params={"product": found.product_id},
            address="violations/",
            now=now,
        )
        details = {"product": found.product_id, "order": str(found.order_id)}
        _record("ban.lifted", found.judgement_id, found.shop_id, actor, details, now=now, real_now=real_now)


def _record(
    act: str,
    violation_id: int,
    shop_id: int,
    actor: Actor,
    details: Mapping[str, Any],
    *,
    now: datetime,
    real_now: datetime,
) -> None:
    audit.record(
        act=act,
        subject=f"violation/{violation_id}",
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=shop_id,
        details=details,
        at_real=real_now,
        at_business=now,
    )
