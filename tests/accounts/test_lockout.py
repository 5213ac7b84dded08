"""What counts attempts holds when they come at once, on connections of their own."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.accounts.test_codes import in_parallel
from yidao.accounts import lockout
from yidao.accounts.ids import UserId
from yidao.accounts.models import LoginFailure
from yidao.accounts.phone_models import UsedCode
from yidao.kit import ids

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def fresh_address() -> str:
    """Return an address nobody else comes from."""
    number = ids.new_id()
    return f"2001:db8::{number % 65536:x}:{number // 65536 % 65536:x}"


def test_of_many_second_factors_at_once_no_more_are_looked_at_than_allowed(committed_db: None) -> None:
    user_id, address = UserId(ids.new_id()), fresh_address()

    outcomes = in_parallel(lambda: lockout.count_second_factor(user_id=user_id, address=address, real_now=NOW), 2 * 8)

    assert outcomes.count(None) == lockout.ATTEMPTS_PER_LOGIN_MAX
    assert outcomes.count(lockout.LockedOut) == 2 * 8 - lockout.ATTEMPTS_PER_LOGIN_MAX


def test_a_code_of_an_app_is_used_by_one_of_many_at_once(committed_db: None) -> None:
    user_id = UserId(ids.new_id())

    outcomes = in_parallel(lambda: lockout.use_once(user_id=user_id, code="123456", real_now=NOW), 8)

    assert sorted(map(bool, outcomes)) == [False] * 7 + [True]


@pytest.mark.django_db
def test_the_same_six_digits_may_come_up_again_later() -> None:
    user_id = UserId(ids.new_id())

    times = (timedelta(0), timedelta(minutes=5), timedelta(minutes=5, seconds=1), timedelta(minutes=6))

    assert [lockout.use_once(user_id=user_id, code="123456", real_now=NOW + each) for each in times] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.django_db
def test_codes_of_others_and_what_is_old_stand_in_nobodys_way() -> None:
    first, second = UserId(ids.new_id()), UserId(ids.new_id())

    assert lockout.use_once(user_id=first, code="123456", real_now=NOW)
    assert lockout.use_once(user_id=second, code="123456", real_now=NOW)
    assert lockout.use_once(user_id=first, code="654321", real_now=NOW + timedelta(days=2))
    assert UsedCode.objects.filter(used_at__lte=NOW).count() == 0


@pytest.mark.django_db
def test_an_address_is_let_off_what_was_right_and_nothing_else() -> None:
    address = fresh_address()
    for _ in range(3):
        lockout.count_stranger(address=address, real_now=NOW)

    lockout.forget_stranger(address=address, real_now=NOW)

    assert LoginFailure.objects.get(key=f"address:{address}").failure_count == 2
