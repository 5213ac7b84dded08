"""Codes sent to phones: one purpose, five minutes, five tries, and nothing learned by a stranger."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from tests.web import cast
from yidao.accounts import codes, phones, senders, services
from yidao.accounts.access import actor_for_operator
from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import UserId
from yidao.accounts.models import Membership, Organisation
from yidao.accounts.phone_models import Phone, PhoneCode, SmsMessage
from yidao.audit.models import AuditEntry
from yidao.kit import db, ids
from yidao.kit.errors import Refusal
from yidao.kit.models import DemoClock
from yidao.rules.verification import VERIFICATION_DEFAULT as LIMITS

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _kept_at_home(settings: object) -> None:
    """Keep messages in the house, as a demo does."""
    settings.SMS_SENDER = "outbox"  # type: ignore[attr-defined]


def fresh_number() -> str:
    """Return a mobile number nobody else has."""
    return f"+86199{ids.new_id() % 10**8:08d}"


def somebody(number: str = "") -> UserId:
    """Make a user with a proven phone."""
    user_id = services.create_user(login=f"u{ids.new_id()}", name="U", password="!")
    with db.transaction(SYSTEM):
        phones.keep(user_id=user_id, number=number or fresh_number(), by_user_id=None, now=cast.NOW, real_now=NOW)
    return user_id


def send(user_id: UserId, purpose: str = "export/1", at: datetime = NOW, address: str = "") -> codes.SentCode:
    return codes.send(user_id=user_id, purpose=purpose, limits=LIMITS, real_now=at, address=address)


def check(user_id: UserId, code: str, purpose: str = "export/1", at: datetime = NOW) -> None:
    codes.check(user_id=user_id, purpose=purpose, code=code, limits=LIMITS, real_now=at)


def last_text(user_id: UserId | None) -> str:
    """Return the words of the newest message to a user."""
    DemoClock.objects.get_or_create(defaults={"base_real": NOW, "base_sim": NOW, "rate": 1.0, "is_running": False})
    found = SmsMessage.objects.filter(user_id=user_id).latest("id")
    return next(row.text for row in senders.messages(operator(), limit=500) if row.id == found.id)


def operator() -> object:
    platform = services.create_organisation(kind=Organisation.Kind.PLATFORM, name="P", now=cast.NOW)
    user_id = services.create_user(login=f"o{ids.new_id()}", name="O", password="!")
    services.join(user_id=user_id, organisation_id=platform, role=Membership.Role.OWNER)
    return actor_for_operator(user_id)


def code_in(text: str) -> str:
    """Return the six digits of a message."""
    return next(word for word in text.replace(",", " ").replace("，", " ").replace(".", " ").split() if word.isdigit())


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.django_db
class TestOneCode:
    def test_the_right_code_works_once(self) -> None:
        user_id = somebody()
        sent = send(user_id)
        code = code_in(last_text(user_id))

        check(user_id, code)

        assert sent.expires_at == NOW + 5 * MINUTE
        assert "******" in sent.masked_phone
        with pytest.raises(codes.CodeExpired):
            check(user_id, code)

    def test_digits_may_be_typed_as_a_chinese_keyboard_gives_them(self) -> None:
        user_id = somebody()
        send(user_id)
        code = code_in(last_text(user_id))

        check(user_id, f" {code[:3]} {code[3:]} ".translate({48 + n: 0xFF10 + n for n in range(10)}))

    def test_it_works_until_five_minutes_are_over(self) -> None:
        user_id = somebody()
        send(user_id)
        code = code_in(last_text(user_id))

        with pytest.raises(codes.CodeExpired):
            check(user_id, code, at=NOW + 5 * MINUTE)
        check(user_id, code, at=NOW + 5 * MINUTE - timedelta(microseconds=1))

    def test_it_works_for_its_purpose_and_its_user_alone(self) -> None:
        user_id, other = somebody(), somebody()
        send(user_id)
        code = code_in(last_text(user_id))

        with pytest.raises(codes.CodeExpired):
            check(user_id, code, purpose="export/2")
        with pytest.raises(codes.CodeExpired):
            check(other, code)
        check(user_id, code)

    def test_five_wrong_tries_use_it_up(self) -> None:
        user_id = somebody()
        send(user_id)
        code = code_in(last_text(user_id))
        left = []

        for _ in range(LIMITS.tries_max - 1):
            with pytest.raises(codes.CodeWrong) as refused:
                check(user_id, other_than(code))
            left.append(refused.value.left)

        assert left == [4, 3, 2, 1]
        with pytest.raises(codes.CodeUsedUp):
            check(user_id, other_than(code))
        with pytest.raises(codes.CodeUsedUp):
            check(user_id, code)

    def test_a_new_code_ends_the_old_one(self) -> None:
        user_id = somebody()
        send(user_id)
        old = code_in(last_text(user_id))
        send(user_id, at=NOW + MINUTE)
        new = code_in(last_text(user_id))

        if old != new:
            with pytest.raises(codes.CodeWrong):
                check(user_id, old, at=NOW + MINUTE)
        check(user_id, new, at=NOW + MINUTE)

    def test_neither_code_nor_number_is_kept_in_clear(self) -> None:
        number = fresh_number()
        user_id = somebody(number)
        send(user_id)
        code = code_in(last_text(user_id))
        hidden = (code.encode(), number.encode(), number[3:].encode())

        for table in ("phone_code", "user_phone", "sms_message"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT t.* FROM {table} t WHERE user_id = %s", [user_id])
                stored = b" ".join(
                    bytes(cell) if isinstance(cell, memoryview) else str(cell).encode()
                    for row in cursor.fetchall()
                    for cell in row
                    if not isinstance(cell, int)
                )
            assert not any(each in stored for each in hidden)


@pytest.mark.django_db
class TestSending:
    def test_who_has_no_phone_is_told(self) -> None:
        with pytest.raises(phones.PhoneMissing):
            send(services.create_user(login=f"u{ids.new_id()}", name="U", password="!"))

    def test_the_next_code_waits_a_minute(self) -> None:
        user_id = somebody()
        send(user_id)

        with pytest.raises(codes.SentTooOften) as refused:
            send(user_id, purpose="export/2", at=NOW + timedelta(seconds=18.5))

        assert refused.value.values == {"seconds": 42}
        assert refused.value.headers == {"Retry-After": "42"}
        assert PhoneCode.objects.filter(user_id=user_id).count() == 1

    def test_five_an_hour_whatever_they_are_for(self) -> None:
        user_id = somebody()
        for number in range(5):
            send(user_id, purpose=f"export/{number}", at=NOW + number * MINUTE)

        with pytest.raises(codes.SentTooOften):
            send(user_id, at=NOW + 59 * MINUTE)
        send(user_id, at=NOW + 60 * MINUTE)

    def test_twenty_an_hour_from_one_address(self) -> None:
        address = f"10.0.0.{ids.new_id()}"
        for _ in range(20):
            send(somebody(), address=address)

        with pytest.raises(codes.SentTooOften):
            send(somebody(), address=address)
        send(somebody(), address="")

    def test_a_changed_phone_starts_no_new_count_for_its_number(self) -> None:
        number = fresh_number()
        send(somebody(number))
        Phone.objects.all().delete()

        with pytest.raises(codes.SentTooOften):
            send(somebody(number))

    def test_where_nothing_is_sent_nothing_is_written(self, settings: object) -> None:
        settings.SMS_SENDER = "none"  # type: ignore[attr-defined]
        user_id = somebody()

        with pytest.raises(senders.SendersMissing):
            send(user_id)

        assert not PhoneCode.objects.filter(user_id=user_id).exists()

    def test_old_codes_are_forgotten_after_a_week(self) -> None:
        user_id = somebody()
        send(user_id)
        send(user_id, at=NOW + timedelta(days=7))

        for _ in range(2):
            codes.forget(real_now=NOW + timedelta(days=7, seconds=1))
            senders.forget(real_now=NOW + timedelta(days=7, seconds=1))

        assert PhoneCode.objects.filter(user_id=user_id).count() == 1
        assert SmsMessage.objects.filter(user_id=user_id).count() == 1


@pytest.mark.django_db
class TestPhones:
    @pytest.mark.parametrize(
        "typed", ["199 0000 0001", "+86 199-0000-0001", "86 19900000001", "１９９０００００００１"]
    )
    def test_one_number_has_one_spelling(self, typed: str) -> None:
        assert phones.parse(typed) == "+8619900000001"

    @pytest.mark.parametrize("typed", ["", "12345", "010-12345678", "alice", "+1", "9" * 500])
    def test_what_is_no_mobile_number_is_refused(self, typed: str) -> None:
        with pytest.raises(phones.PhoneInvalid):
            phones.parse(typed)

    def test_a_mask_shows_five_digits(self) -> None:
        assert phones.mask("+8613812345678") == "+86 138******78"
        assert phones.mask("+85291234567") == "+852 912***67"

    def test_a_new_number_counts_when_its_code_came_back(self) -> None:
        user_id = somebody()
        number = fresh_number()
        send(user_id)

        sent = codes.send_to_new_number(user_id=user_id, typed=number[3:], limits=LIMITS, real_now=NOW)
        assert phones.number_of(user_id) != number
        code = code_in(last_text(user_id))
        shown = codes.confirm_new_number(user_id=user_id, code=code, limits=LIMITS, now=cast.NOW, real_now=NOW)

        assert phones.number_of(user_id) == number
        assert shown == sent.masked_phone == phones.mask(number)
        assert phones.owner_of(number) == user_id
        assert AuditEntry.objects.filter(act="phone.changed", subject=f"user/{user_id}").count() == 2
        assert not PhoneCode.objects.filter(user_id=user_id, used_at=None, voided_at=None).exists()

    def test_a_number_of_somebody_else_is_refused_only_to_who_holds_it(self) -> None:
        number = fresh_number()
        first, second = somebody(number), somebody()

        codes.send_to_new_number(user_id=second, typed=number, limits=LIMITS, real_now=NOW)
        code = code_in(last_text(second))
        with pytest.raises(phones.PhoneTaken):
            codes.confirm_new_number(user_id=second, code=code, limits=LIMITS, now=cast.NOW, real_now=NOW)

        assert phones.owner_of(number) == first

    def test_who_looks_at_a_number_leaves_a_trace(self) -> None:
        number = fresh_number()
        user_id = somebody(number)

        assert phones.reveal(user_id=user_id, by_user_id=user_id, now=cast.NOW, real_now=NOW) == number

        entry = AuditEntry.objects.get(act="phone.revealed", subject=f"user/{user_id}")
        assert number[3:] not in str(entry.details)


@pytest.mark.django_db
class TestLoginByPhone:
    def test_a_number_that_is_nobodys_reads_the_same(self) -> None:
        known, unknown = fresh_number(), fresh_number()
        user_id = somebody(known)

        told = []
        for number in (known, unknown):
            sent = codes.send_login(typed=number, limits=LIMITS, real_now=NOW, address="")
            told.append((type(sent), sent.expires_at, len(sent.masked_phone)))
            for wrong in range(5):
                with pytest.raises(Refusal) as refused:
                    codes.check_login(typed=number, code=f"no{wrong}", limits=LIMITS, real_now=NOW)
                told.append((refused.value.code, refused.value.values))
            with pytest.raises(codes.SentTooOften) as often:
                codes.send_login(typed=number, limits=LIMITS, real_now=NOW, address="")
            told.append(often.value.values)

        assert told[: len(told) // 2] == told[len(told) // 2 :]
        assert SmsMessage.objects.filter(user_id=user_id).count() == 1
        assert SmsMessage.objects.filter(state="WITHHELD").count() == 1

    def test_phone_and_code_say_who_it_is(self) -> None:
        number = fresh_number()
        user_id = somebody(number)
        codes.send_login(typed=number, limits=LIMITS, real_now=NOW, address="", purpose="login/a")
        code = code_in(last_text(user_id))

        with pytest.raises(codes.CodeExpired):
            codes.check_login(typed=number, code=code, limits=LIMITS, real_now=NOW, purpose="login/b")
        assert codes.check_login(typed=number, code=code, limits=LIMITS, real_now=NOW, purpose="login/a") == user_id

    def test_even_the_right_code_opens_nothing_for_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        number = fresh_number()
        monkeypatch.setattr(codes.secrets, "randbelow", lambda _: 123456)
        codes.send_login(typed=number, limits=LIMITS, real_now=NOW, address="")

        with pytest.raises(codes.CodeExpired):
            codes.check_login(typed=number, code="123456", limits=LIMITS, real_now=NOW)


def in_parallel(work: object, times: int) -> list[object]:
    """Run it on as many connections at once and return what each gave or raised."""
    gate = threading.Barrier(times)
    outcomes: list[object] = []

    def one() -> None:
        gate.wait()
        try:
            outcomes.append(work())  # type: ignore[operator]
        except Refusal as refusal:
            outcomes.append(type(refusal))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.fixture
def user_id(committed_db: None) -> Iterator[UserId]:
    return somebody()


def test_parallel_guesses_get_no_more_than_five_tries(user_id: UserId) -> None:
    send(user_id)

    outcomes = in_parallel(lambda: check(user_id, "no"), 12)

    assert outcomes.count(codes.CodeWrong) == LIMITS.tries_max - 1
    assert outcomes.count(codes.CodeUsedUp) == 12 - (LIMITS.tries_max - 1)
    assert PhoneCode.objects.get(user_id=user_id).try_count == LIMITS.tries_max


def test_one_code_lets_one_of_two_in(user_id: UserId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: 424242)
    send(user_id)

    outcomes = in_parallel(lambda: check(user_id, "424242"), 4)

    assert outcomes.count(None) == 1
    assert outcomes.count(codes.CodeExpired) == 3


def test_two_askings_at_once_send_one_code(user_id: UserId) -> None:
    outcomes = in_parallel(lambda: send(user_id), 4)

    assert outcomes.count(codes.SentTooOften) == 3
    assert PhoneCode.objects.filter(user_id=user_id).count() == 1


def test_a_stricter_policy_allows_fewer_tries(user_id: UserId) -> None:
    send(user_id)

    with pytest.raises(codes.CodeUsedUp):
        codes.check(user_id=user_id, purpose="export/1", code="no", limits=replace(LIMITS, tries_max=1), real_now=NOW)
