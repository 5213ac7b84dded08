"""
Turns the message catalogues (.po, written by people) into the form Django reads (.mo, never committed), and finds every
message of the sources, so that a test can tell that none is without its Chinese.
"""

import ast
import io
import os
from pathlib import Path

from babel.messages import extract, mofile, pofile
from babel.messages.catalog import Catalog

PACKAGE = Path(__file__).resolve().parent.parent
LOCALE_DIR = PACKAGE / "locale"
KEYWORDS = {
    **extract.DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
}
METHODS = [("**/templates/**.html", "jinja2.ext.babel_extract"), ("**.py", "python")]


def compile_stale(*, folder: Path = LOCALE_DIR) -> int:
    """
    Compile every catalogue whose .mo is missing or older than its .po and return how many there were.

    Safe when several processes start at once: each writes a file of its own and moves it into place.
    """
    compiled = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        with draft.open("wb") as file:
            mofile.write_mo(file, read(source))
        draft.replace(target)
        compiled += 1
    return compiled


def read(source: Path) -> Catalog:
    """
    Return a catalogue.

    :raises babel.messages.pofile.PoFileError: it is malformed; the message names the line.
    """
    with source.open("rb") as file:
        return pofile.read_po(file, locale=source.parent.parent.name, abort_invalid=True)


def messages_of_sources(*, folder: Path = PACKAGE) -> Catalog:
    """
    Return every message of the package: those marked in code and templates, and those of refusals.

    A refusal's message is a plain class attribute `message`, which no keyword marks.
    """
    found = Catalog()
    for name, line, message, _comments, context in extract.extract_from_dir(
        str(folder), method_map=METHODS, options_map={}, keywords=KEYWORDS
    ):
        found.add(message, locations=[(name, line)], context=context)
    for name, line, message in _refusals(folder):
        found.add(message, locations=[(name, line)])
    return found


def _refusals(folder: Path) -> list[tuple[str, int, str]]:
    messages = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef):
                continue
            for each in node.body:
                match each:
                    case ast.Assign(targets=[ast.Name(id="message")], value=ast.Constant(value=str() as text)):
                        messages.append((str(path.relative_to(folder)), each.lineno, text))
    return messages


def renew(*, folder: Path = LOCALE_DIR) -> tuple[str, ...]:
    """
    Bring every catalogue up to the sources: add what is new, drop what nobody says, keep every translation, sort.

    Return the messages that still wait for a translator.
    """
    said = messages_of_sources()
    waiting: list[str] = []
    for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        known = read(path)
        fresh = Catalog(
            locale=path.parent.parent.name, project="yidao", header_comment=known.header_comment, fuzzy=False
        )
        for message in said:
            if not message.id:
                continue
            before = known.get(message.id, message.context)
            text = before.string if before is not None else ""
            fresh.add(message.id, text, flags=message.flags, context=message.context)
            if not (all(text) if isinstance(text, tuple) else text):
                waiting.append(message.id if isinstance(message.id, str) else message.id[0])
        written = io.BytesIO()
        pofile.write_po(written, fresh, width=120, sort_output=True)
        lines = written.getvalue().decode().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith(_VOLATILE)), encoding="utf-8")
    return tuple(waiting)


_VOLATILE = tuple(
    f'"{name}'
    for name in ("POT-Creation-Date", "PO-Revision-Date", "Last-Tra", "Language-Team", "Generated-By", "Report-M")
)
"""Header lines that change without anybody having translated anything."""
