"""A user's second factors: an authenticator app, passkeys, and the recovery codes for the day both are lost."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

from yidao.accounts.ids import UserId
from yidao.audit import services as audit
from yidao.kit import crypto

SECRET_PLACE = "mfa_authenticator.data"  # noqa: S105  a place, not a secret
"""The library tells no row id when it stores a secret, so all of them share one place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRow:
    """One passkey; `is_for_login` if it needs no login name and no password."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None
    is_for_login: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorsRow:
    """What a user has set up; `recovery_left` is None without recovery codes."""

    app_since: datetime | None
    passkeys: tuple[PasskeyRow, ...]
    recovery_left: int | None


def factors(user_id: UserId) -> FactorsRow:
    """Return a user's second factors."""
    rows = list(Authenticator.objects.filter(user_id=user_id).order_by("created_at", "id"))
    app = next((row.created_at for row in rows if row.type == Authenticator.Type.TOTP), None)
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    passkeys = tuple(
        PasskeyRow(
            id=row.pk,
            name=row.wrap().name,
            added_at=row.created_at,
            used_at=row.last_used_at,
            is_for_login=bool(row.wrap().is_passwordless),
        )
        for row in rows
        if row.type == Authenticator.Type.WEBAUTHN
    )
    left = len(codes.wrap().get_unused_codes()) if codes is not None else None
    return FactorsRow(app_since=app, passkeys=passkeys, recovery_left=left)


def reset(*, user_id: UserId, by_user_id: UserId | None, now: datetime, real_now: datetime) -> int:
    """
    Take all second factors from a user who has lost them, inside the caller's transaction, and return how many; twice
    changes nothing more. Whoever asks for it must know that it is the user who asks them.
    """
    count, _ = Authenticator.objects.filter(user_id=user_id).delete()
    if count:
        audit.record(
            act="factor.reset", user_id=by_user_id, subject=f"user/{user_id}", at_real=real_now, at_business=now
        )
    return int(count)


def seal(secret: str) -> str:
    """Return a factor's secret as it is stored."""
    return crypto.encrypt(secret.encode(), place=SECRET_PLACE).hex()


def unseal(stored: str) -> str:
    """Return a factor's secret from how it is stored."""
    return crypto.decrypt(bytes.fromhex(stored), place=SECRET_PLACE).decode()
