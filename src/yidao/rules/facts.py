"""What the parcel rules are given beside the scans, and what they answer: plan, holds, verdict."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from yidao.rules.episodes import Episode
from yidao.rules.instants import NEVER, Instant
from yidao.rules.parcel import Status
from yidao.rules.routes import UNKNOWN_CITY


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What was arranged for the parcel. Everything may be unknown: a stub has no plan, and no clock runs on shipping then.

    Cities are those of `routes.city_of`; `routes.ABROAD` makes the route cross-border.
    """

    shipped_at: Instant = NEVER
    paid_at: Instant = NEVER
    sender_city: int = UNKNOWN_CITY
    receiver_city: int = UNKNOWN_CITY


NO_PLAN = Plan()


class HoldKind(IntEnum):
    """Facts beside the scans that change what is an anomaly; stored, never renumbered."""

    SUPPRESSED = 1
    OUTAGE = 2
    REFUNDED = 3
    NUMBER_REUSED = 4
    CARRIER_CORRECTED = 5
    RESOLVED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """
    A recorded fact with a period, half-open; `until` 0 is open-ended. Holds have no order and may repeat.

    `types` is a mask of types (`episodes.mask_of`), 0 for all that the kind is about. REFUNDED, NUMBER_REUSED,
    CARRIER_CORRECTED and RESOLVED happen at `since`; their `until` is not read.
    """

    kind: HoldKind
    since: Instant
    until: Instant = NEVER
    types: int = 0


class Verdict(NamedTuple):
    """
    What the rules say about a parcel at one instant.

    `episodes` are sorted by (type, opens_at). `next_due_at` is when to look again, 0 for never: not later than the
    next instant at which the verdict changes by time alone. `open_mask` has the bit 1 << type for each type in
    progress. `last_kind` is 0 for a parcel without scans and never carries WEAK.
    """

    status: Status
    episodes: tuple[Episode, ...]
    next_due_at: int
    open_mask: int
    picked_at: int
    signed_at: int
    last_scan_at: int
    last_kind: int
