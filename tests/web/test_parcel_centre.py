"""The parcel centre (包裹中心) of a shop, and the lists of carriers and operators: filters, order, columns, price."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.kit.models import DemoClock
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
QUERIES = {"m/parcels": 13, "m/anomalies": 12, "o/parcels": 10, "o/anomalies": 9, "l/parcels": 9, "l/anomalies": 8}


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def read(user: Any, address: str) -> str:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def orders(text: str) -> list[str]:
    rows = re.findall(r"<tr data-key=.*?</tr>", text, re.DOTALL)
    copied = [re.findall(r'<yd-copy(?: data-text="([^"]*)")?>([^<]*)<', row) for row in rows]
    return [whole or shown for whole, shown in (each[1] for each in copied)]


def place(people: Cast, name: str) -> tuple[Any, str]:
    audience, _, kind = name.partition("/")
    return {
        "m": (people.alice, f"/m/{people.shop}/{kind}/"),
        "o": (people.olga, f"/o/{kind}/"),
        "l": (people.carrie, f"/l/{people.carrier}/all/{kind}/"),
    }[audience]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_list_costs_the_same_for_one_row_and_for_three(
    people: Cast, name: str, count: int, django_assert_num_queries: Any
) -> None:
    for index in range(count):
        planting.ship(people, f"06-17 10:0{index}", facts.line(f"N{index}", people.creator))
    user, address = place(people, name)
    client = Client()
    client.force_login(user)
    client.get(address)  # The first look notes the visit and reads the parcels' policy, once in a process.

    with django_assert_num_queries(QUERIES[name]):
        text = client.get(address).content.decode()

    assert {f"N{index}" for index in range(count)} <= set(orders(text))


def test_a_shop_sees_whole_numbers_of_its_own_parcels_alone(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("N1", people.creator))
    others = facts.Tenants(
        shop=people.other_shop, other_shop=people.shop, creator=people.creator, second_creator=people.second_creator
    )
    planting.write(facts.shipment(others, facts.fresh_number(), "06-18 10:00"))

    text = read(people.alice, f"/m/{people.shop}/parcels/")

    assert orders(text) == ["N1"]
    assert number in text
    assert "包裹中心" in text


def test_a_shop_finds_parcels_by_waybill_and_tail_and_anomalies_by_type(people: Cast) -> None:
    late = planting.ship(people, "06-17 10:00", facts.line("LATE", people.creator))
    planting.ship(people, "06-20 10:00", facts.line("NEW", people.creator))
    base = f"/m/{people.shop}/parcels/"

    anomalies = f"/m/{people.shop}/anomalies/"

    assert orders(read(people.alice, f"{anomalies}?type=PICKUP_TIMEOUT")) == ["LATE"]
    assert orders(read(people.alice, f"{anomalies}?state=CLOSED")) == ["LATE"]
    assert orders(read(people.alice, f"{anomalies}?type=PARCEL_DAMAGED")) == []
    assert orders(read(people.alice, f"{base}?status=SIGNED")) == []
    assert orders(read(people.alice, f"{base}?waybill={late}+NOBODYS")) == ["LATE"]
    assert "NOBODYS" in read(people.alice, f"{base}?waybill={late}+NOBODYS")
    assert orders(read(people.alice, f"{base}?tail=0000")) == []


def test_a_shop_reads_first_what_runs_out_first(people: Cast) -> None:
    planting.ship(people, "06-20 09:00", facts.line("SOON", people.creator))
    planting.ship(people, "06-20 11:00", facts.line("LATER", people.creator))
    done = planting.ship(people, "06-19 10:00", facts.line("DONE", people.creator))
    planting.scan(done, "06-19 12:00", Kind.SIGNED)

    newest = read(people.alice, f"/m/{people.shop}/parcels/")
    by_time = read(people.alice, f"/m/{people.shop}/parcels/?sort=left")

    assert orders(newest) == ["LATER", "SOON", "DONE"]
    assert orders(by_time)[:2] == ["SOON", "LATER"]
    assert "剩余时间" in by_time
    assert by_time.count('<svg class="bar"') >= 2


def test_operators_narrow_by_shop_and_carriers_see_their_own(people: Cast) -> None:
    planting.ship(people, "06-17 10:00", facts.line("OURS", people.creator))
    planting.ship(people, "06-17 10:00", facts.line("YTO", people.creator), carrier="yuantong")

    by_shop = orders(read(people.olga, "/o/parcels/?shop=hjj"))
    of_carrier = orders(read(people.carrie, f"/l/{people.carrier}/all/parcels/"))

    assert {"OURS", "YTO"} <= set(by_shop)
    assert "OURS" in of_carrier
    assert "YTO" not in of_carrier
    assert orders(read(people.oscar, f"/l/{people.carrier}/{people.outlet}/anomalies/")) == []
