"""Small builders: a parcel told in hours since it was shipped, on 2022-06-01 10:00 in Shanghai."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from yidao.rules import anomalies, parcel, policies
from yidao.rules.anomalies import Hold, HoldKind, Plan
from yidao.rules.instants import HOUR, MINUTE, Instant, instant
from yidao.rules.parcel import Entry, Milestones
from yidao.rules.scans import Kind

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
SHIPPED: Final = instant(datetime(2022, 6, 1, 10, tzinfo=SHANGHAI))
HANGZHOU, CHENGDU, URUMQI, GUANGZHOU = 3301, 5101, 6501, 4401
PLAN: Final = Plan(shipped_at=SHIPPED, paid_at=Instant(SHIPPED - HOUR), sender_city=GUANGZHOU, receiver_city=HANGZHOU)
POLICY: Final = policies.PARCEL_DOUYIN_2022
LATER: Final = 10_000


def at(hours: float) -> Instant:
    """Return the instant some hours after the shipping."""
    return Instant(SHIPPED + round(hours * 60) * MINUTE)


def told(*scans_: tuple[float, Kind] | tuple[float, Kind, int]) -> Milestones:
    """Return the milestones of carrier scans given as (hours, kind, city)."""
    return parcel.of(parcel.entry(at(hours), kind, *city) for hours, kind, *city in scans_)


def by_shop(*scans_: tuple[float, Kind]) -> Milestones:
    """Return the milestones of scans that only the shop reported."""
    return parcel.of(parcel.weak_entry(at(hours), kind) for hours, kind in scans_)


def hours_of(moment: int) -> float | None:
    """Return an instant as hours since the shipping, None for 0."""
    return (moment - SHIPPED) / HOUR if moment else None


Line = tuple[str, float | None, float | None, str, str, str]


def lines(
    milestones: Milestones,
    *holds: Hold,
    now: float = LATER,
    plan: Plan = PLAN,
    policy: anomalies.Policy = POLICY,
) -> list[Line]:
    """Return the episodes at `now` as (type, opened, closed, closing, severity, reason) in hours and names."""
    return [
        (
            anomalies.Type(each.type).name,
            hours_of(each.opens_at),
            hours_of(each.closes_at),
            anomalies.Closing(each.closing).name if each.closing else "",
            anomalies.Severity(each.severity).name,
            anomalies.Reason(each.reason).name,
        )
        for each in anomalies.anomalies(milestones, plan, holds, policy, at(now))
    ]


def only(type_: str, found: list[Line]) -> list[tuple[float | None, float | None, str, str, str]]:
    """Return the lines of one type without its name."""
    return [line[1:] for line in found if line[0] == type_]


def hold(kind: HoldKind, since: float, until: float | None = None, *types: anomalies.Type) -> Hold:
    """Return a hold with its period in hours since the shipping."""
    return Hold(
        kind=kind,
        since=at(since),
        until=at(until) if until is not None else Instant(0),
        types=anomalies.mask_of(types),
    )


# --- Strategies ------------------------------------------------------------------------------------------------------

# Mostly a grid of six hours, so that scans meet limits and each other; sometimes off the grid.
moments = st.one_of(
    st.integers(-4, 60).map(lambda step: at(step * 6)),
    st.integers(-600, 22_000).map(lambda minutes: Instant(SHIPPED + minutes * MINUTE)),
)
kinds = st.sampled_from(list(Kind))
cities = st.sampled_from([0, HANGZHOU, CHENGDU, URUMQI])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """One scan of anything, at any time, seldom the shop's own."""
    make = parcel.weak_entry if draw(st.integers(0, 9)) == 0 else parcel.entry
    return make(draw(moments), draw(kinds), draw(cities))


_FORTH = (
    Kind.PICKED_UP,
    Kind.DEPARTED_ORIGIN,
    Kind.ARRIVED_HUB,
    Kind.DEPARTED_HUB,
    Kind.ARRIVED_OUTLET,
    Kind.OUT_FOR_DELIVERY,
    Kind.IN_LOCKER,
    Kind.OUT_FOR_DELIVERY,
    Kind.SIGNED,
)


@st.composite
def journeys(draw: st.DrawFn) -> list[Entry]:
    """A plausible way to the receiver with gaps left out or stretched, and now and then something odd in between."""
    moment = int(draw(st.integers(-2, 30))) * HOUR + SHIPPED
    way = []
    for kind in _FORTH[: draw(st.integers(0, len(_FORTH)))]:
        if draw(st.integers(0, 5)):
            way.append(parcel.entry(Instant(moment), kind, draw(cities)))
        moment += draw(st.sampled_from([0, 1, 3, 6, 12, 24, 30, 48, 72, 100, 300])) * HOUR
    return way + draw(st.lists(entries(), max_size=4))


histories = st.one_of(journeys(), st.lists(entries(), max_size=12))
plans = st.builds(
    Plan,
    shipped_at=st.sampled_from([Instant(0), SHIPPED]),
    paid_at=st.sampled_from([Instant(0), at(-1), at(7)]),
    sender_city=st.sampled_from([0, GUANGZHOU, URUMQI]),
    receiver_city=st.sampled_from([0, HANGZHOU, URUMQI, GUANGZHOU]),
)
holds = st.builds(
    lambda kind, since, length, types: Hold(
        kind=kind, since=since, until=Instant(since + length * HOUR) if length else Instant(0), types=types
    ),
    st.sampled_from(list(HoldKind)),
    moments,
    st.sampled_from([0, 6, 24, 48, 200]),
    st.one_of(
        st.just(0), st.sets(st.sampled_from(list(anomalies.Type))).map(lambda some: anomalies.mask_of(tuple(some)))
    ),
)
some_holds = st.lists(holds, max_size=3).map(tuple)
some_policies = st.sampled_from(policies.SEEDS)
