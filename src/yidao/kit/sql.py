"""Named SQL: hot paths keep their statements together in one file, each under a `-- name` line of its own."""

import re
from pathlib import Path

_NAME = re.compile(r"^-- ([a-z][a-z0-9_]*) --$", re.MULTILINE)


def named_statements(path: Path) -> dict[str, str]:
    """
    Return the statements of a file by name; each begins after a line `-- name --`.

    :raises ValueError: a name stands twice, or the file names nothing.
    """
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, bodies = parts[1::2], parts[2::2]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{path} names no statement, or one twice")
    return {name: body.strip().removesuffix(";") for name, body in zip(names, bodies, strict=True)}
