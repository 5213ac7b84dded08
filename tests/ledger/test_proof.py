"""The nightly proof finds whatever does not agree, and changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.ledger import books
from tests.web import cast
from yidao.kit import sweeps
from yidao.ledger import posting, proof
from yidao.ledger.posting import Due
from yidao.notices.models import Notice

NIGHT = datetime(2022, 6, 19, 19, 0, tzinfo=UTC)
"""2022-06-20 03:00 in Shanghai."""


def raw() -> Any:
    connection.ensure_connection()
    return connection.connection


@pytest.fixture
def shop(db: None) -> int:
    found = int(cast.organisation(cast.Kind.SHOP, "花间集"))
    books.top_up(raw(), found, 50_00)
    posting.give_back(raw(), [Due(str(found), found, 10_00)], now=NIGHT, kind="TOP_UP", source="TOPUP_CLEARING")
    return found


def fresh_night() -> datetime:
    """Return a night later than everything that was proved before."""
    found = proof.latest()
    return NIGHT + timedelta(days=max(0, (found.at - NIGHT).days) + 3 if found else 0)


def own(row: proof.ProofRow, before: proof.ProofRow) -> set[str]:
    return {name for name, _ in set(row.faults) - set(before.faults)}


def test_books_that_agree_are_green(shop: int) -> None:
    row = proof.prove(raw(), now=NIGHT)

    assert proof.latest() == row
    assert row.entries >= 4
    assert row.day.isoformat() == "2022-06-20"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        pytest.param(
            "UPDATE ledger_account SET balance_fen = balance_fen + 1 WHERE kind = 'DEPOSIT'",
            {"balance"},
            id="a balance",
        ),
        pytest.param("UPDATE ledger_account SET seq = seq + 1", {"balance"}, id="a count"),
        pytest.param("DELETE FROM ledger_entry WHERE seq = 1", {"balance", "chain", "transfer"}, id="lost lines"),
        pytest.param(
            "UPDATE ledger_entry SET amount_fen = amount_fen + 1, balance_after_fen = balance_after_fen + 1"
            " WHERE seq = 2 AND account_kind = 'DEPOSIT'",
            {"balance", "transfer"},
            id="a line that moves more",
        ),
        pytest.param("UPDATE ledger_entry SET organisation_id = 1", {"owner"}, id="a line of somebody else"),
    ],
)
def test_whatever_was_damaged_is_found_and_told(owner_dsn: str, shop: int, damage: str, found: set[str]) -> None:
    platform = cast.organisation(cast.Kind.PLATFORM, "平台")
    before = proof.prove(raw(), now=NIGHT)
    where = " AND " if "WHERE" in damage else " WHERE "
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute(f"{damage}{where}organisation_id = {shop}")

    row = proof.prove(raw(), now=NIGHT + timedelta(hours=1))

    assert own(row, before) == found
    assert not row.is_green
    assert Notice.objects.filter(organisation_id=platform, kind="deposit.proof_failed").count() >= 1


def test_a_night_is_proved_once_from_its_hour_on(committed_db: None) -> None:
    start = fresh_night()

    assert sweeps.sweep_until_quiet([proof.CONCERN], now=start)["proof"] == 1
    assert sweeps.sweep_until_quiet([proof.CONCERN], now=start + timedelta(hours=23))["proof"] == 0
    assert sweeps.sweep_until_quiet([proof.CONCERN], now=start + timedelta(hours=24))["proof"] == 1


@pytest.mark.parametrize(
    ("hours", "proved"),
    [
        pytest.param(-2, 1, id="made by hand at one o'clock, before the settlement"),
        pytest.param(-24, 1, id="made the night before"),
        pytest.param(0, 0, id="made when the settlement had its hour"),
    ],
)
def test_a_proof_made_before_the_settlement_leaves_the_night_to_be_proved(committed_db: None, hours, proved) -> None:
    start = fresh_night()
    proof.prove(raw(), now=start + timedelta(hours=hours))

    assert sweeps.sweep_until_quiet([proof.CONCERN], now=start)["proof"] == proved


def test_the_runtime_cannot_hide_a_proof(runtime_dsn: str) -> None:
    with psycopg.connect(runtime_dsn) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
        opened.execute("DELETE FROM ledger_proof")
