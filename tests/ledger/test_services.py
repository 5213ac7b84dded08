"""What people do to a deposit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from tests.ledger import books
from tests.web import cast
from tests.web.cast import NOW
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import ShopId, UserId
from yidao.audit.models import AuditEntry
from yidao.kit import ids
from yidao.kit.db import RequestKey
from yidao.kit.errors import Forbidden, NotVisible
from yidao.kit.models import DemoClock
from yidao.ledger import posting, queries, services
from yidao.ledger.services import Moment

AT = Moment(now=NOW, real_now=NOW)


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> cast.Cast:
    DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
    return cast.build()


def merchant(user: Any, shop: ShopId) -> Actor:
    return access.actor_for_shop(UserId(user.id), shop)


def operator(user: Any) -> Actor:
    return access.actor_for_operator(UserId(user.id))


def key() -> RequestKey:
    return RequestKey(key=str(ids.new_id()), body="")


def raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def balances(world: cast.Cast) -> queries.Balances:
    return queries.balances(operator(world.olga), world.shop)


def test_an_owner_pays_into_the_deposit_and_twice_is_once(world: cast.Cast) -> None:
    alice, request = merchant(world.alice, world.shop), key()

    first = services.top_up(actor=alice, shop_id=world.shop, amount_fen=500_00, at=AT, request_key=request)
    again = services.top_up(actor=alice, shop_id=world.shop, amount_fen=500_00, at=AT, request_key=request)

    assert first == again
    assert balances(world) == queries.Balances(deposit_fen=500_00)
    assert AuditEntry.objects.filter(act="deposit.topped_up", subject=f"transfer/{first}").count() == 1


def test_where_nothing_can_be_paid_the_platform_books_what_arrived(world: cast.Cast) -> None:
    DemoClock.objects.all().delete()

    with pytest.raises(services.PaymentMissing):
        services.top_up(actor=merchant(world.alice, world.shop), shop_id=world.shop, amount_fen=1, at=AT)
    services.book_payment(actor=operator(world.olga), shop_id=world.shop, amount_fen=7_00, evidence="bank 88", at=AT)

    assert balances(world) == queries.Balances(deposit_fen=7_00)


def test_a_mistyped_payment_is_taken_back_once_and_what_was_spent_becomes_a_debt(world: cast.Cast) -> None:
    olga = operator(world.olga)
    paid = services.book_payment(actor=olga, shop_id=world.shop, amount_fen=70_00, evidence="bank 88", at=AT)
    posting.deduct(raw(), [posting.Due("j", world.shop, 20_00)], kind="DEDUCTION", now=NOW)

    services.take_back(actor=olga, shop_id=world.shop, transfer_id=paid, reason="7 meant", at=AT)
    with pytest.raises(services.TakeBackRefused):
        services.take_back(actor=olga, shop_id=world.shop, transfer_id=paid, reason="again", at=AT)
    with pytest.raises(services.TakeBackRefused):
        services.take_back(actor=olga, shop_id=world.other_shop, transfer_id=paid, reason="not theirs", at=AT)

    assert balances(world) == queries.Balances(debt_fen=20_00)
    assert books.faults(raw(), world.shop) == []


def test_what_is_frozen_pays_for_nothing_until_it_is_released_and_then_debts_first(world: cast.Cast) -> None:
    olga = operator(world.olga)
    services.book_payment(actor=olga, shop_id=world.shop, amount_fen=70_00, evidence="bank", at=AT)

    services.freeze(actor=olga, shop_id=world.shop, amount_fen=60_00, reason="fraud", at=AT, request_key=key())
    posting.deduct(raw(), [posting.Due("j", world.shop, 20_00)], kind="DEDUCTION", now=NOW)
    assert balances(world) == queries.Balances(frozen_fen=60_00, debt_fen=10_00)
    with pytest.raises(posting.DepositShort):
        services.release(actor=olga, shop_id=world.shop, amount_fen=60_01, reason="x", at=AT, request_key=key())
    services.release(actor=olga, shop_id=world.shop, amount_fen=60_00, reason="cleared", at=AT, request_key=key())

    assert balances(world) == queries.Balances(deposit_fen=50_00)


@pytest.mark.parametrize("amount", [None, 0, -1, services.AMOUNT_FEN_MAX + 1])
def test_an_amount_that_will_not_do_is_refused(world: cast.Cast, amount: int | None) -> None:
    with pytest.raises(services.AmountRefused):
        services.top_up(actor=merchant(world.alice, world.shop), shop_id=world.shop, amount_fen=amount, at=AT)

    assert balances(world) == queries.Balances()


@pytest.mark.parametrize(
    "reason", ["王先生 13812345678", "call 138 1234 5678", "138-1234-5678", "６２２２０２１", "card 6222021"]
)
def test_a_booking_names_nobodys_number(world: cast.Cast, reason: str) -> None:
    with pytest.raises(services.ReasonNamesNumbers):
        services.book_payment(actor=operator(world.olga), shop_id=world.shop, amount_fen=1, evidence=reason, at=AT)


def test_a_booking_may_name_a_day_and_the_end_of_a_slip(world: cast.Cast) -> None:
    words = "2022-06-19 slip ..123456"

    assert services.book_payment(
        actor=operator(world.olga), shop_id=world.shop, amount_fen=1, evidence=words, at=AT, request_key=key()
    )


@pytest.mark.parametrize("reason", ["", " ", "\0", "x" * 201])
def test_a_booking_says_why(world: cast.Cast, reason: str) -> None:
    with pytest.raises(services.ReasonRefused):
        services.book_payment(actor=operator(world.olga), shop_id=world.shop, amount_fen=1, evidence=reason, at=AT)


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        pytest.param(
            lambda w: services.top_up(actor=merchant(w.charlie, w.other_shop), shop_id=w.shop, amount_fen=1, at=AT),
            NotVisible,
            id="a stranger does not see the shop",
        ),
        pytest.param(
            lambda w: services.top_up(actor=merchant(w.bob, w.shop), shop_id=w.shop, amount_fen=1, at=AT),
            Forbidden,
            id="a clerk may not pay",
        ),
        pytest.param(
            lambda w: services.book_payment(
                actor=merchant(w.alice, w.shop), shop_id=w.shop, amount_fen=1, evidence="x", at=AT
            ),
            NotVisible,
            id="a shop books nothing itself",
        ),
        pytest.param(
            lambda w: services.book_payment(
                actor=operator(w.viewer), shop_id=w.shop, amount_fen=1, evidence="x", at=AT
            ),
            Forbidden,
            id="an operator who only looks books nothing",
        ),
        pytest.param(
            lambda w: services.book_payment(
                actor=operator(w.olga), shop_id=w.creator, amount_fen=1, evidence="x", at=AT
            ),
            NotVisible,
            id="a creator has no deposit",
        ),
        pytest.param(
            lambda w: queries.balances(merchant(w.charlie, w.other_shop), w.shop), NotVisible, id="others' balances"
        ),
        pytest.param(lambda w: queries.statement(merchant(w.bob, w.shop), w.shop), Forbidden, id="a clerk's view"),
        pytest.param(lambda w: queries.debts(merchant(w.alice, w.shop)), NotVisible, id="others' debts"),
    ],
)
def test_nobody_touches_books_that_are_not_theirs(
    world: cast.Cast, act: Callable[[cast.Cast], object], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        act(world)


def test_debts_are_listed_greatest_first(world: cast.Cast) -> None:
    for shop, amount in ((world.shop, 5_00), (world.other_shop, 9_00)):
        posting.deduct(raw(), [posting.Due(str(shop), shop, amount)], kind="DEDUCTION", now=NOW + timedelta(1))

    assert [(each.shop_id, each.debt_fen) for each in queries.debts(operator(world.olga))] == [
        (world.other_shop, 9_00),
        (world.shop, 5_00),
    ]
