"""
Keyset paging: a cursor is the sort key of a page's last row and a digest of the filter it belongs to. It is sealed, not
only signed: the sort key holds numbers that not everyone who turns a page may read.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from yidao.kit import crypto
from yidao.kit.errors import Refusal

_PURPOSE = "cursor"
Row = TypeVar("Row")


class CursorInvalid(Refusal):
    """A cursor was changed, or belongs to another filter."""

    code = "paging.cursor_invalid"
    status = 400
    message = "This page link does not fit the filter. Start again from the first page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Row]):
    """One page of rows; `next_cursor` is empty on the last one."""

    rows: tuple[Row, ...]
    next_cursor: str


def filter_hash(*parts: Any) -> str:
    """Return a short digest of everything that decides which rows a list has and in which order."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def cursor(key: Sequence[str | int], *, of: str) -> str:
    """Return the cursor after a row with this sort key, in the list whose `filter_hash` is `of`."""
    return crypto.seal(json.dumps([of, *key], separators=(",", ":")), purpose=_PURPOSE)


def open_cursor(text: str, *, of: str, length: int) -> tuple[Any, ...]:
    """
    Return the sort key of a cursor.

    :raises CursorInvalid: it was not made here, or for another filter.
    """
    try:
        found = json.loads(crypto.unseal(text, purpose=_PURPOSE))
    except crypto.SignatureInvalid as fault:
        raise CursorInvalid from fault
    if found[0] != of or len(found) != length + 1:
        raise CursorInvalid
    return tuple(found[1:])
