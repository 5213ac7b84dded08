"""`yidao import-events` as it is typed."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from tests.intake import facts
from yidao.config import imports


@pytest.fixture
def console():
    """Return a console that writes to memory."""
    return Console(file=io.StringIO(), width=200)


def said(console):
    return console.file.getvalue()


def rows(*numbers, time=None):
    time = time or (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    return "运单号,快递公司,时间,状态,颜色\n" + "".join(f"{number},圆通,{time},揽收,红\n" for number in numbers)


def test_good_rows_are_stored_and_counted(committed_db, owner_dsn, console, tmp_path):
    file = tmp_path / "events.csv"
    numbers = [facts.fresh_number(), facts.fresh_number()]
    file.write_text(rows(*numbers), encoding="gb18030")

    first = imports.run(console, file=file, kind="events", report=None, source="KUAIDI100")
    second = imports.run(console, file=file, kind="events", report=None, source="KUAIDI100")

    assert (first, second) == (0, 0)
    assert "2 rows: 2 accepted, 0 there already" in said(console)
    assert "2 rows: 0 accepted, 2 there already" in said(console)
    assert "Columns not used: 颜色" in said(console)


def test_bad_rows_are_in_the_report_beside_the_file(committed_db, owner_dsn, console, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text(rows(facts.fresh_number(), time="9999-01-01 00:00:00"))

    code = imports.run(console, file=file, kind="events", report=None, source="PLATFORM")

    assert code == 1
    assert "1 bad" in said(console)
    assert "occurred_at" in (tmp_path / "events.bad-rows.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("content", "kind", "source", "words"),
    [
        ("颜色\n红\n", "events", "PLATFORM", "lacks the columns"),
        ("x", "refunds", "PLATFORM", "events, parcels or orders"),
        ("x", "events", "no blanks", "The source must be"),
    ],
)
def test_what_cannot_be_imported_at_all_says_why(
    committed_db, owner_dsn, console, tmp_path, content, kind, source, words
):
    file = tmp_path / "events.csv"
    file.write_text(content)

    assert imports.run(console, file=file, kind=kind, report=None, source=source) == 2
    assert words in said(console)


def test_a_template_is_written(console, tmp_path):
    assert imports.template(console, file=tmp_path / "t.xlsx", kind="parcels") == 0
    assert (tmp_path / "t.xlsx").read_bytes()[:2] == b"PK"
    assert imports.template(console, file=tmp_path / "t.xlsx", kind="x") == 2
