"""
The fields of a list's filter: what each takes from the address, what it writes into it, and what it offers.

A field's answer is a tuple of texts that were checked; empty means that nothing was chosen. What an address gets wrong
is left out and so shows as not chosen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

ALL = "all"
"""What an address says for "everything" where a field's default is narrower."""
NUMBERS_MAX = 500
"""Numbers one field takes, as many as a sheet's column that somebody pastes."""
NUMBER_CHARS_MAX = 64
TEXT_CHARS_MAX = 100
ZONE = ZoneInfo("Asia/Shanghai")
"""Days of a filter are the platform's."""

Query = Mapping[str, Sequence[str]]
Pairs = tuple[tuple[str, str], ...]
_SEPARATORS = re.compile(r"[\s,;，；、|]+")
_DAY = re.compile(r"20\d{2}-\d{1,2}-\d{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice: what the address says, what people read (an English message id unless `is_name`), and by which
    further words it is found: pinyin, initials."""

    value: str
    label: str
    words: str = ""
    is_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; `is_more` hides it behind the further filters, `hint` stands in it while it is empty."""

    kind: ClassVar[str] = ""
    name: str
    label: str
    hint: str = ""
    is_more: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names by which the address tells this field's answer."""
        return (self.name,)

    @property
    def default(self) -> tuple[str, ...]:
        """Return the answer of an address that does not mention the field."""
        return ()

    def read(self, query: Query) -> tuple[str, ...]:
        """Return the checked answer of an address."""
        raise NotImplementedError

    def write(self, answer: tuple[str, ...]) -> Pairs:
        """Return what the address must say for an answer; nothing for the default."""
        if answer == self.default:
            return ()
        return tuple((self.name, each) for each in answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice(Field):
    options: tuple[Option, ...]
    at_first: tuple[str, ...] = ()
    is_multiple: bool = True

    @property
    def default(self) -> tuple[str, ...]:
        """Return what is chosen at first."""
        return self.at_first

    def read(self, query: Query) -> tuple[str, ...]:
        """Return the known values in the order of the options; the chip for everything clears the others."""
        told = query.get(self.name, ())
        known = tuple(each.value for each in self.options if each.value in told)
        if ALL in told or (not self.at_first and "" in told):
            return ()
        if not known:
            return self.at_first
        return known if self.is_multiple else known[-1:]

    def write(self, answer: tuple[str, ...]) -> Pairs:
        """Return the values; `all` where nothing is chosen although something is at first."""
        if answer == self.at_first:
            return ()
        return tuple((self.name, each) for each in answer or (ALL,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chips(_Choice):
    """A row of chips (several, or one) with one for everything in front."""

    kind: ClassVar[str] = "chips"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(_Choice):
    """A drop-down with one choice; everything is its first entry."""

    kind: ClassVar[str] = "select"
    is_multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabbed(_Choice):
    """A choice made by the tabs over the rows; the form only takes it along."""

    kind: ClassVar[str] = "tabbed"
    is_multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Combobox(_Choice):
    """Choices found while typing, by name, pinyin or initials."""

    kind: ClassVar[str] = "combobox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """A short text."""

    kind: ClassVar[str] = "text"
    pattern: str = ""

    def read(self, query: Query) -> tuple[str, ...]:
        """Return the text without blanks around it, nothing when it does not fit the pattern."""
        text = _clean(query, self.name)[:TEXT_CHARS_MAX]
        fits = not self.pattern or re.fullmatch(self.pattern, text, re.ASCII)
        return (text,) if text and fits else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuzzy(Text):
    """A name or a part of one, in characters, pinyin or initials; `suggested` are the names worth offering."""

    kind: ClassVar[str] = "fuzzy"
    suggested: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers(Field):
    """One number or many, pasted from a sheet with whatever stands between them."""

    kind: ClassVar[str] = "numbers"

    def read(self, query: Query) -> tuple[str, ...]:
        """Return the numbers once each, in their order, NUMBERS_MAX at most."""
        text = "\n".join(query.get(self.name, ())).replace("\0", "")
        found = (each for each in _SEPARATORS.split(text) if each and len(each) <= NUMBER_CHARS_MAX)
        return tuple(dict.fromkeys(found))[:NUMBERS_MAX]

    def write(self, answer: tuple[str, ...]) -> Pairs:
        """Return all numbers in one value."""
        return ((self.name, ",".join(answer)),) if answer else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Days(Field):
    """A range of days, both inclusive, either end open; the answer is the pair, or nothing."""

    kind: ClassVar[str] = "days"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of both ends."""
        return f"{self.name}_from", f"{self.name}_until"

    def read(self, query: Query) -> tuple[str, ...]:
        """Return both ends; one that is no day of 2000 to 2099 is open."""
        days = [day(_clean(query, name)) for name in self.names]
        return tuple(f"{each:%Y-%m-%d}" if each is not None else "" for each in days) if any(days) else ()

    def write(self, answer: tuple[str, ...]) -> Pairs:
        """Return the ends that are not open."""
        return tuple((name, each) for name, each in zip(self.names, answer, strict=False) if each)


def _clean(query: Query, name: str) -> str:
    told = query.get(name, ())
    return told[-1].replace("\0", "").strip() if told else ""


def day(text: str) -> datetime | None:
    """Return the first instant of a day on the platform's calendar, None for what is no day of 2000 to 2099."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZONE)
    except ValueError:
        return None


def span(answer: tuple[str, ...]) -> tuple[datetime | None, datetime | None]:
    """Return the half-open stretch of time that a range of days means."""
    if not answer:
        return None, None
    until = day(answer[1])
    return day(answer[0]), until + timedelta(days=1) if until is not None else None
