"""
The demo's clock as an operator sees it, and the wish to let simulated time run ahead. The market's process grants a
wish hour by hour; this only writes it down and reads how far it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.kit.models import DemoClock, DemoForward

State = DemoForward.State
UNDER_WAY: Final = (State.ASKED, State.RUNNING)
FORWARD_MAX: Final = timedelta(days=366)
SHOWN_MAX: Final = 10


class ForwardRefused(Refusal):
    """The instant is not one that time can run ahead to."""

    code = "demo.forward_refused"
    status = 422
    message = "Choose a time in the simulated future, at most %(days)d days ahead."


class ForwardUnderWay(Refusal):
    """Time is running ahead already."""

    code = "demo.forward_under_way"
    message = "Time is already running ahead. Wait until it has arrived."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One fast-forward and how far it is."""

    id: int
    asked_at: datetime
    asked_by: int | None
    from_sim: datetime
    until_sim: datetime
    reached_sim: datetime
    state: str
    fault: str

    @property
    def is_under_way(self) -> bool:
        """Return whether time is still running ahead for it."""
        return self.state in UNDER_WAY

    @property
    def percent(self) -> int:
        """Return how much of the way is done, rounded down."""
        whole = self.until_sim - self.from_sim
        return min(100, max(0, int(100 * ((self.reached_sim - self.from_sim) / whole)))) if whole else 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The demo's clock and the newest wishes, the newest first."""

    rate: float
    is_running: bool
    wishes: tuple[Wish, ...]

    @property
    def is_under_way(self) -> bool:
        """Return whether some wish is still being granted."""
        return any(wish.is_under_way for wish in self.wishes)


_FIELDS = tuple(Wish.__dataclass_fields__)


def demo_clock(*, actor: Actor) -> Clock:
    """
    Return the demo's clock.

    :raises NotVisible: this is no demo, or the actor is no operator.
    """
    found = DemoClock.objects.first() if actor.kind is ActorKind.OPERATOR else None
    if found is None:
        raise NotVisible
    rows = DemoForward.objects.order_by("-id").values_list(*_FIELDS)[:SHOWN_MAX]
    wishes = tuple(Wish(**dict(zip(_FIELDS, values, strict=True))) for values in rows)
    return Clock(rate=found.rate, is_running=found.is_running, wishes=wishes)


def ask_forward(*, until: datetime, actor: Actor, now: datetime, real_now: datetime) -> int:
    """
    Write down the wish that simulated time run ahead to `until`; return its id. One at a time.

    :raises NotVisible: this is no demo, or the actor is no operator.
    :raises Forbidden: the actor may not move the clock.
    :raises ForwardRefused: the instant has passed already or lies too far ahead.
    :raises ForwardUnderWay: an earlier wish is still being granted.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    if not actor.may(Permission.CLOCK_FORWARD):
        raise Forbidden
    with db.transaction(actor):
        with connection.cursor() as database:
            database.execute("SELECT pg_advisory_xact_lock(hashtext('demo_forward'))")
        if not DemoClock.objects.exists():
            raise NotVisible
        if DemoForward.objects.filter(state__in=UNDER_WAY).exists():
            raise ForwardUnderWay
        if not now < until <= now + FORWARD_MAX:
            raise ForwardRefused(days=FORWARD_MAX.days)
        wish_id = ids.new_id()
        DemoForward.objects.create(
            id=wish_id,
            asked_at=real_now,
            asked_by=actor.user_id,
            from_sim=now,
            until_sim=until,
            reached_sim=now,
            state=State.ASKED,
        )
        audit.record(
            act="demo.forward_asked",
            user_id=actor.user_id,
            subject=f"demo_forward/{wish_id}",
            details={"until": until.isoformat()},
            at_real=real_now,
            at_business=now,
        )
    return wish_id
