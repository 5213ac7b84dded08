"""The statement of a deposit (保证金流水) as a list, the same for a shop and for the platform, and as a file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from django.utils.translation import gettext_noop

from yidao.accounts.actors import Actor, ActorKind
from yidao.exports import registry
from yidao.kit.errors import NotVisible
from yidao.kit.lists.columns import Cell, Column, Number
from yidao.kit.lists.fields import Chips, Days, Option
from yidao.kit.lists.listing import Listing
from yidao.kit.lists.questions import Shape
from yidao.ledger import queries
from yidao.ledger.queries import StatementRow
from yidao.rules.money import plain_yuan, yuan
from yidao.web.shared import export_lists, money_words
from yidao.web.shared.formats import moment
from yidao.web.shared.listpages import Frame

EXPORT: Final = "merchant-deposit"


def _order(row: StatementRow) -> Cell:
    number = str(row.memo.get("order_no", ""))
    return Number(text=number) if number else None


LISTING: Final[Listing[StatementRow]] = Listing(
    name=EXPORT,
    title=gettext_noop("Deposit"),
    shape=Shape(
        fields=(
            Chips(
                name="kind",
                label=gettext_noop("Kind"),
                options=tuple(Option(value=value, label=label) for value, label in money_words.KIND.items()),
            ),
            Chips(
                name="account",
                label=gettext_noop("Account"),
                options=tuple(Option(value=value, label=label) for value, label in money_words.ACCOUNT.items()),
            ),
            Days(name="day", label=gettext_noop("Booked")),
        )
    ),
    columns=(
        Column(name="at", label=gettext_noop("Booked"), cell=lambda row: moment(row.at), is_fixed=True),
        Column(name="kind", label=gettext_noop("Kind"), cell=lambda row: money_words.of("kind", row.kind)),
        Column(name="order", label=gettext_noop("Order"), cell=_order),
        Column(name="about", label=gettext_noop("About"), cell=money_words.about),
        Column(name="account", label=gettext_noop("Account"), cell=lambda row: money_words.of("account", row.account)),
        Column(
            name="amount",
            label=gettext_noop("Amount (yuan)"),
            cell=lambda row: money_words.signed(row.amount_fen),
            is_numeric=True,
            is_fixed=True,
        ),
        Column(
            name="balance",
            label=gettext_noop("Balance after (yuan)"),
            cell=lambda row: yuan(row.balance_after_fen),
            is_numeric=True,
        ),
        Column(
            name="transfer",
            label=gettext_noop("Transfer"),
            cell=lambda row: Number(text=str(row.transfer_id)),
            is_hidden_at_first=True,
        ),
    ),
    total=gettext_noop("Lines in all: %(count)s"),
    empty=gettext_noop("Nothing was booked yet."),
    empty_hint=gettext_noop("Payments and deductions stand here, each with the balance after it."),
)


def frame(row: StatementRow) -> Frame:
    """Return what a line has beside its cells."""
    return Frame(key=str(row.id))


def _own(actor: Actor) -> queries.Statement:
    """
    Return the statement of the one shop an actor stands for.

    :raises NotVisible, Forbidden: there is none, or the role does not allow it.
    """
    if actor.kind is not ActorKind.MERCHANT or len(actor.organisation_ids) != 1:
        raise NotVisible
    return queries.statement(actor, actor.organisation_ids[0])


def _question(query: str) -> Any:
    return LISTING.shape.read(parse_qs(query))


def _count(actor: Actor, query: str, now: datetime, limit: int) -> int:
    return _own(actor).count(_question(query), limit=limit)


def _rows(actor: Actor, query: str, now: datetime) -> Iterator[registry.Row]:
    for row in _own(actor).all(_question(query)):
        yield (
            moment(row.at),
            money_words.of("kind", row.kind),
            str(row.memo.get("order_no", "")),
            money_words.about(row),
            money_words.of("account", row.account),
            plain_yuan(row.amount_fen),
            plain_yuan(row.balance_after_fen),
            str(row.transfer_id),
        )


KIND: Final = registry.Kind(
    name=EXPORT,
    title=gettext_noop("Deposit statement"),
    headers=(
        gettext_noop("Booked"),
        gettext_noop("Kind"),
        gettext_noop("Order"),
        gettext_noop("About"),
        gettext_noop("Account"),
        gettext_noop("Amount (yuan)"),
        gettext_noop("Balance after (yuan)"),
        gettext_noop("Transfer"),
    ),
    count=_count,
    rows=_rows,
    filters=lambda actor, query: export_lists.told(LISTING.shape, query),
)
