"""The policy of parcel anomalies: every number of the rules, and the limits it gives to one parcel's route."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from yidao.rules import routes
from yidao.rules.instants import NEVER, SHANGHAI_OFFSET_MINUTES, Instant, hours, minutes
from yidao.rules.routes import RegionSet, RouteClass

OFF: Final = 1 << 61
"""A limit in microseconds that no clock reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """Hours by route class, and the names of the region sets that decide the class for this table."""

    sets: tuple[str, ...]
    same_city_hours: int
    same_prov_hours: int
    cluster_jzhw_hours: int
    cluster_jjj_hours: int
    inter_prov_hours: int
    remote_hours: int
    cross_border_hours: int
    unknown_hours: int

    def hours_for(self, route: RouteClass) -> int:
        """Return the limit of a class in hours."""
        return (
            self.same_city_hours,
            self.same_prov_hours,
            self.cluster_jzhw_hours,
            self.cluster_jjj_hours,
            self.inter_prov_hours,
            self.remote_hours,
            self.cross_border_hours,
            self.unknown_hours,
        )[route - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    One published version of the parcel rules. It is never changed once published; a verdict names it by `version`.

    `transit_warn` None: a transit limit has one step only and opens SEVERE. `collect_overdue_hours` 0: no clock runs in
    lockers and stations.
    """

    version: str
    zone_offset_minutes: int = SHANGHAI_OFFSET_MINUTES
    region_sets: tuple[RegionSet, ...]
    pickup_soon_hours: int
    pickup_timeout_hours: int
    dispatch_warn_hours: int
    dispatch_severe: RouteTable
    transit_warn: RouteTable | None
    transit_severe: RouteTable
    delivery_warn_hours: int
    delivery_severe_hours: int
    hub_dwell_hours: int
    collect_overdue_hours: int
    second_attempt_hours: int
    lost_same_city_hours: int
    lost_other_hours: int
    damage_expires_hours: int
    odd_sign_from_hour: int
    odd_sign_until_hour: int
    recheck_minutes: int

    def __hash__(self) -> int:
        """Hash by version alone: a version has one body for ever."""
        return hash(self.version)

    def sets_of(self, table: RouteTable) -> tuple[RegionSet, ...]:
        """Return the region sets that a table names."""
        return tuple(each for each in self.region_sets if each.name in table.sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a policy grants to one route, as lengths of time in microseconds."""

    pickup_soon: int
    pickup_timeout: int
    dispatch: int
    dispatch_severe: int
    transit: int
    transit_severe: int
    delivery: int
    delivery_severe: int
    hub_dwell: int
    collect: int
    second_attempt: int
    no_news: int
    damage_expires: int
    recheck: int
    shortest_in_transit: int


def limits_for(policy: Policy, sender: int, receiver: int, at: Instant = NEVER) -> Limits:
    """
    Return the limits for the way from city `sender` to city `receiver`, with the region sets in force at `at`.

    Cheap to call again: the answer is kept per policy, pair of cities and period of the region sets.
    """
    return _limits(policy, sender, receiver, period_of(policy, at))


@lru_cache(maxsize=64)
def _boundaries(policy: Policy) -> tuple[int, ...]:
    dates = {date for each in policy.region_sets for date in (each.effective_from, each.effective_until)}
    return tuple(sorted(dates - {NEVER}))


def period_of(policy: Policy, at: Instant) -> Instant:
    """Return an instant that stands for all instants with the same region sets in force."""
    boundaries = _boundaries(policy)
    if not boundaries:
        return NEVER
    index = bisect_right(boundaries, at)
    return Instant(boundaries[index - 1]) if index else NEVER


@lru_cache(maxsize=32_768)
def _limits(policy: Policy, sender: int, receiver: int, at: Instant) -> Limits:
    def by_route(table: RouteTable) -> int:
        return hours(table.hours_for(routes.route(sender, receiver, sets=policy.sets_of(table), at=at)))

    severe = by_route(policy.transit_severe)
    warn = by_route(policy.transit_warn) if policy.transit_warn else severe
    is_same_city = routes.route(sender, receiver, sets=(), at=at) is RouteClass.SAME_CITY
    no_news = hours(policy.lost_same_city_hours if is_same_city else policy.lost_other_hours)
    return Limits(
        pickup_soon=hours(policy.pickup_soon_hours),
        pickup_timeout=hours(policy.pickup_timeout_hours),
        dispatch=hours(policy.dispatch_warn_hours),
        dispatch_severe=by_route(policy.dispatch_severe),
        transit=min(warn, severe),
        transit_severe=severe,
        delivery=hours(policy.delivery_warn_hours),
        delivery_severe=hours(policy.delivery_severe_hours),
        hub_dwell=hours(policy.hub_dwell_hours),
        collect=hours(policy.collect_overdue_hours) or OFF,
        second_attempt=hours(policy.second_attempt_hours),
        no_news=no_news,
        damage_expires=hours(policy.damage_expires_hours),
        recheck=minutes(policy.recheck_minutes),
        shortest_in_transit=min(warn, severe, no_news),
    )
