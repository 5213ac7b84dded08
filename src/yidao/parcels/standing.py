"""
What nudges, tickets and acknowledgements need to know of parcels: whose they are and which of their anomalies are in
progress. Every read is by keys, joined to the monitoring tables by waybill number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import arrays
from yidao.parcels import access
from yidao.parcels.queries import type_names
from yidao.rules import nudging, parcel
from yidao.rules.nudging import Item

Key = tuple[str, str, int]
"""A parcel: waybill number, carrier, life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a parcel is, among those an actor may see; `creator_id` is the actor's, where the actor is a creator."""

    shop_id: int | None
    creator_id: int | None
    open_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an item stands: whether an anomaly is in progress and since when we know, else how the last one closed."""

    is_open: bool
    noticed_at: datetime | None = None
    reason: str = ""
    closing: str = ""


_KEYS = "unnest(%(waybill_nos)s::text[], %(carriers)s::text[], %(lives)s::smallint[]) AS k (waybill_no, carrier, life)"


def _keys(keys: Sequence[Key]) -> dict[str, Any]:
    return {
        "waybill_nos": arrays.texts([each[0] for each in keys]),
        "carriers": arrays.texts([each[1] for each in keys]),
        "lives": arrays.integers(each[2] for each in keys),
    }


_ANOMALIES = f"""
SELECT a.waybill_no, a.carrier, a.life, a.type, a.state, a.noticed_open_at, a.reason, a.closing
FROM {_KEYS}
JOIN anomaly AS a ON a.waybill_no = k.waybill_no AND a.carrier = k.carrier AND a.life = k.life
ORDER BY a.should_open_at
"""  # noqa: S608  Both parts are constants.


def anomalies(keys: Iterable[Key]) -> Mapping[Item, Standing]:
    """Return how each anomaly of these parcels stands by (parcel, type); of several episodes the one in progress."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    with connection.cursor() as database:
        database.execute(_ANOMALIES, _keys(wanted))
        rows = database.fetchall()
    found: dict[Item, Standing] = {}
    for waybill_no, carrier, life, type_name, state, noticed_at, reason, closing in rows:
        item = Item(waybill_no, carrier, life, type_name)
        earlier = found.get(item)
        if earlier is None or not earlier.is_open:
            found[item] = Standing(is_open=state == "OPEN", noticed_at=noticed_at, reason=reason, closing=closing)
    return found


def standing(item: Item, known: Mapping[Item, Standing]) -> Standing:
    """Return how an item stands: in progress as long as its own type is, or what that type becomes."""
    nothing = Standing(is_open=False)
    followed = [known.get(item._replace(type=name), nothing) for name in nudging.followed(item.type)]
    return next((each for each in followed if each.is_open), followed[0])


_OWNERS = f"""
SELECT p.waybill_no, p.carrier, p.life, p.shop_id, p.creator_id, p.status, p.open_types, p.shipped_at,
       ARRAY(SELECT e.creator_id FROM parcel_extra_creator e
             WHERE e.waybill_no = p.waybill_no AND e.carrier = p.carrier AND e.life = p.life ORDER BY 1)
FROM {_KEYS}
JOIN parcel AS p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier AND p.life = k.life
WHERE
"""  # noqa: S608  Both parts are constants.


def owners(keys: Iterable[Key], *, actor: Actor, since: datetime | None = None) -> Mapping[Key, Owner]:
    """
    Return whose these parcels are; what the actor may not see, or is hidden from a creator, is left out.

    `since` is the data start (数据起点): what was shipped before it is not there.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    condition, parameters = access.condition(actor)
    with connection.cursor() as database:
        database.execute(f"{_OWNERS} {condition}", _keys(wanted) | parameters)
        rows = database.fetchall()
    return {
        (waybill_no, carrier, life): Owner(
            shop_id=shop_id, creator_id=_creator_of(actor, creator_id, further), open_types=type_names(open_types)
        )
        for waybill_no, carrier, life, shop_id, creator_id, status, open_types, shipped_at, further in rows
        if (since is None or (shipped_at is not None and shipped_at >= since))
        and (actor.kind is not ActorKind.CREATOR or parcel.shown_to_creator(parcel.Status(status)) is not None)
    }


def _creator_of(actor: Actor, first: int | None, further: Sequence[int]) -> int | None:
    """Return which creator the actor acts for: of several the one that stands on the parcel."""
    if actor.kind is not ActorKind.CREATOR:
        return first
    return next((each for each in (first, *further) if each in actor.organisation_ids), None)


_OF_SHOP = """
(SELECT waybill_no, carrier, life FROM parcel
 WHERE creator_id = %(creator)s AND shop_id = %(shop)s AND open_types <> 0
 ORDER BY shipped_at, waybill_no LIMIT %(limit)s)
UNION
(SELECT waybill_no, carrier, life FROM parcel_extra_creator
 WHERE creator_id = %(creator)s AND shop_id = %(shop)s AND open_types <> 0
 ORDER BY shipped_at, waybill_no LIMIT %(limit)s)
"""


def troubled_parcels_of_shop(shop_id: int, *, actor: Actor, limit: int) -> tuple[Key, ...]:
    """Return a creator's parcels of one shop with an anomaly in progress, the longest on their way first."""
    found: dict[Key, None] = {}
    with connection.cursor() as database:
        for creator_id in sorted(actor.organisation_ids):
            database.execute(_OF_SHOP, {"creator": creator_id, "shop": shop_id, "limit": limit})
            found.update(((row[0], row[1], row[2]), None) for row in database.fetchall())
    return tuple(found)[:limit]
