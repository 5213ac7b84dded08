"""Reads of the books as frozen rows: balances, statements, debts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.kit import paging
from yidao.kit.errors import NotVisible
from yidao.kit.lists import sources
from yidao.kit.lists.questions import Question
from yidao.ledger.models import LedgerAccount, LedgerEntry, LedgerTransfer

Account = LedgerAccount.Kind
SHOWN: Final = (Account.DEPOSIT.value, Account.FROZEN.value, Account.DEBT.value)
"""The accounts a shop's statement is about; the others are their far sides."""
DEBTS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What a shop has and owes, in fen; a debt is told as what is owed, not as less than nothing."""

    deposit_fen: int = 0
    frozen_fen: int = 0
    debt_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """One line of a statement. `memo` says what it was for;"""

    id: int
    at: datetime
    account: str
    kind: str
    amount_fen: int
    balance_after_fen: int
    transfer_id: int
    memo: Mapping[str, Any]
    user_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtRow:
    """A shop that owes."""

    shop_id: int
    debt_fen: int


_FIELDS: Final = ("account_kind", "kind", "amount_fen", "balance_after_fen", "transfer_id")


def _check(actor: Actor, organisation_id: int) -> None:
    """
    Let those through who may look at these books.

    :raises NotVisible: they are not the actor's.
    :raises Forbidden: the role does not allow it.
    """
    if actor.kind is not ActorKind.OPERATOR and organisation_id not in actor.organisation_ids:
        raise NotVisible
    actor.require(Permission.DEPOSIT_VIEW)


def balances(actor: Actor, shop_id: int) -> Balances:
    """
    Return what a shop has and owes.

    :raises NotVisible, Forbidden: the books are not the actor's to see.
    """
    _check(actor, shop_id)
    return balances_of([shop_id]).get(shop_id, Balances())


def balances_of(shop_ids: Iterable[int]) -> dict[int, Balances]:
    """Return what each shop has and owes, those without books left out; the caller has looked at the rights."""
    found: dict[int, Balances] = {}
    names = {Account.DEPOSIT: "deposit_fen", Account.FROZEN: "frozen_fen", Account.DEBT: "debt_fen"}
    rows = LedgerAccount.objects.filter(organisation_id__in=sorted(set(shop_ids)), kind__in=SHOWN)
    for shop_id, kind, balance in rows.values_list("organisation_id", "kind", "balance_fen"):
        found[shop_id] = replace(found.get(shop_id, Balances()), **{names[Account(kind)]: abs(balance)})
    return found


def debts(actor: Actor) -> tuple[DebtRow, ...]:
    """
    Return the shops that owe, the greatest debts first, at most DEBTS_MAX.

    :raises NotVisible: the actor is no operator.
    :raises Forbidden: the role does not allow it.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    actor.require(Permission.DEPOSIT_VIEW)
    rows = LedgerAccount.objects.filter(kind=Account.DEBT, balance_fen__lt=0).order_by("balance_fen", "id")
    return tuple(
        DebtRow(shop_id=shop_id, debt_fen=-balance)
        for shop_id, balance in rows.values_list("organisation_id", "balance_fen")[:DEBTS_MAX]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The lines of one organisation as the rows of a list, the newest first."""

    table: sources.Table[StatementRow]

    def page(self, question: Question) -> paging.Page[StatementRow]:
        """
        Return one page.

        :raises paging.CursorInvalid: its cursor is not of this list.
        """
        found = self.table.page(question)
        return paging.Page(rows=_with_memos(found.rows), next_cursor=found.next_cursor)

    def count(self, question: Question, *, limit: int) -> int:
        """Return how many lines there are, at most `limit`."""
        return self.table.count(question, limit=limit)

    def all(self, question: Question) -> Iterator[StatementRow]:
        """Yield every line in order, in batches; for exports."""
        batch: list[StatementRow] = []
        for row in self.table.all(question):
            batch.append(row)
            if len(batch) == BATCH_SIZE:
                yield from _with_memos(batch)
                batch = []
        yield from _with_memos(batch)


BATCH_SIZE: Final = 500


def statement(actor: Actor, organisation_id: int) -> Statement:
    """
    Return the statement of a shop: its deposit, what is frozen of it, and its debt.

    :raises NotVisible, Forbidden: the books are not the actor's to see.
    """
    _check(actor, organisation_id)
    rows = LedgerEntry.objects.filter(organisation_id=organisation_id, account_kind__in=SHOWN)
    return Statement(
        table=sources.Table(name="statement", rows=rows, moment="at", columns=_FIELDS, make=_row, narrow=_narrowed)
    )


def _narrowed(rows: QuerySet[Any], question: Question) -> QuerySet[Any]:
    if question.of("kind"):
        rows = rows.filter(kind__in=question.of("kind"))
    if question.of("account"):
        rows = rows.filter(account_kind__in=question.of("account"))
    since, until = question.span("day")
    if since is not None:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until is not None else rows


def _row(values: Mapping[str, Any]) -> StatementRow:
    return StatementRow(
        id=values["id"],
        at=values["at"],
        account=values["account_kind"],
        kind=values["kind"],
        amount_fen=values["amount_fen"],
        balance_after_fen=values["balance_after_fen"],
        transfer_id=values["transfer_id"],
        memo={},
        user_id=None,
    )


def _with_memos(rows: Sequence[StatementRow]) -> tuple[StatementRow, ...]:
    """Return lines with what their transfers say, read in one query."""
    found = LedgerTransfer.objects.filter(id__in={each.transfer_id for each in rows}) if rows else []
    told = {each.id: (each.memo, each.user_id) for each in found}
    return tuple(replace(each, memo=told[each.transfer_id][0], user_id=told[each.transfer_id][1]) for each in rows)


def payment_fen(actor: Actor, organisation_id: int, transfer_id: int) -> int | None:
    """
    Return what a payment of an organisation brought, None when it is none.

    :raises NotVisible, Forbidden: the books are not the actor's to see.
    """
    _check(actor, organisation_id)
    amount: int | None = (
        LedgerEntry.objects.filter(
            transfer_id=transfer_id,
            organisation_id=organisation_id,
            kind=LedgerTransfer.Kind.TOP_UP,
            account_kind=Account.TOPUP_CLEARING,
        )
        .values_list("amount_fen", flat=True)
        .first()
    )
    return None if amount is None else -amount
