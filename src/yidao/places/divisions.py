"""
Administrative divisions of China to county level (GB/T 2260), shipped as data. Looked up by code, never by bare name:
names repeat across provinces.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """One province, city or county."""

    code: str
    name: str
    level: str
    parent_code: str


_PLACEHOLDERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@lru_cache(maxsize=1)
def _all() -> dict[str, Division]:
    """Return the divisions by code; a city without districts stands in the data once more below itself."""
    text = resources.files("yidao.places").joinpath("data/divisions.csv").read_text(encoding="utf-8-sig")
    rows = [Division(**row) for row in csv.DictReader(text.splitlines())]
    return {each.code: each for each in rows if each.code != each.parent_code}


@lru_cache(maxsize=1)
def _pinyin() -> dict[str, str]:
    """Return the names as an English reader can say them: pinyin without the suffix that says what kind of place."""
    from pypinyin import lazy_pinyin  # inline: slow, and Chinese pages never need it

    suffixes = ("特别行政区", "自治区", "自治州", "省", "市")
    names = {}
    for code, division in _all().items():
        if division.level == "county":
            continue
        name = division.name
        for suffix in suffixes:
            name = name.removesuffix(suffix) or name
        names[code] = "".join(lazy_pinyin(name)).capitalize()
    return names | {
        "610000": "Shaanxi",
        "150000": "Inner Mongolia",
        "540000": "Tibet",
        "810000": "Hong Kong",
        "820000": "Macao",
    }


@lru_cache(maxsize=1)
def _children() -> dict[str, tuple[Division, ...]]:
    found: dict[str, list[Division]] = {}
    for division in _all().values():
        found.setdefault(division.parent_code, []).append(division)
    return {code: tuple(below) for code, below in found.items()}


def of(code: str) -> Division | None:
    """Return a division, None for an unknown code."""
    return _all().get(code)


def below(code: str) -> tuple[Division, ...]:
    """Return what a division consists of, by code; of the empty code the provinces."""
    return _children().get(code, ())


def full_name(code: str) -> str:
    """Return province, city and county of a code as one writes them on a parcel, empty for an unknown one."""
    parts = []
    for prefix in dict.fromkeys((code[:2] + "0000", code[:4] + "00", code)):
        division = _all().get(prefix)
        if division is not None and division.name not in _PLACEHOLDERS:
            parts.append(division.name)
    return "".join(parts) if code in _all() else ""


def shown_name(division: Division, language: str) -> str:
    """Return what one division is called where one chooses it; counties have their Chinese name alone."""
    pinyin = "" if language.startswith("zh") else _pinyin().get(division.code, "")
    return f"{pinyin} {division.name}".strip()


def name(code: str, language: str) -> str:
    """
    Return province and city of a code as people write them, empty for an unknown code.

    `language` is `zh-hans` (广东深圳 style, full names) or anything else (pinyin).
    """
    table = _all()
    parts = []
    for prefix in dict.fromkeys((code[:2] + "0000", code[:4] + "00")):
        division = table.get(prefix)
        if division is not None and division.name not in _PLACEHOLDERS:
            parts.append(division.name if language.startswith("zh") else _pinyin()[prefix])
    return "".join(parts) if language.startswith("zh") else ", ".join(reversed(parts))


def whole_name(code: str, language: str) -> str:
    """Return province, city and, for readers of Chinese, county of a code as they stand in an address."""
    county = _all().get(code)
    is_told = county is not None and county.level == "county" and language.startswith("zh")
    return name(code, language) + (county.name if county is not None and is_told else "")
