"""
The scripts of the fixed cases: what happens at which hour before or after the opening, and which source tells it how.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from yidao.market import data, stamps, wires
from yidao.market.stamps import HOUR
from yidao.market.wires import Event, Message, Place, Told

SECONDS_TO_ARRIVE: Final = 60

# A scan of a script: hours before (-) or after (+) the opening, what happened, and the city (empty: the receiver's).
Scene = tuple[float, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A case before it is placed in time; `tell` turns the scenes into messages of one source or several."""

    key: str
    title: str
    carrier: str
    shows: str
    ships: float
    scenes: tuple[Scene, ...]
    tell: "Callable[[Scripted], Iterator[Message]]"
    hands_in: float | None = None
    pays: float | None = None
    names_carrier: str = ""
    shop: str = "alice"
    lines: tuple[tuple[str, str], ...] = (("dana", ""),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A script at its place in time."""

    script: Script
    opens_at: int
    told: Told


HOME: Final = "330100"
AWAY: Final = "110100"
ASTRAY: Final = "120100"
MIDWAY: Final = "320100"


def events(scripted: Scripted) -> Iterator[Message]:
    """Yield the carrier's own events, each a minute after it happened."""
    told = scripted.told
    for number, step in enumerate(told.steps):
        yield Message(
            step.at + SECONDS_TO_ARRIVE, told.tie + number, wires.NATIVE, told.carrier.code, event_of(told, number)
        )


def event_of(told: Told, number: int) -> Event:
    """Return one scan as the carrier's event."""
    step = told.steps[number]
    return Event(
        told.waybill_no,
        told.carrier.code,
        stamps.rfc3339(step.at),
        step.kind,
        Place(step.division, step.place),
        data.TEXTS[step.kind].format(step.place),
        f"{told.waybill_no}-{number}",
    )


def _one_list_by_kuaidi100(hour: float) -> Callable[[Scripted], Iterator[Message]]:
    """Return a telling in which the whole list comes in one push at an hour of the opening."""

    def tell(scripted: Scripted) -> Iterator[Message]:
        param = wires.kuaidi100_param(scripted.told, scripted.told.steps, mistaken=scripted.script.names_carrier)
        yield Message(scripted.opens_at + int(hour * HOUR), scripted.told.tie, wires.KUAIDI100, "", param)

    return tell


def _one_list_by_kdniao(hour: float) -> Callable[[Scripted], Iterator[Message]]:
    def tell(scripted: Scripted) -> Iterator[Message]:
        entry = wires.kdniao_entry(scripted.told, scripted.told.steps)
        yield Message(scripted.opens_at + int(hour * HOUR), scripted.told.tie, wires.KDNIAO, "", entry)

    return tell


def _events_and_kuaidi100(scripted: Scripted) -> Iterator[Message]:
    """Yield the same scans twice: as the carrier's events and in the aggregator's growing lists."""
    yield from events(scripted)
    told = scripted.told
    for upto in range(1, len(told.steps) + 1, 2):
        param = wires.kuaidi100_param(told, told.steps[:upto])
        yield Message(told.steps[upto - 1].at + 2 * HOUR, told.tie + upto, wires.KUAIDI100, "", param)


def _taken_back(scripted: Scripted) -> Iterator[Message]:
    """Yield the events, then the last of them once more as retracted, an hour and a half after the opening."""
    yield from events(scripted)
    told = scripted.told
    last = len(told.steps) - 1
    event = event_of(told, last)
    again = structs.replace(event, revision=1, retracted=True)
    yield Message(scripted.opens_at + 5400, told.tie + 60, wires.NATIVE, told.carrier.code, again)


def _said_again(scripted: Scripted) -> Iterator[Message]:
    """Yield the events, each reworded and sent again, and the oldest once more after the last."""
    yield from events(scripted)
    told = scripted.told
    for number, step in enumerate(told.steps):
        event = event_of(told, number)
        reworded = structs.replace(event, description=f"{event.description}(更正)")
        yield Message(step.at + 3 * HOUR, told.tie + 20 + number, wires.NATIVE, told.carrier.code, reworded)
    yield Message(told.steps[-1].at + 5 * HOUR, told.tie + 60, wires.NATIVE, told.carrier.code, event_of(told, 1))


def way(start: float, *, until: float | None = None) -> tuple[Scene, ...]:
    """Return the first scenes of an ordinary way: pickup at `start`, then to the receiver's outlet; cut at `until`."""
    scenes: tuple[Scene, ...] = (
        (start, "PICKED_UP", HOME),
        (start + 3, "DEPARTED_ORIGIN", HOME),
        (start + 6, "ARRIVED_HUB", HOME),
        (start + 9, "DEPARTED_HUB", HOME),
        (start + 27, "ARRIVED_CITY", AWAY),
        (start + 33, "ARRIVED_OUTLET", AWAY),
    )
    return tuple(scene for scene in scenes if until is None or scene[0] < until)


SELF_SOLD: Final = "self-sold"
RETURN: Final = "return"
NIGHT: Final = -1000.0
"""Stands for half past one in the night before the opening, whatever the hour of the opening."""

SCRIPTS: Final = (
    Script(
        key="pickup-soon",
        title="Pickup is nearly overdue",
        carrier="zhongtong",
        shows="PICKUP_SOON",
        ships=-20,
        scenes=way(2),
        tell=events,
    ),
    Script(
        key="pickup-late",
        title="Pickup is overdue",
        carrier="yuantong",
        shows="PICKUP_TIMEOUT",
        ships=-28.2,
        scenes=way(5),
        tell=events,
    ),
    Script(
        key="dispatch-late",
        title="Picked up, but it does not leave the outlet",
        carrier="shentong",
        shows="DISPATCH_TIMEOUT",
        ships=-40,
        scenes=((-34, "PICKED_UP", HOME), (16, "DEPARTED_ORIGIN", HOME)),
        tell=events,
    ),
    Script(
        key="transit-late",
        title="No news between two cities for more than 48 hours",
        carrier="yunda",
        shows="TRANSIT_TIMEOUT",
        ships=-84,
        scenes=(*way(-76, until=-60), (20, "ARRIVED_CITY", AWAY)),
        tell=events,
    ),
    Script(
        key="delivery-late",
        title="Out for delivery since the day before yesterday",
        carrier="jd",
        shows="DELIVERY_TIMEOUT",
        ships=-76,
        scenes=(*way(-70), (-28, "OUT_FOR_DELIVERY", AWAY), (9, "SIGNED", AWAY)),
        tell=events,
    ),
    Script(
        key="signed-elsewhere",
        title="Signed in another city",
        carrier="shunfeng",
        shows="SIGN_ADDR_MISMATCH",
        ships=-80,
        scenes=(*way(-72), (-22, "OUT_FOR_DELIVERY", AWAY), (-18, "SIGNED", ASTRAY)),
        tell=events,
    ),
    Script(
        key="damaged",
        title="Found damaged on the way",
        carrier="zhongtong",
        shows="PARCEL_DAMAGED",
        ships=-66,
        scenes=(*way(-58), (-23, "DAMAGED", AWAY), (-1, "OUT_FOR_DELIVERY", AWAY), (5, "SIGNED", AWAY)),
        tell=events,
    ),
    Script(
        key="lost",
        title="Reported lost",
        carrier="yuantong",
        shows="TRANSIT_EXCEPTION",
        ships=-120,
        scenes=(*way(-114, until=-100), (-40, "LOST", HOME)),
        tell=events,
    ),
    Script(
        key="nobody-answers",
        title="The courier cannot reach the buyer",
        carrier="yunda",
        shows="DELIVERY_EXCEPTION",
        ships=-74,
        scenes=(
            *way(-66),
            (-23.6, "OUT_FOR_DELIVERY", AWAY),
            (-21, "UNREACHABLE_CONTACT", AWAY),
            (1.5, "REDELIVERY", AWAY),
            (7, "SIGNED", AWAY),
        ),
        tell=events,
    ),
    Script(
        key="signed-at-night",
        title="Signed in the middle of the night",
        carrier="shentong",
        shows="OTHER",
        ships=-70,
        scenes=(*way(-64), (-24, "OUT_FOR_DELIVERY", AWAY), (NIGHT, "SIGNED", AWAY)),
        tell=events,
    ),
    Script(
        key="late-proof",
        title="Overdue, until a late push proves that pickup was in time",
        carrier="yuantong",
        shows="PICKUP_TIMEOUT",
        ships=-40,
        scenes=(
            (-32, "PICKED_UP", HOME),
            (-29, "DEPARTED_ORIGIN", HOME),
            (-26, "ARRIVED_HUB", HOME),
            (-20, "DEPARTED_HUB", HOME),
        ),
        tell=_one_list_by_kuaidi100(2),
    ),
    Script(
        key="in-and-out-of-the-locker",
        title="Out, in, at the outlet, boxed, taken out, out again, signed",
        carrier="zhongtong",
        shows="",
        ships=-96,
        scenes=(
            (-80, "IN_TRANSIT", MIDWAY),
            (-60, "ARRIVED_OUTLET", AWAY),
            (-46, "OUT_FOR_DELIVERY", AWAY),
            (-42, "IN_LOCKER", AWAY),
            (-26, "TAKEN_FROM_LOCKER", AWAY),
            (-25, "OUT_FOR_DELIVERY", AWAY),
            (-21, "SIGNED", AWAY),
        ),
        tell=_one_list_by_kdniao(-19),
    ),
    Script(
        key="signed-on-return",
        title="Refused, sent back, and signed by the sender",
        carrier="jd",
        shows="",
        ships=-130,
        scenes=(
            *way(-122),
            (-86, "OUT_FOR_DELIVERY", AWAY),
            (-82, "REJECTED", AWAY),
            (-70, "RETURNING", AWAY),
            (-20, "SIGNED", HOME),
        ),
        tell=events,
    ),
    Script(
        key="two-sources",
        title="The carrier and an aggregator tell the same way",
        carrier="yuantong",
        shows="",
        ships=-60,
        scenes=(*way(-52), (-1, "OUT_FOR_DELIVERY", AWAY), (4, "SIGNED", AWAY)),
        tell=_events_and_kuaidi100,
    ),
    Script(
        key="wrong-carrier",
        title="The shop named the wrong carrier; the aggregator corrects it",
        carrier="zhongtong",
        shows="OTHER",
        ships=-50,
        scenes=way(-42),
        tell=_one_list_by_kuaidi100(-6),
        names_carrier="yunda",
    ),
    Script(
        key="events-first",
        title="Events came before the shipment",
        carrier="shunfeng",
        shows="",
        ships=-24,
        scenes=way(-20, until=-4),
        tell=events,
        hands_in=1,
    ),
    Script(
        key="merged",
        title="Three orders in one parcel: two creators and one the shop sold itself",
        carrier="zhongtong",
        shows="",
        ships=-44,
        scenes=way(-38),
        tell=events,
        lines=(("dana", ""), ("maple", ""), ("", SELF_SOLD)),
    ),
    Script(
        key="paid-afterwards",
        title="Handed over before the payment was approved",
        carrier="shentong",
        shows="OTHER",
        ships=-30,
        scenes=way(-26),
        tell=events,
        pays=-24,
        hands_in=-23.5,
    ),
    Script(
        key="customs",
        title="Direct mail in customs; no creator sees it",
        carrier="shunfeng",
        shows="OTHER",
        ships=-90,
        shop="overseas",
        scenes=(
            (-84, "PICKED_UP", HOME),
            (-80, "DEPARTED_ORIGIN", HOME),
            (-76, "CUSTOMS_PENDING", HOME),
            (-60, "CUSTOMS_PROCESSING", HOME),
            (-30, "CUSTOMS_FAILED", HOME),
        ),
        tell=events,
    ),
    Script(
        key="signature-taken-back",
        title="Signed by mistake; the carrier takes the scan back",
        carrier="jd",
        shows="",
        ships=-60,
        scenes=(*way(-54), (-1.5, "OUT_FOR_DELIVERY", AWAY), (-0.5, "SIGNED", AWAY)),
        tell=_taken_back,
    ),
    Script(
        key="said-again",
        title="Every scan came twice, reworded; an old one came after the signature",
        carrier="zhongtong",
        shows="",
        ships=-80,
        scenes=(*way(-74), (-23, "OUT_FOR_DELIVERY", AWAY), (-20, "SIGNED", AWAY)),
        tell=_said_again,
    ),
)
LATER_SCRIPTS: Final = (
    Script(
        key="self-sold",
        title="Sold in the creator's own shop; the monitor does not show it",
        carrier="zhongtong",
        shows="",
        ships=-52,
        scenes=way(-44),
        tell=events,
        lines=(("dana", SELF_SOLD),),
    ),
    Script(
        key="sent-back",
        title="A customer sends goods back; the monitor does not show it",
        carrier="yuantong",
        shows="",
        ships=-46,
        scenes=way(-40),
        tell=events,
        lines=(("dana", RETURN),),
    ),
    Script(
        key="before-data-start",
        title="Shipped before the data start; the monitor does not show it",
        carrier="yunda",
        shows="",
        ships=-564,
        scenes=(*way(-558), (-514, "OUT_FOR_DELIVERY", AWAY), (-510, "SIGNED", AWAY)),
        tell=events,
    ),
    Script(
        key="not-late",
        title="Was overdue, until a late push proved that pickup was in time",
        carrier="yunda",
        shows="",
        ships=-52,
        scenes=(
            (-46, "PICKED_UP", HOME),
            (-43, "DEPARTED_ORIGIN", HOME),
            (-40, "ARRIVED_HUB", HOME),
            (-9, "DEPARTED_HUB", HOME),
        ),
        tell=_one_list_by_kuaidi100(-8),
    ),
    Script(
        key="stepped-in",
        title="Pickup is overdue, and the creator has stepped in",
        carrier="shentong",
        shows="PICKUP_TIMEOUT",
        ships=-31,
        scenes=way(14),
        tell=events,
    ),
)
