"""
The pages of exports, the same in every console: asking for a list as a file, the record of it, and the way to the file.
The records' list is in `export_lists`.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language, gettext, gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from yidao.accounts.actors import Actor
from yidao.accounts.phones import PhoneMissing
from yidao.exports import handing, queries, registry, services
from yidao.exports.ids import ExportId
from yidao.kit import clock, db, ids
from yidao.kit.errors import Refusal
from yidao.kit.sheets import Format
from yidao.kit.templates import render_block
from yidao.web.shared import consoles, export_lists
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

ASK, RECORD = "shared/export_ask.html", "shared/export_record.html"
TENANTS: Final = ("creator", "shop", "carrier", "outlet", "provider")
"""Parts of an address that say whose console it is in."""
TICKET_CHARS_MAX: Final = 500
KEY_CHARS_MAX: Final = 40
FORMATS: Final = {Format.XLSX: gettext_noop("Excel workbook (.xlsx)"), Format.CSV: gettext_noop("CSV, UTF-8 (.csv)")}
TOLD_IN_PLACE: Final = (
    services.TooManyRows,
    services.NothingToExport,
    services.TooBusy,
    services.QueryTooLong,
)
"""Refusals that are told above the form that asks for the format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The console a request came to, and where its exports stand."""

    audience: str
    at: dict[str, Any]

    @property
    def records(self) -> str:
        """Return the address of the records."""
        return reverse(f"{self.audience}-exports", kwargs=self.at)

    def record(self, export_id: ExportId) -> str:
        """Return the address of one record."""
        return f"{self.records}{export_id}/"


def place_of(request: Request) -> Place:
    """Return where a request came to, by the address that was matched."""
    found = request.resolver_match
    assert found is not None, "a view was found by its address"
    at = {name: value for name, value in found.kwargs.items() if name in TENANTS}
    return Place(audience=str(found.url_name).partition("-")[0], at=at)


def _actor(request: Request) -> Actor:
    """
    Ask the guard of the console the address names.

    :raises NotVisible: the user is no member there.
    """
    place = place_of(request)
    guards: dict[str, Any] = {
        "creator": consoles.creator,
        "merchant": consoles.merchant,
        "carrier": consoles.carrier,
        "provider": consoles.provider,
        "operator": consoles.operator,
    }
    actor: Actor = guards[place.audience](request, *place.at.values())
    return actor


def routes(prefix: str, audience: str) -> list[URLPattern]:
    """Return the addresses of one console's exports."""
    return [
        path(f"{prefix}exports/", index, name=f"{audience}-exports"),
        path(f"{prefix}exports/<export:export>/", record, name=f"{audience}-export"),
        path(f"{prefix}exports/<export:export>/file/", download, name=f"{audience}-export-file"),
    ]


def address(request: Request, kind: str, *, query: str, back: str = "") -> str:
    """Return where the button behind a list leads: to the question how the list is to be exported."""
    return f"{place_of(request).records}?{urlencode({'kind': kind, 'query': query, 'back': back})}"


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, **_at: Any) -> HttpResponse:
    """List one's own exports; with a kind in the address ask how that list is to be exported, and take the answer."""
    actor = _actor(request)
    if request.method == "POST":
        return start(request, actor, request.POST.get("kind", ""))
    if "kind" in request.GET:
        return _ask(request, actor, request.GET["kind"], request.GET.get("query", ""))
    place = place_of(request)
    return export_lists.render(request, actor, address=place.records, record_address=place.record)


def start(request: Request, actor: Actor, kind: str) -> HttpResponse:
    """
    Do what the form behind a list asks: make the list of its `query` a file, and lead to the record.

    A form without a format is asked for one. What is refused is told above the same form, and nothing was written.

    :raises NotVisible: there is no such list for the actor.
    :raises Forbidden: the actor's role does not allow exports.
    """
    query = request.POST.get("query", "")
    chosen = request.POST.get("format", "")
    if chosen not in FORMATS:
        return _ask(request, actor, kind, query)
    place = place_of(request)
    try:
        export_id = services.ask(
            kind=kind,
            query=query,
            sheet_format=Format(chosen),
            language=get_language() or "zh-hans",
            page=place.records,
            actor=actor,
            now=request.now,
            real_now=clock.real_now(),
            request_key=_request_key(request, [kind, query, chosen]),
        )
    except TOLD_IN_PLACE as refusal:
        return _ask(request, actor, kind, query, refused=refusal)
    return HttpResponseRedirect(place.record(export_id), status=303)


def _request_key(request: Request, body: list[str]) -> db.RequestKey | None:
    """Return the form's own key, so that pressing twice asks once."""
    key = request.POST.get("key", "").replace("\0", "")[:KEY_CHARS_MAX]
    return db.RequestKey(key=f"export/{key}", body=body) if key else None


def _ask(request: Request, actor: Actor, kind: str, query: str, *, refused: Refusal | None = None) -> HttpResponse:
    """
    Render the form that asks for the format and says how many rows there will be, or why there can be no file.

    :raises NotVisible: there is no such list for the actor.
    :raises Forbidden: the actor's role does not allow exports.
    """
    rows: int | None = None
    try:
        rows = services.preview(kind=kind, query=query, actor=actor, now=request.now)
    except TOLD_IN_PLACE as refusal:
        refused = refusal
    found = registry.of(kind)
    assert found is not None, "the preview knows it"
    back = request.POST.get("back", request.GET.get("back", ""))
    context = {
        "kind": found,
        "query": query,
        "filters": found.filters(actor, query),
        "rows": rows,
        "refused": message_of(refused) if refused is not None else "",
        "formats": [(each.value, label) for each, label in FORMATS.items()],
        "chosen": request.POST.get("format", Format.XLSX.value),
        "records": place_of(request).records,
        "back": back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else place_of(request).records,
        "key": ids.new_id(),
    }
    if request.htmx and request.method != "POST" and not request.htmx.history_restore_request:
        return render_block(request, ASK, "drawer_body", context)
    is_refused_now = refused is not None and request.method == "POST"
    return render(request, ASK, context, status=refused.status if is_refused_now and refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Request, export: ExportId, **_at: Any) -> HttpResponse:
    """Show one export: how far it has come, the code, the link; cancel it or ask again."""
    actor = _actor(request)
    queries.record(export, actor=actor, real_now=clock.real_now())
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_done(request, actor, export), status=303)
        except Refusal as refusal:
            if refusal.status in (403, 404):
                raise
            refused = refusal
    context = _record(request, actor, export, refused)
    if request.htmx and not request.htmx.history_restore_request:
        return render_block(request, RECORD, "export", context)
    return render(request, RECORD, context, status=refused.status if refused is not None else 200)


def _done(request: Request, actor: Actor, export: ExportId) -> str:
    """
    Do what the form of a record asks and return where to go then.

    :raises Refusal: as the services do.
    """
    place, now, real_now = place_of(request), request.now, clock.real_now()
    here = place.record(export)
    match request.POST.get("act"):
        case "cancel":
            services.cancel(export, actor=actor, now=now, real_now=real_now)
        case "again":
            return place.record(services.again(export, actor=actor, now=now, real_now=real_now))
        case "code":
            sent = handing.send_code(export, actor=actor, address=_client(request), now=now, real_now=real_now)
            messages.success(request, gettext("The code is on its way to %(phone)s.") % {"phone": sent.masked_phone})
        case "unlock":
            code = request.POST.get("code", "")[:KEY_CHARS_MAX]
            link = handing.unlock(export, code, actor=actor, now=now, real_now=real_now)
            return f"{here}?{urlencode({'ticket': link.ticket})}"
        case "link":
            link = handing.link(export, actor=actor, real_now=real_now)
            return f"{here}?{urlencode({'ticket': link.ticket})}"
    return here


def _client(request: Request) -> str:
    """Return where a request comes from, for the limits on codes."""
    return str(request.META.get("REMOTE_ADDR") or "")


def _record(request: Request, actor: Actor, export: ExportId, refused: Refusal | None) -> dict[str, Any]:
    """Return what the page of a record shows."""
    real_now = clock.real_now()
    row = queries.record(export, actor=actor, real_now=real_now)
    place, kind = place_of(request), registry.of(row.kind)
    ticket = request.GET.get("ticket", "")[:TICKET_CHARS_MAX]
    is_open = bool(ticket) and handing.is_open(export, ticket, actor=actor, real_now=real_now)
    return {
        "row": row,
        "title": export_lists.title_of(row),
        "state": export_lists.state_of(row),
        "fault": export_lists.fault_of(row),
        "format": FORMATS.get(Format(row.format), row.format),
        "filters": kind.filters(actor, row.query) if kind is not None else (),
        "here": place.record(export),
        "records": place.records,
        "file": f"{place.record(export)}file/?{urlencode({'ticket': ticket})}" if is_open else "",
        "refused": message_of(refused) if refused is not None else "",
        "has_no_phone": isinstance(refused, PhoneMissing),
    }


@require_GET
def download(request: Request, export: ExportId, **_at: Any) -> HttpResponseBase:
    """Hand the file over to whoever made it and holds a link; each time stands in the journal."""
    actor = _actor(request)
    ticket = request.GET.get("ticket", "")[:TICKET_CHARS_MAX]
    handed = handing.hand_over(export, ticket, actor=actor, now=request.now, real_now=clock.real_now())
    # One of the two kinds of iterators is each server's own; the other would be read whole into memory first.
    content = _async_content(handed) if isinstance(request, ASGIRequest) else handing.content(handed)
    return StreamingHttpResponse(
        content,
        content_type=handed.content_type,
        headers={
            "Content-Length": str(handed.size_bytes),
            "Content-Disposition": content_disposition_header(True, handed.name) or "attachment",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _async_content(handed: handing.Handed) -> AsyncIterator[bytes]:
    """Yield the content; between two pieces a slow reader holds no connection to the database."""
    pieces = handing.content(handed)

    def next_piece() -> bytes:
        try:
            return next(pieces, b"")
        finally:
            connection.close()

    while piece := await sync_to_async(next_piece, thread_sensitive=True)():
        yield piece
