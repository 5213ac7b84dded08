"""The page of notices, the same in every console: what the organisation was told, and what its reader has not read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import clock
from yidao.kit.errors import NotVisible
from yidao.kit.templates import render_block
from yidao.notices import kinds, queries, services
from yidao.notices.queries import NoticeRow
from yidao.web.shared import consoles
from yidao.web.shared.requests import Request

TEMPLATE: Final = "shared/notices.html"
PAGE_SIZE: Final = 50
ID_CHARS_MAX: Final = 19
TENANTS: Final = ("creator", "shop", "carrier", "outlet", "provider")
GROUPS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "orders": (gettext_noop("Orders"), frozenset({"order", "warning", "card", "after_sale"})),
    "parcels": (gettext_noop("Parcels"), frozenset({"nudge", "tickets"})),
    "violations": (
        gettext_noop("Violations"),
        frozenset({"violation", "judgement", "appeal", "sanction", "ban"}),
    ),
    "money": (gettext_noop("Money"), frozenset({"deposit", "settlement", "debt", "refund"})),
    "exports": (gettext_noop("Exports"), frozenset({"export"})),
}
"""What notices are about: the word in the address, the word on the page, and the groups of kinds it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One notice in the reader's words; `address` is empty when there is nothing to look at."""

    id: int
    title: str
    text: str
    address: str
    created_at: datetime
    is_read: bool
    is_urgent: bool
    whose: str


def routes(prefix: str, audience: str) -> list[URLPattern]:
    """Return the addresses of one console's notices."""
    return [path(f"{prefix}notices/", index, name=f"{audience}-notices")]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, **_at: Any) -> HttpResponse:
    """Show the notices, the newest first; mark one or all of them as read, or go where one leads."""
    found = request.resolver_match
    assert found is not None, "a view was found by its address"
    audience = str(found.url_name).partition("-")[0]
    at = {name: value for name, value in found.kwargs.items() if name in TENANTS}
    guard: Any = getattr(consoles, audience)
    actor: Actor = guard(request, *at.values())
    here, root = (reverse(f"{audience}-{name}", kwargs=at) for name in ("notices", "home"))
    if request.method == "POST":
        return HttpResponseRedirect(_act(request, actor, here=here, root=root))
    only_unread = request.GET.get("show") == "unread"
    about = request.GET.get("about", "") if request.GET.get("about") in GROUPS else ""
    page = queries.notices(
        actor=actor,
        only_unread=only_unread,
        limit=PAGE_SIZE,
        cursor=request.GET.get("after", "")[:500],
        kinds=kinds.of_groups(GROUPS[about][1]) if about else None,
    )
    context = {
        "lines": lines(actor, page.rows, root=root),
        "only_unread": only_unread,
        "about": about,
        "groups": _groups(actor),
        "at": _query(only_unread, about),
        "unread": queries.unread(actor),
        "here": here,
        "next": page.next_cursor,
        "is_first": "after" not in request.GET,
        "may_mark": actor.user_id is not None and not actor.is_visiting,
    }
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render_block(request, TEMPLATE, "results", context)
    return render(request, TEMPLATE, context)


def _groups(actor: Actor) -> list[tuple[str, str]]:
    """Return what the reader's notices can be about; carriers and providers hear of no orders and no money."""
    own = GROUPS if actor.kind in (ActorKind.MERCHANT, ActorKind.OPERATOR) else ("parcels", "exports")
    return [(name, gettext(GROUPS[name][0])) for name in own]


def _query(only_unread: bool, about: str) -> str:
    told = {"show": "unread" if only_unread else "", "about": about}
    return urlencode({name: value for name, value in told.items() if value})


def _act(request: Request, actor: Actor, *, here: str, root: str) -> str:
    """
    Do what the form asks and return where to go.

    :raises NotVisible: the notice is not theirs.
    """
    act, _, number = request.POST.get("act", "").partition(":")
    real_now = clock.real_now()
    if act == "all":
        services.mark_read(actor=actor, notice_ids=None, real_now=real_now)
        return here
    if act not in ("open", "read") or not number.isascii() or not number.isdigit() or len(number) > ID_CHARS_MAX:
        return here
    row = queries.one(int(number), actor=actor)
    if row is None:
        raise NotVisible
    services.mark_read(actor=actor, notice_ids=[row.id], real_now=real_now)
    return _address(row, root) or here if act == "open" else here


def lines(actor: Actor, rows: tuple[NoticeRow, ...], *, root: str) -> list[Line]:
    """Return notices in the reader's words; `root` is the home of the console that shows them."""
    named = {int(value) for row in rows for key, value in row.params.items() if _names(key, value)}
    names = accounts.organisation_names({*named, *(row.organisation_id for row in rows)})
    is_many = len(actor.organisation_ids) > 1
    return [_line(row, names, root=root, is_many=is_many) for row in rows]


def _line(row: NoticeRow, names: Mapping[int, str], *, root: str, is_many: bool) -> Line:
    kind = kinds.of(row.kind)
    words = dict(row.params) | {
        key.removesuffix(kinds.ORGANISATION_SUFFIX): names.get(int(value), "—")
        for key, value in row.params.items()
        if _names(key, value)
    }
    if kind is not None and kind.words is not None:
        words |= kind.words(row.params)
    return Line(
        id=row.id,
        title=gettext(kind.title) if kind is not None else row.kind,
        text=gettext(kind.text) % words if kind is not None else "",
        address=_address(row, root),
        created_at=row.created_at,
        is_read=row.is_read,
        is_urgent=kind is not None and kind.is_urgent,
        whose=names.get(row.organisation_id, "") if is_many else "",
    )


def _names(key: str, value: object) -> bool:
    return key.endswith(kinds.ORGANISATION_SUFFIX) and str(value).isdigit()


def _address(row: NoticeRow, root: str) -> str:
    """Return where a notice leads: below this console, or where it says itself, never out of the house."""
    if row.address.startswith("/"):
        return row.address if not row.address.startswith("//") else ""
    return f"{root}{row.address}" if row.address else ""
