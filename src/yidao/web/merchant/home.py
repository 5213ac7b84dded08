"""The shop's home page: where its parcels stand, what is wrong, and how it went over the last days."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from yidao.accounts.ids import ShopId
from yidao.web.shared import consoles, homes
from yidao.web.shared.requests import Request


def places(shop: ShopId) -> homes.Places:
    """Return where the numbers of a shop lead."""
    at = {"shop": shop}
    return homes.Places(
        home=reverse("merchant-home", kwargs=at),
        parcels=reverse("merchant-parcels", kwargs=at),
        anomalies=reverse("merchant-anomalies", kwargs=at),
    )


@require_safe
def index(request: Request, shop: ShopId) -> HttpResponse:
    """Show the figures of the shop's parcels."""
    actor = consoles.merchant(request, shop)
    return render(request, homes.TEMPLATE, {"home": homes.build(request, actor, places(shop))})
