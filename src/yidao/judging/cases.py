"""What appeals, openings by hand and sanctions share: words that are kept encrypted, pictures that prove, refusals."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.files import services as files
from yidao.files.ids import FileId
from yidao.judging.case_models import Appeal, CaseFile, CaseText
from yidao.judging.models import Violation
from yidao.kit import crypto, ids, pictures
from yidao.kit.errors import FieldFault, Forbidden, NotVisible, Refusal
from yidao.kit.pictures import Picture
from yidao.rules import appeals

KILOBYTE = 1024
REASON_LENGTH_MAX = 500
"""The longest reason of an operator."""


class PictureRefused(Refusal):
    """One of the pictures is no picture, or too large; nothing was kept."""

    code = "case.picture_refused"
    status = 422
    message = "Picture %(number)s is no JPEG, PNG or WebP picture of at most %(kilobytes)s KB."


class TooManyPictures(Refusal):
    """There are more pictures than allowed; nothing was kept."""

    code = "case.too_many_pictures"
    status = 422
    message = "At most %(most)s pictures go along."


class ReasonNeeded(Refusal):
    """What an operator decides he gives a reason for."""

    code = "case.reason_needed"
    status = 422
    message = "Give a reason, of at most %(most)s characters."


def reason(text: str) -> str:
    """
    Return a reason without blanks around it.

    :raises ReasonNeeded: there is none, or it is too long.
    """
    stripped = plain(text)
    if not stripped or len(stripped) > REASON_LENGTH_MAX:
        raise ReasonNeeded(most=REASON_LENGTH_MAX, faults=(FieldFault(pointer="reason", code="missing"),))
    return stripped


def plain(text: str) -> str:
    """Return a text as it is kept: with one kind of line break, and nothing that no database can hold."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()


def sealed(text: str, *, place: str, row_id: int) -> bytes:
    """Return a text as it is kept; `place` names table and column."""
    return crypto.encrypt(text.encode(), place=f"{place}/{row_id}")


def opened(stored: bytes | memoryview | None, *, place: str, row_id: int) -> str:
    """Return a kept text, empty where there is none."""
    return crypto.decrypt(bytes(stored), place=f"{place}/{row_id}").decode() if stored is not None else ""


def require_operator(actor: Actor) -> None:
    """
    Do nothing for whoever may decide about judgements.

    :raises Forbidden: anybody else.
    """
    if actor.kind is not ActorKind.OPERATOR:
        raise Forbidden
    actor.require(Permission.JUDGEMENTS_DECIDE)


def visible(violation_id: int, *, actor: Actor, is_locked: bool = False) -> Violation:
    """
    Return a violation of the actor's shops, or any to the platform.

    :raises NotVisible: it is not theirs.
    """
    rows = Violation.objects.filter(id=violation_id)
    if actor.kind is ActorKind.MERCHANT:
        rows = rows.filter(shop_id__in=actor.organisation_ids)
    elif actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    found = (rows.select_for_update() if is_locked else rows).first()
    if found is None:
        raise NotVisible
    return found


def checked(bodies: Sequence[bytes], policy: appeals.Policy) -> list[Picture]:
    """
    Return uploaded pictures without anything that is not seen.

    :raises TooManyPictures: there are more than the policy allows.
    :raises PictureRefused: one is no picture or too large.
    """
    if len(bodies) > policy.images_max:
        raise TooManyPictures(most=policy.images_max)
    found = []
    for number, body in enumerate(bodies, start=1):
        refused = PictureRefused(number=number, kilobytes=policy.image_kilobytes_max)
        if len(body) > policy.image_kilobytes_max * KILOBYTE:
            raise refused
        try:
            found.append(pictures.cleaned(body))
        except pictures.PictureInvalid as fault:
            raise refused from fault
    return found


def keep(
    found: Sequence[Picture], policy: appeals.Policy, *, owner: CaseFile.Owner, owner_id: int, real_now: datetime
) -> None:
    """Store pictures in the caller's transaction, encrypted, for as long as the policy says."""
    assert connection.in_atomic_block, "pictures are kept with what they prove"
    for ordinal, picture in enumerate(found, start=1):
        file_id = files.store(
            name=f"{owner.lower()}-{ordinal}.{picture.content_type.partition('/')[2]}",
            content_type=picture.content_type,
            chunks=[picture.body],
            expires_at=real_now + timedelta(days=policy.evidence_days),
            real_now=real_now,
        )
        CaseFile.objects.create(id=ids.new_id(), owner=owner, owner_id=owner_id, ordinal=ordinal, file_id=file_id)


def pictures_of(owner: CaseFile.Owner, owner_id: int) -> tuple[int, ...]:
    """Return the ids of the pictures that go with something, in their order."""
    rows = CaseFile.objects.filter(owner=owner, owner_id=owner_id).order_by("ordinal")
    return tuple(rows.values_list("id", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A kept picture as a page hands it out."""

    content_type: str
    pieces: Iterator[bytes]


def picture(picture_id: int, *, actor: Actor, real_now: datetime) -> Shown:
    """
    Return one picture to the platform, or to the shop whose appeal or violation it goes with.

    :raises NotVisible: it is neither's, or it is no longer kept.
    """
    row = CaseFile.objects.filter(id=picture_id).first()
    if row is None:
        raise NotVisible
    violation_id = row.owner_id
    if row.owner == CaseFile.Owner.APPEAL:
        violation_id = Appeal.objects.values_list("violation_id", flat=True).get(id=row.owner_id)
    visible(violation_id, actor=actor)
    file_id = FileId(row.file_id)
    return Shown(content_type=files.facts(file_id, real_now=real_now).content_type, pieces=files.read(file_id))


TEXT_PLACE = "case_text.text"


def say(violation_id: int, text: str, *, about: CaseText.About, actor: Actor, now: datetime) -> None:
    """Keep an operator's words about a violation, in the caller's transaction."""
    row_id = ids.new_id()
    CaseText.objects.create(
        id=row_id,
        violation_id=violation_id,
        about=about,
        text_encrypted=sealed(text, place=TEXT_PLACE, row_id=row_id),
        at=now,
        user_id=actor.user_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an operator said about a violation."""

    about: str
    text: str
    at: datetime
    user_id: int | None


def said(violation_id: int) -> tuple[Said, ...]:
    """Return what operators said about a violation, the oldest first."""
    return tuple(
        Said(
            about=row.about,
            text=opened(row.text_encrypted, place=TEXT_PLACE, row_id=row.id),
            at=row.at,
            user_id=row.user_id,
        )
        for row in CaseText.objects.filter(violation_id=violation_id).order_by("id")
    )
