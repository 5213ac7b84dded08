"""What shops and operators are told about settling and about debts."""

from datetime import date, datetime, timedelta, timezone
from typing import Final, Protocol

from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.rules.money import yuan

SHANGHAI: Final = timezone(timedelta(hours=8))

BOOKED: Final = kinds.Kind(
    name="settlement.booked",
    title=gettext_noop("Deductions were booked"),
    text=gettext_noop("For the violations of %(day)s your deposit was charged."),
)
DEBT: Final = kinds.Kind(
    name="settlement.debt",
    title=gettext_noop("The deposit did not suffice"),
    text=gettext_noop("For the violations of %(day)s your deposit lacks %(amount)s yuan. Top it up."),
    is_urgent=True,
)
DEBT_OF_SHOP: Final = kinds.Kind(
    name="settlement.debt_of_shop",
    title=gettext_noop("A shop's deposit did not suffice"),
    text=gettext_noop("For the violations of %(day)s the deposit of %(shop)s lacks %(amount)s yuan."),
    is_urgent=True,
)
kinds.register(BOOKED, DEBT, DEBT_OF_SHOP)


class Booked(Protocol):
    """What settling came to."""

    @property
    def deducted(self) -> int:
        """Return how many judgements took money."""

    @property
    def debt_fen(self) -> int:
        """Return what the deposit did not reach."""


def tell(shop_id: int, day: date, part: Booked, *, now: datetime) -> None:
    """
    Tell a shop that a day was settled, once for the day; and shop and operators what the deposit did not reach, once
    for every part that it did not reach.
    """
    params = {"day": day.isoformat()}
    if part.deducted:
        notices.tell(
            organisation_id=shop_id,
            kind=BOOKED.name,
            key=f"settlement/{day.isoformat()}",
            params=params,
            address=f"deposit/?day_from={day.isoformat()}",
            now=now,
        )
    if not part.debt_fen:
        return
    owed = params | {"amount": yuan(part.debt_fen)}
    key = f"debt/{shop_id}/{day.isoformat()}/{now.isoformat()}"
    notices.tell(organisation_id=shop_id, kind=DEBT.name, key=key, params=owed, address="deposit/", now=now)
    for platform_id in accounts.platforms():
        notices.tell(
            organisation_id=platform_id,
            kind=DEBT_OF_SHOP.name,
            key=key,
            params=owed | {"shop_id": shop_id},
            address=f"/o/deposits/{shop_id}/",
            now=now,
        )
