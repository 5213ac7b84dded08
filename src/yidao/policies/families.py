"""
The families of policies: what each is called, what the code ships of it, how its bodies are read, and whom a version
may bind. Whoever adds a family adds it here; publishing, choosing and the operator's pages follow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from yidao.rules import (
    appeals,
    exporting,
    false_shipment,
    keeping,
    late_shipment,
    monitor,
    nudging,
    order_life,
    out_of_stock,
    pickup_violation,
    policies,
    promise,
    rating,
    sanctions,
    shipping,
    silence,
    transit_violation,
    verification,
    warning,
)
from yidao.rules.limits import Policy as ParcelPolicy

PLATFORM: Final = "PLATFORM"
CARRIER: Final = "CARRIER"
SHOP: Final = "SHOP"
FROM_THE_START: Final = datetime(2020, 12, 31, 16, 0, tzinfo=UTC)
"""2021-01-01 in Shanghai."""
FROM_DECEMBER_2022: Final = datetime(2022, 11, 30, 16, 0, tzinfo=UTC)
"""2022-12-01 in Shanghai."""


class Published(Protocol):
    """The numbers of one published version, which know its name."""

    @property
    def version(self) -> str:
        """Return the name, like parcel/douyin-2022/1."""


P = TypeVar("P", bound=Published)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family(Generic[P]):
    """
    One family. `in_force` says since when a shipped version binds the platform; the others are only published.

    `from_body` raises `rules.bodies.PolicyInvalid`.
    """

    name: str
    seeds: tuple[P, ...]
    in_force: Mapping[str, datetime]
    scopes: tuple[str, ...]
    to_body: Callable[[P], dict[str, Any]]
    from_body: Callable[[str, Mapping[str, Any]], P]


PARCEL: Final[Family[ParcelPolicy]] = Family(
    name="parcel",
    seeds=policies.SEEDS,
    in_force={policies.PARCEL_DOUYIN_2022.version: FROM_THE_START},
    scopes=(PLATFORM, CARRIER, SHOP),
    to_body=policies.to_body,
    from_body=policies.from_body,
)
"""What is an anomaly of a parcel. The anchor is when the parcel was shipped."""

SILENCE: Final[Family[silence.Policy]] = Family(
    name=silence.FAMILY,
    seeds=silence.SEEDS,
    in_force={silence.SILENCE_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM, CARRIER),
    to_body=silence.to_body,
    from_body=silence.from_body,
)
"""When a carrier is silent. The anchor is its last arrival before the silence."""

MONITOR: Final[Family[monitor.Policy]] = Family(
    name=monitor.FAMILY,
    seeds=monitor.SEEDS,
    in_force={monitor.MONITOR_DOUYIN_2021.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=monitor.to_body,
    from_body=monitor.from_body,
)
"""Since when creators see parcels. The anchor is now: a list is asked today."""

EXPORT: Final[Family[exporting.Policy]] = Family(
    name=exporting.FAMILY,
    seeds=exporting.SEEDS,
    in_force={exporting.EXPORT_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=exporting.to_body,
    from_body=exporting.from_body,
)
"""How much may be exported at a time. The anchor is when the export was asked for."""

NUDGE: Final[Family[nudging.Policy]] = Family(
    name=nudging.FAMILY,
    seeds=nudging.SEEDS,
    in_force={nudging.NUDGE_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=nudging.to_body,
    from_body=nudging.from_body,
)
"""Stepping in and tickets to carriers. The anchor is when the nudge or the ticket was opened."""

ORDER_LIFE: Final[Family[order_life.Policy]] = Family(
    name=order_life.FAMILY,
    seeds=order_life.SEEDS,
    in_force={order_life.ORDER_LIFE_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=order_life.to_body,
    from_body=order_life.from_body,
)
"""Cards, after-sales, receipt, closing, refunds. The anchor is when the order was placed."""

VERIFICATION: Final[Family[verification.Policy]] = Family(
    name=verification.FAMILY,
    seeds=verification.SEEDS,
    in_force={verification.VERIFICATION_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=verification.to_body,
    from_body=verification.from_body,
)
"""How codes go to phones. The anchor is when a code is asked for."""

LATE_SHIPMENT: Final[Family[late_shipment.Policy]] = Family(
    name=late_shipment.FAMILY,
    seeds=late_shipment.SEEDS,
    in_force={late_shipment.LATE_SHIPMENT_DOUYIN_2022.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=late_shipment.to_body,
    from_body=late_shipment.from_body,
)
"""When a late order is judged and what that costs. The anchor is when the order was paid."""

PROMISE: Final[Family[promise.Policy]] = Family(
    name=promise.FAMILY,
    seeds=promise.SEEDS,
    in_force={promise.PROMISE_DOUYIN_2022.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=promise.to_body,
    from_body=promise.from_body,
)
"""When an order must have left. The anchor is when it was paid."""

WARNING: Final[Family[warning.Policy]] = Family(
    name=warning.FAMILY,
    seeds=warning.SEEDS,
    in_force={warning.WARNING_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=warning.to_body,
    from_body=warning.from_body,
)
"""When a shop is warned before D unless it chose otherwise. The anchor is now: a shop may choose anew at any time."""

APPEAL: Final[Family[appeals.Policy]] = Family(
    name=appeals.FAMILY,
    seeds=appeals.SEEDS,
    in_force={appeals.APPEAL_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=appeals.to_body,
    from_body=appeals.from_body,
)
"""Appeals against violations. The anchor is when the shop is told, and when it appeals."""

SANCTION: Final[Family[sanctions.Policy]] = Family(
    name=sanctions.FAMILY,
    seeds=sanctions.SEEDS,
    in_force={sanctions.SANCTION_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=sanctions.to_body,
    from_body=sanctions.from_body,
)
"""When a shop is proposed for closing. The anchor is the day of the proposal."""

RATING: Final[Family[rating.Policy]] = Family(
    name=rating.FAMILY,
    seeds=rating.SEEDS,
    in_force={rating.RATING_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=rating.to_body,
    from_body=rating.from_body,
)
"""The share of late orders. The anchor is the day it is counted for."""

PICKUP_VIOLATION: Final[Family[pickup_violation.Policy]] = Family(
    name=pickup_violation.FAMILY,
    seeds=pickup_violation.SEEDS,
    in_force={
        pickup_violation.PICKUP_DOUYIN_2021.version: FROM_THE_START,
        pickup_violation.PICKUP_DOUYIN_2022.version: FROM_DECEMBER_2022,
    },
    scopes=(PLATFORM, SHOP),
    to_body=pickup_violation.to_body,
    from_body=pickup_violation.from_body,
)
"""Parcels picked up too late. The anchor is when the order was paid."""

TRANSIT_VIOLATION: Final[Family[transit_violation.Policy]] = Family(
    name=transit_violation.FAMILY,
    seeds=transit_violation.SEEDS,
    in_force={transit_violation.TRANSIT_DOUYIN_2022.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=transit_violation.to_body,
    from_body=transit_violation.from_body,
)
"""Parcels that stand too long after their pickup. The anchor is when the order was paid."""

FALSE_SHIPMENT: Final[Family[false_shipment.Policy]] = Family(
    name=false_shipment.FAMILY,
    seeds=false_shipment.SEEDS,
    in_force={false_shipment.FALSE_SHIPMENT_DOUYIN_2021.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=false_shipment.to_body,
    from_body=false_shipment.from_body,
)
"""Numbers that are none. The anchor is when the order was paid."""

OUT_OF_STOCK: Final[Family[out_of_stock.Policy]] = Family(
    name=out_of_stock.FAMILY,
    seeds=out_of_stock.SEEDS,
    in_force={out_of_stock.OUT_OF_STOCK_DOUYIN_2025.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=out_of_stock.to_body,
    from_body=out_of_stock.from_body,
)
"""Orders a shop cannot fill. The anchor is when the order was paid."""

SHIPPING: Final[Family[shipping.Policy]] = Family(
    name=shipping.FAMILY,
    seeds=shipping.SEEDS,
    in_force={shipping.SHIPPING_DOUYIN_2022.version: FROM_THE_START},
    scopes=(PLATFORM, SHOP),
    to_body=shipping.to_body,
    from_body=shipping.from_body,
)
"""Packs, edits, numbers that prove wrong. The anchor is when an order was paid, or when its pack left."""

NOTICE: Final[Family[keeping.Policy]] = Family(
    name=keeping.FAMILY,
    seeds=keeping.SEEDS,
    in_force={keeping.NOTICE_DEFAULT.version: FROM_THE_START},
    scopes=(PLATFORM,),
    to_body=keeping.to_body,
    from_body=keeping.from_body,
)
"""How long notices and their outbox are kept. The anchor is now: what is kept is asked every hour."""

ALL: Final[Mapping[str, Family[Any]]] = {
    family.name: family
    for family in (
        PARCEL,
        SILENCE,
        MONITOR,
        EXPORT,
        NUDGE,
        VERIFICATION,
        LATE_SHIPMENT,
        ORDER_LIFE,
        PROMISE,
        WARNING,
        NOTICE,
        APPEAL,
        SANCTION,
        RATING,
        PICKUP_VIOLATION,
        TRANSIT_VIOLATION,
        FALSE_SHIPMENT,
        OUT_OF_STOCK,
        SHIPPING,
    )
}
