"""The plain connection behind Django's, for what is set-based and shared with the fast path."""

from typing import Any

import psycopg
from django.db import connection


def plain() -> psycopg.Connection[Any]:
    """Return Django's own connection as psycopg knows it, in whatever transaction it is."""
    connection.ensure_connection()
    found: psycopg.Connection[Any] | None = connection.connection
    assert found is not None, "the connection was just ensured"
    return found
