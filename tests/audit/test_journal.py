"""The journal is appended to and never edited."""

import psycopg
import pytest

from tests.web.cast import NOW
from yidao.audit import queries, services
from yidao.kit.lists.questions import Question


def asked(**more: object) -> Question:
    return Question(answers={}, size=2, **more)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_entries_are_read_newest_first_and_page_by_page() -> None:
    for number in range(3):
        services.record(act="test.done", subject=f"thing/{number}", at_real=NOW, at_business=NOW, user_id=7)
    source = queries.journal_source(lambda question: queries.Wanted(acts=("test.done",)))

    first = source.page(asked())
    second = source.page(asked(after=first.next_cursor))

    assert [row.subject for row in (*first.rows, *second.rows)] == ["thing/2", "thing/1", "thing/0"]
    assert source.count(asked(), limit=10) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "subjects"),
    [
        pytest.param(queries.Wanted(acts=("test.a",)), ["x/1"], id="by act"),
        pytest.param(queries.Wanted(user_ids=frozenset({8})), ["x/2"], id="by person"),
        pytest.param(queries.Wanted(user_ids=frozenset()), [], id="by a person nobody knows"),
        pytest.param(queries.Wanted(organisation_ids=frozenset({5})), ["x/1"], id="by organisation"),
        pytest.param(queries.Wanted(subject="x/2"), ["x/2"], id="by subject"),
    ],
)
def test_the_journal_is_narrowed(wanted: queries.Wanted, subjects: list[str]) -> None:
    when = {"at_real": NOW, "at_business": NOW}
    services.record(act="test.a", subject="x/1", user_id=7, organisation_id=5, **when)
    services.record(act="test.b", subject="x/2", user_id=8, organisation_id=6, **when)

    assert [row.subject for row in queries.journal_source(lambda question: wanted).page(asked()).rows] == subjects


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_running_product_cannot_edit_it(runtime_dsn: str, statement: str) -> None:
    with psycopg.connect(runtime_dsn) as runtime, pytest.raises(psycopg.errors.InsufficientPrivilege):
        runtime.execute(statement)
