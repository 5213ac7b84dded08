"""
The one search box of every console: whatever number is typed, it leads to the thing. One hit opens it, several open the
list narrowed to them, none says so. What belongs to another tenant answers exactly like what does not exist.

Other rooms bring their own numbers: a finder in `FINDERS` is asked with the actor, the typed text and the console's
address parts, and returns the hits it knows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from yidao.accounts.actors import Actor, ActorKind
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId
from yidao.orders import listing
from yidao.parcels import finding, lookup
from yidao.web.shared import consoles, order_fields, phrases
from yidao.web.shared.requests import Request

QUERY_CHARS_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something a number led to; several of one kind are shown together at `list_address`."""

    label: str
    address: str
    list_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was typed, by whom, and the parts that every address of the console begins with."""

    actor: Actor
    text: str
    at: Mapping[str, Any]
    now: datetime


Finder = Callable[[Question], tuple[Hit, ...]]

_PARCELS = {
    ActorKind.CREATOR: "creator-parcels",
    ActorKind.MERCHANT: "merchant-parcels",
    ActorKind.CARRIER: "carrier-parcels",
    ActorKind.OPERATOR: "operator-parcels",
}


def _parcel_address(question: Question, found: finding.Found) -> str:
    match question.actor.kind:
        case ActorKind.CREATOR:
            return reverse("creator-parcel", kwargs={**question.at, "token": found.token})
        case ActorKind.CARRIER:
            return reverse("carrier-parcel", kwargs={**question.at, "waybill_no": found.waybill_no})
        case ActorKind.MERCHANT:
            at = {**question.at, "carrier": found.carrier, "waybill_no": found.waybill_no}
            return reverse("merchant-parcel", kwargs=at)
        case _:
            at = {"carrier": found.carrier, "waybill_no": found.waybill_no}
            return reverse("operator-parcel", kwargs=at)


def _parcels(question: Question) -> tuple[Hit, ...]:
    """Find parcels by waybill number, order number or phone tail, in this order."""
    if question.actor.kind not in _PARCELS:
        return ()
    narrowed = reverse(_PARCELS[question.actor.kind], kwargs=dict(question.at))
    for field, find in (
        ("waybill", finding.by_waybill_no),
        ("order", finding.by_order_no),
        ("tail", finding.by_phone_tail),
    ):
        found = find(question.text, actor=question.actor, now=question.now)
        if found:
            list_address = f"{narrowed}?{urlencode({field: question.text})}"
            return tuple(
                Hit(
                    label=each.waybill_no or question.text,
                    address=_parcel_address(question, each),
                    list_address=list_address,
                )
                for each in found
            )
    return ()


_ORDERS = {
    ActorKind.MERCHANT: ("merchant-orders", "merchant-order"),
    ActorKind.OPERATOR: ("operator-orders", "operator-order"),
}
_PHONE = re.compile(r"\d{4}|\d{11}", re.ASCII)
_HITS_MAX = 20


def _orders(question: Question) -> tuple[Hit, ...]:
    """Find orders by their number, by that of a line, or, for their shop, by the receiver's phone or its tail."""
    if question.actor.kind not in _ORDERS:
        return ()
    listed, one = _ORDERS[question.actor.kind]
    ways = {"order": listing.Wanted(order_nos=(question.text,))}
    if question.actor.kind is ActorKind.MERCHANT and _PHONE.fullmatch(question.text):
        ways["phone"] = listing.Wanted(phone=question.text)
    for field, wanted in ways.items():
        found = listing.orders(actor=question.actor, wanted=wanted, limit=_HITS_MAX).rows
        if found:
            told = urlencode({"tab": order_fields.ALL, field: question.text})
            list_address = f"{reverse(listed, kwargs=dict(question.at))}?{told}"
            return tuple(
                Hit(
                    label=row.order_no,
                    address=reverse(one, kwargs={**question.at, "order": row.id}),
                    list_address=list_address,
                )
                for row in found
            )
    return ()


FINDERS: list[Finder] = [_orders, _parcels]
"""Who is asked, in this order; the first with an answer wins."""


def hits(question: Question) -> tuple[Hit, ...]:
    """Return what a number leads to."""
    for finder in FINDERS:
        found = finder(question)
        if found:
            return found
    return ()


def _answer(request: Request, actor: Actor, at: Mapping[str, Any]) -> HttpResponse:
    """Lead to the one thing, to the list of several, or say that nothing was found and why."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:QUERY_CHARS_MAX]
    found = hits(Question(actor=actor, text=text, at=at, now=request.now)) if text else ()
    if len(found) == 1:
        return HttpResponseRedirect(found[0].address)
    if found:
        return HttpResponseRedirect(found[0].list_address)
    why = ""
    if text and actor.kind is ActorKind.CREATOR:
        why = phrases.of("cause", lookup.causes(actor=actor, order_nos=(text,), now=request.now)[text])
    return render(request, "shared/search.html", {"text": text, "why": why})


@require_safe
def creator(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Search as a creator."""
    return _answer(request, consoles.creator(request, creator), {"creator": creator})


@require_safe
def merchant(request: Request, shop: ShopId) -> HttpResponse:
    """Search as a shop."""
    return _answer(request, consoles.merchant(request, shop), {"shop": shop})


@require_safe
def carrier(request: Request, carrier: OrganisationId, outlet: OrganisationId | None) -> HttpResponse:
    """Search as a carrier or one of its outlets."""
    return _answer(request, consoles.carrier(request, carrier, outlet), {"carrier": carrier, "outlet": outlet})


@require_safe
def provider(request: Request, provider: OrganisationId) -> HttpResponse:
    """Search as a provider."""
    return _answer(request, consoles.provider(request, provider), {"provider": provider})


@require_safe
def operator(request: Request) -> HttpResponse:
    """Search as an operator."""
    return _answer(request, consoles.operator(request), {})
