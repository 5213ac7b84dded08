"""The columns of the parcel and anomaly lists, on the page and in the exported file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit.lists.columns import Cell, Column, Dot, Left, Moment, Number, Tag
from yidao.parcels.detail import RunningRow
from yidao.parcels.listing_rows import Mark, Row
from yidao.parcels.nudge_queries import NudgeMark
from yidao.web.shared import phrases
from yidao.web.shared.formats import moment
from yidao.web.shared.parcel_fields import SHIPPED, state_words

HEADERS: Final = (
    gettext_noop("Shop name"),
    gettext_noop("Waybill number"),
    gettext_noop("Order numbers"),
    SHIPPED,
    gettext_noop("Carrier"),
    gettext_noop("Parcel status"),
    gettext_noop("Anomaly type"),
    gettext_noop("What is wrong"),
    gettext_noop("Anomaly state"),
)
"""The nine fields that the source exports, in its order."""
NUDGE: Final = {
    "WAITING": gettext_noop("waiting for the shop"),
    "ANSWERED": gettext_noop("the shop answered"),
    "OVERDUE": gettext_noop("answer overdue"),
    "SETTLED": gettext_noop("settled"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A row with what stands beside it: the nudge, since when the shop knows, and the limit that runs out next."""

    row: Row
    nudge: NudgeMark | None = None
    known_at: datetime | None = None
    running: RunningRow | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Return the anomalies the row tells of: its one, or the parcel's in progress, or those that are over."""
        if self.row.anomaly is not None:
            return (self.row.anomaly,)
        return tuple(mark for mark in self.row.anomalies if mark.state == "OPEN") or self.row.anomalies


def explained(mark: Mark) -> str:
    """Return what is wrong in words (异常说明); of one that never was late, that it was not."""
    text = phrases.of("reason", mark.reason)
    if mark.state == "CLOSED" and mark.closing:
        return gettext("%(reason)s (%(closing)s)") % {"reason": text, "closing": phrases.of("closing", mark.closing)}
    return text


def file_row(row: Row, mark: Mark | None) -> tuple[str, ...]:
    """Return the nine fields of one line of an exported file."""
    return (
        row.shop,
        row.number,
        ";".join(row.order_nos),
        moment(row.shipped_at),
        phrases.carrier(row.carrier),
        phrases.of("status", row.status),
        phrases.of("type", mark.type) if mark is not None else "",
        explained(mark) if mark is not None else "",
        gettext(state_words(mark.state)) if mark is not None else "",
    )


def _types(shown: Shown) -> Cell:
    tones = {"NOTICE": "notice", "SEVERE": "severe"}
    found = {
        mark.type: Tag(
            text=phrases.of("type", mark.type),
            tone="closed" if mark.state == "CLOSED" else tones.get(mark.severity, "warn"),
        )
        for mark in shown.marks
    }
    return tuple(found.values())


def _reasons(shown: Shown) -> Cell:
    return "; ".join(dict.fromkeys(explained(mark) for mark in shown.marks)) or None


def _state(shown: Shown) -> Cell:
    if not shown.marks:
        return None
    is_open = shown.marks[0].state == "OPEN"
    return Dot(text=gettext(state_words("OPEN" if is_open else "CLOSED")), tone="bad" if is_open else "quiet")


def _orders(shown: Shown) -> Cell:
    numbers = shown.row.order_nos
    return Number(text=numbers[0], more=numbers[1:]) if numbers else None


def _trace(shown: Shown) -> Cell:
    row = shown.row
    if row.last_scan_at is None:
        return None
    place = phrases.place(row.last_division)
    return Moment(
        at=row.last_scan_at, text=" ".join(each for each in (phrases.of("kind", row.last_kind), place) if each)
    )


def _nudge(shown: Shown) -> Cell:
    nudge = shown.nudge
    return Moment(at=nudge.at, text=gettext(NUDGE[nudge.state])) if nudge is not None else None


def _left(shown: Shown) -> Cell:
    running = shown.running
    if running is None:
        return None
    return Left(started_at=running.started_at, deadline=running.deadline, text=phrases.of("type", running.type))


_NUDGED: Final[Column[Shown]] = Column(name="nudge", label=gettext_noop("Stepped in"), cell=_nudge)
_LEFT: Final[Column[Shown]] = Column(name="left", label=gettext_noop("Time left"), cell=_left, sort="left")
_KNOWN: Final[Column[Shown]] = Column(
    name="known", label=gettext_noop("Acknowledged"), cell=lambda shown: shown.known_at
)


def _columns(*, is_of_shop: bool, is_of_anomalies: bool) -> tuple[Column[Shown], ...]:
    """Return the nine columns of the source, and the time an anomaly began where it is what is listed."""
    shop: tuple[Column[Shown], ...] = (
        Column(name="shop", label=HEADERS[0], cell=lambda shown: shown.row.shop or None),
    )
    since: tuple[Column[Shown], ...] = (
        Column(
            name="since",
            label=gettext_noop("Since"),
            cell=lambda shown: shown.row.anomaly.opened_at if shown.row.anomaly is not None else None,
        ),
    )
    return (
        *(() if is_of_shop else shop),
        Column(name="number", label=HEADERS[1], cell=lambda shown: Number(text=shown.row.number), is_fixed=True),
        Column(name="orders", label=HEADERS[2], cell=_orders),
        Column(name="shipped", label=HEADERS[3], cell=lambda shown: shown.row.shipped_at, sort="newest"),
        Column(name="carrier", label=HEADERS[4], cell=lambda shown: phrases.carrier(shown.row.carrier)),
        Column(
            name="status",
            label=HEADERS[5],
            cell=lambda shown: Dot(text=phrases.of("status", shown.row.status), tone=phrases.tone(shown.row.status)),
        ),
        *((_LEFT,) if is_of_shop else ()),
        Column(name="types", label=HEADERS[6], cell=_types),
        Column(name="reasons", label=HEADERS[7], cell=_reasons),
        Column(name="state", label=HEADERS[8], cell=_state),
        *(since if is_of_anomalies else ()),
        Column(name="trace", label=gettext_noop("Last scan"), cell=_trace),
    )


def columns_for(actor: Actor, *, is_of_anomalies: bool) -> tuple[Column[Shown], ...]:
    """Return the columns an actor may see of a list."""
    found = _columns(is_of_shop=actor.kind is ActorKind.MERCHANT, is_of_anomalies=is_of_anomalies)
    match actor.kind:
        case ActorKind.CREATOR | ActorKind.MERCHANT:
            return *found, _NUDGED, _KNOWN
        case ActorKind.OPERATOR:
            return *found, _NUDGED
        case _:
            return found
