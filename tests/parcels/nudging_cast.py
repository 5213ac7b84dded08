"""Actors and parcels for the tests of nudges and tickets: Dana promotes what Alice's shop ships with zhongtong."""

from datetime import timedelta

from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.kit.models import DemoClock
from yidao.parcels import nudges, tickets
from yidao.rules.nudging import Item

NOW = planting.NOW
LATER = NOW + timedelta(hours=1)
SHIPPED = "06-18 10:00"
"""Two days before NOW: not picked up, so 揽收超时 is in progress."""


def stand_clock() -> None:
    """Let business time stand at NOW."""
    DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)


def dana(cast: Cast) -> Actor:
    return access.actor_for_creator(UserId(cast.dana.id), cast.creator)


def agency(cast: Cast) -> Actor:
    return access.actor_for_creator(UserId(cast.agency.id), None)


def alice(cast: Cast) -> Actor:
    return access.actor_for_shop(UserId(cast.alice.id), cast.shop)


def charlie_shop(cast: Cast) -> Actor:
    return access.actor_for_shop(UserId(cast.charlie.id), cast.other_shop)


def charlie_creator(cast: Cast) -> Actor:
    return access.actor_for_creator(UserId(cast.charlie.id), cast.other_creator)


def carrie(cast: Cast) -> Actor:
    return access.actor_for_carrier(UserId(cast.carrie.id), cast.carrier, None)


def oscar(cast: Cast) -> Actor:
    return access.actor_for_carrier(UserId(cast.oscar.id), cast.carrier, cast.outlet)


def olga(cast: Cast) -> Actor:
    return access.actor_for_operator(UserId(cast.olga.id))


def late(number: str, *, carrier: str = "zhongtong") -> Item:
    """Return the anomaly every parcel of these tests has."""
    return Item(number, carrier, 1, "PICKUP_TIMEOUT")


def shipped(cast: Cast, count: int = 1) -> list[str]:
    return [planting.ship(cast, SHIPPED) for _ in range(count)]


def nudged(cast: Cast, *numbers: str, now=NOW, actor: Actor | None = None) -> int:
    """Nudge about parcels and return the thread."""
    opened = nudges.open_threads(
        actor=actor or dana(cast),
        items=[late(each) for each in numbers],
        code="PLEASE_CHECK",
        text="买家在催，请尽快处理",
        now=now,
        real_now=now,
    )
    (thread_id,) = opened.thread_ids
    return thread_id


def asked(cast: Cast, *numbers: str, outlet: int | None = None, thread: int | None = None, now=NOW) -> tuple[int, ...]:
    """Forward parcels to the carrier and return the tickets."""
    forwarded = tickets.forward(
        actor=alice(cast),
        items=[late(each) for each in numbers],
        question=tickets.Question(text="这单揽收了吗？", outlet_id=outlet, thread_id=thread),
        now=now,
        real_now=now,
    )
    assert forwarded.left_out == ()
    return forwarded.ticket_ids
