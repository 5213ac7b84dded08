"""Since when creators see parcels: the data start (数据起点) of the monitor policy in force."""

from datetime import datetime
from typing import Final

from django.db import connection

from yidao.policies import families, selection
from yidao.rules import monitor
from yidao.rules.instants import instant, to_datetime

_ANYBODY: Final = (None, "")


def policy(now: datetime) -> monitor.Policy:
    """
    Return the monitor policy in force at `now`; one short statement.

    :raises PolicyMissing: none was in force then.
    """
    with connection.cursor() as cursor:
        cursor.execute(selection.VERSIONS_OF_FAMILY, (families.MONITOR.name,))
        book = selection.PolicyBook(selection.version_of_row(families.MONITOR, row) for row in cursor.fetchall())
    return book.choose(instant(now), *_ANYBODY)


def data_start(now: datetime) -> datetime:
    """
    Return the first ship time that creators see at `now`; one short statement.

    :raises PolicyMissing: no policy was in force then.
    """
    return to_datetime(policy(now).data_start)
