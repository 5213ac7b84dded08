"""Reads the books the plain way, to check the writer against them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from yidao.ledger import posting
from yidao.ledger.posting import Due

NOW = datetime(2022, 6, 20, 4, 0, tzinfo=UTC)


def top_up(connection: psycopg.Connection[Any], shop_id: int, amount_fen: int, *, ref: str = "first") -> None:
    """Let money come in."""
    due = Due(f"{shop_id}/{ref}", shop_id, amount_fen)
    posting.give_back(connection, [due], now=NOW, kind=posting.Kind.TOP_UP, source=posting.Account.TOPUP_CLEARING)


def balances(connection: psycopg.Connection[Any], shop_id: int) -> dict[str, int]:
    """Return the balances that are not nothing, by kind of account."""
    rows = connection.execute(
        "SELECT kind, balance_fen FROM ledger_account WHERE organisation_id = %s AND balance_fen <> 0", (shop_id,)
    ).fetchall()
    return dict(rows)


def sums(connection: psycopg.Connection[Any], shop_id: int) -> dict[str, int]:
    """Return what the lines of each account add up to, where that is not nothing."""
    rows = connection.execute(
        "SELECT account_kind, sum(amount_fen)::bigint FROM ledger_entry WHERE organisation_id = %s"
        " GROUP BY account_kind HAVING sum(amount_fen) <> 0",
        (shop_id,),
    ).fetchall()
    return dict(rows)


def faults(connection: psycopg.Connection[Any], shop_id: int) -> list[tuple[Any, ...]]:
    """Return transfers that do not sum to nothing, gaps in the counting, and lines that do not follow their last."""
    uneven = connection.execute(
        "SELECT transfer_id, sum(amount_fen)::bigint FROM ledger_entry WHERE organisation_id = %s"
        " GROUP BY transfer_id HAVING sum(amount_fen) <> 0",
        (shop_id,),
    ).fetchall()
    gaps = connection.execute(
        "SELECT * FROM (SELECT account_id, seq, balance_before_fen,"
        " lag(seq, 1, 0::bigint) OVER w AS before, lag(balance_after_fen, 1, 0::bigint) OVER w AS after"
        " FROM ledger_entry WHERE organisation_id = %s WINDOW w AS (PARTITION BY account_id ORDER BY seq)) AS t"
        " WHERE seq <> before + 1 OR balance_before_fen <> after",
        (shop_id,),
    ).fetchall()
    return [*uneven, *gaps]


def later(hours: int) -> datetime:
    """Return an instant after NOW."""
    return NOW + timedelta(hours=hours)
