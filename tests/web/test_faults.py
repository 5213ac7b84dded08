"""What a reader gets when something goes wrong."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg_pool import PoolTimeout

from tests.web import cast
from yidao.kit import clock
from yidao.web.shared import consoles

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> tuple[Client, str]:
    people = cast.build()
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(people.alice)
    return client, f"/m/{people.shop}/"


def no_connection(*_args: Any, **_kwargs: Any) -> None:
    raise OperationalError("couldn't get a connection after 8.00 sec") from PoolTimeout()


@pytest.mark.parametrize(
    "place",
    [
        pytest.param((consoles.access, "actor_for_shop"), id="in the view"),
        pytest.param((clock, "business_now"), id="before the view"),
    ],
)
def test_no_free_connection_asks_to_come_back(
    alice: tuple[Client, str], monkeypatch: pytest.MonkeyPatch, place: tuple[Any, str]
) -> None:
    monkeypatch.setattr(*place, no_connection)
    client, address = alice

    answer = client.get(address)

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_a_bug_is_owned_up_to_without_its_secrets(alice: tuple[Client, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(consoles.access, "actor_for_shop", broken)
    client, address = alice

    answer = client.get(address)

    assert answer.status_code == 500
    assert b"Something broke on our side." in answer.content
    assert b"secret detail" not in answer.content


def test_what_is_not_there_and_what_is_not_yours_read_the_same(alice: tuple[Client, str]) -> None:
    client, _ = alice

    nothing = client.get("/no/such/page")
    foreign = client.get("/o/")

    assert (nothing.status_code, foreign.status_code) == (404, 404)
    assert nothing.content == foreign.content


def test_a_form_without_its_token_changes_nothing(alice: tuple[Client, str]) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = strict.post("/login", {"login": "a", "password": "b"})

    assert answer.status_code == 403
    assert b"Nothing was changed" in answer.content
