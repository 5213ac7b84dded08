"""What the page of one order shows, the same for its shop and for operators; what can be done is the console's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import queries as audit
from yidao.judging import violations
from yidao.kit.errors import Refusal
from yidao.orders import cards, deadlines, detail, notes
from yidao.orders.detail import PackState
from yidao.orders.listing_rows import LineRow, Row
from yidao.orders.reading import Buyer
from yidao.parcels import listing as parcels
from yidao.parcels.listing import Wanted
from yidao.web.shared import acts, life_words, nudge_pages, order_columns, order_words, violation_words
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

ENTRIES_SHOWN: Final = 50
_ID: Final = re.compile(r"[1-9]\d{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """
    Where the page of an order leads, empty where there is nothing or the actor may not. `parcel` makes the address of a
    parcel from carrier and number.
    """

    here: str
    parcel: Any
    order: Any
    reveal: str = ""
    note: str = ""
    after_sale: Any = None
    violation: Any = None
    pack: Any = None
    pack_words: str = ""
    """What leads to a pack; empty for what its shop does there."""
    acts: tuple[tuple[str, str], ...] = ()
    """Words and addresses of the buttons."""
    together: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack with where its parcel stands and what lies in it, in words."""

    it: PackState
    status: str = ""
    last_scan_at: datetime | None = None
    items: tuple[str, ...] = ()
    address: str = ""
    """Where it can be edited or its number replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A violation of the order, in words."""

    text: str
    tone: str
    at: datetime
    why: str
    address: str


def context(
    request: Request,
    actor: Actor,
    row: Row,
    links: Links,
    *,
    revealed: Buyer | None = None,
    refused: Refusal | None = None,
) -> dict[str, Any]:
    """Return everything the drawer of an order shows."""
    now = request.now
    moved = deadlines.of_order(actor, row.id, now)
    asked = cards.of_order(actor, row.id, now)
    entries = audit.of_subject(f"order/{row.id}", limit=ENTRIES_SHOWN) if actor.may(Permission.AUDIT_VIEW) else ()
    people = accounts.user_names(
        {each for each in (*(m.user_id for m in moved), *(c.user_id for c in asked)) if each is not None}
        | {each.actor_user_id for each in entries if each.actor_user_id is not None}
    )
    return {
        "order": row,
        "links": links,
        "buyer": revealed or row.buyer,
        "is_revealed": revealed is not None,
        "tags": order_columns.tags(row),
        "item": order_columns.item,
        "moves": moved,
        "cards": asked,
        "packs": _packs(actor, row, links),
        "judgements": _judgements(actor, row, links),
        "after_sales": detail.after_sales(row),
        "together": detail.together(row) if actor.kind is ActorKind.MERCHANT else (),
        "entries": entries,
        "people": people,
        "acts": acts,
        "order_words": order_words,
        "life_words": life_words,
        "flags": [(str(number), order_words.flag(number)) for number in notes.FLAGS],
        "note_max": notes.NOTE_CHARS_MAX,
        "seen": notes.digest(row.flag, row.note),
        "writing": request.POST.get("note") if refused is not None else None,
        "is_alone": False,
        "refused": message_of(refused) if refused is not None else "",
    }


def _judgements(actor: Actor, row: Row, links: Links) -> tuple[Judgement, ...]:
    return tuple(
        Judgement(
            text=" ".join((violation_words.of("kind", each.kind), violation_words.nth(each))),
            tone="closed" if each.state == "REVERSED" else "severe",
            at=each.at,
            why=" · ".join((violation_words.of("state", each.state), violation_words.money_of(each), each.policy)),
            address=links.violation(each.id) if links.violation is not None else "",
        )
        for each in violations.of_order(actor=actor, order_id=row.id)
    )


def _packs(actor: Actor, row: Row, links: Links) -> tuple[Pack, ...]:
    found = detail.packs(row)
    if not found:
        return ()
    wanted = Wanted(waybill_nos=tuple(each.waybill_no for each in found))
    known = {
        (each.waybill_no, each.carrier): each for each in parcels.parcels(actor=actor, wanted=wanted, limit=100).rows
    }
    lines = {line.line_no: line for line in row.lines}
    return tuple(
        Pack(
            it=each,
            status=parcel.status if parcel is not None else "",
            last_scan_at=parcel.last_scan_at if parcel is not None else None,
            items=_items(each.lines, lines),
            address=links.pack(each.id) if links.pack is not None and each.state != "REPLACED" else "",
        )
        for each in found
        for parcel in (known.get((each.waybill_no, each.carrier)),)
    )


def _items(own: Sequence[tuple[int, int]], lines: Mapping[int, LineRow]) -> tuple[str, ...]:
    return tuple(
        f"{lines[number].product_name or lines[number].product_id} ×{quantity}"
        for number, quantity in own
        if number in lines
    )


def chosen(request: Request) -> list[int]:
    """Return the orders a list's form or link names, as `item` many times or all of them in `items`."""
    return [int(each) for each in nudge_pages.chosen(request) if _ID.fullmatch(each) and int(each) < 2**63]


def marking(request: Request, order_ids: Sequence[int], back: str, refused: Refusal | None) -> dict[str, Any]:
    """Return what the form shows that marks many orders."""
    return {
        "items": order_ids,
        "back": back,
        "flags": [(str(number), order_words.flag(number)) for number in notes.FLAGS],
        "flag": request.POST.get("flag", ""),
        "note": request.POST.get("note", "") if refused is not None else "",
        "note_max": notes.NOTE_CHARS_MAX,
        "refused": message_of(refused) if refused is not None else "",
    }
