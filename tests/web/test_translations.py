"""Both languages are complete, and every code has words."""

import inspect
import re
from pathlib import Path

import pytest

from yidao.kit import translations
from yidao.rules import episodes, explain, parcel, policies, scans
from yidao.web.shared import phrases

CHINESE = translations.LOCALE_DIR / "zh_Hans" / "LC_MESSAGES" / "django.po"
GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
HOLES = re.compile(r"%\((\w+)\)[sd]")


def ids_of(message: object) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (str(message),)


def test_every_message_has_its_chinese_with_the_same_holes() -> None:
    chinese = translations.read(CHINESE)

    faults = []
    for message in translations.messages_of_sources():
        if not message.id:
            continue
        known = chinese.get(message.id, message.context)
        texts = () if known is None else known.string if isinstance(known.string, tuple) else (known.string,)
        if not texts or not all(texts):
            faults.append(f"no Chinese: {message.id}")
        elif any(set(HOLES.findall(text)) != set(HOLES.findall(ids_of(message.id)[-1])) for text in texts):
            faults.append(f"other holes: {message.id}")

    # New messages enter the catalogue by `yidao.kit.translations.renew()`; their Chinese is written by hand.
    assert faults == []


def test_renewing_keeps_every_translation_and_changes_nothing_twice(tmp_path: Path) -> None:
    copy = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CHINESE.read_bytes())

    assert translations.renew(folder=tmp_path) == ()
    first = copy.read_bytes()
    translations.renew(folder=tmp_path)

    assert copy.read_bytes() == first
    assert translations.compile_stale(folder=tmp_path) == 1
    assert translations.compile_stale(folder=tmp_path) == 0


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    said = {ids_of(message.id)[0] for message in translations.messages_of_sources()}

    assert [message.id for message in translations.read(CHINESE) if ids_of(message.id)[0] not in said] == []


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        pytest.param("status", {each.name for each in parcel.Status}, id="statuses"),
        pytest.param("type", {each.name for each in episodes.Type}, id="types of anomalies"),
        pytest.param("reason", {each.name for each in episodes.Reason}, id="reasons"),
        pytest.param("closing", {each.name for each in episodes.Closing}, id="closings"),
        pytest.param("severity", {each.name for each in episodes.Severity}, id="severities"),
        pytest.param("party", {each.name for each in episodes.Party}, id="parties"),
        pytest.param("kind", {each.name for each in scans.Kind}, id="kinds of scans"),
        pytest.param("route", {each.name for each in explain.routes.RouteClass}, id="route classes"),
    ],
)
def test_every_code_of_the_rules_has_words(table: str, codes: set[str]) -> None:
    assert set(phrases.TABLES[table]) == codes


def test_every_carrier_has_an_english_name() -> None:
    assert set(phrases.CARRIER_IN_ENGLISH) == set(phrases.catalogue.CODES)


def test_every_fault_of_a_policy_body_has_words() -> None:
    source = inspect.getsource(policies)
    codes = set(re.findall(r'(?:Fault\([^\n]*|code = [^\n]*|else )"([a-z_]+)"', source))

    assert codes - set(phrases.FAULT) == set()


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        pytest.param("## Status", "status", id="statuses"),
        pytest.param("### Types", "type", id="types of anomalies"),
        pytest.param("### Severities", "severity", id="severities"),
        pytest.param("### Reasons", "reason", id="reasons"),
        pytest.param("### Closings", "closing", id="closings"),
        pytest.param("### Parties", "party", id="parties"),
        pytest.param("## Kinds of scans", "kind", id="kinds of scans"),
        pytest.param("## Routes", "route", id="route classes"),
    ],
)
def test_the_glossary_says_it_as_the_pages_do(heading: str, table: str) -> None:
    chinese = translations.read(CHINESE)
    section = GLOSSARY.read_text(encoding="utf-8").split(f"\n{heading}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| (\S.*?) \| ([A-Z_]+) \|$", section, re.MULTILINE)

    assert {code: words for words, code in rows} == {
        code: message.string
        for code, words in phrases.TABLES[table].items()
        if (message := chinese.get(words)) is not None
    }
