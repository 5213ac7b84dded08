"""
What can be done about a parcel from its drawer: stepping in (介入), saying that the shop knows (已知晓), asking the
carrier (查件); and what was done already.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.kit import crypto
from yidao.parcels import acknowledgements, nudge_queries, ticket_queries
from yidao.parcels.detail import Detail
from yidao.parcels.nudge_queries import NudgeMark
from yidao.parcels.ticket_queries import TicketMark
from yidao.web.shared import nudge_words
from yidao.web.shared.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """
    The addresses behind the buttons, empty where there is none, and the marks. `item` is how the forms name the parcel;
    `known` are the types in progress the shop knows of.
    """

    item: str = ""
    step_in: str = ""
    step_in_shop: str = ""
    know: str = ""
    ask: str = ""
    nudge: NudgeMark | None = None
    nudge_address: str = ""
    known: tuple[tuple[str, datetime], ...] = ()
    tickets: tuple[tuple[TicketMark, str], ...] = ()


def context(request: Request, actor: Actor, found: Detail) -> dict[str, Any]:
    """Return what the drawer shows of acts; providers have none."""
    key = crypto.open_parcel_token(found.token)
    is_open = any(each.closed_at is None for each in found.episodes)
    opened = {each.type for each in found.episodes if each.closed_at is None}
    marked = acknowledgements.marks([key]) if actor.kind in _KNOWING else {}
    known = tuple(sorted((item.type, at) for item, at in marked.items() if item.type in opened))
    mark = nudge_queries.marks([key], actor=actor, now=request.now).get(key)
    match actor.kind:
        case ActorKind.CREATOR:
            acts = _of_creator(request, actor, found, mark, known, is_open=is_open)
        case ActorKind.MERCHANT:
            acts = _of_shop(request, actor, found, mark, known, is_open=is_open)
        case ActorKind.CARRIER:
            acts = Acts(tickets=_tickets(request, actor, key))
        case _:
            acts = Acts(nudge=mark, known=known)
    return {"acts": acts, "words": nudge_words}


_KNOWING = (ActorKind.CREATOR, ActorKind.MERCHANT, ActorKind.OPERATOR)
Known = tuple[tuple[str, datetime], ...]


def _of_creator(
    request: Request, actor: Actor, found: Detail, mark: NudgeMark | None, known: Known, *, is_open: bool
) -> Acts:
    at = _tenant(request, "creator")
    may = is_open and actor.may(Permission.NUDGES_SEND) and not actor.is_visiting
    new = reverse("creator-nudge-new", kwargs=at)
    return Acts(
        step_in=f"{new}?{urlencode({'item': found.token})}" if may else "",
        step_in_shop=f"{new}?{urlencode({'shop': found.shop_id})}" if may and found.shop_id else "",
        nudge=mark,
        nudge_address=reverse("creator-nudge", kwargs={**at, "nudge": mark.thread_id}) if mark else "",
        known=known,
    )


def _of_shop(
    request: Request, actor: Actor, found: Detail, mark: NudgeMark | None, known: Known, *, is_open: bool
) -> Acts:
    at = _tenant(request, "shop")
    item = f"{found.carrier}/{found.waybill_no}/{found.life}"
    is_live = is_open and not actor.is_visiting
    is_news = len(known) < len({each.type for each in found.episodes if each.closed_at is None})
    may_know = is_live and is_news and actor.may(Permission.ANOMALIES_ACKNOWLEDGE)
    may_ask = is_live and actor.may(Permission.NUDGES_ANSWER)
    return Acts(
        item=item,
        know=reverse("merchant-acknowledge", kwargs=at) if may_know else "",
        ask=f"{reverse('merchant-ticket-new', kwargs=at)}?{urlencode({'item': item})}" if may_ask else "",
        nudge=mark,
        nudge_address=reverse("merchant-nudge", kwargs={**at, "nudge": mark.thread_id}) if mark else "",
        known=known,
        tickets=_tickets(request, actor, (found.waybill_no, found.carrier, found.life)),
    )


def _tickets(request: Request, actor: Actor, key: tuple[str, str, int]) -> tuple[tuple[TicketMark, str], ...]:
    is_shop = actor.kind is ActorKind.MERCHANT
    at = _tenant(request, "shop") if is_shop else _tenant(request, "carrier", "outlet")
    name = "merchant-ticket-item" if is_shop else "carrier-ticket-item"
    return tuple(
        (mark, reverse(name, kwargs={**at, "inquiry": mark.ticket_id}))
        for mark in ticket_queries.of_parcel(key, actor=actor, now=request.now)
    )


def _tenant(request: Request, *names: str) -> dict[str, Any]:
    """Return the parts of the address that say whose console it is."""
    assert request.resolver_match is not None, "a view was found by its address"
    return {name: request.resolver_match.kwargs[name] for name in names}
