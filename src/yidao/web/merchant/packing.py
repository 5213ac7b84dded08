"""Shipping one order: whole, in parts, with others of its receiver, or once more; and changing the number of a pack."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.carriers import catalogue
from yidao.flows import repack, ship, unmake
from yidao.flows.desk import Part, SerialIn, Shipment
from yidao.flows.ship import Answer
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.orders import detail, packs
from yidao.orders.listing_rows import Row
from yidao.rules.instants import to_datetime
from yidao.rules.shipping import Mode, Piece
from yidao.web.shared import consoles, nudge_pages, order_words, phrases, ship_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

SHIP: Final = "merchant/order_ship.html"
PACK: Final = "merchant/pack.html"
QUANTITY_CHARS_MAX: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForm:
    """One line as the form shows it: how much waits, what was typed."""

    line_no: int
    name: str
    spec: str
    left: int
    sent: int
    typed: str


def carriers() -> list[tuple[str, str]]:
    """Return the carriers to choose from."""
    return [(each.code, phrases.carrier(each.code)) for each in catalogue.CARRIERS]


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: Request, shop: ShopId, order: int) -> HttpResponse:
    """Ship what is named of one order, with others of its receiver or alone; refused, the form comes back."""
    actor = consoles.merchant(request, shop)
    row = detail.of(order, actor=actor)
    actor.require(Permission.ORDERS_SHIP)
    if request.method != "POST":
        return render(request, SHIP, _form(request, actor, shop, row))
    try:
        wish = _wish(request, shop, row)
        answer = _shipped(request, actor, wish)
        refused = ship_words.refused(answer.refused, answer.where) if answer.refused is not None else ""
    except Refusal as refusal:
        refused = message_of(refusal)
    if refused:
        return render(request, SHIP, _form(request, actor, shop, row, refused=refused), status=409)
    _said(request, answer, gettext("Shipped."))
    return HttpResponseRedirect(reverse("merchant-order", kwargs={"shop": shop, "order": row.id}))


def _shipped(request: Request, actor: Actor, wish: Shipment) -> Answer:
    key = nudge_pages.request_key(request, "ship", wish.digest.hex())
    return ship.ship([wish], actor=actor, now=request.now, real_now=clock.real_now(), request_key=key)[0]


def _wish(request: Request, shop: ShopId, row: Row) -> Shipment:
    """Return what the form asks; lines without a quantity stay behind once any line has one."""
    typed = {line.line_no: int(_typed(request, line.line_no) or 0) for line in row.lines}
    pieces = tuple(Piece(line_no, quantity) for line_no, quantity in typed.items() if quantity)
    together = {str(id_): number for id_, number in detail.together(row)}
    others = tuple(Part(order_no=together[each]) for each in request.POST.getlist("with") if each in together)
    return Shipment(
        shop_id=shop,
        carrier=request.POST.get("carrier", "")[:60],
        waybill_no=request.POST.get("waybill_no", "")[:60],
        parts=(Part(order_no=row.order_no, pieces=pieces), *others),
        mode=Mode.RESEND if request.POST.get("mode") == Mode.RESEND else Mode.SHIP,
        refuses_refund=bool(request.POST.get("refuses_refund")),
        serials=tuple(
            SerialIn(order_no=row.order_no, line_no=line.line_no, serial=each)
            for line in row.lines
            for each in request.POST.get(f"serials-{line.line_no}", "")[:5_000].split()
        ),
    )


def _typed(request: Request, line_no: int) -> str:
    text = request.POST.get(f"quantity-{line_no}", "").strip()[:QUANTITY_CHARS_MAX]
    return text if text.isascii() and text.isdigit() else ""


def _form(request: Request, actor: Actor, shop: ShopId, row: Row, *, refused: str = "") -> dict[str, Any]:
    lines = [
        LineForm(
            line_no=line.line_no,
            name=line.product_name or line.product_id,
            spec=line.sku_name,
            left=line.open_quantity,
            sent=line.shipped_quantity,
            typed=_typed(request, line.line_no),
        )
        for line in row.lines
    ]
    asked = request.POST.get("mode") or request.GET.get("mode", "")
    return {
        "order": row,
        "lines": lines,
        "order_words": order_words,
        "together": detail.together(row),
        "with": set(request.POST.getlist("with") or request.GET.getlist("with")),
        "carriers": carriers(),
        "carrier": request.POST.get("carrier") or row.carrier or packs.last_carrier(shop),
        "waybill_no": request.POST.get("waybill_no", ""),
        "mode": Mode.RESEND if asked == Mode.RESEND or not any(line.left for line in lines) else Mode.SHIP,
        "refuses_refund": bool(request.POST.get("refuses_refund")),
        "refused": refused,
        "key": nudge_pages.fresh_key(),
        "back": reverse("merchant-order", kwargs={"shop": shop, "order": row.id}),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: Request, shop: ShopId, pack: int) -> HttpResponse:
    """Change the number of a pack, replace one that proved wrong, or say that it is wrong."""
    actor = consoles.merchant(request, shop)
    found = repack.editable(actor, pack, now=request.now)
    actor.require(Permission.ORDERS_SHIP)
    back = reverse("merchant-order", kwargs={"shop": shop, "order": found.order_ids[0]})
    refused = _changed(request, actor, pack) if request.method == "POST" else ""
    if request.method == "POST" and not refused:
        return HttpResponseRedirect(back)
    context = _editing(request, found) | {"refused": refused, "back": back}
    return render(request, PACK, context, status=409 if refused else 200)


def _editing(request: Request, found: repack.Editable) -> dict[str, Any]:
    return {
        "pack": found.pack,
        "is_unmade": found.pack.state == packs.UNMADE,
        "may_edit": found.refused is None,
        "why_not": ship_words.refused(found.refused) if found.refused is not None else "",
        "until": to_datetime(found.until),
        "carriers": carriers(),
        "carrier": request.POST.get("carrier", found.pack.carrier),
        "waybill_no": request.POST.get("waybill_no", ""),
        "key": nudge_pages.fresh_key(),
    }


def _changed(request: Request, actor: Actor, pack: int) -> str:
    """Do what the form asks; return why it was not done, nothing when it was."""
    try:
        return _change(request, actor, pack)
    except Refusal as refusal:
        return message_of(refusal)


def _change(request: Request, actor: Actor, pack: int) -> str:
    now, real_now = request.now, clock.real_now()
    if request.POST.get("act") == "wrong":
        unmake.unmake(pack, actor=actor, now=now, real_now=real_now)
        messages.success(request, gettext("The pack counts as never shipped. Give it the right number."))
        return ""
    carrier, waybill_no = request.POST.get("carrier", "")[:60], request.POST.get("waybill_no", "")[:60]
    key = nudge_pages.request_key(request, "pack", [pack, carrier, waybill_no])
    answer = repack.edit(
        pack, carrier=carrier, waybill_no=waybill_no, actor=actor, now=now, real_now=real_now, request_key=key
    )
    if answer.refused is not None:
        return ship_words.refused(answer.refused, answer.where)
    _said(request, answer, gettext("The number was changed."))
    return ""


def _said(request: Request, answer: Answer, words: str) -> None:
    messages.success(request, words)
    remark = ship_words.remark(answer)
    if remark:
        messages.warning(request, remark)
