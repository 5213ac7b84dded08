"""Whatever is booked in whatever order, the books agree and no cause moves money twice."""

import os
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.ledger import books
from tests.ledger.books import NOW
from yidao.kit import ids
from yidao.ledger import posting
from yidao.ledger.posting import Due, Leg, Transfer

AMOUNTS = st.integers(1, 50)
REFS = st.integers(1, 12)
EXAMPLES = int(os.environ.get("YIDAO_MACHINE_EXAMPLES", "25"))


class Books(RuleBasedStateMachine):
    """Two shops, a model of their balances in Python, and a database that must say the same."""

    connection: psycopg.Connection[Any]

    def __init__(self) -> None:
        super().__init__()
        self.shops = [int(ids.new_id()) for _ in range(2)]
        self.model = {
            shop: dict.fromkeys(("DEPOSIT", "FROZEN", "DEBT", "PENALTY", "TOPUP_CLEARING"), 0) for shop in self.shops
        }
        self.refs: set[tuple[str, int, int]] = set()

    def is_new(self, kind: str, shop: int, ref: int) -> bool:
        known = (kind, shop, ref) in self.refs
        self.refs.add((kind, shop, ref))
        return not known

    @rule(which=st.integers(0, 1), amount=AMOUNTS, ref=REFS)
    def top_up(self, which: int, amount: int, ref: int) -> None:
        shop = self.shops[which]
        books.top_up(self.connection, shop, amount, ref=str(ref))
        if self.is_new("TOP_UP", shop, ref):
            self._come_back(shop, "TOPUP_CLEARING", amount)

    @rule(which=st.integers(0, 1), dues=st.lists(st.tuples(REFS, AMOUNTS), min_size=1, max_size=4))
    def deduct(self, which: int, dues: list[tuple[int, int]]) -> None:
        shop = self.shops[which]
        told = [Due(f"{shop}/{ref}", shop, amount) for ref, amount in dues]
        posting.deduct(self.connection, told, kind="DEDUCTION", now=NOW)
        for ref, amount in dues:
            if self.is_new("DEDUCTION", shop, ref):
                own = self.model[shop]
                paid = min(amount, own["DEPOSIT"])
                own["DEPOSIT"] -= paid
                own["DEBT"] -= amount - paid
                own["PENALTY"] += amount

    @rule(which=st.integers(0, 1), amount=AMOUNTS, ref=REFS)
    def give_back(self, which: int, amount: int, ref: int) -> None:
        shop = self.shops[which]
        posting.give_back(self.connection, [Due(f"{shop}/{ref}", shop, amount)], now=NOW)
        if self.is_new("GIVE_BACK", shop, ref):
            self._come_back(shop, "PENALTY", amount)

    @rule(which=st.integers(0, 1), amount=AMOUNTS)
    def freeze(self, which: int, amount: int) -> None:
        shop, own = self.shops[which], self.model[self.shops[which]]
        legs = (Leg(shop, "DEPOSIT", -amount), Leg(shop, "FROZEN", amount))
        transfer = Transfer(kind="FREEZE", ref=str(ids.new_id()), at=NOW, entries=legs)
        if own["DEPOSIT"] >= amount:
            posting.post(self.connection, [transfer], now=NOW)
            own["DEPOSIT"] -= amount
            own["FROZEN"] += amount
        else:
            with pytest.raises(posting.DepositShort):
                posting.post(self.connection, [transfer], now=NOW)

    @rule(which=st.integers(0, 1), amount=AMOUNTS)
    def release(self, which: int, amount: int) -> None:
        shop = self.shops[which]
        due = Due(str(ids.new_id()), shop, amount)
        if self.model[shop]["FROZEN"] >= amount:
            posting.give_back(self.connection, [due], now=NOW, kind="UNFREEZE", source="FROZEN")
            self._come_back(shop, "FROZEN", amount)
        else:
            with pytest.raises(posting.DepositShort):
                posting.give_back(self.connection, [due], now=NOW, kind="UNFREEZE", source="FROZEN")

    def _come_back(self, shop: int, source: str, amount: int) -> None:
        own = self.model[shop]
        to_debt = min(amount, -own["DEBT"])
        own[source] -= amount
        own["DEBT"] += to_debt
        own["DEPOSIT"] += amount - to_debt

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        for shop in self.shops:
            expected = {kind: balance for kind, balance in self.model[shop].items() if balance}
            assert books.balances(self.connection, shop) == expected
            assert books.sums(self.connection, shop) == expected
            assert books.faults(self.connection, shop) == []
            assert not (expected.get("DEPOSIT") and expected.get("DEBT"))


def test_the_books_agree_whatever_happens(runtime_dsn: str) -> None:
    with psycopg.connect(runtime_dsn) as connection:
        Books.connection = connection
        run_state_machine_as_test(
            Books,
            settings=settings(
                max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
        connection.rollback()
