"""The parcel policies that the code ships, their stored bodies, and the check of a body that is to be published."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from yidao.rules import bodies, routes
from yidao.rules.bodies import Change, Fault, PolicyInvalid, difference
from yidao.rules.instants import NEVER, Instant, instant, to_datetime
from yidao.rules.limits import Policy, RouteTable
from yidao.rules.routes import RegionSet, RouteClass

__all__ = (
    "PARCEL_DOUYIN_2022",
    "PARCEL_DOUYIN_2024",
    "SEEDS",
    "Change",
    "Fault",
    "PolicyInvalid",
    "difference",
    "from_body",
    "to_body",
)

_TRANSIT_2022: Final = RouteTable(
    sets=(routes.REMOTE_2022.name,),
    same_city_hours=48,
    same_prov_hours=48,
    cluster_jzhw_hours=48,
    cluster_jjj_hours=48,
    inter_prov_hours=48,
    remote_hours=72,
    cross_border_hours=120,
    unknown_hours=48,
)

_TRANSIT_2024: Final = RouteTable(
    sets=(routes.WEST6_PLUS_2024.name, routes.CLUSTER_JZHW.name, routes.CLUSTER_JJJ.name),
    same_city_hours=48,
    same_prov_hours=48,
    cluster_jzhw_hours=48,
    cluster_jjj_hours=48,
    inter_prov_hours=72,
    remote_hours=120,
    cross_border_hours=120,
    unknown_hours=72,
)

_DISPATCH_SEVERE: Final = RouteTable(
    sets=(routes.REMOTE_2022.name,),
    same_city_hours=48,
    same_prov_hours=48,
    cluster_jzhw_hours=48,
    cluster_jjj_hours=48,
    inter_prov_hours=48,
    remote_hours=72,
    cross_border_hours=72,
    unknown_hours=48,
)


def _parcel_policy(version: str, *, transit_warn: RouteTable | None) -> Policy:
    return Policy(
        version=version,
        region_sets=(routes.REMOTE_2022, routes.WEST6_PLUS_2024, routes.CLUSTER_JZHW, routes.CLUSTER_JJJ),
        pickup_soon_hours=18,
        pickup_timeout_hours=24,
        dispatch_warn_hours=24,
        dispatch_severe=_DISPATCH_SEVERE,
        transit_warn=transit_warn,
        transit_severe=_TRANSIT_2024,
        delivery_warn_hours=24,
        delivery_severe_hours=36,
        hub_dwell_hours=24,
        collect_overdue_hours=48,
        second_attempt_hours=12,
        lost_same_city_hours=24 + 3 * 24,
        lost_other_hours=72 + 7 * 24,
        damage_expires_hours=72,
        odd_sign_from_hour=0,
        odd_sign_until_hour=6,
        recheck_minutes=15,
    )


PARCEL_DOUYIN_2022: Final = _parcel_policy("parcel/douyin-2022/1", transit_warn=_TRANSIT_2022)
"""Both transit tables: the one of 2022 warns, the one of 2024 is severe. The default."""

PARCEL_DOUYIN_2024: Final = _parcel_policy("parcel/douyin-2024/1", transit_warn=None)
"""Only the transit table of 2024, which opens severe at once."""

SEEDS: Final = (PARCEL_DOUYIN_2022, PARCEL_DOUYIN_2024)


# --- Bodies ----------------------------------------------------------------------------------------------------------
#
# A body is plain JSON and self-contained: lengths of time are whole hours or minutes with the unit in the name, region
# sets stand in the body itself. What is published can therefore be read, and judged by, without anything beside it.


HOURS_MAX: Final = 24 * 60
"""No limit of a parcel is longer than 60 days."""

REGION_SETS_MAX: Final = 50
PREFIXES_MAX: Final = 400
_NAME_LENGTH_MAX: Final = 60
_YEARS: Final = range(1971, 2200)

_RANGES: Final[dict[str, tuple[int, int]]] = {
    "zone_offset_minutes": (-12 * 60, 14 * 60),
    "pickup_soon_hours": (1, HOURS_MAX),
    "pickup_timeout_hours": (1, HOURS_MAX),
    "dispatch_warn_hours": (1, HOURS_MAX),
    "delivery_warn_hours": (1, HOURS_MAX),
    "delivery_severe_hours": (1, HOURS_MAX),
    "hub_dwell_hours": (1, HOURS_MAX),
    "collect_overdue_hours": (0, HOURS_MAX),
    "second_attempt_hours": (1, HOURS_MAX),
    "lost_same_city_hours": (1, HOURS_MAX),
    "lost_other_hours": (1, HOURS_MAX),
    "damage_expires_hours": (1, HOURS_MAX),
    "odd_sign_from_hour": (0, 24),
    "odd_sign_until_hour": (0, 24),
    "recheck_minutes": (1, 24 * 60),
}
_TABLES: Final = ("dispatch_severe", "transit_warn", "transit_severe")
_TABLE_HOURS: Final = tuple(each.name for each in fields(RouteTable) if each.name != "sets")
_HARMLESS: Final[Mapping[str, Any]] = {"sets": [], **dict.fromkeys(_TABLE_HOURS, HOURS_MAX)}
_MAKES: Final = {each.name: each for each in (RouteClass.REMOTE, RouteClass.CLUSTER_JZHW, RouteClass.CLUSTER_JJJ)}


def to_body(policy: Policy) -> dict[str, Any]:
    """Return the JSON body of a policy; `from_body` gives back an equal policy."""
    body: dict[str, Any] = {name: getattr(policy, name) for name in _RANGES}
    for name in _TABLES:
        table = getattr(policy, name)
        body[name] = table and {
            "sets": list(table.sets),
            **{each: getattr(table, each) for each in _TABLE_HOURS},
        }
    body["region_sets"] = [
        {
            "name": each.name,
            "makes": each.makes.name,
            "prefixes": list(each.prefixes),
            "effective_from": _to_text(each.effective_from),
            "effective_until": _to_text(each.effective_until),
        }
        for each in policy.region_sets
    ]
    return body


def _to_text(at: Instant) -> str | None:
    return to_datetime(at).isoformat() if at else None


def from_body(name: str, body: Mapping[str, Any]) -> Policy:
    """
    Return the policy of a body; `name` becomes its version.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range,
        region sets that do not exist or overlap in time; and when all that is well, limits in the wrong order.
    """
    reader = _Reader()
    reader.known(body, "", (*_RANGES, *_TABLES, "region_sets"))
    numbers = {each: reader.integer(body, "", each, *_RANGES[each]) for each in _RANGES}
    sets = reader.region_sets(body)
    set_names = frozenset(each.name for each in sets)
    dispatch_severe = reader.table(body, "dispatch_severe", set_names)
    transit_severe = reader.table(body, "transit_severe", set_names)
    has_warn = "transit_warn" not in body or body["transit_warn"] is not None
    transit_warn = reader.table(body, "transit_warn", set_names) if has_warn else None
    faults = reader.faults or _disorder(numbers, dispatch_severe)
    if faults:
        raise PolicyInvalid(tuple(sorted(faults)))
    return Policy(
        version=name,
        region_sets=sets,
        dispatch_severe=dispatch_severe,
        transit_warn=transit_warn,
        transit_severe=transit_severe,
        **numbers,
    )


def _disorder(numbers: Mapping[str, int], dispatch_severe: RouteTable) -> list[Fault]:
    """Return the limits that are smaller than those they come after."""
    too_small = [
        f"/{later}"
        for earlier, later, least in (
            ("pickup_soon_hours", "pickup_timeout_hours", 1),
            ("delivery_warn_hours", "delivery_severe_hours", 0),
            ("odd_sign_from_hour", "odd_sign_until_hour", 0),
        )
        if numbers[later] - numbers[earlier] < least
    ]
    too_small += (
        f"/dispatch_severe/{each}"
        for each in _TABLE_HOURS
        if getattr(dispatch_severe, each) < numbers["dispatch_warn_hours"]
    )
    return [Fault(path, "too_small") for path in too_small]


class _Reader(bodies.Reader):
    """Reads the parts that only a parcel policy has: tables by route class and region sets."""

    def table(self, body: Mapping[str, Any], name: str, set_names: frozenset[str]) -> RouteTable:
        part = body.get(name)
        path = f"/{name}"
        if not isinstance(part, Mapping):
            self.faults.append(Fault(path, "not_object" if name in body else "missing"))
            part = _HARMLESS
        self.known(part, path, ("sets", *_TABLE_HOURS))
        sets = self.items(part, path, "sets", REGION_SETS_MAX)
        for index, each in enumerate(sets):
            if not isinstance(each, str) or each not in set_names:
                self.faults.append(Fault(f"{path}/sets/{index}", "set_unknown"))
        hours = {each: self.integer(part, path, each, 1, HOURS_MAX) for each in _TABLE_HOURS}
        return RouteTable(sets=tuple(map(str, sets)), **hours)

    def region_sets(self, body: Mapping[str, Any]) -> tuple[RegionSet, ...]:
        read: list[RegionSet] = []
        for index, part in enumerate(self.items(body, "", "region_sets", REGION_SETS_MAX)):
            path = f"/region_sets/{index}"
            if not isinstance(part, Mapping):
                self.faults.append(Fault(path, "not_object"))
                continue
            each = self._region_set(part, path)
            if any(each.name == other.name and _overlap(each, other) for other in read):
                self.faults.append(Fault(path, "overlaps"))
            read.append(each)
        return tuple(read)

    def _region_set(self, part: Mapping[str, Any], path: str) -> RegionSet:
        self.known(part, path, ("name", "makes", "prefixes", "effective_from", "effective_until"))
        name, makes = part.get("name"), part.get("makes")
        if not isinstance(name, str) or not 0 < len(name) <= _NAME_LENGTH_MAX:
            self.faults.append(Fault(f"{path}/name", "not_text"))
        if not isinstance(makes, str) or makes not in _MAKES:
            self.faults.append(Fault(f"{path}/makes", "class_unknown"))
        prefixes = self.items(part, path, "prefixes", PREFIXES_MAX)
        for index, each in enumerate(prefixes):
            if not _is_prefix(each):
                self.faults.append(Fault(f"{path}/prefixes/{index}", "not_prefix"))
        since, until = (self._time(part, path, each) for each in ("effective_from", "effective_until"))
        if until and until <= since:
            self.faults.append(Fault(f"{path}/effective_until", "too_small"))
        return RegionSet(
            name=str(name),
            makes=_MAKES.get(str(makes), RouteClass.REMOTE),
            prefixes=tuple(map(str, prefixes)),
            effective_from=since,
            effective_until=until,
        )

    def _time(self, part: Mapping[str, Any], path: str, name: str) -> Instant:
        value = part.get(name)
        if value is None:
            return NEVER
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            moment = None
        if moment is None or moment.tzinfo is None or moment.year not in _YEARS:
            self.faults.append(Fault(f"{path}/{name}", "not_time"))
            return NEVER
        return instant(moment)


def _is_prefix(value: object) -> bool:
    """Tell whether a value is the first two to four digits of a division code; routes know cities, not counties."""
    return isinstance(value, str) and 2 <= len(value) <= 4 and value.isascii() and value.isdigit()


def _overlap(one: RegionSet, other: RegionSet) -> bool:
    return (not one.effective_until or other.effective_from < one.effective_until) and (
        not other.effective_until or one.effective_from < other.effective_until
    )
