"""
Begins the parcels of packs inside the caller's transaction, on any psycopg connection: new ones, further orders in one
that is there, and the end of one whose number was replaced.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from yidao.kit import arrays
from yidao.parcels import beginning, claims, folding, hot, lives, writing
from yidao.parcels.beginning import Plan
from yidao.parcels.lives import Key, Life, Number
from yidao.parcels.shipment import LineIn, ShipmentIn
from yidao.rules import scans
from yidao.rules.instants import to_datetime

ROUNDS_MAX: Final = 5


class Contended(Exception):
    """Other writers were faster at the same numbers in every round; the whole transaction may be run again."""


class Joining(NamedTuple):
    """Further lines for a parcel that is there."""

    key: Key
    lines: tuple[LineIn, ...]


class Sent(NamedTuple):
    """What became of a batch: a plan for each shipment in their order, and whom to tell."""

    plans: tuple[Plan, ...]
    organisations: frozenset[int]


def known(connection: psycopg.Connection[Any], numbers: Iterable[Number]) -> dict[Number, list[Life]]:
    """Return all lives of some numbers, oldest first."""
    return lives.load(connection, set(numbers))


def send(connection: psycopg.Connection[Any], shipments: Sequence[ShipmentIn], knowledge: hot.Knowledge) -> Sent:
    """
    Begin the parcels of shipments with different numbers; what is refused leaves nothing behind.

    :raises Contended: other writers won every round.
    """
    plans: dict[int, Plan] = {}
    told: set[int] = set()
    waiting = list(range(len(shipments)))
    for _ in range(ROUNDS_MAX):
        if not waiting:
            return Sent(tuple(plans[place] for place in range(len(shipments))), frozenset(told))
        found = known(connection, [_number_of(shipments[place]) for place in waiting])
        planned = {place: beginning.plan(shipments[place], found[_number_of(shipments[place])]) for place in waiting}
        further = {_number_of(plan.shipment) for plan in planned.values() if plan.is_further_life}
        if further:
            folding.refold(connection, {number: found[number] for number in further})
        written = _write(connection, found, knowledge)
        lost = {key[:2] for key in written.lost}
        won = {place: plan for place, plan in planned.items() if _number_of(plan.shipment) not in lost}
        beginning.write_lines(connection, list(won.values()))
        claims.write(connection, list(won.values()), now=knowledge.now_at)
        plans |= won
        told |= written.organisations
        waiting = [place for place in waiting if place not in won]
    raise Contended


def join(connection: psycopg.Connection[Any], joining: Sequence[Joining], knowledge: hot.Knowledge) -> None:
    """
    Put further lines into parcels that are there, each named once; creators see what is theirs of them.

    :raises Contended: another writer was faster; the whole transaction may be run again.
    """
    wanted = {each.key: each.lines for each in joining if each.lines}
    if not wanted:
        return
    found = known(connection, [key[:2] for key in wanted])
    there = _lines_of(connection, list(wanted))
    for life in (life for of_number in found.values() for life in of_number if life.key in wanted):
        beginning.hold_lines(life, (*there[life.key], *wanted[life.key]))
    written = _write(connection, found, knowledge)
    if written.lost:
        raise Contended
    some = [life for of_number in found.values() for life in of_number if life.key in wanted]
    beginning.add_lines(connection, [(life, there[life.key], wanted[life.key]) for life in some])


def void(connection: psycopg.Connection[Any], keys: Sequence[Key], knowledge: hot.Knowledge) -> None:
    """
    Note by the shop's own word that these numbers were not used after all; a carrier's scan says otherwise.

    :raises Contended: another writer was faster; the whole transaction may be run again.
    """
    if not keys:
        return
    now = knowledge.now
    connection.execute("SELECT ensure_scan_month(%s::date)", (to_datetime(now).date(),))
    _add_voidings(connection, sorted(keys), knowledge)
    found = known(connection, [key[:2] for key in keys])
    some = [life for of_number in found.values() for life in of_number if life.key in set(keys)]
    for life in some:
        life.entries.extend(
            folding.entries_of(occurred_at=now, kind=int(scans.Kind.VOIDED), division="", flags=0, is_weak=True)
        )
    slow = {life.key[:2]: found[life.key[:2]] for life in some if life.revised}
    if slow:
        folding.refold(connection, slow)
    if _write(connection, found, knowledge).lost:
        raise Contended


def _write(
    connection: psycopg.Connection[Any], found: Mapping[Number, Sequence[Life]], knowledge: hot.Knowledge
) -> writing.Written:
    judged = [life for of_number in found.values() for life in of_number if life.judge(knowledge)]
    return writing.write(connection, judged, knowledge)


def _lines_of(connection: psycopg.Connection[Any], keys: Sequence[Key]) -> dict[Key, tuple[LineIn, ...]]:
    found: dict[Key, list[LineIn]] = {key: [] for key in keys}
    columns = {
        "waybill_no": arrays.texts([key[0] for key in keys]),
        "carrier": arrays.texts([key[1] for key in keys]),
        "life": arrays.integers([key[2] for key in keys]),
    }
    for row in hot.rows(connection, "lines_of_parcels", columns):
        found[row[:3]].append(LineIn(*row[4:]))
    return {key: tuple(lines) for key, lines in found.items()}


def _add_voidings(connection: psycopg.Connection[Any], keys: Sequence[Key], knowledge: hot.Knowledge) -> None:
    count = len(keys)
    hot.run(
        connection,
        "add_scans",
        {
            "now": knowledge.now_at,
            "waybill_no": arrays.texts([key[0] for key in keys]),
            "carrier": arrays.texts([key[1] for key in keys]),
            "life": arrays.integers([key[2] for key in keys]),
            "source": arrays.texts([folding.SHOP_SOURCE] * count),
            "event_id": arrays.texts([f"replaced/{key[2]}/{knowledge.now}" for key in keys]),
            "revision": arrays.integers([0] * count),
            "is_retracted": arrays.booleans([False] * count),
            "variant": arrays.integers([0] * count),
            "occurred_us": arrays.integers([knowledge.now] * count),
            "kind": arrays.integers([int(scans.Kind.VOIDED)] * count),
            "flags": arrays.integers([0] * count),
            "code": arrays.texts([scans.Kind.VOIDED.name] * count),
            "division": arrays.texts([""] * count),
            "place": arrays.texts([""] * count),
            "description": arrays.texts([""] * count),
        },
    )


def _number_of(shipment: ShipmentIn) -> Number:
    return shipment.waybill_no, shipment.carrier
