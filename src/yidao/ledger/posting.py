"""
The one writer of the books. Every function is a part of the caller's transaction, takes many at a time, and books a
cause once however often it is told.

All accounts of an organisation are locked together, organisations in the order of their ids; who posts several times in
one transaction posts for one organisation, or for several in that order.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from yidao.kit import arrays, ids
from yidao.kit.errors import Refusal
from yidao.ledger.models import LedgerAccount, LedgerTransfer

Account = LedgerAccount.Kind
Kind = LedgerTransfer.Kind

DEPOSIT: Final = str(Account.DEPOSIT)
FROZEN: Final = str(Account.FROZEN)
DEBT: Final = str(Account.DEBT)
FAR_SIDE: Final[Mapping[str, str]] = {
    Kind.DEDUCTION.value: Account.PENALTY.value,
    Kind.COMPENSATION.value: Account.COMPENSATION.value,
    Kind.TOP_UP.value: Account.TOPUP_CLEARING.value,
    Kind.TOP_UP_REVERSAL.value: Account.TOPUP_CLEARING.value,
}
"""The account that faces the deposit in a transfer of a kind."""

_OPEN: Final = """
INSERT INTO ledger_account (id, organisation_id, kind, balance_fen, seq)
SELECT id, organisation_id, kind, 0, 0
  FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS t(id, organisation_id, kind) ORDER BY organisation_id, kind
ON CONFLICT (organisation_id, kind) DO NOTHING
"""
_LOCK: Final = """
SELECT id, organisation_id, kind, balance_fen, seq FROM ledger_account
 WHERE organisation_id = ANY(%s::bigint[]) ORDER BY organisation_id, kind FOR UPDATE
"""
_ADD_TRANSFERS: Final = """
INSERT INTO ledger_transfer (id, kind, ref, at, recorded_at, memo, user_id)
SELECT id, kind, ref, at, %s, memo, user_id
  FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::jsonb[], %s::bigint[])
    AS t(id, kind, ref, at, memo, user_id) ORDER BY kind, ref
ON CONFLICT (kind, ref) DO NOTHING RETURNING id
"""
_ADD_ENTRIES: Final = """
INSERT INTO ledger_entry (id, account_id, seq, transfer_id, organisation_id, account_kind, kind,
                          balance_before_fen, amount_fen, balance_after_fen, at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                     %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[])
"""
_MOVE: Final = """
UPDATE ledger_account AS a SET balance_fen = t.balance_fen, seq = t.seq
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS t(id, old_seq, balance_fen, seq)
 WHERE a.id = t.id AND a.seq = t.old_seq
"""
_KNOWN: Final = """
SELECT t.kind, t.ref FROM ledger_transfer AS t
  JOIN unnest(%s::text[], %s::text[]) AS w(kind, ref) ON t.kind = w.kind AND t.ref = w.ref
"""


class DepositShort(Refusal):
    """An account would fall below nothing; nothing was booked."""

    code = "ledger.deposit_short"
    message = "The account holds less than that."


class Leg(NamedTuple):
    """One side of a transfer."""

    organisation_id: int
    account_kind: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """
    One movement of money; its legs sum to nothing. `ref` names its cause within its kind, `memo` holds ids and counts
    for the statement.
    """

    kind: str
    ref: str
    at: datetime
    entries: tuple[Leg, ...]
    id: int = field(default_factory=ids.new_id)
    memo: Mapping[str, Any] = field(default_factory=dict)
    user_id: int | None = None


class Due(NamedTuple):
    """An amount a shop is to pay or gets back, and why. `ref` names the cause within the kind of its transfer."""

    ref: str
    shop_id: int
    amount_fen: int
    memo: Mapping[str, Any] = {}


class Done(NamedTuple):
    """What became of a due: its transfer, and how much of it the deposit did not reach (or, given back, paid debt)."""

    ref: str
    shop_id: int
    transfer_id: int
    debt_fen: int


@dataclass(slots=True)
class _Account:
    """A locked account while a batch is reckoned."""

    id: int
    organisation_id: int
    kind: str
    balance_fen: int
    seq: int
    old_seq: int


class _Entry(NamedTuple):
    account: _Account
    seq: int
    transfer: Transfer
    before_fen: int
    amount_fen: int


class _Books:
    """The locked accounts of some organisations and what a batch does to them."""

    def __init__(self, accounts: Iterable[_Account]) -> None:
        self._accounts = {(each.organisation_id, each.kind): each for each in accounts}
        self.entries: list[_Entry] = []

    def balance(self, organisation_id: int, kind: str) -> int:
        return self._accounts[organisation_id, kind].balance_fen

    def write(self, transfer: Transfer) -> None:
        """
        Reckon one transfer.

        :raises DepositShort: an account would hold less than nothing.
        """
        assert sum(leg.amount_fen for leg in transfer.entries) == 0, "the sides of a transfer sum to nothing"
        for leg in transfer.entries:
            account = self._accounts[leg.organisation_id, leg.account_kind]
            after = account.balance_fen + leg.amount_fen
            if (leg.account_kind in (DEPOSIT, FROZEN) and after < 0) or (leg.account_kind == DEBT and after > 0):
                raise DepositShort
            account.seq += 1
            entry = _Entry(account, account.seq, transfer, account.balance_fen, leg.amount_fen)
            account.balance_fen = after
            self.entries.append(entry)

    def moved(self) -> list[_Account]:
        return [each for each in self._accounts.values() if each.seq != each.old_seq]


def post(connection: psycopg.Connection[Any], transfers: Sequence[Transfer], *, now: datetime) -> frozenset[str]:
    """
    Book transfers in the order given and return the refs of those that were not booked before.

    :raises DepositShort: DEPOSIT or FROZEN would fall below nothing, or DEBT rise above it; nothing is booked.
    """
    wanted = {(leg.organisation_id, leg.account_kind) for each in transfers for leg in each.entries}
    books = _open(connection, wanted)
    known = _known(connection, [(each.kind, each.ref) for each in transfers])
    fresh: dict[tuple[str, str], Transfer] = {}
    for each in transfers:
        if (each.kind, each.ref) not in known:
            fresh.setdefault((each.kind, each.ref), each)
    for each in fresh.values():
        books.write(each)
    _write(connection, books, list(fresh.values()), now=now)
    return frozenset(each.ref for each in fresh.values())


def deduct(
    connection: psycopg.Connection[Any], dues: Sequence[Due], *, kind: str, now: datetime, user_id: int | None = None
) -> tuple[Done, ...]:
    """
    Take each amount from its shop's deposit as far as it reaches and make the rest a debt; return what was not booked
    before. Nothing is ever left out silently: deposit and debt together are the whole amount.
    """
    far = FAR_SIDE[kind]

    def legs(due: Due, books: _Books) -> tuple[Leg, ...]:
        paid = min(due.amount_fen, books.balance(due.shop_id, DEPOSIT))
        return (
            Leg(due.shop_id, DEPOSIT, -paid),
            Leg(due.shop_id, DEBT, paid - due.amount_fen),
            Leg(due.shop_id, far, due.amount_fen),
        )

    return _post_dues(connection, dues, legs, kinds=(kind, far), now=now, user_id=user_id)


def give_back(
    connection: psycopg.Connection[Any],
    dues: Sequence[Due],
    *,
    now: datetime,
    kind: str = Kind.GIVE_BACK,
    source: str = Account.PENALTY,
    user_id: int | None = None,
) -> tuple[Done, ...]:
    """Give each amount back to its shop, out of `source`: its debt is paid first, the rest goes to the deposit."""

    def legs(due: Due, books: _Books) -> tuple[Leg, ...]:
        to_debt = min(due.amount_fen, -books.balance(due.shop_id, DEBT))
        return (
            Leg(due.shop_id, source, -due.amount_fen),
            Leg(due.shop_id, DEBT, to_debt),
            Leg(due.shop_id, DEPOSIT, due.amount_fen - to_debt),
        )

    return _post_dues(connection, dues, legs, kinds=(kind, source), now=now, user_id=user_id)


def _post_dues(
    connection: psycopg.Connection[Any],
    dues: Sequence[Due],
    legs: Callable[[Due, _Books], tuple[Leg, ...]],
    *,
    kinds: tuple[str, str],
    now: datetime,
    user_id: int | None,
) -> tuple[Done, ...]:
    kind, far = str(kinds[0]), str(kinds[1])
    shops = {each.shop_id for each in dues}
    books = _open(connection, {(shop_id, each) for shop_id in shops for each in (DEPOSIT, DEBT, far)})
    known = {ref for _, ref in _known(connection, [(kind, each.ref) for each in dues])}
    fresh: list[Transfer] = []
    done: list[Done] = []
    for due in dues:
        assert due.amount_fen > 0, "a due is more than nothing"
        if due.ref in known:
            continue
        known.add(due.ref)
        entries = tuple(leg for leg in legs(due, books) if leg.amount_fen)
        transfer = Transfer(kind=kind, ref=due.ref, at=now, entries=entries, memo=due.memo, user_id=user_id)
        books.write(transfer)
        fresh.append(transfer)
        debt = abs(sum(leg.amount_fen for leg in entries if leg.account_kind == DEBT))
        done.append(Done(due.ref, due.shop_id, transfer.id, debt))
    _write(connection, books, fresh, now=now)
    return tuple(done)


def _open(connection: psycopg.Connection[Any], wanted: Iterable[tuple[int, str]]) -> _Books:
    """Lock all accounts of the organisations named, and open those of the wanted ones that are not there yet."""
    keys = sorted((organisation_id, str(kind)) for organisation_id, kind in wanted)
    organisations = arrays.integers(sorted({organisation_id for organisation_id, _ in keys}))
    rows = connection.execute(_LOCK, (organisations,)).fetchall()
    missing = sorted(set(keys) - {(row[1], row[2]) for row in rows})
    if missing:
        fresh = arrays.integers(ids.new_id() for _ in missing)
        names = arrays.texts([kind for _, kind in missing])
        connection.execute(_OPEN, (fresh, arrays.integers(each for each, _ in missing), names))
        rows = connection.execute(_LOCK, (organisations,)).fetchall()
    return _Books(
        _Account(id_, organisation_id, kind, balance_fen, seq, seq)
        for id_, organisation_id, kind, balance_fen, seq in rows
    )


def _known(connection: psycopg.Connection[Any], keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which causes were booked already; the accounts are locked, so nobody books them meanwhile."""
    kinds, refs = arrays.texts([str(kind) for kind, _ in keys]), arrays.texts([ref for _, ref in keys])
    return {(kind, ref) for kind, ref in connection.execute(_KNOWN, (kinds, refs)).fetchall()}


def _write(connection: psycopg.Connection[Any], books: _Books, transfers: Sequence[Transfer], *, now: datetime) -> None:
    if not transfers:
        return
    added = connection.execute(
        _ADD_TRANSFERS,
        (
            now,
            arrays.integers(each.id for each in transfers),
            arrays.texts([str(each.kind) for each in transfers]),
            arrays.texts([each.ref for each in transfers]),
            [each.at for each in transfers],
            arrays.texts([json.dumps(dict(each.memo), sort_keys=True) for each in transfers]),
            arrays.integers_or_null(each.user_id for each in transfers),
        ),
    ).rowcount
    # The locks keep everybody else from booking the same cause for the same shop; a cause belongs to one shop.
    assert added == len(transfers), "a cause was booked for two shops"
    entries = books.entries
    connection.execute(
        _ADD_ENTRIES,
        (
            arrays.integers(sorted(ids.new_id() for _ in entries)),
            arrays.integers(each.account.id for each in entries),
            arrays.integers(each.seq for each in entries),
            arrays.integers(each.transfer.id for each in entries),
            arrays.integers(each.account.organisation_id for each in entries),
            arrays.texts([each.account.kind for each in entries]),
            arrays.texts([str(each.transfer.kind) for each in entries]),
            arrays.integers(each.before_fen for each in entries),
            arrays.integers(each.amount_fen for each in entries),
            arrays.integers(each.before_fen + each.amount_fen for each in entries),
            [each.transfer.at for each in entries],
        ),
    )
    moved = books.moved()
    swapped = connection.execute(
        _MOVE,
        (
            arrays.integers(each.id for each in moved),
            arrays.integers(each.old_seq for each in moved),
            arrays.integers(each.balance_fen for each in moved),
            arrays.integers(each.seq for each in moved),
        ),
    ).rowcount
    assert swapped == len(moved), "an account moved under its lock"
