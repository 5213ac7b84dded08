"""The words of shipping: why something is not shipped, and how an answer reads in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.flows.desk import Outcome
from yidao.flows.ship import Answer
from yidao.flows.ship_rows import Row
from yidao.rules.shipping import Refused
from yidao.web.shared import phrases

REFUSED: Final[Mapping[str, str]] = {
    Refused.UNKNOWN_ORDER: gettext_noop("The shop has no such order."),
    Refused.UNPAID: gettext_noop("The order is not paid."),
    Refused.CLOSED: gettext_noop("The order is closed or completed."),
    Refused.NOTHING_LEFT: gettext_noop("Nothing of it waits to be shipped."),
    Refused.UNKNOWN_LINE: gettext_noop("The order has no such line; name the line where it has several."),
    Refused.TOO_MANY_PIECES: gettext_noop("More pieces are named than wait."),
    Refused.REFUND_OPEN: gettext_noop("The buyer wants money back; refuse that with the shipment, or answer it first."),
    Refused.PACKS_FULL: gettext_noop("The order has as many packs as an order may have."),
    Refused.MERGED_FULL: gettext_noop("The parcel holds as many orders as a parcel may hold."),
    Refused.NOT_SHIPPED: gettext_noop("It was not shipped yet, so it cannot be sent again."),
    Refused.OTHER_RECEIVER: gettext_noop("Orders under one number go to one receiver."),
    Refused.NUMBER_IN_USE: gettext_noop("The number is in use."),
    Refused.NUMBER_MALFORMED: gettext_noop("This is no waybill number."),
    Refused.UNKNOWN_CARRIER: gettext_noop("No carrier is called so."),
    Refused.SERIAL_MALFORMED: gettext_noop("A serial number is not well-formed, or stands twice."),
    Refused.TOO_MANY_SERIALS: gettext_noop("Too many serial numbers for one line."),
    Refused.PACK_OVER: gettext_noop("The pack was replaced already."),
    Refused.EDITED_ALREADY: gettext_noop("The number was changed once before."),
    Refused.EDIT_TOO_LATE: gettext_noop("The time in which a number can be changed is over."),
    Refused.ON_ITS_WAY: gettext_noop("The carrier has scanned the parcel already."),
    Refused.SAME_NUMBER: gettext_noop("That is the number it has."),
    Refused.REQUEST_REUSED: gettext_noop("This request key was used before for another request."),
}
FAULT: Final[Mapping[str, str]] = {
    "COLUMNS": gettext_noop("Order number or waybill number is missing."),
    "DIGITS": gettext_noop("The spreadsheet lost digits; format the column as text."),
    "QUANTITY": gettext_noop("The quantity is no whole number."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a preview or a result, in words."""

    number: int
    order_no: str
    carrier: str
    waybill_no: str
    quantity: str
    is_good: bool
    text: str
    tone: str
    remark: str = ""


def line(row: Row, answer: Answer | None, *, is_done: bool) -> Line:
    """Return a row with what becomes of it, or what became of it; None for one that was not understood."""
    is_good = answer is not None and answer.outcome is not Outcome.REFUSED
    return Line(
        number=row.number,
        order_no=row.line_no or row.order_no,
        carrier=phrases.carrier(answer.carrier) if answer is not None and answer.carrier else row.carrier,
        waybill_no=row.waybill_no,
        quantity=row.quantity,
        is_good=is_good,
        text=said(answer, row.fault, is_done=is_done),
        tone="good" if is_good else "bad",
        remark=remark(answer) if answer is not None else "",
    )


def said(answer: Answer | None, fault: str = "", *, is_done: bool = True) -> str:
    """Return what became of a row, or will."""
    if answer is None:
        return gettext(FAULT.get(fault, FAULT["COLUMNS"]))
    if answer.refused is not None:
        return refused(answer.refused, answer.where)
    if answer.outcome is Outcome.KNOWN:
        return gettext("Shipped before")
    return gettext("Shipped") if is_done else gettext("Can be shipped")


def refused(code: str, where: Sequence[str] = ()) -> str:
    """Return why something is not shipped, with the orders that have the number where that may be said."""
    words = gettext(REFUSED[code])
    if not where:
        return words
    said_where = gettext("It is with %(orders)s.") % {"orders": ", ".join(where)}
    return f"{words} {said_where}"


def remark(answer: Answer) -> str:
    """Return what the shop should look at though it was taken."""
    if answer.is_unusual:
        return gettext("Unusual form for this carrier; check it.")
    return gettext("The number had scans before; it is claimed.") if answer.is_waiting else ""
