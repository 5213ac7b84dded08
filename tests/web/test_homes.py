"""Home pages and rankings: their figures are those of the lists they lead to, and nobody sees another's."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.ids import UserId
from yidao.accounts.models import User
from yidao.kit.errors import NotVisible
from yidao.kit.models import DemoClock
from yidao.parcels import daily
from yidao.parcels.models import IntakeMinute, Parcel
from yidao.rules import figures
from yidao.rules.scans import Kind
from yidao.web.creator import shops
from yidao.web.operator import carriers

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=1.0, is_running=False)
    return cast.build()


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read(user: User, name: str, **parts: object) -> str:
    address = reverse(name, kwargs=parts)
    answer = as_(user).get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def signed(people: Cast, shipped: str) -> str:
    number = planting.ship(people, shipped)
    planting.scan(number, "06-18 13:00", Kind.PICKED_UP, division=facts.HANGZHOU)
    planting.scan(number, "06-18 20:00", Kind.DEPARTED_ORIGIN, division=facts.HANGZHOU)
    planting.scan(number, "06-19 18:00", Kind.OUT_FOR_DELIVERY, division=facts.CHENGDU)
    planting.scan(number, "06-19 20:00", Kind.SIGNED, division=facts.CHENGDU)
    return number


def damaged(people: Cast, *lines: object) -> str:
    number = planting.ship(people, "06-19 10:00", *lines)
    planting.scan(number, "06-19 12:00", Kind.PICKED_UP, division=facts.HANGZHOU)
    planting.scan(number, "06-20 10:00", Kind.DAMAGED, division=facts.HANGZHOU)
    return number


def test_a_creators_home_counts_what_he_promoted(people: Cast) -> None:
    signed(people, "06-18 10:00")
    damaged(people)
    damaged(people, facts.line("SELF", people.creator, scope="self-sold"))
    daily.refresh(now=planting.NOW)

    html = read(people.dana, "creator-home", creator=people.creator)

    shown = figures_of(html)
    assert shown["Parcels shipped"] == "2"
    assert shown["With anomalies"] == "1"
    assert shown["On time"] == "100.0%"
    assert shown["Anomaly rate"] == "50.0%"
    assert shown["Pickup takes"].endswith("h")
    assert "As of" in html
    assert "<polyline" in html or "<circle" in html


def figures_of(html: str) -> dict[str, str]:
    """Return the large numbers of a home page by their labels."""

    block = html.split('<div class="figures">', 1)[1].split("<section", 1)[0]
    pairs = re.findall(r"<span>([^<]+)</span><b>(?:<a [^>]*>)?([^<]+)<", block)
    return {label.strip(): value.strip() for label, value in pairs}


def test_every_figure_of_the_home_leads_to_a_page_that_opens(people: Cast) -> None:

    signed(people, "06-18 10:00")
    damaged(people)
    daily.refresh(now=planting.NOW)
    browser = as_(people.dana)
    html = read(people.dana, "creator-home", creator=people.creator)

    links = {each.replace("&amp;", "&") for each in re.findall(r'href="(/c/[^"]+)"', html.split("<main", 1)[1])}
    assert len(links) > 5
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_before_the_first_run_the_page_says_so(people: Cast) -> None:
    html = read(people.dana, "creator-home", creator=people.creator)

    assert "computed for the first time" in html


def test_another_creators_parcels_are_not_counted(people: Cast) -> None:
    others = facts.Tenants(
        shop=people.other_shop, other_shop=people.shop, creator=people.other_creator, second_creator=people.creator
    )
    planting.write(facts.shipment(others, facts.fresh_number(), "06-18 10:00"))
    daily.refresh(now=planting.NOW)

    assert figures_of(read(people.dana, "creator-home", creator=people.creator))["Parcels shipped"] == "0"
    assert "别家店" not in read(people.dana, "creator-shops", creator=people.creator)
    assert figures_of(read(people.charlie, "creator-home", creator=people.other_creator))["Parcels shipped"] == "1"


def test_an_agency_sees_its_creators_together(people: Cast) -> None:
    planting.ship(people, "06-18 10:00", facts.line("A", people.creator))
    planting.ship(people, "06-18 10:00", facts.line("B", people.second_creator))
    daily.refresh(now=planting.NOW)

    assert figures_of(read(people.agency, "creator-home", creator=None))["Parcels shipped"] == "2"


def test_new_anomalies_are_counted_since_the_last_visit(people: Cast) -> None:
    damaged(people)
    read(people.dana, "creator-home", creator=people.creator)
    DemoClock.objects.update(base_sim=planting.NOW + timedelta(hours=2))
    number, later = planting.ship(people, "06-19 11:00"), planting.NOW + timedelta(hours=1)
    planting.write(
        facts.scan(number, "06-20 12:30", Kind.DAMAGED),
        sender=facts.CARRIER_SENDER,
        now=later,
    )

    assert "1 new since your last visit" in read(people.dana, "creator-home", creator=people.creator)


def test_the_ranking_sorts_by_what_it_is_asked(people: Cast) -> None:
    signed(people, "06-18 10:00")
    others = facts.Tenants(
        shop=people.other_shop, other_shop=people.shop, creator=people.creator, second_creator=people.second_creator
    )
    for _ in range(2):
        planting.write(facts.shipment(others, facts.fresh_number(), "06-19 10:00"))
    daily.refresh(now=planting.NOW)

    def order(query: str) -> list[str]:
        address = reverse("creator-shops", kwargs={"creator": people.creator}) + query
        html = as_(people.dana).get(address).content.decode()
        return sorted(("花间集", "别家店"), key=html.split("<tbody>", 1)[1].index)

    assert order("") == ["别家店", "花间集"]
    assert order("?sort=punctual") == ["花间集", "别家店"]
    assert order("?sort=anomalous") == ["别家店", "花间集"]
    assert order("?sort=pickup") == ["花间集", "别家店"]


def test_the_ranking_finds_a_shop_by_initials(people: Cast) -> None:
    signed(people, "06-18 10:00")
    daily.refresh(now=planting.NOW)
    address = reverse("creator-shops", kwargs={"creator": people.creator})

    assert "花间集" in as_(people.dana).get(address, {"shop": "hjj"}).content.decode()
    assert (
        "No shop yet"
        in as_(people.dana).get(address, {"shop": "zzz"}, headers={"Accept-Language": "en"}).content.decode()
    )


def test_a_shops_home_counts_its_own_parcels(people: Cast) -> None:
    signed(people, "06-18 10:00")
    damaged(people, facts.line("SELF", None, scope="self-sold"))
    daily.refresh(now=planting.NOW)

    shown = figures_of(read(people.alice, "merchant-home", shop=people.shop))
    assert shown["Parcels shipped"] == "2"
    assert figures_of(read(people.charlie, "merchant-home", shop=people.other_shop))["Parcels shipped"] == "0"


def test_a_carriers_home_counts_what_it_carries(people: Cast) -> None:
    signed(people, "06-18 10:00")
    planting.ship(people, "06-18 10:00", carrier="yuantong")
    daily.refresh(now=planting.NOW)

    shown = figures_of(read(people.carrie, "carrier-home", carrier=people.carrier, outlet=None))
    assert shown["Parcels shipped"] == "1"


def test_an_outlet_begins_with_the_search_for_a_number(people: Cast) -> None:
    number = planting.ship(people, "06-18 10:00")
    at = {"carrier": people.carrier, "outlet": people.outlet}
    html = read(people.oscar, "carrier-home", **at)

    assert f'action="{reverse("carrier-parcels", kwargs=at)}"' in html
    found = as_(people.oscar).get(reverse("carrier-parcels", kwargs=at), {"waybill": number}, follow=True)
    assert number in found.content.decode()


def test_the_parcel_centre_totals_begin_with_all_and_mark_the_six(people: Cast) -> None:
    damaged(people)
    planting.ship(people, "06-18 10:00")

    html = read(people.alice, "merchant-totals", shop=people.shop)
    listed = read(people.alice, "merchant-anomalies", shop=people.shop)

    totals = re.findall(r"<span[^>]*>([^<]+?)</span>[^\n]*?<b>(\d+)</b>", html)
    assert [label for label, _ in totals[:7]] == [
        "Anomalies in all",
        "Pickup overdue",
        "Dispatch overdue",
        "Transit overdue",
        "Transit exception",
        "Delivery exception",
        "Delivery overdue",
    ]
    assert html.count('class="scored" title') == 6
    assert dict(totals)["Anomalies in all"] == "3"
    assert listed.count("<tr data-key=") == 3
    assert dict(totals)["Pickup overdue"] == dict(totals)["Parcel damaged"] == "1"
    assert "派件异常" in html
    assert "派签异常" in html


def test_the_operator_sees_the_carriers_by_stage(people: Cast) -> None:
    for _ in range(figures.SAMPLE_MIN):
        signed(people, "06-18 10:00")
    planting.ship(people, "06-19 10:00", carrier="yuantong")
    daily.refresh(now=planting.NOW)
    daily.compute_stages(now=planting.NOW + timedelta(days=figures.SETTLED_DAYS))

    html = read(people.olga, "operator-carriers")

    rows = html.split("<tbody>", 1)[1]
    assert rows.index("ZTO") < rows.index("YTO")
    zto = rows[: rows.index("YTO")]
    assert "3.0 h / 3.0 h" in zto
    assert "34.0 h / 34.0 h" in zto
    assert "newest 1000 signed parcels" in html


@pytest.mark.parametrize("order", ["", "anomalous", "punctual", "pickup", "transit", "delivery", "whole"])
def test_the_carriers_can_be_sorted_by_every_stage(people: Cast, order: str) -> None:
    planting.ship(people, "06-18 10:00")
    planting.ship(people, "06-19 10:00", carrier="yuantong")
    daily.refresh(now=planting.NOW)

    answer = as_(people.olga).get(reverse("operator-carriers"), {"sort": order} if order else {})

    assert answer.status_code == 200


def test_the_overview_shows_anomalies_by_province(people: Cast) -> None:
    damaged(people)
    daily.refresh(now=planting.NOW)

    html = read(people.olga, "operator-home")

    assert "Sichuan: 1 parcels with anomalies, 100.0%" in html
    assert html.count("<title>") >= 34


def test_a_carriers_home_tells_who_waits_for_pickup(people: Cast) -> None:
    for _ in range(3):
        planting.ship(people, "06-20 10:00")
    signed(people, "06-18 10:00")

    html = read(people.carrie, "carrier-home", carrier=people.carrier, outlet=None)

    part = html.split("Awaiting pickup, by shop and limit", 1)[1]
    assert "3 parcels of the last 7 days" in part
    assert "花间集" in part
    assert "3 · next in" in part
    assert "status=SHIPPED_AWAIT_PICKUP" in part


def test_the_homes_tell_what_waits_between_creator_and_shop(people: Cast) -> None:
    for user, name, at in (
        (people.dana, "creator-home", {"creator": people.creator}),
        (people.alice, "merchant-home", {"shop": people.shop}),
        (people.carrie, "carrier-home", {"carrier": people.carrier, "outlet": None}),
        (people.oscar, "carrier-home", {"carrier": people.carrier, "outlet": people.outlet}),
    ):
        assert "Nothing is waiting." in read(user, name, **at)


@pytest.mark.parametrize("parcels", [1, 3])
def test_a_home_page_costs_the_same_however_much_there_is(people: Cast, parcels: int) -> None:
    for _ in range(parcels):
        damaged(people)
    daily.refresh(now=planting.NOW)
    browser = as_(people.dana)
    address = reverse("creator-home", kwargs={"creator": people.creator})
    browser.get(address)

    with CaptureQueriesContext(connection) as captured:
        browser.get(address)

    assert len(captured) == 16, "\n".join(each["sql"][:110] for each in captured)


def test_the_rankings_are_exported_as_they_are_listed(people: Cast) -> None:
    signed(people, "06-18 10:00")
    daily.refresh(now=planting.NOW)
    creator = access.actor_for_creator(UserId(people.dana.id), people.creator)
    operator = access.actor_for_operator(UserId(people.olga.id))

    assert list(shops.KIND.rows(creator, "days=all&sort=pickup", planting.NOW)) == [
        ("花间集", "1", "0", "0.0%", "100.0%", "3.5", "3.0")
    ]
    (row,) = carriers.KIND.rows(operator, "", planting.NOW)
    assert row[1:] == ("1", *[""] * 8, "0.0%", "100.0%")
    for kind, actor in ((shops.KIND, creator), (carriers.KIND, operator)):
        assert kind.count(actor, "", planting.NOW, 10) == 1
        assert all(len(row) == len(kind.headers) for row in kind.rows(actor, "", planting.NOW))


def test_nobody_exports_the_ranking_of_another_role(people: Cast) -> None:
    operator = access.actor_for_operator(UserId(people.olga.id))
    creator = access.actor_for_creator(UserId(people.dana.id), people.creator)

    for kind, actor in ((shops.KIND, operator), (carriers.KIND, creator)):
        with pytest.raises(NotVisible):
            list(kind.rows(actor, "", planting.NOW))


def test_the_ranking_offers_its_export(people: Cast) -> None:
    html = read(people.dana, "creator-shops", creator=people.creator)

    assert "kind=creator-shops" in html


@pytest.mark.parametrize(
    ("user", "name", "part"),
    [
        pytest.param("dana", "creator-home", "creator", id="creator"),
        pytest.param("alice", "merchant-home", "shop", id="merchant"),
    ],
)
def test_news_renew_the_figures_alone(people: Cast, user: str, name: str, part: str) -> None:
    damaged(people)
    address = reverse(name, kwargs={part: getattr(people, part)})

    html = as_(getattr(people, user)).get(address, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in html
    assert '<div class="figures">' in html


def test_a_providers_home_adds_up_what_arrived(people: Cast) -> None:
    for carrier, accepted in (("zhongtong", 5), ("yuantong", 7)):
        IntakeMinute.objects.create(
            minute=planting.NOW - timedelta(hours=1),
            source="KUAIDI100",
            carrier=carrier,
            accepted=accepted,
            duplicate=1,
            rejected=0,
            quarantined=2,
            lag_seconds_sum=60 * accepted,
            lag_seconds_max=600,
        )

    shown = figures_of(read(people.paul, "provider-home", provider=people.provider))

    assert shown == {
        "Accepted": "12",
        "Duplicate": "2",
        "Refused": "0",
        "Quarantined": "4",
        "Longest lag": "10 min",
    }


def test_a_shops_home_tells_which_limits_are_near(people: Cast) -> None:
    near, far = planting.ship(people, "06-20 10:00"), planting.ship(people, "06-20 11:00")
    Parcel.objects.filter(waybill_no=near).update(due_at=planting.NOW + timedelta(hours=5))
    Parcel.objects.filter(waybill_no=far).update(due_at=planting.NOW + timedelta(hours=25))

    html = read(people.alice, "merchant-home", shop=people.shop)

    part = html.split("Next limits of parcels under way", 1)[1].split("</section>", 1)[0]
    assert re.findall(r">(within [^<]+)</a>.*?<td class=\"number\">(\d+)", part, re.DOTALL) == [
        ("within 6 h", "1"),
        ("within 1 day", "1"),
    ]
    assert "sort=left" in part
