"""The geometry of the pictures on home pages: lines of rates over days, and how shares and hours are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext

WIDTH: Final = 960
HEIGHT: Final = 200
LEFT: Final = 46
RIGHT: Final = 8
TOP: Final = 10
FOOT: Final = 22
STEP: Final = 100
"""The scale begins at a multiple of so many thousandths."""
DAY_LABELS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One day of a line, with the words for who points at it."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; `strokes` are its unbroken parts, for a day of which nothing is known leaves a gap."""

    label: str
    tone: str
    strokes: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines over days; `rows` and `days` are the places and words of the scales."""

    width: int
    height: int
    lines: tuple[Line, ...]
    rows: tuple[tuple[float, str], ...]
    days: tuple[tuple[float, str], ...]


def share(permille: int | None) -> str:
    """Return thousandths as per cent, a dash for what is not known."""
    return "—" if permille is None else f"{permille // 10}.{permille % 10}%"


def hours(seconds: int | None) -> str:
    """Return a length of time in hours with one decimal, a dash for what is not known."""
    return "—" if seconds is None else gettext("%(hours)s h") % {"hours": hours_alone(seconds)}


def hours_alone(seconds: int | None) -> str:
    """Return a length of time in hours as a number alone, for a sheet; nothing for what is not known."""
    if seconds is None:
        return ""
    tenths = (seconds * 10 + 1_800) // 3_600
    return f"{tenths // 10}.{tenths % 10}"


def chart(days: Sequence[date], lines: Sequence[tuple[str, str, Sequence[int | None]]]) -> Chart:
    """Return the chart of lines (label, tone, thousandths by day) on one scale, from the lowest value to the whole."""
    known = [each for _, _, values in lines for each in values if each is not None]
    foot = min([*known, 1000 - STEP]) // STEP * STEP
    top = max([*known, foot + STEP])
    top = -(-top // STEP) * STEP

    def x(place: int) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * place / max(1, len(days) - 1), 1)

    def y(value: int) -> float:
        return round(TOP + (HEIGHT - TOP - FOOT) * (top - value) / (top - foot), 1)

    gap = max(1, -(-(len(days) - 1) // (DAY_LABELS - 1)))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        lines=tuple(
            Line(
                label=label,
                tone=tone,
                strokes=_strokes([None if value is None else (x(at), y(value)) for at, value in enumerate(values)]),
                dots=tuple(
                    Dot(x=x(at), y=y(value), title=f"{days[at]:%m-%d} {label} {share(value)}")
                    for at, value in enumerate(values)
                    if value is not None
                ),
            )
            for label, tone, values in lines
        ),
        rows=tuple((y(value), share(value)) for value in (foot, (foot + top) // 2, top)),
        days=tuple((x(at), f"{days[at]:%m-%d}") for at in range(0, len(days), gap)),
    )


def _strokes(points: Sequence[tuple[float, float] | None]) -> tuple[str, ...]:
    strokes: list[list[str]] = [[]]
    for point in points:
        if point is None:
            strokes.append([])
        else:
            strokes[-1].append(f"{point[0]},{point[1]}")
    return tuple(" ".join(each) for each in strokes if len(each) > 1)
