"""The shop's deposit: what there is, the statement, what is going to be deducted, paying in."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.judging import world as orders
from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.accounts import access
from yidao.accounts.ids import UserId
from yidao.exports import registry
from yidao.judging import settling
from yidao.kit import ids
from yidao.kit.models import DemoClock
from yidao.ledger import posting, queries
from yidao.ledger.models import LedgerProof
from yidao.ledger.posting import Due

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
    return cast.build()


def raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def browser(user: Any) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(user)
    return client


def paid_in(shop: int, amount_fen: int) -> None:
    due = Due(f"{shop}/{amount_fen}", shop, amount_fen, {"reason": "by bank"})
    posting.give_back(raw(), [due], now=NOW, kind="TOP_UP", source="TOPUP_CLEARING")


def deducted(shop: int, count: int) -> None:
    memo = {"kind": "LATE_SHIPMENT", "ordinal": 1, "day": "2022-06-30", "order_no": "4986500000000000001"}
    dues = [Due(f"{shop}/{number}", shop, 10_00, memo) for number in range(count)]
    posting.deduct(raw(), dues, kind="DEDUCTION", now=NOW + timedelta(minutes=1))


def test_the_page_says_what_there_is_and_lists_what_was_booked(people: Cast) -> None:
    paid_in(people.shop, 1_234_00)
    deducted(people.shop, 1)
    paid_in(people.other_shop, 77_77)
    LedgerProof.objects.create(
        id=ids.new_id(), day=NOW.date(), at=NOW, recorded_at=NOW, accounts=3, transfers=3, entries=6, faults=[]
    )

    page = browser(people.alice).get(f"/m/{people.shop}/deposit/").content.decode()

    for text in ("1,224.00", "-10.00", "+1,234.00", "4986500000000000001", "by bank", "Late shipment", "books agree"):
        assert text in page
    assert "77.77" not in page


def test_a_debt_is_said_loudly(people: Cast) -> None:
    deducted(people.shop, 1)

    page = browser(people.alice).get(f"/m/{people.shop}/deposit/").content.decode()

    assert "10.00 yuan are owed" in page


@pytest.mark.parametrize("lines", [1, 3])
def test_the_statement_asks_as_often_for_three_lines_as_for_one(
    people: Cast, lines: int, django_assert_num_queries: Any
) -> None:
    paid_in(people.shop, 50_00)
    deducted(people.shop, lines)
    client = browser(people.alice)
    client.get(f"/m/{people.shop}/deposit/")

    with django_assert_num_queries(QUERIES):
        client.get(f"/m/{people.shop}/deposit/")


QUERIES = 9


def test_the_statement_is_narrowed_by_kind_account_and_day(people: Cast) -> None:
    paid_in(people.shop, 5_00)
    deducted(people.shop, 1)
    client = browser(people.alice)

    def rows(query: str) -> int:
        answer = client.get(f"/m/{people.shop}/deposit/?{query}", headers={"HX-Request": "true"})
        return answer.content.decode().count("<tr data-key")

    assert rows("") == 3
    assert rows("kind=DEDUCTION") == 2
    assert rows("kind=DEDUCTION&account=DEBT") == 1
    assert rows("day_from=2022-07-02") == 0
    assert rows("day_from=2022-07-01&day_until=2022-07-01") == 3


def test_paying_in_pays_once_however_often_the_form_is_sent(people: Cast) -> None:
    client, address = browser(people.alice), f"/m/{people.shop}/deposit/top-up/"
    assert "Pay into the deposit" in client.get(address).content.decode()

    for _ in range(2):
        answer = client.post(address, {"amount": "500.5", "key": "same"})
        assert answer.status_code == 302

    assert queries.balances_of([people.shop])[people.shop].deposit_fen == 500_50


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.234", "two", "99999999"])
def test_an_amount_that_will_not_do_stays_in_the_form(people: Cast, amount: str) -> None:
    answer = browser(people.alice).post(f"/m/{people.shop}/deposit/top-up/", {"amount": amount, "key": "k"})

    assert answer.status_code == 422
    assert "at most two places" in answer.content.decode()
    assert queries.balances_of([people.shop]) == {}


def test_without_a_sandbox_the_page_says_how_to_pay(people: Cast) -> None:
    DemoClock.objects.all().delete()
    client, address = browser(people.alice), f"/m/{people.shop}/deposit/top-up/"

    assert "an operator books it" in client.get(address).content.decode()
    assert client.post(address, {"amount": "5", "key": "k"}).status_code == 409


def test_what_is_going_to_be_deducted_and_what_was_stand_by_day(people: Cast) -> None:
    for _ in range(3):
        orders.late(int(people.shop))
    orders.sweep(orders.after(1))
    client = browser(people.alice)

    coming = client.get(f"/m/{people.shop}/deposit/days/").content.decode()
    settling._settle(raw(), people.shop, orders.D.date(), now=orders.after(20))
    past = client.get(f"/m/{people.shop}/deposit/days/").content.decode()

    assert "30.00 / 500.00" in coming
    assert "No day was settled yet." in coming
    assert "Nothing waits to be deducted." in past
    assert "2022-06-01" in past


def test_the_statement_goes_into_a_file(people: Cast) -> None:
    paid_in(people.shop, 5_00)
    deducted(people.shop, 1)
    alice = access.actor_for_shop(UserId(people.alice.id), people.shop)
    kind = registry.of("merchant-deposit")
    assert kind is not None

    assert kind.count(alice, "kind=DEDUCTION", NOW, 100) == 2
    rows = list(kind.rows(alice, "", NOW))

    assert [row[5] for row in rows] == ["-5.00", "-5.00", "5.00"]
    assert {row[2] for row in rows} == {"4986500000000000001", ""}
    assert all(len(row) == len(kind.headers) for row in rows)
