"""The machine port whole: real credentials, real queue, real writer; what is answered is in the database."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.intake import facts
from tests.intake_http import port as p
from tests.intake_http.test_events import BAD_EVENTS
from tests.intake_http.test_http import GOOD, MALFORMED
from yidao.accounts import services
from yidao.accounts.models import Credential, Organisation
from yidao.intake import parts
from yidao.kit import clock

Kind = Organisation.Kind
MANY = 200


class Whole(p.Port):
    """The application over the test database."""

    def __init__(self, url):
        self.app = parts.application(url=lambda: url, items_max=2_000, bytes_max=1 << 24, batch_max=500)
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.app.startup())


@pytest.fixture
def whole(committed_db, runtime_dsn):
    """Return the port; it is drained at the end."""
    made = Whole(runtime_dsn)
    yield made
    made.close()


@pytest.fixture
def connection(runtime_dsn):
    """Return a connection that sees what was committed."""
    with psycopg.connect(runtime_dsn, autocommit=True) as opened:
        yield opened


def credential(kind, *, push_secret="", **more):
    now = clock.real_now()
    organisation = services.create_organisation(kind=kind, name="t", now=now, **more)
    scopes = ["events:write", "parcels:write"]
    made, token = services.create_credential(
        organisation_id=organisation, name="t", scopes=scopes, now=now, real_now=now, push_secret=push_secret
    )
    return organisation, made, token


def recent(**changes):
    at = (datetime.now(UTC) - timedelta(hours=5)).replace(microsecond=0).isoformat()
    return p.event(waybill_no=facts.fresh_number(), occurred_at=at, **changes)


def count(connection, number):
    return connection.execute("SELECT count(*) FROM scan WHERE waybill_no = %s", (number,)).fetchone()[0]


def test_an_acknowledged_event_is_in_the_database_once(whole, connection):
    _, _, token = credential(Kind.PLATFORM)
    event = recent(description="快递员13812345678已揽收")

    first = whole.events([event], token)
    again = whole.events([event | {"description": "快递员已揽收"}], token)

    assert first.json() == {"items": [{"index": 0, "result": "ACCEPTED"}]}
    assert again.json() == {"items": [{"index": 0, "result": "DUPLICATE"}]}
    assert connection.execute(
        "SELECT source, description FROM scan WHERE waybill_no = %s", (event["waybill_no"],)
    ).fetchall() == [("PLATFORM", "快递员1******5678已揽收")]


def test_a_shop_ships_and_reports_its_own_parcels_only(whole, connection):
    shop, _, token = credential(Kind.SHOP)
    event = recent()
    shipped = event["occurred_at"]
    parcel = p.parcel(
        shop_id=str(shop), waybill_no=event["waybill_no"], shipped_at=shipped, lines=[{"order_no": "O-1"}]
    )

    reply = whole.parcels([parcel, parcel], token)

    first, second = reply.json()["items"]
    assert (first["result"], first["id"]) == ("ACCEPTED", f"yuantong/{event['waybill_no']}/1")
    assert second["result"] == "DUPLICATE"
    assert whole.events([event, recent()], token).json()["items"][0]["result"] == "ACCEPTED"
    assert count(connection, event["waybill_no"]) == 1


def test_a_signed_push_is_in_the_database_and_an_unreadable_one_in_quarantine(whole, connection):
    _, made, _ = credential(Kind.PROVIDER, push_secret=p.SALT, source_code="KUAIDI100")
    number = facts.fresh_number()
    at = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")
    last = {"nu": number, "com": "yuantong", "data": [{"ftime": at, "statusCode": "1", "context": "已揽收"}]}

    taken = whole.kuaidi100({"status": "polling", "lastResult": last}, credential=made)
    broken = whole.kuaidi100({"status": "polling", "lastResult": last | {"data": [{"ftime": "x"}]}}, credential=made)

    assert (taken.status, broken.status) == (200, 422)
    assert count(connection, number) == 1
    rows = connection.execute("SELECT reason, state FROM quarantine WHERE waybill_no = %s", (number,)).fetchall()
    assert rows == [("push.time", "OPEN")]


def test_a_credential_that_was_taken_back_stops_working(whole, connection, monkeypatch):
    _, made, token = credential(Kind.PLATFORM)
    assert whole.events([recent()], token).status == 200
    Credential.objects.filter(id=made).update(is_active=False)
    ahead = clock.stopwatch() + 31
    monkeypatch.setattr(clock, "stopwatch", lambda: ahead)

    assert whole.events([recent()], token).status == 401


def test_two_hundred_malformed_bodies_get_clear_errors_and_their_neighbours_are_stored(whole, connection):
    _, _, token = credential(Kind.PLATFORM)
    bodies = [each.values[0] for each in MALFORMED] + [GOOD[:length] for length in range(1, len(GOOD))]
    statuses = [whole.post("/v1/tracking-events", body, token).status for body in bodies]
    neighbours = []
    for each in BAD_EVENTS:
        before, after = recent(), recent()
        neighbours += [before["waybill_no"], after["waybill_no"]]
        reply = whole.events([before, each.values[0], after], token)
        results = [item["result"] for item in reply.json()["items"]]
        statuses.append(reply.status)
        assert results == ["ACCEPTED", "REJECTED", "ACCEPTED"], json.dumps(reply.json(), ensure_ascii=False)

    assert len(statuses) >= MANY
    assert {status // 100 for status in statuses} == {2, 4}
    stored = connection.execute(
        "SELECT count(DISTINCT waybill_no) FROM scan WHERE waybill_no = ANY(%s)", (neighbours,)
    ).fetchone()
    assert stored == (len(neighbours),)


def test_a_thousand_events_from_many_senders_at_once(whole, connection):
    _, _, token = credential(Kind.PLATFORM)
    events = [recent() for _ in range(1000)]
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"))

    async def all_of_them():
        bodies = [json.dumps({"events": [each]}).encode() for each in events]
        return await asyncio.gather(*(whole.asked("POST", "/v1/tracking-events", body, headers) for body in bodies))

    replies = whole.loop.run_until_complete(all_of_them())

    assert {reply.status for reply in replies} <= {200, 429}
    numbers = [each["waybill_no"] for each, reply in zip(events, replies, strict=True) if reply.status == 200]
    stored = connection.execute(
        "SELECT count(DISTINCT waybill_no) FROM scan WHERE waybill_no = ANY(%s)", (numbers,)
    ).fetchone()
    assert stored == (len(numbers),)
    assert len(numbers) > 0
