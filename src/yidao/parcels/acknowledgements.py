"""What a shop knows of (已知晓): anomalies marked in bulk. Marks are only added, and are about the episode they met."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import arrays, db, ids, news
from yidao.kit.errors import Forbidden
from yidao.parcels import standing, stepping
from yidao.parcels.nudge_models import ParcelAcknowledgement
from yidao.parcels.standing import Key
from yidao.rules.nudging import Item

ITEMS_MAX = 2_000
"""Anomalies marked in one act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What came of it: how many marks are new, and how many anomalies were not in progress or known already."""

    count: int
    left_out: int


def acknowledge(*, actor: Actor, items: Sequence[Item], now: datetime, real_now: datetime) -> Known:
    """
    Mark anomalies of the shop's own parcels as known. What is over, known already or not the shop's is left out.

    :raises Forbidden: the role does not allow it, or the actor is no shop.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(Permission.ANOMALIES_ACKNOWLEDGE):
        raise Forbidden
    wanted = tuple(dict.fromkeys(items))[:ITEMS_MAX]
    with db.transaction(actor):
        known = write(actor=actor, items=wanted, now=now)
        if known.count:
            audit.record(
                act="anomalies.acknowledged",
                user_id=actor.user_id,
                organisation_id=actor.organisation_ids[0],
                subject=f"shop/{actor.organisation_ids[0]}",
                details={"count": known.count},
                at_real=real_now,
                at_business=now,
            )
    return known


def write(*, actor: Actor, items: Sequence[Item], now: datetime) -> Known:
    """Mark anomalies inside the caller's transaction, and wake the pages of the shop and of the creators."""
    owners = standing.owners((each.parcel for each in items), actor=actor)
    for shop_id in sorted({owner.shop_id for owner in owners.values() if owner.shop_id is not None}):
        stepping.lock(f"acknowledge/shop/{shop_id}")
    known = standing.anomalies(owners)
    marked = _newest(items)
    fresh = [each for each in items if each.parcel in owners and _is_news(each, known, marked)]
    rows: list[dict[str, Any]] = [
        {
            "id": ids.new_id(),
            "waybill_no": each.waybill_no,
            "carrier": each.carrier,
            "life": each.life,
            "type": each.type,
            "shop_id": owners[each.parcel].shop_id,
            "user_id": actor.user_id,
            "at": now,
        }
        for each in sorted(fresh)
    ]
    ParcelAcknowledgement.objects.bulk_create(ParcelAcknowledgement(**row) for row in rows)
    touched = [owners[each.parcel] for each in fresh]
    news.tell(each for owner in touched for each in (owner.shop_id, owner.creator_id) if each is not None)
    return Known(count=len(fresh), left_out=len(items) - len(fresh))


def _is_news(item: Item, known: Mapping[Item, standing.Standing], marked: Mapping[Item, datetime]) -> bool:
    now_open = known.get(item)
    if now_open is None or not now_open.is_open or now_open.noticed_at is None:
        return False
    at = marked.get(item)
    return at is None or at < now_open.noticed_at


_NEWEST = """
SELECT DISTINCT ON (k.waybill_no, k.carrier, k.life, a.type) k.waybill_no, k.carrier, k.life, a.type, a.at
FROM (SELECT DISTINCT * FROM unnest(%(waybill_nos)s::text[], %(carriers)s::text[], %(lives)s::smallint[])
      AS u (waybill_no, carrier, life)) AS k
JOIN parcel_acknowledgement AS a ON a.waybill_no = k.waybill_no AND a.carrier = k.carrier AND a.life = k.life
ORDER BY k.waybill_no, k.carrier, k.life, a.type, a.at DESC
"""


def _newest(keys: Iterable[Key | Item]) -> dict[Item, datetime]:
    wanted = sorted({(each[0], each[1], each[2]) for each in keys})
    if not wanted:
        return {}
    parameters = {
        "waybill_nos": arrays.texts([each[0] for each in wanted]),
        "carriers": arrays.texts([each[1] for each in wanted]),
        "lives": arrays.integers(each[2] for each in wanted),
    }
    with connection.cursor() as database:
        database.execute(_NEWEST, parameters)
        return {Item(*row[:4]): row[4] for row in database.fetchall()}


def marks(keys: Iterable[Key]) -> Mapping[Item, datetime]:
    """
    Return since when the shop knows of which anomalies of these parcels, by (parcel, type), in one query.

    The caller asks for parcels its actor may see. A mark older than the episode in progress is not about it: compare
    with when the episode was noticed.
    """
    return _newest(keys)
