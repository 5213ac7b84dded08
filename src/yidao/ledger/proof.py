"""
The nightly proof of the books: every balance is the sum of its lines, lines are counted without gaps and follow each
other, every transfer sums to nothing, nobody owes while there is a deposit, and whatever other rooms have to add. The
result is kept and shown; a mismatch is told to the operators.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import connection as django_connection
from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.accounts.actors import SYSTEM, Actor, Permission
from yidao.audit import services as audit
from yidao.kit import clock, db, ids, logs
from yidao.kit.sweeps import Concern
from yidao.ledger.models import LedgerProof
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.policies import books, families
from yidao.rules import settlement
from yidao.rules.instants import SHANGHAI_OFFSET_MINUTES, instant, to_datetime

FAULTS_KEPT: Final = 100
"""So many faults of each kind are kept; where there are more, somebody looks anyway."""

FAILED: Final = kinds.Kind(
    name="deposit.proof_failed",
    title=gettext_noop("The books do not agree"),
    text=gettext_noop("The proof of %(day)s found %(count)s faults. Nothing was changed; look at them."),
    is_urgent=True,
)
kinds.register(FAILED)

_COUNTS: Final = """
SELECT (SELECT count(*) FROM ledger_account), (SELECT count(*) FROM ledger_transfer),
       (SELECT count(*) FROM ledger_entry)
"""
_CHECKS: Final[dict[str, str]] = {
    "balance": """
SELECT a.id FROM ledger_account AS a
  LEFT JOIN (SELECT account_id, sum(amount_fen) AS total, count(*) AS lines, max(seq) AS last
               FROM ledger_entry GROUP BY account_id) AS e ON e.account_id = a.id
 WHERE a.balance_fen <> coalesce(e.total, 0) OR a.seq <> coalesce(e.lines, 0) OR a.seq <> coalesce(e.last, 0)
 ORDER BY a.id LIMIT %s
""",
    "chain": """
SELECT id FROM (SELECT id, seq, balance_before_fen, lag(seq, 1, 0::bigint) OVER w AS last,
                       lag(balance_after_fen, 1, 0::bigint) OVER w AS left_fen
                  FROM ledger_entry WINDOW w AS (PARTITION BY account_id ORDER BY seq)) AS e
 WHERE seq <> last + 1 OR balance_before_fen <> left_fen ORDER BY id LIMIT %s
""",
    "transfer": """
SELECT t.id FROM ledger_transfer AS t
  LEFT JOIN (SELECT transfer_id, sum(amount_fen) AS total FROM ledger_entry GROUP BY transfer_id) AS e
    ON e.transfer_id = t.id
 WHERE e.total IS DISTINCT FROM 0 ORDER BY t.id LIMIT %s
""",
    "debt": """
SELECT d.id FROM ledger_account AS d
  JOIN ledger_account AS o ON o.organisation_id = d.organisation_id AND o.kind = 'DEBT' AND o.balance_fen < 0
 WHERE d.kind = 'DEPOSIT' AND d.balance_fen > 0 ORDER BY d.id LIMIT %s
""",
    "owner": """
SELECT e.id FROM ledger_entry AS e LEFT JOIN ledger_account AS a ON a.id = e.account_id
 WHERE (a.organisation_id, a.kind) IS DISTINCT FROM (e.organisation_id, e.account_kind) ORDER BY e.id LIMIT %s
""",
}

Check = Callable[["psycopg.Connection[Any]", int], Sequence[int]]
"""Another room's part of the proof: gives back the ids of what does not agree, at most so many."""
_more: dict[str, Check] = {}

log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """One proof as pages show it; no faults mean that the books agree."""

    day: date
    at: datetime
    accounts: int
    transfers: int
    entries: int
    faults: tuple[tuple[str, int], ...]

    @property
    def is_green(self) -> bool:
        """Return whether everything agreed."""
        return not self.faults


def register(name: str, check: Check) -> None:
    """Make another room's check a part of every proof."""
    _more[name] = check


def prove(connection: psycopg.Connection[Any], *, now: datetime) -> ProofRow:
    """
    Prove the books as they stand, keep the result, and tell the operators if they do not agree; in the caller's
    transaction. Nothing else is ever changed.
    """
    faults: list[tuple[str, int]] = []
    for name, statement in _CHECKS.items():
        faults += ((name, id_) for (id_,) in connection.execute(statement, (FAULTS_KEPT,)).fetchall())
    for name, check in _more.items():
        faults += ((name, id_) for id_ in check(connection, FAULTS_KEPT))
    counts = connection.execute(_COUNTS).fetchone()
    assert counts is not None
    row = ProofRow(
        day=day_of(now), at=now, accounts=counts[0], transfers=counts[1], entries=counts[2], faults=tuple(faults)
    )
    LedgerProof.objects.create(
        id=ids.new_id(),
        day=row.day,
        at=now,
        recorded_at=clock.real_now(),
        accounts=row.accounts,
        transfers=row.transfers,
        entries=row.entries,
        faults=[[name, str(id_)] for name, id_ in faults],
    )
    if faults:
        log.error("the books do not agree", faults=len(faults))
        for platform_id in accounts.platforms():
            notices.tell(
                organisation_id=platform_id,
                kind=FAILED.name,
                key=f"proof/{now.isoformat()}",
                params={"day": row.day.isoformat(), "count": len(faults)},
                address="/o/settlements/",
                now=now,
            )
    return row


def prove_now(*, actor: Actor, now: datetime) -> ProofRow:
    """
    Prove the books because an operator asks.

    :raises Forbidden: the role does not allow it.
    """
    actor.require(Permission.SETTLEMENTS_HOLD)
    with db.transaction(actor):
        raw: psycopg.Connection[Any] = django_connection.connection
        found = prove(raw, now=now)
        audit.record(
            act="deposit.proved",
            user_id=actor.user_id,
            subject=f"proof/{found.day.isoformat()}",
            details={"faults": len(found.faults)},
            at_real=clock.real_now(),
            at_business=now,
        )
        return found


def latest() -> ProofRow | None:
    """Return the newest proof, None before the first night. It names no shop, so anybody may know of it."""
    values = LedgerProof.objects.order_by("-at", "-id").values().first()
    if values is None:
        return None
    return ProofRow(
        day=values["day"],
        at=values["at"],
        accounts=values["accounts"],
        transfers=values["transfers"],
        entries=values["entries"],
        faults=tuple((name, int(id_)) for name, id_ in values["faults"]),
    )


def step(bucket: int, now: datetime) -> int:
    """Prove the books once a night; return 1 when that was done now. There is one set of books, so bucket 0 does it."""
    if bucket or not _is_due(now):
        return 0
    with db.transaction(SYSTEM):
        with django_connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_proof'))")
        if not _is_due(now):
            return 0
        raw: psycopg.Connection[Any] = django_connection.connection
        prove(raw, now=now)
    return 1


CONCERN: Final = Concern(name="proof", step=step)


def day_of(now: datetime) -> date:
    """Return the day in Shanghai."""
    return (now + timedelta(minutes=SHANGHAI_OFFSET_MINUTES)).date()


def _is_due(now: datetime) -> bool:
    """Return whether nothing was proved since the settlement of the night; what was proved before it is no answer."""
    django_connection.ensure_connection()
    at = instant(now)
    policy = books.shelf(django_connection.connection).of(families.LATE_SHIPMENT).choose(at, None, "")
    night = settlement.night_of_proof(
        at, zone_offset_minutes=policy.zone_offset_minutes, settle_hour=policy.settle_hour
    )
    return not LedgerProof.objects.filter(at__gte=to_datetime(night)).exists()
