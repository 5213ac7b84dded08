"""The words of orders: states, promises, labels, flags, causes. A test fails when a code has no words here."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import get_language, gettext, gettext_noop

from yidao.flows import repack, unmake
from yidao.orders.models import DeadlineChange, Order, ShipByCard
from yidao.places import divisions
from yidao.rules import money
from yidao.rules.order_state import Label
from yidao.rules.promise import Kind

State = Order.State
STATE: Final[Mapping[str, str]] = {
    State.PENDING_PAYMENT: gettext_noop("To be paid"),
    State.PAID: gettext_noop("Paid"),
    State.TO_SHIP: gettext_noop("To ship"),
    State.PARTIALLY_SHIPPED: gettext_noop("Part shipped"),
    State.SHIPPED: gettext_noop("Sent off"),
    State.CANCELLED: gettext_noop("Order closed"),
    State.COMPLETED: gettext_noop("Completed"),
}
TONE: Final[Mapping[str, str]] = {
    State.PENDING_PAYMENT: "quiet",
    State.PAID: "active",
    State.TO_SHIP: "warn",
    State.PARTIALLY_SHIPPED: "warn",
    State.CANCELLED: "quiet",
    State.COMPLETED: "good",
}
PROMISE: Final[Mapping[str, str]] = {
    Kind.SAME_DAY_NEXT_DAY: gettext_noop("Same or next day"),
    Kind.NEXT_DAY: gettext_noop("Next day"),
    Kind.H24: gettext_noop("24 hours"),
    Kind.H48: gettext_noop("48 hours"),
    Kind.PRESALE_FULL: gettext_noop("Presale, paid in full"),
    Kind.SPOT_AND_PRESALE: gettext_noop("Spot and presale"),
    Kind.STEPPED: gettext_noop("Stepped shipping"),
    Kind.DEPOSIT_PRESALE: gettext_noop("Presale with deposit"),
    Kind.APPOINTMENT: gettext_noop("By appointment"),
    Kind.PROMO_EXT: gettext_noop("Longer for a promotion"),
    Kind.DIRECT_MAIL: gettext_noop("Cross-border direct mail"),
}
LABEL: Final = {
    Label.DEADLINE_CHANGED: gettext_noop("Ship time changed"),
    Label.REPORTED: gettext_noop("Being reported"),
    Label.UNMADE: gettext_noop("Wrong number"),
    Label.RESENT: gettext_noop("Resent"),
    Label.MERGED: gettext_noop("Shipped together"),
    Label.SPLIT: gettext_noop("Split"),
}
LABEL_TONE: Final = {Label.UNMADE: "severe", Label.REPORTED: "warn"}
FLAG: Final = {
    0: gettext_noop("No flag"),
    1: gettext_noop("Red flag"),
    2: gettext_noop("Yellow flag"),
    3: gettext_noop("Green flag"),
    4: gettext_noop("Blue flag"),
    5: gettext_noop("Purple flag"),
}
CAUSE: Final[Mapping[str, str]] = {
    DeadlineChange.Cause.PROMISED: gettext_noop("promised at payment"),
    DeadlineChange.Cause.APPOINTMENT: gettext_noop("an appointment with the buyer"),
    DeadlineChange.Cause.BUYER_CARD: gettext_noop("the buyer accepted a later time"),
    DeadlineChange.Cause.BUYER_ASKED: gettext_noop("the buyer asked for it"),
    DeadlineChange.Cause.PROMOTION: gettext_noop("a promotion"),
    DeadlineChange.Cause.REPORT: gettext_noop("a report of the shop"),
    DeadlineChange.Cause.RELIEF: gettext_noop("relief by an announcement"),
    DeadlineChange.Cause.WITHDRAWAL: gettext_noop("an earlier change was taken back"),
}
PACK_END: Final[Mapping[str, str]] = {**unmake.WORDS, repack.EDITED: gettext_noop("the number was changed")}
CARD: Final[Mapping[str, str]] = {
    ShipByCard.State.WAITING: gettext_noop("waits for the buyer"),
    ShipByCard.State.ACCEPTED: gettext_noop("accepted by the buyer"),
    ShipByCard.State.REFUSED: gettext_noop("refused by the buyer"),
    ShipByCard.State.LAPSED: gettext_noop("lapsed without an answer"),
    ShipByCard.State.OVERTAKEN: gettext_noop("overtaken by what happened"),
}
CLOSED: Final[Mapping[str, str]] = {
    "TOLD": gettext_noop("the marketplace cancelled it"),
    "REFUNDED": gettext_noop("everything was refunded"),
    "RETURNED": gettext_noop("everything came back"),
    "DAYS": gettext_noop("not shipped for too long"),
}
_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "state": STATE,
    "promise": PROMISE,
    "cause": CAUSE,
    "card": CARD,
    "closed": CLOSED,
    "pack_end": PACK_END,
}


def of(table: str, code: str) -> str:
    """Return the words for a code; one that a newer release wrote is shown as it is."""
    words = _TABLES[table].get(code)
    return gettext(words) if words is not None else code


def flag(number: int) -> str:
    """Return the words for a flag's color."""
    return gettext(FLAG[number]) if number in FLAG else str(number)


def tone(state: str) -> str:
    """Return the color a state is shown in."""
    return TONE.get(state, "active")


def labels(bits: int) -> tuple[tuple[str, str], ...]:
    """Return the words of each label that is set, with its tone."""
    return tuple((gettext(words), LABEL_TONE.get(label, "notice")) for label, words in LABEL.items() if bits & label)


def yuan(amount_fen: int) -> str:
    """Return an amount as people read it."""
    return f"¥{money.yuan(amount_fen)}"


def place(division: int) -> str:
    """Return province, city and county of a division in the reader's language, empty for none."""
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    return divisions.whole_name(f"{division:06d}", language) if division else ""
