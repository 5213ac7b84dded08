"""The creator's list and drawer: whose parcels, which order numbers, how masked, and at what price."""

import base64
import re
from typing import Any

import msgspec
import pytest
from django.test import Client

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.kit import crypto
from yidao.kit.models import DemoClock
from yidao.rules.scans import Kind

pytestmark = pytest.mark.django_db
LIST_QUERIES = 15
"""
Session, user, memberships, the data start, the shops of the form and their names, the page of parcels with its
anomalies, shops, nudges and acknowledgements, the reader's habit (read and written), saved filters, the banners.
"""
DRAWER_QUERIES = 14


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def as_(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def numbers(page: bytes) -> list[str]:
    """Return the order numbers of the rows, in their order."""
    rows = re.findall(r"<tr data-key=.*?</tr>", page.decode(), re.DOTALL)
    copied = [re.findall(r'<yd-copy(?: data-text="([^"]*)")?>([^<]*)<', row) for row in rows]
    return [whole or shown for whole, shown in (each[1] for each in copied)]


def tokens(page: bytes) -> list[str]:
    return re.findall(r'data-key="([^"]+)"', page.decode())


def test_a_creator_sees_own_order_numbers_of_a_shared_parcel_alone(people: Cast) -> None:
    planting.ship(
        people,
        "06-18 10:00",
        facts.line("A1", people.creator),
        facts.line("B1", people.second_creator),
        facts.line("A2", people.creator),
        facts.line("S1", None, scope="self-sold"),
    )

    mine = as_(people.dana).get(f"/c/{people.creator}/parcels/").content
    both = as_(people.agency).get("/c/all/parcels/").content
    shop = as_(people.alice).get(f"/m/{people.shop}/parcels/").content

    assert numbers(mine) == ["A1;A2"]
    assert sorted(numbers(both)) == ["A1;A2", "B1"]
    assert numbers(shop) == ["A1;A2;B1;S1"] or numbers(shop) == ["A1;B1;A2;S1"]
    drawer = as_(people.dana).get(f"/c/{people.creator}/parcels/{tokens(mine)[0]}/").content.decode()
    assert "A1;A2" in drawer
    # Whole words: the page's token may hold the two letters by chance.
    assert re.findall(r"(?<![\w-])(?:B1|S1)(?![\w-])", drawer) == []


def test_lines_out_of_scope_are_in_no_creators_list(people: Cast) -> None:
    for scope in ("self-sold", "cross-border", "return"):
        planting.ship(people, "06-18 10:00", facts.line(f"X-{scope}", people.creator, scope=scope))

    assert tokens(as_(people.dana).get(f"/c/{people.creator}/parcels/").content) == []


def test_a_creator_never_gets_a_number_in_full(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    dana = as_(people.dana)

    pages = [dana.get(f"/c/{people.creator}/parcels/").content]
    pages.append(dana.get(f"/c/{people.creator}/parcels/{tokens(pages[0])[0]}/").content)
    pages.append(
        dana.get(f"/c/{people.creator}/parcels/{tokens(pages[0])[0]}/", headers={"hx-request": "true"}).content
    )

    masked = f"{number[:2]}****{number[-4:]}".encode()
    assert all(masked in page for page in pages)
    # The shipment's only order number was made from the waybill number; it is his own, so it is taken out first.
    assert not any(
        number.encode() in page.replace(b'"' + number.encode() + b'"', b"").replace(b">" + number.encode() + b"<", b"")
        for page in pages
    )


def test_a_number_repeated_in_a_scans_text_is_masked_too(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("N1", people.creator))
    planting.scan(number, "06-18 12:00", Kind.PICKED_UP, description=f"单号{number.lower()}已揽收")
    token = crypto.parcel_token(number, "zhongtong", 1)

    page = as_(people.dana).get(f"/c/{people.creator}/parcels/{token}/").content.decode()
    shop = as_(people.alice).get(f"/m/{people.shop}/parcels/zhongtong/{number}/").content.decode()

    assert number.lower() not in page.lower()
    assert f"单号{number[:2]}****{number[-4:]}已揽收" in page
    assert f"单号{number.lower()}已揽收" in shop


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        pytest.param("已转寄，新单号SF1234567890123", "已转寄，新单号SF****0123", id="goes on under a new number"),
        pytest.param("退回单号：773012345678901。", "退回单号：77****8901。", id="goes back under digits alone"),
        pytest.param("单号ＪＤ００１２３４５６７８９", "单号JD****6789", id="in wide letters"),
        pytest.param("JDX0001234567-1-1-", "JD****1-1-", id="with hyphens"),
        pytest.param(
            "取件码 12-3-4567，2022-06-18 10:00", "取件码 12-3-4567，2022-06-18 10:00", id="codes and days stay"
        ),
    ],
)
def test_other_numbers_in_a_scans_text_are_masked_for_a_creator(people: Cast, told: str, shown: str) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("N1", people.creator))
    planting.scan(number, "06-18 12:00", Kind.FORWARDED, description=told)
    token = crypto.parcel_token(number, "zhongtong", 1)

    assert shown in as_(people.dana).get(f"/c/{people.creator}/parcels/{token}/").content.decode()
    assert told in as_(people.alice).get(f"/m/{people.shop}/parcels/zhongtong/{number}/").content.decode()


def test_the_plain_number_opens_nothing_for_a_creator(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")

    assert as_(people.dana).get(f"/m/{people.shop}/parcels/zhongtong/{number}/").status_code == 404
    assert as_(people.dana).get(f"/c/{people.creator}/parcels/{number}aaaaaaaaaaaaaaaaaaaa/").status_code == 404


def test_another_creators_token_is_not_visible(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("B1", people.other_creator))
    token = crypto.parcel_token(number, "zhongtong", 1)

    assert as_(people.dana).get(f"/c/{people.creator}/parcels/{token}/").status_code == 404


def test_the_newest_shipped_comes_first_and_pages_join_without_gap(people: Cast) -> None:
    for minute in range(53):
        planting.ship(people, f"06-18 10:{minute:02d}", facts.line(f"N{minute:02d}", people.creator))
    dana = as_(people.dana)

    first = dana.get(f"/c/{people.creator}/parcels/").content
    after = re.findall(r'rel="next" href="([^"]+)"', first.decode())[0].replace("&amp;", "&")
    second = dana.get(after).content

    assert numbers(first) + numbers(second) == [f"N{minute:02d}" for minute in reversed(range(53))]
    assert b'rel="next"' not in second


def test_the_link_to_the_next_page_tells_a_creator_no_number(people: Cast) -> None:
    shipped = [planting.ship(people, f"06-18 10:{minute:02d}", facts.line("N", people.creator)) for minute in range(51)]

    page = as_(people.dana).get(f"/c/{people.creator}/parcels/").content.decode()
    cursor = re.findall(r'rel="next" href="[^"]*after=([^"&]+)"', page)[0]

    told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert not any(number.encode() in told for number in shipped)


def test_a_day_beyond_the_calendar_is_no_filter(people: Cast) -> None:
    for name in ("shipped_from", "shipped_until"):
        for day in ("9999-12-31", "0001-01-01", "1899-12-31"):
            assert as_(people.dana).get(f"/c/{people.creator}/parcels/?{name}={day}").status_code == 200


def test_a_page_may_end_between_two_creators_of_one_parcel(people: Cast) -> None:
    for minute in range(26):
        number = f"{minute:02d}"
        planting.ship(
            people,
            f"06-18 10:{number}",
            facts.line(f"A{number}", people.creator),
            facts.line(f"B{number}", people.second_creator),
        )
    planting.ship(people, "06-18 11:00", facts.line("A99", people.creator))
    agency = as_(people.agency)

    first = agency.get("/c/all/parcels/").content
    after = re.findall(r'rel="next" href="([^"]+)"', first.decode())[0].replace("&amp;", "&")
    found = numbers(first) + numbers(agency.get(after).content)

    assert sorted(found) == sorted(["A99", *(f"{who}{minute:02d}" for who in "AB" for minute in range(26))])


def test_a_changed_page_link_is_refused_in_words(people: Cast) -> None:
    answer = as_(people.dana).get(f"/c/{people.creator}/parcels/?after=AAAA")

    assert answer.status_code == 400
    assert b"Start again from the first page." in answer.content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["N3", "N2", "N1"], id="no filter finds all"),
        pytest.param("status=SIGNED", ["N3"], id="one status"),
        pytest.param("status=SIGNED&status=PICKED_AWAIT_TRANSIT", ["N3", "N2"], id="several statuses"),
        pytest.param("carrier=zhongtong", ["N3", "N2"], id="a carrier"),
        pytest.param("order=N1", ["N1"], id="an order number"),
        pytest.param("order=N1%EF%BC%8CN3+N9", ["N3", "N1"], id="pasted order numbers, one of them unknown"),
        pytest.param("shipped_from=2022-06-19", ["N3"], id="shipped from a day on"),
        pytest.param("shipped_until=2022-06-17", ["N1"], id="shipped until a day, inclusive"),
        pytest.param(
            "status=NONSENSE&carrier=%00&shipped_from=2022-02-31&size=7", ["N3", "N2", "N1"], id="nonsense is left out"
        ),
    ],
)
def test_filters(people: Cast, query: str, found: list[str]) -> None:
    planting.ship(people, "06-17 10:00", facts.line("N1", people.creator), carrier="yuantong")
    second = planting.ship(people, "06-18 10:00", facts.line("N2", people.creator))
    third = planting.ship(people, "06-19 10:00", facts.line("N3", people.creator))
    planting.scan(second, "06-20 11:00", Kind.PICKED_UP)
    planting.scan(third, "06-20 11:00", Kind.SIGNED)

    page = as_(people.dana).get(f"/c/{people.creator}/parcels/?{query}")

    assert numbers(page.content) == found


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_costs_the_same_for_one_row_and_for_three(
    people: Cast, count: int, django_assert_num_queries: Any
) -> None:
    for minute in range(count):
        planting.ship(people, f"06-18 10:{minute:02d}")
    dana = as_(people.dana)

    with django_assert_num_queries(LIST_QUERIES):
        page = dana.get(f"/c/{people.creator}/parcels/")

    assert len(tokens(page.content)) == count


def test_htmx_gets_the_result_part_alone(people: Cast) -> None:
    planting.ship(people, "06-18 10:00")

    part = as_(people.dana).get(f"/c/{people.creator}/parcels/", headers={"hx-request": "true"}).content.decode()

    assert "<table" in part
    assert "<html" not in part
    assert 'id="filters"' not in part


def test_the_drawer_tells_timeline_anomalies_party_and_why(people: Cast, django_assert_max_num_queries: Any) -> None:
    number = planting.ship(people, "06-17 10:00", facts.line("N1", people.creator))
    planting.scan(number, "06-17 20:00", Kind.PICKED_UP, division="330106", description="已揽收,揽收员:李师傅")
    dana = as_(people.dana)
    token = crypto.parcel_token(number, "zhongtong", 1)

    with django_assert_max_num_queries(DRAWER_QUERIES):
        part = dana.get(f"/c/{people.creator}/parcels/{token}/", headers={"hx-request": "true"}).content.decode()

    assert "Picked up, awaiting transit" in part
    assert "Dispatch overdue" in part
    assert "Responsible: Carrier" in part
    assert "已揽收" in part
    assert "The limit of 1 day began at 06-17 20:00" in part
    assert "parcel/douyin-2022/1" in part
    assert "<html" not in part


def test_the_drawer_names_the_products_its_reader_may_know(people: Cast) -> None:
    own = msgspec.structs.replace(facts.line("N1", people.creator), product_name="真丝睡衣", room_id="7064-1")
    returned = msgspec.structs.replace(facts.line("N2", people.creator, scope="return"), product_name="旧拖鞋")
    other = msgspec.structs.replace(facts.line("N3", people.second_creator), product_name="儿童雨衣")
    number = planting.ship(people, "06-17 10:00", own, returned, other)
    token = crypto.parcel_token(number, "zhongtong", 1)

    of_creator = as_(people.dana).get(f"/c/{people.creator}/parcels/{token}/").content.decode()
    of_shop = as_(people.alice).get(f"/m/{people.shop}/parcels/zhongtong/{number}/").content.decode()

    assert [name in of_creator for name in ("真丝睡衣", "旧拖鞋", "儿童雨衣")] == [True, False, False]
    assert "真丝睡衣；旧拖鞋；儿童雨衣" in of_shop


def test_two_sources_that_tell_the_same_minute_are_one_line(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    planting.write(
        facts.scan(number, "06-18 12:00", Kind.PICKED_UP, division="330106", source="KUAIDI100"),
        facts.scan(number, "06-18 12:00", Kind.PICKED_UP, division="330108", source="KDNIAO"),
        facts.scan(number, "06-18 12:00", Kind.PICKED_UP, division="330106", source="KDNIAO", is_retracted=False),
    )
    token = crypto.parcel_token(number, "zhongtong", 1)

    page = as_(people.dana).get(f"/c/{people.creator}/parcels/{token}/", headers={"hx-request": "true"})

    assert page.content.count(b"<time") == 1


def test_a_voided_parcel_is_hidden_from_creators_and_shown_to_the_shop(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    planting.scan(number, "06-18 12:00", Kind.VOIDED)
    token = crypto.parcel_token(number, "zhongtong", 1)
    dana = as_(people.dana)

    assert tokens(dana.get(f"/c/{people.creator}/parcels/").content) == []
    assert dana.get(f"/c/{people.creator}/parcels/{token}/").status_code == 404
    assert len(tokens(as_(people.alice).get(f"/m/{people.shop}/parcels/").content)) == 1


def test_an_outlet_finds_parcels_by_their_full_numbers_only(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    oscar = as_(people.oscar)
    base = f"/l/{people.carrier}/{people.outlet}/parcels/"

    assert tokens(oscar.get(base).content) == []
    assert len(tokens(oscar.get(f"{base}?waybill={number}").content)) == 1
    assert len(tokens(as_(people.carrie).get(f"/l/{people.carrier}/all/parcels/").content)) >= 1


def test_counts_come_in_a_second_request(people: Cast) -> None:
    planting.ship(people, "06-17 10:00")
    planting.ship(people, "06-20 10:00")

    page = as_(people.dana).get(f"/c/{people.creator}/parcels/?part=counts").content.decode()

    assert re.findall(r'id="count-(\w+)"[^>]*>(\d+)<', page) == [("parcels", "2"), ("anomalies", "1")]
