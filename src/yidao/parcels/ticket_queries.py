"""Reads of tickets (查件) for shops and carriers: lists by state, and one ticket with what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import arrays, paging
from yidao.kit.lists.questions import Question
from yidao.parcels import standing, stepping, tickets
from yidao.parcels.nudge_models import CarrierTicket, CarrierTicketMessage
from yidao.parcels.nudge_queries import condition_of
from yidao.parcels.queries import kind_name
from yidao.parcels.standing import Key
from yidao.rules import nudging
from yidao.rules.instants import instant
from yidao.rules.nudging import Item, State

TABS: Final = tuple(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """One ticket in a list, with where its parcel was last seen."""

    id: int
    shop_id: int
    office_id: int
    outlet_id: int | None
    thread_id: int | None
    waybill_no: str
    carrier: str
    type: str
    opened_at: datetime
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None
    settled_by: str
    state: State
    last_scan_at: datetime | None
    last_kind: str

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return f"{self.state}/{self.asked_at}/{self.answered_at or ''}/{self.last_scan_at or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One thing said. `user_id` is only told to the side it belongs to."""

    id: int
    side: str
    kind: str
    user_id: int | None
    organisation_id: int | None
    code: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDetail:
    """One ticket with everything in it."""

    row: TicketRow
    messages: tuple[MessageRow, ...]
    policy: str


def _narrowed(actor: Actor, outlet_id: int | None) -> Q:
    found = tickets.of_actor(actor)
    return found & Q(outlet_id=outlet_id) if outlet_id is not None else found


def counts(*, actor: Actor, now: datetime, outlet_id: int | None = None) -> dict[State, int]:
    """Return how many tickets stand how, in one query; `outlet_id` narrows a head office's to one outlet."""
    found = CarrierTicket.objects.filter(_narrowed(actor, outlet_id)).aggregate(
        **{tab.value: Count("id", filter=condition_of(tab, now)) for tab in TABS}
    )
    return {tab: found[tab.value] for tab in TABS}


def unsettled(*, actor: Actor) -> tuple[int, int]:
    """Return how many tickets the actor sees wait for an answer and how many have one, in one short query."""
    found = CarrierTicket.objects.filter(tickets.of_actor(actor), settled_at=None)
    counted = found.aggregate(whole=Count("id"), answered=Count("id", filter=Q(answered_at__gte=F("asked_at"))))
    return counted["whole"] - counted["answered"], counted["answered"]


def listed(*, actor: Actor, tab: State | None, now: datetime, limit: int, cursor: str = "") -> paging.Page[TicketRow]:
    """
    Return one page of tickets, the newest first, of one state or (None) all.

    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    answers = {"state": () if tab is None else (tab.value,)}
    return Tickets(actor=actor, now=now).page(Question(answers=answers, size=limit, after=cursor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """The tickets an actor may see as a list's rows, the newest first; `outlet_id` narrows a head office's to one."""

    actor: Actor
    now: datetime
    outlet_id: int | None = None

    def page(self, question: Question) -> paging.Page[TicketRow]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        own = (self.actor.kind, self.actor.organisation_ids, self.outlet_id)
        fingerprint = paging.filter_hash("tickets", *own, *question.fingerprint())
        found = self._narrowed(question)
        start = 0 if question.after else question.offset
        if question.after:
            found = found.filter(id__lt=paging.open_cursor(question.after, of=fingerprint, length=1)[0])
        stored = list(found.order_by("-id")[start : start + question.size + 1])
        rows = _rows(stored[: question.size], now=self.now)
        next_cursor = paging.cursor((rows[-1].id,), of=fingerprint) if len(stored) > question.size else ""
        return paging.Page(rows=rows, next_cursor=next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many there are, at most `limit`."""
        return self._narrowed(question)[:limit].count()

    def _narrowed(self, question: Question) -> QuerySet[CarrierTicket]:
        found = CarrierTicket.objects.filter(_narrowed(self.actor, self.outlet_id))
        if state_name := question.one("state"):
            found = found.filter(condition_of(State(state_name), self.now))
        if numbers := question.of("waybill"):
            found = found.filter(waybill_no__in=numbers)
        if shops := [int(each) for each in question.of("who")]:
            found = found.filter(shop_id__in=shops)
        since, until = question.span("opened")
        if since is not None:
            found = found.filter(opened_at__gte=since)
        return found.filter(opened_at__lt=until) if until is not None else found


PARTNERS_MAX: Final = 500


def shops_asking(actor: Actor, *, outlet_id: int | None) -> tuple[int, ...]:
    """Return the shops whose tickets the actor sees."""
    found = CarrierTicket.objects.filter(_narrowed(actor, outlet_id)).order_by("shop_id")
    return tuple(found.values_list("shop_id", flat=True).distinct()[:PARTNERS_MAX])


def ticket(ticket_id: int, *, actor: Actor, now: datetime) -> TicketDetail:
    """
    Return one ticket with what was said.

    :raises NotVisible: it is not theirs.
    """
    stored = tickets.visible(ticket_id, actor=actor)
    (row,) = _rows([stored], now=now)
    return TicketDetail(row=row, messages=_messages(stored.id, actor=actor), policy=stored.policy)


_LAST_SCANS = """
SELECT p.waybill_no, p.carrier, p.life, p.last_scan_at, p.last_kind
FROM unnest(%(waybill_nos)s::text[], %(carriers)s::text[], %(lives)s::smallint[]) AS k (waybill_no, carrier, life)
JOIN parcel AS p ON p.waybill_no = k.waybill_no AND p.carrier = k.carrier AND p.life = k.life
"""


def _last_scans(keys: Sequence[Key]) -> dict[Key, tuple[datetime | None, str]]:
    if not keys:
        return {}
    parameters = {
        "waybill_nos": arrays.texts([each[0] for each in keys]),
        "carriers": arrays.texts([each[1] for each in keys]),
        "lives": arrays.integers(each[2] for each in keys),
    }
    with connection.cursor() as database:
        database.execute(_LAST_SCANS, parameters)
        return {(row[0], row[1], row[2]): (row[3], kind_name(row[4])) for row in database.fetchall()}


def _rows(stored: Sequence[CarrierTicket], *, now: datetime) -> tuple[TicketRow, ...]:
    keys = sorted({(each.waybill_no, each.carrier, each.life) for each in stored})
    scans = _last_scans(keys)
    known = standing.anomalies(keys)
    rows = []
    for each in stored:
        item = Item(each.waybill_no, each.carrier, each.life, each.type)
        is_open = standing.standing(item, known).is_open
        last_scan_at, last_kind = scans.get(item.parcel, (None, ""))
        facts = nudging.Thread(
            asked_at=instant(each.asked_at),
            due_at=instant(each.due_at),
            answered_at=stepping.known(each.answered_at),
            settled_at=stepping.known(each.settled_at),
            open_items=int(is_open),
        )
        rows.append(
            TicketRow(
                id=each.id,
                shop_id=each.shop_id,
                office_id=each.office_id,
                outlet_id=each.outlet_id,
                thread_id=each.thread_id,
                waybill_no=each.waybill_no,
                carrier=each.carrier,
                type=each.type,
                opened_at=each.opened_at,
                asked_at=each.asked_at,
                due_at=each.due_at,
                answered_at=each.answered_at,
                settled_at=each.settled_at,
                settled_by=each.settled_by,
                state=nudging.state(facts, instant(now)),
                last_scan_at=last_scan_at,
                last_kind=last_kind,
            )
        )
    return tuple(rows)


def _messages(ticket_id: int, *, actor: Actor) -> tuple[MessageRow, ...]:
    own = CarrierTicketMessage.Side.CARRIER if actor.kind is ActorKind.CARRIER else CarrierTicketMessage.Side.SHOP
    return tuple(
        MessageRow(
            id=each.id,
            side=each.side,
            kind=each.kind,
            user_id=each.user_id if each.side == own else None,
            organisation_id=each.organisation_id,
            code=each.code,
            text=stepping.opened(each.text_encrypted, table="carrier_ticket_message", row_id=each.id),
            at=each.at,
        )
        for each in CarrierTicketMessage.objects.filter(ticket_id=ticket_id).order_by("id")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMark:
    """That a carrier was asked about a parcel: in which ticket, about what, when, and how that stands."""

    ticket_id: int
    type: str
    at: datetime
    state: State


def of_parcel(key: Key, *, actor: Actor, now: datetime) -> tuple[TicketMark, ...]:
    """Return the tickets about one parcel that the actor may see, the newest first, ten at most."""
    found = CarrierTicket.objects.filter(tickets.of_actor(actor), waybill_no=key[0], carrier=key[1], life=key[2])
    return tuple(
        TicketMark(
            ticket_id=each.id,
            type=each.type,
            at=each.opened_at,
            state=nudging.state(tickets.facts_of(each), instant(now)),
        )
        for each in found.order_by("-id")[:10]
    )
