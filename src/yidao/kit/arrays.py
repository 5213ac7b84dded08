"""
PostgreSQL array literals for set-based statements. Building one text per column costs a tenth of adapting every
element, and a batch has up to twenty columns of thousands of elements.
"""

from collections.abc import Iterable, Sequence

_SEPARATOR = "\x01"
"""Never part of a stored text: decoders refuse control characters."""


def integers(values: Iterable[int]) -> str:
    """Return the literal of an integer array."""
    return "{" + ",".join(map(str, values)) + "}"


def integers_or_null(values: Iterable[int | None]) -> str:
    """Return the literal of an integer array in which None stands for NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def booleans(values: Iterable[bool]) -> str:
    """Return the literal of a boolean array."""
    return "{" + ",".join(["t" if value else "f" for value in values]) + "}"


def texts(values: Sequence[str]) -> str:
    """Return the literal of a text array; no value may hold the control character U+0001."""
    if not values:
        return "{}"
    joined = _SEPARATOR.join(values).replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + joined.replace(_SEPARATOR, '","') + '"}'


def blobs(values: Sequence[bytes]) -> str:
    """Return the literal of a bytea array."""
    if not values:
        return "{}"
    return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in values]) + '"}'


def blobs_or_null(values: Iterable[bytes | None]) -> str:
    """Return the literal of a bytea array in which None stands for NULL."""
    return "{" + ",".join(["NULL" if value is None else '"\\\\x' + value.hex() + '"' for value in values]) + "}"
