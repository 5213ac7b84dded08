"""Which parcels an actor may see, as the tenant branches of a list and as the condition on one parcel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yidao.accounts.actors import Actor, ActorKind
from yidao.carriers import catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """
    One part of a list: a table, the column that names the tenant, the tenant, and the column of visible order numbers.

    A list is the union of its branches, each walking its own index.
    """

    table: str
    tenant_column: str
    tenant: int | str
    order_column: str


def branches(actor: Actor) -> tuple[Branch, ...]:
    """Return the branches of everything an actor may list; providers list nothing."""
    match actor.kind:
        case ActorKind.CREATOR:
            return tuple(
                branch
                for creator_id in sorted(actor.organisation_ids)
                for branch in (
                    Branch(
                        table="parcel",
                        tenant_column="creator_id",
                        tenant=creator_id,
                        order_column="creator_order_nos",
                    ),
                    Branch(
                        table="parcel_extra_creator",
                        tenant_column="creator_id",
                        tenant=creator_id,
                        order_column="order_nos",
                    ),
                )
            )
        case ActorKind.MERCHANT:
            return tuple(
                Branch(table="parcel", tenant_column="shop_id", tenant=shop_id, order_column="order_nos")
                for shop_id in sorted(actor.organisation_ids)
            )
        case ActorKind.CARRIER:
            return (Branch(table="parcel", tenant_column="carrier", tenant=actor.carrier, order_column="order_nos"),)
        case ActorKind.OPERATOR:
            return tuple(
                Branch(table="parcel", tenant_column="carrier", tenant=code, order_column="order_nos")
                for code in sorted(catalogue.CODES)
            )
        case ActorKind.PROVIDER | ActorKind.SYSTEM:
            return ()


_OF_CREATOR = """
(p.creator_id = ANY(%(organisations)s) OR EXISTS (
    SELECT 1 FROM parcel_extra_creator e
    WHERE e.waybill_no = p.waybill_no AND e.carrier = p.carrier AND e.life = p.life
      AND e.creator_id = ANY(%(organisations)s)))
"""
_OF_PROVIDER = """
EXISTS (
    SELECT 1 FROM scan s
    WHERE s.waybill_no = p.waybill_no AND s.carrier = p.carrier AND s.life = p.life AND s.source = %(source)s
      AND s.occurred_at BETWEEN p.first_scan_at AND p.last_scan_at)
"""


def condition(actor: Actor) -> tuple[str, dict[str, Any]]:
    """Return the SQL that is true of the parcels `p` an actor may open, and its parameters."""
    organisations: Sequence[int] = list(actor.organisation_ids)
    match actor.kind:
        case ActorKind.CREATOR:
            return _OF_CREATOR, {"organisations": organisations}
        case ActorKind.MERCHANT:
            return "p.shop_id = ANY(%(organisations)s)", {"organisations": organisations}
        case ActorKind.CARRIER:
            return "p.carrier = %(own_carrier)s", {"own_carrier": actor.carrier}
        case ActorKind.PROVIDER:
            return _OF_PROVIDER, {"source": actor.source}
        case ActorKind.OPERATOR | ActorKind.SYSTEM:
            return "true", {}


def sees_plain_numbers(actor: Actor) -> bool:
    """Return whether the actor may read waybill numbers in full; creators never may."""
    return actor.kind is not ActorKind.CREATOR


def sees_sale(actor: Actor) -> bool:
    """
    Return whether the actor may read whose sale a parcel is: its shop and order numbers.

    Reading: a provider watches parcels for others, and any number it reports about becomes visible to it; it is told
    where a parcel is, not who sold it.
    """
    return actor.kind is not ActorKind.PROVIDER


def must_name_parcels(actor: Actor, *, is_outlet: bool) -> bool:
    """
    Return whether the actor finds parcels only by their full numbers.

    Reading: which outlet handles a parcel is not known here yet, so an outlet looks up the numbers it holds in hand and
    is not shown the whole carrier.
    """
    return actor.kind is ActorKind.CARRIER and is_outlet
