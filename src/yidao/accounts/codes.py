"""
Codes of six digits that go to a phone and prove that its holder is there. Each is bound to one purpose, lives minutes,
works once, and is tried a few times only; what counts is counted in the database before it is looked at.

Every function here opens its own transaction, so that a wrong try is counted whatever the caller does next: never call
them inside another one.
"""

import hmac
import secrets
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import translation

from yidao.accounts import phones, senders, statements
from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import UserId
from yidao.accounts.models import User
from yidao.accounts.phone_models import PhoneCode
from yidao.kit import crypto, db, ids
from yidao.kit.errors import Refusal
from yidao.rules import verification
from yidao.rules.instants import DAY, HOUR, instant, to_datetime

DIGITS: Final = 6
KEPT_DAYS: Final = 7
LOGIN: Final = "login"
"""Purpose of the code that stands in for a password."""


class SentTooOften(Refusal):
    """Too many codes went out; `seconds` says when the next one may."""

    code = "code.sent_too_often"
    status = 429
    message = "Too many codes were asked for. The next one can be sent in %(seconds)d seconds."

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds, headers={"Retry-After": str(seconds)})


class CodeWrong(Refusal):
    """It is not the code that was sent; `left` tries are left."""

    code = "code.wrong"
    status = 422
    message = "The code is wrong. Tries left: %(left)d."

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left)
        self.left = left


class CodeExpired(Refusal):
    """No code lives for this purpose: none was sent, it ran out, was used, or a newer one took its place."""

    code = "code.expired"
    status = 422
    message = "The code has run out. Ask for a new one."


class CodeUsedUp(Refusal):
    """The code was tried wrongly as often as allowed."""

    code = "code.used_up"
    status = 422
    message = "Too many wrong tries. Ask for a new code."


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """A code is on its way to this phone and works until then."""

    masked_phone: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Whose code is tried: a user's, or that of whoever has a number."""

    purpose: str
    user_id: UserId | None = None
    numbers: list[bytes] = field(default_factory=list)


def send(
    *, user_id: UserId, purpose: str, limits: verification.Policy, real_now: datetime, address: str = ""
) -> SentCode:
    """
    Send a code for one purpose to the user's phone; an earlier one for the same purpose ends.

    :raises PhoneMissing: the user has no phone.
    :raises SentTooOften: a limit of the policy stands against it.
    :raises SendersMissing: this installation sends no messages.
    """
    number = phones.number_of(user_id)
    return _send(user_id=user_id, number=number, purpose=purpose, limits=limits, real_now=real_now, address=address)


def check(*, user_id: UserId, purpose: str, code: str, limits: verification.Policy, real_now: datetime) -> None:
    """
    Use the code that was sent to a user for this purpose. It works once.

    :raises CodeWrong: it is another; the try was counted.
    :raises CodeExpired: there is none that lives.
    :raises CodeUsedUp: it was tried too often.
    """
    _use(_Wanted(user_id=user_id, purpose=purpose), code=code, limits=limits, real_now=real_now)


def send_to_new_number(
    *, user_id: UserId, typed: str, limits: verification.Policy, real_now: datetime, address: str = ""
) -> SentCode:
    """
    Send a code to the number a user wants to have as his phone; nothing tells whether it is somebody else's.

    :raises PhoneInvalid: it is no mobile number.
    :raises SentTooOften: a limit of the policy stands against it.
    :raises SendersMissing: this installation sends no messages.
    """
    return _send(
        user_id=user_id,
        number=phones.parse(typed),
        purpose=phones.CHANGE,
        limits=limits,
        real_now=real_now,
        address=address,
    )


def confirm_new_number(
    *, user_id: UserId, code: str, limits: verification.Policy, now: datetime, real_now: datetime
) -> str:
    """
    Make the number the code went to the user's phone and return it masked.

    :raises CodeWrong, CodeExpired, CodeUsedUp: as `check`.
    :raises PhoneTaken: it is another user's; only who holds the phone learns that.
    """
    wanted = _Wanted(user_id=user_id, purpose=phones.CHANGE)
    number = _use(wanted, code=code, limits=limits, real_now=real_now)
    with db.transaction(SYSTEM):
        phones.keep(user_id=user_id, number=number, by_user_id=user_id, now=now, real_now=real_now)
    return phones.mask(number)


def send_login(
    *, typed: str, limits: verification.Policy, real_now: datetime, address: str, purpose: str = LOGIN
) -> SentCode:
    """
    Send a code to whoever has this phone; a number that is nobody's gets the same answer, counts and takes as long.

    :raises PhoneInvalid: it is no mobile number.
    :raises SentTooOften: a limit of the policy stands against it.
    :raises SendersMissing: this installation sends no messages.
    """
    number = phones.parse(typed)
    user_id = phones.owner_of(number)
    return _send(user_id=user_id, number=number, purpose=purpose, limits=limits, real_now=real_now, address=address)


def check_login(
    *, typed: str, code: str, limits: verification.Policy, real_now: datetime, purpose: str = LOGIN
) -> UserId:
    """
    Return whose phone and code these are. The code works once.

    :raises PhoneInvalid: it is no mobile number.
    :raises CodeWrong, CodeExpired, CodeUsedUp: as `check`; a number that is nobody's reads the same.
    """
    number = phones.parse(typed)
    wanted = _Wanted(numbers=list(crypto.blind_indexes(number, purpose=phones.INDEX)), purpose=purpose)
    _use(wanted, code=code, limits=limits, real_now=real_now)
    user_id = phones.owner_of(number)
    if user_id is None:
        raise CodeExpired
    return user_id


def forget(*, real_now: datetime) -> int:
    """Delete codes older than any limit looks back, and return how many; running it twice changes nothing."""
    deleted, _ = PhoneCode.objects.filter(sent_at__lt=real_now - timedelta(days=KEPT_DAYS)).delete()
    return deleted


def number_place(code_id: int) -> str:
    """Return the place the number of a code is encrypted for."""
    return f"phone_code.number/{code_id}"


def _send(
    *,
    user_id: UserId | None,
    number: str,
    purpose: str,
    limits: verification.Policy,
    real_now: datetime,
    address: str,
) -> SentCode:
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    code_id = ids.new_id()
    expires_at = to_datetime(verification.ends_at(instant(real_now), limits))
    mask = phones.mask(number)
    with db.transaction(SYSTEM):
        _stand_in_line(number, address)
        _judge(number, address, limits, real_now)
        _void(user_id=user_id, number=number, purpose=purpose, real_now=real_now)
        PhoneCode.objects.create(
            id=code_id,
            user_id=user_id,
            number_encrypted=crypto.encrypt(number.encode(), place=number_place(code_id)),
            number_index=crypto.blind_index(number, purpose=phones.INDEX),
            address=address,
            purpose=purpose,
            code_hmac=_digest(code_id, code),
            policy_version=limits.version,
            sent_at=real_now,
            expires_at=expires_at,
        )
        senders.write(
            user_id=user_id,
            number=number,
            mask=mask,
            purpose=purpose.partition("/")[0],
            text=_text(user_id, code, limits),
            expires_at=expires_at,
            real_now=real_now,
        )
    return SentCode(masked_phone=mask, expires_at=expires_at)


def _stand_in_line(number: str, address: str) -> None:
    """Let one sending to a number, and one from an address, be judged at a time."""
    with connection.cursor() as cursor:
        cursor.execute(phones.LOCK, [f"phone_code/{number}"])
        if address:
            cursor.execute(phones.LOCK, [f"phone_code_address/{address}"])


def _judge(number: str, address: str, limits: verification.Policy, real_now: datetime) -> None:
    indexes = crypto.blind_indexes(number, purpose=phones.INDEX)
    day_ago, hour_ago = (real_now - timedelta(microseconds=length) for length in (DAY, HOUR))
    to_number = PhoneCode.objects.filter(number_index__in=indexes, sent_at__gt=day_ago).order_by("sent_at")
    from_address = PhoneCode.objects.filter(address=address, sent_at__gt=hour_ago).order_by("sent_at")
    verdict = verification.judge_send(
        [instant(at) for at in to_number.values_list("sent_at", flat=True)],
        [instant(at) for at in from_address.values_list("sent_at", flat=True)] if address else [],
        limits,
        instant(real_now),
    )
    if verdict.limit is not None:
        raise SentTooOften(seconds=-(-(verdict.free_at - instant(real_now)) // verification.SECOND))


def _void(*, user_id: UserId | None, number: str, purpose: str, real_now: datetime) -> None:
    live = PhoneCode.objects.filter(purpose=purpose, used_at=None, voided_at=None)
    if user_id is not None:
        live.filter(user_id=user_id).update(voided_at=real_now)
    else:
        indexes = crypto.blind_indexes(number, purpose=phones.INDEX)
        live.filter(user_id__isnull=True, number_index__in=indexes).update(voided_at=real_now)


def _use(wanted: _Wanted, *, code: str, limits: verification.Policy, real_now: datetime) -> str:
    """Count a try, then look at the code; return the number it went to. The count stays whatever follows."""
    typed = unicodedata.normalize("NFKC", code).strip().replace(" ", "")
    with db.transaction(SYSTEM), connection.cursor() as cursor:
        cursor.execute(statements.TRY_CODE, {**asdict(wanted), "now": real_now, "allowed": limits.tries_max})
        row = cursor.fetchone()
        if row is not None:
            code_id, stored, number, tries = row
            if hmac.compare_digest(bytes(stored), _digest(code_id, typed)):
                PhoneCode.objects.filter(id=code_id).update(used_at=real_now)
                return crypto.decrypt(number, place=number_place(code_id)).decode()
    if row is not None:
        left = limits.tries_max - tries
        raise CodeWrong(left=left) if left > 0 else CodeUsedUp
    live = PhoneCode.objects.filter(purpose=wanted.purpose, used_at=None, voided_at=None, expires_at__gt=real_now)
    whose = live.filter(Q(user_id=wanted.user_id) if wanted.user_id else Q(number_index__in=wanted.numbers))
    raise CodeUsedUp if whose.filter(try_count__gte=limits.tries_max).exists() else CodeExpired


def _digest(code_id: int, code: str) -> bytes:
    return hmac.digest(crypto.ring().derived("phone code"), f"{code_id}/{code}".encode("utf-8", "replace"), "sha256")


def _text(user_id: UserId | None, code: str, limits: verification.Policy) -> str:
    """Return the words of the message in the language its reader chose."""
    chosen = User.objects.filter(id=user_id or 0).values_list("language", flat=True).first() or settings.LANGUAGE_CODE
    with translation.override(chosen):
        words = translation.gettext(
            "[Yidao] Your code is %(code)s. It works for %(minutes)d minutes. Tell it to nobody, not even to us."
        )
    return words % {"code": code, "minutes": limits.life_minutes}
