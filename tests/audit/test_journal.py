"""The journal is appended to and never edited."""

import psycopg
import pytest

from tests.web.cast import NOW
from yidao.audit import queries, services


@pytest.mark.django_db
def test_entries_are_read_newest_first_and_page_by_page() -> None:
    for number in range(3):
        services.record(act="test.done", subject=f"thing/{number}", at_real=NOW, at_business=NOW, user_id=7)

    first = queries.entries(act="test.done", limit=2)
    second = queries.entries(act="test.done", before_id=first[-1].id, limit=2)

    assert [row.subject for row in (*first, *second)] == ["thing/2", "thing/1", "thing/0"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_running_product_cannot_edit_it(runtime_dsn: str, statement: str) -> None:
    with psycopg.connect(runtime_dsn) as runtime, pytest.raises(psycopg.errors.InsufficientPrivilege):
        runtime.execute(statement)
