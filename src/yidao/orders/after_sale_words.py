"""What after-sales refuse, tell, and call their reasons."""

from typing import Final

from django.utils.translation import gettext_noop

from yidao.kit.errors import Refusal
from yidao.notices import kinds

REASONS: Final = {
    "NOT_WANTED": gettext_noop("Not wanted any more"),
    "WRONG_ORDER": gettext_noop("Ordered by mistake"),
    "TOO_LATE": gettext_noop("Not shipped in time"),
    "NOT_RECEIVED": gettext_noop("Not received"),
    "DAMAGED": gettext_noop("Arrived damaged"),
    "WRONG_GOODS": gettext_noop("Wrong or missing goods"),
    "QUALITY": gettext_noop("Quality"),
    "CLOSED_BY_TIME": gettext_noop("Closed by time"),
    "OTHER": gettext_noop("Other reason"),
}
"""Why a buyer wants something back; codes, because free words would hold what belongs to a person."""

TOLD_REASONS: Final = tuple(each for each in REASONS if each != "CLOSED_BY_TIME")
TEXT_LENGTH_MAX: Final = 200

OPENED: Final = kinds.Kind(
    name="after_sale.opened",
    title=gettext_noop("New after-sales"),
    text=gettext_noop("Buyers opened %(count)s after-sales. While they wait, their orders are not shipped."),
    is_urgent=True,
)
AGREED_BY_TIME: Final = kinds.Kind(
    name="after_sale.ran_out",
    title=gettext_noop("After-sales ran out of time"),
    text=gettext_noop("The time of %(count)s after-sales is over; what follows stands with each."),
)
kinds.register(OPENED, AGREED_BY_TIME)


class OrderState(Refusal):
    """The order is not paid, or over."""

    code = "after_sale.order_state"
    message = "An order that is not paid, or is closed, has no after-sales."


class NotShipped(Refusal):
    """Goods that never left cannot come back."""

    code = "after_sale.not_shipped"
    message = "Goods that were not shipped cannot be sent back; ask for the money alone."


class LinesRefused(Refusal):
    """The lines are not the order's, or more is asked back than there is."""

    code = "after_sale.lines"
    status = 422
    message = "A line is not the order's, or more of it is asked back than is left."


class AmountRefused(Refusal):
    """More money is asked back than was paid and not given back."""

    code = "after_sale.amount"
    status = 422
    message = "At most %(most)s fen can still be asked back."


class ReasonUnknown(Refusal):
    """The reason is none of those known."""

    code = "after_sale.reason_unknown"
    status = 422
    message = "There is no such reason."


class ActRefused(Refusal):
    """The record's state does not allow the act, or it is another's to do."""

    code = "after_sale.act_refused"
    message = "This cannot be done now, or it is not yours to do."


class TextRefused(Refusal):
    """A refusal says why, and not at length."""

    code = "after_sale.text"
    status = 422
    message = "Say why, in at most %(most)s characters."
