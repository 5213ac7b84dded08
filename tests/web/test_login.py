"""The login: who gets in, what a stranger learns, and when guessing is stopped."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import Resolver404, resolve

from tests.web import cast
from yidao.accounts import lockout, services
from yidao.accounts.models import LoginFailure, User
from yidao.audit.models import AuditEntry
from yidao.kit import clock, ids

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow few attempts: each costs a slow digest on purpose."""
    monkeypatch.setattr(lockout, "ATTEMPTS_PER_LOGIN_MAX", 3)
    monkeypatch.setattr(lockout, "ATTEMPTS_PER_ADDRESS_MAX", 6)


@pytest.fixture
def login() -> str:
    """Make a user and return the login."""
    name = f"Alice-{ids.new_id()}@shop.example"
    services.create_user(login=name, name="Alice", password=PASSWORD)
    return name


def post(client: Client, login: str, password: str) -> object:
    return client.post("/login", {"login": login, "password": password}, headers={"accept-language": "en"})


def test_the_right_password_opens_the_consoles(client: Client, login: str) -> None:
    answer = client.post("/login?next=/language-free", {"login": login.upper(), "password": PASSWORD})

    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    assert AuditEntry.objects.filter(
        act="login.done", subject=f"user/{User.objects.get(login=login.lower()).id}"
    ).exists()


def test_a_wrong_password_and_an_unknown_login_read_the_same(client: Client, login: str) -> None:
    known = post(client, login, "wrong").content.replace(login.encode(), b"")
    unknown = post(client, "nobody-at-all", "wrong").content.replace(b"nobody-at-all", b"")

    assert b"Login or password is wrong." in known
    assert strip_token(known) == strip_token(unknown)


def strip_token(page: bytes) -> bytes:
    """Leave the form's token out, which is new each time."""
    before, _, rest = page.partition(b'name="csrfmiddlewaretoken" value="')
    return before + rest.partition(b'"')[2].partition(b'name="csrfmiddlewaretoken" value="')[0]


def test_guessing_locks_the_login_and_says_how_long(client: Client, login: str) -> None:
    for _ in range(lockout.ATTEMPTS_PER_LOGIN_MAX):
        assert b"Login or password is wrong." in post(client, login, "wrong").content

    assert b"Try again in 15 minutes." in post(client, login, "wrong").content
    assert b"Try again in 15 minutes." in post(client, login, PASSWORD).content
    assert "_auth_user_id" not in client.session

    with time_machine.travel(clock.real_now() + timedelta(minutes=16), tick=False):
        assert post(client, login, PASSWORD).status_code == 302


def test_a_right_password_forgets_the_failures_before_it(client: Client, login: str) -> None:
    for _ in range(lockout.ATTEMPTS_PER_LOGIN_MAX - 1):
        post(client, login, "wrong")

    post(client, login, PASSWORD)

    assert not LoginFailure.objects.filter(key__startswith="login:").exists()


def test_guessing_many_logins_from_one_address_is_stopped_too(client: Client, login: str) -> None:
    for number in range(lockout.ATTEMPTS_PER_ADDRESS_MAX):
        post(client, f"user-{number}", "wrong")

    assert b"Try again in" in post(client, login, PASSWORD).content


def test_an_office_full_of_people_does_not_lock_itself_out(client: Client, login: str) -> None:
    for _ in range(lockout.ATTEMPTS_PER_ADDRESS_MAX + 2):
        assert post(Client(), login, PASSWORD).status_code == 302


def test_an_account_of_ones_own_does_not_reset_the_guesses_of_an_address(client: Client, login: str) -> None:
    for number in range(lockout.ATTEMPTS_PER_ADDRESS_MAX):
        post(client, f"user-{number}", "wrong")
        if number % 2 == 0 and number < lockout.ATTEMPTS_PER_ADDRESS_MAX - 1:
            post(Client(), login, PASSWORD)

    assert b"Try again in" in post(client, "one-more", "wrong").content


def test_knocking_at_a_locked_door_fills_no_journal(client: Client, login: str) -> None:
    for _ in range(lockout.ATTEMPTS_PER_LOGIN_MAX + 3):
        post(client, login, "wrong")

    assert AuditEntry.objects.filter(act="login.locked_out").count() == 1
    assert AuditEntry.objects.filter(act="login.failed").count() == lockout.ATTEMPTS_PER_LOGIN_MAX


def test_what_was_typed_as_login_is_not_kept_in_clear(client: Client) -> None:
    post(client, "my-secret-password", "wrong")

    assert not any("my-secret" in key for key in LoginFailure.objects.values_list("key", flat=True))


def test_a_disabled_user_is_out_with_the_next_request(client: Client) -> None:
    people = cast.build()
    client.force_login(people.alice)
    assert client.get(f"/m/{people.shop}/").status_code == 200

    services.disable_user(user_id=people.alice.id, by_user_id=None, now=cast.NOW, real_now=clock.real_now())

    answer = client.get(f"/m/{people.shop}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next=/m/{people.shop}/")


def test_htmx_is_sent_to_the_login_as_a_whole_page(client: Client) -> None:
    answer = client.get("/o/", headers={"hx-request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/login")


def test_a_member_of_nothing_is_told_what_to_do(client: Client) -> None:
    client.force_login(cast.build().nobody)

    assert "Ask the owner of your shop" in client.get("/", headers={"accept-language": "en"}).content.decode()


def test_who_has_one_console_goes_straight_there_after_the_login(client: Client) -> None:
    people = cast.build()
    client.force_login(people.dana)

    assert client.get("/", headers={"referer": "http://testserver/login"})["Location"] == f"/c/{people.creator}/"


def test_an_agency_is_offered_all_its_creators_at_once(client: Client) -> None:
    client.force_login(cast.build().agency)

    assert 'href="/c/all/"' in client.get("/").content.decode()


def test_logging_out_takes_a_post(client: Client) -> None:
    people = cast.build()
    client.force_login(people.alice)

    assert client.get("/logout").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/logout").status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/signup/", "/accounts/signup/", "/password/reset/", "/email/", "/admin/"])
def test_pages_of_others_are_not_routed(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path)


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_away_from_here(client: Client, login: str, there: str) -> None:
    answer = client.post("/login", {"login": login, "password": PASSWORD, "next": there})
    back = client.post("/language", {"language": "en", "next": there})

    assert answer["Location"] == "/"
    assert back["Location"] == "/"


def test_the_language_is_the_browsers_until_it_is_chosen(client: Client) -> None:
    assert "登录名" in client.get("/login", headers={"accept-language": "zh-CN"}).content.decode()
    assert "登录名" in client.get("/login", headers={"accept-language": "fr"}).content.decode()

    client.post("/language", {"language": "en", "next": "/login"})

    assert "Password" in client.get("/login", headers={"accept-language": "zh-CN"}).content.decode()


def test_pages_forbid_what_they_do_not_need(client: Client) -> None:
    answer = client.get("/login")

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert b"<style" not in answer.content
    assert b" style=" not in answer.content
    assert b"<script>" not in answer.content
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert client.cookies["yidao_csrf"]["httponly"]
