"""The shop's orders (订单管理): the list, one order, its receiver in full, flags and notes."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.kit.templates import render_block
from yidao.orders import detail, notes
from yidao.orders.listing_rows import Row
from yidao.web.merchant import order_cards
from yidao.web.shared import consoles, listpages, order_lists, order_pages
from yidao.web.shared.listpages import Act
from yidao.web.shared.nudge_pages import back as back_to
from yidao.web.shared.order_pages import Links
from yidao.web.shared.requests import Request

MARK: Final = "merchant/orders_mark.html"
SHIP: Final = gettext_noop("Ship")
AGAIN: Final = gettext_noop("Ship again")
LATER: Final = gettext_noop("Change the expected ship time")
IMPORT: Final = gettext_noop("Import orders")
FLAG: Final = gettext_noop("Flag and note")
REVEALED_SECONDS: Final = 60


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's orders."""
    return [
        path(f"{prefix}orders/", index, name="merchant-orders"),
        path(f"{prefix}orders/mark/", mark, name="merchant-orders-mark"),
        path(f"{prefix}orders/later/", order_cards.later, name="merchant-orders-later"),
        path(f"{prefix}orders/<order:order>/", item, name="merchant-order"),
        path(f"{prefix}orders/<order:order>/receiver/", receiver, name="merchant-order-receiver"),
        path(f"{prefix}orders/<order:order>/note/", note, name="merchant-order-note"),
    ]


def place(actor: Actor, shop: ShopId) -> order_lists.Place:
    """Return where the shop's orders stand, and what can be done with many at once."""
    at: dict[str, Any] = {"shop": shop}
    acts = (
        (Permission.ORDERS_SHIP, Act(label=SHIP, address=reverse("merchant-ship", kwargs=at), value="choose")),
        (Permission.ORDERS_EDIT, Act(label=LATER, address=reverse("merchant-orders-later", kwargs=at), value="later")),
        (Permission.ORDERS_EDIT, Act(label=FLAG, address=reverse("merchant-orders-mark", kwargs=at), value="mark")),
    )
    return order_lists.Place(
        orders=reverse("merchant-orders", kwargs=at),
        exports=reverse("merchant-exports", kwargs=at),
        row_address=lambda row: reverse("merchant-order", kwargs={**at, "order": row.id}),
        one=lambda row: _ships(actor, at, row),
        bulk=tuple(act for permission, act in acts if actor.may(permission) and not actor.is_visiting),
        beside=(Act(label=IMPORT, address=reverse("merchant-order-imports", kwargs=at)),)
        if actor.may(Permission.ORDERS_EDIT) and not actor.is_visiting
        else (),
    )


def _ships(actor: Actor, at: dict[str, Any], row: Row) -> tuple[Act, ...]:
    """Return what ships an order that waits, for who may ship."""
    if row.ship_by_at is None or actor.is_visiting or not actor.may(Permission.ORDERS_SHIP):
        return ()
    return (Act(label=SHIP, address=reverse("merchant-order-ship", kwargs={**at, "order": row.id})),)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, shop: ShopId) -> HttpResponse:
    """List the shop's orders, those that must leave first at the top."""
    actor = consoles.merchant(request, shop)
    return listpages.render(request, actor, order_lists.page(request, actor, place(actor, shop)))


@require_safe
def item(request: Request, shop: ShopId, order: int) -> HttpResponse:
    """Show one order: lines, money, promise and what became of it."""
    actor = consoles.merchant(request, shop)
    row = detail.of(order, actor=actor)
    context = order_pages.context(request, actor, row, links(actor, shop, row))
    return order_lists.render_drawer(request, actor, place(actor, shop), context)


def links(actor: Actor, shop: ShopId, row: Row) -> Links:
    """Return where the page of an order leads, as far as the actor may go."""
    at: dict[str, Any] = {"shop": shop}
    own = {**at, "order": row.id}
    may_edit = actor.may(Permission.ORDERS_EDIT) and not actor.is_visiting
    may_ship = actor.may(Permission.ORDERS_SHIP) and not actor.is_visiting
    may_reveal = actor.may(Permission.BUYERS_REVEAL) and not actor.is_visiting
    return Links(
        here=reverse("merchant-order", kwargs=own),
        parcel=lambda carrier, number: reverse(
            "merchant-parcel", kwargs={**at, "carrier": carrier, "waybill_no": number}
        ),
        order=lambda other: reverse("merchant-order", kwargs={**at, "order": other}),
        reveal=reverse("merchant-order-receiver", kwargs=own) if may_reveal else "",
        note=reverse("merchant-order-note", kwargs=own) if may_edit else "",
        acts=_acts(actor, at, row),
        together=reverse("merchant-order-ship", kwargs=own) if may_ship else "",
        pack=(lambda pack: reverse("merchant-pack", kwargs={**at, "pack": pack})) if may_ship else None,
        after_sale=lambda record: reverse("merchant-after-sale", kwargs={**at, "after_sale": record}),
        violation=lambda violation: reverse("merchant-violation", kwargs={**at, "violation": violation}),
    )


def _acts(actor: Actor, at: dict[str, Any], row: Row) -> tuple[tuple[str, str], ...]:
    """Return the buttons of an order: what waits is shipped or put off, what left may be sent again."""
    if actor.is_visiting:
        return ()
    found = []
    if actor.may(Permission.ORDERS_SHIP) and (row.ship_by_at is not None or row.packs):
        words = SHIP if row.ship_by_at is not None else AGAIN
        found.append((words, reverse("merchant-order-ship", kwargs={**at, "order": row.id})))
    if actor.may(Permission.ORDERS_EDIT) and row.ship_by_at is not None:
        found.append((LATER, f"{reverse('merchant-orders-later', kwargs=at)}?{urlencode({'item': row.id})}"))
    return tuple(found)


@require_http_methods(["GET", "HEAD", "POST"])
def receiver(request: Request, shop: ShopId, order: int) -> HttpResponse:
    """Show an order's receiver: masked when asked for, in full for a minute when posted."""
    actor = consoles.merchant(request, shop)
    is_asked = request.method == "POST"
    shown = detail.reveal(order, actor=actor, now=request.now, real_now=clock.real_now()) if is_asked else None
    row = detail.of(order, actor=actor)
    context = order_pages.context(request, actor, row, links(actor, shop, row), revealed=shown)
    if request.htmx:
        response = render_block(request, order_lists.TEMPLATE, "order_buyer", context | {"is_alone": True})
    else:
        response = order_lists.render_drawer(request, actor, place(actor, shop), context)
        if is_asked:
            response["Refresh"] = f"{REVEALED_SECONDS};url={reverse('merchant-order', args=[shop, order])}"
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def note(request: Request, shop: ShopId, order: int) -> HttpResponse:
    """Keep a flag and a note; who was slower than a colleague is told so and keeps what they wrote."""
    actor = consoles.merchant(request, shop)
    row = detail.of(order, actor=actor)
    try:
        _mark(request, actor, [order], seen=request.POST.get("seen", ""))
    except Refusal as refused:
        if refused.status in (403, 404):
            raise
        context = order_pages.context(request, actor, row, links(actor, shop, row), refused=refused)
        return order_lists.render_drawer(request, actor, place(actor, shop), context, status=refused.status)
    return HttpResponseRedirect(reverse("merchant-order", kwargs={"shop": shop, "order": order}))


def _mark(request: Request, actor: Actor, order_ids: list[int], *, seen: str = "", keeps_empty: bool = False) -> int:
    """
    Give orders what the form says; a flag or note that is not sent stays, and so does a note left empty for many.

    :raises Refusal: as `notes.mark` does.
    """
    flag, words = request.POST.get("flag", ""), request.POST.get("note")
    return notes.mark(
        actor=actor,
        order_ids=order_ids,
        flag=int(flag) if flag.isascii() and flag.isdigit() and len(flag) < 3 else None,
        note=None if keeps_empty and not (words or "").strip() else words,
        now=request.now,
        real_now=clock.real_now(),
        seen=seen,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def mark(request: Request, shop: ShopId) -> HttpResponse:
    """Give the chosen orders one flag, one note, or both."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.ORDERS_EDIT)
    back = back_to(request, reverse("merchant-orders", kwargs={"shop": shop}))
    order_ids = order_pages.chosen(request)
    refused = None
    if request.method == "POST" and "save" in request.POST:
        try:
            count = _mark(request, actor, order_ids, keeps_empty=True)
        except (notes.NoteRefused, notes.FlagUnknown, notes.TooManyOrders) as refusal:
            refused = refusal
        else:
            said = ngettext("%(count)d order was marked.", "%(count)d orders were marked.", count)
            messages.success(request, said % {"count": count})
            return HttpResponseRedirect(back)
    context = order_pages.marking(request, order_ids, back, refused)
    return render(request, MARK, context, status=refused.status if refused else 200)
