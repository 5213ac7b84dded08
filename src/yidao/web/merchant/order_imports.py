"""Import of orders (导入订单): bring a file, see what became of it, take its bad rows and the template."""

import tempfile
from pathlib import Path
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.http import require_GET, require_POST

from yidao.accounts.actors import Permission
from yidao.accounts.ids import ShopId
from yidao.files import services as files
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.kit.sheets import CONTENT_TYPES, Format
from yidao.kit.templates import render_block
from yidao.orders import file_columns, imports
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

PAGE: Final = "merchant/order_imports.html"
_ONE: Final = "{prefix}orders/import/<order_import:order_import>/"
STATE: Final = {
    "WAITING": (gettext_noop("Waiting"), ""),
    "RUNNING": (gettext_noop("Being read"), "notice"),
    "DONE": (gettext_noop("Read"), "good"),
    "FAILED": (gettext_noop("Could not be read"), "severe"),
}
FAULT: Final = {
    "import.file_unreadable": gettext_noop("The file %(name)s cannot be read as CSV, NDJSON or xlsx."),
    "import.file_too_long": gettext_noop("The file %(name)s is too long; cut it into files of at most %(rows)s rows."),
    imports.GIVEN_UP: gettext_noop("The file could not be read to its end. Bring it again."),
    "import.columns_missing": gettext_noop("The file lacks the columns %(columns)s."),
}


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the import."""
    return [
        path(f"{prefix}orders/import/", index, name="merchant-order-imports"),
        path(f"{prefix}orders/import/upload/", upload, name="merchant-order-import"),
        path(f"{prefix}orders/import/template/", template, name="merchant-order-template-file"),
        path(
            f"{prefix}orders/import/<order_import:order_import>/bad-rows/",
            bad_rows,
            name="merchant-order-bad-rows-file",
        ),
    ]


@require_GET
def index(request: Request, shop: ShopId) -> HttpResponse:
    """Show the form and the files that were brought; alone, while one is being read, only the files."""
    actor = consoles.merchant(request, shop)
    rows = imports.of_shop(actor=actor, shop_id=shop, real_now=clock.real_now())
    context = _context(shop, rows)
    if request.headers.get("HX-Target") == "imports":
        return render_block(request, PAGE, "rows", context)
    return render(request, PAGE, context)


def _context(shop: ShopId, rows: Any) -> dict[str, Any]:
    return {
        "rows": rows,
        "shop": shop,
        "state_of": lambda row: (gettext(STATE[row.state][0]), STATE[row.state][1]),
        "fault_of": _fault,
        "is_busy": any(row.is_under_way for row in rows),
        "refused": "",
        "limit_mb": files.FILE_BYTES_MAX // (1024 * 1024),
    }


def _fault(row: imports.ImportRow) -> str:
    values = {"name": row.file_name, "rows": "", "columns": ""} | row.fault_values | {"name": row.file_name}
    return gettext(FAULT[row.fault]) % values if row.fault in FAULT else row.fault


@require_POST
def upload(request: Request, shop: ShopId) -> HttpResponse:
    """Take a file."""
    actor = consoles.merchant(request, shop)
    brought = request.FILES.get("file")
    try:
        if brought is None or not brought.size:
            raise imports.FileMissing
        imports.ask(
            actor=actor,
            shop_id=shop,
            name=brought.name or "",
            content_type=brought.content_type or "application/octet-stream",
            chunks=brought.chunks(),
            language=get_language() or "en",
            now=request.now,
            real_now=clock.real_now(),
        )
    except (imports.FileMissing, imports.TooBusy, files.FileTooLarge) as refusal:
        return _refused(request, shop, refusal)
    messages.success(request, gettext("The file is being read; what became of it stands below."))
    return HttpResponseRedirect(reverse("merchant-order-imports", kwargs={"shop": shop}), status=303)


def _refused(request: Request, shop: ShopId, refusal: Refusal) -> HttpResponse:
    actor = consoles.merchant(request, shop)
    rows = imports.of_shop(actor=actor, shop_id=shop, real_now=clock.real_now())
    context = _context(shop, rows) | {"refused": message_of(refusal)}
    return render(request, PAGE, context, status=refusal.status)


@require_GET
def template(request: Request, shop: ShopId) -> HttpResponse:
    """Hand an empty file over, with our columns and one example row."""
    consoles.merchant(request, shop).require(Permission.ORDERS_EDIT)
    with tempfile.TemporaryDirectory(prefix="yidao-template-") as folder:
        made = Path(folder, "orders.xlsx")
        file_columns.write_template(made)
        body = made.read_bytes()
    name = gettext("order-import-template.xlsx")
    disposition = content_disposition_header(True, name) or "attachment"
    return HttpResponse(body, content_type=CONTENT_TYPES[Format.XLSX], headers={"Content-Disposition": disposition})


@require_GET
def bad_rows(request: Request, shop: ShopId, order_import: int) -> HttpResponseBase:
    """Hand the bad rows over, each with its reason."""
    actor = consoles.merchant(request, shop)
    found = imports.report(order_import, actor=actor, shop_id=shop, now=request.now, real_now=clock.real_now())
    return StreamingHttpResponse(
        list(files.read(found.file_id)),
        content_type=found.facts.content_type,
        headers={
            "Content-Length": str(found.facts.size_bytes),
            "Content-Disposition": content_disposition_header(True, found.facts.name) or "attachment",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
