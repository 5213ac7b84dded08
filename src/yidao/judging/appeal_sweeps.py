"""
What time and others do to appeals that wait: reviewers are reminded, late answers go to those who lead, and an appeal
whose violation was lifted otherwise is settled without an answer.
"""

from datetime import datetime
from typing import Final

from django.db import connection
from django.utils.translation import gettext_noop

from yidao.accounts import queries as accounts
from yidao.accounts.actors import SYSTEM
from yidao.accounts.models import Membership
from yidao.judging.case_models import Appeal
from yidao.kit import db
from yidao.kit.sweeps import Concern
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.rules import appeals
from yidao.rules.appeals import Review
from yidao.rules.instants import Instant, instant, to_datetime

BATCH_SIZE: Final = 500

SOON: Final = kinds.Kind(
    name="appeal.soon",
    title=gettext_noop("Appeals wait for an answer"),
    text=gettext_noop("%(count)s appeals must be answered within a working day."),
    is_urgent=True,
)
OVERDUE: Final = kinds.Kind(
    name="appeal.overdue",
    title=gettext_noop("Answers to appeals are overdue"),
    text=gettext_noop("%(count)s appeals were not answered in time."),
    is_urgent=True,
)
ESCALATED: Final = kinds.Kind(
    name="appeal.escalated",
    title=gettext_noop("Appeals were left unanswered"),
    text=gettext_noop("Your reviewers did not answer appeals in time. Please see to it."),
    is_urgent=True,
)
kinds.register(SOON, OVERDUE, ESCALATED)

_MOOT: Final = """
UPDATE appeal AS a SET state = 'MOOT', answered_at = %(now)s, remind_at = NULL
  FROM violation AS v
 WHERE v.id = a.violation_id AND v.state = 'REVERSED' AND a.state = 'OPEN' AND a.bucket = %(bucket)s
"""


def step(bucket: int, now: datetime) -> int:
    """Settle one bucket's appeals that are moot, then remind of those that wait too long."""
    with db.transaction(SYSTEM), connection.cursor() as cursor:
        cursor.execute(_MOOT, {"now": now, "bucket": bucket})
        settled = int(cursor.rowcount)
    return settled + _remind(bucket, now=now)


CONCERN: Final = Concern(name="appeals", step=step)


def _remind(bucket: int, *, now: datetime) -> int:
    with db.transaction(SYSTEM):
        locked = Appeal.objects.select_for_update(skip_locked=True)
        due = list(locked.filter(bucket=bucket, remind_at__lte=now).order_by("remind_at", "id")[:BATCH_SIZE])
        urgency = {Review.SOON: 0, Review.OVERDUE: 0}
        for each in due:
            clock = _clock(each)
            found = appeals.review(clock, instant(now))
            urgency[found] += 1
            each.told = found.value
            each.remind_at = _moment(appeals.next_due_at(clock, {found}))
            each.save(update_fields=["told", "remind_at"])
        for kind, review in ((SOON, Review.SOON), (OVERDUE, Review.OVERDUE)):
            if urgency[review]:
                _tell(kind, urgency[review], now=now)
    return len(due)


def _clock(appeal: Appeal) -> appeals.Clock:
    return appeals.Clock(remind_at=instant(appeal.soon_at), due_at=instant(appeal.due_at))


def _moment(at: Instant | None) -> datetime | None:
    return None if at is None else to_datetime(at)


def _tell(kind: kinds.Kind, count: int, *, now: datetime) -> None:
    """Tell the platform, in one notice an hour; who leads hears once a day in person that answers are overdue."""
    for platform in accounts.platforms():
        notices.tell_round(
            organisation_id=platform,
            kind=kind.name,
            key=f"{kind.name}/{now:%Y%m%d%H}",
            counts={"count": count},
            params={},
            address="/o/appeals/",
            now=now,
        )
        leaders = Membership.objects.filter(organisation_id=platform, role=Membership.Role.OWNER, disabled_at=None)
        for user_id in leaders.order_by("user_id").values_list("user_id", flat=True) if kind is OVERDUE else ():
            notices.tell(
                organisation_id=platform,
                kind=ESCALATED.name,
                key=f"{ESCALATED.name}/{user_id}/{now:%Y%m%d}",
                params={},
                address="/o/appeals/",
                now=now,
                user_id=user_id,
            )
