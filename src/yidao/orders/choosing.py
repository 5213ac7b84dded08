"""What a shop chooses for its orders: when it is warned before D, and how often it hears of what happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection as django_connection

from yidao.accounts.actors import Actor, Permission
from yidao.audit import services as audit
from yidao.kit import db
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.orders import raw, settings, sight
from yidao.orders.settings import Settings
from yidao.rules import warning
from yidao.rules.warning import Policy


class SettingsRefused(Refusal):
    """What was chosen cannot be; the faults say which field and why."""

    code = "settings.refused"
    status = 422
    message = "These settings cannot be taken over."


class SettingsChanged(Refusal):
    """Somebody else changed them since the form was read."""

    code = "settings.changed"
    message = "Somebody else has changed this meanwhile. Please look at it again."


def of_shop(*, actor: Actor, shop_id: int, now: datetime) -> Settings:
    """
    Return what holds for a shop of the actor's.

    :raises NotVisible: it is not the actor's.
    """
    if shop_id not in actor.organisation_ids:
        raise NotVisible
    return settings.of(raw.plain(), [shop_id], now=now)[shop_id]


_PUT: Final = """
INSERT INTO shop_setting (shop_id, warn_steps, warn_since, notice_round_hours, version, changed_at)
VALUES (%(shop)s, %(steps)s, %(since)s, %(hours)s, 1, %(now)s)
ON CONFLICT (shop_id) DO UPDATE SET warn_steps = excluded.warn_steps,
       warn_since = coalesce(excluded.warn_since, shop_setting.warn_since),
       notice_round_hours = excluded.notice_round_hours,
       version = shop_setting.version + 1, changed_at = excluded.changed_at
 WHERE shop_setting.version = %(seen)s
RETURNING version
"""
_WARN_ANEW: Final = """
WITH waiting AS (
    SELECT id FROM order_head WHERE shop_id = %(shop)s AND ship_by_at > %(now)s ORDER BY id FOR UPDATE
)
UPDATE order_head AS head SET warned_count = 0, warn_due_at = %(now)s FROM waiting WHERE head.id = waiting.id
"""


def choose(
    *,
    actor: Actor,
    shop_id: int,
    steps: Sequence[str],
    notice_round_hours: int,
    seen_version: int,
    now: datetime,
    real_now: datetime,
) -> None:
    """
    Take over what a shop chose; choosing what holds already changes nothing.

    Orders that wait are looked at again with the new steps, but no step whose moment has passed is given for them.

    :raises NotVisible: the shop is not the actor's.
    :raises Forbidden: the role does not allow it.
    :raises SettingsRefused: the steps or the round cannot be.
    :raises SettingsChanged: somebody changed them since `seen_version`.
    """
    held = of_shop(actor=actor, shop_id=shop_id, now=now)
    sight.require(actor, Permission.SHOP_SETTINGS)
    _check(steps, notice_round_hours, held.policy)
    chosen = settings.steps_of(steps)
    if held.version != seen_version:
        raise SettingsChanged
    if (chosen, notice_round_hours) == (held.warn_steps, held.notice_round_hours):
        return
    is_rewarned = chosen != held.warn_steps
    facts: dict[str, Any] = {
        "shop": shop_id,
        "steps": [str(each) for each in chosen],
        # A shop that only changed its round keeps the moment since which its steps hold.
        "since": now if is_rewarned else None,
        "hours": notice_round_hours,
        "seen": seen_version,
        "now": now,
    }
    with db.transaction(actor), django_connection.cursor() as cursor:
        cursor.execute(_PUT, facts)
        if cursor.fetchone() is None:
            raise SettingsChanged
        if is_rewarned:
            cursor.execute(_WARN_ANEW, facts)
        audit.record(
            act="shop.settings_changed",
            subject=f"shop/{shop_id}",
            user_id=actor.user_id,
            credential_id=actor.credential_id,
            organisation_id=shop_id,
            details={"steps": facts["steps"], "round_hours": notice_round_hours},
            at_real=real_now,
            at_business=now,
        )


def _check(steps: Sequence[str], round_hours: int, policy: Policy) -> None:
    faults = [FieldFault(pointer="step", code=each.value) for each in warning.faults(steps, policy)]
    if round_hours not in warning.NOTICE_ROUND_HOURS:
        faults.append(FieldFault(pointer="round", code="OUT_OF_RANGE"))
    if faults:
        raise SettingsRefused(faults=tuple(faults))
