"""
Finds parcels by whatever number somebody has in hand: a waybill number, an order number, or the last four digits of the
receiver's phone. Only what the actor may open is found; a number of somebody else's is like one that does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import crypto
from yidao.parcels import access, scope
from yidao.rules import parcel

HITS_MAX = 20
"""More than these are not told apart; a list shows them."""
NUMBER_CHARS_MAX = 64
TAIL_DIGITS = 4
_TAIL_PURPOSE = "parcel.receiver_tail"
_READ_TAILS = frozenset({ActorKind.MERCHANT, ActorKind.OPERATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One parcel that fits; `token` is its opaque name, `waybill_no` is for those who may read it."""

    token: str
    waybill_no: str = field(repr=False)
    carrier: str


_BY_WAYBILL = "SELECT p.waybill_no, p.carrier, p.life FROM parcel p WHERE p.waybill_no = %(number)s AND {may_open}"
_BY_ORDER = """
SELECT DISTINCT p.waybill_no, p.carrier, p.life
FROM parcel_line l JOIN parcel p USING (waybill_no, carrier, life)
WHERE l.order_no = %(number)s AND {own_line} AND {may_open}
"""
_BY_TAIL = """
SELECT p.waybill_no, p.carrier, p.life FROM parcel p
WHERE p.receiver_tail = ANY(%(tails)s) AND {may_open}
ORDER BY p.shipped_at DESC
"""
_SHOWN_TO_CREATORS = " AND p.shipped_at >= %(data_start)s AND p.status = ANY(%(shown)s)"
_SHOWN_STATUSES = [each.value for each in parcel.STATUSES if parcel.shown_to_creator(each)]
_LINE_OF_CREATOR = """
l.creator_id = ANY(%(organisations)s) AND NOT l.is_self_sold AND NOT l.is_cross_border AND NOT l.is_customer_return
"""


def by_waybill_no(number: str, *, actor: Actor, now: datetime) -> tuple[Found, ...]:
    """
    Return the parcels with this whole waybill number. A creator who holds the whole number finds the parcel and still
    never reads it from us.
    """
    return _found(_BY_WAYBILL, {"number": number}, actor=actor, now=now)


def by_order_no(number: str, *, actor: Actor, now: datetime) -> tuple[Found, ...]:
    """Return the parcels with this order; a creator finds the orders he promoted."""
    if not access.sees_sale(actor):
        return ()
    return _found(_BY_ORDER, {"number": number}, actor=actor, now=now)


def by_phone_tail(digits: str, *, actor: Actor, now: datetime) -> tuple[Found, ...]:
    """Return the parcels whose receiver's phone ends in these four digits, for shops and operators alone."""
    is_tail = len(digits) == TAIL_DIGITS and digits.isascii() and digits.isdigit()
    if actor.kind not in _READ_TAILS or not is_tail:
        return ()
    return _found(_BY_TAIL, {"tails": list(crypto.blind_indexes(digits, purpose=_TAIL_PURPOSE))}, actor=actor, now=now)


def _found(text: str, values: dict[str, Any], *, actor: Actor, now: datetime) -> tuple[Found, ...]:
    may_open, own = access.condition(actor)
    own_line = "true"
    if actor.kind is ActorKind.CREATOR:
        own_line = _LINE_OF_CREATOR
        may_open += _SHOWN_TO_CREATORS
        own = own | {"data_start": scope.data_start(now), "shown": _SHOWN_STATUSES}
    statement = text.replace("{may_open}", may_open).replace("{own_line}", own_line) + " LIMIT %(limit)s"
    with connection.cursor() as database:
        database.execute(statement, values | own | {"limit": HITS_MAX + 1})
        rows: list[Sequence[Any]] = database.fetchall()
    plain = access.sees_plain_numbers(actor)
    return tuple(
        Found(token=crypto.parcel_token(number, carrier, life), waybill_no=number if plain else "", carrier=carrier)
        for number, carrier, life in rows
    )
