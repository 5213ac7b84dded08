"""The policies that the code ships, their stored bodies, and the check of a body that an operator wants to publish."""

from typing import Final

from yidao.rules import routes
from yidao.rules.limits import Policy, RouteTable

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
