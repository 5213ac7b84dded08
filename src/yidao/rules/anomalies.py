"""The anomalies of a parcel: what opens and closes each of the ten types, and when to look again.

`judge` is the whole rule in one call. The engine is `watch` with its tables in `roles`, the words are in `episodes`,
the numbers in `limits`.
"""

from typing import NamedTuple

from yidao.rules import parcel
from yidao.rules.episodes import (
    ABOUT,
    Change,
    Closing,
    Episode,
    Happened,
    Party,
    Reason,
    ReasonGroup,
    Severity,
    Type,
    diff,
    mask_of,
    open_mask,
    pack_episodes,
    reason_group,
    responsible,
    unpack_episodes,
)
from yidao.rules.facts import NO_PLAN, Hold, HoldKind, Plan, Verdict
from yidao.rules.instants import END_OF_TIME, Instant
from yidao.rules.limits import Limits, Policy, RouteTable, limits_for
from yidao.rules.parcel import Milestones, Status
from yidao.rules.roles import CLOCK_REASONS, RELIEVABLE
from yidao.rules.scans import WEAK
from yidao.rules.watch import Watch

__all__ = (
    "ABOUT",
    "CLOCK_REASONS",
    "NO_PLAN",
    "RELIEVABLE",
    "Change",
    "Closing",
    "Episode",
    "Happened",
    "Hold",
    "HoldKind",
    "Limits",
    "Party",
    "Plan",
    "Policy",
    "Reason",
    "ReasonGroup",
    "RouteTable",
    "Running",
    "Severity",
    "Type",
    "Verdict",
    "anomalies",
    "diff",
    "judge",
    "limits_for",
    "mask_of",
    "next_due_at",
    "open_mask",
    "pack_episodes",
    "reason_group",
    "responsible",
    "status",
    "time_left",
    "unpack_episodes",
)


def judge(
    milestones: Milestones,
    plan: Plan,
    holds: tuple[Hold, ...],
    policy: Policy,
    now: Instant,
) -> Verdict:
    """
    Return the status and the anomalies of a parcel at `now`, with the instants at which they should have come about.

    Total and pure; the order in which scans and holds became known never matters. A scan whose time is still to come (a
    carrier's clock may be fast by up to a day) moves the status at once; episodes wait for its time.

    Source: the creator's monitor names ten types; the readings of their openings and closings stand in `docs/rules`.
    """
    watch = Watch(plan, policy, now)
    watch.run(milestones, holds)
    found = watch.episodes_now()
    entries = milestones.entries
    return Verdict(
        parcel.status(milestones) if watch.has_weak else parcel.STATUS_OF_STATE[watch.state],
        found,
        watch.due if watch.due < END_OF_TIME else 0,
        open_mask(found),
        milestones.first_moved_at,
        watch.signed_at,
        entries[-1][0] if entries else 0,
        entries[-1][2] & ~WEAK if entries else 0,
    )


def anomalies(
    milestones: Milestones,
    plan: Plan,
    holds: tuple[Hold, ...],
    policy: Policy,
    now: Instant,
) -> tuple[Episode, ...]:
    """Return the episodes alone, sorted by (type, opens_at)."""
    return judge(milestones, plan, holds, policy, now).episodes


def status(milestones: Milestones) -> Status:
    """Return the status alone; it needs neither plan nor policy nor time."""
    return parcel.status(milestones)


def next_due_at(
    milestones: Milestones,
    plan: Plan,
    holds: tuple[Hold, ...],
    policy: Policy,
    now: Instant,
) -> Instant | None:
    """Return when to look again, or None when time alone will change nothing."""
    return Instant(judge(milestones, plan, holds, policy, now).next_due_at) or None


class Running(NamedTuple):
    """A clock that is running: `starts_at` to `deadline`, and what opens, or turns severe, when it runs out."""

    type: Type
    reason: Reason
    severity: Severity
    starts_at: Instant
    deadline: Instant


def time_left(
    milestones: Milestones,
    plan: Plan,
    holds: tuple[Hold, ...],
    policy: Policy,
    now: Instant,
) -> tuple[Running, ...]:
    """Return the running clocks, the soonest deadline first, so that a page can draw the time left as bars."""
    watch = Watch(plan, policy, now)
    watch.run(milestones, holds)
    return tuple(
        sorted(
            (
                Running(type_, reason, severity, Instant(start), Instant(at))
                for type_, reason, severity, start, at in watch.running(milestones)
            ),
            key=lambda each: (each.deadline, each.type),
        ),
    )
