"""
What the demo's people do by themselves, twice a day: the creator steps in (介入), the shop answers, passes questions on
or says that it knows, the carrier answers some. So each state of a nudge and of a ticket has rows at every moment.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import connection as django_connection

from yidao.accounts import access
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.config import demo_cast, demo_orders
from yidao.exports import services as exports
from yidao.kit import clock, ids
from yidao.kit.sheets import Format
from yidao.market import data
from yidao.parcels import acknowledgements, nudge_sweeps, nudges, scope, tickets
from yidao.rules import exporting
from yidao.rules.nudging import Answer, Finding, Item, Note

ACTS_EVERY: Final = timedelta(hours=12)
BEGINS_BEFORE: Final = timedelta(days=4)
"""How long before the opening the people begin: long enough for each state to be reached."""
ROUNDS: Final = 3
"""Of three questions one is answered, one passed on or answered by the carrier, and one left to become overdue."""
ACKNOWLEDGED: Final = 3
BRIEF_TYPES: Final = ("DELIVERY_EXCEPTION", "DELIVERY_TIMEOUT", "TRANSIT_EXCEPTION")

_OPEN = """
SELECT a.waybill_no, a.carrier, a.life, a.type FROM anomaly a
WHERE a.creator_id = %(creator)s AND a.shop_id = %(shop)s AND a.state = 'OPEN' AND a.shipped_at >= %(since)s
  AND CASE WHEN %(lasting)s THEN a.reason = 'LOST' OR (a.type = 'PICKUP_TIMEOUT' AND a.should_open_at < %(yesterday)s)
           ELSE a.type = ANY(%(types)s) AND a.reason <> 'LOST' END
  AND NOT EXISTS (SELECT 1 FROM nudge_item n WHERE n.waybill_no = a.waybill_no AND n.carrier = a.carrier
                  AND n.life = a.life AND n.type = a.type AND n.closed_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM carrier_ticket t WHERE t.waybill_no = a.waybill_no AND t.carrier = a.carrier
                  AND t.life = a.life AND t.type = a.type AND t.settled_at IS NULL)
ORDER BY a.should_open_at DESC, a.waybill_no LIMIT %(limit)s
"""
_THREADS = """
SELECT t.id, (SELECT count(*) FROM nudge_thread e WHERE e.creator_id = t.creator_id AND e.id < t.id)
FROM nudge_thread t
WHERE t.shop_id = %(shop)s AND t.answered_at IS NULL AND t.settled_at IS NULL
  AND t.asked_at > %(after)s AND t.asked_at <= %(until)s
ORDER BY t.id
"""
_ITEMS = "SELECT waybill_no, carrier, life, type FROM nudge_item WHERE thread_id = %s AND closed_at IS NULL"
_TICKETS = """
SELECT t.id, (SELECT count(*) FROM carrier_ticket e WHERE e.id < t.id), coalesce(t.outlet_id, t.office_id), t.carrier
FROM carrier_ticket t
WHERE t.shop_id = %(shop)s AND t.answered_at IS NULL AND t.settled_at IS NULL
  AND t.asked_at > %(after)s AND t.asked_at <= %(until)s
ORDER BY t.id
"""
_EXPORTED = "SELECT 1 FROM export_record WHERE made_by_id = %s LIMIT 1"
_PAST_EXPORT = """
INSERT INTO export_record (id, kind, actor_kind, organisation_ids, made_by_id, query, page, format, language, policy,
                           needs_code, state, run, rows_total, rows_done, fault, asked_at, queued_at, touched_at,
                           ended_at)
VALUES (%(id)s, %(kind)s, %(actor_kind)s, %(organisations)s, %(user)s, '', %(page)s, 'xlsx', 'zh-hans', %(policy)s,
        true, %(state)s, 1, 40, 40, %(fault)s, %(asked_at)s, %(real)s, %(real)s, %(real)s)
"""
PAST_EXPORTS: Final = (("EXPIRED", ""), ("FAILED", "BROKEN"), ("CANCELLED", ""))
_CASE = "SELECT waybill_no, carrier, life, type FROM anomaly WHERE waybill_no = %s AND state = 'OPEN'"
_LAST = "SELECT max(opened_at) FROM nudge_thread WHERE creator_id = %s"
_USER = "SELECT id FROM account_user WHERE login = %s"


class People:
    """Acts for the printed logins through the same services as their pages; what they did stands in the database."""

    def __init__(self, connection: psycopg.Connection[Any], *, stepped_in: str) -> None:
        """Prepare; `stepped_in` is the waybill number of the case in which the creator has stepped in."""
        self._connection = connection
        self._stepped_in = stepped_in
        found = demo_cast.tenants(connection)
        self._creator_id = found.creators[data.CREATORS[0].key]
        self._shop_id = found.shops[data.SHOPS[0].key]
        self._carriers = found.carriers
        self._traders = demo_orders.Traders(connection)
        self._opens_at = datetime.fromtimestamp(demo_cast.choices(connection).opens_at, tz=UTC)
        self._due_at = self._opens_at - BEGINS_BEFORE
        last = connection.execute(_LAST, (self._creator_id,)).fetchone()
        if last is not None and last[0] is not None:
            self._due_at = last[0] + ACTS_EVERY

    def is_due(self, now: datetime) -> bool:
        """Return whether half a day has passed since they acted."""
        return now >= self._due_at

    def act(self, now: datetime) -> None:
        """
        Let half a day's news reach the threads, then let each act once. Not to be called on a thread of an event loop.
        """
        self._due_at = now + ACTS_EVERY
        try:
            nudge_sweeps.sweep(now=now)
            self._carriers_answer(now)
            self._shop_answers(now)
            self._creator_steps_in(now)
            self._shop_asks_and_knows(now)
            self._traders.act(now)
            if now >= self._opens_at:
                self._exports_once(now)
        finally:
            django_connection.close()

    def _creator_steps_in(self, now: datetime) -> None:
        actor = access.actor_for_creator(self._user("dana"), CreatorId(OrganisationId(self._creator_id)))
        lasting = self._open_items(now, is_lasting=True, limit=1)
        brief = self._open_items(now, is_lasting=False, limit=2)
        case = [Item(*row) for row in self._connection.execute(_CASE, (self._stepped_in,)).fetchall()]
        for items, code, text in (
            (lasting, Note.PLEASE_CHECK, "这个包裹好几天没有动静了,麻烦核实一下。"),
            (brief, Note.BUYER_ASKS, "粉丝在直播间问了好几次。"),
            (case, Note.PLEASE_URGE, ""),
        ):
            if items:
                nudges.open_threads(actor=actor, items=items, code=code, text=text, now=now, real_now=clock.real_now())

    def _shop_answers(self, now: datetime) -> None:
        actor = access.actor_for_shop(self._user("bob"), ShopId(OrganisationId(self._shop_id)))
        for thread_id, ordinal in self._waiting(_THREADS, now):
            if ordinal % ROUNDS == 0:
                nudges.answer(
                    actor=actor,
                    thread_id=thread_id,
                    code=Answer.CARRIER_CONTACTED,
                    text="已联系快递加急处理,有进展马上回复。",
                    now=now,
                    real_now=clock.real_now(),
                )
            elif ordinal % ROUNDS == 1:
                items = [Item(*row) for row in self._connection.execute(_ITEMS, (thread_id,)).fetchall()]
                self._forward(actor, items, now, thread_id=thread_id)

    def _shop_asks_and_knows(self, now: datetime) -> None:
        actor = access.actor_for_shop(self._user("bob"), ShopId(OrganisationId(self._shop_id)))
        self._forward(actor, self._open_items(now, is_lasting=True, limit=1), now)
        brief = self._open_items(now, is_lasting=False, limit=1 + ACKNOWLEDGED)
        self._forward(actor, brief[:1], now)
        acknowledgements.acknowledge(actor=actor, items=brief[1:], now=now, real_now=clock.real_now())

    def _exports_once(self, now: datetime) -> None:
        """
        Let creator and shop export once what is in progress, after three exports of other fates in the days before.

        Those are written down as they would stand: a file that runs out takes days, and a failure bad luck.
        """
        creator = access.actor_for_creator(self._user("dana"), CreatorId(OrganisationId(self._creator_id)))
        shop = access.actor_for_shop(self._user("alice"), ShopId(OrganisationId(self._shop_id)))
        for actor, kind, page in (
            (creator, "creator-anomalies", f"/c/{self._creator_id}/exports/"),
            (shop, "merchant-anomalies", f"/m/{self._shop_id}/exports/"),
        ):
            if self._connection.execute(_EXPORTED, (actor.user_id,)).fetchone():
                continue
            for number, (state, fault) in enumerate(PAST_EXPORTS):
                days = timedelta(days=len(PAST_EXPORTS) - number)
                facts = {
                    "id": ids.new_id(),
                    "kind": kind,
                    "actor_kind": actor.kind.value,
                    "organisations": list(actor.organisation_ids),
                    "user": actor.user_id,
                    "page": page,
                    "policy": exporting.EXPORT_DEFAULT.version,
                    "state": state,
                    "fault": fault,
                    "asked_at": now - days,
                    "real": clock.real_now() - days,
                }
                self._connection.execute(_PAST_EXPORT, facts)
            with suppress(exports.TooManyRows):  # A very big market has more in progress than a file may hold.
                exports.ask(
                    kind=kind,
                    query="",
                    sheet_format=Format.XLSX,
                    language="zh-hans",
                    page=page,
                    actor=actor,
                    now=now,
                    real_now=clock.real_now(),
                )

    def _forward(self, actor: Actor, items: Sequence[Item], now: datetime, *, thread_id: int | None = None) -> None:
        """Ask the carriers; parcels of the first carrier go to its outlet, which has a login of its own."""
        first = data.CARRIERS[0].code
        outlet_id = self._outlet()
        for of_outlet in (True, False):
            asked = [item for item in items if (item.carrier == first) is of_outlet]
            if asked:
                question = tickets.Question(
                    text="请帮忙查一下包裹现在在哪里,什么时候能派送。",
                    outlet_id=outlet_id if of_outlet else None,
                    thread_id=thread_id,
                )
                tickets.forward(actor=actor, items=asked, question=question, now=now, real_now=clock.real_now())

    def _carriers_answer(self, now: datetime) -> None:
        for ticket_id, ordinal, organisation_id, carrier in self._waiting(_TICKETS, now):
            if ordinal % ROUNDS != ROUNDS - 1:
                tickets.answer(
                    actor=_office(organisation_id, carrier),
                    ticket_id=ticket_id,
                    code=Finding.URGED,
                    text="已催促网点优先处理。",
                    now=now,
                    real_now=clock.real_now(),
                )

    def _waiting(self, statement: str, now: datetime) -> Sequence[tuple[Any, ...]]:
        """Return what was asked when they acted last and waits still; what was left then stays unanswered."""
        parameters = {
            "shop": self._shop_id,
            "after": now - 1.5 * ACTS_EVERY,
            "until": now - ACTS_EVERY,
        }
        return self._connection.execute(statement, parameters).fetchall()

    def _open_items(self, now: datetime, *, is_lasting: bool, limit: int) -> list[Item]:
        """Return anomalies nobody was asked about yet, the newest first: lasting ones, or such as end within days."""
        parameters = {
            "creator": self._creator_id,
            "shop": self._shop_id,
            "since": scope.data_start(now),
            "lasting": is_lasting,
            "yesterday": now - timedelta(days=1),
            "types": list(BRIEF_TYPES),
            "limit": limit,
        }
        return [Item(*row) for row in self._connection.execute(_OPEN, parameters).fetchall()]

    def _outlet(self) -> int:
        office = self._carriers[data.CARRIERS[0].code]
        row = self._connection.execute("SELECT min(id) FROM organisation WHERE parent_id = %s", (office,)).fetchone()
        assert row is not None, "the demo's first carrier has an outlet"
        return int(row[0])

    def _user(self, login: str) -> UserId:
        row = self._connection.execute(_USER, (login,)).fetchone()
        assert row is not None, "the demo's logins stay"
        return UserId(row[0])


def _office(organisation_id: int, carrier: str) -> Actor:
    """Return who answers at a head office or an outlet; not all of them have a login."""
    return Actor(
        user_id=None,
        credential_id=None,
        kind=ActorKind.CARRIER,
        organisation_ids=(OrganisationId(organisation_id),),
        permissions=frozenset({Permission.PARCELS_VIEW, Permission.TICKETS_ANSWER}),
        carrier=carrier,
    )
