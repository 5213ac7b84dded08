"""
Plays a small demo in a process and a database of its own, through the real intake without a socket, and prints as JSON
what was to be seen: run by `test_demo`, because a demo's clock is one per database and would stop every other test's.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg

from yidao.accounts import access
from yidao.accounts.actors import SYSTEM, Actor, ActorKind
from yidao.accounts.ids import CreatorId, OrganisationId, ShopId, UserId
from yidao.config import database, demo, demo_cast, demo_clock, demo_market, env
from yidao.intake import parts
from yidao.intake.app import Intake
from yidao.kit import db, logs
from yidao.kit.lists.questions import Shape
from yidao.ledger import proof as ledger_proof
from yidao.market import data, late_stories, stories
from yidao.market.line import Answer
from yidao.orders import raw
from yidao.parcels import hot, lookup, nudge_queries, rebuild, scope, ticket_queries
from yidao.web.shared import parcel_lists

HOURS_WATCHED = 30
HOURS_BETWEEN_LOOKS = 7
"""Forms are tried out less often than the database is looked at; seven hours meet every part of a day."""

VALUES = """
SELECT 'type', type, state FROM anomaly WHERE {tenant} = %(tenant)s AND shipped_at >= %(since)s
UNION SELECT 'reason', reason, '' FROM anomaly WHERE {tenant} = %(tenant)s AND shipped_at >= %(since)s
UNION SELECT 'closing', closing, '' FROM anomaly WHERE {tenant} = %(tenant)s AND shipped_at >= %(since)s
UNION SELECT 'status', status, '' FROM parcel WHERE {tenant} = %(tenant)s AND shipped_at >= %(since)s
UNION SELECT 'carrier', carrier, '' FROM parcel WHERE {tenant} = %(tenant)s AND shipped_at >= %(since)s
UNION SELECT 'data', CASE WHEN shipped_at < %(since)s THEN 'before' ELSE 'since' END, ''
      FROM parcel WHERE {tenant} = %(tenant)s
"""
OF_SHOP = """
SELECT 'order', state, '' FROM order_head WHERE shop_id = %(tenant)s
UNION SELECT 'promise', l.promise_kind, '' FROM order_line l JOIN order_head h ON h.id = l.order_id
      WHERE h.shop_id = %(tenant)s
UNION SELECT 'after-sale', state, kind FROM after_sale WHERE shop_id = %(tenant)s
UNION SELECT 'card', state, '' FROM ship_by_card WHERE shop_id = %(tenant)s
UNION SELECT 'violation', state, '' FROM violation WHERE shop_id = %(tenant)s
UNION SELECT 'money', money, '' FROM violation WHERE shop_id = %(tenant)s
UNION SELECT 'appeal', state, '' FROM appeal WHERE shop_id = %(tenant)s
UNION SELECT 'label', label, '' FROM order_head, (VALUES ('DEADLINE_CHANGED', 1)) AS k (label, bit)
      WHERE shop_id = %(tenant)s AND labels & bit > 0
UNION SELECT 'ban', CASE WHEN lifted_at IS NULL THEN 'LIVE' ELSE 'LIFTED' END, '' FROM product_ban
      WHERE shop_id = %(tenant)s
"""
LINES = """
SELECT count(*) FILTER (WHERE room_id <> ''), count(*) FILTER (WHERE product_name <> ''), count(DISTINCT room_id),
       count(*) FILTER (WHERE is_self_sold), count(*) FILTER (WHERE is_cross_border),
       count(*) FILTER (WHERE is_customer_return)
FROM parcel_line
"""
EXPORTS = "SELECT DISTINCT state FROM export_record WHERE made_by_id = %s"
ORDERS = "SELECT state, count(*) FROM order_head GROUP BY state"
FLASH_SALE = """
SELECT j.ordinal, coalesce(p.cause, 'NOT_SETTLED'), count(*), coalesce(sum(p.amount_fen), 0)
FROM judgement j JOIN order_line l ON l.order_id = j.order_id AND l.line_no = 1
LEFT JOIN penalty p ON p.judgement_id = j.id AND p.kind = 'DEDUCTION' AND p.reverses_id IS NULL
WHERE l.product_id LIKE '%FLASH' GROUP BY 1, 2 ORDER BY 1, 2
"""
DEAREST_DAY = """
SELECT coalesce(max(fen), 0) FROM (
    SELECT sum(p.amount_fen) AS fen FROM penalty p JOIN judgement j ON j.id = p.judgement_id
    WHERE p.shop_id = %s AND p.kind = 'DEDUCTION' AND p.reverses_id IS NULL GROUP BY p.day
) AS days
"""
OLD_ORDER = """
SELECT h.state, h.closed_cause, r.state, r.tries FROM order_head h LEFT JOIN order_refund r ON r.order_id = h.id
WHERE h.order_no = %s
"""
OUTAGES = "SELECT carrier, since::text, noticed_at::text, released_at::text FROM carrier_outage ORDER BY since"
TOLD = "SELECT type, state, closing FROM anomaly WHERE waybill_no = %s ORDER BY should_open_at, type"


class Socketless:
    """Posts to the intake's application in this very process."""

    def __init__(self, application: Intake) -> None:
        self._application = application

    async def __call__(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent: list[dict[str, Any]] = []
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return given.pop() if given else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
                (b"content-length", str(len(body)).encode()),
            ],
        }
        await self._application(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        content = b"".join(message.get("body", b"") for message in sent)
        return Answer(
            start["status"], {name.decode().lower(): value.decode() for name, value in start["headers"]}, content
        )


def seen(connection: psycopg.Connection[Any], tenants: demo_cast.Tenants) -> dict[str, list[str]]:
    """Return the filter values that have rows for the big creator, since the data start, and for the big shop."""
    now = demo_clock.read(connection).base_sim
    whom = {
        "dana": ("creator_id", tenants.creators["dana"], scope.data_start(now)),
        "alice": ("shop_id", tenants.shops["alice"], datetime(2000, 1, 1, tzinfo=UTC)),
    }
    found = {
        name: sorted(
            "/".join(row)
            for row in connection.execute(VALUES.format(tenant=column), {"tenant": tenant, "since": since}).fetchall()
        )
        for name, (column, tenant, since) in whom.items()
    }
    dana = access.actor_for_creator(_user(connection, "dana"), CreatorId(OrganisationId(tenants.creators["dana"])))
    alice = access.actor_for_shop(_user(connection, "alice"), ShopId(OrganisationId(tenants.shops["alice"])))
    for name, actor in (("dana", dana), ("alice", alice)):
        counts = nudge_queries.counts(actor=actor, now=now)
        found[name] += [f"nudge/{state.name}/" for state, count in counts.items() if count]
    counts = ticket_queries.counts(actor=alice, now=now)
    found["alice"] += [f"ticket/{state.name}/" for state, count in counts.items() if count]
    of_shop = connection.execute(OF_SHOP, {"tenant": tenants.shops["alice"]}).fetchall()
    found["alice"] += ["/".join(row) for row in of_shop]
    for login in ("dana", "alice"):
        states = connection.execute(EXPORTS, (_user(connection, login),)).fetchall()
        found[login] += [f"export/{state}/" for (state,) in states]
    return found


def proved(now: datetime) -> list[Any]:
    """Prove the books; return how many entries they hold and what does not agree."""
    with db.transaction(SYSTEM):
        proof = ledger_proof.prove(raw.plain(), now=now)
    return [proof.entries, proof.faults]


def empty_choices(connection: psycopg.Connection[Any], tenants: demo_cast.Tenants) -> list[str]:
    """Return the choices of the forms of the big creator's and the big shop's lists that find nothing."""
    now = demo_clock.read(connection).base_sim
    dana = access.actor_for_creator(_user(connection, "dana"), CreatorId(OrganisationId(tenants.creators["dana"])))
    alice = access.actor_for_shop(_user(connection, "alice"), ShopId(OrganisationId(tenants.shops["alice"])))
    found = []
    for actor in (dana, alice):
        for is_of_anomalies in (False, True):
            listing = parcel_lists.listing_for(actor, is_of_anomalies=is_of_anomalies)
            since = parcel_lists.since_when(actor, now)
            source = parcel_lists.Source(actor=actor, now=now, is_of_anomalies=is_of_anomalies, since=since)
            for chosen in _choices(listing.shape):
                question = listing.shape.read({name: [value] for name, value in chosen.items()})
                if not source.count(question, limit=1):
                    found.append(f"{listing.name}?{urlencode(chosen)}")
    return found


def _choices(shape: Shape) -> Iterator[dict[str, str]]:
    """Yield every choice of every field, types in both states; of the carriers those that play."""
    playing = {carrier.code for carrier in data.CARRIERS}
    has_state = any(each.name == "state" for each in shape.fields)
    for field in shape.fields:
        for option in getattr(field, "options", ()):
            if field.name == "type" and has_state:
                yield from ({"type": option.value, "state": state} for state in ("OPEN", "CLOSED"))
            elif field.name != "carrier" or option.value in playing:
                yield {field.name: option.value} | ({"state": "all"} if has_state and field.name != "state" else {})


def _user(connection: psycopg.Connection[Any], login: str) -> UserId:
    row = connection.execute("SELECT id FROM account_user WHERE login = %s", (login,)).fetchone()
    assert row is not None
    return UserId(row[0])


def causes(tenants: demo_cast.Tenants, told: tuple[stories.Story, ...], now: datetime) -> dict[str, str]:
    """Return what the big creator reads when he looks the orders of the fixed cases up."""
    actor = Actor(
        user_id=None,
        credential_id=None,
        kind=ActorKind.CREATOR,
        organisation_ids=(OrganisationId(tenants.creators["dana"]),),
        permissions=frozenset(),
    )
    found = lookup.causes(actor=actor, order_nos=[story.order_no for story in told], now=now)
    return {story.key: found[story.order_no].name for story in told}


def cases(connection: psycopg.Connection[Any], told: tuple[stories.Story, ...]) -> dict[str, list[list[str]]]:
    """Return each case's status and anomalies."""
    found: dict[str, list[list[str]]] = {}
    for story in told:
        rows = [list(row) for row in connection.execute(TOLD, (story.waybill_no,)).fetchall()]
        status = connection.execute(
            "SELECT status FROM parcel WHERE waybill_no = %s ORDER BY life DESC LIMIT 1", (story.waybill_no,)
        ).fetchone()
        found[story.key] = [[status[0] if status else "missing"], *rows]
    return found


async def play(connection: psycopg.Connection[Any], keys: demo_cast.Keys) -> dict[str, Any]:
    """Play the history and some hours more; return what was seen."""
    settings = env.settings()
    intake = parts.application(
        url=database.runtime_url,
        items_max=settings.intake_queue_items,
        bytes_max=settings.intake_queue_bytes,
        batch_max=settings.intake_batch_max,
    )
    await intake.startup()
    tenants = demo_cast.tenants(connection)
    choices = demo_cast.choices(connection)
    told = stories.stories(cast=tenants.cast(), opens_at=choices.opens_at)

    def player() -> demo_market.Player:
        return demo_market.Player(connection=connection, post=Socketless(intake), keys=keys, stop=threading.Event())

    first = player()
    await first.fill()
    result: dict[str, Any] = {"history": first.figures(), "problems": first.receipt.problems}
    result["at_opening"] = cases(connection, told)
    result["empty"] = {0: await asyncio.to_thread(empty_choices, connection, tenants)}
    moments = [await asyncio.to_thread(seen, connection, tenants)]
    second = player()
    opens = demo_clock.read(connection).base_sim
    result["causes"] = await asyncio.to_thread(causes, tenants, told, opens)
    result["lines"] = connection.execute(LINES).fetchone()
    result["orders"] = dict(connection.execute(ORDERS).fetchall())
    for hour in range(1, HOURS_WATCHED + 1):
        until = opens + timedelta(hours=hour)
        wish = demo.ask_forward(connection, now=until - timedelta(hours=1), until=until)
        await second.forward(wish, int(until.timestamp()))
        moments.append(await asyncio.to_thread(seen, connection, tenants))
        if hour % HOURS_BETWEEN_LOOKS == 0:
            result["empty"][hour] = await asyncio.to_thread(empty_choices, connection, tenants)
    result["after_a_day"] = cases(connection, told)
    result["flash_sale"] = [[*each[:3], int(each[3])] for each in connection.execute(FLASH_SALE).fetchall()]
    result["dearest_day"] = int(connection.execute(DEAREST_DAY, (tenants.shops["charlie"],)).fetchone()[0])
    old = next(story for story in told if story.key == late_stories.OLD_ORDER)
    result["old_order"] = connection.execute(OLD_ORDER, (old.order_no,)).fetchall()
    result["proof"] = await asyncio.to_thread(proved, opens + timedelta(hours=HOURS_WATCHED))
    result["moments"] = moments
    result["again"] = second.figures()
    result["outages"] = connection.execute(OUTAGES).fetchall()
    result["wishes"] = [row[0] for row in connection.execute("SELECT DISTINCT state FROM demo_forward").fetchall()]
    result["differences"] = [str(each) for each in rebuild.check(connection)]
    await intake.shutdown()
    return result


def main() -> None:
    """Make this process's database a demo, play it, and print what was seen."""
    logs.configure("market")
    database.migrate()
    demo.prepare()
    connection = hot.connect(database.runtime_url())
    keys = demo_cast.keys(demo_cast.tenants(connection), now=demo_clock.read(connection).base_sim)
    result = asyncio.run(play(connection, keys))
    result["logins"] = [login for _, login, _ in demo.logins()]
    sys.stdout.write(json.dumps(result))
