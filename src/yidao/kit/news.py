"""Wakes open pages: which organisations something happened to, told when the transaction in progress commits."""

from collections.abc import Iterable
from typing import Final

import msgspec
from django.db import connection

CHANNEL: Final = "yidao_parcels"
NAMED_MAX: Final = 200
"""More organisations than this are not named; then everybody looks."""


def tell(organisations: Iterable[int]) -> None:
    """Let the open pages of these organisations ask again, once the transaction commits; told twice they look once."""
    named = sorted(set(organisations))
    if not named:
        return
    is_for_all = len(named) > NAMED_MAX
    payload = msgspec.json.encode({"orgs": [] if is_for_all else named, "all": is_for_all}).decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
