"""What KDNiao's states (State, StateEx) and actions mean in our vocabulary."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidao.rules.scans import Kind

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "0": Kind.ORDERED,
        "10": Kind.ORDERED,
        "1": Kind.PICKED_UP,
        "2": Kind.IN_TRANSIT,
        "201": Kind.ARRIVED_CITY,
        "202": Kind.OUT_FOR_DELIVERY,
        "204": Kind.ARRIVED_HUB,
        "205": Kind.ARRIVED_OUTLET,
        "206": Kind.DEPARTED_ORIGIN,
        "211": Kind.IN_LOCKER,
        "3": Kind.SIGNED,
        "301": Kind.SIGNED,
        "302": Kind.SIGNED_AFTER_EXCEPTION,
        "304": Kind.SIGNED,
        "311": Kind.SIGNED_AT_LOCKER,
        "4": Kind.PROBLEM,
        "401": Kind.NO_INFO,
        "402": Kind.ADVISED_NOT_SIGNED,
        "403": Kind.ADVISED_NOT_UPDATED,
        "404": Kind.REJECTED,
        "405": Kind.DELIVERY_PROBLEM,
        "406": Kind.RETURN_SIGNED,
        "407": Kind.RETURNING,
        "412": Kind.LOCKER_OVERDUE,
        "413": Kind.INTERCEPTED,
        "414": Kind.DAMAGED,
        "415": Kind.VOIDED,
        "416": Kind.UNREACHABLE_CONTACT,
        "417": Kind.DELIVERY_DELAYED,
        "418": Kind.TAKEN_FROM_LOCKER,
        "419": Kind.REDELIVERY,
        "420": Kind.ADDRESS_UNCLEAR,
        "421": Kind.PHONE_WRONG,
        "422": Kind.MISSORTED,
        "423": Kind.OUT_OF_AREA,
        "5": Kind.FORWARDED,
        # Reading: plain "customs" says no more than that customs has it, which is the earliest of the customs states.
        "6": Kind.CUSTOMS_PENDING,
        "601": Kind.CUSTOMS_PENDING,
        "602": Kind.CUSTOMS_PROCESSING,
        "603": Kind.CUSTOMS_CLEARED,
        "604": Kind.CUSTOMS_FAILED,
    }
)

NOTES: Final = frozenset({"4", "401", "402", "403", "405", "414", "416", "417", "420", "421", "422", "423"})
"""States that remark on the parcel without moving it."""

OWN_CLOCK: Final = frozenset({"402", "403", "412"})
"""States that KDNiao derives with its own clock: they belong to the whole list and are no action of any line."""


def kind_of(code: str) -> Kind:
    """Return the kind of a code; an unknown one is UNKNOWN and keeps its raw code beside it."""
    return KINDS.get(code, Kind.UNKNOWN)
