"""
Handing a file over: a code to the maker's phone, a link that only the maker can use and that ends, and a line in the
journal for each step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from yidao.accounts import codes
from yidao.accounts.actors import Actor
from yidao.accounts.ids import UserId
from yidao.exports import queries, services
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.exports.queries import ExportRow, State
from yidao.files import services as files
from yidao.files.ids import FileId
from yidao.kit import crypto, db
from yidao.kit.errors import Forbidden, Refusal
from yidao.policies import families
from yidao.policies import queries as policies

_PURPOSE: Final = "export link"


class NotReady(Refusal):
    """There is no file, not yet or not any more."""

    code = "export.not_ready"
    message = "There is no file to download."


class LinkInvalid(Refusal):
    """The link has run out, or is not this person's for this file."""

    code = "export.link_invalid"
    status = 403
    message = "This download link has run out. Open the record and get a new one."


class CodeNeeded(Refusal):
    """The file is handed over against a code only."""

    code = "export.code_needed"
    status = 403
    message = "Get a code on your phone first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What opens a file for its maker until then."""

    ticket: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A file on its way to its maker."""

    name: str
    content_type: str
    size_bytes: int
    file_id: FileId


def purpose(export_id: ExportId) -> str:
    """Return what a code for this export is bound to."""
    return f"export/{export_id}"


def _ready(export_id: ExportId, actor: Actor, real_now: datetime) -> tuple[ExportRow, UserId]:
    """
    Return the actor's own record with a file.

    :raises NotVisible: it is not the actor's own.
    :raises Forbidden: no person acts, or one who only looks on.
    :raises NotReady: there is no file.
    """
    found = queries.record(export_id, actor=actor, real_now=real_now)
    if actor.user_id is None or actor.is_visiting:
        raise Forbidden
    if found.state is not State.DONE:
        raise NotReady
    return found, actor.user_id


def send_code(export_id: ExportId, *, actor: Actor, address: str, now: datetime, real_now: datetime) -> codes.SentCode:
    """
    Send a code for one file to its maker's phone; `address` is where the request comes from, for the limits.

    :raises NotVisible: it is not the actor's own.
    :raises NotReady: there is no file.
    :raises PhoneMissing: the maker has no phone.
    :raises SentTooOften: a limit stands against it.
    :raises SendersMissing: this installation sends no messages.
    """
    _, user_id = _ready(export_id, actor, real_now)
    limits = policies.of_platform(families.VERIFICATION, at=now)
    sent = codes.send(user_id=user_id, purpose=purpose(export_id), limits=limits, real_now=real_now, address=address)
    _journal("export.code_sent", export_id, actor, now, real_now)
    return sent


def unlock(export_id: ExportId, code: str, *, actor: Actor, now: datetime, real_now: datetime) -> Link:
    """
    Give a link against the code that was sent for this file. The code works once, the link until it ends.

    :raises NotVisible: it is not the actor's own.
    :raises NotReady: there is no file.
    :raises CodeWrong, CodeExpired, CodeUsedUp: as `codes.check`; the try was counted.
    """
    found, user_id = _ready(export_id, actor, real_now)
    limits = policies.of_platform(families.VERIFICATION, at=now)
    try:
        codes.check(user_id=user_id, purpose=purpose(export_id), code=code, limits=limits, real_now=real_now)
    except (codes.CodeWrong, codes.CodeUsedUp, codes.CodeExpired) as refusal:
        _journal("export.code_refused", export_id, actor, now, real_now, code=refusal.code)
        raise
    _journal("export.unlocked", export_id, actor, now, real_now)
    return _link(found, user_id, real_now)


def link(export_id: ExportId, *, actor: Actor, real_now: datetime) -> Link:
    """
    Give a link to a file that is handed over without a code.

    :raises NotVisible: it is not the actor's own.
    :raises NotReady: there is no file.
    :raises CodeNeeded: this one needs a code.
    """
    found, user_id = _ready(export_id, actor, real_now)
    if found.needs_code:
        raise CodeNeeded
    return _link(found, user_id, real_now)


def _link(found: ExportRow, user_id: UserId, real_now: datetime) -> Link:
    policy = policies.named(families.EXPORT, found.policy)
    assert found.expires_at is not None, "an export that is done says until when"
    expires_at = min(real_now + timedelta(minutes=policy.link_minutes), found.expires_at)
    ticket = crypto.sign_until(f"{found.id}/{user_id}", purpose=_PURPOSE, expires_at=expires_at)
    return Link(ticket=ticket, expires_at=expires_at)


def is_open(export_id: ExportId, ticket: str, *, actor: Actor, real_now: datetime) -> bool:
    """Return whether a ticket opens this file for the actor's person now."""
    try:
        return crypto.unsign_fresh(ticket, purpose=_PURPOSE, now=real_now) == f"{export_id}/{actor.user_id}"
    except (crypto.SignatureInvalid, ValueError):
        return False


def hand_over(export_id: ExportId, ticket: str, *, actor: Actor, now: datetime, real_now: datetime) -> Handed:
    """
    Return the file that a link of its maker opens, and write down that it was fetched. It may be fetched again.

    :raises NotVisible: it is not the actor's own.
    :raises NotReady: there is no file.
    :raises LinkInvalid: the link has run out, was changed, or is another person's or another file's.
    """
    found, _ = _ready(export_id, actor, real_now)
    if not is_open(export_id, ticket, actor=actor, real_now=real_now):
        raise LinkInvalid
    assert found.file_id is not None, "an export that is done has a file"
    facts = files.facts(FileId(found.file_id), real_now=real_now)
    with db.transaction(actor):
        ExportRecord.objects.filter(id=export_id, fetched_at=None).update(fetched_at=real_now)
        services.record("export.fetched", export_id, actor=actor, at=(now, real_now), rows=found.rows_done)
    return Handed(name=facts.name, content_type=facts.content_type, size_bytes=facts.size_bytes, file_id=facts.id)


def content(handed: Handed) -> Iterator[bytes]:
    """Return a file's content piece by piece."""
    return files.read(handed.file_id)


def _journal(act: str, export_id: ExportId, actor: Actor, now: datetime, real_now: datetime, **details: str) -> None:
    with db.transaction(actor):
        services.record(act, export_id, actor=actor, at=(now, real_now), **details)
