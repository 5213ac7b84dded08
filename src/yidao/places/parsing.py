"""
Reads where an address lies from how people write it: province, city and county one after the other, with or without
blanks and suffixes. A county alone is never guessed at, for names repeat across provinces.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from yidao.places import divisions
from yidao.places.divisions import Division

_PLACEHOLDERS: Final = ("省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖县", "市辖区", "县")
"""What stands in the place of a city where there is none, in the data and sometimes in addresses."""
_GAP: Final = re.compile(r"[\s,，、/|-]+")
_SUFFIXES: Final = (
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "地区",
    "省",
    "市",
    "盟",
)
_NAME_MIN: Final = 2


class Place(NamedTuple):
    """The division an address begins with, empty when none was told, and what is left of the address."""

    code: str
    street: str


def read(address: str) -> Place:
    """
    Return the division of an address and the street behind it.

    >>> read("浙江省杭州市西湖区文三路 90 号")
    Place(code='330106', street='文三路 90 号')
    """
    province, rest = _taken(address.strip(), "")
    if province is None:
        return Place("", address.strip())
    if province.name.endswith("市"):
        _, rest = _taken(rest, "", only=province)  # A municipality is often written twice, as its own city.
    city, after_city = _taken(rest, province.code)
    if city is not None:
        return _with_county(city, after_city, (city.code,))
    return _with_county(province, rest, _direct(province.code))


def _with_county(above: Division, text: str, parents: Sequence[str]) -> Place:
    for each in (text, *(text[len(name) :] for name in _PLACEHOLDERS if text.startswith(name))):
        for parent in parents:
            county, street = _taken(_without_gap(each), parent)
            if county is not None:
                return Place(county.code, street)
    return Place(above.code, text)


def _taken(text: str, parent: str, *, only: Division | None = None) -> tuple[Division | None, str]:
    """Return which division below another a text begins with, the longest name first, and what is left of it."""
    for name, division in _beginnings(parent).get(text[:1], ()):
        if text.startswith(name) and only in (None, division):
            return division, _without_gap(text[len(name) :])
    return None, text


@lru_cache(maxsize=512)
def _beginnings(parent: str) -> dict[str, tuple[tuple[str, Division], ...]]:
    """Return the names below a division with whose they are, by their first character, the longest first."""
    found: dict[str, list[tuple[str, Division]]] = {}
    for each in divisions.below(parent):
        if each.name not in _PLACEHOLDERS:
            for name in _names(each):
                found.setdefault(name[:1], []).append((name, each))
    return {first: tuple(sorted(names, key=lambda pair: -len(pair[0]))) for first, names in found.items()}


@lru_cache(maxsize=64)
def _direct(province: str) -> tuple[str, ...]:
    """Return the placeholders below a province in which its own counties stand."""
    return tuple(each.code for each in divisions.below(province) if each.name in _PLACEHOLDERS)


def _names(division: Division) -> tuple[str, ...]:
    """Return how people write a division: with its suffix, and provinces and cities without."""
    if division.level == "county":
        return (division.name,)
    short = next((division.name.removesuffix(each) for each in _SUFFIXES if division.name.endswith(each)), "")
    return (division.name, short) if len(short) >= _NAME_MIN else (division.name,)


def _without_gap(text: str) -> str:
    found = _GAP.match(text)
    return text[found.end() :] if found is not None else text
