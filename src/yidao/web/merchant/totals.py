"""The totals above the parcel centre (包裹中心): 异常总量, then each type; the six that touch the score are marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from yidao.accounts.actors import Actor
from yidao.accounts.ids import ShopId
from yidao.parcels import standings
from yidao.rules import figures
from yidao.rules.episodes import Type
from yidao.web.shared import consoles, phrases
from yidao.web.shared.requests import Request

TEMPLATE = "merchant/_totals.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One total and the list it counts; `synonym` is what the source's parcel centre calls the type."""

    label: str
    count: str
    address: str
    is_zero: bool
    is_scored: bool = False
    synonym: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The whole strip, and where it is renewed."""

    totals: Sequence[Total]
    address: str


def strip(*, actor: Actor, shop: ShopId, now: datetime) -> Strip:
    """Return how many anomalies of the shop's parcels are in progress: all of them, then by type."""
    trouble = standings.trouble(actor=actor, now=now)
    here = reverse("merchant-anomalies", kwargs={"shop": shop})
    more = "+" if trouble.is_cut else ""
    first = Total(
        label=gettext("Anomalies in all"),
        count=f"{sum(trouble.types.values())}{more}",
        address=here,
        is_zero=not trouble.types,
    )
    others = tuple(each for each in Type if each not in figures.SCORED)
    types = [
        _of(each, trouble.types.get(each.name, 0), f"{here}?type={each.name}", more)
        for each in (*figures.SCORED, *others)
    ]
    return Strip(totals=(first, *types), address=reverse("merchant-totals", kwargs={"shop": shop}))


def _of(type_: Type, count: int, address: str, more: str) -> Total:
    return Total(
        label=phrases.of("type", type_.name),
        count=f"{count}{more if count else ''}",
        address=address,
        is_zero=not count,
        is_scored=type_ in figures.SCORED,
        synonym=figures.SYNONYMS.get(type_, ""),
    )


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """Count anew; the page asks for it when news came."""
    actor = consoles.merchant(request, shop)
    return render(request, TEMPLATE, {"totals": strip(actor=actor, shop=shop, now=request.now)})
