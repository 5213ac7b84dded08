"""What the pages of nudges (介入) and tickets (查件) share: what was chosen, who is in a conversation, and keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor
from yidao.carriers import catalogue
from yidao.kit import crypto, db, ids
from yidao.kit.errors import NotVisible, Refusal
from yidao.kit.templates import render_block
from yidao.parcels import standing
from yidao.parcels.nudge_queries import MessageRow
from yidao.parcels.queries import masked
from yidao.parcels.standing import Key
from yidao.parcels.ticket_queries import MessageRow as TicketMessageRow
from yidao.rules.episodes import Type
from yidao.rules.nudging import TEXT_LENGTH_MAX, Item, LeftOut
from yidao.web.shared import nudge_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

ITEMS_MAX: Final = 1_000
"""Choices one form may send."""
KEY_CHARS_MAX: Final = 40
_TYPES: Final = frozenset(each.name for each in Type)
_ID_CHARS_MAX: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One thing that was left out, in words."""

    number: str
    type: str
    why: str


def chosen(request: Request) -> list[str]:
    """Return what a list's form or link names: `item` many times, or all of them in `items`, one in a line."""
    told = request.POST if request.method == "POST" else request.GET
    values = [*told.getlist("item"), *told.get("items", "").split()]
    return list(dict.fromkeys(each for each in values if each))[:ITEMS_MAX]


def by_token(values: Iterable[str], *, actor: Actor, since: datetime) -> list[Item]:
    """
    Return the anomalies that `token/TYPE` or `token` (all in progress) name; what was not made here is no parcel, and
    what was shipped before `since` is not there.
    """
    named: list[tuple[Key, str]] = []
    for each in values:
        token, _, type_name = each.partition("/")
        try:
            named.append((crypto.open_parcel_token(token), type_name))
        except NotVisible:
            continue
    return _items(named, actor=actor, since=since)


def by_number(values: Iterable[str], *, actor: Actor) -> list[Item]:
    """Return the anomalies that `carrier/number/life/TYPE` or `carrier/number/life` (all in progress) name."""
    named: list[tuple[Key, str]] = []
    for each in values:
        carrier, number, life, type_name = (*each.split("/"), "", "", "", "")[:4]
        if carrier in catalogue.CODES and number and life.isascii() and life.isdigit() and len(life) < 5:
            named.append(((number, carrier, int(life)), type_name))
    return _items(named, actor=actor)


def _items(named: Sequence[tuple[Key, str]], *, actor: Actor, since: datetime | None = None) -> list[Item]:
    owners = standing.owners((key for key, _ in named), actor=actor, since=since)
    found: dict[Item, None] = {}
    for key, type_name in named:
        owner = owners.get(key)
        if owner is not None:
            types = (type_name,) if type_name in _TYPES else owner.open_types if not type_name else ()
            found.update((Item(*key, each), None) for each in types)
    return list(found)


def organisation_id(text: str) -> int | None:
    """Return the id a form names, None when it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _ID_CHARS_MAX else None


def request_key(request: Request, name: str, body: Any) -> db.RequestKey | None:
    """Return the key of a form, so that sending it twice does it once; None for a form without one."""
    key = request.POST.get("key", "")[:KEY_CHARS_MAX]
    return db.RequestKey(key=f"{name}/{key}", body=body) if key else None


def fresh_key() -> str:
    """Return a key for a form."""
    return str(ids.new_id())


def said(request: Request, name: str = "text") -> str:
    """Return a text as it was typed; one far too long is cut where the refusal is certain anyway."""
    return request.POST.get(name, "")[: 4 * TEXT_LENGTH_MAX]


def people(messages: Iterable[MessageRow | TicketMessageRow]) -> dict[str, Any]:
    """Return the names a conversation needs: of one's own people and of the organisations that spoke."""
    rows = tuple(messages)
    return {
        "users": accounts.user_names(each.user_id for each in rows if each.user_id is not None),
        "organisations": accounts.organisation_names(
            each.organisation_id for each in rows if each.organisation_id is not None
        ),
    }


def left_out(rows: Iterable[tuple[Item, LeftOut]], *, is_plain: bool) -> list[Refused]:
    """Return what was left out, with numbers as the reader may read them."""
    return [
        Refused(number=item.waybill_no if is_plain else masked(item.waybill_no), type=item.type, why=why.value)
        for item, why in rows
    ]


def form(request: Request, refused: Refusal | None, *, may: bool) -> dict[str, Any]:
    """Return what the form below a conversation needs: after a refusal, what was typed and why it would not do."""
    return {
        "may": may,
        "text_max": TEXT_LENGTH_MAX,
        "key": fresh_key(),
        "code": request.POST.get("code", ""),
        "text": said(request) if refused else "",
        "refused": message_of(refused) if refused else "",
    }


def show(request: Request, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a page, or for htmx its block `news` alone: what changes by itself, without the forms beside it."""
    context = {"words": nudge_words, **context}
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render_block(request, template, "news", context)
    return render(request, template, context, status=status)


def back(request: Request, otherwise: str) -> str:
    """Return the page a form came from, if it is ours, else another one."""
    came_from = request.POST.get("next", "") or request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    return came_from if is_ours else otherwise
