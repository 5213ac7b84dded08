"""Parcels for machines: one parcel by its number, or by its opaque token where the number must not be read."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest
from ninja import Query, Router

from yidao.accounts.actors import Actor
from yidao.api.v1 import schemas
from yidao.api.v1.auth import actor_of
from yidao.kit import clock
from yidao.kit.errors import FieldFault, Refusal
from yidao.parcels import detail
from yidao.rules.explain import Because, explain
from yidao.rules.instants import Instant, to_datetime

SHANGHAI: Final = timezone(timedelta(hours=8))
MICROSECONDS: Final = 1_000_000
_PLUS_LOST: Final = re.compile(r" (?=\d\d:\d\d$)")

router = Router(tags=["Parcels"])
PROBLEMS: Final = {
    401: schemas.ProblemOut,
    403: schemas.ProblemOut,
    404: schemas.ProblemOut,
    422: schemas.ProblemOut,
    503: schemas.ProblemOut,
}


class InstantRefused(Refusal):
    """`as_of` is no instant that anything could be known at."""

    code = "as_of.refused"
    status = 422
    message = "as_of must be a time with an offset, from 2000 on and not in the future."


AS_OF: Any = Query(  # type: ignore[type-arg]
    None,
    description="Answer with what was known and judged at this instant, RFC 3339 with an offset.",
    format="date-time",
)


@router.get(
    "/parcels/{carrier_code:carrier}/{waybill_no:waybill_no}",
    response={200: schemas.ParcelOut, **PROBLEMS},
    operation_id="readParcel",
    summary="One parcel with timeline, anomalies and why",
)
def read(request: HttpRequest, carrier: str, waybill_no: str, as_of: str | None = AS_OF) -> dict[str, Any]:
    """Answer with the newest life of a number. What the credential may not see does not exist for it."""
    actor, now = actor_of(request), now_of()
    at = _instant(as_of, now=now)
    return _parcel(detail.by_number(waybill_no, carrier, actor=actor, now=now, as_of=at), actor)


@router.get(
    "/parcels/{parcel_token:token}",
    response={200: schemas.ParcelOut, **PROBLEMS},
    operation_id="readParcelByToken",
    summary="One parcel by its opaque token",
)
def read_by_token(request: HttpRequest, token: str, as_of: str | None = AS_OF) -> dict[str, Any]:
    """Answer with the parcel a token names; the only way for creators, who never read a number in full."""
    actor, now = actor_of(request), now_of()
    at = _instant(as_of, now=now)
    return _parcel(detail.by_token(token, actor=actor, now=now, as_of=at), actor)


def now_of() -> datetime:
    """Return the business instant of a request."""
    connection.ensure_connection()
    assert connection.connection is not None, "the connection was just ensured"
    return clock.business_now(connection.connection)


def _instant(text: str | None, *, now: datetime) -> datetime | None:
    """
    Return the instant a query names; a plus that arrived as a blank is understood.

    :raises InstantRefused: it is no instant from 2000 on that lies behind us.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(_PLUS_LOST.sub("+", text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2100 or moment > now:
        raise InstantRefused(faults=(FieldFault(pointer="as_of", code="field.time"),))
    return moment.astimezone(UTC)


def _parcel(found: detail.Detail, actor: Actor) -> dict[str, Any]:
    truth = found.truth
    reasons = explain(truth.milestones, truth.plan, truth.holds, truth.policy, truth.now)
    return {
        "id": f"{found.carrier}/{found.waybill_no}/{found.life}" if found.waybill_no else found.token,
        "token": found.token,
        "waybill_no": found.number,
        "carrier": found.carrier,
        "corrected_to": list(found.corrected_to),
        "life": found.life,
        "shop_id": str(found.shop_id) if found.shop_id is not None else None,
        "order_nos": list(found.order_nos),
        "shipped_at": local(found.shipped_at),
        "sender_division": found.sender_division,
        "receiver_division": found.receiver_division,
        "status": found.status,
        "policy": found.policy,
        "as_of": _at(truth.now),
        "timeline": [
            {
                "occurred_at": local(line.occurred_at),
                "code": line.kind,
                "division": line.division,
                "place": line.place,
                "description": line.description,
                "sources": list(line.sources),
                "is_from_shop_alone": line.is_from_shop_alone,
            }
            for line in found.timeline
        ],
        "anomalies": [
            {
                "type": row.type,
                "state": "OPEN" if row.closed_at is None else "CLOSED",
                "reason": row.reason,
                "severity": row.severity,
                "party": row.party,
                "opened_at": local(row.opened_at),
                "closed_at": local(row.closed_at),
                "closing": row.closing if row.closed_at is not None else "",
            }
            for row in found.episodes
        ],
        "limits": [
            {
                "type": row.type,
                "severity": row.severity,
                "started_at": local(row.started_at),
                "deadline": local(row.deadline),
            }
            for row in found.running
        ],
        "why": [_because(each) for each in reasons],
    }


def _because(each: Because) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, value in each.params:
        if name.endswith("_at"):
            params[name] = _at(Instant(int(value)))
        elif name.endswith("_for"):
            params[name.removesuffix("_for") + "_seconds"] = int(value) // MICROSECONDS
        elif name == "city" or name.endswith("_city"):
            params[name] = f"{int(value):04d}" if value else ""
        else:
            params[name] = value
    return {
        "code": each.code,
        "about": each.about.name if each.about is not None else None,
        "opened_at": _at(Instant(each.opens_at)) if each.opens_at else None,
        "params": params,
    }


def local(moment: datetime | None) -> datetime | None:
    """Return an instant with Shanghai's offset."""
    return moment.astimezone(SHANGHAI) if moment is not None else None


def _at(at: Instant) -> datetime:
    return to_datetime(at).astimezone(SHANGHAI)
