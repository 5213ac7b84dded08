"""One search box: any number leads to the thing, several to the list, and what is not one's own does not exist."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from tests.intake import facts
from tests.orders import planting as order_planting
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.kit import crypto
from yidao.kit.models import DemoClock

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def as_(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def led_to(client: Client, place: str, text: str) -> str:
    """Return where a search leads, empty when it says that nothing was found."""
    answer = client.get(f"{place}search/", {"q": text})
    if answer.status_code == 302:
        return str(answer["Location"])
    assert answer.status_code == 200
    assert "Nothing found" in answer.content.decode()
    return ""


def phone_ends(number: str, digits: str) -> None:
    """Let a parcel's receiver have a phone that ends in these digits."""
    with connection.cursor() as database:
        database.execute(
            "UPDATE parcel SET receiver_tail = %s WHERE waybill_no = %s",
            [crypto.blind_index(digits, purpose="parcel.receiver_tail"), number],
        )


def test_a_whole_waybill_number_leads_everyone_to_his_own_drawer(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")

    for user, place in (
        (people.alice, f"/m/{people.shop}/"),
        (people.olga, "/o/"),
        (people.carrie, f"/l/{people.carrier}/all/"),
        (people.dana, f"/c/{people.creator}/"),
    ):
        address = led_to(as_(user), place, number)
        assert as_(user).get(address).status_code == 200
        assert address.startswith(f"{place}parcels/")
        assert (number in address) is (user is not people.dana)


def test_an_order_number_leads_to_its_parcel_and_several_parcels_to_the_list(people: Cast) -> None:
    planting.ship(people, "06-18 10:00", facts.line("ONE", people.creator))
    for _ in range(2):
        planting.ship(people, "06-18 11:00", facts.line("TWO", people.creator))

    place = f"/c/{people.creator}/"
    assert urlsplit(led_to(as_(people.dana), place, " ONE ")).path.startswith(f"{place}parcels/")
    assert led_to(as_(people.dana), place, "TWO") == f"{place}parcels/?order=TWO"
    assert led_to(as_(people.alice), f"/m/{people.shop}/", "TWO") == f"/m/{people.shop}/parcels/?order=TWO"


def test_a_phone_tail_is_for_the_shop_and_the_platform_alone(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    phone_ends(number, "5678")

    assert number in led_to(as_(people.alice), f"/m/{people.shop}/", "5678")
    assert number in led_to(as_(people.olga), "/o/", "5678")
    for user, place in (
        (people.dana, f"/c/{people.creator}/"),
        (people.carrie, f"/l/{people.carrier}/all/"),
        (people.charlie, f"/m/{people.other_shop}/"),
    ):
        assert led_to(as_(user), place, "5678") == ""


def test_what_is_somebody_elses_answers_like_what_does_not_exist(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("THEIRS", people.creator))
    charlie = as_(people.charlie)

    for place in (f"/m/{people.other_shop}/", f"/c/{people.other_creator}/", f"/l/{people.other_carrier}/all/"):
        page = charlie.get(f"{place}search/", {"q": "NO-SUCH-NUMBER"}).content.decode()
        for text in (number, "THEIRS"):
            same = charlie.get(f"{place}search/", {"q": text}).content.decode()
            assert words(same, text) == words(page, "NO-SUCH-NUMBER")


def words(page: str, text: str) -> str:
    """Return the answer's own part, without what was typed."""
    return page[page.index('<section class="card"') : page.index("</section>")].replace(text, "…")


@pytest.mark.parametrize(
    ("scope", "why"),
    [
        pytest.param("self-sold", "Sold by yourself", id="self-sold (自卖)"),
        pytest.param("cross-border", "cross-border", id="cross-border (跨境)"),
        pytest.param("return", "return", id="a customer's return (客户退货)"),
    ],
)
def test_a_creator_who_looks_up_an_own_order_that_is_not_shown_is_told_why(people: Cast, scope: str, why: str) -> None:
    planting.ship(people, "06-18 10:00", facts.line("MINE", people.creator, scope=scope))

    answer = as_(people.dana).get(f"/c/{people.creator}/search/", {"q": "MINE"})

    assert answer.status_code == 200
    assert why in answer.content.decode()


def test_a_waybill_number_finds_a_creator_nothing_outside_his_scope(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00", facts.line("MINE", people.creator, scope="self-sold"))

    assert led_to(as_(people.dana), f"/c/{people.creator}/", number) == ""


@pytest.mark.parametrize("text", ["", " ", "\0", "%", "'", "x" * 500])
def test_nothing_that_is_typed_breaks_the_search(people: Cast, text: str) -> None:
    assert as_(people.dana).get(f"/c/{people.creator}/search/", {"q": text}).status_code == 200


def test_an_order_number_leads_a_shop_to_its_order_and_nobody_else(people: Cast) -> None:
    own = order_planting.order(people.shop, "ORDER-1")
    order_planting.order(people.other_shop, "ORDER-2")
    alice, place = as_(people.alice), f"/m/{people.shop}/"

    assert led_to(alice, place, "ORDER-1") == f"{place}orders/{own}/"
    assert led_to(alice, place, "ORDER-1-1") == f"{place}orders/{own}/"
    assert led_to(alice, place, "ORDER-2") == ""


def test_a_phone_tail_of_several_orders_leads_to_their_list(people: Cast) -> None:
    order_planting.order(people.shop, "ORDER-1")
    order_planting.order(people.shop, "ORDER-2")
    place = f"/m/{people.shop}/"

    assert led_to(as_(people.alice), place, "5678") == f"{place}orders/?tab=all&phone=5678"
