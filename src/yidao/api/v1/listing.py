"""Parcels for machines as a list: the filters, the cursor and the rows of the pages, under the API's own names."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Query, Router

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.accounts.models import Organisation
from yidao.api.v1 import schemas
from yidao.api.v1.auth import actor_of
from yidao.api.v1.parcels import PROBLEMS, local, now_of
from yidao.carriers import catalogue
from yidao.kit.errors import FieldFault, Refusal
from yidao.kit.lists.fields import Chips, Combobox, Days, Field, Numbers, Option
from yidao.kit.lists.questions import CURSOR_CHARS_MAX, Question, Shape
from yidao.parcels import listing, scope
from yidao.parcels.listing import Wanted
from yidao.parcels.listing_rows import Mark, Row

router = Router(tags=["Parcels"])


class FilterRefused(Refusal):
    """A filter's value is none that this list knows."""

    code = "filter.refused"
    status = 422
    message = "The filter is not one of this list."


def _choices(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value=each, label=each) for each in values)


def _shape(actor: Actor) -> Shape:
    """Return the filters an actor's list has; the pages have the same, and names besides."""
    carriers = _choices(*sorted(catalogue.CODES))
    numbers: tuple[Field, ...] = (Numbers(name="waybill", label=gettext_noop("Waybill number")),)
    return Shape(
        fields=(
            Chips(name="status", label=gettext_noop("Parcel status"), options=_choices(*listing.statuses_for(actor))),
            Combobox(name="carrier", label=gettext_noop("Carrier"), options=carriers),
            Numbers(name="order", label=gettext_noop("Order number")),
            *(numbers if actor.kind is not ActorKind.CREATOR else ()),
            Days(name="shipped", label=gettext_noop("Shipped at")),
        )
    )


@router.get(
    "/parcels",
    response={200: schemas.ParcelPageOut, 400: schemas.ProblemOut, **PROBLEMS},
    operation_id="listParcels",
    summary="The parcels one may see, the newest shipped first",
)
def list_parcels(request: HttpRequest, asked: Query[schemas.ParcelsIn]) -> dict[str, Any]:
    """Answer with one page. Creators get nothing shipped before the data start; outlets only numbers they name."""
    actor, now = actor_of(request), now_of()
    question = _question(asked, actor)
    if _must_name(actor) and not question.of("waybill"):
        return {"data": [], "next_cursor": None}
    since, until = question.span("shipped")
    if actor.kind is ActorKind.CREATOR:
        start = scope.data_start(now)
        since = max(since, start) if since is not None else start
    wanted = Wanted(
        statuses=question.of("status"),
        carriers=question.of("carrier"),
        order_nos=question.of("order"),
        waybill_nos=question.of("waybill"),
        shipped_from=since,
        shipped_until=until,
    )
    page = listing.parcels(actor=actor, wanted=wanted, limit=asked.limit, cursor=asked.cursor[:CURSOR_CHARS_MAX])
    return {"data": [_row(each) for each in page.rows], "next_cursor": page.next_cursor or None}


def _question(asked: schemas.ParcelsIn, actor: Actor) -> Question:
    """
    Return what a machine asks.

    :raises FilterRefused: a value is none of the list's; machines are told, not guessed at.
    """
    return asked_of(_shape(actor), asked.dict())


def asked_of(shape: Shape, asked: Mapping[str, Any]) -> Question:
    """
    Return what a machine asks of a list.

    :raises FilterRefused: a value is none of the list's; machines are told, not guessed at.
    """
    told = {name: [each] if isinstance(each, str) else each for name, each in asked.items() if each}
    told = {name: values for name, values in told.items() if isinstance(values, list)}
    question = shape.read(told)
    taken: dict[str, set[str]] = {"cursor": set(told.get("cursor", ()))}
    for each in shape.fields:
        for name, value in each.write(question.of(each.name)):
            taken.setdefault(name, set()).update(value.split(","))
    faults = [
        FieldFault(pointer=name, code="field.unknown")
        for name, values in told.items()
        if not set(values) <= taken.get(name, set())
    ]
    if faults:
        raise FilterRefused(faults=tuple(faults))
    return question


def _must_name(actor: Actor) -> bool:
    """Return whether the credential is an outlet's, which finds parcels by their full numbers only."""
    return actor.kind is ActorKind.CARRIER and bool(
        accounts.existing_organisations(actor.organisation_ids, kind=Organisation.Kind.OUTLET)
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": f"{row.carrier}/{row.waybill_no}/{row.life}" if row.waybill_no else row.token,
        "token": row.token,
        "waybill_no": row.number,
        "carrier": row.carrier,
        "life": row.life,
        "shop_id": str(row.shop_id) if row.shop_id is not None else None,
        "order_nos": list(row.order_nos),
        "shipped_at": local(row.shipped_at),
        "status": row.status,
        "last_scan_at": local(row.last_scan_at),
        "last_code": row.last_kind,
        "last_division": row.last_division,
        "anomalies": [_anomaly(each) for each in row.anomalies],
    }


def _anomaly(mark: Mark) -> dict[str, Any]:
    return {
        "type": mark.type,
        "state": mark.state,
        "reason": mark.reason,
        "severity": mark.severity,
        "party": mark.party,
        "opened_at": local(mark.opened_at),
        "closed_at": local(mark.closed_at) if mark.state == "CLOSED" else None,
        "closing": mark.closing if mark.state == "CLOSED" else "",
    }
