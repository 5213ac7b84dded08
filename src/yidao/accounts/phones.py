"""
The phone of a user: added and changed with a code that went to the new number, found by a blind index, shown masked.
Seeing the whole number leaves a trace.
"""

from dataclasses import dataclass
from datetime import datetime

import phonenumbers
from django.db import connection

from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import UserId
from yidao.accounts.phone_models import Phone, PhoneCode
from yidao.audit import services as audit
from yidao.kit import crypto, db
from yidao.kit.errors import Refusal

HOME_REGION = "CN"
INDEX = "user phone"
LENGTH_MAX = 32
MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
CHANGE = "phone"
"""Purpose of the code that goes to a new number."""


class PhoneInvalid(Refusal):
    """What was typed is no mobile number."""

    code = "phone.invalid"
    status = 422
    message = "This is no mobile number. Numbers outside mainland China begin with + and their country's code."


class PhoneMissing(Refusal):
    """The user has no phone, so no code can be sent."""

    code = "phone.missing"
    message = "Your account has no phone yet. Add one under your account first."


class PhoneTaken(Refusal):
    """Another user has proven the same number before."""

    code = "phone.taken"
    message = "This number belongs to another account already."


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRow:
    """A user's phone as pages show it."""

    mask: str
    verified_at: datetime


def parse(typed: str) -> str:
    """
    Return the one spelling (E.164) of a mobile number, however it was typed.

    :raises PhoneInvalid: it is none.
    """
    try:
        number = phonenumbers.parse(typed[:LENGTH_MAX], HOME_REGION)
    except phonenumbers.NumberParseException as fault:
        raise PhoneInvalid from fault
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE:
        raise PhoneInvalid
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask(number: str) -> str:
    """Return a number (E.164) with all but three digits in front and two behind hidden: +86 138******78."""
    parsed = phonenumbers.parse(number)
    digits = phonenumbers.national_significant_number(parsed)
    return f"+{parsed.country_code} {digits[:3]}{'*' * (len(digits) - 5)}{digits[-2:]}"


def place(user_id: int) -> str:
    """Return the place a user's number is encrypted for."""
    return f"user_phone.number/{user_id}"


def phone_of(user_id: UserId) -> PhoneRow | None:
    """Return a user's phone, masked; None if there is none."""
    found = Phone.objects.filter(user_id=user_id).values_list("mask", "verified_at").first()
    return PhoneRow(mask=found[0], verified_at=found[1]) if found is not None else None


def number_of(user_id: UserId) -> str:
    """
    Return a user's whole number, to send something to it.

    :raises PhoneMissing: there is none.
    """
    stored = Phone.objects.filter(user_id=user_id).values_list("number_encrypted", flat=True).first()
    if stored is None:
        raise PhoneMissing
    return crypto.decrypt(stored, place=place(user_id)).decode()


def owner_of(number: str) -> UserId | None:
    """Return who has proven a number (E.164) and may log in; None if nobody."""
    indexes = crypto.blind_indexes(number, purpose=INDEX)
    found = Phone.objects.filter(number_index__in=indexes, user__is_active=True).values_list("user_id", flat=True)
    first = found.first()
    return UserId(first) if first is not None else None


def reveal(*, user_id: UserId, by_user_id: UserId, now: datetime, real_now: datetime) -> str:
    """
    Return a user's whole number to somebody who looks at it, and write that into the journal.

    :raises PhoneMissing: there is none.
    """
    with db.transaction(SYSTEM):
        number = number_of(user_id)
        audit.record(
            act="phone.revealed",
            user_id=by_user_id,
            subject=f"user/{user_id}",
            at_real=real_now,
            at_business=now,
        )
    return number


def keep(*, user_id: UserId, number: str, by_user_id: UserId | None, now: datetime, real_now: datetime) -> None:
    """
    Make a proven number the user's phone, inside the caller's transaction; codes that went to the old one end.

    :raises PhoneTaken: somebody else has it.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"user_phone/{number}"])
    indexes = crypto.blind_indexes(number, purpose=INDEX)
    if Phone.objects.filter(number_index__in=indexes).exclude(user_id=user_id).exists():
        raise PhoneTaken
    PhoneCode.objects.filter(user_id=user_id, used_at=None, voided_at=None).update(voided_at=real_now)
    Phone.objects.update_or_create(
        user_id=user_id,
        defaults={
            "number_encrypted": crypto.encrypt(number.encode(), place=place(user_id)),
            "number_index": crypto.blind_index(number, purpose=INDEX),
            "mask": mask(number),
            "verified_at": real_now,
        },
    )
    audit.record(act="phone.changed", user_id=by_user_id, subject=f"user/{user_id}", at_real=real_now, at_business=now)
