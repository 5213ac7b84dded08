"""The words of stepping in (介入) and of tickets (查件): states, reasons, answers, and why something was left out."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.rules.nudging import Answer, Finding, LeftOut, Note, State

NOTE: Final = {
    Note.PLEASE_CHECK: gettext_noop("Please check what happened"),
    Note.BUYER_ASKS: gettext_noop("The buyer is asking"),
    Note.PLEASE_URGE: gettext_noop("Please urge the carrier"),
    Note.PLEASE_RESEND: gettext_noop("Please send it again"),
}
ANSWER: Final = {
    Answer.CARRIER_CONTACTED: gettext_noop("Carrier contacted"),
    Answer.RESENT: gettext_noop("Sent again"),
    Answer.REFUNDED: gettext_noop("Refunded"),
    Answer.BUYER_CONTACTED: gettext_noop("Buyer contacted"),
    Answer.NOTHING_NEEDED: gettext_noop("Nothing needs to be done"),
}
FINDING: Final = {
    Finding.URGED: gettext_noop("Urged"),
    Finding.DELIVERING: gettext_noop("Being delivered"),
    Finding.DAMAGE_CLAIMED: gettext_noop("Damaged, claim opened"),
    Finding.LOST: gettext_noop("Lost"),
    Finding.RETURNED: gettext_noop("Returned"),
    Finding.SIGNED: gettext_noop("Signed already"),
    Finding.OTHER: gettext_noop("Something else"),
}
NUDGE_STATE: Final = {
    State.WAITING: gettext_noop("Waiting for the shop"),
    State.ANSWERED: gettext_noop("The shop has answered"),
    State.OVERDUE: gettext_noop("Answer overdue"),
    State.SETTLED: gettext_noop("Settled"),
}
TICKET_STATE: Final = {
    State.WAITING: gettext_noop("Waiting for the carrier"),
    State.ANSWERED: gettext_noop("The carrier has answered"),
    State.OVERDUE: gettext_noop("Answer overdue"),
    State.SETTLED: gettext_noop("Settled"),
}
TONE: Final = {State.WAITING: "active", State.ANSWERED: "good", State.OVERDUE: "bad", State.SETTLED: "quiet"}
LEFT_OUT: Final = {
    LeftOut.NOT_OPEN: gettext_noop("The anomaly is not in progress any more."),
    LeftOut.NO_ADDRESSEE: gettext_noop("This carrier does not take tickets here, or the outlet is another carrier's."),
    LeftOut.ALREADY_ASKED: gettext_noop("You have asked about it already, and that is not settled yet."),
    LeftOut.PARCEL_DAY_FULL: gettext_noop("You have asked about this parcel often enough today."),
    LeftOut.BATCH_FULL: gettext_noop("Too many at once; send the rest separately."),
    LeftOut.DAY_FULL: gettext_noop("You have asked often enough today; go on tomorrow."),
}
SIDE: Final = {
    "CREATOR": gettext_noop("Creator"),
    "SHOP": gettext_noop("Shop"),
    "CARRIER": gettext_noop("Carrier, through the shop"),
    "PLATFORM": gettext_noop("Platform"),
}
DEED: Final = {
    "ASKED": gettext_noop("asks"),
    "ANSWERED": gettext_noop("answers"),
    "ACKNOWLEDGED": gettext_noop("knows of everything in this nudge"),
    "FORWARDED": gettext_noop("has passed the question on"),
    "REMINDED": gettext_noop("reminds of the answer"),
    "SETTLED": gettext_noop("settled"),
}
_TABLES: Final[dict[str, dict[str, str]]] = {
    "note": {str(code): words for code, words in NOTE.items()},
    "answer": {str(code): words for code, words in ANSWER.items()},
    "finding": {str(code): words for code, words in FINDING.items()},
    "nudge_state": {str(code): words for code, words in NUDGE_STATE.items()},
    "ticket_state": {str(code): words for code, words in TICKET_STATE.items()},
    "left_out": {str(code): words for code, words in LEFT_OUT.items()},
    "side": SIDE,
    "deed": DEED,
}


def of(table: str, code: str) -> str:
    """Return the words for a code; one that a newer release wrote is shown as it is."""
    words = _TABLES[table].get(str(code))
    return gettext(words) if words is not None else code


def said(code: str) -> str:
    """Return the words of a message's code, whichever side it is from; empty for none."""
    table = next((each for each in ("note", "answer", "finding") if code in _TABLES[each]), "note")
    return of(table, code) if code else ""


def tone(state: State) -> str:
    """Return the color a state is shown in."""
    return TONE[state]


def choices(table: str) -> list[tuple[str, str]]:
    """Return the codes of a table with their words, in the order of the rules."""
    return [(code, gettext(words)) for code, words in _TABLES[table].items()]
