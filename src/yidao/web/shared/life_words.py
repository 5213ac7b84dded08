"""The words of after-sales and refunds; a test fails when a code has no words here."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.orders import after_sale_words
from yidao.rules import after_sale as rule
from yidao.rules import money
from yidao.rules.refunds import Outcome, Route

State = rule.State
AFTER_SALE: Final[Mapping[str, str]] = {
    State.AWAIT_SHOP: gettext_noop("Waits for the shop"),
    State.AWAIT_RETURN: gettext_noop("Buyer sends back"),
    State.AWAIT_RECEIPT: gettext_noop("To receive back"),
    State.REFUNDING: gettext_noop("Refunding"),
    State.DONE: gettext_noop("Finished"),
    State.REFUSED: gettext_noop("Refused by the shop"),
    State.WITHDRAWN: gettext_noop("Withdrawn"),
}
AFTER_SALE_TONE: Final[Mapping[str, str]] = {
    State.AWAIT_SHOP: "warn",
    State.AWAIT_RECEIPT: "warn",
    State.DONE: "good",
    State.REFUSED: "quiet",
    State.WITHDRAWN: "quiet",
}
KIND: Final[Mapping[str, str]] = {
    rule.Kind.REFUND: gettext_noop("Refund only"),
    rule.Kind.RETURN_REFUND: gettext_noop("Return and refund"),
    rule.Kind.EXCHANGE: gettext_noop("Exchange"),
}
STEP: Final[Mapping[str, str]] = {
    "OPENED": gettext_noop("The buyer opened it"),
    "CLOSED": gettext_noop("The order was closed by time"),
    rule.Act.APPROVE: gettext_noop("Agreed"),
    rule.Act.REFUSE: gettext_noop("The shop refused"),
    rule.Act.SEND_BACK: gettext_noop("The buyer sent the goods back"),
    rule.Act.RECEIVE: gettext_noop("The goods came back"),
    rule.Act.WITHDRAW: gettext_noop("Withdrawn"),
    rule.Act.PAID: gettext_noop("The money is back"),
}
SILENCE: Final[Mapping[str, str]] = {
    State.AWAIT_SHOP: gettext_noop("Without an answer in time it counts as agreed."),
    State.AWAIT_RETURN: gettext_noop("If the buyer sends nothing back in time, it counts as withdrawn."),
    State.AWAIT_RECEIPT: gettext_noop("Without an answer in time the goods count as received."),
}
"""What happens when the time of a state runs out, by the policy's default."""

STANDS: Final[Mapping[str, str]] = {
    "DECIDE": gettext_noop("To decide"),
    "RETRY": gettext_noop("Tried again soon"),
    "UNKNOWN": gettext_noop("Without an answer"),
    "ON_ITS_WAY": gettext_noop("On its way"),
    "DONE": gettext_noop("Money arrived"),
}
STANDS_TONE: Final[Mapping[str, str]] = {"DECIDE": "bad", "RETRY": "warn", "UNKNOWN": "warn", "DONE": "good"}
ROUTE: Final[Mapping[str, str]] = {
    Route.ORIGINAL: gettext_noop("The way it was paid"),
    Route.OTHER: gettext_noop("Another way"),
}
OUTCOME: Final[Mapping[str, str]] = {
    Outcome.DONE: gettext_noop("paid"),
    Outcome.FAILED: gettext_noop("failed for certain"),
    Outcome.UNKNOWN: gettext_noop("no answer"),
    Outcome.MISSING: gettext_noop("never arrived"),
}
ATTEMPT: Final[Mapping[str, str]] = {
    "CALLED": gettext_noop("Asked to pay"),
    "ANSWERED": gettext_noop("The provider's answer"),
    "INQUIRED": gettext_noop("Asked what became of it"),
    "ROUTE_CHOSEN": gettext_noop("Another way was chosen"),
    "MARKED_DONE": gettext_noop("Marked as paid"),
}
REASON: Final[Mapping[str, str]] = after_sale_words.REASONS
CAUSE: Final[Mapping[str, str]] = {
    "AFTER_SALE": gettext_noop("After-sale"),
    "CLOSING": gettext_noop("Closed by time"),
}
_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "after_sale": AFTER_SALE,
    "kind": KIND,
    "step": STEP,
    "silence": SILENCE,
    "reason": REASON,
    "stands": STANDS,
    "route": ROUTE,
    "outcome": OUTCOME,
    "attempt": ATTEMPT,
    "cause": CAUSE,
}


def of(table: str, code: str) -> str:
    """Return the words for a code; one that a newer release wrote is shown as it is."""
    words = _TABLES[table].get(code)
    return gettext(words) if words is not None else code


def tone(state: str) -> str:
    """Return the color a record's state is shown in."""
    return AFTER_SALE_TONE.get(state, "active")


def yuan(amount_fen: int) -> str:
    """Return an amount as people read it."""
    return f"¥{money.yuan(amount_fen)}"
