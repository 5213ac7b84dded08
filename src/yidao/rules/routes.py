"""Route classes: how far apart, for a carrier, the two ends of a parcel are. Region sets are dated data, never code."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from yidao.rules.instants import NEVER, Instant


class RouteClass(IntEnum):
    """The classes that a policy gives limits for, nearest first."""

    SAME_CITY = 1
    SAME_PROV = 2
    CLUSTER_JZHW = 3
    CLUSTER_JJJ = 4
    INTER_PROV = 5
    REMOTE = 6
    CROSS_BORDER = 7
    UNKNOWN = 8


UNKNOWN_CITY: Final = 0
ABROAD: Final = 9900
"""Stands for any place outside China; GB/T 2260 ends below it."""

_MUNICIPALITIES: Final = frozenset({11, 12, 31, 50})
_OUTSIDE_CUSTOMS: Final = frozenset({71, 81, 82, 99})


def city_of(division: str) -> int:
    """
    Return the city of a GB/T 2260 division code as its first four digits, or 0 when the code tells none.

    Districts and counties of one municipality (直辖市) are one city, so 110100 and 110200, or 500100 and 500200,
    give the same number. A bare province code tells no city, a code of fewer than four digits neither.

    >>> city_of("500236"), city_of("330106"), city_of("330000"), city_of("")
    (5001, 3301, 0, 0)
    """
    head = division[:4]
    if len(head) < 4 or not (head.isascii() and head.isdigit()):
        return UNKNOWN_CITY
    city = int(head)
    province = city // 100
    if province in _MUNICIPALITIES:
        return province * 100 + 1
    if province in _OUTSIDE_CUSTOMS or city % 100:
        return city
    return UNKNOWN_CITY


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSet:
    """
    A named set of places, by prefix of their division codes, in force for a period.

    `makes` is the class that membership gives: REMOTE when either end is a member, a cluster when both are. The period
    is half-open; 0 leaves an end open. One name may stand several times with different periods.
    """

    name: str
    makes: RouteClass
    prefixes: tuple[str, ...]
    effective_from: Instant = NEVER
    effective_until: Instant = NEVER

    def is_in_force(self, at: Instant) -> bool:
        """Tell whether the set holds at `at`."""
        return self.effective_from <= at and (not self.effective_until or at < self.effective_until)

    def has(self, city: int) -> bool:
        """Tell whether `city`, four digits as from `city_of`, lies in the set; an unknown city lies in none."""
        return city != UNKNOWN_CITY and f"{city:04d}".startswith(self.prefixes)


def route(sender: int, receiver: int, *, sets: Iterable[RegionSet], at: Instant = NEVER) -> RouteClass:
    """
    Return the class of the way from city `sender` to city `receiver` (four digits each, see `city_of`).

    Total: unknown ends give UNKNOWN, unless the known one already decides.

    Source: transit tables of 2022 and 2024. Reading: a remote end decides before everything else on the mainland, so
    新疆 to 新疆 is REMOTE; Hong Kong, Macao, Taiwan and abroad are CROSS_BORDER.
    """
    if sender // 100 in _OUTSIDE_CUSTOMS or receiver // 100 in _OUTSIDE_CUSTOMS:
        return RouteClass.CROSS_BORDER
    in_force = [each for each in sets if each.is_in_force(at)]
    if any(each.has(sender) or each.has(receiver) for each in in_force if each.makes is RouteClass.REMOTE):
        return RouteClass.REMOTE
    if UNKNOWN_CITY in (sender, receiver):
        return RouteClass.UNKNOWN
    if sender == receiver:
        return RouteClass.SAME_CITY
    if sender // 100 == receiver // 100:
        return RouteClass.SAME_PROV
    for each in in_force:
        if each.makes is not RouteClass.REMOTE and each.has(sender) and each.has(receiver):
            return each.makes
    return RouteClass.INTER_PROV


REMOTE_2022: Final = RegionSet(
    name="REMOTE_2022",
    makes=RouteClass.REMOTE,
    prefixes=("15", "46", "54", "63", "64", "65"),
)
"""内蒙古 海南 西藏 青海 宁夏 新疆. Source: parcel centre, end of 2022."""

WEST6_PLUS_2024: Final = RegionSet(
    name="WEST6_PLUS_2024",
    makes=RouteClass.REMOTE,
    prefixes=("15", "46", "53", "54", "62", "63", "64", "65"),
)
"""The six western provinces 内蒙古 西藏 甘肃 青海 宁夏 新疆, and 云南 海南. Source: draft of December 2024.
Reading: which six is nowhere listed; 甘肃 is taken for the sixth."""

CLUSTER_JZHW: Final = RegionSet(
    name="CLUSTER_JZHW",
    makes=RouteClass.CLUSTER_JZHW,
    prefixes=("31", "32", "33", "34"),
)
"""江浙沪皖."""

CLUSTER_JJJ: Final = RegionSet(name="CLUSTER_JJJ", makes=RouteClass.CLUSTER_JJJ, prefixes=("11", "12", "13"))
"""京津冀."""
