"""Since when creators see parcels: the data start (数据起点) of the monitor policy in force."""

from datetime import datetime

from yidao.policies import families, queries
from yidao.rules import monitor
from yidao.rules.instants import to_datetime


def policy(now: datetime) -> monitor.Policy:
    """
    Return the monitor policy in force at `now`; one short statement.

    :raises PolicyMissing: none was in force then.
    """
    return queries.of_platform(families.MONITOR, at=now)


def data_start(now: datetime) -> datetime:
    """
    Return the first ship time that creators see at `now`; one short statement.

    :raises PolicyMissing: no policy was in force then.
    """
    return to_datetime(policy(now).data_start)
