"""How long notices and their outbox are kept."""

import re
from pathlib import Path

import pytest

from yidao.rules import bodies, keeping
from yidao.rules.instants import DAY, Instant
from yidao.rules.keeping import NOTICE_DEFAULT

NOW = Instant(1_000 * DAY)


def test_notices_are_kept_for_a_year_and_the_outbox_for_two_weeks() -> None:
    assert keeping.notices_kept_since(NOW, NOTICE_DEFAULT) == NOW - 365 * DAY
    assert keeping.outbox_kept_since(NOW, NOTICE_DEFAULT) == NOW - 14 * DAY


def test_a_body_gives_the_policy_back() -> None:
    assert keeping.from_body(NOTICE_DEFAULT.version, keeping.to_body(NOTICE_DEFAULT)) == NOTICE_DEFAULT


def test_a_body_is_refused_with_every_fault() -> None:
    with pytest.raises(bodies.PolicyInvalid) as refused:
        keeping.from_body("notice/x/1", {"notice_days": 0, "more": 1})

    assert [each.path for each in refused.value.faults] == ["/more", "/notice_days", "/outbox_days"]


def test_the_page_has_the_shipped_numbers() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "keeping.md").read_text(encoding="utf-8")

    assert {name: int(value) for name, value in re.findall(r"^\| (\w+) \| (\d+) \|", page, re.MULTILINE)} == (
        keeping.to_body(NOTICE_DEFAULT)
    )
