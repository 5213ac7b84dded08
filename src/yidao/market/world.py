"""
The demo world: every parcel follows from the seed and its place (day, slot) alone, so any hour of it can be told again.
It has no clock and speaks to nobody; `ledger` holds what is due, `courier` posts it.
"""

import itertools
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from yidao.market import data, journey, oddities, stamps, wires
from yidao.market.data import Carrier, City, Shop
from yidao.market.journey import Step, Trip
from yidao.market.stamps import DAY, HOUR
from yidao.market.twists import NATURAL, NATURAL_UNTIL, STAGED, Twist
from yidao.market.wires import Line, Message, Shipment, Told

# How the week breathes (Monday first) and at which hours of the day shops hand over.
WEEK: Final = (1.05, 1.02, 1.0, 1.0, 1.08, 1.05, 0.8)
HOURS: Final = (2, 1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 10, 9, 8, 9, 10, 10, 9, 8, 7, 6, 5, 4, 3)
LONGEST_LIFE: Final = 16 * DAY
"""No parcel has anything to say later than this after its day began."""
REUSED_AFTER_DAYS: Final = 14
SLOTS_A_DAY: Final = 1_000_000
_HOURS_UNTIL: Final = tuple(part / sum(HOURS) for part in itertools.accumulate(HOURS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The ids under which Yidao knows the market's shops and creators, in the order of the tables."""

    shop_ids: tuple[str, ...]
    creator_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One parcel: the shipment, its true scans, and every message it causes, unsorted."""

    shipment: Shipment
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]


class World:
    """A market from a seed; `begins_at` is Shanghai's midnight of day 0, `per_day` the parcels of an average day."""

    def __init__(self, *, seed: int, begins_at: int, per_day: int, cast: Cast) -> None:
        assert stamps.midnight(begins_at) == begins_at, "a world begins at midnight"
        self.seed = seed
        self.begins_at = begins_at
        self.per_day = per_day
        self.cast = cast
        self._cities = data.cities()
        self._city_until = _until([city.weight for city in self._cities])
        self._shop_until = _until([shop.weight for shop in data.SHOPS])
        self._creator_until = _until([creator.weight for creator in data.CREATORS])
        home = data.city_by_code()
        self._homes = tuple(home[shop.city] for shop in data.SHOPS)

    def day_of(self, at: int) -> int:
        """Return the number of the day an instant falls into."""
        return (at - self.begins_at) // DAY

    def count(self, day: int) -> int:
        """Return how many parcels a day ships, the staged ones included."""
        weekday = stamps.weekday(self.begins_at + day * DAY)
        return max(len(STAGED), int(self.per_day * WEEK[weekday]))

    def day(self, day: int) -> Iterator[Parcel]:
        """Yield the parcels a day ships."""
        for slot in range(self.count(day)):
            yield self.parcel(day, slot)

    def parcel(self, day: int, slot: int) -> Parcel:
        """Return one parcel; the same for the same seed, day and slot, whatever was asked before."""
        chance = data.dice((self.seed * 1_000_003 + day) * SLOTS_A_DAY + slot)
        trip, shop_no = self._staged(chance, day, slot) if slot < len(STAGED) else self._natural(chance, day, slot)
        steps = journey.travel(trip)
        if any(one.at > two.at for one, two in itertools.pairwise(steps)):
            steps.sort()
        waybill_no = self._number(chance, day, slot, trip)
        shipment, sent_at = self._shipment(chance, day * SLOTS_A_DAY + slot, trip, shop_no, waybill_no)
        tie = (day * SLOTS_A_DAY + slot) * 64
        told = Told(
            waybill_no=waybill_no,
            carrier=trip.carrier,
            steps=steps,
            chance=chance,
            tie=tie,
            true_division=trip.county[0],
        )
        messages = [
            Message(sent_at, tie, wires.PARCELS, _speaker(shop_no), shipment),
            *_tell(told, trip, shop_no, shipment),
        ]
        return Parcel(shipment=shipment, steps=tuple(steps), messages=tuple(messages))

    def oddities(self, day: int) -> Iterator[Message]:
        """Yield what arrives on a day and cannot be used."""
        chance = data.dice((self.seed * 1_000_003 + day) * SLOTS_A_DAY - 1)
        yield from oddities.of_day(chance, self.begins_at + day * DAY, day * SLOTS_A_DAY * 64 + 63)

    def _natural(self, chance: Random, day: int, slot: int) -> tuple[Trip, int]:
        """Return the trip of an ordinary slot: chance decides everything but the hour."""
        roll = chance.random
        ordinary = self.count(day) - len(STAGED)
        share = (slot - len(STAGED) + roll()) / ordinary
        hour = bisect(_HOURS_UNTIL, share)
        shipped = self.begins_at + day * DAY + hour * HOUR + int(HOUR * roll())
        shop_no = bisect(self._shop_until, roll())
        shop = data.SHOPS[shop_no]
        receiver = self._cities[bisect(self._city_until, roll())]
        trip = self._trip(
            chance,
            shipped,
            shop,
            self._homes[shop_no],
            receiver,
            data.CARRIERS[shop.carriers[int(roll() * len(shop.carriers))]],
        )
        trip.twist = NATURAL[bisect(NATURAL_UNTIL, roll())]
        return trip, shop_no

    def _staged(self, chance: Random, day: int, slot: int) -> tuple[Trip, int]:
        """Return the trip of a staged slot: within one province and to the minute, see Note [Staged parcels]."""
        hour, twist = STAGED[slot]
        shipped = self.begins_at + day * DAY + int(hour * HOUR)
        shop = data.SHOPS[0]
        receiver = data.city_by_code()[("330200", "330300", "330700")[(day + slot) % 3]]
        carrier = data.CARRIERS[(day + slot) % len(data.CARRIERS)]
        trip = self._trip(chance, shipped, shop, self._homes[0], receiver, carrier)
        trip.twist, trip.is_staged = twist, True
        return trip, 0

    @staticmethod
    def _trip(chance: Random, shipped: int, shop: Shop, home: City, receiver: City, carrier: Carrier) -> Trip:
        return Trip(
            chance=chance,
            shipped_at=shipped,
            sender=home,
            receiver=receiver,
            county=receiver.counties[int(chance.random() * len(receiver.counties))],
            carrier=carrier,
            twist=Twist.NONE,
            is_cross_border=shop.is_cross_border,
        )

    def _number(self, chance: Random, day: int, slot: int, trip: Trip) -> str:
        """Return the waybill number; a few franchise numbers return from the recycling of a finished parcel."""
        if day >= REUSED_AFTER_DAYS and slot >= len(STAGED) and chance.random() < 0.004 and trip.carrier.speed > 0.9:
            return number_of(trip.carrier, (day - REUSED_AFTER_DAYS) * SLOTS_A_DAY + slot, self.seed)
        return number_of(trip.carrier, day * SLOTS_A_DAY + slot, self.seed)

    def _shipment(self, chance: Random, key: int, trip: Trip, shop_no: int, waybill_no: str) -> tuple[Shipment, int]:
        """Return the shipment and when the shop's system hands it in."""
        roll = chance.random
        shipped = trip.shipped_at
        sent = shipped + 5 + int(55 * roll())
        if trip.twist is Twist.EARLY_PICKUP:
            paid = next((step.at for step in trip.steps if step.kind == "PICKED_UP"), shipped) + trip.hours(0.5, 3)
            sent = paid + 300
        else:
            paid = shipped - int((1 + 29 * roll()) * HOUR)
            if roll() < 0.04 and not trip.is_staged:
                sent += int((1 + 15 * roll()) * HOUR)
        fate = roll()
        shipment = Shipment(
            self.cast.shop_ids[shop_no],
            _named_carrier(trip, fate),
            waybill_no,
            stamps.rfc3339(shipped),
            trip.sender.counties[0][0],
            trip.county[0],
            self._lines(chance, key, trip),
            stamps.rfc3339(paid),
            f"{int(fate * 10_000):04d}" if fate < 0.7 else "",
        )
        return shipment, sent

    def _lines(self, chance: Random, key: int, trip: Trip) -> tuple[Line, ...]:
        """Return the order lines: mostly one, some merged from orders of several creators, some out of every scope."""
        roll = chance.random
        creators = self.cast.creator_ids
        if trip.is_staged:
            return (Line(order_no(key, 0), creators[0]),)
        fate = roll()
        count = 1 if fate < 0.92 else 2 if fate < 0.98 else 3
        lines = []
        for number in range(count):
            fate = roll()
            creator = creators[bisect(self._creator_until, roll())]
            if trip.is_cross_border:
                lines.append(Line(order_no(key, number), creator, cross_border=True))
            elif fate < 0.10:
                lines.append(Line(order_no(key, number), None, self_sold=True))
            elif fate < 0.115:
                lines.append(Line(order_no(key, number), creator, customer_return=True))
            else:
                lines.append(Line(order_no(key, number), creator))
        return tuple(lines)


def number_of(carrier: Carrier, key: int, seed: int) -> str:
    """Return a waybill number in the carrier's form; different keys never share one."""
    modulus: int = 10**carrier.digits
    return f"{carrier.prefix}{(key * 7_368_787 + seed * 104_729) % modulus:0{carrier.digits}d}"


def order_no(key: int, line: int) -> str:
    """Return a 19-digit order number; different parcels never share one."""
    return str(4_900_000_000_000_000_000 + (key * 8 + line) * 48_271 % 99_999_999_999_999_989)


def _until(weights: list[int] | list[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(part / total for part in itertools.accumulate(weights))


def _speaker(shop_no: int) -> str:
    """Return who hands the shipment in: one shop's own system, for all others the marketplace."""
    return "charlie" if data.SHOPS[shop_no].key == "charlie" else ""


# Which source tells a life, as bounds of a roll: Kuaidi100, KDNiao, one of them beside the carrier, else the carrier.
_BY_KUAIDI100: Final = 0.01
_BY_KDNIAO: Final = 0.07
_BY_BOTH: Final = 0.08
_MISNAMED: Final = 0.6995, 0.7


def _is_misnamed(trip: Trip, fate: float) -> bool:
    return _MISNAMED[0] < fate < _MISNAMED[1] and not trip.is_staged


def _named_carrier(trip: Trip, fate: float) -> str:
    """Return the carrier the shop names; once in a while it is the wrong one."""
    if _is_misnamed(trip, fate):
        return data.CARRIERS[(data.CARRIERS.index(trip.carrier) + 1) % len(data.CARRIERS)].code
    return trip.carrier.code


def _tell(told: Told, trip: Trip, shop_no: int, shipment: Shipment) -> Iterator[Message]:
    """Yield what the sources say about a parcel."""
    if shipment.carrier != told.carrier.code:
        yield from wires.kuaidi100(told, mistaken=shipment.carrier)
        return
    source = 1.0 if trip.is_staged else told.chance.random()
    if source >= _BY_KDNIAO:
        yield from wires.native(told)
    if source < _BY_KUAIDI100 or _BY_KDNIAO <= source < (_BY_KDNIAO + _BY_BOTH) / 2:
        yield from wires.kuaidi100(told)
    elif source < _BY_KDNIAO or source < _BY_BOTH:
        yield from wires.kdniao(told)
    if trip.twist is Twist.NEVER_PICKED and source < 0.5:
        yield wires.kuaidi100_abort(told, at=trip.shipped_at + 3 * DAY)
    if trip.twist is Twist.LATE_PICKUP and shop_no == 0 and not trip.is_staged and source > 0.5:
        yield wires.reported_by_shop(told, shop=data.SHOPS[0].key, at=trip.shipped_at + 20 * HOUR)
