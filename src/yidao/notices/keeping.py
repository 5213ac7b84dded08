"""Forgets old notices and what waited too long to leave the house; how old is a policy."""

from datetime import datetime
from typing import Final

from django.db import connection

from yidao.accounts.actors import SYSTEM
from yidao.kit import db
from yidao.policies import families, queries
from yidao.rules import keeping
from yidao.rules.instants import instant, to_datetime

BATCH_SIZE: Final = 1_000
_OUTBOX: Final = """
DELETE FROM notice_outbox WHERE id IN (
    SELECT id FROM notice_outbox WHERE created_at < %s ORDER BY created_at LIMIT %s)
"""
_NOTICES: Final = """
WITH gone AS (
    DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE created_at < %s ORDER BY created_at LIMIT %s)
    RETURNING id
), unread AS (
    DELETE FROM notice_read AS r USING gone WHERE r.notice_id = gone.id
)
SELECT count(*) FROM gone
"""


def forget(*, now: datetime) -> int:
    """Delete what the policy in force keeps no longer, in small transactions; return how many rows. Twice is once."""
    policy, at = queries.of_platform(families.NOTICE, at=now), instant(now)
    gone = _until_none(_OUTBOX, to_datetime(keeping.outbox_kept_since(at, policy)))
    return gone + _until_none(_NOTICES, to_datetime(keeping.notices_kept_since(at, policy)))


def _until_none(statement: str, before: datetime) -> int:
    gone = 0
    while True:
        with db.transaction(SYSTEM), connection.cursor() as cursor:
            cursor.execute(statement, [before, BATCH_SIZE])
            found = int(cursor.fetchone()[0]) if statement is _NOTICES else cursor.rowcount
        gone += found
        if not found:
            return gone
