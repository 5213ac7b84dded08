"""What shops and operators are told about settling and about debts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, Protocol

from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.rules.money import yuan

SHANGHAI: Final = timezone(timedelta(hours=8))


def _yuan(params: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the amount of a notice in yuan; it is kept in fen, which add up."""
    return {"amount": yuan(int(params.get("fen", 0)))}


BOOKED: Final = kinds.Kind(
    name="settlement.booked",
    title=gettext_noop("Deductions were booked"),
    text=gettext_noop("For the violations of %(day)s %(amount)s yuan were deducted; %(capped)s lay over the cap."),
    words=_yuan,
)
DEBT: Final = kinds.Kind(
    name="settlement.debt",
    title=gettext_noop("The deposit did not suffice"),
    text=gettext_noop("For the violations of %(day)s your deposit lacks %(amount)s yuan. Top it up."),
    is_urgent=True,
    words=_yuan,
)
DEBTS: Final = kinds.Kind(
    name="settlement.debts",
    title=gettext_noop("Deposits did not suffice"),
    text=gettext_noop("For the violations of %(day)s deposits of shops lack %(amount)s yuan."),
    is_urgent=True,
    words=_yuan,
)
kinds.register(BOOKED, DEBT, DEBTS)


class Booked(Protocol):
    """What settling a part of a day came to."""

    @property
    def capped(self) -> int:
        """Return how many judgements lay over the cap."""

    @property
    def deducted_fen(self) -> int:
        """Return what was deducted."""

    @property
    def coupon_fen(self) -> int:
        """Return what buyers got."""

    @property
    def debt_fen(self) -> int:
        """Return what the deposit did not reach."""


def tell(shop_id: int, day: date, part: Booked, *, now: datetime) -> None:
    """
    Tell a shop that a day was settled, and shop and operators what deposits did not reach: one notice for each day,
    which later parts of the day add to.
    """
    params = {"day": day.isoformat()}
    taken = part.deducted_fen + part.coupon_fen
    if taken or part.capped:
        notices.tell_round(
            organisation_id=shop_id,
            kind=BOOKED.name,
            key=f"settlement/{day.isoformat()}",
            counts={"fen": taken, "capped": part.capped},
            params=params,
            address="deposit/days/",
            now=now,
        )
    if not part.debt_fen:
        return
    places = [(shop_id, DEBT, "deposit/"), *((each, DEBTS, "/o/settlements/") for each in accounts.platforms())]
    for organisation_id, kind, address in places:
        notices.tell_round(
            organisation_id=organisation_id,
            kind=kind.name,
            key=f"debt/{day.isoformat()}",
            counts={"fen": part.debt_fen},
            params=params,
            address=address,
            now=now,
        )
