"""What the track statuses of WeChat shops mean in our vocabulary."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from yidao.rules.scans import Kind

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "0": Kind.ORDERED,
        "1": Kind.PICKED_UP,
        "2": Kind.IN_TRANSIT,
        "3": Kind.OUT_FOR_DELIVERY,
        "4": Kind.IN_LOCKER,
        "5": Kind.SIGNED,
        "6": Kind.RETURNING,
        "7": Kind.FORWARDED,
        "8": Kind.PROBLEM,
        "9": Kind.TAKEN_FROM_LOCKER,
        "99": Kind.UNKNOWN,
    }
)


def kind_of(code: str) -> Kind:
    """Return the kind of a code; an unknown one is UNKNOWN and keeps its raw code beside it."""
    return KINDS.get(code, Kind.UNKNOWN)
