"""The columns of a list, what stands in their cells, and which of them somebody has hidden."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A word on a colored ground; tones: notice, warn, severe, closed, good."""

    kind: ClassVar[str] = "tag"
    text: str
    tone: str = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A word behind a colored dot; tones: quiet, active, warn, bad, good."""

    kind: ClassVar[str] = "dot"
    text: str
    tone: str = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that can be copied; with `more` others behind it, told on demand."""

    kind: ClassVar[str] = "number"
    text: str
    more: tuple[str, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A word that leads somewhere."""

    kind: ClassVar[str] = "link"
    text: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant, with a few words behind it."""

    kind: ClassVar[str] = "moment"
    at: datetime | None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The time left of a limit as a bar; `text` says of which."""

    kind: ClassVar[str] = "left"
    started_at: datetime
    deadline: datetime
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far some work has come."""

    kind: ClassVar[str] = "progress"
    done: int
    total: int
    text: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line through a few values; `text` says of what."""

    kind: ClassVar[str] = "spark"
    values: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A few short lines, the first one strongest; a `flag` is the number of the color in front of it, 0 for none."""

    kind: ClassVar[str] = "stack"
    lines: tuple[str, ...]
    flag: int = 0


Cell = (
    str | int | datetime | Tag | Dot | Number | Link | Moment | Left | Progress | Spark | Stack | tuple[Tag, ...] | None
)
"""What a cell may hold; the page knows how each looks. None is a dash."""


def kind(cell: Cell) -> str:
    """Return how a page shows a cell: none, text, when, tags, or what the cell itself says."""
    match cell:
        case None | "" | ():
            return "none"
        case str() | int():
            return "text"
        case datetime():
            return "when"
        case tuple():
            return "tags"
        case _:
            return cell.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """
    One column: its heading (an English message id) and the cell of a row.

    `is_fixed` columns cannot be hidden; `sort` names the order its heading leads to; numbers stand right.
    """

    name: str
    label: str
    cell: Callable[[Row], Cell]
    is_fixed: bool = False
    is_hidden_at_first: bool = False
    is_numeric: bool = False
    sort: str = ""


def shown(columns: Iterable[Column[Row]], hidden: Iterable[str] | None) -> tuple[Column[Row], ...]:
    """Return the columns somebody sees; None for who never chose. What was hidden and is no more counts for nothing."""
    away = None if hidden is None else frozenset(hidden)
    return tuple(
        each
        for each in columns
        if each.is_fixed or (not each.is_hidden_at_first if away is None else each.name not in away)
    )


def hidden_by(columns: Iterable[Column[Row]], chosen: Iterable[str]) -> tuple[str, ...]:
    """Return the names to be kept as hidden when these were chosen to be seen."""
    seen = frozenset(chosen)
    return tuple(each.name for each in columns if not each.is_fixed and each.name not in seen)
