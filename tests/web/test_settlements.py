"""The operator's pages about judgement money: what waits, the brake, one shop's deposit, the calendar."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.judging import world as orders
from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.judging import calendar
from yidao.judging.settlement_models import SettlementHold
from yidao.kit.models import DemoClock
from yidao.ledger import posting, queries
from yidao.ledger.models import LedgerTransfer
from yidao.ledger.posting import Due

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
SETTLEMENTS, HOLD, LIFT = "/o/settlements/", "/o/settlements/hold/", "/o/settlements/lift/"


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
    return cast.build()


def browser(user: Any) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(user)
    return client


def late(shop: int, count: int) -> None:
    """Let orders of a shop be judged a day before NOW."""
    due = NOW - timedelta(hours=20)
    for _ in range(count):
        orders.late(shop, due=due)
    orders.sweep(due + timedelta(hours=1))


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def balances(shop: int) -> queries.Balances:
    return queries.balances_of([shop]).get(shop, queries.Balances())


def test_what_is_going_to_be_deducted_stands_by_shop_with_the_cap(people: Cast) -> None:
    late(people.shop, 60)

    page = text(browser(people.olga), f"{SETTLEMENTS}?shop=花间集")

    for part in ("花间集", "2022-06-30", "500.00 / 500.00", f"/o/deposits/{people.shop}/"):
        assert part in page
    assert "别家店" not in text(browser(people.olga), f"{SETTLEMENTS}?shop=花间集")


@pytest.mark.parametrize("shops", [1, 3])
def test_the_list_asks_as_often_for_three_shops_as_for_one(
    people: Cast, shops: int, django_assert_num_queries: Any
) -> None:
    for number in range(shops):
        late(int(cast.organisation(cast.Kind.SHOP, f"迟到铺{number}")), 2)
    client = browser(people.olga)
    address = f"{SETTLEMENTS}?shop=迟到铺"
    client.get(address)

    with django_assert_num_queries(QUERIES):
        client.get(address, headers={"HX-Request": "true"})


QUERIES = 6


def test_a_shop_is_held_and_let_go(people: Cast) -> None:
    late(people.shop, 1)
    olga = browser(people.olga)

    assert "花间集" in text(olga, f"{HOLD}?shop={people.shop}")
    assert olga.post(HOLD, {"shop": people.shop, "kind": "", "reason": ""}).status_code == 422
    assert olga.post(HOLD, {"shop": people.shop, "kind": "", "reason": "flood"}).status_code == 302
    assert olga.post(HOLD, {"shop": people.shop, "kind": "", "reason": "again"}).status_code == 409
    page = text(olga, f"{SETTLEMENTS}?held=yes&shop=花间集")
    assert "1 held" in page
    assert "flood" in page

    held = SettlementHold.objects.get(shop_id=people.shop)
    assert olga.post(LIFT, {"hold": held.id}).status_code == 302
    assert SettlementHold.objects.get(id=held.id).lifted_at == NOW
    assert olga.post(LIFT, {"hold": held.id}).status_code == 409


def test_a_clerk_looks_and_holds_nothing(people: Cast) -> None:
    clerk = browser(people.clerk)

    assert "Hold back" not in text(clerk, SETTLEMENTS)
    assert clerk.post(HOLD, {"shop": people.shop, "reason": "x"}).status_code == 403
    assert browser(people.viewer).get(SETTLEMENTS).status_code == 403


def test_the_books_are_proved_on_demand(people: Cast) -> None:
    olga = browser(people.olga)

    assert olga.post("/o/settlements/prove/").status_code == 302
    assert "Proved at" in text(olga, SETTLEMENTS)


def test_debts_lead_to_their_shops(people: Cast) -> None:
    connection.ensure_connection()
    posting.deduct(connection.connection, [Due("d", people.shop, 8_88)], kind="DEDUCTION", now=NOW)  # type: ignore[arg-type]

    page = text(browser(people.olga), SETTLEMENTS)

    assert f'<a href="/o/deposits/{people.shop}/">花间集</a>' in page
    assert "8.88" in page


def test_a_payment_is_booked_only_after_it_was_asked_once_more(people: Cast) -> None:
    olga, address = browser(people.olga), f"/o/deposits/{people.shop}/book/"
    form = {"act": "payment", "amount": "1,000", "reason": "bank 77", "key": "k"}

    asked = olga.post(address, form)
    assert "1,000.00 yuan are booked as paid in by 花间集" in asked.content.decode()
    assert balances(people.shop).deposit_fen == 0
    for _ in range(2):
        assert olga.post(address, form | {"amount": "1000.00", "sure": "yes"}).status_code == 302

    assert balances(people.shop).deposit_fen == 1_000_00
    page = text(olga, f"/o/deposits/{people.shop}/")
    assert "bank 77" in page
    assert "Take back" in page


def test_a_payment_is_taken_back_from_its_line(people: Cast) -> None:
    olga, address = browser(people.olga), f"/o/deposits/{people.shop}/book/"
    olga.post(address, {"act": "payment", "amount": "10", "reason": "bank", "key": "k", "sure": "yes"})
    transfer = LedgerTransfer.objects.get(kind="TOP_UP", memo__reason="bank").id

    assert "10.00" in text(olga, f"{address}?act=take-back&transfer={transfer}")
    form = {"act": "take-back", "transfer": transfer, "reason": "1 meant"}
    assert "are taken back from 花间集" in olga.post(address, form).content.decode()
    assert olga.post(address, form | {"sure": "yes"}).status_code == 302
    assert olga.post(address, form | {"sure": "yes"}).status_code == 409

    assert balances(people.shop) == queries.Balances()


def test_more_than_there_is_cannot_be_frozen(people: Cast) -> None:
    olga, address = browser(people.olga), f"/o/deposits/{people.shop}/book/"
    olga.post(address, {"act": "payment", "amount": "10", "reason": "bank", "key": "a", "sure": "yes"})

    form = {"act": "freeze", "reason": "fraud", "key": "b", "sure": "yes"}
    assert olga.post(address, form | {"amount": "10.01"}).status_code == 409
    assert olga.post(address, form | {"amount": "4"}).status_code == 302
    assert olga.post(address, form | {"act": "release", "key": "c", "amount": "1"}).status_code == 302

    assert balances(people.shop) == queries.Balances(deposit_fen=7_00, frozen_fen=3_00)


def test_a_deposit_is_a_shops_and_acts_are_known(people: Cast) -> None:
    olga = browser(people.olga)

    assert olga.get(f"/o/deposits/{people.creator}/").status_code == 404
    assert olga.get(f"/o/deposits/{people.shop}/book/?act=steal").status_code == 404


def test_the_calendar_shows_a_month_and_changes_a_day(people: Cast) -> None:
    olga = browser(people.olga)

    october = text(olga, "/o/calendar/?month=2022-10")
    assert october.count("国庆节") == 9
    assert "2022-07" in text(olga, "/o/calendar/?month=nonsense")
    assert olga.post("/o/calendar/", {"day": "2024-02-12", "state": "free", "name": "春节"}).status_code == 302
    assert "春节" in text(olga, "/o/calendar/?month=2024-02")
    assert olga.post("/o/calendar/", {"day": "1999-01-01", "state": "free"}).status_code == 422
    assert browser(people.viewer).post("/o/calendar/", {"day": "2024-02-13", "state": "free"}).status_code == 403

    assert [key.isoformat() for key in calendar.special_days() if key.year == 2024] == ["2024-02-12"]
