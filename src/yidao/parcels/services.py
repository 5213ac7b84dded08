"""What people decide about input that was kept aside. Parcels themselves are written by the intake and the sweeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import crypto, db
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.parcels import quarantine
from yidao.parcels.models import Quarantine

State = Quarantine.State
DECIDED_AT_ONCE_MAX: Final = 200


class DecisionRefused(Refusal):
    """Somebody decided about one of the pieces already; nothing was changed."""

    code = "quarantine.decided_already"
    message = "Somebody decided about this meanwhile. Nothing was changed; look again."


class MendRefused(Refusal):
    """The text cannot be put in the place of the body."""

    code = "quarantine.mend_refused"
    status = 422
    message = "This input can only be replayed as it came: it is not text, or too large to edit."


class TooMany(Refusal):
    """More pieces than one decision may take."""

    code = "quarantine.too_many"
    status = 422
    message = "Choose between 1 and %(limit)d pieces."


def ask_replay(ids: Sequence[int], *, actor: Actor, now: datetime, real_now: datetime) -> int:
    """
    Ask the intake to take pieces once more as they came, for instance after it learned a carrier; return how many.

    The intake answers within seconds; what it cannot take comes back to the list with its fault.

    :raises Forbidden: the actor may not decide.
    :raises TooMany: none, or more than DECIDED_AT_ONCE_MAX.
    :raises NotVisible: one of them does not exist.
    :raises DecisionRefused: one of them does not wait for a decision any more.
    """
    return _decide(ids, state=State.REPLAY_ASKED, act="quarantine.replay_asked", actor=actor, at=(now, real_now))


def discard(ids: Sequence[int], *, actor: Actor, now: datetime, real_now: datetime) -> int:
    """
    Settle pieces as not worth replaying; they stay readable until their time to be kept is over. Return how many.

    :raises Forbidden: the actor may not decide.
    :raises TooMany: none, or more than DECIDED_AT_ONCE_MAX.
    :raises NotVisible: one of them does not exist.
    :raises DecisionRefused: one of them does not wait for a decision any more.
    """
    return _decide(ids, state=State.DISCARDED, act="quarantine.discarded", actor=actor, at=(now, real_now))


def ask_replay_mended(quarantine_id: int, typed: str, *, actor: Actor, now: datetime, real_now: datetime) -> bool:
    """
    Put an edited text in the place of a body and ask for its replay; return whether it differs from what was kept.

    :raises Forbidden: the actor may not decide.
    :raises NotVisible: there is no such piece.
    :raises DecisionRefused: it does not wait for a decision any more.
    :raises MendRefused: it is not text, or too large.
    """
    _check(actor)
    with db.transaction(actor):
        found = _open_rows([quarantine_id])[0]
        held = quarantine.place(found.id)
        body = quarantine.body_of(crypto.decrypt(bytes(found.body_encrypted), place=held))
        if len(typed.encode()) > quarantine.EDITABLE_BYTES_MAX:
            raise MendRefused
        mended = body.mended(typed)
        if mended is not None:
            found.body_encrypted = crypto.encrypt(mended, place=held)
            found.detail = {**found.detail, "is_mended": True}
        found.state = State.REPLAY_ASKED
        found.decided_at, found.decided_by, found.outcome = now, actor.user_id, {}
        found.save()
        _record("quarantine.replay_asked", found, actor=actor, at=(now, real_now), is_mended=mended is not None)
    return mended is not None


def _decide(
    ids: Sequence[int], *, state: Quarantine.State, act: str, actor: Actor, at: tuple[datetime, datetime]
) -> int:
    _check(actor)
    wanted = sorted(set(ids))
    if not 1 <= len(wanted) <= DECIDED_AT_ONCE_MAX:
        raise TooMany(limit=DECIDED_AT_ONCE_MAX)
    with db.transaction(actor):
        found = _open_rows(wanted)
        Quarantine.objects.filter(id__in=wanted).update(
            state=state, decided_at=at[0], decided_by=actor.user_id, outcome={}
        )
        for each in found:
            _record(act, each, actor=actor, at=at)
    return len(found)


def _check(actor: Actor) -> None:
    if actor.kind is not ActorKind.OPERATOR:
        raise NotVisible
    if not actor.may(Permission.QUARANTINE_DECIDE):
        raise Forbidden


def _open_rows(ids: Sequence[int]) -> list[Quarantine]:
    """Lock the rows in the order of their ids; all of them must exist and wait for a decision."""
    found = list(Quarantine.objects.select_for_update().filter(id__in=ids).order_by("id"))
    if len(found) != len(ids):
        raise NotVisible
    if any(each.state != State.OPEN for each in found):
        raise DecisionRefused
    return found


def _record(act: str, found: Quarantine, *, actor: Actor, at: tuple[datetime, datetime], **details: bool) -> None:
    audit.record(
        act=act,
        user_id=actor.user_id,
        subject=f"quarantine/{found.id}",
        organisation_id=found.organisation_id,
        details={"reason": found.reason, **details},
        at_real=at[1],
        at_business=at[0],
    )
