"""
What only time and news decide about nudges and tickets: what is over is written down, what is late is reminded of. A
sweep that runs late or twice, or beside another one, writes everything once.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import F

from yidao.accounts.actors import SYSTEM
from yidao.kit import clock, db, logs, news
from yidao.notices import services as notices
from yidao.parcels import nudges, standing, stepping, tickets
from yidao.parcels.nudge_models import CarrierTicket, CarrierTicketMessage, NudgeItem, NudgeMessage, NudgeThread
from yidao.rules import nudging
from yidao.rules.instants import instant
from yidao.rules.nudging import Item

BATCH_SIZE: Final = 1_000
PAUSE_SECONDS: Final = 2.0
_FIELDS = ("id", "waybill_no", "carrier", "life", "type")

log = logs.get(__name__)


@dataclass(slots=True, kw_only=True)
class Swept:
    """What one sweep wrote down."""

    closed_items: int = 0
    settled_threads: int = 0
    settled_tickets: int = 0
    reminded: int = 0


def sweep(*, now: datetime) -> Swept:
    """Write down what is over, then remind of what is late."""
    swept = Swept()
    for ids_over in _over(NudgeItem):
        _close_items(ids_over, swept, now=now)
    for ids_over in _over(CarrierTicket):
        _settle_tickets(ids_over, swept, now=now)
    _remind_shops(swept, now=now)
    _remind_carriers(swept, now=now)
    return swept


def _over(model: type[NudgeItem] | type[CarrierTicket]) -> Iterator[dict[int, str]]:
    """Yield, batch by batch, the ids of what waits for an anomaly that is over, with how it closed."""
    unsettled = {"closed_at": None} if model is NudgeItem else {"settled_at": None}
    last = 0
    while True:
        batch = list(model.objects.filter(id__gt=last, **unsettled).order_by("id").values_list(*_FIELDS)[:BATCH_SIZE])
        if not batch:
            return
        last = batch[-1][0]
        known = standing.anomalies((row[1], row[2], row[3]) for row in batch)
        verdicts = {row[0]: standing.standing(Item(*row[1:]), known) for row in batch}
        found = {row_id: each.closing for row_id, each in verdicts.items() if not each.is_open}
        if found:
            yield found


def _close_items(over: dict[int, str], swept: Swept, *, now: datetime) -> None:
    """Close items and settle the threads that have none left; what another sweep closed meanwhile is not counted."""
    with db.transaction(SYSTEM):
        thread_ids = NudgeItem.objects.filter(id__in=over).order_by("thread_id").values_list("thread_id", flat=True)
        threads = NudgeThread.objects.select_for_update().filter(id__in=set(thread_ids)).order_by("id")
        held = {each.id: each for each in threads}
        rows = NudgeItem.objects.filter(id__in=over, closed_at=None, thread_id__in=held).values_list("id", "thread_id")
        closed = dict(rows)
        for closing in sorted(set(over.values())):
            mine = [each for each in closed if over[each] == closing]
            NudgeItem.objects.filter(id__in=mine).update(closed_at=now, closing=closing)
        for thread_id, count in sorted(Counter(closed.values()).items()):
            thread = held[thread_id]
            NudgeThread.objects.filter(id=thread_id).update(open_items=F("open_items") - count)
            if thread.open_items == count and thread.settled_at is None:
                by = NudgeThread.SettledBy.NEWS
                NudgeThread.objects.filter(id=thread_id).update(settled_at=now, settled_by=by, remind_at=None)
                side, kind = NudgeMessage.Side.PLATFORM, NudgeMessage.Kind.SETTLED
                nudges.say(thread_id, side=side, kind=kind, actor=None, now=now)
                swept.settled_threads += 1
        swept.closed_items += len(closed)
        news.tell(each for thread_id in closed.values() for each in _sides(held[thread_id]))


def _sides(thread: NudgeThread) -> tuple[int, int]:
    return thread.creator_id, thread.shop_id


def _settle_tickets(over: dict[int, str], swept: Swept, *, now: datetime) -> None:
    with db.transaction(SYSTEM):
        rows = CarrierTicket.objects.select_for_update().filter(id__in=over, settled_at=None).order_by("id")
        touched: set[int] = set()
        for each in rows:
            each.settled_at, each.settled_by, each.remind_at = now, CarrierTicket.SettledBy.NEWS, None
            each.save(update_fields=["settled_at", "settled_by", "remind_at"])
            side, kind = CarrierTicketMessage.Side.PLATFORM, CarrierTicketMessage.Kind.SETTLED
            tickets.say(each.id, side=side, kind=kind, actor=None, now=now)
            touched |= {each.shop_id, each.outlet_id or each.office_id}
            swept.settled_tickets += 1
        news.tell(touched)


def _remind_shops(swept: Swept, *, now: datetime) -> None:
    due = NudgeThread.objects.filter(remind_at__lte=now).order_by("remind_at", "id")
    for thread_id in list(due.values_list("id", flat=True)[:BATCH_SIZE]):
        with db.transaction(SYSTEM):
            locked = NudgeThread.objects.select_for_update(skip_locked=True)
            thread = locked.filter(id=thread_id, remind_at__lte=now).first()
            if thread is not None and _count_reminders(thread, nudges.facts_of(thread), now=now):
                _remind_shop(thread, now=now)
                swept.reminded += 1


def _count_reminders(row: NudgeThread | CarrierTicket, facts: nudging.Thread, *, now: datetime) -> bool:
    """Write down how many reminders there should have been and when the next is due; tell whether one is new."""
    policy = stepping.book().by_name(row.policy)
    reminders = nudging.reminders_due(facts, policy, instant(now))
    is_new = reminders > row.reminders
    row.reminders = reminders
    later = nudging.Thread(
        asked_at=facts.asked_at,
        due_at=facts.due_at,
        answered_at=facts.answered_at,
        settled_at=facts.settled_at,
        open_items=facts.open_items,
        reminders=reminders,
    )
    row.remind_at = stepping.when(nudging.next_due_at(later, policy))
    row.save(update_fields=["reminders", "remind_at"])
    return is_new


def _remind_shop(thread: NudgeThread, *, now: datetime) -> None:
    is_overdue = nudging.state(nudges.facts_of(thread), instant(now)) is nudging.State.OVERDUE
    side, kind = NudgeMessage.Side.PLATFORM, NudgeMessage.Kind.REMINDED
    nudges.say(thread.id, side=side, kind=kind, actor=None, now=now)
    notices.tell(
        organisation_id=thread.shop_id,
        kind=(stepping.NUDGE_OVERDUE if is_overdue else stepping.NUDGE_REMINDED).name,
        key=f"nudge/{thread.id}/reminder/{thread.asked_at:%Y%m%d%H%M%S}/{thread.reminders}",
        params={"count": thread.open_items, "creator_id": str(thread.creator_id)},
        address=f"nudges/{thread.id}/",
        now=now,
    )
    news.tell(_sides(thread))


def _remind_carriers(swept: Swept, *, now: datetime) -> None:
    """Remind each addressee once for all of its tickets that are due."""
    with db.transaction(SYSTEM):
        locked = CarrierTicket.objects.select_for_update(skip_locked=True)
        due = locked.filter(remind_at__lte=now).order_by("remind_at", "id")[:BATCH_SIZE]
        by_addressee: dict[int, list[CarrierTicket]] = {}
        for each in due:
            if _count_reminders(each, tickets.facts_of(each), now=now):
                side, kind = CarrierTicketMessage.Side.PLATFORM, CarrierTicketMessage.Kind.REMINDED
                tickets.say(each.id, side=side, kind=kind, actor=None, now=now)
                by_addressee.setdefault(each.outlet_id or each.office_id, []).append(each)
        for organisation_id, reminded in sorted(by_addressee.items()):
            overdue = sum(
                nudging.state(tickets.facts_of(each), instant(now)) is nudging.State.OVERDUE for each in reminded
            )
            notices.tell(
                organisation_id=organisation_id,
                kind=stepping.TICKETS_REMINDED.name,
                key=f"tickets/reminder/{reminded[0].id}/{reminded[0].reminders}/{now:%Y%m%d%H%M%S}",
                params={"count": len(reminded), "overdue": overdue},
                address="tickets/",
                now=now,
            )
            news.tell({organisation_id, *(each.shop_id for each in reminded)})
            swept.reminded += len(reminded)


def run_forever(stop: threading.Event) -> None:
    """Sweep until told to stop; a database that went away is waited for."""
    while not stop.is_set():
        try:
            connection.ensure_connection()
            assert connection.connection is not None
            sweep(now=clock.business_now(connection.connection))
        except (DatabaseError, psycopg.Error) as fault:
            log.warning("nudge sweep interrupted", fault=type(fault).__name__)
            close_old_connections()
            connection.close()
        stop.wait(PAUSE_SECONDS)
    connection.close()
