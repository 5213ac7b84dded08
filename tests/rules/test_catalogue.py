"""The pages of docs/rules name every rule, word and value of the code, with the same numbers."""

import pkgutil
import re
from pathlib import Path

import pytest

from yidao import rules
from yidao.rules import anomalies, episodes, parcel, policies, routes
from yidao.rules.scans import Kind

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"


def rows(page):
    """Return the table rows of a page as tuples of cells."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return [
        tuple(cell.strip() for cell in line.strip("|\n").split("|")) for line in text.splitlines() if line[:1] == "|"
    ]


def first_cells(page):
    """Return what the tables of a page are about."""
    return {row[0] for row in rows(page)}


def test_every_module_of_the_rules_has_a_page():
    named = set()
    for page in PAGES.glob("*.md"):
        for line in re.findall(
            r"^Modules: .*?(?:\n\n|\. )", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            named.update(re.findall(r"`(\w+)`", line))
    assert named == {module.name for module in pkgutil.iter_modules(rules.__path__)}


def test_every_page_is_in_the_index():
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES.glob("*.md")} - {"README.md"} == set(re.findall(r"\]\((.+?)\)", index))


@pytest.mark.parametrize(
    ("page", "words"),
    [
        pytest.param("anomalies.md", anomalies.Type, id="types"),
        pytest.param("anomalies.md", anomalies.Closing, id="closings"),
        pytest.param("anomalies.md", anomalies.HoldKind, id="holds"),
        pytest.param("routes.md", routes.RouteClass, id="route classes"),
    ],
)
def test_every_word_has_a_row(page, words):
    assert {word.name for word in words} <= first_cells(page)


def test_every_change_is_named():
    text = (PAGES / "anomalies.md").read_text(encoding="utf-8").split("## Changes")[1]
    assert all(happened.name in text for happened in anomalies.Happened)


@pytest.mark.parametrize("status", parcel.Status)
def test_every_status_has_its_rank(status):
    (row,) = [row for row in rows("parcel-status.md") if row[0] == status.name and not row[1].isdigit()]
    assert row[2] == str(parcel.RANKS[status])


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_every_kind_has_its_number(kind):
    assert [row[1] for row in rows("parcel-status.md") if row[0] == kind.name and row[1].isdigit()] == [str(int(kind))]


@pytest.mark.parametrize("reason", anomalies.Reason, ids=lambda reason: reason.name)
def test_every_reason_has_its_row(reason):
    about = episodes.ABOUT[reason]
    (row,) = [row for row in rows("anomalies.md") if row[0] == reason.name and len(row) == 5]
    assert (row[1], row[2], row[4]) == (about.group.name, about.severity.name, str(about.gravity))
    assert about.party.name in row[3]


@pytest.mark.parametrize("region_set", policies.PARCEL_DOUYIN_2022.region_sets, ids=lambda region_set: region_set.name)
def test_every_region_set_has_its_prefixes(region_set):
    (row,) = [row for row in rows("routes.md") if row[0] == region_set.name and len(row) == 3]
    assert tuple(row[2].split()) == region_set.prefixes


def test_every_policy_has_its_column_and_every_value_its_row():
    table = rows("policies.md")
    versions = tuple(policy.version for policy in policies.SEEDS)
    assert table[0][1:3] == versions
    bodies = [policies.to_body(policy) for policy in policies.SEEDS]
    for name, value in bodies[0].items():
        if isinstance(value, int):
            assert [row[1:3] for row in table if row[0] == name] == [tuple(str(body[name]) for body in bodies)]


@pytest.mark.parametrize("policy", policies.SEEDS, ids=lambda policy: policy.version)
@pytest.mark.parametrize("name", ["dispatch_severe", "transit_warn", "transit_severe"])
def test_every_table_has_its_row(policy, name):
    (row,) = [row for row in rows("policies.md") if row[:2] == (name, policy.version)]
    table = policies.to_body(policy)[name]
    if table is None:
        assert row[2].startswith("none")
    else:
        assert row[2:] == (", ".join(table["sets"]), *(str(value) for key, value in table.items() if key != "sets"))
