"""Shipping many orders at once (批量发货): paste or upload a table, look at each row's verdict, ship, take bad rows."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.flows import ship, ship_rows
from yidao.flows.ship import Answer
from yidao.flows.ship_rows import Row
from yidao.kit import clock, sheets, tables
from yidao.kit.errors import Refusal
from yidao.orders import listing_rows as orders
from yidao.web.merchant import packing
from yidao.web.shared import consoles, nudge_pages, order_pages, ship_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

TEMPLATE: Final = "merchant/ship.html"
UPLOAD_BYTES_MAX: Final = 5 * 1024 * 1024
NAME: Final = "shipments"


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of shipping."""
    return [
        path(f"{prefix}ship/", index, name="merchant-ship"),
        path(f"{prefix}ship/template/", template, name="merchant-ship-template-file"),
        path(f"{prefix}ship/left/", left, name="merchant-ship-left"),
        path(f"{prefix}orders/<order:order>/ship/", packing.order, name="merchant-order-ship"),
        path(f"{prefix}packs/<pack:pack>/", packing.pack, name="merchant-pack"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, shop: ShopId) -> HttpResponse:
    """Take a table of shipments, say what would become of each row, and ship what can be shipped."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.ORDERS_SHIP)
    act = request.POST.get("act", "")
    if act not in ("preview", "ship"):
        return render(request, TEMPLATE, _form(request, actor, shop))
    try:
        rows = _rows(request)
        answers = _answers(request, actor, shop, rows, is_done=act == "ship") if rows else {}
    except Refusal as refusal:
        context = _form(request, actor, shop) | {"refused": message_of(refusal)}
        return render(request, TEMPLATE, context, status=refusal.status)
    if not rows:
        return render(request, TEMPLATE, _form(request, actor, shop) | {"refused": gettext("Nothing was given.")})
    return render(request, TEMPLATE, _form(request, actor, shop) | _told(rows, answers, is_done=act == "ship"))


def _form(request: Request, actor: Actor, shop: ShopId) -> dict[str, Any]:
    text = request.POST.get("rows", "") or _chosen(request, actor)
    return {
        "rows": text,
        "carrier": request.POST.get("carrier", ""),
        "carriers": [("", gettext("as each row says")), *packing.carriers()],
        "refuses_refund": bool(request.POST.get("refuses_refund")),
        "lines": (),
        "is_done": False,
        "refused": "",
        "most": ship.BATCH_MAX,
        "key": request.POST.get("key", "") or nudge_pages.fresh_key(),
        "here": reverse("merchant-ship", kwargs={"shop": shop}),
        "left": reverse("merchant-ship-left", kwargs={"shop": shop}),
        "template": reverse("merchant-ship-template-file", kwargs={"shop": shop}),
        "orders": reverse("merchant-orders", kwargs={"shop": shop}),
    }


def _chosen(request: Request, actor: Actor) -> str:
    """Return the orders that were chosen in a list, one in a line, for carrier and number to be filled in."""
    order_ids = order_pages.chosen(request)[: ship.BATCH_MAX]
    numbers = orders.numbers(order_ids, actor.organisation_ids) if order_ids else {}
    head = "\t".join((ship_rows.TITLES[0], ship_rows.TITLES[2], ship_rows.TITLES[3]))
    return "\n".join([head, *(f"{number}\t\t" for number in numbers.values())]) if numbers else ""


def _rows(request: Request) -> tuple[Row, ...]:
    """
    Return the rows of the uploaded file, else of the pasted text.

    :raises tables.FileUnreadable: the file is none of the forms we read, or too large.
    :raises ship.TooMany: more rows than one batch takes.
    """
    carrier = request.POST.get("carrier", "")
    upload = request.FILES.get("file")
    if upload is None:
        rows = ship_rows.of_text(request.POST.get("rows", ""), carrier=carrier)
        return ship_rows.renumbered(rows, request.POST.get("numbers", ""))
    name = Path(upload.name or "").name
    if (upload.size or 0) > UPLOAD_BYTES_MAX:
        raise tables.FileTooLong(name=name, rows=ship.BATCH_MAX)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"upload{Path(name).suffix.lower()[:10]}"
        file.write_bytes(upload.read())
        return ship_rows.of_file(file, carrier=carrier)


def _answers(request: Request, actor: Actor, shop: ShopId, rows: Sequence[Row], *, is_done: bool) -> dict[int, Answer]:
    """Return what became of the rows that were understood, or what would, by their place."""
    refuses = bool(request.POST.get("refuses_refund"))
    places = [place for place, row in enumerate(rows) if not row.fault]
    wishes = [ship_rows.wish(rows[place], shop_id=shop, refuses_refund=refuses) for place in places]
    if not wishes:
        return {}
    if is_done:
        key = nudge_pages.request_key(request, "ship", [ship_rows.as_text(rows), refuses])
        answers = ship.ship(wishes, actor=actor, now=request.now, real_now=clock.real_now(), request_key=key)
    else:
        answers = ship.preview(wishes, actor=actor, now=request.now)
    return dict(zip(places, answers, strict=True))


def _told(rows: Sequence[Row], answers: dict[int, Answer], *, is_done: bool) -> dict[str, Any]:
    lines = [ship_words.line(row, answers.get(place), is_done=is_done) for place, row in enumerate(rows)]
    bad = [(row, each) for row, each in zip(rows, lines, strict=True) if not each.is_good]
    return {
        "rows": ship_rows.as_text(rows),
        "numbers": " ".join(str(row.number) for row in rows),
        "lines": lines,
        "good": len(lines) - len(bad),
        "bad": len(bad),
        "bad_rows": ship_rows.as_text(row for row, _ in bad),
        "reasons": "\n".join(each.text for _, each in bad),
        "is_done": is_done,
    }


@require_POST
def left(request: Request, shop: ShopId) -> HttpResponse:
    """Hand out the rows that were not shipped, with the reason of each, as a file that can be uploaded again."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.ORDERS_SHIP)
    rows = ship_rows.of_text(request.POST.get("rows", ""))
    reasons = request.POST.get("reasons", "").splitlines()
    told = [(row, reasons[place] if place < len(reasons) else "") for place, row in enumerate(rows)]
    form = _format(request.POST.get("format", ""))
    return _file(form, f"{NAME}-left", lambda file, form: ship_rows.write(file, form, told))


@require_safe
def template(request: Request, shop: ShopId) -> HttpResponse:
    """Hand out an empty table (下载模板)."""
    actor = consoles.merchant(request, shop)
    actor.require(Permission.ORDERS_SHIP)
    return _file(_format(request.GET.get("format", "")), f"{NAME}-template", ship_rows.write_template)


def _format(text: str) -> sheets.Format:
    return sheets.Format.CSV if text == sheets.Format.CSV else sheets.Format.XLSX


def _file(form: sheets.Format, name: str, write: Any) -> HttpResponse:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.{form}"
        write(file, form)
        response = HttpResponse(file.read_bytes(), content_type=sheets.CONTENT_TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response
