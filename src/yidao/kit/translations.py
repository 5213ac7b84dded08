"""Turns the message catalogues (.po, written by people) into the form Django reads (.mo, never committed)."""

import os
from pathlib import Path

from babel.messages import mofile, pofile

LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"


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
        with source.open("rb") as file:
            catalogue = pofile.read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        with draft.open("wb") as file:
            mofile.write_mo(file, catalogue)
        draft.replace(target)
        compiled += 1
    return compiled
