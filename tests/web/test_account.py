"""One's own account: second factors, phone, password, sessions, and what each of them does to the login."""

import base64
import hmac
import json
import re
import struct
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.template.loader import get_template
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from tests.accounts.test_codes import code_in, fresh_number
from tests.web import cast
from yidao.accounts import lockout, passwords, phones, services
from yidao.accounts.actors import SYSTEM
from yidao.accounts.models import LoginFailure, User
from yidao.accounts.phone_models import SmsMessage
from yidao.accounts.senders import text_place
from yidao.audit.models import AuditEntry
from yidao.kit import clock, crypto, db, ids
from yidao.web.account import urls

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _kept_at_home(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep messages in the house, and allow few attempts: each costs a slow digest on purpose."""
    settings.SMS_SENDER = "outbox"
    monkeypatch.setattr(lockout, "ATTEMPTS_PER_LOGIN_MAX", 3)
    monkeypatch.setattr(lockout, "ATTEMPTS_PER_ADDRESS_MAX", 12)


@pytest.fixture
def user() -> User:
    """Make a user who belongs to a shop."""
    shop = services.create_organisation(kind=cast.Kind.SHOP, name="店", now=cast.NOW)
    user_id = services.create_user(login=f"wang-{ids.new_id()}", name="王小明", password=PASSWORD)
    services.join(user_id=user_id, organisation_id=shop, role=cast.Role.OWNER)
    return User.objects.get(id=user_id)


def log_in(browser: Client, user: User, password: str = PASSWORD) -> Any:
    return browser.post("/login", {"login": user.login, "password": password}, headers=ENGLISH)


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


@pytest.fixture
def browser(user: User) -> Client:
    """Return the browser of the user, who logged in and said once more who they are."""
    browser = Client()
    log_in(browser, user)
    confirm(browser)
    return browser


def confirm(browser: Client) -> None:
    answer = browser.post("/account/confirm?next=/account/", {"password": PASSWORD, "next": "/account/"})
    assert answer["Location"] == "/account/", answer.content.decode()


def text_of(browser: Client, path: str) -> str:
    answer = browser.get(path, headers=ENGLISH)
    assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
    return unescape(answer.content.decode())


def app_code(secret: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows now (RFC 6238), or so many half minutes later."""
    counter = int(clock.real_now().timestamp()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", counter), "sha1")
    at = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def set_up_app(browser: Client) -> tuple[str, list[str]]:
    """Set up an authenticator app and return its secret and the recovery codes that came with it."""
    page = text_of(browser, "/account/app")
    found = re.search(r"\b[A-Z2-7]{32}\b", page)
    assert found is not None
    answer = browser.post("/account/app", {"code": app_code(found[0], steps=-1)}, headers=ENGLISH)
    assert answer["Location"] == "/account/recovery", answer.content.decode()
    codes = re.findall(r"<code>(\d{8})</code>", text_of(browser, "/account/recovery"))
    return found[0], codes


def last_code(user: User) -> str:
    """Return the code of the newest message to a user."""
    row = SmsMessage.objects.filter(user=user).latest("id")
    return code_in(crypto.decrypt(row.text_encrypted, place=text_place(row.id)).decode())


def give_phone(user: User) -> str:
    number = fresh_number()
    with db.transaction(SYSTEM):
        phones.keep(user_id=user.id, number=number, by_user_id=None, now=cast.NOW, real_now=clock.real_now())
    return number


def acts(user: User) -> set[str]:
    return set(AuditEntry.objects.filter(subject=f"user/{user.id}").values_list("act", flat=True))


class TestAuthenticatorApp:
    def test_whoever_has_one_is_asked_for_its_code_after_the_password(self, browser: Client, user: User) -> None:
        secret, _ = set_up_app(browser)
        other = Client()

        assert log_in(other, user)["Location"] == "/login/second"
        assert not is_in(other)
        assert "Second step" in text_of(other, "/login/second")
        answer = other.post("/login/second", {"code": app_code(secret)})

        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert is_in(other)
        assert {"factor.used", "login.done"} <= acts(user)

    def test_a_code_works_once_even_in_another_browser(self, browser: Client, user: User) -> None:
        secret, _ = set_up_app(browser)
        code = app_code(secret)
        first, second = Client(), Client()
        for each in (first, second):
            log_in(each, user)
            each.post("/login/second", {"code": code})

        assert (is_in(first), is_in(second)) == (True, False)

    def test_the_code_that_set_it_up_opens_nothing(self, browser: Client, user: User) -> None:
        page = text_of(browser, "/account/app")
        secret = re.search(r"\b[A-Z2-7]{32}\b", page)[0]  # type: ignore[index]
        code = app_code(secret)
        browser.post("/account/app", {"code": code})
        other = Client()
        log_in(other, user)

        other.post("/login/second", {"code": code})

        assert not is_in(other)

    def test_guessing_is_stopped_across_browsers_and_processes(self, browser: Client, user: User) -> None:
        secret, _ = set_up_app(browser)
        for _ in range(lockout.ATTEMPTS_PER_LOGIN_MAX):
            other = Client()
            log_in(other, user)
            assert "not right" in other.post("/login/second", {"code": "000000"}, headers=ENGLISH).content.decode()

        other = Client()
        log_in(other, user)
        answer = other.post("/login/second", {"code": app_code(secret)}, headers=ENGLISH)

        assert "Try again in 15 minutes." in answer.content.decode()
        assert LoginFailure.objects.filter(key=f"second-factor:{user.id}").exists()
        with time_machine.travel(clock.real_now() + timedelta(minutes=16), tick=False):
            log_in(other, user)
            other.post("/login/second", {"code": app_code(secret)})
        assert is_in(other)

    def test_its_secret_is_stored_encrypted(self, browser: Client, user: User) -> None:
        secret, codes = set_up_app(browser)

        stored = json.dumps(list(Authenticator.objects.filter(user=user).values_list("data", flat=True)))

        assert secret not in stored
        assert not any(code in stored for code in codes)

    def test_a_wrong_first_code_keeps_the_key_that_was_scanned(self, browser: Client) -> None:
        before = re.search(r"\b[A-Z2-7]{32}\b", text_of(browser, "/account/app"))
        answer = browser.post("/account/app", {"code": "000000"}, headers=ENGLISH).content.decode()
        after = re.search(r"\b[A-Z2-7]{32}\b", answer)

        assert "not right" in answer
        assert before is not None
        assert after is not None
        assert before[0] == after[0]

    def test_switched_off_the_password_is_enough_again(self, browser: Client, user: User) -> None:
        set_up_app(browser)
        assert "Switch the authenticator app off?" in text_of(browser, "/account/app/off")

        browser.post("/account/app/off")

        other = Client()
        log_in(other, user)
        assert is_in(other)
        assert not Authenticator.objects.filter(user=user).exists()
        assert "factor.removed" in acts(user)

    def test_who_waits_for_the_second_step_may_give_up(self, browser: Client, user: User) -> None:
        set_up_app(browser)
        other = Client()
        log_in(other, user)

        assert other.get("/login")["Location"].startswith("/login/second")
        other.post("/login/cancel")

        assert other.get("/login").status_code == 200


class TestRecoveryCodes:
    def test_each_opens_the_account_once(self, browser: Client, user: User) -> None:
        _, codes = set_up_app(browser)
        assert len(set(codes)) == 10
        first, second = Client(), Client()
        for each in (first, second):
            log_in(each, user)
            each.post("/login/second", {"code": codes[0]})

        assert (is_in(first), is_in(second)) == (True, False)
        assert "9 left" in text_of(browser, "/account/")

    def test_they_are_shown_once(self, browser: Client) -> None:
        _, codes = set_up_app(browser)

        again = text_of(browser, "/account/recovery")

        assert not any(code in again for code in codes)
        assert "10 of 10 codes are left" in again

    def test_new_ones_end_the_old_ones(self, browser: Client, user: User) -> None:
        _, old = set_up_app(browser)
        assert "stop working" in text_of(browser, "/account/recovery/new")
        assert browser.post("/account/recovery/new")["Location"] == "/account/recovery"
        new = re.findall(r"<code>(\d{8})</code>", text_of(browser, "/account/recovery"))
        other = Client()
        log_in(other, user)
        other.post("/login/second", {"code": old[0]})

        assert not is_in(other)
        assert not set(old) & set(new)
        other.post("/login/second", {"code": new[0]})
        assert is_in(other)

    def test_without_another_factor_there_are_none(self, browser: Client) -> None:
        assert browser.get("/account/recovery").status_code == 404
        assert "set up one of them first" in unescape(
            browser.post("/account/recovery/new", headers=ENGLISH).content.decode()
        )


def test_every_act_leaves_a_trace(browser: Client, user: User, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(browser)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("/account/recovery/new")
    browser.post("/account/app/off", headers=ENGLISH)

    assert {"factor.added", "factor.codes_made", "factor.removed"} <= acts(user)
    assert "The authenticator app is switched off." in text_of(browser, "/account/")


class TestConfirming:
    @pytest.mark.parametrize(
        "path",
        [
            "/account/app",
            "/account/passkeys/add",
            "/account/phone",
            "/account/phone/code",
            "/account/recovery/new",
        ],
    )
    def test_what_is_delicate_asks_for_the_password_again(self, path: str, user: User) -> None:
        browser = Client()
        log_in(browser, user)

        assert browser.get(path)["Location"] == f"/account/confirm?next={path.replace('/', '%2F')}"
        assert "Is it you?" in text_of(browser, f"/account/confirm?next={path}")
        answer = browser.post("/account/confirm", {"password": PASSWORD, "next": path})

        assert answer["Location"] == path
        assert browser.get(path).status_code == 200

    def test_after_five_minutes_it_asks_once_more(self, browser: Client) -> None:
        with time_machine.travel(clock.real_now() + timedelta(minutes=5, seconds=1), tick=False):
            assert browser.get("/account/phone").status_code == 302

    def test_guessing_the_password_there_locks_the_login(self, user: User) -> None:
        browser = Client()
        log_in(browser, user)
        for _ in range(lockout.ATTEMPTS_PER_LOGIN_MAX):
            browser.post("/account/confirm", {"password": "wrong"})

        answer = browser.post("/account/confirm", {"password": PASSWORD}, headers=ENGLISH)

        assert "Try again in 15 minutes." in answer.content.decode()

    def test_the_app_or_a_recovery_code_confirm_too(self, browser: Client, user: User) -> None:
        secret, codes = set_up_app(browser)
        for code in (app_code(secret), codes[0]):
            other = Client()
            other.force_login(user)
            assert "recovery code" in text_of(other, "/account/confirm/code?next=/account/phone")

            answer = other.post("/account/confirm/code", {"code": code, "next": "/account/phone"})

            assert answer["Location"] == "/account/phone"
            assert other.get("/account/phone").status_code == 200

    def test_nobody_is_led_away_from_here(self, user: User) -> None:
        browser = Client()
        log_in(browser, user)

        answer = browser.post("/account/confirm", {"password": PASSWORD, "next": "https://evil.example/"})

        assert answer["Location"] == "/"


class TestPhone:
    def test_a_number_is_added_with_a_code_that_goes_there(self, browser: Client, user: User) -> None:
        number = fresh_number()

        assert browser.post("/account/phone", {"phone": number[3:]})["Location"] == "/account/phone/code"
        assert phones.mask(number) in text_of(browser, "/account/phone/code")
        answer = browser.post("/account/phone/code", {"code": last_code(user)}, headers=ENGLISH)

        assert answer["Location"] == "/account/"
        page = text_of(browser, "/account/")
        assert f"Your phone is now {phones.mask(number)}." in page
        assert number not in page
        assert phones.number_of(user.id) == number

    def test_a_wrong_code_says_how_many_tries_are_left(self, browser: Client) -> None:
        browser.post("/account/phone", {"phone": fresh_number()})

        answer = browser.post("/account/phone/code", {"code": "no"}, headers=ENGLISH)

        assert answer.status_code == 422
        assert "Tries left: 4." in answer.content.decode()

    def test_what_is_no_number_and_what_comes_too_often_is_told(self, browser: Client) -> None:
        assert browser.post("/account/phone", {"phone": "12"}).status_code == 422
        browser.post("/account/phone", {"phone": fresh_number()})
        number = fresh_number()
        browser.post("/account/phone", {"phone": number})

        answer = browser.post("/account/phone", {"phone": number})

        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 60

    def test_the_whole_number_is_shown_on_demand_and_leaves_a_trace(self, browser: Client, user: User) -> None:
        number = give_phone(user)
        assert number not in text_of(browser, "/account/phone")

        assert number in browser.post("/account/phone/show").content.decode()

        assert "phone.revealed" in acts(user)


class TestLoginByPhone:
    def test_phone_and_code_open_the_consoles(self, client: Client, user: User) -> None:
        number = give_phone(user)

        assert "Log in by phone" in text_of(client, "/login/phone")
        assert client.post("/login/phone", {"phone": number})["Location"] == "/login/phone/code"
        assert "a code is on its way" in text_of(client, "/login/phone/code")
        answer = client.post("/login/phone/code", {"code": last_code(user)})

        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert is_in(client)
        assert "login.done" in acts(user)

    def test_the_second_factor_is_asked_for_all_the_same(self, browser: Client, client: Client, user: User) -> None:
        number = give_phone(user)
        secret, _ = set_up_app(browser)
        client.post("/login/phone", {"phone": number})

        answer = client.post("/login/phone/code", {"code": last_code(user)})

        assert answer["Location"] == "/login/second"
        assert not is_in(client)
        client.post("/login/second", {"code": app_code(secret)})
        assert is_in(client)

    def test_a_number_that_is_nobodys_reads_the_same(self, user: User) -> None:
        told = []
        for number in (give_phone(user), fresh_number()):
            browser = Client()
            answers = [browser.post("/login/phone", {"phone": number}, headers=ENGLISH)]
            answers += [browser.get("/login/phone/code", headers=ENGLISH)]
            answers += [browser.post("/login/phone/code", {"code": "no"}, headers=ENGLISH) for _ in range(2)]
            told.append([(each.status_code, without_tokens(each.content), each.get("Location")) for each in answers])

        assert told[0] == told[1]

    def test_a_code_works_in_the_browser_that_asked_for_it(self, client: Client, user: User) -> None:
        number = give_phone(user)
        client.post("/login/phone", {"phone": number})
        stranger = Client()

        assert stranger.get("/login/phone/code")["Location"] == "/login/phone"
        answer = stranger.post("/login/phone/code", {"code": last_code(user)})

        assert answer.status_code == 422
        assert not is_in(stranger)

    def test_guessing_codes_from_one_address_is_stopped(self, client: Client, user: User) -> None:
        client.post("/login/phone", {"phone": give_phone(user)})
        for _ in range(lockout.ATTEMPTS_PER_ADDRESS_MAX):
            client.post("/login/phone/code", {"code": "no"})

        assert client.post("/login/phone/code", {"code": last_code(user)}).status_code == 429
        assert not is_in(client)

    def test_who_is_disabled_stays_out(self, client: Client, user: User) -> None:
        number = give_phone(user)
        client.post("/login/phone", {"phone": number})
        code = last_code(user)
        services.disable_user(user_id=user.id, by_user_id=None, now=cast.NOW, real_now=clock.real_now())

        client.post("/login/phone/code", {"code": code})

        assert not is_in(client)

    def test_without_a_sender_the_page_says_so(self, client: Client, settings: Any) -> None:
        settings.SMS_SENDER = "none"

        assert "sends no text messages" in text_of(client, "/login/phone")


def without_tokens(page: bytes) -> bytes:
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", page)


class TestPassword:
    def test_changing_it_ends_all_other_sessions_and_keeps_this_one(self, browser: Client, user: User) -> None:
        other = Client()
        log_in(other, user)

        answer = browser.post(
            "/account/password", {"old": PASSWORD, "new": "quite another one 7", "again": "quite another one 7"}
        )

        assert answer["Location"] == "/account/"
        assert browser.get("/account/").status_code == 200
        assert other.get("/account/").status_code == 302
        assert text_of(browser, "/account/sessions").count("this browser") == 1
        assert "password.changed" in acts(user)
        assert not is_in_after(user, PASSWORD)
        assert is_in_after(user, "quite another one 7")

    @pytest.mark.parametrize(
        ("new", "why"),
        [
            pytest.param("kurz77!", "at least 10 characters", id="short"),
            pytest.param("password123", "too common", id="common in the world"),
            pytest.param("Woaini1314520", "others use often", id="common in China"),
            pytest.param("20211122203023", "entirely numeric", id="digits alone"),
            pytest.param("", "at least 10 characters", id="nothing"),
        ],
    )
    def test_what_is_easy_to_guess_is_refused_with_its_reason(self, browser: Client, new: str, why: str) -> None:
        answer = browser.post("/account/password", {"old": PASSWORD, "new": new, "again": new}, headers=ENGLISH)

        assert answer.status_code == 422
        assert why in unescape(answer.content.decode())

    @pytest.mark.parametrize("new", ["kurz", "password123", "123456789012", "WANGUSER", "woaini1314520"])
    def test_every_reason_is_told_in_chinese(self, browser: Client, user: User, new: str) -> None:
        new = user.login if new == "WANGUSER" else new

        answer = browser.post(
            "/account/password", {"old": PASSWORD, "new": new, "again": new}, headers={"accept-language": "zh-CN"}
        )

        told = unescape(answer.content.decode()).partition('role="alert">')[2].partition("</div>")[0]
        assert not re.search("[a-z]{3}", re.sub("<[^>]+>", "", told)), told

    def test_one_like_the_login_is_refused(self, browser: Client, user: User) -> None:
        answer = browser.post(
            "/account/password", {"old": PASSWORD, "new": user.login, "again": user.login}, headers=ENGLISH
        )

        assert "too similar" in unescape(answer.content.decode())

    def test_the_present_one_must_be_right(self, browser: Client, user: User) -> None:
        fresh = {"new": "quite another one 7", "again": "quite another one 7"}
        for _ in range(lockout.ATTEMPTS_PER_LOGIN_MAX):
            assert browser.post("/account/password", {"old": "wrong"} | fresh).status_code == 422

        answer = browser.post("/account/password", {"old": PASSWORD} | fresh, headers=ENGLISH)

        assert "Try again in" in answer.content.decode()

    def test_both_new_ones_must_be_the_same(self, browser: Client) -> None:
        answer = browser.post(
            "/account/password", {"old": PASSWORD, "new": "quite another 7", "again": "quite another 8"}
        )

        assert answer.status_code == 422

    def test_whoever_forgot_it_sets_a_new_one_by_phone(self, client: Client, browser: Client, user: User) -> None:
        number = give_phone(user)

        assert client.post("/login/forgot", {"phone": number})["Location"] == "/login/forgot/code"
        answer = client.post("/login/forgot/code", {"code": last_code(user)})
        assert answer["Location"] == "/login/forgot/password"
        assert "New password" in text_of(client, "/login/forgot/password")
        fresh = {"new": "quite another one 7", "again": "quite another one 7"}
        assert client.post("/login/forgot/password", {"new": "short", "again": "short"}).status_code == 422
        assert client.post("/login/forgot/password", fresh)["Location"] == "/login"

        assert not is_in(client)
        assert browser.get("/account/").status_code == 302
        assert is_in_after(user, "quite another one 7")
        assert client.post("/login/forgot/password", fresh)["Location"] == "/login/forgot"

    def test_who_lost_password_and_phone_gets_a_link_that_works_once(self, client: Client, user: User) -> None:
        operator = Client()
        operator.force_login(cast.build().olga)
        address = f"/o/users/{user.id}/"
        operator.post(address, {"act": "password"})
        shown = re.search(r"http://testserver(/login/link/[\w-]+)", operator.get(address).content.decode())
        assert shown is not None
        assert "/login/link/" not in operator.get(address).content.decode()
        fresh = {"new": "quite another one 7", "again": "quite another one 7"}

        assert client.get(shown[1])["Location"] == "/login/forgot/password"
        second = Client()
        second.get(shown[1])
        assert client.post("/login/forgot/password", fresh)["Location"] == "/login"

        assert is_in_after(user, "quite another one 7")
        assert second.post("/login/forgot/password", fresh)["Location"] == "/login/forgot"
        assert Client().get(shown[1]).status_code == 404
        assert {"password.link_made", "password.changed"} <= acts(user)

    @pytest.mark.parametrize("change", ["aged", "cut", "disabled"])
    def test_a_link_ends_after_a_day_and_for_who_is_shut_out(self, client: Client, user: User, change: str) -> None:
        real_now = clock.real_now()
        made = passwords.link(user_id=user.id, by_user_id=None, now=cast.NOW, real_now=real_now)
        if change == "disabled":
            services.disable_user(user_id=user.id, by_user_id=None, now=cast.NOW, real_now=real_now)

        later = real_now + timedelta(days=1 if change == "aged" else 0)
        with time_machine.travel(later, tick=False):
            assert client.get(f"/login/link/{made[: -1 if change == 'cut' else None]}").status_code == 404

    def test_a_code_for_the_login_sets_no_password(self, client: Client, user: User) -> None:
        client.post("/login/phone", {"phone": give_phone(user)})

        assert client.post("/login/forgot/code", {"code": last_code(user)}).status_code == 422

    def test_ten_minutes_after_the_code_it_is_too_late(self, client: Client, user: User) -> None:
        client.post("/login/forgot", {"phone": give_phone(user)})
        client.post("/login/forgot/code", {"code": last_code(user)})

        with time_machine.travel(clock.real_now() + timedelta(minutes=10), tick=False):
            assert client.get("/login/forgot/password")["Location"] == "/login/forgot"


def is_in_after(user: User, password: str) -> bool:
    browser = Client()
    log_in(browser, user, password)
    return is_in(browser)


class TestSessions:
    def test_each_login_is_listed_with_its_browser(self, browser: Client, user: User) -> None:
        other = Client(headers={"user-agent": "Mozilla/5.0 (iPhone; like Mac OS X) Version/17 Mobile Safari/604.1"})
        log_in(other, user)

        page = text_of(browser, "/account/sessions")

        assert "Safari · iPhone" in page
        assert page.count("<tr><td>") == 2
        assert page.count("this browser") == 1

    def test_one_is_ended_and_the_others_go_on(self, browser: Client, user: User) -> None:
        first, second = Client(), Client()
        for each in (first, second):
            log_in(each, user)
        newest = re.search(r'name="end" value="(\d+)"', text_of(browser, "/account/sessions"))
        assert newest is not None

        browser.post("/account/sessions", {"end": newest[1]})

        assert (first.get("/account/").status_code, second.get("/account/").status_code) == (200, 302)
        assert "session.ended" in acts(user)

    def test_all_others_are_ended_at_once(self, browser: Client, user: User) -> None:
        others = [Client() for _ in range(3)]
        for each in others:
            log_in(each, user)

        browser.post("/account/sessions", {"end": "others"})

        assert [each.get("/account/").status_code for each in others] == [302] * 3
        assert browser.get("/account/").status_code == 200

    @pytest.mark.parametrize("others", [0, 2])
    def test_the_list_asks_as_often_for_three_sessions_as_for_one(
        self, browser: Client, user: User, others: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(others):
            log_in(Client(), user)

        with django_assert_num_queries(4):
            assert text_of(browser, "/account/sessions").count("<tr><td>") == 1 + others

    @pytest.mark.parametrize("passkeys", [1, 3])
    def test_the_overview_asks_as_often_for_three_passkeys_as_for_one(
        self, browser: Client, user: User, passkeys: int, django_assert_num_queries: Any
    ) -> None:
        for _ in range(passkeys):
            Authenticator.objects.create(user=user, type="webauthn", data={"name": "key", "credential": {}})

        with django_assert_num_queries(6):
            text_of(browser, "/account/")

    @pytest.mark.parametrize("wanted", ["", "x", "0", "9" * 30, "-1"])
    def test_what_is_no_session_of_mine_is_not_there(self, browser: Client, wanted: str) -> None:
        assert browser.post("/account/sessions", {"end": wanted}).status_code == 404

    def test_nobody_ends_sessions_of_others(self, browser: Client, user: User) -> None:
        stranger = Client()
        stranger.force_login(cast.user("Mallory"))
        mine = Client()
        log_in(mine, user)
        shown = re.search(r'name="end" value="(\d+)"', text_of(browser, "/account/sessions"))
        assert shown is not None

        assert stranger.post("/account/sessions", {"end": shown[1]}).status_code == 404
        assert mine.get("/account/").status_code == 200


class TestPasskeys:
    @pytest.mark.parametrize(
        "credential",
        [
            "",
            "x",
            "5",
            "[]",
            "{}",
            "null",
            '{"response": {}}',
            '{"response": {"userHandle": "%%"}}',
            '{"response": {}, "id": "\\u0000"}',
            '{"response": {}, "id": "' + "x" * 30_000 + '"}',
        ],
    )
    def test_no_answer_of_a_browser_makes_the_server_stumble(
        self, browser: Client, client: Client, user: User, credential: str
    ) -> None:
        text_of(browser, "/account/passkeys/add")
        text_of(browser, "/account/confirm/passkey") if Authenticator.objects.filter(user=user).exists() else None
        wished = client.get("/login/passkey", headers={"x-requested-with": "XMLHttpRequest"}).json()

        assert browser.post("/account/passkeys/add", {"credential": credential}).status_code == 200
        assert client.post("/login/passkey", {"credential": credential})["Location"] == "/login"
        assert wished["request_options"]["publicKey"]["userVerification"] == "required"
        assert not is_in(client)

    def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(self, browser: Client, user: User) -> None:
        mine, others = (
            Authenticator.objects.create(user=each, type="webauthn", data={"name": "key", "credential": {}}).pk
            for each in (user, cast.user("Mallory"))
        )

        for act in ("name", "remove"):
            assert browser.get(f"/account/passkeys/{others}/{act}").status_code == 404
            assert browser.post(f"/account/passkeys/{others}/{act}", {"name": "x"}).status_code == 404
        assert "key" in text_of(browser, f"/account/passkeys/{mine}/name")
        assert browser.post(f"/account/passkeys/{mine}/name", {"name": "x" * 61}).status_code == 200
        assert browser.post(f"/account/passkeys/{mine}/name", {"name": "手机"})["Location"] == "/account/passkeys"
        assert "手机" in text_of(browser, "/account/")
        assert "手机" in text_of(browser, f"/account/passkeys/{mine}/remove")
        browser.post(f"/account/passkeys/{mine}/remove")

        assert set(Authenticator.objects.values_list("id", flat=True)) == {others}
        assert "factor.removed" in acts(user)

    def test_trying_passkeys_from_one_address_is_stopped(self, client: Client) -> None:
        made_up = json.dumps(
            {
                "id": "AAAA",
                "rawId": "AAAA",
                "type": "public-key",
                "response": {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"},
            }
        )
        for _ in range(lockout.ATTEMPTS_PER_ADDRESS_MAX + 1):
            client.post("/login/passkey", {"credential": made_up}, headers=ENGLISH)

        assert "Try again in" in text_of(client, "/login")


def test_the_overview_tells_what_guards_the_account(browser: Client, user: User) -> None:
    before = text_of(browser, "/account/")
    set_up_app(browser)
    give_phone(user)
    after = text_of(browser, "/account/")

    assert "Add a number" in before
    assert "Change the number" in after
    assert "10 left" in after
    assert user.login in after


def test_addresses_of_the_librarys_overviews_lead_to_ours(browser: Client) -> None:
    assert browser.get("/account/factors")["Location"] == "/account/"
    assert browser.get("/account/passkeys")["Location"] == "/account/"


PAGES = [each for each in urls.urlpatterns if isinstance(each, URLPattern)]
WANTED = [str(each.name) for each in PAGES if "<" not in str(each.pattern)]


@pytest.mark.parametrize("name", WANTED)
def test_every_page_answers_whoever_asks_and_whatever_is_sent(name: str, browser: Client, user: User) -> None:
    waiting, fresh = Client(), Client()
    set_up_app(browser)
    log_in(waiting, user)
    sent = {"code": "\0", "phone": "\0", "password": "\0", "old": "\0", "new": "\0", "credential": "\0", "end": "\0"}

    for each in (fresh, waiting, browser):
        for wanted in (each.get, each.post):
            assert wanted(reverse(name)).status_code < 500
        assert each.post(reverse(name), sent).status_code < 500


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_set_password",
        "account_reset_password",
        "account_inactive",
        "account_request_login_code",
        "mfa_trust",
        "mfa_signup_webauthn",
        "mfa_download_recovery_codes",
        "usersessions_list",
    ],
)
def test_pages_of_the_library_that_are_not_wanted_do_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_every_page_of_the_library_is_a_template_of_ours() -> None:
    views = [each.callback.view_class for each in PAGES if hasattr(each.callback, "view_class")]
    names = {each.template_name for each in views if getattr(each, "template_name", None)}

    assert len(names) > 10
    for name in names - {"mfa/index.html", "mfa/webauthn/authenticator_list.html"}:
        get_template(name)
