"""When a list may be exported, when a code is asked for, and that a policy is read or refused whole."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, exporting
from yidao.rules.exporting import EXPORT_DEFAULT, CodeRule, Verdict

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "exporting.md"


@pytest.mark.parametrize(
    ("rows", "underway", "verdict"),
    [
        pytest.param(0, 0, Verdict.NOTHING, id="nothing is no file"),
        pytest.param(1, 0, Verdict.ALLOWED, id="one row is a file"),
        pytest.param(10_000, 0, Verdict.ALLOWED, id="ten thousand rows are allowed"),
        pytest.param(10_001, 0, Verdict.TOO_MANY, id="one more is not"),
        pytest.param(1, 2, Verdict.ALLOWED, id="two others may be under way"),
        pytest.param(1, 3, Verdict.TOO_BUSY, id="three may not"),
        pytest.param(10_001, 3, Verdict.TOO_MANY, id="who asks for too much hears that first"),
    ],
)
def test_whether_a_list_may_be_exported(rows, underway, verdict):
    assert exporting.verdict(rows=rows, underway=underway, policy=EXPORT_DEFAULT) is verdict


@pytest.mark.parametrize(
    ("kind", "rule", "is_needed"),
    [
        pytest.param("orders", CodeRule.ALWAYS, True, id="orders always ask for the code, whatever the policy says"),
        pytest.param("audit", CodeRule.SWITCHABLE, False, id="a policy may switch it off for another kind"),
        pytest.param("parcels", CodeRule.SWITCHABLE, True, id="and unless it does the code is asked for"),
    ],
)
def test_when_a_code_is_asked_for(kind, rule, is_needed):
    policy = replace(EXPORT_DEFAULT, kinds_without_code=("orders", "audit"))

    assert exporting.needs_code(kind, rule, policy) is is_needed


@pytest.mark.parametrize(
    ("count", "text"),
    [
        pytest.param(10_000, "1万", id="as the source writes it"),
        pytest.param(120_000, "12万", id="more of them"),
        pytest.param(12_345, "12345", id="what is no round number stands in digits"),
        pytest.param(500, "500", id="a small limit"),
        pytest.param(0, "0", id="nothing"),
    ],
)
def test_a_limit_is_written_as_the_source_writes_it(count, text):
    assert exporting.in_wan(count) == text


@given(
    st.builds(
        exporting.Policy,
        version=st.just("export/x/1"),
        rows_max=st.integers(1, 1_000_000),
        underway_max=st.integers(1, 100),
        file_hours=st.integers(24, 2160),
        link_minutes=st.integers(1, 24 * 60),
        kinds_without_code=st.lists(st.text(min_size=1, max_size=60), max_size=50).map(tuple),
    )
)
def test_a_policy_survives_its_body(policy):
    assert exporting.from_body("export/x/1", exporting.to_body(policy)) == policy


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({"rows_max": 0}, [("/rows_max", "out_of_range")], id="no rows at all"),
        pytest.param({"kinds_without_code": "orders"}, [("/kinds_without_code", "not_list")], id="text is no list"),
        pytest.param(
            {"kinds_without_code": ["", 7, "x" * 61]},
            [(f"/kinds_without_code/{index}", "not_text") for index in range(3)],
            id="kinds are named by short texts",
        ),
        pytest.param({"file_hours": 23}, [("/file_hours", "too_small")], id="a link cannot outlive its file"),
        pytest.param({"color": 1}, [("/color", "unknown")], id="a field nobody knows"),
        pytest.param(
            {"link_minutes": True, "underway_max": 101},
            [("/link_minutes", "not_integer"), ("/underway_max", "out_of_range")],
            id="all faults at once",
        ),
    ],
)
def test_a_wrong_body_is_refused_with_every_fault(changes, faults):
    with pytest.raises(bodies.PolicyInvalid) as refused:
        exporting.from_body("export/x/1", exporting.to_body(EXPORT_DEFAULT) | changes)

    assert [tuple(each) for each in refused.value.faults] == faults


def test_the_page_names_every_number_and_every_verdict():
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+) \| (\S+) \|", text, re.MULTILINE))

    assert rows["value"] == EXPORT_DEFAULT.version
    assert {name: rows[name] for name in exporting.to_body(EXPORT_DEFAULT)} == {
        name: str(value) for name, value in exporting.to_body(EXPORT_DEFAULT).items()
    }
    assert all(f"| {verdict.name} |" in text for verdict in Verdict)
