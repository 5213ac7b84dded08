"""What nudges (介入) and tickets (查件) share: their policy, their sealed texts, their refusals, their notices."""

from datetime import datetime
from typing import Final

import psycopg
from django.db import connection
from django.utils.translation import gettext_noop

from yidao.kit import crypto
from yidao.kit.errors import Refusal
from yidao.notices import kinds
from yidao.policies import families, selection
from yidao.policies.selection import PolicyBook
from yidao.rules import nudging
from yidao.rules.instants import NEVER, Instant, instant, to_datetime

NUDGE_OPENED: Final = kinds.Kind(
    name="nudge.opened",
    title=gettext_noop("A creator steps in"),
    text=gettext_noop("%(creator)s asks about %(count)s anomalies of your parcels."),
    is_urgent=True,
)
NUDGE_ASKED: Final = kinds.Kind(
    name="nudge.asked",
    title=gettext_noop("A creator asks again"),
    text=gettext_noop("%(creator)s asks again about %(count)s anomalies of your parcels."),
    is_urgent=True,
)
NUDGE_REMINDED: Final = kinds.Kind(
    name="nudge.reminded",
    title=gettext_noop("An answer is awaited"),
    text=gettext_noop("%(creator)s still waits for your answer about %(count)s anomalies."),
    is_urgent=True,
)
NUDGE_OVERDUE: Final = kinds.Kind(
    name="nudge.overdue",
    title=gettext_noop("An answer is overdue"),
    text=gettext_noop("Your answer to %(creator)s about %(count)s anomalies is overdue."),
    is_urgent=True,
)
NUDGE_ANSWERED: Final = kinds.Kind(
    name="nudge.answered",
    title=gettext_noop("A shop has answered"),
    text=gettext_noop("%(shop)s has answered about %(count)s anomalies."),
)
NUDGE_CARRIER: Final = kinds.Kind(
    name="nudge.carrier",
    title=gettext_noop("A carrier has answered"),
    text=gettext_noop("Through %(shop)s the carrier has answered."),
)
TICKETS_ASKED: Final = kinds.Kind(
    name="tickets.asked",
    title=gettext_noop("A shop asks where parcels are"),
    text=gettext_noop("%(shop)s asks about %(count)s parcels."),
    is_urgent=True,
)
TICKETS_REMINDED: Final = kinds.Kind(
    name="tickets.reminded",
    title=gettext_noop("Tickets wait for an answer"),
    text=gettext_noop("%(count)s tickets wait for your answer, %(overdue)s of them are overdue."),
    is_urgent=True,
)
TICKETS_ANSWERED: Final = kinds.Kind(
    name="tickets.answered",
    title=gettext_noop("A carrier has answered"),
    text=gettext_noop("%(carrier)s has answered tickets of yours."),
)
kinds.register(
    NUDGE_OPENED,
    NUDGE_ASKED,
    NUDGE_REMINDED,
    NUDGE_OVERDUE,
    NUDGE_ANSWERED,
    NUDGE_CARRIER,
    TICKETS_ASKED,
    TICKETS_REMINDED,
    TICKETS_ANSWERED,
)


class TextRefused(Refusal):
    """There are no words where some are needed."""

    code = "nudge.text_missing"
    status = 422
    message = "Say what it is about, or choose a ready-made text."


class TextTooLong(Refusal):
    """The words are too many."""

    code = "nudge.text_too_long"
    status = 422
    message = "The text has %(length)s characters; %(most)s are allowed."


class CodeUnknown(Refusal):
    """The code is none of those to choose from."""

    code = "nudge.code_unknown"
    status = 422
    message = "Choose one of the answers."


class Settled(Refusal):
    """What is settled is not talked about any more; what comes back is asked about anew."""

    code = "nudge.settled"
    message = "This is settled already. If the trouble is back, ask anew."


def book() -> PolicyBook[nudging.Policy]:
    """Return the published numbers."""
    connection.ensure_connection()
    plain: psycopg.Connection[object] | None = connection.connection
    assert plain is not None
    return selection.load_book(plain, families.NUDGE)


def policy_at(now: datetime) -> nudging.Policy:
    """Return the numbers for what is opened now."""
    return book().choose(instant(now), None, "")


def checked_text(text: str, policy: nudging.Policy, *, has_code: bool) -> str:
    """
    Return the text without blanks around it.

    :raises TextRefused: there is neither a text nor a code.
    :raises TextTooLong: it is longer than the policy allows.
    """
    stripped = text.replace("\r\n", "\n").replace("\0", "").strip()
    match nudging.note_fault(stripped, policy, has_code=has_code):
        case nudging.NoteFault.MISSING:
            raise TextRefused
        case nudging.NoteFault.TOO_LONG:
            raise TextTooLong(length=len(stripped), most=policy.text_length_max)
    return stripped


def lock(name: str) -> None:
    """Let nobody else do the same until the transaction in progress ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def sealed(text: str, *, table: str, row_id: int) -> bytes | None:
    """Return a text as it is kept; no text is kept as nothing."""
    return crypto.encrypt(text.encode(), place=f"{table}.text/{row_id}") if text else None


def opened(stored: bytes | memoryview | None, *, table: str, row_id: int) -> str:
    """Return a kept text."""
    return crypto.decrypt(bytes(stored), place=f"{table}.text/{row_id}").decode() if stored is not None else ""


def known(at: datetime | None) -> Instant:
    """Return an instant for the rules, which call what did not happen 0."""
    return NEVER if at is None else instant(at)


def when(at: Instant | None) -> datetime | None:
    """Return an instant of the rules as it is stored."""
    return to_datetime(at) if at else None
