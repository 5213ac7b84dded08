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

from msgspec import structs

from yidao.market import buying, data, journey, oddities, stamps, wires
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
LINES_A_PARCEL: Final = 8
VIDEO_ONE_IN: Final = 5
"""One line in so many was not sold in a live show."""
UNSHIPPED_ONE_IN: Final = 60
UNSHIPPED_MIN: Final = 5
CANCELLED_AFTER: Final = (3 * DAY, 0, 12 * HOUR, 14 * DAY, 0)
"""After how long the marketplace cancels the unshipped orders of a day, one after the other; 0: never."""
STAGED_UNSHIPPED: Final = (10 * 60, 11 * HOUR)
"""When of the day the big shop's own unshipped orders are paid; each state of what follows has rows at every hour."""
KEPT_ONE_IN: Final = 3
"""Of the orders whose number is voided one in so many is still wanted."""
LATE_ONE_IN: Final = 70
"""One parcel in so many leaves two to four days after its payment."""
TOLD_LATE_HOURS: Final = 30
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
        key = day * SLOTS_A_DAY + slot
        lines = tuple(
            self._sold(line, key * LINES_A_PARCEL + number, shop_no)
            for number, line in enumerate(self._lines(chance, key, trip))
        )
        if trip.twist is Twist.VOIDED and key % KEPT_ONE_IN == 0:
            lines = tuple(_one_of_a_kind(line, shop_no, key) for line in lines)
        shipment, sent_at, paid_at = self._shipment(chance, trip, shop_no, waybill_no, lines)
        tie = key * 64
        told = Told(
            waybill_no=waybill_no,
            carrier=trip.carrier,
            steps=steps,
            chance=chance,
            tie=tie,
            true_division=trip.county[0],
        )
        messages = [
            *self._ordered(lines, trip, shop_no, shipment, paid_at=paid_at, tie=tie, is_kept=key % KEPT_ONE_IN == 0),
            Message(sent_at, tie, wires.PARCELS, _speaker(shop_no), shipment),
            *_tell(told, trip, shop_no, shipment),
        ]
        return Parcel(shipment=shipment, steps=tuple(steps), messages=tuple(messages))

    def unshipped(self, day: int) -> Iterator[Message]:
        """Yield the word about the orders of a day that are never shipped; some are cancelled, sooner or later."""
        for number in range(max(UNSHIPPED_MIN, self.count(day) // UNSHIPPED_ONE_IN)):
            key = day * SLOTS_A_DAY + SLOTS_A_DAY - 1 - number
            chance = data.dice(self.seed * 1_000_003 * SLOTS_A_DAY + key)
            is_staged = number < len(STAGED_UNSHIPPED)
            shop_no = 0 if is_staged else bisect(self._shop_until, chance.random())
            creator = self.cast.creator_ids[0 if is_staged else bisect(self._creator_until, chance.random())]
            is_cross_border = data.SHOPS[shop_no].is_cross_border
            line = _one_of_a_kind(Line(order_no(key, 0), creator, cross_border=is_cross_border), shop_no, key)
            paid = self.begins_at + day * DAY + int(DAY * chance.random())
            if is_staged:
                paid = self.begins_at + day * DAY + STAGED_UNSHIPPED[number]
            city = self._cities[bisect(self._city_until, chance.random())]
            division, name = city.counties[0]
            buyer = buying.receiver(key, tail="", division=division, place=f"{city.name}{name}")
            sale = buying.sale(line, key, paid_at=paid, receiver=buyer)
            if is_staged:
                sale = sale._replace(promise=None, quantity=2)
            shop, via, tie = self.cast.shop_ids[shop_no], _speaker(shop_no), key * 64
            told = wires.order(shop, line, sale, state="TO_SHIP", changed_at=paid, paid_at=paid)
            yield Message(paid + 5, tie, wires.ORDERS, via, told)
            after = CANCELLED_AFTER[number % len(CANCELLED_AFTER)]
            if after:
                told = wires.order(shop, line, sale, state="CANCELLED", changed_at=paid + after, paid_at=paid)
                yield Message(paid + after + 5, tie + 1, wires.ORDERS, wires.MARKETPLACE, told)

    def _ordered(
        self,
        lines: tuple[Line, ...],
        trip: Trip,
        shop_no: int,
        shipment: Shipment,
        *,
        paid_at: int,
        tie: int,
        is_kept: bool,
    ) -> Iterator[Message]:
        """
        Yield the word about each order in a parcel: when it was paid or, unpaid, before the hand-over. Most of those
        whose number the carrier voids were given up by their buyers; some are not, and wait for a number that is right.
        """
        told_at = max(self.begins_at, min(paid_at, trip.shipped_at - 60))
        is_paid = paid_at <= told_at
        place = f"{trip.receiver.name}{trip.county[1]}"
        tail = shipment.receiver_phone_tail
        buyer = buying.receiver(tie, tail=tail, division=trip.county[0], place=place)
        for number, line in enumerate(lines):
            if not line.customer_return:
                # What goes into one parcel goes to one receiver; each order has pieces and prices of its own.
                sale = buying.sale(line, tie // 64 + number, paid_at=paid_at, receiver=buyer)
                order = wires.order(
                    self.cast.shop_ids[shop_no],
                    line,
                    sale,
                    state="TO_SHIP" if is_paid else "PENDING_PAYMENT",
                    changed_at=told_at,
                    paid_at=paid_at if is_paid else 0,
                )
                yield Message(told_at, tie + number, wires.ORDERS, _speaker(shop_no), order)
                if not is_paid:
                    at = stamps.rfc3339(paid_at)
                    paid = structs.replace(order, state="TO_SHIP", changed_at=at, paid_at=at)
                    yield Message(paid_at + 5, tie + number, wires.ORDERS, _speaker(shop_no), paid)
                if trip.twist is Twist.VOIDED and not is_kept:
                    given_up = trip.shipped_at + HOUR
                    at = stamps.rfc3339(given_up)
                    told = structs.replace(order, state="CANCELLED", changed_at=at, paid_at=stamps.rfc3339(paid_at))
                    yield Message(given_up, tie + number, wires.ORDERS, wires.MARKETPLACE, told)

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

    def _sold(self, line: Line, key: int, shop_no: int) -> Line:
        """Return a line with what was sold and in which live show; its key alone decides both."""
        products = data.PRODUCTS[data.SHOPS[shop_no].key]
        product = key * 31 % 101 % len(products)
        room = ""
        if line.creator_id is not None and not line.customer_return and key % VIDEO_ONE_IN:
            creator = self.cast.creator_ids.index(line.creator_id)
            day = key // LINES_A_PARCEL // SLOTS_A_DAY
            room = room_id(creator, day, key % data.SHOWS_A_DAY)
        return structs.replace(
            line, room_id=room, product_id=f"P{shop_no + 1:02d}{product + 1:02d}", product_name=products[product]
        )

    def _shipment(
        self, chance: Random, trip: Trip, shop_no: int, waybill_no: str, lines: tuple[Line, ...]
    ) -> tuple[Shipment, int, int]:
        """Return the shipment, when the shop's system hands it in, and when it was paid."""
        roll = chance.random
        shipped = trip.shipped_at
        sent = shipped + 5 + int(55 * roll())
        if trip.twist is Twist.EARLY_PICKUP:
            paid = next((step.at for step in trip.steps if step.kind == "PICKED_UP"), shipped) + trip.hours(0.5, 3)
            sent = paid + 300
        else:
            paid = shipped - int((1 + 29 * roll()) * HOUR)
            if shipped % LATE_ONE_IN == 0 and not trip.is_staged:
                paid -= int(1.7 * DAY)
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
            lines,
            stamps.rfc3339(paid),
            f"{int(fate * 10_000):04d}" if fate < 0.7 else "",
        )
        return shipment, sent, paid

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
                # Some sell in a shop of their own through their own channel.
                lines.append(Line(order_no(key, number), creator if fate < 0.03 else None, self_sold=True))
            elif fate < 0.115:
                lines.append(Line(order_no(key, number), creator, customer_return=True))
            else:
                lines.append(Line(order_no(key, number), creator))
        return tuple(lines)


def _one_of_a_kind(line: Line, shop_no: int, key: int) -> Line:
    """
    Return a line with something that is sold once and never again.

    What is never shipped ends in a ban of its product; the things of every day would soon all be banned.
    """
    name = f"孤品 {data.ONE_OF_A_KIND[key % len(data.ONE_OF_A_KIND)]} {key % 9_973:04d}号"
    return structs.replace(line, product_id=f"P{shop_no + 1:02d}U{key}", product_name=name)


def number_of(carrier: Carrier, key: int, seed: int) -> str:
    """Return a waybill number in the carrier's form; different keys never share one."""
    modulus: int = 10**carrier.digits
    return f"{carrier.prefix}{(key * 7_368_787 + seed * 104_729) % modulus:0{carrier.digits}d}"


def order_no(key: int, line: int) -> str:
    """Return a 19-digit order number; different parcels never share one."""
    return str(4_900_000_000_000_000_000 + (key * LINES_A_PARCEL + line) * 48_271 % 99_999_999_999_999_989)


def room_id(creator_no: int, day: int, show: int) -> str:
    """Return the marketplace's number of a live show (直播场次)."""
    return str(7_060_000_000_000_000_000 + creator_no * 1_000_000 + day * data.SHOWS_A_DAY + show)


def _until(weights: list[int] | list[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(part / total for part in itertools.accumulate(weights))


def _speaker(shop_no: int) -> str:
    """Return who hands the shipment in: one shop's own system, for all others the marketplace."""
    return "charlie" if data.SHOPS[shop_no].key == "charlie" else wires.MARKETPLACE


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
    if trip.twist is Twist.TOLD_LATE:
        # The pickup was in time; that it was is told after its time, and then the anomaly never was (NOT_LATE).
        proved = trip.shipped_at + TOLD_LATE_HOURS * HOUR
        yield from (message._replace(send_at=max(message.send_at, proved)) for message in wires.native(told))
        return
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
