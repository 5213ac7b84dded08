"""Wakes open pages: which organisations something happened to, told when the transaction in progress commits."""

from collections.abc import Iterable
from typing import Any, Final

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
    _notify({"orgs": [] if is_for_all else named, "all": is_for_all})


def shut_out(user_ids: Iterable[int]) -> None:
    """End the open streams of users who lost something, once the transaction commits; who still may opens a new one."""
    named = sorted(set(user_ids))
    for start in range(0, len(named), NAMED_MAX):
        _notify({"out": named[start : start + NAMED_MAX]})


def _notify(notice: dict[str, Any]) -> None:
    payload = msgspec.json.encode(notice).decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
