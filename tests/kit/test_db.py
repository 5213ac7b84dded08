"""A transaction of a use case knows repeated requests."""

from dataclasses import dataclass

import pytest

from yidao.kit import db, ids
from yidao.kit.models import RequestLog


@dataclass(frozen=True, slots=True)
class Someone:
    user_id: int | None
    credential_id: int | None = None


@pytest.fixture
def actor(committed_db: None) -> Someone:
    return Someone(user_id=ids.new_id())


def ask(actor: Someone, body: object, answer: str, key: str = "order-1") -> object:
    with db.transaction(actor, request_key=db.RequestKey(key=key, body=body)) as work:
        if work.earlier is None:
            work.answer(answer)
        return work.earlier or answer


def test_the_same_request_gets_the_first_answer_again(actor: Someone) -> None:
    assert [ask(actor, {"n": 1}, "first"), ask(actor, {"n": 1}, "second")] == ["first", "first"]


def test_a_key_is_used_for_one_request_only(actor: Someone) -> None:
    ask(actor, {"n": 1}, "first")

    with pytest.raises(db.RequestKeyReused):
        ask(actor, {"n": 2}, "second")


def test_the_keys_of_two_people_have_nothing_to_do_with_each_other(actor: Someone) -> None:
    ask(actor, {"n": 1}, "first")

    assert ask(Someone(user_id=ids.new_id()), {"n": 2}, "second") == "second"


def test_what_failed_leaves_no_key(actor: Someone) -> None:
    with pytest.raises(RuntimeError), db.transaction(actor, request_key=db.RequestKey(key="order-1", body=1)):
        raise RuntimeError

    assert not RequestLog.objects.filter(who=f"user/{actor.user_id}").exists()
    assert ask(actor, {"n": 2}, "second") == "second"
