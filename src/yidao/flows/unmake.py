"""
Unmaking packs whose number proved wrong (单号有误): what they carried counts as never shipped. D is what it was, and
the judge makes what is missing with the times it should have had. Doubts come from the parcels; people may say so too.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import psycopg
from django.utils.translation import gettext_noop

from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.flows.desk import policy_at
from yidao.kit import clock, db, news
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.kit.sweeps import Concern
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import packs, raw, standing
from yidao.orders.packs import PackRow
from yidao.parcels import doubts, sending
from yidao.parcels.doubts import DoubtRow
from yidao.parcels.lives import Life
from yidao.policies import books, families
from yidao.rules import parcel, routes, shipping
from yidao.rules.instants import NEVER, Instant, instant
from yidao.rules.shipping import Doubt, Finding, NumberFacts

BATCH_SIZE: Final = 200
NAME: Final = "numbers"


class Cause(StrEnum):
    """Why a pack was unmade: what its number showed, or who said that it is wrong."""

    VOIDED = "VOIDED"
    REUSED = "REUSED"
    ELSEWHERE = "ELSEWHERE"
    CLAIMED = "CLAIMED"
    BY_OPERATOR = "BY_OPERATOR"
    BY_SHOP = "BY_SHOP"
    BY_MARKETPLACE = "BY_MARKETPLACE"


WORDS: Final[Mapping[str, str]] = {
    Cause.VOIDED: gettext_noop("the carrier voided the number"),
    Cause.REUSED: gettext_noop("the number was another receiver's shortly before"),
    Cause.ELSEWHERE: gettext_noop("the number was seen in foreign cities only"),
    Cause.CLAIMED: gettext_noop("the scans of the number are another's"),
    Cause.BY_OPERATOR: gettext_noop("the platform found the number wrong"),
    Cause.BY_SHOP: gettext_noop("the shop said that the number is wrong"),
    Cause.BY_MARKETPLACE: gettext_noop("the marketplace said that the number is wrong"),
}
"""Why a pack counts as never shipped, in words."""

WRONG: Final = kinds.Kind(
    name="order.number_wrong",
    title=gettext_noop("Waybill numbers are wrong"),
    text=gettext_noop(
        "%(count)s packs have a wrong number. Their orders count as never shipped until you give the right one."
    ),
    is_urgent=True,
)
kinds.register(WRONG)


class UnmakeRefused(Refusal):
    """The pack counts no more already, or its orders are received or closed."""

    code = "pack.unmake_refused"
    message = "This pack counts no more, or its orders are over."


def unmake(pack_id: int, *, actor: Actor, now: datetime, real_now: datetime) -> tuple[int, ...]:
    """
    Let a pack count as never shipped because somebody who must know says so; return the orders it touches.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such pack, or it is another shop's.
    :raises UnmakeRefused: it counts no more already, or all of its orders are over.
    """
    cause = _cause(actor)
    with db.transaction(actor):
        connection = raw.plain()
        pack = packs.packs(connection, [pack_id]).get(pack_id)
        if pack is None or (actor.kind is ActorKind.MERCHANT and pack.shop_id not in actor.organisation_ids):
            raise NotVisible
        order_ids = _unmake(connection, [pack], cause, now=now)
        if not order_ids:
            raise UnmakeRefused
        if actor.kind is not ActorKind.MERCHANT:
            _tell({pack.shop_id: 1}, now=now)
        _record([pack], cause, actor=actor, at=(now, real_now))
    return order_ids


def _cause(actor: Actor) -> Cause:
    if actor.is_visiting:
        raise Forbidden
    if actor.kind is ActorKind.MERCHANT:
        if actor.credential_id is None:
            actor.require(Permission.ORDERS_SHIP)
        return Cause.BY_SHOP
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    if actor.credential_id is not None:
        return Cause.BY_MARKETPLACE
    actor.require(Permission.JUDGEMENTS_DECIDE)
    return Cause.BY_OPERATOR


def _unmake(
    connection: psycopg.Connection[Any], some: Sequence[PackRow], cause: str, *, now: datetime
) -> tuple[int, ...]:
    """Unmake packs whose orders are not over, and return the orders touched; locks the orders first."""
    order_ids = packs.orders_of(connection, [pack.id for pack in some])
    packs.lock(connection, order_ids)
    going = [pack.id for pack in some if not packs.are_over(connection, packs.orders_of(connection, [pack.id]))]
    ended = packs.end(connection, going, state=packs.UNMADE, cause=cause, now=now)
    touched = packs.orders_of(connection, ended)
    standing.refresh(connection, touched, now=now)
    news.tell({pack.shop_id for pack in some if pack.id in ended})
    return touched


def step(bucket: int, now: datetime) -> int:
    """Look into the doubts of one bucket that are due; settled ones are gone, open ones wait for their time."""
    with db.transaction(SYSTEM):
        connection = raw.plain()
        due = doubts.due(connection, bucket, now=now, limit=BATCH_SIZE)
        if due:
            _look_into(connection, due, now=now)
    return len(due)


CONCERN: Final = Concern(name=NAME, step=step)


def _look_into(connection: psycopg.Connection[Any], due: Sequence[DoubtRow], *, now: datetime) -> None:
    rows = packs.live_under(connection, [(each.waybill_no, each.carrier, each.shop_id) for each in due])
    lives = sending.known(connection, [(each.waybill_no, each.carrier) for each in due])
    book = books.shelf(connection).of(families.SHIPPING)
    wrong: dict[int, tuple[PackRow, Doubt]] = {}
    open_: list[tuple[DoubtRow, Instant]] = []
    named: list[tuple[int, int]] = []
    for each in due:
        for pack in (row for row in rows if _is_about(each, row)):
            own = _own_life(lives[each.waybill_no, each.carrier], pack)
            if own is not None and not pack.life:
                named.append((pack.id, own.life))
            policy = policy_at(book, pack.shipped_at, pack.shop_id)
            facts = _facts(pack, own, lives[each.waybill_no, each.carrier])
            found = shipping.finding(each.doubt, facts, policy, now=instant(now))
            if found is Finding.OPEN:
                open_.append((each, shipping.claim_until(pack.shipped_at, policy)))
            elif found is Finding.WRONG:
                wrong.setdefault(pack.id, (pack, each.doubt))
    packs.name_lives(connection, named)
    _unmake_found(connection, list(wrong.values()), now=now)
    waiting = dict(open_)
    doubts.put_off(connection, list(waiting.items()))
    doubts.drop(connection, [each for each in due if each not in waiting])


def _unmake_found(
    connection: psycopg.Connection[Any], wrong: Sequence[tuple[PackRow, Doubt]], *, now: datetime
) -> None:
    for doubt in sorted({doubt for _, doubt in wrong}):
        some = [pack for pack, each in wrong if each is doubt]
        if _unmake(connection, some, Cause(doubt.value), now=now):
            ended = packs.packs(connection, [pack.id for pack in some])
            gone = [pack for pack in ended.values() if pack.state == packs.UNMADE]
            _tell(Counter(pack.shop_id for pack in gone), now=now)
            _record(gone, doubt.value, actor=SYSTEM, at=(now, clock.real_now()))


def _is_about(doubt: DoubtRow, pack: PackRow) -> bool:
    """Tell whether a doubt is about a pack: of the same life, or of one that did not know its life yet."""
    is_same = (doubt.waybill_no, doubt.carrier, doubt.shop_id) == (pack.waybill_no, pack.carrier, pack.shop_id)
    return is_same and (not pack.life or pack.life == doubt.life)


def _own_life(of_number: Sequence[Life], pack: PackRow) -> Life | None:
    return next(
        (
            life
            for life in of_number
            if (life.life == pack.life if pack.life else life.shop_id == pack.shop_id and not life.is_over)
        ),
        None,
    )


def _facts(pack: PackRow, own: Life | None, of_number: Sequence[Life]) -> NumberFacts:
    if own is None:
        return NumberFacts(shipped_at=pack.shipped_at, is_claim_waiting=not pack.life)
    earlier = next((life for life in of_number if life.life == own.life - 1), None)
    return NumberFacts(
        shipped_at=pack.shipped_at,
        is_voided=own.status == parcel.Status.VOIDED,
        free_since=parcel.over_since(earlier.before) if earlier is not None else NEVER,
        cities=frozenset(city for _, _, _, city in own.before.entries if city),
        sender_city=routes.city_of(own.sender_division),
        receiver_city=routes.city_of(own.receiver_division),
    )


def _tell(counts: Mapping[int, int], *, now: datetime) -> None:
    for shop_id, count in sorted(counts.items()):
        notices.tell_round(
            organisation_id=shop_id,
            kind=WRONG.name,
            key=f"number-wrong/{now:%Y%m%d%H}",
            counts={"count": count},
            params={},
            address="orders/?label=UNMADE",
            now=now,
        )


def _record(some: Sequence[PackRow], cause: str, *, actor: Actor, at: tuple[datetime, datetime]) -> None:
    for pack in some:
        audit.record(
            act="pack.unmade",
            subject=f"pack/{pack.id}",
            organisation_id=pack.shop_id,
            user_id=actor.user_id,
            credential_id=actor.credential_id,
            details={"reason": cause, "carrier": pack.carrier},
            at_business=at[0],
            at_real=at[1],
        )
