"""
Sanctions against shops (停业, 清退): proposed by the rule or by hand, decided by a person in two steps, lifted again.
While one is in force, the shop's new orders are refused; its open ones must still be shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db.models import Count
from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.accounts.actors import SYSTEM, Actor, ActorKind
from yidao.audit import services as audit
from yidao.judging import cases
from yidao.judging.case_models import Sanction
from yidao.judging.models import Kind as ViolationKind
from yidao.kit import arrays, db, ids, micros, news
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import raw
from yidao.policies import books, families
from yidao.rules import sanctions
from yidao.rules.instants import Instant, instant, to_datetime
from yidao.rules.sanctions import Kind

State = Sanction.State
LISTED_MAX: Final = 200
REASON_PLACE: Final = "sanction.reason"
LIFT_PLACE: Final = "sanction.lift_reason"

PROPOSED: Final = kinds.Kind(
    name="sanction.proposed",
    title=gettext_noop("A shop is proposed for closing"),
    text=gettext_noop("%(shop)s: %(count)s orders were judged as often as may be and still wait."),
    is_urgent=True,
)
IN_FORCE: Final = kinds.Kind(
    name="sanction.in_force",
    title=gettext_noop("Your shop takes no new orders"),
    text=gettext_noop("The platform has closed your shop. Orders that are open must still be shipped."),
    is_urgent=True,
)
LIFTED: Final = kinds.Kind(
    name="sanction.lifted",
    title=gettext_noop("Your shop takes orders again"),
    text=gettext_noop("The platform has lifted what it had decided against your shop."),
)
kinds.register(PROPOSED, IN_FORCE, LIFTED)


class SanctionRefused(Refusal):
    """What is asked does not fit how the sanction stands: somebody was faster."""

    code = "sanction.refused"
    message = "This was decided meanwhile. Please look at it again."


class NameDiffers(Refusal):
    """The shop's name was not typed as it is; nothing happened."""

    code = "sanction.name_differs"
    status = 422
    message = "Type the shop's name exactly as it is written."


_CLOSED: Final = "SELECT DISTINCT shop_id FROM sanction WHERE state = 'IN_FORCE' AND shop_id = ANY(%s::bigint[])"


def closed_shops(connection: psycopg.Connection[Any], shop_ids: Sequence[int]) -> set[int]:
    """Return which of these shops take no new orders."""
    if not shop_ids:
        return set()
    return {shop_id for (shop_id,) in micros.rows(connection, _CLOSED, (arrays.integers(sorted(set(shop_ids))),))}


def is_closed(actor: Actor) -> bool:
    """Return whether any of the actor's shops takes no new orders."""
    return Sanction.objects.filter(shop_id__in=actor.organisation_ids, state=State.IN_FORCE).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionRow:
    """One sanction as pages show it."""

    id: int
    shop_id: int
    kind: str
    state: str
    policy: str
    stubborn_orders: int
    proposed_at: datetime
    proposed_by: int | None
    decided_at: datetime | None
    decided_by: int | None
    reason: str
    lifted_at: datetime | None
    lifted_by: int | None
    lift_reason: str

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return self.state


def _row(found: Sanction) -> SanctionRow:
    return SanctionRow(
        id=found.id,
        shop_id=found.shop_id,
        kind=found.kind,
        state=found.state,
        policy=found.policy,
        stubborn_orders=found.stubborn_orders,
        proposed_at=found.proposed_at,
        proposed_by=found.proposed_by,
        decided_at=found.decided_at,
        decided_by=found.decided_by,
        reason=cases.opened(found.reason_encrypted, place=REASON_PLACE, row_id=found.id),
        lifted_at=found.lifted_at,
        lifted_by=found.lifted_by,
        lift_reason=cases.opened(found.lift_reason_encrypted, place=LIFT_PLACE, row_id=found.id),
    )


def sanction(sanction_id: int, *, actor: Actor) -> SanctionRow:
    """
    Return one sanction for the platform.

    :raises NotVisible: there is none, or the actor is not of the platform.
    """
    found = Sanction.objects.filter(id=sanction_id).first()
    if found is None or actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    return _row(found)


def listed(*, actor: Actor, state: str) -> tuple[SanctionRow, ...]:
    """Return the sanctions of one state for the platform, the newest first, LISTED_MAX at most."""
    if actor.kind is not ActorKind.OPERATOR:
        return ()
    return tuple(map(_row, Sanction.objects.filter(state=state).order_by("-proposed_at", "-id")[:LISTED_MAX]))


def counts(*, actor: Actor) -> dict[str, int]:
    """Return for the platform how many sanctions stand how."""
    if actor.kind is not ActorKind.OPERATOR:
        return {}
    found = Sanction.objects.values("state").order_by().annotate(count=Count("id"))
    return {each["state"]: each["count"] for each in found}


def in_force(actor: Actor, shop_id: int) -> tuple[SanctionRow, ...]:
    """Return what holds against a shop that the actor may see; nothing for others."""
    if actor.kind is not ActorKind.OPERATOR and shop_id not in actor.organisation_ids:
        return ()
    return tuple(map(_row, Sanction.objects.filter(shop_id=shop_id, state=State.IN_FORCE).order_by("decided_at", "id")))


# --- What people do ---


def propose_by_hand(*, actor: Actor, shop_id: int, kind: Kind, now: datetime, real_now: datetime) -> int:
    """
    Propose a sanction against a shop whatever the rule says, and return its id; deciding is another step.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such shop.
    :raises SanctionRefused: one of the kind is proposed or in force.
    """
    cases.require_operator(actor)
    if accounts.organisation_kinds([shop_id]).get(shop_id) != "SHOP":
        raise NotVisible
    with db.transaction(actor):
        sanction_id = _propose(shop_id, kind, stubborn=0, now=now, user_id=actor.user_id)
        if sanction_id is None:
            raise SanctionRefused
        _record("sanction.proposed", sanction_id, shop_id, actor, kind, now=now, real_now=real_now)
    return sanction_id


def decide(
    *,
    actor: Actor,
    sanction_id: int,
    is_imposed: bool,
    reason: str,
    typed_name: str,
    now: datetime,
    real_now: datetime,
) -> None:
    """
    Impose a proposed sanction, for which the shop's name must be typed, or dismiss it; either way with a reason.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such sanction.
    :raises SanctionRefused: it is not proposed any more.
    :raises NameDiffers: the name is another.
    :raises cases.ReasonNeeded: there is no reason.
    """
    cases.require_operator(actor)
    words = cases.reason(reason)
    with db.transaction(actor):
        found = _locked(sanction_id, State.PROPOSED)
        if is_imposed and typed_name.strip() != accounts.organisation_names([found.shop_id]).get(found.shop_id, ""):
            raise NameDiffers(faults=(FieldFault(pointer="typed", code="differs"),))
        found.state = State.IN_FORCE if is_imposed else State.DISMISSED
        found.decided_at, found.decided_by = now, actor.user_id
        found.reason_encrypted = cases.sealed(words, place=REASON_PLACE, row_id=found.id)
        found.save(update_fields=["state", "decided_at", "decided_by", "reason_encrypted"])
        if is_imposed:
            _tell(found, IN_FORCE, now=now)
        _record(
            "sanction.imposed" if is_imposed else "sanction.dismissed",
            found.id,
            found.shop_id,
            actor,
            Kind(found.kind),
            now=now,
            real_now=real_now,
        )


def lift(*, actor: Actor, sanction_id: int, reason: str, now: datetime, real_now: datetime) -> None:
    """
    Lift a sanction that is in force: the shop takes orders again unless another holds.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such sanction.
    :raises SanctionRefused: it is not in force.
    :raises cases.ReasonNeeded: there is no reason.
    """
    cases.require_operator(actor)
    words = cases.reason(reason)
    with db.transaction(actor):
        found = _locked(sanction_id, State.IN_FORCE)
        found.state, found.lifted_at, found.lifted_by = State.LIFTED, now, actor.user_id
        found.lift_reason_encrypted = cases.sealed(words, place=LIFT_PLACE, row_id=found.id)
        found.save(update_fields=["state", "lifted_at", "lifted_by", "lift_reason_encrypted"])
        if not Sanction.objects.filter(shop_id=found.shop_id, state=State.IN_FORCE).exists():
            _tell(found, LIFTED, now=now)
        _record("sanction.lifted", found.id, found.shop_id, actor, Kind(found.kind), now=now, real_now=real_now)


def _locked(sanction_id: int, state: str) -> Sanction:
    found = Sanction.objects.select_for_update().filter(id=sanction_id).first()
    if found is None:
        raise NotVisible
    if found.state != state:
        raise SanctionRefused
    return found


def _tell(found: Sanction, kind: kinds.Kind, *, now: datetime) -> None:
    notices.tell(
        organisation_id=found.shop_id,
        kind=kind.name,
        key=f"sanction/{found.id}/{found.state}",
        params={},
        address="violations/",
        now=now,
    )


def _record(
    act: str, sanction_id: int, shop_id: int, actor: Actor, kind: Kind, *, now: datetime, real_now: datetime
) -> None:
    audit.record(
        act=act,
        subject=f"sanction/{sanction_id}",
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=shop_id,
        details={"kind": kind.value},
        at_real=real_now,
        at_business=now,
    )


# --- What the rule proposes ---

_STUBBORN: Final = """
SELECT v.shop_id, v.policy, v.ordinal, count(DISTINCT v.order_id)
  FROM violation AS v JOIN order_head AS o ON o.id = v.order_id
 WHERE v.shop_id = ANY(%s::bigint[]) AND v.kind = %s AND v.state <> 'REVERSED' AND v.at >= %s AND v.at < %s
   AND o.ship_by_at IS NOT NULL AND o.open_refunds = 0
 GROUP BY v.shop_id, v.policy, v.ordinal
"""


def stubborn_orders(shop_ids: Sequence[int], *, now: datetime) -> dict[int, int]:
    """Return for each shop how many orders were judged as often as may be within the window, and still wait."""
    connection = raw.plain()
    shelf = books.shelf(connection)
    policy = shelf.of(families.SANCTION).choose(instant(now), None, "")
    since = to_datetime(sanctions.window_starts_at(instant(now), policy))
    late = shelf.of(families.LATE_SHIPMENT)
    found = dict.fromkeys(shop_ids, 0)
    facts = (arrays.integers(sorted(shop_ids)), ViolationKind.LATE_SHIPMENT.value, since, now)
    for shop_id, name, ordinal, count in micros.rows(connection, _STUBBORN, facts):
        if ordinal == late.by_name(name).judgements_max:
            found[shop_id] += count
    return found


def propose(shop_ids: Sequence[int], *, now: datetime) -> int:
    """Propose what the rule proposes against these shops and return how many proposals are new; twice is once."""
    policy = books.shelf(raw.plain()).of(families.SANCTION).choose(instant(now), None, "")
    stubborn = {shop: count for shop, count in stubborn_orders(shop_ids, now=now).items() if count}
    made = 0
    with db.transaction(SYSTEM):
        known: dict[int, list[Sanction]] = {}
        for each in Sanction.objects.filter(shop_id__in=stubborn):
            known.setdefault(each.shop_id, []).append(each)
        for shop_id, count in sorted(stubborn.items()):
            kind = sanctions.proposal(_facts(known.get(shop_id, []), count), policy, instant(now))
            if kind is not None and _propose(shop_id, kind, stubborn=count, now=now, user_id=None) is not None:
                made += 1
    return made


def _facts(known: Sequence[Sanction], stubborn: int) -> sanctions.Facts:
    dismissed = [each.decided_at for each in known if each.state == State.DISMISSED and each.decided_at is not None]
    last: Instant | None = instant(max(dismissed)) if dismissed else None
    live = frozenset(Kind(each.kind) for each in known if each.state in (State.PROPOSED, State.IN_FORCE))
    return sanctions.Facts(stubborn_orders=stubborn, live=live, dismissed_at=last)


def _propose(shop_id: int, kind: Kind, *, stubborn: int, now: datetime, user_id: int | None) -> int | None:
    """Write a proposal in the caller's transaction and tell the platform; None when one of the kind is live."""
    policy = books.shelf(raw.plain()).of(families.SANCTION).choose(instant(now), None, "")
    sanction_id = ids.new_id()
    proposed = Sanction(
        id=sanction_id,
        shop_id=shop_id,
        kind=kind,
        state=State.PROPOSED,
        policy=policy.version,
        stubborn_orders=stubborn,
        proposed_at=now,
        proposed_by=user_id,
    )
    Sanction.objects.bulk_create([proposed], ignore_conflicts=True)
    if not Sanction.objects.filter(id=sanction_id).exists():
        return None
    for platform in accounts.platforms() if user_id is None else ():
        notices.tell(
            organisation_id=platform,
            kind=PROPOSED.name,
            key=f"sanction/{sanction_id}",
            params={"count": stubborn, "shop_id": str(shop_id)},
            address="/o/sanctions/",
            now=now,
        )
    news.tell(accounts.platforms())
    return sanction_id
