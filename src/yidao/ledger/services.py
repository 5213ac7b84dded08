"""
What people do to a deposit: pay into it, and, for the platform, book, take back, freeze and release. Nothing is ever
edited; whoever mistyped books the opposite.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db import connection as django_connection

from yidao.accounts import queries as accounts
from yidao.accounts import senders
from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.accounts.models import Organisation
from yidao.audit import services as audit
from yidao.kit import db, ids, news
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.ledger import posting
from yidao.ledger.posting import Account, Due, Kind, Leg, Transfer

AMOUNT_FEN_MAX: Final = 1_000_000_00
"""What one booking moves at most: a million yuan. More is more likely mistyped than meant."""
REASON_CHARS_MAX: Final = 200
_NUMBERS: Final = re.compile(r"\d{7}|1[3-9]\d[ -]?\d{4}[ -]?\d{4}")
"""What looks like somebody's number: seven digits in a row, or a mobile number in groups."""


class AmountRefused(Refusal):
    """The amount is no amount, or too much for one booking."""

    code = "deposit.amount_refused"
    status = 422
    message = "Write an amount in yuan with at most two places, more than 0 and at most %(most)s."


class ReasonRefused(Refusal):
    """The reason or evidence is missing or too long."""

    code = "deposit.reason_refused"
    status = 422
    message = "Say why, in at most %(most)s characters."


class ReasonNamesNumbers(ReasonRefused):
    """The reason or evidence holds a number that may be somebody's; a booking's words can never be erased."""

    code = "deposit.reason_names_numbers"
    message = (
        "Leave out telephone, card and account numbers: what is booked can never be erased. "
        "The last six digits of a slip are enough."
    )


class PaymentMissing(Refusal):
    """No payment provider takes money here."""

    code = "deposit.payment_missing"
    message = "Nothing can be paid here directly. Transfer the amount to the platform; an operator books it."


class TakeBackRefused(Refusal):
    """The payment was taken back before, or it is none."""

    code = "deposit.take_back_refused"
    message = "This payment cannot be taken back, or it was before."


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something is done: in business time and in real time."""

    now: datetime
    real_now: datetime


def top_up(
    *, actor: Actor, shop_id: int, amount_fen: int | None, at: Moment, request_key: db.RequestKey | None = None
) -> int:
    """
    Let a shop pay into its own deposit and return the transfer; a debt is paid first. The same request key pays once.

    Only a demo has a payment sandbox, which pays at once; elsewhere the platform books what arrived.

    :raises NotVisible: it is not the actor's shop.
    :raises Forbidden: the role does not allow it.
    :raises PaymentMissing: there is no sandbox here.
    :raises AmountRefused: the amount will not do.
    """
    if shop_id not in actor.organisation_ids:
        raise NotVisible
    actor.require(Permission.DEPOSIT_TOP_UP)
    if not senders.is_demo():
        raise PaymentMissing
    return _pay_in("deposit.topped_up", actor, shop_id, amount_fen, {}, at=at, request_key=request_key)


def book_payment(
    *,
    actor: Actor,
    shop_id: int,
    amount_fen: int | None,
    evidence: str,
    at: Moment,
    request_key: db.RequestKey | None = None,
) -> int:
    """
    Book a payment of a shop that reached the platform, with the evidence, and return the transfer.

    :raises NotVisible: there is no such shop, or the actor is no operator.
    :raises Forbidden: the role does not allow it.
    :raises AmountRefused, ReasonRefused: the words will not do.
    """
    _operate(actor, shop_id)
    memo = {"reason": _reason(evidence, "evidence")}
    return _pay_in("deposit.booked", actor, shop_id, amount_fen, memo, at=at, request_key=request_key)


def take_back(*, actor: Actor, shop_id: int, transfer_id: int, reason: str, at: Moment) -> int:
    """
    Take a mistyped payment back by the opposite transfer and return it; what was spent meanwhile becomes a debt.

    :raises NotVisible: there is no such shop, or the actor is no operator.
    :raises TakeBackRefused: it is no payment of the shop, or it was taken back before.
    """
    _operate(actor, shop_id)
    memo = {"reason": _reason(reason, "reason"), "of": str(transfer_id)}

    def book(connection: psycopg.Connection[Any]) -> int:
        amount = connection.execute(
            "SELECT -e.amount_fen FROM ledger_transfer AS t JOIN ledger_entry AS e ON e.transfer_id = t.id"
            " WHERE t.id = %s AND t.kind = %s AND e.organisation_id = %s AND e.account_kind = %s",
            (transfer_id, Kind.TOP_UP.value, shop_id, Account.TOPUP_CLEARING.value),
        ).fetchone()
        if amount is None:
            raise TakeBackRefused
        due = Due(str(transfer_id), shop_id, amount[0], memo)
        done = posting.deduct(connection, [due], kind=Kind.TOP_UP_REVERSAL.value, now=at.now, user_id=actor.user_id)
        if not done:
            raise TakeBackRefused
        return done[0].transfer_id

    return _book("deposit.taken_back", actor, shop_id, book, at=at)


def freeze(
    *,
    actor: Actor,
    shop_id: int,
    amount_fen: int | None,
    reason: str,
    at: Moment,
    request_key: db.RequestKey | None = None,
) -> int:
    """
    Freeze a part of a deposit, which stays the shop's and pays for nothing, and return the transfer.

    :raises NotVisible, Forbidden, AmountRefused, ReasonRefused: as `book_payment`.
    :raises DepositShort: the deposit holds less.
    """
    _operate(actor, shop_id)
    amount, memo = _amount(amount_fen), {"reason": _reason(reason, "reason")}
    entries = (Leg(shop_id, Account.DEPOSIT.value, -amount), Leg(shop_id, Account.FROZEN.value, amount))

    def book(connection: psycopg.Connection[Any]) -> int:
        kind, ref = Kind.FREEZE.value, str(ids.new_id())
        transfer = Transfer(kind=kind, ref=ref, at=at.now, entries=entries, memo=memo, user_id=actor.user_id)
        posting.post(connection, [transfer], now=at.now)
        return int(transfer.id)

    return _book("deposit.frozen", actor, shop_id, book, at=at, request_key=request_key)


def release(
    *,
    actor: Actor,
    shop_id: int,
    amount_fen: int | None,
    reason: str,
    at: Moment,
    request_key: db.RequestKey | None = None,
) -> int:
    """
    Release a frozen part of a deposit and return the transfer; a debt is paid first, like by everything that comes in.

    :raises NotVisible, Forbidden, AmountRefused, ReasonRefused: as `book_payment`.
    :raises DepositShort: less is frozen.
    """
    _operate(actor, shop_id)
    due = Due(str(ids.new_id()), shop_id, _amount(amount_fen), {"reason": _reason(reason, "reason")})
    sides = {"kind": Kind.UNFREEZE.value, "source": Account.FROZEN.value}

    def book(connection: psycopg.Connection[Any]) -> int:
        (done,) = posting.give_back(connection, [due], now=at.now, user_id=actor.user_id, **sides)
        return done.transfer_id

    return _book("deposit.released", actor, shop_id, book, at=at, request_key=request_key)


def _pay_in(
    act: str,
    actor: Actor,
    shop_id: int,
    amount_fen: int | None,
    memo: dict[str, Any],
    *,
    at: Moment,
    request_key: db.RequestKey | None,
) -> int:
    due = Due(str(ids.new_id()), shop_id, _amount(amount_fen), memo)

    def book(connection: psycopg.Connection[Any]) -> int:
        source, kind = Account.TOPUP_CLEARING.value, Kind.TOP_UP.value
        (done,) = posting.give_back(connection, [due], now=at.now, kind=kind, source=source, user_id=actor.user_id)
        return done.transfer_id

    return _book(act, actor, shop_id, book, at=at, request_key=request_key)


def _book(
    act: str,
    actor: Actor,
    shop_id: int,
    book: Callable[[psycopg.Connection[Any]], int],
    *,
    at: Moment,
    request_key: db.RequestKey | None = None,
) -> int:
    """Book in one transaction with its journal entry, and remember the transfer under the request key."""
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return int(work.earlier)
        transfer_id = book(django_connection.connection)
        audit.record(
            act=act,
            user_id=actor.user_id,
            credential_id=actor.credential_id,
            organisation_id=shop_id,
            subject=f"transfer/{transfer_id}",
            at_real=at.real_now,
            at_business=at.now,
        )
        news.tell([shop_id])
        work.answer(str(transfer_id))
    return transfer_id


def _operate(actor: Actor, shop_id: int) -> None:
    if actor.kind is not ActorKind.OPERATOR or not accounts.organisation_kinds([shop_id]).get(shop_id) == _SHOP:
        raise NotVisible
    actor.require(Permission.SETTLEMENTS_HOLD)


_SHOP: Final = Organisation.Kind.SHOP.value


def _amount(amount_fen: int | None) -> int:
    if amount_fen is None or not 0 < amount_fen <= AMOUNT_FEN_MAX:
        fault = FieldFault(pointer="amount", code="out_of_range")
        raise AmountRefused(faults=(fault,), most=f"{AMOUNT_FEN_MAX // 100:,}")
    return amount_fen


def _reason(text: str, field: str) -> str:
    reason = text.replace("\0", "").strip()
    if not reason or len(reason) > REASON_CHARS_MAX:
        fault = FieldFault(pointer=field, code="missing" if not reason else "too_long")
        raise ReasonRefused(faults=(fault,), most=REASON_CHARS_MAX)
    if _NUMBERS.search(reason):
        raise ReasonNamesNumbers(faults=(FieldFault(pointer=field, code="personal"),))
    return reason


def is_open() -> bool:
    """Return whether shops can pay here themselves."""
    return senders.is_demo()
