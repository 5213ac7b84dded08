"""
Appeals (申诉): a shop makes one against a violation, a person of the platform answers it once. A win takes back
everything the judgement led to, in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Any, Final

from django.utils.translation import gettext_noop

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.judging import calendar, cases, naming, reversal
from yidao.judging.case_models import Appeal, CaseFile
from yidao.judging.models import Reversal, Violation
from yidao.kit import db, ids, news, sweeps
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.orders import raw
from yidao.policies import books, families
from yidao.rules import appeals
from yidao.rules import calendar as working_days
from yidao.rules.appeals import Channel, Refused
from yidao.rules.instants import instant

SHANGHAI: Final = timezone(timedelta(hours=8))
TEXT_PLACE: Final = "appeal.text"
ANSWER_PLACE: Final = "appeal.answer"

ACCEPTED: Final = kinds.Kind(
    name="appeal.accepted",
    title=gettext_noop("An appeal was accepted"),
    text=gettext_noop("%(what)s: the violation was lifted, and what it took is given back."),
    words=naming.named,
)
REFUSED: Final = kinds.Kind(
    name="appeal.refused",
    title=gettext_noop("An appeal was refused"),
    text=gettext_noop("%(what)s: the violation stands. The reason stands with it."),
    is_urgent=True,
    words=naming.named,
)
kinds.register(ACCEPTED, REFUSED)


class AppealRefused(Refusal):
    """The violation cannot be appealed against (any more), or what the appeal holds will not do."""

    code = "appeal.refused"

    MESSAGES: Final = {
        Refused.NOT_NOTIFIED: gettext_noop(
            "You can appeal as soon as you are told of the violation, with your next round of notices."
        ),
        Refused.REVERSED: gettext_noop("The violation was lifted; there is nothing to appeal against."),
        Refused.ALREADY_APPEALED: gettext_noop("There was an appeal already; it has one answer."),
        Refused.TOO_LATE: gettext_noop("The days for an appeal are over."),
        Refused.TEXT_MISSING: gettext_noop("Say why the violation is none."),
        Refused.TEXT_TOO_LONG: gettext_noop("The text is too long: %(most)s characters are allowed."),
        Refused.TOO_MANY_IMAGES: gettext_noop("At most %(images)s pictures go along."),
    }
    _MALFORMED: Final = frozenset({Refused.TEXT_MISSING, Refused.TEXT_TOO_LONG, Refused.TOO_MANY_IMAGES})

    def __init__(self, why: Refused, policy: appeals.Policy) -> None:
        super().__init__(most=policy.text_length_max, images=policy.images_max)
        self.why = why
        self.message = self.MESSAGES[why]
        self.status = 422 if why in self._MALFORMED else 409


class AlreadyAnswered(Refusal):
    """Somebody answered the appeal, or the violation was lifted otherwise."""

    code = "appeal.already_answered"
    message = "This appeal has its answer already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plea:
    """What a shop says and shows against a violation."""

    text: str
    pictures: Sequence[bytes] = ()
    channel: Channel = Channel.GENERAL


def policy_at(now: datetime) -> appeals.Policy:
    """Return the numbers for appeals made now."""
    return books.shelf(raw.plain()).of(families.APPEAL).choose(instant(now), None, "")


def may_appeal(actor: Actor) -> bool:
    """Return whether the actor is somebody of a shop whose role allows appeals, and who does not only look on."""
    return actor.kind is ActorKind.MERCHANT and actor.may(Permission.VIOLATIONS_APPEAL) and not actor.is_visiting


def standing(violation: Violation, *, is_appealed: bool) -> appeals.Standing:
    """Return what decides whether a violation can be appealed against."""
    until = violation.appeal_until
    return appeals.Standing(
        appeal_until=instant(until) if until is not None else None,
        is_reversed=violation.state == Violation.State.REVERSED,
        is_appealed=is_appealed,
    )


def file(
    *,
    actor: Actor,
    violation_id: int,
    plea: Plea,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> int:
    """
    Appeal against a violation and return the appeal's id. The penalty is not suspended.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: the violation is not the actor's shop's.
    :raises AppealRefused: the rule does not take it.
    :raises cases.PictureRefused: one of the pictures is none.
    """
    if not may_appeal(actor):
        raise Forbidden
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return int(work.earlier["appeal"])
        violation = cases.visible(violation_id, actor=actor, is_locked=True)
        policy = policy_at(now)
        is_appealed = Appeal.objects.filter(violation_id=violation.id).exists()
        text = cases.plain(plea.text)
        why = appeals.refusal(standing(violation, is_appealed=is_appealed), instant(now))
        why = why or appeals.fault(text, len(plea.pictures), policy)
        if why is not None:
            raise AppealRefused(why, policy)
        pictures = cases.checked(plea.pictures, policy)
        appeal_id = _write(violation, text, plea.channel, policy, actor=actor, now=now)
        cases.keep(pictures, policy, owner=CaseFile.Owner.APPEAL, owner_id=appeal_id, real_now=real_now)
        Violation.objects.filter(id=violation.id).update(state=Violation.State.APPEALING)
        details = {"violation": str(violation.id), "pictures": len(pictures)}
        _record("appeal.made", appeal_id, violation.shop_id, actor, details, now=now, real_now=real_now)
        work.answer({"appeal": str(appeal_id)})
    return appeal_id


def _write(
    violation: Violation, text: str, channel: Channel, policy: appeals.Policy, *, actor: Actor, now: datetime
) -> int:
    appeal_id = ids.new_id()
    soon_at = _end_of_working_day(now, policy.reminder_working_days)
    Appeal.objects.create(
        id=appeal_id,
        violation_id=violation.id,
        shop_id=violation.shop_id,
        order_no=violation.order_no,
        kind=violation.kind,
        channel=channel,
        text_encrypted=cases.sealed(text, place=TEXT_PLACE, row_id=appeal_id),
        policy=policy.version,
        filed_at=now,
        filed_by=actor.user_id,
        due_at=_end_of_working_day(now, policy.answer_working_days),
        soon_at=soon_at,
        remind_at=soon_at,
        bucket=sweeps.bucket_of(str(appeal_id)),
    )
    news.tell([violation.shop_id])
    return appeal_id


def _end_of_working_day(now: datetime, count: int) -> datetime:
    """Return the midnight in Shanghai that ends the last of so many working days after today."""
    today = now.astimezone(SHANGHAI).date()
    last = working_days.add_working_days(today, count, calendar.special_days())
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=SHANGHAI)


def answer(*, actor: Actor, appeal_id: int, is_accepted: bool, reason: str, now: datetime, real_now: datetime) -> None:
    """
    Answer an appeal, once. Accepting reverses the judgement with everything it led to; refusing lets it stand.

    :raises Forbidden: the role does not allow it.
    :raises NotVisible: there is no such appeal.
    :raises AlreadyAnswered: it has its answer.
    :raises cases.ReasonNeeded: an answer says why.
    """
    cases.require_operator(actor)
    words = cases.reason(reason)
    with db.transaction(actor):
        appeal = Appeal.objects.select_for_update().filter(id=appeal_id).first()
        if appeal is None:
            raise NotVisible
        if appeal.state != Appeal.State.OPEN:
            raise AlreadyAnswered
        if is_accepted:
            reversal.reverse(
                raw.plain(),
                judgement_ids=[appeal.violation_id],
                cause=Reversal.Cause.APPEAL,
                cause_ref=f"appeal/{appeal.id}",
                now=now,
                user_id=actor.user_id,
                is_told=True,
            )
        else:
            appealing = Violation.objects.filter(id=appeal.violation_id, state=Violation.State.APPEALING)
            appealing.update(state=Violation.State.UPHELD)
        appeal.state = Appeal.State.ACCEPTED if is_accepted else Appeal.State.REFUSED
        appeal.answered_at, appeal.answered_by, appeal.remind_at = now, actor.user_id, None
        appeal.answer_encrypted = cases.sealed(words, place=ANSWER_PLACE, row_id=appeal.id)
        appeal.save(update_fields=["state", "answered_at", "answered_by", "remind_at", "answer_encrypted"])
        _tell(appeal, ACCEPTED if is_accepted else REFUSED, now=now)
        _record(
            "appeal.accepted" if is_accepted else "appeal.refused",
            appeal.id,
            appeal.shop_id,
            actor,
            {"violation": str(appeal.violation_id)},
            now=now,
            real_now=real_now,
        )


def _tell(appeal: Appeal, kind: kinds.Kind, *, now: datetime) -> None:
    notices.tell(
        organisation_id=appeal.shop_id,
        kind=kind.name,
        key=f"appeal/{appeal.id}/answer",
        params={"violation_kind": appeal.kind},
        address=f"violations/{appeal.violation_id}/",
        now=now,
    )


def _record(
    act: str, appeal_id: int, shop_id: int, actor: Actor, details: dict[str, Any], *, now: datetime, real_now: datetime
) -> None:
    audit.record(
        act=act,
        subject=f"appeal/{appeal_id}",
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=shop_id,
        details=details,
        at_real=real_now,
        at_business=now,
    )
