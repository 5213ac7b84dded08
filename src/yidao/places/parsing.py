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
    province, rest = _taken(address.strip(), divisions.below(""))
    if province is None:
        return Place("", address.strip())
    if province.name.endswith("市"):
        _, rest = _taken(rest, (province,))  # A municipality is often written twice, as its own city.
    below = divisions.below(province.code)
    city, after_city = _taken(rest, [each for each in below if each.name not in _PLACEHOLDERS])
    if city is not None:
        return _with_county(city, after_city, divisions.below(city.code))
    direct = [county for each in below if each.name in _PLACEHOLDERS for county in divisions.below(each.code)]
    return _with_county(province, rest, direct)


def _with_county(above: Division, text: str, counties: Sequence[Division]) -> Place:
    for each in (text, *(text[len(name) :] for name in _PLACEHOLDERS if text.startswith(name))):
        county, street = _taken(_without_gap(each), counties, is_county=True)
        if county is not None:
            return Place(county.code, street)
    return Place(above.code, text)


def _taken(text: str, among: Sequence[Division], *, is_county: bool = False) -> tuple[Division | None, str]:
    """Return which of some divisions a text begins with, the longest name first, and what is left of it."""
    best: Division | None = None
    length = 0
    for each in among:
        for name in _names(each.name, is_county):
            if len(name) > length and text.startswith(name):
                best, length = each, len(name)
    return best, _without_gap(text[length:])


def _without_gap(text: str) -> str:
    found = _GAP.match(text)
    return text[found.end() :] if found is not None else text


@lru_cache(maxsize=8_192)
def _names(name: str, is_county: bool) -> tuple[str, ...]:
    """Return how people write a division: with its suffix, and provinces and cities without."""
    if is_county:
        return (name,)
    short = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
    return (name, short) if len(short) >= _NAME_MIN else (name,)
