"""The judging room's part of the proof of the books: what penalties took is what their transfers moved."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg

from yidao.ledger import proof

_PENALTIES: Final = """
SELECT p.id FROM penalty AS p
  LEFT JOIN (SELECT transfer_id, sum(amount_fen) AS total FROM ledger_entry
              WHERE account_kind IN ('PENALTY', 'COMPENSATION') GROUP BY transfer_id) AS e
    ON e.transfer_id = p.transfer_id
 WHERE p.kind IN ('DEDUCTION', 'COUPON') AND p.amount_fen <> coalesce(e.total, 0) ORDER BY p.id LIMIT %s
"""
_TRANSFERS: Final = """
SELECT t.id FROM ledger_transfer AS t
 WHERE t.kind IN ('DEDUCTION', 'COMPENSATION', 'GIVE_BACK')
   AND NOT EXISTS (SELECT 1 FROM penalty AS p WHERE p.transfer_id = t.id) ORDER BY t.id LIMIT %s
"""


def penalties_without_their_transfer(connection: psycopg.Connection[Any], limit: int) -> Sequence[int]:
    """Return penalties whose transfer is missing or moved something else."""
    return [id_ for (id_,) in connection.execute(_PENALTIES, (limit,)).fetchall()]


def transfers_without_their_penalty(connection: psycopg.Connection[Any], limit: int) -> Sequence[int]:
    """Return deductions, compensations and what was given back that no penalty asked for."""
    return [id_ for (id_,) in connection.execute(_TRANSFERS, (limit,)).fetchall()]


proof.register("penalty", penalties_without_their_transfer)
proof.register("cause", transfers_without_their_penalty)
