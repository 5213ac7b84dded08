"""The words of the books: kinds of transfers, accounts, what a line was for, kinds of violations."""

from typing import Final

from django.utils.translation import gettext, gettext_noop

from yidao.judging import naming
from yidao.ledger.queries import StatementRow
from yidao.rules.money import yuan

KIND: Final = {
    "TOP_UP": gettext_noop("Payment"),
    "TOP_UP_REVERSAL": gettext_noop("Payment taken back"),
    "DEDUCTION": gettext_noop("Deduction"),
    "COMPENSATION": gettext_noop("Compensation of a buyer"),
    "GIVE_BACK": gettext_noop("Given back"),
    "FREEZE": gettext_noop("Frozen"),
    "UNFREEZE": gettext_noop("Released"),
}
ACCOUNT: Final = {
    "DEPOSIT": gettext_noop("Deposit"),
    "FROZEN": gettext_noop("Frozen part"),
    "DEBT": gettext_noop("Debt"),
}
VIOLATION: Final = naming.KIND
TABLES: Final = {"kind": KIND, "account": ACCOUNT, "violation": VIOLATION}


def of(table: str, code: str) -> str:
    """Return the words for a code; one that a newer release wrote is shown as it is."""
    words = TABLES[table].get(code)
    return gettext(words) if words is not None else code


def signed(amount_fen: int) -> str:
    """Return an amount that comes or goes, in yuan with its sign."""
    return f"+{yuan(amount_fen)}" if amount_fen > 0 else yuan(amount_fen)


def about(row: StatementRow) -> str:
    """Return what a line was for, beside its order number: the violation and its day, or the reason somebody gave."""
    memo = row.memo
    if memo.get("reason"):
        return str(memo["reason"])
    parts = []
    if memo.get("kind"):
        parts.append(of("violation", str(memo["kind"])))
    if memo.get("ordinal"):
        parts.append(gettext("judgement %(ordinal)s") % {"ordinal": memo["ordinal"]})
    if memo.get("day"):
        parts.append(str(memo["day"]))
    return " · ".join(parts)
