"""
Who carries text messages out. A message is an intent that is written down first; a job calls the sender afterwards and
writes down what came of it. In a demo nothing leaves the house: messages stay on the outbox page.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import httpx
from django.conf import settings

from yidao.accounts.actors import SYSTEM, Actor, Permission
from yidao.accounts.ids import UserId
from yidao.accounts.phone_models import SmsAttempt, SmsMessage
from yidao.kit import crypto, db, ids
from yidao.kit.errors import Forbidden, Refusal
from yidao.kit.models import DemoClock

KEPT_DAYS: Final = 7
CALL_SECONDS_MAX: Final = 10.0
TRIES_MAX: Final = 5
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""Answers of the sender that mean: later."""

State = SmsMessage.State
Outcome = SmsAttempt.Outcome


class Way(StrEnum):
    """How messages leave: not at all but onto a page, to the operator's own sender, or not at all."""

    OUTBOX = "outbox"
    WEBHOOK = "webhook"
    NONE = "none"


class SendersMissing(Refusal):
    """This installation cannot send text messages."""

    code = "code.unavailable"
    status = 503
    message = "This installation sends no text messages, so there are no phone codes. Ask its operator."


class Undelivered(Exception):
    """The sender did not take a message this time; the job comes back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message as the outbox page shows it; `number` and `text` are empty where time is real."""

    id: int
    purpose: str
    mask: str
    number: str
    text: str
    state: str
    created_at: datetime
    attempts: int


def is_demo() -> bool:
    """Return whether this database is a demo, where messages may be read on a page."""
    return DemoClock.objects.exists()


def way() -> Way:
    """Return how messages leave: as set, else onto the outbox page in a demo and not at all elsewhere."""
    chosen: str = settings.SMS_SENDER
    if chosen:
        return Way(chosen)
    return Way.OUTBOX if is_demo() else Way.NONE


def is_sending() -> bool:
    """Return whether codes can be sent here at all, so that pages offer them only then."""
    return way() is not Way.NONE


def number_place(message_id: int) -> str:
    """Return the place a message's number is encrypted for."""
    return f"sms_message.number/{message_id}"


def text_place(message_id: int) -> str:
    """Return the place a message's text is encrypted for."""
    return f"sms_message.text/{message_id}"


def write(
    *,
    user_id: UserId | None,
    number: str,
    mask: str,
    purpose: str,
    text: str,
    expires_at: datetime,
    real_now: datetime,
) -> int:
    """
    Write down, inside the caller's transaction, that a message shall go out, and return its id.

    One to a number that is nobody's (no `user_id`) is written alike and never leaves.

    :raises SendersMissing: there is no way out.
    """
    from yidao.accounts import tasks  # inline: cycle

    chosen = way()
    if chosen is Way.NONE:
        raise SendersMissing
    is_leaving = chosen is Way.WEBHOOK
    state = State.WAITING if is_leaving else State.KEPT if user_id is not None else State.WITHHELD
    message_id = ids.new_id()
    SmsMessage.objects.create(
        id=message_id,
        user_id=user_id,
        purpose=purpose,
        mask=mask,
        number_encrypted=crypto.encrypt(number.encode(), place=number_place(message_id)),
        text_encrypted=crypto.encrypt(text.encode(), place=text_place(message_id)),
        state=state,
        created_at=real_now,
        expires_at=expires_at,
        finished_at=None if is_leaving else real_now,
    )
    if is_leaving:
        tasks.send_message.defer(message_id=message_id)
    return message_id


def deliver(*, message_id: int, real_now: datetime) -> None:
    """
    Hand one waiting message to the sender and write down how that went; one that waits no more is left alone.

    The call carries the message's id, so that a sender that took it already and was not heard takes it once.

    :raises Undelivered: not this time; call again later, at most until the message expires.
    """
    message = SmsMessage.objects.filter(id=message_id, state=State.WAITING).first()
    if message is None:
        return
    if message.user_id is None:
        _finish(message_id, State.WITHHELD, real_now)
        return
    if real_now >= message.expires_at:
        _finish(message_id, State.FAILED, real_now)
        return
    body = {
        "id": str(message_id),
        "phone": crypto.decrypt(message.number_encrypted, place=number_place(message_id)).decode(),
        "text": crypto.decrypt(message.text_encrypted, place=text_place(message_id)).decode(),
        "expires_at": message.expires_at.isoformat(),
    }
    outcome, status = _call(message_id, json.dumps(body, ensure_ascii=False).encode(), real_now)
    is_over = outcome is Outcome.ACCEPTED or (outcome is Outcome.REFUSED and status not in TRY_AGAIN and status < 500)
    with db.transaction(SYSTEM):
        SmsAttempt.objects.create(
            id=ids.new_id(), message_id=message_id, at=real_now, outcome=outcome, status=status or None
        )
        if is_over:
            _finish(message_id, State.SENT if outcome is Outcome.ACCEPTED else State.FAILED, real_now)
    if not is_over:
        raise Undelivered(f"message {message_id}: {outcome} {status}")


def give_up(*, message_id: int, real_now: datetime) -> None:
    """Stop trying to send a message."""
    _finish(message_id, State.FAILED, real_now)


def _finish(message_id: int, state: SmsMessage.State, real_now: datetime) -> None:
    SmsMessage.objects.filter(id=message_id, state=State.WAITING).update(state=state, finished_at=real_now)


def _call(message_id: int, body: bytes, real_now: datetime) -> tuple[SmsAttempt.Outcome, int]:
    """Call the sender once and return what came of it; 0 stands for no status."""
    headers = {"content-type": "application/json; charset=utf-8", **signature(message_id, body, real_now)}
    try:
        with httpx.Client(timeout=CALL_SECONDS_MAX, follow_redirects=False, trust_env=False) as client:
            answer = client.post(settings.SMS_WEBHOOK_URL, content=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
        return Outcome.UNREACHED, 0
    except httpx.TransportError:
        return Outcome.UNKNOWN, 0
    return (Outcome.ACCEPTED if answer.is_success else Outcome.REFUSED), answer.status_code


def signature(message_id: int, body: bytes, real_now: datetime) -> dict[str, str]:
    """Return the headers by which the sender knows that a call is ours, fresh and whole (Standard Webhooks)."""
    stamp = str(int(real_now.timestamp()))
    signed = b".".join((str(message_id).encode(), stamp.encode(), body))
    digest = hmac.digest(settings.SMS_WEBHOOK_SECRET.encode(), signed, hashlib.sha256)
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def messages(actor: Actor, *, limit: int) -> tuple[MessageRow, ...]:
    """
    Return the newest messages; numbers and texts only in a demo.

    :raises Forbidden: the actor may not look at the journal.
    """
    if not actor.may(Permission.AUDIT_VIEW):
        raise Forbidden
    is_open = is_demo()
    rows = SmsMessage.objects.order_by("-created_at", "-id").prefetch_related("attempts")[:limit]
    return tuple(
        MessageRow(
            id=row.id,
            purpose=row.purpose,
            mask=row.mask,
            number=crypto.decrypt(row.number_encrypted, place=number_place(row.id)).decode() if is_open else "",
            text=crypto.decrypt(row.text_encrypted, place=text_place(row.id)).decode() if is_open else "",
            state=row.state,
            created_at=row.created_at,
            attempts=len(row.attempts.all()),
        )
        for row in rows
    )


def forget(*, real_now: datetime) -> int:
    """Delete messages that are older than a week and return how many; running it twice changes nothing."""
    deleted, _ = SmsMessage.objects.filter(created_at__lt=real_now - timedelta(days=KEPT_DAYS)).delete()
    return deleted
