"""修改预计发货时间: asking the buyers of one order or many for a later ship time."""

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.kit.lists.fields import ZONE
from yidao.orders import cards
from yidao.orders import listing_rows as orders
from yidao.web.shared import consoles, order_pages
from yidao.web.shared.faults import message_of
from yidao.web.shared.nudge_pages import back as back_to
from yidao.web.shared.requests import Request

LATER: Final = "merchant/orders_later.html"
TEXT_CHARS_MAX: Final = 1_000


class TimeMissing(Refusal):
    """A card names a time."""

    code = "card.time"
    status = 422
    message = "Say when it will be shipped."


@require_http_methods(["GET", "HEAD", "POST"])
def later(request: Request, shop: ShopId) -> HttpResponse:
    """Send the chosen orders' buyers a card with a new time and a reason; what cannot be asked is named."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.ORDERS_EDIT)
    order_ids = order_pages.chosen(request)
    back = back_to(request, reverse("merchant-orders", kwargs={"shop": shop}))
    numbers = orders.numbers(order_ids, actor.organisation_ids)
    context = _form(request, list(numbers), back)
    if request.method != "POST" or "send" not in request.POST:
        return render(request, LATER, context)
    try:
        asked = _ask(request, actor, list(numbers))
    except (TimeMissing, cards.ReasonRefused, cards.TooManyOrders) as refusal:
        return render(request, LATER, context | {"refused": message_of(refusal)}, status=refusal.status)
    left_out = [(numbers[each.order_id], gettext(cards.WORDS[each.fault])) for each in asked if each.fault]
    sent = len(asked) - len(left_out)
    if left_out:
        return render(request, LATER, context | {"left_out": left_out, "sent": sent})
    messages.success(request, ngettext("%(num)s buyer was asked.", "%(num)s buyers were asked.", sent) % {"num": sent})
    return HttpResponseRedirect(back)


def _ask(request: Request, actor: Actor, order_ids: list[int]) -> tuple[cards.Asked, ...]:
    """
    Ask what the form says.

    :raises TimeMissing: it names no time.
    :raises Refusal: as `cards.ask` does.
    """
    at = _moment(request.POST.get("until", ""))
    if at is None:
        raise TimeMissing
    reason = request.POST.get("reason", "")[:TEXT_CHARS_MAX]
    return cards.ask(
        actor=actor, order_ids=order_ids, new_at=at, reason=reason, now=request.now, real_now=clock.real_now()
    )


def _form(request: Request, order_ids: list[int], back: str) -> dict[str, Any]:
    return {
        "items": order_ids,
        "until": request.POST.get("until", ""),
        "reason": request.POST.get("reason", ""),
        "left_out": [],
        "sent": 0,
        "refused": "",
        "back": back,
    }


def _moment(text: str) -> datetime | None:
    """Return the instant a form names, on the platform's clock; None when it names none of 2000 to 2099."""
    try:
        found = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=ZONE)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None
