"""Makes the statistics compute their days anew before their time, after a mass of old parcels came in at once."""

from typing import Any

import psycopg


def expire(connection: psycopg.Connection[Any]) -> None:
    """Take every figure for stale; what is shown stays until the worker has computed it."""
    connection.execute("DELETE FROM figure_run")
