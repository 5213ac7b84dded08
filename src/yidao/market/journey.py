"""
One parcel's way through the country, from the shop's door to the buyer's, as a list of scans. Pure: chance comes from
the generator that is handed in, and what goes wrong from the twist.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from yidao.market import data, stamps
from yidao.market.data import Carrier, City
from yidao.market.stamps import DAY, HOUR
from yidao.market.twists import Twist

# Storms: every six days one of the storm cities stands still for forty hours.
STORM_EVERY_DAYS = 6
STORM_HOURS = 40


class Step(NamedTuple):
    """One scan as it happened; `redo` is the seconds until it is put right, negative when it is taken back."""

    at: int
    kind: str
    division: str
    place: str
    redo: int = 0


@dataclass(slots=True, kw_only=True)
class Trip:
    """A parcel under way: who sends it where, what befalls it, and the scans so far."""

    chance: Random
    shipped_at: int
    sender: City
    receiver: City
    county: tuple[str, str]
    carrier: Carrier
    twist: Twist
    is_staged: bool = False
    is_cross_border: bool = False
    steps: list[Step] = field(default_factory=list)

    def hours(self, least: float, most: float) -> int:
        """Return a random number of hours between two bounds, in seconds; a staged parcel always takes the middle."""
        return int((least + (most - least) * (0.5 if self.is_staged else self.chance.random())) * HOUR)

    def scan(self, at: int, kind: str, city: City, place: str, *, division: str = "", redo: int = 0) -> int:
        """Add a scan at a place of a city; returns its time."""
        self.steps.append(Step(at, kind, division or city.code, place, redo))
        return at


def travel(trip: Trip) -> list[Step]:
    """Return the scans of a whole life, in the order in which they happen."""
    picked = _collect(trip)
    if picked:
        arrived = _across_town(trip, picked) if trip.sender is trip.receiver else _line_haul(trip, picked)
        if arrived:
            _last_mile(trip, arrived)
    return trip.steps


def storm_until(city: City, at: int) -> int:
    """Return when the storm over a city ends, or 0 when the sky is clear."""
    number = (at + stamps.OFFSET) // (STORM_EVERY_DAYS * DAY)
    if city.code != data.STORM_CITIES[number % len(data.STORM_CITIES)]:
        return 0
    begins = number * STORM_EVERY_DAYS * DAY - stamps.OFFSET + 2 * DAY + 6 * HOUR
    ends = begins + STORM_HOURS * HOUR
    return ends if begins <= at < ends else 0


def _collect(trip: Trip) -> int:
    """Return when the carrier picked the parcel up, or 0 when it never did."""
    shipped, twist, chance = trip.shipped_at, trip.twist, trip.chance
    outlet = f"{trip.sender.name}{trip.carrier.short}营业点"
    if chance.random() < trip.carrier.orders:
        trip.scan(shipped + 60, "ORDERED", trip.sender, outlet)
    if twist is Twist.VOIDED:
        trip.scan(shipped + trip.hours(2, 12), "VOIDED", trip.sender, outlet)
        return 0
    if twist is Twist.NEVER_PICKED:
        return 0
    if twist is Twist.NO_INFO:
        trip.scan(shipped + trip.hours(8, 10), "NO_INFO", trip.sender, outlet)
        picked = shipped + trip.hours(15, 21)
    elif twist is Twist.LATE_PICKUP:
        picked = shipped + trip.hours(32, 37)
    else:
        picked = shipped + 3 * HOUR if trip.is_staged else _next_wave(trip)
    return trip.scan(picked, "PICKED_UP", trip.sender, outlet)


def _next_wave(trip: Trip) -> int:
    """Return when the courier comes by: at the carrier's next wave, on Sundays never before the afternoon."""
    ready = trip.shipped_at + 900
    hour = stamps.local_hour(ready)
    midnight = stamps.midnight(ready)
    waves = trip.carrier.waves
    wave = next((wave for wave in waves if wave >= hour), waves[0] + 24)
    picked = midnight + wave * HOUR
    if stamps.weekday(picked) == 6 and wave % 24 < 14 and trip.carrier.speed > 0.9:
        picked += 3 * HOUR
    return picked + trip.hours(0.05, 1.2)


def _across_town(trip: Trip, picked: int) -> int:
    """Return when the parcel reached the outlet of the same city, or 0 when it never does."""
    left = picked + (trip.hours(40, 44) if trip.twist is Twist.SLOW_DISPATCH else trip.hours(1, 4))
    trip.scan(left, "DEPARTED_ORIGIN", trip.sender, f"{trip.sender.name}{trip.carrier.short}营业点")
    return _mishaps(trip, left + trip.hours(1, 2), f"{trip.sender.name}{trip.carrier.short}集散点")


def _line_haul(trip: Trip, picked: int) -> int:
    """Return when the parcel came near the receiver's outlet, or 0 when it never does."""
    sender, receiver, carrier, chance = trip.sender, trip.receiver, trip.carrier, trip.chance
    left = picked + (trip.hours(40, 44) if trip.twist is Twist.SLOW_DISPATCH else trip.hours(1, 5))
    trip.scan(left, "DEPARTED_ORIGIN", sender, f"{sender.name}{carrier.short}营业点")
    home_hub = f"{sender.name}转运中心"
    at = trip.scan(left + trip.hours(1.5, 4), "ARRIVED_HUB", sender, home_hub)
    if trip.is_cross_border:
        at = _customs(trip, at)
        if not at:
            return 0
    at = _wait_for_storm(trip, at, sender, home_hub)
    if sender.code[:2] == receiver.code[:2]:
        if trip.twist is Twist.SLOW_TRANSIT:
            at = trip.scan(at + trip.hours(2, 4), "DEPARTED_HUB", sender, home_hub) + trip.hours(76, 80)
        return _mishaps(trip, at + trip.hours(5, 9), f"{receiver.name}转运中心")
    haul = int(data.haul_hours(sender.code, receiver.code) * carrier.speed * (0.9 + 0.3 * chance.random()) * HOUR)
    departs = at + trip.hours(1.5, 5)
    if haul > 14 * HOUR or chance.random() * 100 >= carrier.skips:
        trip.scan(departs, "DEPARTED_HUB", sender, home_hub)
    if trip.twist is Twist.SLOW_TRANSIT:
        haul += trip.hours(76, 80)
    elif haul > 30 * HOUR:
        trip.scan(departs + haul // 2, "IN_TRANSIT", sender, f"{sender.name}至{receiver.name}干线")
    arrives = departs + haul
    if haul > 40 * HOUR or chance.random() * 100 >= carrier.skips:
        trip.scan(arrives, "ARRIVED_CITY", receiver, f"{receiver.name}转运中心")
    return _mishaps(trip, arrives, f"{receiver.name}转运中心")


def _customs(trip: Trip, at: int) -> int:
    """Return when customs let the parcel go, or 0 when it sends the parcel back."""
    port = f"{trip.sender.name}口岸"
    trip.scan(at + HOUR, "CUSTOMS_PENDING", trip.sender, port)
    trip.scan(at + trip.hours(3, 8), "CUSTOMS_PROCESSING", trip.sender, port)
    at += trip.hours(10, 20)
    if trip.chance.random() < 0.04:
        trip.scan(at, "CUSTOMS_FAILED", trip.sender, port)
        trip.scan(at + trip.hours(20, 40), "RETURNING", trip.sender, port)
        return 0
    return trip.scan(at, "CUSTOMS_CLEARED", trip.sender, port)


def _wait_for_storm(trip: Trip, at: int, city: City, place: str) -> int:
    """Return when the parcel can move on from a city; a storm leaves a scan that says it is detained."""
    until = storm_until(city, at)
    if not until:
        return at
    trip.scan(at + HOUR, "DETAINED", city, place)
    return trip.scan(until + trip.hours(1, 9), "IN_TRANSIT", city, place)


def _mishaps(trip: Trip, at: int, hub: str) -> int:
    """Return when the parcel moves on from the receiver's side hub, or 0 when it never does."""
    receiver, twist = trip.receiver, trip.twist
    if twist is Twist.LOST:
        trip.scan(at + trip.hours(1, 8), "LOST", receiver, hub)
        return 0
    if twist is Twist.GONE_SILENT:
        return 0
    if twist is Twist.INTERCEPTED:
        trip.scan(at + HOUR, "INTERCEPTED", receiver, hub)
        back = trip.scan(at + trip.hours(5, 20), "RETURNING", receiver, hub)
        trip.scan(
            back + trip.hours(30, 70), "RETURN_SIGNED", trip.sender, f"{trip.sender.name}{trip.carrier.short}营业点"
        )
        return 0
    if twist is Twist.DAMAGED:
        trip.scan(at + trip.hours(0.5, 2), "DAMAGED", receiver, hub)
        return at + trip.hours(3, 6)
    if twist is Twist.MISSORTED:
        astray = trip.scan(at + trip.hours(1, 3), "MISSORTED", receiver, hub)
        return trip.scan(astray + trip.hours(8, 14), "IN_TRANSIT", receiver, hub)
    if twist is Twist.DETAINED:
        trip.scan(at + HOUR, "DETAINED", receiver, hub)
        return trip.scan(at + trip.hours(30, 36), "IN_TRANSIT", receiver, hub)
    if twist is Twist.SLOW_TRANSIT and trip.sender is receiver:
        at += trip.hours(76, 80)
    return _wait_for_storm(trip, at, receiver, hub)


def _last_mile(trip: Trip, arrived: int) -> None:
    """Add what happens from the delivery outlet on."""
    twist, division, place = trip.twist, trip.county[0], f"{trip.receiver.name}{trip.county[1]}{trip.carrier.short}网点"
    at = arrived + trip.hours(2, 6)
    if trip.chance.random() * 100 >= trip.carrier.skips // 2:
        trip.scan(at, "ARRIVED_OUTLET", trip.receiver, place, division=division)
    if twist is Twist.OUT_OF_AREA:
        trip.scan(at + HOUR, "OUT_OF_AREA", trip.receiver, place, division=division)
        at = trip.scan(at + trip.hours(5, 9), "FORWARDED", trip.receiver, place, division=division) + HOUR
    elif twist is Twist.FORWARDED:
        at = trip.scan(at + trip.hours(3, 9), "FORWARDED", trip.receiver, place, division=division) + HOUR
    out = _delivery_wave(trip, at)
    trip.scan(out, "OUT_FOR_DELIVERY", trip.receiver, place, division=division)
    ending = _ENDINGS.get(twist, _signed)
    ending(trip, out, division, place)


def _delivery_wave(trip: Trip, at: int) -> int:
    """Return when the courier leaves with the parcel: in the morning, or after lunch unless the parcel is staged."""
    hour = stamps.local_hour(at)
    if 8.5 < hour < 13.5 and not trip.is_staged:
        return stamps.next_at_hour(at, 14.0) + trip.hours(0, 0.8)
    return stamps.next_at_hour(at, 7.6) + trip.hours(0, 0.8)


def _handed_over(trip: Trip, out: int, least: float, most: float) -> int:
    """Return a time for the signature: so many hours after the courier left, before nine in the evening."""
    return min(out + trip.hours(least, most), stamps.midnight(out) + 21 * HOUR)


def _signed(trip: Trip, out: int, division: str, place: str) -> None:
    trip.scan(_handed_over(trip, out, 1, 7), "SIGNED", trip.receiver, place, division=division)


def _slow(trip: Trip, out: int, division: str, place: str) -> None:
    at = stamps.midnight(out) + 2 * DAY + trip.hours(9.5, 12)
    trip.scan(at, "SIGNED", trip.receiver, place, division=division)


def _next_day(kind: str) -> "Ending":
    """Return an ending in which the first attempt fails for a reason and the next day's succeeds."""

    def ending(trip: Trip, out: int, division: str, place: str) -> None:
        trip.scan(out + trip.hours(2, 3), kind, trip.receiver, place, division=division)
        again = stamps.midnight(out) + DAY + trip.hours(7.2, 7.5)
        trip.scan(again, "REDELIVERY", trip.receiver, place, division=division)
        last = "SIGNED_AFTER_EXCEPTION" if kind == "DELIVERY_PROBLEM" else "SIGNED"
        trip.scan(again + trip.hours(5.5, 10), last, trip.receiver, place, division=division)

    return ending


def _locker(trip: Trip, out: int, division: str, place: str) -> None:
    boxed = trip.scan(out + trip.hours(2, 5), "IN_LOCKER", trip.receiver, place, division=division)
    collected = boxed + (34 * HOUR if trip.is_staged else trip.hours(1, 30))
    if stamps.local_hour(collected) < 7:
        collected = stamps.next_at_hour(collected, 7.5)
    trip.scan(collected, "SIGNED_AT_LOCKER", trip.receiver, place, division=division)


def _locker_overdue(trip: Trip, out: int, division: str, place: str) -> None:
    boxed = trip.scan(out + trip.hours(2, 5), "IN_LOCKER", trip.receiver, place, division=division)
    trip.scan(boxed + 24 * HOUR, "LOCKER_OVERDUE", trip.receiver, place, division=division)
    collected = stamps.next_at_hour(boxed + trip.hours(55, 70), 12)
    trip.scan(collected, "SIGNED_AT_LOCKER", trip.receiver, place, division=division)


def _taken_out(trip: Trip, out: int, division: str, place: str) -> None:
    boxed = trip.scan(out + trip.hours(2, 4), "IN_LOCKER", trip.receiver, place, division=division)
    again = trip.scan(
        stamps.next_at_hour(boxed + 2 * HOUR, 8), "TAKEN_FROM_LOCKER", trip.receiver, place, division=division
    )
    trip.scan(again + trip.hours(1, 6), "SIGNED", trip.receiver, place, division=division)


def _refused(trip: Trip, out: int, division: str, place: str) -> None:
    at = trip.scan(_handed_over(trip, out, 1, 6), "REJECTED", trip.receiver, place, division=division)
    back = trip.scan(at + trip.hours(15, 30), "RETURNING", trip.receiver, place, division=division)
    trip.scan(back + trip.hours(35, 80), "RETURN_SIGNED", trip.sender, f"{trip.sender.name}{trip.carrier.short}营业点")


def _elsewhere(trip: Trip, out: int, division: str, place: str) -> None:
    """Sign in another city; where `MISMATCH_CORRECTED`, the carrier puts the place right most of a day later."""
    all_cities = data.cities()
    other = all_cities[(all_cities.index(trip.receiver) + 7) % len(all_cities)]
    redo = 20 * HOUR if trip.twist is Twist.MISMATCH_CORRECTED else 0
    at = _handed_over(trip, out, 1, 7)
    trip.scan(at, "SIGNED", other, f"{other.name}{trip.carrier.short}网点", division=other.counties[0][0], redo=redo)


def _odd_hour(trip: Trip, out: int, division: str, place: str) -> None:
    at = stamps.midnight(out) + DAY + trip.hours(0.5, 4.5)
    trip.scan(at, "SIGNED", trip.receiver, place, division=division)


def _sent_back(trip: Trip, out: int, division: str, place: str) -> None:
    _signed(trip, out, division, place)
    back = trip.scan(trip.steps[-1].at + trip.hours(20, 50), "RETURNING", trip.receiver, place, division=division)
    at = stamps.next_at_hour(back + trip.hours(35, 70), 10)
    trip.scan(at, "SIGNED", trip.sender, f"{trip.sender.name}{trip.carrier.short}营业点")


def _troubled(trip: Trip, out: int, division: str, place: str) -> None:
    trip.scan(out + HOUR, "PROBLEM", trip.receiver, place, division=division)
    _signed(trip, out + HOUR, division, place)


def _signed_in_error(trip: Trip, out: int, division: str, place: str) -> None:
    """The courier signs too early and takes it back some hours later; the true signature follows the next day."""
    trip.scan(out + HOUR, "SIGNED", trip.receiver, place, division=division, redo=-3 * HOUR)
    at = stamps.midnight(out) + DAY + 7 * HOUR + trip.hours(0.2, 0.9)
    trip.scan(at, "OUT_FOR_DELIVERY", trip.receiver, place, division=division)
    trip.scan(at + trip.hours(1, 7), "SIGNED", trip.receiver, place, division=division)


Ending = Callable[[Trip, int, str, str], None]

_ENDINGS: Final[dict[Twist, Ending]] = {
    Twist.SLOW_DELIVERY: _slow,
    Twist.UNREACHABLE: _next_day("UNREACHABLE_CONTACT"),
    Twist.DELIVERY_PROBLEM: _next_day("DELIVERY_PROBLEM"),
    Twist.ADDRESS: _next_day("ADDRESS_UNCLEAR"),
    Twist.WRONG_PHONE: _next_day("PHONE_WRONG"),
    Twist.DELAYED: _next_day("DELIVERY_DELAYED"),
    Twist.LOCKER: _locker,
    Twist.LOCKER_OVERDUE: _locker_overdue,
    Twist.TAKEN_OUT: _taken_out,
    Twist.REFUSED: _refused,
    Twist.MISMATCH: _elsewhere,
    Twist.MISMATCH_CORRECTED: _elsewhere,
    Twist.ODD_HOUR: _odd_hour,
    Twist.RETURNED_AFTER_SIGNATURE: _sent_back,
    Twist.PROBLEM: _troubled,
    Twist.SIGNED_IN_ERROR: _signed_in_error,
}
