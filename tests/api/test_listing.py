"""GET /v1/parcels as a list: the same rows as the pages, by a cursor, and nothing guessed at."""

from typing import Any

import pytest

from tests.api.test_parcels import read, token_of
from tests.intake import facts
from tests.web import planting
from tests.web.cast import Cast
from yidao.kit.models import DemoClock
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
NOW = planting.NOW


@pytest.fixture(autouse=True)
def clock_stands(db: Any) -> None:
    """Let business time stand at noon of 2022-06-20 in Shanghai."""
    DemoClock.objects.update_or_create(
        id=1, defaults={"base_real": NOW, "base_sim": NOW, "rate": 1.0, "is_running": False}
    )


def orders(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.content
    return [number for row in reply.json()["data"] for number in row["order_nos"]]


def test_pages_follow_each_other_by_cursor(client: Any, cast: Cast) -> None:
    for minute in range(5):
        planting.ship(cast, f"06-18 10:0{minute}", facts.line(f"N{minute}", cast.creator))
    token = token_of(cast.shop, "parcels:read")

    first = read(client, "/v1/parcels?limit=3", token)
    cursor = first.json()["next_cursor"]
    second = read(client, f"/v1/parcels?limit=3&cursor={cursor}", token)
    other = read(client, f"/v1/parcels?limit=3&status=SIGNED&cursor={cursor}", token)

    assert orders(first) + orders(second) == ["N4", "N3", "N2", "N1", "N0"]
    assert second.json()["next_cursor"] is None
    assert (other.status_code, other.json()["code"]) == (400, "paging.cursor_invalid")


def test_filters_are_those_of_the_pages(client: Any, cast: Cast) -> None:
    planting.ship(cast, "06-17 10:00", facts.line("N1", cast.creator), carrier="yuantong")
    number = planting.ship(cast, "06-18 10:00", facts.line("N2", cast.creator))
    planting.scan(number, "06-18 12:00", Kind.SIGNED)
    token = token_of(cast.shop, "parcels:read")

    assert orders(read(client, "/v1/parcels?status=SIGNED", token)) == ["N2"]
    assert orders(read(client, "/v1/parcels?carrier=yuantong&carrier=zhongtong", token)) == ["N2", "N1"]
    assert orders(read(client, "/v1/parcels?order=N1&order=N9", token)) == ["N1"]
    assert orders(read(client, f"/v1/parcels?waybill={number}", token)) == ["N2"]
    assert orders(read(client, "/v1/parcels?shipped_from=2022-06-18&shipped_until=2022-06-18", token)) == ["N2"]


@pytest.mark.parametrize("query", ["status=LOST", "carrier=nobody", "carrier=jd&carrier=X", "shipped_from=2022-02-31"])
def test_machines_are_told_what_is_unknown(client: Any, cast: Cast, query: str) -> None:
    reply = read(client, f"/v1/parcels?{query}", token_of(cast.shop, "parcels:read"))

    assert (reply.status_code, reply.json()["code"]) == (422, "filter.refused")
    assert [each["pointer"] for each in reply.json()["errors"]] == [query.split("=")[0]]


def test_a_creator_reads_masked_numbers_of_his_own_and_cannot_ask_for_them(client: Any, cast: Cast) -> None:
    number = planting.ship(cast, "06-18 10:00", facts.line("A1", cast.creator), facts.line("B1", cast.second_creator))
    planting.ship(cast, "06-18 10:00", facts.line("C1", cast.other_creator))
    token = token_of(cast.creator, "parcels:read")

    reply = read(client, "/v1/parcels", token)

    assert orders(reply) == ["A1"]
    assert reply.json()["data"][0]["waybill_no"] == f"{number[:2]}****{number[-4:]}"
    assert number not in reply.content.decode()
    assert read(client, f"/v1/parcels?waybill={number}", token).status_code == 422


def test_an_outlet_names_the_numbers_it_has_in_hand(client: Any, cast: Cast) -> None:
    number = planting.ship(cast, "06-18 10:00", facts.line("N1", cast.creator))
    outlet, office = token_of(cast.outlet, "parcels:read"), token_of(cast.carrier, "parcels:read")

    assert orders(read(client, "/v1/parcels", outlet)) == []
    assert orders(read(client, f"/v1/parcels?waybill={number}", outlet)) == ["N1"]
    assert "N1" in orders(read(client, "/v1/parcels", office))
    assert orders(read(client, "/v1/parcels", token_of(cast.provider, "parcels:read"))) == []
