"""
A payment provider that pays nobody. It keeps its books in the database and can be told, by rules on the beginning of an
order's number, to fail, to lose a call, to pay without answering, or to answer late.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

import psycopg
from psycopg import rows

from yidao.carriers.payments import Answer, Request
from yidao.rules.refunds import Outcome

LATE_ASKS: Final = 2
"""How often a late request is asked about before it is paid."""


class Act(StrEnum):
    """How the sandbox treats one call."""

    PAY = "PAY"
    FAIL = "FAIL"
    TIME_OUT = "TIME_OUT"
    LOSE = "LOSE"
    LATE = "LATE"


_RULE: Final = """
SELECT acts FROM payment_sandbox_rule
 WHERE starts_with(%s, order_no_prefix) AND route IN ('', %s)
 ORDER BY length(order_no_prefix) DESC, route DESC LIMIT 1
"""
_CALL: Final = """
INSERT INTO payment_sandbox_request AS r (request_id, order_no, route, amount_fen, calls, asks, state, paid_fen)
VALUES (%s, %s, %s, %s, 1, 0, 'NEW', 0)
ON CONFLICT (request_id) DO UPDATE SET calls = r.calls + 1
RETURNING calls, state
"""
_SET: Final = """
UPDATE payment_sandbox_request
   SET state = %(state)s, paid_fen = paid_fen + CASE WHEN %(state)s = 'PAID' THEN amount_fen ELSE 0 END
 WHERE request_id = %(request)s
"""
_ASK: Final = "UPDATE payment_sandbox_request SET asks = asks + 1 WHERE request_id = %s RETURNING state, asks"
_SAID: Final = {"PAID": Outcome.DONE, "FAILED": Outcome.FAILED, "LOST": Outcome.MISSING, "NEW": Outcome.MISSING}
_DOES: Final = {
    Act.PAY: ("PAID", Answer(outcome=Outcome.DONE)),
    Act.FAIL: ("FAILED", Answer(outcome=Outcome.FAILED, code="sandbox.refused")),
    Act.TIME_OUT: ("PAID", Answer(outcome=Outcome.UNKNOWN, code="sandbox.timeout")),
    Act.LOSE: ("LOST", Answer(outcome=Outcome.UNKNOWN, code="sandbox.timeout")),
    Act.LATE: ("PENDING", Answer(outcome=Outcome.UNKNOWN, code="sandbox.pending")),
}


class Sandbox:
    """Pays nobody; every call is one transaction on the connection it is given."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect

    def refund(self, request: Request) -> Answer:
        """Do what the rule says for this call; what was paid stays paid and is never paid again."""
        connection = self._connect()
        with connection.transaction(), psycopg.Cursor(connection, row_factory=rows.tuple_row) as cursor:
            told = (request.request_id, request.order_no, request.route.value, request.amount_fen)
            calls, state = cursor.execute(_CALL, told).fetchone() or (1, "NEW")
            if state == "PAID":
                return Answer(outcome=Outcome.DONE)
            if state == "PENDING":
                return Answer(outcome=Outcome.UNKNOWN, code="sandbox.pending")
            rule = cursor.execute(_RULE, (request.order_no, request.route.value)).fetchone()
            acts = acts_of(rule[0]) if rule is not None else (Act.PAY,)
            state, answer = _DOES[acts[min(calls, len(acts)) - 1]]
            cursor.execute(_SET, {"state": state, "request": request.request_id})
        return answer

    def ask(self, request_id: str) -> Answer:
        """Say what the books say; a late request is paid when it is asked about for the second time."""
        connection = self._connect()
        with connection.transaction(), psycopg.Cursor(connection, row_factory=rows.tuple_row) as cursor:
            found = cursor.execute(_ASK, (request_id,)).fetchone()
            if found is None:
                return Answer(outcome=Outcome.MISSING)
            state, asks = found
            if state == "PENDING":
                if asks < LATE_ASKS:
                    return Answer(outcome=Outcome.UNKNOWN, code="sandbox.pending")
                cursor.execute(_SET, {"state": "PAID", "request": request_id})
                state = "PAID"
            code = "sandbox.refused" if state == "FAILED" else ""
        return Answer(outcome=_SAID[state], code=code)


def acts_of(text: str) -> tuple[Act, ...]:
    """
    Return the acts of a rule, like FAIL,FAIL,PAY.

    :raises ValueError: one of them does not exist, or there is none.
    """
    return tuple(Act(each.strip()) for each in text.split(","))
