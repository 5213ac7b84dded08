"""Anomalies in progress by the receiver's province: a map of tiles, and a table of those that stand out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext

from yidao.accounts.actors import Actor
from yidao.parcels import daily, standings
from yidao.rules import figures
from yidao.web.shared import charts, phrases

DAYS: Final = 30
SHOWN: Final = 8
SIDE: Final = 52
HEATS: Final = 4
COLUMNS: Final = 9
ROWS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a province's tile stands, and its letters (GB/T 2260)."""

    x: int
    y: int
    letters: str


PLACES: Final[Mapping[str, Place]] = {
    code: Place(x=x, y=y, letters=letters)
    for code, x, y, letters in (
        ("23", 8, 0, "HL"),
        ("15", 5, 1, "NM"),
        ("22", 8, 1, "JL"),
        ("65", 0, 2, "XJ"),
        ("62", 2, 2, "GS"),
        ("64", 3, 2, "NX"),
        ("14", 4, 2, "SX"),
        ("13", 5, 2, "HE"),
        ("11", 6, 2, "BJ"),
        ("21", 7, 2, "LN"),
        ("63", 1, 3, "QH"),
        ("61", 3, 3, "SN"),
        ("41", 4, 3, "HA"),
        ("37", 5, 3, "SD"),
        ("12", 6, 3, "TJ"),
        ("54", 0, 4, "XZ"),
        ("51", 2, 4, "SC"),
        ("50", 3, 4, "CQ"),
        ("42", 4, 4, "HB"),
        ("34", 5, 4, "AH"),
        ("32", 6, 4, "JS"),
        ("52", 3, 5, "GZ"),
        ("43", 4, 5, "HN"),
        ("36", 5, 5, "JX"),
        ("33", 6, 5, "ZJ"),
        ("31", 7, 5, "SH"),
        ("53", 2, 6, "YN"),
        ("45", 3, 6, "GX"),
        ("44", 4, 6, "GD"),
        ("35", 5, 6, "FJ"),
        ("71", 7, 6, "TW"),
        ("46", 3, 7, "HI"),
        ("82", 4, 7, "MO"),
        ("81", 5, 7, "HK"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One province on the map; `heat` is 0 without anomalies, else 1 to HEATS by its share of the greatest rate."""

    x: int
    y: int
    label: str
    count: str
    title: str
    heat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One province of the table."""

    name: str
    parcels: int
    rate: str
    punctual: str
    worst: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The map, the table, and as of when they were computed."""

    tiles: tuple[Tile, ...]
    lines: tuple[Line, ...]
    as_of: datetime | None
    side: int = SIDE
    width: int = SIDE * COLUMNS
    height: int = SIDE * ROWS


def build(*, actor: Actor, now: datetime) -> Map:
    """Return the map of an operator."""
    rows = standings.province_anomalies(actor=actor, days=DAYS, now=now)
    known = {row.province: row for row in rows}
    rates = {row.province: figures.permille(row.parcels, row.tally.parcels) or 0 for row in rows}
    most = max(rates.values(), default=0)
    return Map(
        tiles=tuple(_tile(code, place, known.get(code), rates.get(code, 0), most) for code, place in PLACES.items()),
        lines=tuple(_line(row, rates[row.province]) for row in rows[:SHOWN] if row.parcels),
        as_of=standings.computed_at(daily.OPEN),
    )


def _tile(code: str, place: Place, row: standings.ProvinceRow | None, rate: int, most: int) -> Tile:
    count = row.parcels if row is not None else 0
    name = phrases.place(f"{code}0000")
    return Tile(
        x=place.x * SIDE,
        y=place.y * SIDE,
        label=phrases.short_place(code, place.letters),
        count=str(count) if count else "",
        title=gettext("%(place)s: %(count)s parcels with anomalies, %(rate)s")
        % {"place": name, "count": count, "rate": charts.share(rate if row is not None else None)},
        heat=max(1, -(-HEATS * rate // most)) if count and most else 0,
    )


def _line(row: standings.ProvinceRow, rate: int) -> Line:
    worst = max(row.types.items(), key=lambda each: each[1], default=("", 0))[0]
    return Line(
        name=phrases.place(f"{row.province}0000") or gettext("unknown"),
        parcels=row.parcels,
        rate=charts.share(rate if row.tally.parcels else None),
        punctual=charts.share(row.tally.punctual_permille),
        worst=phrases.of("type", worst) if worst else "—",
    )
