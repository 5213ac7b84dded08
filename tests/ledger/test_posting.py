"""The one writer of the books."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.ledger import books
from tests.ledger.books import NOW
from yidao.kit import ids
from yidao.ledger import posting
from yidao.ledger.posting import Due, Kind, Leg, Transfer


@pytest.fixture
def connection(runtime_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(runtime_dsn) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def shop_id() -> int:
    return int(ids.new_id())


def deduct(connection: psycopg.Connection[Any], shop_id: int, *amounts: int) -> tuple[posting.Done, ...]:
    dues = [Due(f"{shop_id}/{number}", shop_id, amount) for number, amount in enumerate(amounts)]
    return posting.deduct(connection, dues, kind=Kind.DEDUCTION, now=NOW)


def test_a_deduction_takes_from_the_deposit(connection: psycopg.Connection[Any], shop_id: int) -> None:
    books.top_up(connection, shop_id, 5000)

    done = deduct(connection, shop_id, 1000, 1000)

    assert [each.debt_fen for each in done] == [0, 0]
    assert books.balances(connection, shop_id) == {"DEPOSIT": 3000, "PENALTY": 2000, "TOPUP_CLEARING": -5000}
    assert books.sums(connection, shop_id) == books.balances(connection, shop_id)
    assert books.faults(connection, shop_id) == []


def test_what_the_deposit_does_not_reach_becomes_a_debt(connection: psycopg.Connection[Any], shop_id: int) -> None:
    books.top_up(connection, shop_id, 1400)

    done = deduct(connection, shop_id, 1000, 1000, 1000)

    assert [each.debt_fen for each in done] == [0, 600, 1000]
    assert books.balances(connection, shop_id) == {"DEBT": -1600, "PENALTY": 3000, "TOPUP_CLEARING": -1400}


def test_what_comes_in_pays_the_debt_first(connection: psycopg.Connection[Any], shop_id: int) -> None:
    deduct(connection, shop_id, 1000)

    books.top_up(connection, shop_id, 700, ref="a")
    assert books.balances(connection, shop_id) == {"DEBT": -300, "PENALTY": 1000, "TOPUP_CLEARING": -700}
    posting.give_back(connection, [Due("back", shop_id, 1000)], now=NOW)

    assert books.balances(connection, shop_id) == {"DEPOSIT": 700, "TOPUP_CLEARING": -700}
    assert books.faults(connection, shop_id) == []


def test_a_cause_is_booked_once(connection: psycopg.Connection[Any], shop_id: int) -> None:
    books.top_up(connection, shop_id, 5000)
    first = deduct(connection, shop_id, 1000)

    again = deduct(connection, shop_id, 1000, 300)
    books.top_up(connection, shop_id, 5000)

    assert len(first) == 1
    assert [each.ref for each in again] == [f"{shop_id}/1"]
    assert books.balances(connection, shop_id) == {"DEPOSIT": 3700, "PENALTY": 1300, "TOPUP_CLEARING": -5000}


def test_a_batch_that_names_a_cause_twice_books_it_once(connection: psycopg.Connection[Any], shop_id: int) -> None:
    dues = [Due("same", shop_id, 10), Due("same", shop_id, 10)]

    done = posting.deduct(connection, dues, kind=Kind.COMPENSATION, now=NOW)

    assert len(done) == 1
    assert books.balances(connection, shop_id) == {"DEBT": -10, "COMPENSATION": 10}


def test_nothing_is_frozen_that_is_not_there(connection: psycopg.Connection[Any], shop_id: int) -> None:
    books.top_up(connection, shop_id, 100)
    legs = (Leg(shop_id, "DEPOSIT", -101), Leg(shop_id, "FROZEN", 101))

    with pytest.raises(posting.DepositShort):
        posting.post(connection, [Transfer(kind=Kind.FREEZE, ref="f", at=NOW, entries=legs)], now=NOW)

    assert books.balances(connection, shop_id) == {"DEPOSIT": 100, "TOPUP_CLEARING": -100}


def test_posting_transfers_again_books_nothing(connection: psycopg.Connection[Any], shop_id: int) -> None:
    books.top_up(connection, shop_id, 100)
    legs = (Leg(shop_id, "DEPOSIT", -60), Leg(shop_id, "FROZEN", 60))
    transfer = Transfer(kind=Kind.FREEZE, ref=f"{shop_id}/f", at=NOW, entries=legs)

    assert posting.post(connection, [transfer, transfer], now=NOW) == {f"{shop_id}/f"}
    assert posting.post(connection, [transfer], now=NOW) == frozenset()

    assert books.balances(connection, shop_id) == {"DEPOSIT": 40, "FROZEN": 60, "TOPUP_CLEARING": -100}


def test_the_database_is_the_second_wall(connection: psycopg.Connection[Any], shop_id: int) -> None:
    books.top_up(connection, shop_id, 100)

    with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
        connection.execute("UPDATE ledger_account SET balance_fen = -1 WHERE organisation_id = %s", (shop_id,))
    for table in ("ledger_entry", "ledger_transfer", "ledger_proof"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(f"DELETE FROM {table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(f"UPDATE {table} SET id = id")


@pytest.mark.parametrize("round_", range(3))
def test_two_writers_at_once_book_each_cause_once(runtime_dsn: str, round_: int) -> None:
    shops = [int(ids.new_id()) for _ in range(5)]
    both = threading.Barrier(2, timeout=20)
    faults: list[BaseException] = []
    booked: list[str] = []

    def write() -> None:
        try:
            with psycopg.connect(runtime_dsn) as connection:
                both.wait()
                for part in range(4):
                    dues = [Due(f"{each}/{part}/{number}", each, 100) for each in shops for number in range(3)]
                    with connection.transaction():
                        done = posting.deduct(connection, dues, kind=Kind.DEDUCTION, now=NOW)
                    booked.extend(each.ref for each in done)
                    with connection.transaction():
                        for each in shops:
                            books.top_up(connection, each, 250, ref=str(part))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert faults == []
    assert len(booked) == len(set(booked)) == 60
    with psycopg.connect(runtime_dsn) as connection:
        for shop_id in shops:
            assert books.balances(connection, shop_id) == {"PENALTY": 1200, "TOPUP_CLEARING": -1000, "DEBT": -200}
            assert books.faults(connection, shop_id) == []
