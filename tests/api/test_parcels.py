"""GET /v1/parcels: who sees what, what was known when, and why."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.intake import facts
from tests.web import planting
from tests.web.cast import Cast
from yidao.accounts import services
from yidao.kit import crypto
from yidao.kit.models import DemoClock
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
NOW = planting.NOW


@pytest.fixture(autouse=True)
def clock_stands(db):
    """Let business time stand at noon of 2022-06-20 in Shanghai."""
    DemoClock.objects.update_or_create(
        id=1, defaults={"base_real": NOW, "base_sim": NOW, "rate": 1.0, "is_running": False}
    )


def token_of(organisation_id, *scopes):
    _, token = services.create_credential(
        organisation_id=organisation_id, name="test", scopes=scopes, now=NOW, real_now=NOW
    )
    return token


def read(client, path, token=None, **headers):
    sent = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return client.get(path, **sent, **headers)


@pytest.fixture
def number(cast: Cast):
    """Return a parcel that was shipped 28 hours ago and picked up two hours later, told three hours ago."""
    number = planting.ship(cast, "06-19 08:00")
    sender = facts.CARRIER_SENDER
    scan = facts.scan(number, "06-19 10:00", Kind.PICKED_UP, division="330106", description="已揽收")
    planting.write(scan, sender=sender, now=NOW - timedelta(hours=3))
    return number


def test_a_shop_reads_its_own_parcel_with_timeline_and_why(client, cast, number):
    reply = read(client, f"/v1/parcels/zhongtong/{number}", token_of(cast.shop, "parcels:read"))

    assert reply.status_code == 200
    whole = reply.json()
    assert (whole["id"], whole["waybill_no"], whole["shop_id"]) == (f"zhongtong/{number}/1", number, str(cast.shop))
    assert whole["status"] == "PICKED_AWAIT_TRANSIT"
    assert whole["shipped_at"] == "2022-06-19T08:00:00+08:00"
    assert whole["as_of"] == "2022-06-20T12:00:00+08:00"
    assert [(line["code"], line["occurred_at"], line["sources"]) for line in whole["timeline"]] == [
        ("PICKED_UP", "2022-06-19T10:00:00+08:00", ["CARRIER:zhongtong"])
    ]
    assert [row["type"] for row in whole["anomalies"] if row["state"] == "OPEN"] == ["DISPATCH_TIMEOUT"]
    assert {row["closing"] for row in whole["anomalies"] if row["state"] == "CLOSED"} == {"NOT_LATE"}
    assert whole["why"][0]["code"] == "status.scan_said"
    assert whole["why"][0]["params"]["kind"] == "PICKED_UP"
    about = {each["about"] for each in whole["why"]}
    assert about == {None, "DISPATCH_TIMEOUT"}
    assert whole["limits"][0]["deadline"].endswith("+08:00")


def test_as_of_answers_with_what_was_known_then(client, cast, number):
    token = token_of(cast.shop, "parcels:read")

    before = read(client, f"/v1/parcels/zhongtong/{number}?as_of={quote('2022-06-20T08:30:00+08:00')}", token)

    assert before.status_code == 404  # The shipment itself was recorded at noon.


def test_as_of_leaves_out_what_was_told_later(client, cast):
    number = facts.fresh_number()
    tenants = facts.Tenants(
        shop=cast.shop, other_shop=cast.other_shop, creator=cast.creator, second_creator=cast.second_creator
    )
    planting.write(facts.shipment(tenants, number, "06-18 08:00"), now=NOW - timedelta(hours=50))
    scan = facts.scan(number, "06-18 10:00", Kind.PICKED_UP, division="330106")
    planting.write(scan, sender=facts.CARRIER_SENDER, now=NOW - timedelta(hours=1))
    token = token_of(cast.shop, "parcels:read")

    then = read(client, f"/v1/parcels/zhongtong/{number}?as_of=2022-06-19T12:00:00+08:00", token).json()
    now = read(client, f"/v1/parcels/zhongtong/{number}", token).json()

    assert (then["status"], then["timeline"]) == ("SHIPPED_AWAIT_PICKUP", [])
    assert ("PICKUP_TIMEOUT", "OPEN") in {(row["type"], row["state"]) for row in then["anomalies"]}
    assert now["status"] == "PICKED_AWAIT_TRANSIT"
    assert ("PICKUP_TIMEOUT", "OPEN") not in {(row["type"], row["state"]) for row in now["anomalies"]}


@pytest.mark.parametrize(
    "as_of", ["", "yesterday", "2022-06-20", "2022-06-20T12:00:00", "2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z"]
)
def test_an_instant_nothing_can_be_known_at_is_refused(client, cast, number, as_of):
    reply = read(client, f"/v1/parcels/zhongtong/{number}?as_of={as_of}", token_of(cast.shop, "parcels:read"))

    assert (reply.status_code, reply.json()["code"]) == (422, "as_of.refused")
    assert reply.json()["errors"] == [{"pointer": "as_of", "code": "field.time"}]


@pytest.mark.parametrize("who", ["shop", "carrier", "platform"])
def test_who_may_read_a_number_reads_it(client, cast, number, who):
    assert (
        read(client, f"/v1/parcels/zhongtong/{number}", token_of(getattr(cast, who), "parcels:read")).status_code == 200
    )


@pytest.mark.parametrize(
    "who", ["other_shop", "creator", "second_creator", "other_creator", "other_carrier", "provider", "other_provider"]
)
def test_everybody_else_finds_nothing(client, cast, number, who):
    token = token_of(getattr(cast, who), "parcels:read")
    unknown = read(client, "/v1/parcels/zhongtong/NOSUCHNUMBER", token)

    reply = read(client, f"/v1/parcels/zhongtong/{number}", token)

    assert (reply.status_code, reply.json()) == (404, unknown.json())
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_a_provider_reads_what_it_reported_about_and_not_whose_sale_it_is(client, cast, number):
    planting.write(facts.scan(number, "06-19 11:00", Kind.ARRIVED_HUB, source="KUAIDI100"))

    reply = read(client, f"/v1/parcels/zhongtong/{number}", token_of(cast.provider, "parcels:read"))

    assert (reply.status_code, reply.json()["shop_id"], reply.json()["order_nos"]) == (200, None, [])
    other = read(client, f"/v1/parcels/zhongtong/{number}", token_of(cast.other_provider, "parcels:read"))
    assert other.status_code == 404


def test_a_creator_reads_by_token_and_never_the_number(client, cast, number):
    token = crypto.parcel_token(number, "zhongtong", 1)

    reply = read(client, f"/v1/parcels/{token}", token_of(cast.creator, "parcels:read"))

    assert reply.status_code == 200
    whole = reply.json() | {"order_nos": []}  # The cast's order numbers are made from the waybill number.
    assert whole["id"] == token
    assert number not in str(whole)


@pytest.mark.parametrize("who", ["other_creator", "other_shop"])
def test_a_token_opens_nothing_for_strangers(client, cast, number, who):
    token = crypto.parcel_token(number, "zhongtong", 1)

    assert read(client, f"/v1/parcels/{token}", token_of(getattr(cast, who), "parcels:read")).status_code == 404


def test_without_a_token_there_is_a_challenge(client, number):
    reply = read(client, f"/v1/parcels/zhongtong/{number}")

    assert (reply.status_code, reply.json()["code"]) == (401, "auth.invalid")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert reply.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("token", ["yd_", "x", "yd_aaaaaaaaaaaa_" + "b" * 43, "\x00"])
def test_a_wrong_token_is_refused(client, number, token):
    assert read(client, f"/v1/parcels/zhongtong/{number}", token).status_code == 401


def test_a_credential_without_the_scope_is_refused(client, cast, number):
    reply = read(client, f"/v1/parcels/zhongtong/{number}", token_of(cast.shop, "events:write"))

    assert (reply.status_code, reply.json()["code"]) == (403, "auth.scope")


def test_problems_speak_english_unless_chinese_is_asked_for(client, number):
    path = f"/v1/parcels/zhongtong/{number}"

    assert read(client, path).json()["title"] == "A valid bearer token is needed."
    assert read(client, path, HTTP_ACCEPT_LANGUAGE="zh-CN").json()["title"] == "需要有效的 Bearer 令牌。"


@pytest.mark.parametrize("path", ["/v1/", "/v1/nothing", "/v1/parcels/", "/v1/parcels/UPPER/x", "/v1/parcels/a/b/c"])
def test_unknown_addresses_answer_as_machines_expect(client, path):
    reply = read(client, path)

    assert (reply.status_code, reply.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_here(client, cast, number, method):
    reply = getattr(client, method)(f"/v1/parcels/zhongtong/{number}")

    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET")


def test_reading_costs_the_same_however_long_the_timeline_is(client, cast, django_assert_num_queries):
    token = token_of(cast.shop, "parcels:read")
    number = planting.ship(cast, "06-19 08:00")
    planting.scan(number, "06-19 10:00", Kind.PICKED_UP)
    path = f"/v1/parcels/zhongtong/{number}"
    read(client, path, token)
    with django_assert_num_queries(7):
        read(client, path, token)
    for hour in (11, 12, 13):
        planting.scan(number, f"06-19 {hour}:00", Kind.IN_TRANSIT)
    with django_assert_num_queries(7):
        read(client, path, token)


def test_an_offset_that_no_country_has_is_still_an_instant(client, cast, number):
    reply = read(
        client, f"/v1/parcels/zhongtong/{number}?as_of=2022-06-20T21:18:00%2B17:18", token_of(cast.shop, "parcels:read")
    )

    assert (reply.status_code, reply.json()["as_of"]) == (200, "2022-06-20T12:00:00+08:00")


def test_the_instant_is_kept_to_the_second(client, cast, number):
    reply = read(
        client, f"/v1/parcels/zhongtong/{number}?as_of=2022-06-20T04:00:00Z", token_of(cast.shop, "parcels:read")
    )

    assert datetime.fromisoformat(reply.json()["as_of"]) == datetime(2022, 6, 20, 4, tzinfo=UTC)
