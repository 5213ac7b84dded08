"""
Reads of nudges (介入) for both sides: lists by state, one thread with what was said, marks for the rows of other lists.
A creator reads masked numbers and no number in a text; the shop reads them in full.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet

from yidao.accounts.actors import Actor, ActorKind
from yidao.kit import arrays, crypto, paging
from yidao.kit.errors import NotVisible
from yidao.kit.lists.questions import Question
from yidao.parcels import access, acknowledgements, detail, standing, stepping
from yidao.parcels.nudge_models import CarrierTicket, NudgeItem, NudgeMessage, NudgeThread
from yidao.parcels.queries import masked
from yidao.parcels.standing import Key
from yidao.rules import nudging
from yidao.rules.instants import instant
from yidao.rules.nudging import Item, State

TABS: Final = tuple(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRow:
    """One nudge in a list. `types` says how many anomalies of each type it names, the most frequent first."""

    id: int
    creator_id: int
    shop_id: int
    opened_by: int | None
    opened_at: datetime
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None
    settled_at: datetime | None
    settled_by: str
    state: State
    item_count: int
    open_items: int
    types: tuple[tuple[str, int], ...]

    @property
    def version(self) -> str:
        """Return what is different when the row is different."""
        return f"{self.state}/{self.open_items}/{self.asked_at}/{self.answered_at or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One anomaly a nudge names. `waybill_no` is empty for who may not read it."""

    token: str
    number: str
    waybill_no: str = field(repr=False)
    carrier: str
    life: int
    type: str
    reason: str
    is_open: bool
    closing: str
    acknowledged_at: datetime | None
    ticket_id: int | None
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One thing said or done. `user_id` is only told to the side it belongs to."""

    id: int
    side: str
    kind: str
    user_id: int | None
    organisation_id: int | None
    ticket_id: int | None
    code: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDetail:
    """One nudge with everything in it."""

    row: ThreadRow
    items: tuple[ItemRow, ...]
    messages: tuple[MessageRow, ...]
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NudgeMark:
    """That a parcel was nudged about: in which thread, when, by whom, and how that stands."""

    thread_id: int
    at: datetime
    by: int | None
    creator_id: int
    shop_id: int
    state: State


def _of_actor(actor: Actor) -> QuerySet[NudgeThread]:
    match actor.kind:
        case ActorKind.CREATOR:
            return NudgeThread.objects.filter(creator_id__in=actor.organisation_ids)
        case ActorKind.MERCHANT:
            return NudgeThread.objects.filter(shop_id__in=actor.organisation_ids)
        case _:
            return NudgeThread.objects.none()


def condition_of(tab: State, now: datetime) -> Q:
    """Return the columns' own words for a state: the twin of `nudging.state`, for what was written down."""
    unanswered = Q(settled_at=None) & (Q(answered_at=None) | Q(answered_at__lt=F("asked_at")))
    match tab:
        case State.SETTLED:
            return Q(settled_at__isnull=False)
        case State.ANSWERED:
            return Q(settled_at=None, answered_at__gte=F("asked_at"))
        case State.OVERDUE:
            return unanswered & Q(due_at__lte=now)
        case State.WAITING:
            return unanswered & Q(due_at__gt=now)


def counts(*, actor: Actor, now: datetime) -> dict[State, int]:
    """Return how many nudges of the actor's side stand how, in one query."""
    found = _of_actor(actor).aggregate(**{tab.value: Count("id", filter=condition_of(tab, now)) for tab in TABS})
    return {tab: found[tab.value] for tab in TABS}


def unsettled(*, actor: Actor) -> tuple[int, int]:
    """Return how many nudges of the actor's side wait for an answer and how many have one, in one short query."""
    found = _of_actor(actor).filter(settled_at=None)
    counted = found.aggregate(whole=Count("id"), answered=Count("id", filter=Q(answered_at__gte=F("asked_at"))))
    return counted["whole"] - counted["answered"], counted["answered"]


def first_due(*, actor: Actor) -> datetime | None:
    """Return when the first answer the actor's side waits for, or owes, is due; None when nothing waits."""
    unanswered = Q(settled_at=None) & (Q(answered_at=None) | Q(answered_at__lt=F("asked_at")))
    found: datetime | None = _of_actor(actor).filter(unanswered).aggregate(first=Min("due_at"))["first"]
    return found


def threads(*, actor: Actor, tab: State | None, now: datetime, limit: int, cursor: str = "") -> paging.Page[ThreadRow]:
    """
    Return one page of nudges of the actor's side, the newest first, of one state or (None) all.

    :raises paging.CursorInvalid: the cursor is not of this list.
    """
    answers = {"state": () if tab is None else (tab.value,)}
    return Threads(actor=actor, now=now).page(Question(answers=answers, size=limit, after=cursor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """The nudges of the actor's side as a list's rows, the newest first; `who` are ids of the other side."""

    actor: Actor
    now: datetime

    def page(self, question: Question) -> paging.Page[ThreadRow]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        actor = self.actor
        fingerprint = paging.filter_hash("nudges", actor.kind, actor.organisation_ids, *question.fingerprint())
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

    def _narrowed(self, question: Question) -> QuerySet[NudgeThread]:
        found = _of_actor(self.actor)
        if state_name := question.one("state"):
            found = found.filter(condition_of(State(state_name), self.now))
        if who := [int(each) for each in question.of("who")]:
            other = "shop_id__in" if self.actor.kind is ActorKind.CREATOR else "creator_id__in"
            found = found.filter(**{other: who})
        since, until = question.span("opened")
        if since is not None:
            found = found.filter(opened_at__gte=since)
        return found.filter(opened_at__lt=until) if until is not None else found


PARTNERS_MAX: Final = 500


def partners(actor: Actor) -> tuple[int, ...]:
    """Return the shops (of a creator) or creators (of a shop) the actor's nudges are with."""
    other = "shop_id" if actor.kind is ActorKind.CREATOR else "creator_id"
    return tuple(_of_actor(actor).order_by(other).values_list(other, flat=True).distinct()[:PARTNERS_MAX])


def _rows(stored: Sequence[NudgeThread], *, now: datetime) -> tuple[ThreadRow, ...]:
    """Return rows whose state is true now, even where the sweep has not written yet that everything is over."""
    thread_ids = [each.id for each in stored]
    types: dict[int, list[tuple[str, int]]] = {}
    named = NudgeItem.objects.filter(thread_id__in=thread_ids).values("thread_id", "type").annotate(count=Count("id"))
    for each in named.order_by("thread_id", "-count", "type"):
        types.setdefault(each["thread_id"], []).append((each["type"], each["count"]))
    unsettled = [each.id for each in stored if each.settled_at is None]
    fields = ("thread_id", "waybill_no", "carrier", "life", "type")
    items = list(NudgeItem.objects.filter(thread_id__in=unsettled, closed_at=None).values_list(*fields))
    known = standing.anomalies((row[1], row[2], row[3]) for row in items)
    still_open = dict.fromkeys(thread_ids, 0)
    for row in items:
        still_open[row[0]] += standing.standing(Item(*row[1:]), known).is_open
    return tuple(_row(each, still_open[each.id], tuple(types.get(each.id, ())), now=now) for each in stored)


def _row(thread: NudgeThread, open_items: int, types: tuple[tuple[str, int], ...], *, now: datetime) -> ThreadRow:
    facts = nudging.Thread(
        asked_at=instant(thread.asked_at),
        due_at=instant(thread.due_at),
        answered_at=stepping.known(thread.answered_at),
        settled_at=stepping.known(thread.settled_at),
        open_items=open_items,
    )
    return ThreadRow(
        id=thread.id,
        creator_id=thread.creator_id,
        shop_id=thread.shop_id,
        opened_by=thread.opened_by,
        opened_at=thread.opened_at,
        asked_at=thread.asked_at,
        due_at=thread.due_at,
        answered_at=thread.answered_at,
        settled_at=thread.settled_at,
        settled_by=thread.settled_by,
        state=nudging.state(facts, instant(now)),
        item_count=thread.item_count,
        open_items=open_items,
        types=types,
    )


def thread(thread_id: int, *, actor: Actor, now: datetime) -> ThreadDetail:
    """
    Return one nudge of the actor's side with what it names and what was said.

    :raises NotVisible: it is not theirs.
    """
    stored = _of_actor(actor).filter(id=thread_id).first()
    if stored is None:
        raise NotVisible
    items = list(NudgeItem.objects.filter(thread=stored).order_by("id"))
    keys = {(each.waybill_no, each.carrier, each.life) for each in items}
    known = standing.anomalies(keys)
    marked = acknowledgements.marks(keys)
    asked = CarrierTicket.objects.filter(thread=stored).order_by("id")
    tickets = {Item(*row[1:]): row[0] for row in asked.values_list("id", "waybill_no", "carrier", "life", "type")}
    is_plain = access.sees_plain_numbers(actor)
    rows = tuple(_item(each, known, marked, tickets, is_plain=is_plain) for each in items)
    messages = _messages(stored.id, actor=actor, hidden=() if is_plain else sorted({key[0] for key in keys}))
    open_items = sum(each.is_open for each in rows)
    row = _row(stored, open_items, (), now=now)
    return ThreadDetail(row=row, items=rows, messages=messages, policy=stored.policy)


def _item(
    each: NudgeItem,
    known: Mapping[Item, standing.Standing],
    marked: Mapping[Item, datetime],
    tickets: Mapping[Item, int],
    *,
    is_plain: bool,
) -> ItemRow:
    item = Item(each.waybill_no, each.carrier, each.life, each.type)
    now_stands = standing.standing(item, known)
    at = marked.get(item)
    is_meant = at is not None and now_stands.noticed_at is not None and at >= now_stands.noticed_at
    token = crypto.parcel_token(*item.parcel)
    return ItemRow(
        token=token,
        number=each.waybill_no if is_plain else masked(each.waybill_no),
        waybill_no=each.waybill_no if is_plain else "",
        carrier=each.carrier,
        life=each.life,
        type=each.type,
        reason=now_stands.reason,
        is_open=each.closed_at is None and now_stands.is_open,
        closing=each.closing or ("" if now_stands.is_open else now_stands.closing),
        acknowledged_at=at if is_meant else None,
        ticket_id=tickets.get(item) if is_plain else None,
        key=f"{token}.{each.type}",
    )


def _messages(thread_id: int, *, actor: Actor, hidden: Sequence[str]) -> tuple[MessageRow, ...]:
    own = NudgeMessage.Side.CREATOR if actor.kind is ActorKind.CREATOR else NudgeMessage.Side.SHOP
    rows = NudgeMessage.objects.filter(thread_id=thread_id).order_by("id")
    return tuple(
        MessageRow(
            id=each.id,
            side=each.side,
            kind=each.kind,
            user_id=each.user_id if each.side == own else None,
            organisation_id=each.organisation_id,
            ticket_id=each.ticket_id if own == NudgeMessage.Side.SHOP else None,
            code=each.code,
            text=_shown(stepping.opened(each.text_encrypted, table="nudge_message", row_id=each.id), hidden),
            at=each.at,
        )
        for each in rows
    )


def _shown(text: str, hidden: Sequence[str]) -> str:
    for number in hidden:
        text = detail.unspoken(text, number)
    return text


_MARKS = """
SELECT DISTINCT ON (i.waybill_no, i.carrier, i.life)
       i.waybill_no, i.carrier, i.life, t.id, t.opened_at, t.opened_by, t.creator_id, t.shop_id,
       t.asked_at, t.due_at, t.answered_at, t.settled_at, i.closed_at
FROM (SELECT DISTINCT * FROM unnest(%(waybill_nos)s::text[], %(carriers)s::text[], %(lives)s::smallint[])
      AS u (waybill_no, carrier, life)) AS k
JOIN nudge_item AS i ON i.waybill_no = k.waybill_no AND i.carrier = k.carrier AND i.life = k.life
JOIN nudge_thread AS t ON t.id = i.thread_id
WHERE %(is_all)s OR i.creator_id = ANY(%(creators)s) OR i.shop_id = ANY(%(shops)s)
ORDER BY i.waybill_no, i.carrier, i.life, (i.closed_at IS NULL) DESC, i.id DESC
"""


def marks(keys: Iterable[Key], *, actor: Actor, now: datetime) -> Mapping[Key, NudgeMark]:
    """
    Return the newest nudge about each of these parcels, one in progress before those that are over, in one query.

    A creator learns of his own nudges only, a shop of all about its parcels, an operator of all; others of none.
    """
    wanted = sorted(set(keys))
    if not wanted or actor.kind in (ActorKind.CARRIER, ActorKind.PROVIDER):
        return {}
    own = list(actor.organisation_ids)
    parameters: dict[str, Any] = {
        "waybill_nos": arrays.texts([each[0] for each in wanted]),
        "carriers": arrays.texts([each[1] for each in wanted]),
        "lives": arrays.integers(each[2] for each in wanted),
        "is_all": actor.kind in (ActorKind.OPERATOR, ActorKind.SYSTEM),
        "creators": own if actor.kind is ActorKind.CREATOR else [],
        "shops": own if actor.kind is ActorKind.MERCHANT else [],
    }
    with connection.cursor() as database:
        database.execute(_MARKS, parameters)
        return {(row[0], row[1], row[2]): _mark(row[3:], now=now) for row in database.fetchall()}


def _mark(row: Sequence[Any], *, now: datetime) -> NudgeMark:
    thread_id, opened_at, opened_by, creator_id, shop_id, asked_at, due_at, answered_at, settled_at, closed_at = row
    facts = nudging.Thread(
        asked_at=instant(asked_at),
        due_at=instant(due_at),
        answered_at=stepping.known(answered_at),
        settled_at=stepping.known(settled_at or closed_at),
    )
    state = nudging.state(facts, instant(now))
    return NudgeMark(
        thread_id=thread_id, at=opened_at, by=opened_by, creator_id=creator_id, shop_id=shop_id, state=state
    )


def marks_of_tokens(tokens: Iterable[str], *, actor: Actor, now: datetime) -> Mapping[str, NudgeMark]:
    """Return the marks of parcels known by their opaque names, for lists that do not hold the number."""
    keys = {crypto.open_parcel_token(token): token for token in tokens}
    return {keys[key]: mark for key, mark in marks(keys, actor=actor, now=now).items()}
