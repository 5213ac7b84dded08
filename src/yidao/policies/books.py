"""The policy books of one process, read again only when something new was published. Works on any connection."""

import threading
from typing import Any, Final

import psycopg

from yidao.policies import selection
from yidao.policies.families import Family, P
from yidao.policies.selection import PolicyBook

_STAMP: Final = "SELECT current_database()::text, count(*), coalesce(max(id), 0) FROM policy_version"

_lock = threading.Lock()
_kept: dict[str, tuple[tuple[Any, ...], PolicyBook[Any]]] = {}


class Shelf:
    """The books as they stand at one moment; a family is read when it is first asked for."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        with psycopg.Cursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
            self._stamp = cursor.execute(_STAMP).fetchone() or ()

    def of(self, family: Family[P]) -> PolicyBook[P]:
        """Return the book of a family."""
        with _lock:
            kept = _kept.get(family.name)
        if kept is not None and kept[0] == self._stamp:
            return kept[1]
        book = selection.load_book(self._connection, family)
        with _lock:
            _kept[family.name] = (self._stamp, book)
        return book


def shelf(connection: psycopg.Connection[Any]) -> Shelf:
    """Return the books as they stand now; costs one short statement."""
    return Shelf(connection)
