"""
Tickets (查件): a shop passes a question about a parcel on to its carrier's head office or outlet. The answer comes back
to the shop and, where a creator's nudge stands behind it, at once to the creator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.models import Organisation
from yidao.audit import services as audit
from yidao.kit import db, ids, news
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices import services as notices
from yidao.parcels import nudges, standing, stepping
from yidao.parcels.nudge_models import CarrierTicket, CarrierTicketMessage, NudgeItem, NudgeMessage, NudgeThread
from yidao.rules import nudging
from yidao.rules.instants import instant, to_datetime
from yidao.rules.nudging import Candidate, Item, LeftOut

Side = CarrierTicketMessage.Side
Kind = CarrierTicketMessage.Kind
_TABLE = "carrier_ticket_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a shop asks: the words, an outlet (None: the head office), and the nudge that stands behind it, if any."""

    text: str
    outlet_id: int | None = None
    thread_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """What came of it: the tickets that were opened, and what was left out."""

    ticket_ids: tuple[int, ...]
    left_out: tuple[tuple[Item, LeftOut], ...]


def forward(
    *,
    actor: Actor,
    items: Sequence[Item],
    question: Question,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> Forwarded:
    """
    Ask the carrier about these anomalies of the shop's own parcels: one ticket each, one notice for each addressee.

    :raises Forbidden: the role does not allow it, or the actor is no shop.
    :raises NotVisible: the nudge behind it is not the shop's.
    :raises stepping.TextRefused: nothing is asked.
    :raises stepping.TextTooLong: the question is too long.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(Permission.NUDGES_ANSWER):
        raise Forbidden
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return Forwarded(
                ticket_ids=tuple(work.earlier["tickets"]),
                left_out=tuple((Item(*each[:4]), LeftOut(each[4])) for each in work.earlier["left_out"]),
            )
        policy = stepping.policy_at(now)
        words = stepping.checked_text(question.text, policy, has_code=False)
        thread = _thread(question.thread_id, actor=actor)
        choice, shops, offices = _choose(actor, items, question.outlet_id, policy, now=now)
        tickets = [
            _open(actor, each, shops[each], offices[each.carrier], question, words, policy, now)
            for each in choice.taken
        ]
        _tell_addressees(tickets, now=now)
        if tickets:
            _record(actor, tickets, thread, now=now, real_now=real_now)
        forwarded = Forwarded(ticket_ids=tuple(each.id for each in tickets), left_out=choice.left_out)
        work.answer(
            {"tickets": [each.id for each in tickets], "left_out": [[*each, why] for each, why in choice.left_out]}
        )
    return forwarded


def _thread(thread_id: int | None, *, actor: Actor) -> NudgeThread | None:
    if thread_id is None:
        return None
    found = NudgeThread.objects.filter(id=thread_id, shop_id__in=actor.organisation_ids).first()
    if found is None:
        raise NotVisible
    return found


def _choose(
    actor: Actor, items: Sequence[Item], outlet_id: int | None, policy: nudging.Policy, *, now: datetime
) -> tuple[nudging.Choice, Mapping[Item, int], Mapping[str, int]]:
    """Ask the rule which items go; also return the shop of each item and the head office of each carrier."""
    owners = standing.owners((each.parcel for each in items), actor=actor)
    own = [each for each in items if each.parcel in owners]
    shops = {each: owners[each.parcel].shop_id or 0 for each in own}
    for shop_id in sorted(set(shops.values())):
        stepping.lock(f"ticket/shop/{shop_id}")
    known = standing.anomalies(owners)
    offices = head_offices({each.carrier for each in own})
    if outlet_id is not None:
        offices = {code: office for code, office in offices.items() if outlet_id in outlets_of(office)}
    day = to_datetime(nudging.day_starts_at(instant(now), policy))
    of_shop = CarrierTicket.objects.filter(shop_id__in=actor.organisation_ids)
    numbers = sorted({each.waybill_no for each in own})
    unsettled = of_shop.filter(settled_at=None, waybill_no__in=numbers)
    asked = {Item(*row) for row in unsettled.values_list("waybill_no", "carrier", "life", "type")}
    candidates = [
        Candidate(
            item=each,
            is_open=standing.standing(each, known).is_open,
            is_asked=each in asked,
            has_addressee=each.carrier in offices,
        )
        for each in own
    ]
    today = of_shop.filter(opened_at__gte=day).count()
    return nudging.choose_tickets(candidates, policy, tickets_today=today), shops, offices


def _open(
    actor: Actor,
    item: Item,
    shop_id: int,
    office_id: int,
    question: Question,
    words: str,
    policy: nudging.Policy,
    now: datetime,
) -> CarrierTicket:
    asked_at = instant(now)
    facts = nudging.Thread(asked_at=asked_at, due_at=nudging.ticket_due_at(asked_at, policy))
    ticket = CarrierTicket.objects.create(
        id=ids.new_id(),
        shop_id=shop_id,
        office_id=office_id,
        outlet_id=question.outlet_id,
        thread_id=question.thread_id,
        waybill_no=item.waybill_no,
        carrier=item.carrier,
        life=item.life,
        type=item.type,
        opened_by=actor.user_id,
        opened_at=now,
        asked_at=now,
        due_at=to_datetime(facts.due_at),
        remind_at=stepping.when(nudging.next_due_at(facts, policy)),
        reminders=0,
        policy=policy.version,
    )
    say(ticket.id, side=Side.SHOP, kind=Kind.ASKED, actor=actor, text=words, now=now)
    return ticket


def _tell_addressees(tickets: Sequence[CarrierTicket], *, now: datetime) -> None:
    by_addressee: dict[tuple[int, int], list[CarrierTicket]] = {}
    for each in tickets:
        by_addressee.setdefault((each.outlet_id or each.office_id, each.shop_id), []).append(each)
    for (organisation_id, shop_id), asked in by_addressee.items():
        notices.tell(
            organisation_id=organisation_id,
            kind=stepping.TICKETS_ASKED.name,
            key=f"tickets/{asked[0].id}/asked",
            params={"count": len(asked), "shop_id": str(shop_id)},
            address=f"tickets/{asked[0].id}/" if len(asked) == 1 else "tickets/",
            now=now,
        )


def _record(
    actor: Actor, tickets: Sequence[CarrierTicket], thread: NudgeThread | None, *, now: datetime, real_now: datetime
) -> None:
    """Write the journal, tell the nudge's thread that its question went on, and wake the pages."""
    shop_id = tickets[0].shop_id
    audit.record(
        act="tickets.opened",
        user_id=actor.user_id,
        organisation_id=shop_id,
        subject=f"ticket/{tickets[0].id}",
        details={"count": len(tickets), "outlet": tickets[0].outlet_id, "nudge": thread.id if thread else None},
        at_real=real_now,
        at_business=now,
    )
    if thread is not None:
        nudges.say(
            thread.id,
            side=NudgeMessage.Side.SHOP,
            kind=NudgeMessage.Kind.FORWARDED,
            actor=actor,
            now=now,
            organisation_id=tickets[0].outlet_id or tickets[0].office_id,
            ticket_id=tickets[0].id,
        )
        news.tell((thread.creator_id,))
    news.tell({shop_id, *(each.outlet_id or each.office_id for each in tickets)})


def answer(
    *,
    actor: Actor,
    ticket_id: int,
    code: str,
    text: str,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> None:
    """
    Let the carrier answer. Where a nudge stands behind the ticket its thread shows the answer at once, as the carrier's
    own; once everything the nudge names has one, the nudge is answered.

    :raises NotVisible: no such ticket of the actor's.
    :raises Forbidden: the role does not allow it.
    :raises stepping.CodeUnknown: none of the answers was chosen.
    :raises stepping.Settled: it is over.
    """
    if actor.kind is not ActorKind.CARRIER or actor.is_visiting or not actor.may(Permission.TICKETS_ANSWER):
        raise Forbidden
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return
        visible(ticket_id, actor=actor)
        thread_id = CarrierTicket.objects.filter(id=ticket_id).values_list("thread_id", flat=True).get()
        # A thread is held before its tickets, everywhere.
        thread = NudgeThread.objects.select_for_update().get(id=thread_id) if thread_id is not None else None
        ticket = _locked(ticket_id, actor=actor)
        if code not in nudging.FINDINGS:
            raise stepping.CodeUnknown
        words = stepping.checked_text(text, stepping.book().by_name(ticket.policy), has_code=True)
        ticket.answered_at, ticket.remind_at = max(now, ticket.asked_at), None
        ticket.save(update_fields=["answered_at", "remind_at"])
        organisation_id = ticket.outlet_id or ticket.office_id
        say(
            ticket.id,
            side=Side.CARRIER,
            kind=Kind.ANSWERED,
            actor=actor,
            code=code,
            text=words,
            organisation_id=organisation_id,
            now=now,
        )
        if thread is not None and thread.settled_at is None:
            _hand_on(thread, ticket, actor=actor, code=code, words=words, now=now)
        notices.tell(
            organisation_id=ticket.shop_id,
            kind=stepping.TICKETS_ANSWERED.name,
            key=f"tickets/{organisation_id}/answered/{now:%Y%m%d%H}",
            params={"carrier_id": str(organisation_id)},
            address="tickets/?tab=ANSWERED",
            now=now,
        )
        _journal("ticket.answered", ticket, actor=actor, now=now, real_now=real_now, code=code)
        work.answer({"done": True})


def _hand_on(thread: NudgeThread, ticket: CarrierTicket, *, actor: Actor, code: str, words: str, now: datetime) -> None:
    nudges.say(
        thread.id,
        side=NudgeMessage.Side.CARRIER,
        kind=NudgeMessage.Kind.ANSWERED,
        actor=actor,
        code=code,
        text=words,
        ticket_id=ticket.id,
        organisation_id=ticket.outlet_id or ticket.office_id,
        now=now,
    )
    if thread.answered_at is None and not _awaited(thread):
        nudges.mark_answered(thread, now=now)
    notices.tell(
        organisation_id=thread.creator_id,
        kind=stepping.NUDGE_CARRIER.name,
        key=f"nudge/{thread.id}/carrier/{thread.asked_at:%Y%m%d%H%M%S}",
        params={"shop_id": str(thread.shop_id)},
        address=f"nudges/{thread.id}/",
        now=now,
    )
    news.tell((thread.creator_id,))


def _awaited(thread: NudgeThread) -> bool:
    """Return whether anything the nudge names is in progress and has no answer of a carrier to the last question."""
    fields = ("waybill_no", "carrier", "life", "type")
    answered = CarrierTicket.objects.filter(thread=thread, answered_at__gte=thread.asked_at).values_list(*fields)
    named = NudgeItem.objects.filter(thread=thread, closed_at=None).values_list(*fields)
    return not set(named) <= set(answered)


def ask_again(*, actor: Actor, ticket_id: int, text: str, now: datetime, real_now: datetime) -> None:
    """
    Let the shop write again; after an answer that begins a new clock.

    :raises NotVisible: no such ticket of the actor's.
    :raises Forbidden: the role does not allow it.
    :raises stepping.TextRefused: nothing is said.
    :raises stepping.Settled: it is over.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(Permission.NUDGES_ANSWER):
        raise Forbidden
    with db.transaction(actor):
        ticket = _locked(ticket_id, actor=actor)
        policy = stepping.book().by_name(ticket.policy)
        words = stepping.checked_text(text, policy, has_code=False)
        before = facts_of(ticket)
        asked_at = nudging.asked_again_at(before, instant(now))
        if nudging.is_answered(before):
            after = nudging.Thread(asked_at=asked_at, due_at=nudging.ticket_due_at(asked_at, policy))
            ticket.asked_at, ticket.due_at, ticket.answered_at = now, to_datetime(after.due_at), None
            ticket.reminders, ticket.remind_at = 0, stepping.when(nudging.next_due_at(after, policy))
            ticket.save(update_fields=["asked_at", "due_at", "answered_at", "reminders", "remind_at"])
        said = say(ticket.id, side=Side.SHOP, kind=Kind.ASKED, actor=actor, text=words, now=now)
        notices.tell(
            organisation_id=ticket.outlet_id or ticket.office_id,
            kind=stepping.TICKETS_ASKED.name,
            key=f"tickets/{ticket.id}/asked/{said}",
            params={"count": 1, "shop_id": str(ticket.shop_id)},
            address=f"tickets/{ticket.id}/",
            now=now,
        )
        _journal("ticket.asked_again", ticket, actor=actor, now=now, real_now=real_now)


def close(*, actor: Actor, ticket_id: int, now: datetime, real_now: datetime) -> None:
    """
    Let the shop end a ticket. Closing what is closed changes nothing.

    :raises NotVisible: no such ticket of the actor's.
    :raises Forbidden: the role does not allow it.
    """
    if actor.kind is not ActorKind.MERCHANT or actor.is_visiting or not actor.may(Permission.NUDGES_ANSWER):
        raise Forbidden
    with db.transaction(actor):
        ticket = visible(ticket_id, actor=actor)
        if ticket.settled_at is not None:
            return
        ticket.settled_at, ticket.settled_by, ticket.remind_at = now, CarrierTicket.SettledBy.SHOP, None
        ticket.save(update_fields=["settled_at", "settled_by", "remind_at"])
        say(ticket.id, side=Side.SHOP, kind=Kind.SETTLED, actor=actor, now=now)
        _journal("ticket.closed", ticket, actor=actor, now=now, real_now=real_now)


# --- Shared with the sweep and the reads ---


def facts_of(ticket: CarrierTicket) -> nudging.Thread:
    """Return what the rules need to know of a stored ticket."""
    return nudging.Thread(
        asked_at=instant(ticket.asked_at),
        due_at=instant(ticket.due_at),
        answered_at=stepping.known(ticket.answered_at),
        settled_at=stepping.known(ticket.settled_at),
        reminders=ticket.reminders,
    )


def say(
    ticket_id: int,
    *,
    side: str,
    kind: str,
    actor: Actor | None,
    now: datetime,
    code: str = "",
    text: str = "",
    organisation_id: int | None = None,
) -> int:
    """Add one message, inside the caller's transaction, and return its id."""
    message_id = ids.new_id()
    CarrierTicketMessage.objects.create(
        id=message_id,
        ticket_id=ticket_id,
        side=side,
        kind=kind,
        user_id=actor.user_id if actor is not None else None,
        organisation_id=organisation_id,
        code=code,
        text_encrypted=stepping.sealed(text, table=_TABLE, row_id=message_id),
        at=now,
    )
    return message_id


def head_offices(carriers: set[str]) -> dict[str, int]:
    """Return the head office of each of these carriers that works here."""
    rows = Organisation.objects.filter(
        kind=Organisation.Kind.CARRIER, carrier_code__in=sorted(carriers), is_active=True
    ).values_list("carrier_code", "id")
    return dict(rows)


def outlets_of(office_id: int) -> Mapping[int, str]:
    """Return the live outlets of a head office by name."""
    rows = Organisation.objects.filter(parent_id=office_id, is_active=True).order_by("name", "id")
    return dict(rows.values_list("id", "name"))


def of_actor(actor: Actor) -> Q:
    """Return the condition on the tickets an actor may see: the shop's own; those of a head office and its outlets."""
    match actor.kind:
        case ActorKind.MERCHANT:
            return Q(shop_id__in=actor.organisation_ids)
        case ActorKind.CARRIER:
            return Q(office_id__in=actor.organisation_ids) | Q(outlet_id__in=actor.organisation_ids)
        case _:
            return Q(pk__in=())


def visible(ticket_id: int, *, actor: Actor) -> CarrierTicket:
    """
    Return a ticket of the actor's, not held.

    :raises NotVisible: it is not theirs.
    """
    found = CarrierTicket.objects.filter(of_actor(actor), id=ticket_id).first()
    if found is None:
        raise NotVisible
    return found


def _locked(ticket_id: int, *, actor: Actor) -> CarrierTicket:
    """Return a ticket that is not over and hold its row."""
    found = CarrierTicket.objects.select_for_update().filter(of_actor(actor), id=ticket_id).first()
    if found is None:
        raise NotVisible
    if found.settled_at is not None:
        raise stepping.Settled
    return found


def _journal(act: str, ticket: CarrierTicket, *, actor: Actor, now: datetime, real_now: datetime, **more: Any) -> None:
    own = ticket.shop_id if actor.kind is ActorKind.MERCHANT else ticket.outlet_id or ticket.office_id
    audit.record(
        act=act,
        user_id=actor.user_id,
        organisation_id=own,
        subject=f"ticket/{ticket.id}",
        details=more,
        at_real=real_now,
        at_business=now,
    )
    news.tell({ticket.shop_id, ticket.office_id, *([ticket.outlet_id] if ticket.outlet_id else [])})
