"""
The statistics of parcels: what counts as on time (准时率), what as anomalous (异常率), how long each stage took, and
which anomalies stand in the parcel centre (包裹中心). Figures judge nobody; they are read by people.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from yidao.rules import scans
from yidao.rules.episodes import Closing, Type
from yidao.rules.instants import HOUR, NEVER, Instant
from yidao.rules.parcel import Milestones, Status
from yidao.rules.scans import WEAK

UNCOUNTED_CLOSINGS: Final = frozenset({Closing.NOT_LATE, Closing.RELIEVED})
"""Source: an anomaly that late news disproved is out of every statistic. Reading: so is one that was relieved."""

UNCOUNTED_TYPES: Final = frozenset({Type.PICKUP_SOON})
"""Reading: a limit that is near is a warning and no anomaly yet; when it passes, the overdue pickup counts, once."""

TIMEOUTS: Final = frozenset({Type.PICKUP_TIMEOUT, Type.DISPATCH_TIMEOUT, Type.TRANSIT_TIMEOUT, Type.DELIVERY_TIMEOUT})

SCORED: Final = (
    Type.PICKUP_TIMEOUT,
    Type.DISPATCH_TIMEOUT,
    Type.TRANSIT_TIMEOUT,
    Type.TRANSIT_EXCEPTION,
    Type.DELIVERY_EXCEPTION,
    Type.DELIVERY_TIMEOUT,
)
"""
The six that touch the logistics score, in the order of the source.

Source: 包裹中心: 揽收超时、发运超时、中转超时、中转异常、派件异常、派签异常.
Reading: 派件异常 is 派送异常, 派签异常 is 派送超时.
"""

SYNONYMS: Final[dict[Type, str]] = {Type.DELIVERY_EXCEPTION: "派件异常", Type.DELIVERY_TIMEOUT: "派签异常"}
"""What the parcel centre of the source calls a type that the monitor calls otherwise."""

ENDED: Final = frozenset({Status.SIGNED, Status.RETURN_SIGNED})
"""Reading: only a parcel whose way has ended can have been on time; a voided number never was on its way."""

PICKUP_EDGES: Final = tuple(hours * 3_600 for hours in (1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 24, 30, 36, 42, 48, 72))
"""Seconds from shipping to pickup at which one step of the histogram ends and the next begins."""
STEPS: Final = len(PICKUP_EDGES) + 1
SECOND: Final = 1_000_000
SETTLED_PERCENT: Final = 80
"""Of a single day's parcels so many must have ended before its on-time rate is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the statistics ask of a parcel; `episodes` holds (type, closing), 0 for an open one, dropped ones too."""

    status: Status
    shipped_at: Instant
    picked_at: Instant = NEVER
    episodes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """
    Figures of any number of parcels; tallies of different parcels add up.

    `ended` parcels are signed or back at their sender, `punctual` those of them without a time limit passed. `picked`
    parcels have a pickup, `pickup_steps` says after how long by PICKUP_EDGES.
    """

    parcels: int = 0
    ended: int = 0
    signed: int = 0
    punctual: int = 0
    anomalous: int = 0
    picked: int = 0
    pickup_seconds: int = 0
    pickup_steps: tuple[int, ...] = (0,) * STEPS

    def __add__(self, other: "Tally") -> "Tally":
        """Return the figures of both together."""
        return Tally(
            parcels=self.parcels + other.parcels,
            ended=self.ended + other.ended,
            signed=self.signed + other.signed,
            punctual=self.punctual + other.punctual,
            anomalous=self.anomalous + other.anomalous,
            picked=self.picked + other.picked,
            pickup_seconds=self.pickup_seconds + other.pickup_seconds,
            pickup_steps=tuple(map(sum, zip(self.pickup_steps, other.pickup_steps, strict=True))),
        )

    @property
    def punctual_permille(self) -> int | None:
        """Return the on-time rate (准时率) of the ended parcels, None while none has ended."""
        return permille(self.punctual, self.ended)

    @property
    def is_settled(self) -> bool:
        """Tell whether most of the parcels have ended; before that only the fastest tell how punctual all will be."""
        return self.ended > 0 and 100 * self.ended >= SETTLED_PERCENT * self.parcels

    @property
    def anomalous_permille(self) -> int | None:
        """Return the anomaly rate (异常率) of the shipped parcels, None without any."""
        return permille(self.anomalous, self.parcels)

    @property
    def pickup_mean_seconds(self) -> int | None:
        """Return how long a pickup took on average, None while none was picked up."""
        return self.pickup_seconds // self.picked if self.picked else None

    @property
    def pickup_median_seconds(self) -> int | None:
        """Return how long a pickup took in the median, as exact as the histogram is."""
        return quantile(self.pickup_steps, 50)


EMPTY: Final = Tally()


def tally(facts: Facts) -> Tally:
    """
    Return the figures of one parcel; a voided one has none.

    This is the specification; the database adds up millions by a statement that says the same.
    """
    if facts.status is Status.VOIDED:
        return EMPTY
    counted = {type_ for type_, closing in facts.episodes if closing not in UNCOUNTED_CLOSINGS}
    is_ended = facts.status in ENDED
    waited = max(0, (facts.picked_at - facts.shipped_at) // SECOND)
    is_picked = facts.picked_at != NEVER
    steps = [0] * STEPS
    if is_picked:
        steps[bisect_right(PICKUP_EDGES, waited)] = 1
    return Tally(
        parcels=1,
        ended=int(is_ended),
        signed=int(facts.status is Status.SIGNED),
        punctual=int(is_ended and not counted & TIMEOUTS),
        anomalous=int(bool(counted - UNCOUNTED_TYPES)),
        picked=int(is_picked),
        pickup_seconds=waited if is_picked else 0,
        pickup_steps=tuple(steps),
    )


def permille(part: int, whole: int) -> int | None:
    """Return a share in thousandths, half a thousandth rounded up; None of nothing."""
    return (2_000 * part + whole) // (2 * whole) if whole else None


def quantile(steps: Sequence[int], percent: int) -> int | None:
    """
    Return below how many seconds the given share of a histogram lies, taking each step as evenly filled.

    None when it is empty; what lies beyond the last edge is told as that edge. Worked example: ten pickups, all
    between one and two hours: the median is 5,400 seconds.
    """
    wanted = percent * sum(steps)
    if not wanted:
        return None
    below = 0
    edges = (0, *PICKUP_EDGES)
    for place, count in enumerate(steps[:-1]):
        if 100 * (below + count) >= wanted:
            width = edges[place + 1] - edges[place]
            return edges[place] + width * (wanted - 100 * below) // (100 * count)
        below += count
    return PICKUP_EDGES[-1]


def nearest_rank(values: Sequence[int], percent: int) -> int | None:
    """Return the smallest of the values that at least the given share of them does not exceed; None of none."""
    if not values:
        return None
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]


# --- Stages ----------------------------------------------------------------------------------------------------------


class Stage(Enum):
    """A part of a parcel's way, and the whole of it."""

    PICKUP = "PICKUP"
    TRANSIT = "TRANSIT"
    DELIVERY = "DELIVERY"
    WHOLE = "WHOLE"


class Passage(NamedTuple):
    """How many seconds one parcel spent in each stage, in the order of `Stage`; None where it is not known."""

    pickup: int | None
    transit: int | None
    delivery: int | None
    whole: int | None


STAGE_SAMPLE: Final = 1_000
"""A carrier's stages are told of so many of its parcels, those shipped last whose way has ended."""
SETTLED_DAYS: Final = 5
"""Of what was shipped later only the fastest are signed yet; they would flatter their carrier."""
SAMPLE_MIN: Final = 10
"""Fewer than these tell nothing about a carrier."""

_OUT: Final = frozenset(map(int, scans.OUT | scans.BOXED))
_SIGNED: Final = frozenset(map(int, scans.SIGNATURES))


def passage(milestones: Milestones, shipped_at: Instant) -> Passage:
    """
    Return how long a signed parcel took from stage to stage.

    Reading: pickup is from shipping to the first movement, transit from there until a courier first took it out (or it
    lay in a locker), delivery from there to the last signature; the whole way is from shipping to that signature. Only
    what carriers and providers reported counts, and a stage whose ends are missing or the wrong way round is unknown.
    """
    told = [(at, kind) for at, _, kind, _ in milestones.entries if kind < WEAK]
    picked_at = milestones.first_moved_at
    out_at = next((Instant(at) for at, kind in told if kind in _OUT), NEVER)
    signed_at = next((Instant(at) for at, kind in reversed(told) if kind in _SIGNED), NEVER)
    return Passage(
        pickup=_length(shipped_at, picked_at),
        transit=_length(picked_at, out_at),
        delivery=_length(out_at, signed_at),
        whole=_length(shipped_at, signed_at),
    )


def _length(begin: Instant, end: Instant) -> int | None:
    return (end - begin) // SECOND if begin and end and end >= begin else None


# --- When figures are renewed ----------------------------------------------------------------------------------------

DAYS_KEPT: Final = 90
FRESH_DAYS: Final = 3
RECENT_DAYS: Final = 15
FRESH_FOR: Final = HOUR // 12
RECENT_FOR: Final = HOUR


def is_stale(*, age_days: int, computed_at: Instant, now: Instant, is_new_day: bool) -> bool:
    """
    Tell whether a day's figures must be computed again.

    Parcels of the last days change by the minute, those of two weeks ago by the hour, and older ones are looked at once
    a day; `is_new_day` says that none of our days has begun since. A clock that was set back makes everything stale.
    """
    if computed_at == NEVER or computed_at > now:
        return True
    if age_days < FRESH_DAYS:
        return now - computed_at >= FRESH_FOR
    if age_days < RECENT_DAYS:
        return now - computed_at >= RECENT_FOR
    return is_new_day
