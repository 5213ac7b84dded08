"""The documents are complete: every decision is listed, every dependency has its reason, every link leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def test_every_decision_is_listed_and_has_its_parts() -> None:
    listed = re.findall(r"\((\d{4}-[a-z-]+\.md)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8"))
    pages = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    incomplete = [
        name
        for name in pages
        for part in ("**Faced.**", "**Decided.**", "**Weighed", "**Follows.**")
        if part not in (DOCS / "decisions" / name).read_text(encoding="utf-8") and name != "0012-readings.md"
    ]

    assert listed == pages
    assert incomplete == []


def test_every_dependency_has_its_reason_and_none_is_listed_in_vain() -> None:
    page = (DOCS / "decisions" / "0013-dependencies.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| ([a-z0-9-]+) \|", page, re.MULTILINE)) - {"package"}
    wanted = {
        re.split(r"[\[~=<>;]", line)[0].strip()
        for name in ("base.in", "dev.in")
        for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    }

    assert listed == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_between_documents_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_exact_version_of_a_requirement_is_locked_with_a_hash() -> None:
    for name in ("base.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        pinned = [line for line in lines if "==" in line]
        assert pinned != []
        assert [line for line in pinned if not line.endswith("\\")] == []
