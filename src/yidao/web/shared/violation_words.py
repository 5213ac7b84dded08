"""The words of violations (违规处理), appeals (申诉), sanctions and bans, and the colors they are shown in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.judging import naming
from yidao.judging.violations import ViolationRow
from yidao.rules import money
from yidao.web.shared import formats

KIND: Final = naming.KIND
STATE: Final[Mapping[str, str]] = {
    "OPEN": gettext_noop("May be appealed against"),
    "APPEALING": gettext_noop("Appeal under review"),
    "UPHELD": gettext_noop("Stands"),
    "REVERSED": gettext_noop("Lifted"),
}
STATE_TONE: Final = {"OPEN": "bad", "APPEALING": "warn", "UPHELD": "active", "REVERSED": "good"}
MONEY: Final[Mapping[str, str]] = {
    "NONE": gettext_noop("costs nothing"),
    "PENDING": gettext_noop("to be deducted"),
    "HELD": gettext_noop("held back"),
    "DEDUCTED": gettext_noop("deducted"),
    "CAPPED": gettext_noop("above the day's cap"),
    "OVER_ORDER": gettext_noop("above the order's limit"),
    "WAIVED": gettext_noop("waived"),
    "REFUNDED": gettext_noop("given back"),
}
MONEY_MORE: Final[Mapping[str, str]] = {
    "NONE": gettext_noop("This violation takes no money."),
    "PENDING": gettext_noop("It is deducted from the deposit together with the others of its day, on the next day."),
    "HELD": gettext_noop("The platform holds the deduction back."),
    "DEDUCTED": gettext_noop("It was deducted from the deposit."),
    "CAPPED": gettext_noop("The deductions of its day had reached the shop's cap; it took nothing, and will not."),
    "OVER_ORDER": gettext_noop("An order is charged so often at most; it took nothing, and will not."),
    "WAIVED": gettext_noop("It was lifted before anything was deducted."),
    "REFUNDED": gettext_noop("What it took was given back to the deposit."),
}
REVERSAL: Final[Mapping[str, str]] = {
    "APPEAL": gettext_noop("an appeal was accepted"),
    "RELIEF": gettext_noop("relief by an announcement"),
    "REPORT": gettext_noop("a report of the shop"),
    "DEADLINE_MOVED": gettext_noop("the ship time moved"),
    "OPERATOR": gettext_noop("the platform's decision"),
    "UNMADE": gettext_noop("the shipment was unmade"),
}
PENALTY: Final[Mapping[str, str]] = {
    "DEDUCTION": gettext_noop("Deduction from the deposit"),
    "COUPON": gettext_noop("Coupon for the buyer"),
    "POINTS": gettext_noop("Points"),
    "FREEZE": gettext_noop("Freeze"),
}
REASON: Final[Mapping[str, str]] = {
    "NUMBER_REUSED": gettext_noop("it is another receiver's"),
    "NUMBER_ABNORMAL": gettext_noop("the carrier gave out no such number"),
    "OTHER_ROUTE": gettext_noop("its trace leads elsewhere"),
    "BEFORE_PAYMENT": gettext_noop("its trace is older than the payment"),
    "SILENT_AFTER_FIRST": gettext_noop("nothing came after the first trace"),
}
"""Why a shipment is false."""
APPEAL: Final[Mapping[str, str]] = {
    "OPEN": gettext_noop("To answer"),
    "ACCEPTED": gettext_noop("Accepted"),
    "REFUSED": gettext_noop("Refused"),
    "MOOT": gettext_noop("Lifted otherwise"),
}
APPEAL_TONE: Final = {"OPEN": "warn", "ACCEPTED": "good", "REFUSED": "bad", "MOOT": "quiet"}
CHANNEL: Final[Mapping[str, str]] = {
    "GENERAL": gettext_noop("Ordinary appeal"),
    "LOGISTICS": gettext_noop("Logistics appeal"),
}
SANCTION: Final[Mapping[str, str]] = {
    "CLOSURE": gettext_noop("Closure"),
    "EXPULSION": gettext_noop("Expulsion"),
}
SANCTION_STATE: Final[Mapping[str, str]] = {
    "PROPOSED": gettext_noop("Proposed"),
    "IN_FORCE": gettext_noop("In force"),
    "DISMISSED": gettext_noop("Turned down"),
    "LIFTED": gettext_noop("No longer in force"),
}
SANCTION_TONE: Final = {"PROPOSED": "warn", "IN_FORCE": "bad", "DISMISSED": "quiet", "LIFTED": "good"}
BAN: Final[Mapping[str, str]] = {"LIVE": gettext_noop("Banned"), "LIFTED": gettext_noop("Ban lifted")}
JOB: Final[Mapping[str, str]] = {"RUNNING": gettext_noop("Under way"), "DONE": gettext_noop("Done")}
TABLES: Final = {
    "kind": KIND,
    "state": STATE,
    "money": MONEY,
    "money_more": MONEY_MORE,
    "reversal": REVERSAL,
    "penalty": PENALTY,
    "reason": REASON,
    "appeal": APPEAL,
    "channel": CHANNEL,
    "sanction": SANCTION,
    "sanction_state": SANCTION_STATE,
    "ban": BAN,
    "job": JOB,
}


def of(table: str, code: str) -> str:
    """Return the words for a code; one of a newer release is shown as it is."""
    words = TABLES[table].get(code)
    return gettext(words) if words is not None else code


def options(table: str) -> list[tuple[str, str]]:
    """Return the codes of a table with their words, for a form."""
    return [(code, gettext(words)) for code, words in TABLES[table].items()]


def nth(row: ViolationRow) -> str:
    """Return the how-manieth judgement of its order a violation is, of how many there can be."""
    if not row.ordinal_max:
        return str(row.ordinal)
    return f"{row.ordinal} / {row.ordinal_max}"


def money_of(row: ViolationRow) -> str:
    """Return what became of a violation's money, with the amount where there is one."""
    told = of("money", row.money)
    return f"{told} ¥{money.yuan(row.deducted_fen)}" if row.deducted_fen else told


def yuan(amount: int) -> str:
    """Return an amount with the sign of the yuan."""
    return f"{'-' if amount < 0 else ''}¥{money.yuan(abs(amount))}"


def points(tenths: int) -> str:
    """Return points, which are counted in tenths."""
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"


def last_second(row: ViolationRow) -> str:
    """Return the last second at which an appeal is in time."""
    return formats.moment(row.appeal_until - timedelta(seconds=1)) if row.appeal_until is not None else ""


def percent(per_ten_thousand: int | None) -> str:
    """Return a share as people read it, with two places."""
    return "—" if per_ten_thousand is None else f"{per_ten_thousand // 100}.{per_ten_thousand % 100:02}%"
