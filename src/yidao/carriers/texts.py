"""Reading what providers write: local times, region codes, keywords; and hiding telephone numbers."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from yidao.rules import scans
from yidao.rules.instants import DAY, Instant, instant

SHANGHAI: Final = timezone(timedelta(hours=8))
EARLIEST: Final = instant(datetime(2000, 1, 1, tzinfo=UTC))
LATEST: Final = instant(datetime(2100, 1, 1, tzinfo=UTC))
_OFFSET: Final = 8 * 3_600_000_000
_EPOCH_DAY: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()

DESCRIPTION_MAX = 500
PLACE_MAX = 200
CODE_MAX = 40

DAMAGED_BIT = 1
LOST_BIT = 2

_LOCAL_TIME: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?", re.ASCII
)
_day_starts: dict[str, int] = {}
_DAYS_KEPT: Final = 4_000


def local_time(text: str) -> Instant | None:
    """
    Return the instant of a Shanghai wall clock text such as `2021-12-22 18:05:02`; None outside 2000 to 2099.

    Fractions of a second are cut off.
    """
    if len(text) == 19 and text[13] == ":" and text[16] == ":" and text[10] in " T":
        start = _day_starts.get(text[:10])
        clock = text[11:13] + text[14:16] + text[17:]
        if start is not None and clock.isascii() and clock.isdigit():
            hours, minutes, seconds = int(clock[:2]), int(clock[2:4]), int(clock[4:])
            if hours < 24 and minutes < 60 and seconds < 60:
                return Instant(start + (hours * 3600 + minutes * 60 + seconds) * 1_000_000)
    return _local_time_slowly(text.strip())


def _local_time_slowly(text: str) -> Instant | None:
    match = _LOCAL_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)
    except ValueError:
        return None
    at = instant(moment)
    if not EARLIEST <= at < LATEST:
        return None
    if len(_day_starts) < _DAYS_KEPT and len(text) == 19 and text[10] in " T":
        _day_starts[text[:10]] = (moment.toordinal() - _EPOCH_DAY) * DAY - _OFFSET
    return at


def division_of_area(area_code: str) -> str:
    """Return the six-digit division in an area code such as `CN320507004000`; empty when there is none."""
    digits = area_code[2:8] if area_code[:2] in ("CN", "cn") else area_code[:6]
    return digits if len(digits) == 6 and digits.isascii() and digits.isdigit() else ""


# Mobile numbers may be written in groups or carry the extension of a virtual number; landlines have an area code, which
# loses its zero behind the country's; shorter numbers are hotlines and nobody's in particular.
_TELEPHONE: Final = re.compile(
    r"""(?<!\d)(?:\(?(?:\+|00)?86\)?[-\s.]?)?
        (?:0?1[3-9]\d[-\s.]?\d{4}[-\s.]?\d{4}(?:\s?(?:[-,,转#]|ext\.?)\s?\d{1,6})?
          |(?:\(?0\d{2,3}\)?|(?:(?<=86[-\s.)])|(?<=\+86))[1-9]\d{1,2})
           [-\s.]?\d{3,4}[-\s.]?\d{4}(?:\s?(?:[-转]|ext\.?)\s?\d{1,6})?)
        (?!\d)""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_SEVEN_DIGITS: Final = re.compile(r"\d[\d\s().\u2010-\u2015\u2212\uff08-\uff0e\u200b-\u200d-]{5,}\d")  # Any width.
_PLAINLY: Final[dict[int, int | str]] = {
    **{0xFF10 + digit: 0x30 + digit for digit in range(10)},
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xFF0D), "-"),
    **dict.fromkeys((0x00A0, 0x2002, 0x2003, 0x2009, 0x200B, 0x200C, 0x200D, 0x202F, 0x3000), " "),
    **dict(zip(map(ord, "（）＋．"), "()+.", strict=True)),
}
"""Digits, hyphens, blanks and brackets as telephones are read here; one character for one, so that places stay."""


def _masked(match: re.Match[str]) -> str:
    digits = "".join(character for character in match.group() if character.isdigit())
    digits = digits.removeprefix("00") if digits.startswith("0086") else digits
    digits = digits.removeprefix("86")
    if digits[:2] == "01" and digits[2] in "3456789":
        digits = digits[1:]
    return digits[:1] + "******" + (digits[7:11] if digits[0] == "1" else digits[-2:])


def _telephones(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each telephone number begins and ends, and its hidden form."""
    plain = text if text.isascii() else text.translate(_PLAINLY)
    for match in _TELEPHONE.finditer(plain):
        yield match.start(), match.end(), _masked(match)


def hide_telephones(text: str) -> str:
    """Return `text` with every telephone number cut to at most five digits, the most a label may show."""
    if _SEVEN_DIGITS.search(text) is None:
        return text
    parts: list[str] = []
    position = 0
    for start, end, hidden in _telephones(text):
        parts += (text[position:start], hidden)
        position = end
    return "".join((*parts, text[position:])) if parts else text


def hidden_telephones(text: str) -> list[tuple[str, str]]:
    """Return (hidden form, number) of every telephone number that `hide_telephones` hides, in their order."""
    return [(hidden, text[start:end]) for start, end, hidden in _telephones(text)]


_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+")


def readable(text: str, *, limit: int) -> str:
    """Return a provider's free text as we keep it: without control characters and telephone numbers, cut to `limit`."""
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub(" ", text)
    return hide_telephones(text.strip())[:limit]


def flags_of(description: str) -> int:
    """Return the keyword flags of a text as bits (damaged 1, lost 2)."""
    if description.isascii():
        return 0
    kind = scans.keyword_flag(description)
    if kind is None:
        return 0
    return LOST_BIT if kind is scans.Kind.LOST else DAMAGED_BIT


_NUMBER: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-")
WAYBILL_NO_MAX = 40


def is_waybill_no(text: str) -> bool:
    """Return whether `text` can be a waybill number: 1 to 40 letters, digits, hyphens and underscores."""
    return 0 < len(text) <= WAYBILL_NO_MAX and _NUMBER.issuperset(text)
