"""Statements on any psycopg connection, Django's raw one too, that read times as whole microseconds since 1970."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

_POSTGRES_EPOCH: Final = 946_684_800_000_000


class _MicrosecondsLoader(Loader):
    """Reads a binary timestamptz as microseconds since 1970."""

    format = Format.BINARY

    def load(self, data: Buffer) -> int:
        return int.from_bytes(data, "big", signed=True) + _POSTGRES_EPOCH


class _Cursor(psycopg.Cursor[Any]):
    """A cursor with binary results, parameters bound by the server, and rows as plain tuples."""

    format = Format.BINARY

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection, row_factory=psycopg.rows.tuple_row)
        self.format = Format.BINARY
        self.adapters.register_loader("timestamptz", _MicrosecondsLoader)


def rows(
    connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, Any] | Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows, times as microseconds."""
    with _Cursor(connection) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def run(connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> int:
    """Run a statement for its effect and return how many rows it touched."""
    with _Cursor(connection) as cursor:
        return cursor.execute(statement, parameters).rowcount
