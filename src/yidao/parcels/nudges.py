"""
What people do in a nudge (介入): a creator opens it, asks again, closes it; the shop answers or says that it knows.
Each act is one transaction with one entry in the journal, and wakes the pages of both sides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from yidao.accounts.actors import Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.kit import db, ids, news
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices import services as notices
from yidao.parcels import acknowledgements, scope, standing, stepping
from yidao.parcels.nudge_models import NudgeItem, NudgeMessage, NudgeThread
from yidao.parcels.standing import Key
from yidao.rules import nudging
from yidao.rules.instants import instant, to_datetime
from yidao.rules.nudging import Candidate, Item, LeftOut

Side = NudgeMessage.Side
Kind = NudgeMessage.Kind
_TABLE = "nudge_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What came of a wish to step in: the threads that were opened, how many anomalies they name, what was left out."""

    thread_ids: tuple[int, ...]
    count: int
    left_out: tuple[tuple[Item, LeftOut], ...]


def open_threads(
    *,
    actor: Actor,
    items: Sequence[Item],
    code: str,
    text: str,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> Opened:
    """
    Step in about these anomalies: one nudge and one notice for each shop. What the rule leaves out is named and the
    rest goes; what the actor may not see is left out like what is not there.

    :raises Forbidden: the role does not allow it, or the actor is no creator.
    :raises stepping.TextRefused: neither a note nor a ready-made reason.
    :raises stepping.TextTooLong: the note is too long.
    :raises stepping.CodeUnknown: there is no such reason.
    """
    _needs(actor, ActorKind.CREATOR, Permission.NUDGES_SEND)
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return _opened_earlier(work.earlier)
        policy = stepping.policy_at(now)
        _check_code(code, nudging.NOTES, may_be_empty=True)
        note = stepping.checked_text(text, policy, has_code=bool(code))
        owners = standing.owners((each.parcel for each in items), actor=actor, since=scope.data_start(now))
        groups: dict[tuple[int, int], list[Item]] = {}
        for item in items:
            owner = owners.get(item.parcel)
            if owner is not None and owner.creator_id is not None and owner.shop_id is not None:
                groups.setdefault((owner.creator_id, owner.shop_id), []).append(item)
        for creator_id in sorted({creator_id for creator_id, _ in groups}):
            stepping.lock(f"nudge/creator/{creator_id}")
        thread_ids: list[int] = []
        taken = 0
        left_out: list[tuple[Item, LeftOut]] = []
        for (creator_id, shop_id), wanted in sorted(groups.items()):
            choice = _choose(creator_id, wanted, policy, now=now)
            left_out += choice.left_out
            if choice.taken:
                taken += len(choice.taken)
                thread_ids.append(_write(actor, creator_id, shop_id, choice.taken, code, note, policy, now, real_now))
        opened = Opened(thread_ids=tuple(thread_ids), count=taken, left_out=tuple(left_out))
        work.answer({"threads": thread_ids, "count": taken, "left_out": [[*each, why] for each, why in left_out]})
    return opened


def _opened_earlier(answer: Any) -> Opened:
    return Opened(
        thread_ids=tuple(answer["threads"]),
        count=answer["count"],
        left_out=tuple((Item(*each[:4]), LeftOut(each[4])) for each in answer["left_out"]),
    )


def _choose(creator_id: int, wanted: Sequence[Item], policy: nudging.Policy, *, now: datetime) -> nudging.Choice:
    """Ask the rule which of one shop's items go; the creator's lock is held, so what is counted stays true."""
    day = to_datetime(nudging.day_starts_at(instant(now), policy))
    keys = {each.parcel for each in wanted}
    known = standing.anomalies(keys)
    numbers = sorted({key[0] for key in keys})
    own = NudgeItem.objects.filter(creator_id=creator_id, waybill_no__in=numbers)
    asked = {Item(*row) for row in own.filter(closed_at=None).values_list("waybill_no", "carrier", "life", "type")}
    today = own.filter(opened_at__gte=day).values_list("waybill_no", "carrier", "life")
    nudges_today: dict[Key, int] = {
        (row[0], row[1], row[2]): row[3] for row in today.annotate(threads=Count("thread_id", distinct=True))
    }
    candidates = [
        Candidate(
            item=each,
            is_open=standing.standing(each, known).is_open,
            is_asked=each in asked,
            nudges_today=nudges_today.get(each.parcel, 0),
        )
        for each in wanted
    ]
    threads_today = NudgeThread.objects.filter(creator_id=creator_id, opened_at__gte=day).count()
    return nudging.choose(candidates, policy, threads_today=threads_today)


def _write(
    actor: Actor,
    creator_id: int,
    shop_id: int,
    taken: Sequence[Item],
    code: str,
    note: str,
    policy: nudging.Policy,
    now: datetime,
    real_now: datetime,
) -> int:
    asked_at = instant(now)
    facts = nudging.Thread(asked_at=asked_at, due_at=nudging.due_at(asked_at, policy), open_items=len(taken))
    thread = NudgeThread.objects.create(
        id=ids.new_id(),
        creator_id=creator_id,
        shop_id=shop_id,
        opened_by=actor.user_id,
        opened_at=now,
        asked_at=now,
        due_at=to_datetime(facts.due_at),
        remind_at=stepping.when(nudging.next_due_at(facts, policy)),
        reminders=0,
        item_count=len(taken),
        open_items=len(taken),
        policy=policy.version,
    )
    NudgeItem.objects.bulk_create(
        NudgeItem(
            id=ids.new_id(),
            thread=thread,
            creator_id=creator_id,
            shop_id=shop_id,
            waybill_no=each.waybill_no,
            carrier=each.carrier,
            life=each.life,
            type=each.type,
            opened_at=now,
        )
        for each in sorted(taken)
    )
    say(thread.id, side=Side.CREATOR, kind=Kind.ASKED, actor=actor, code=code, text=note, now=now)
    notices.tell(
        organisation_id=shop_id,
        kind=stepping.NUDGE_OPENED.name,
        key=f"nudge/{thread.id}/opened",
        params={"count": len(taken), "creator_id": str(creator_id)},
        address=f"nudges/{thread.id}/",
        now=now,
    )
    journal("nudge.opened", thread, actor=actor, now=now, real_now=real_now, items=len(taken))
    return thread.id


def ask_again(
    *,
    actor: Actor,
    thread_id: int,
    text: str,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> None:
    """
    Let the creator write again. After an answer that begins a new clock, before it the clock runs on.

    :raises NotVisible: no such nudge of the actor's.
    :raises Forbidden: the role does not allow it.
    :raises stepping.Settled: it is over.
    :raises stepping.TextRefused: nothing is said.
    """
    _needs(actor, ActorKind.CREATOR, Permission.NUDGES_SEND)
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return
        thread = _locked(thread_id, actor=actor)
        policy = stepping.book().by_name(thread.policy)
        note = stepping.checked_text(text, policy, has_code=False)
        before = facts_of(thread)
        asked_at = nudging.asked_again_at(before, instant(now))
        if nudging.is_answered(before):
            after = nudging.Thread(
                asked_at=asked_at, due_at=nudging.due_at(asked_at, policy), open_items=thread.open_items
            )
            thread.asked_at, thread.due_at, thread.answered_at = now, to_datetime(after.due_at), None
            thread.reminders, thread.remind_at = 0, stepping.when(nudging.next_due_at(after, policy))
            thread.save(update_fields=["asked_at", "due_at", "answered_at", "reminders", "remind_at"])
        said = say(thread.id, side=Side.CREATOR, kind=Kind.ASKED, actor=actor, text=note, now=now)
        notices.tell(
            organisation_id=thread.shop_id,
            kind=stepping.NUDGE_ASKED.name,
            key=f"nudge/{thread.id}/asked/{said}",
            params={"count": thread.open_items, "creator_id": str(thread.creator_id)},
            address=f"nudges/{thread.id}/",
            now=now,
        )
        journal("nudge.asked_again", thread, actor=actor, now=now, real_now=real_now)
        work.answer({"done": True})


def close(*, actor: Actor, thread_id: int, now: datetime, real_now: datetime) -> None:
    """
    Let the creator end a nudge; what it names may be nudged about anew. Closing what is closed changes nothing.

    :raises NotVisible: no such nudge of the actor's.
    :raises Forbidden: the role does not allow it.
    """
    _needs(actor, ActorKind.CREATOR, Permission.NUDGES_SEND)
    with db.transaction(actor):
        thread = _visible(thread_id, actor=actor)
        if thread.settled_at is not None:
            return
        NudgeItem.objects.filter(thread=thread, closed_at=None).update(closed_at=now)
        thread.settled_at, thread.settled_by = now, NudgeThread.SettledBy.CREATOR
        thread.open_items, thread.remind_at = 0, None
        thread.save(update_fields=["settled_at", "settled_by", "open_items", "remind_at"])
        say(thread.id, side=Side.CREATOR, kind=Kind.SETTLED, actor=actor, now=now)
        journal("nudge.closed", thread, actor=actor, now=now, real_now=real_now)


def answer(
    *,
    actor: Actor,
    thread_id: int,
    code: str,
    text: str,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> None:
    """
    Let the shop answer with a code and, if it likes, words.

    :raises NotVisible: no such nudge of the actor's.
    :raises Forbidden: the role does not allow it.
    :raises stepping.CodeUnknown: none of the answers was chosen.
    :raises stepping.Settled: it is over.
    """
    _needs(actor, ActorKind.MERCHANT, Permission.NUDGES_ANSWER)
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return
        thread = _locked(thread_id, actor=actor)
        _check_code(code, nudging.ANSWERS, may_be_empty=False)
        words = stepping.checked_text(text, stepping.book().by_name(thread.policy), has_code=True)
        mark_answered(thread, now=now)
        say(thread.id, side=Side.SHOP, kind=Kind.ANSWERED, actor=actor, code=code, text=words, now=now)
        _tell_answered(thread, now=now)
        journal("nudge.answered", thread, actor=actor, now=now, real_now=real_now, code=code)
        work.answer({"done": True})


def acknowledge(*, actor: Actor, thread_id: int, now: datetime, real_now: datetime) -> int:
    """
    Let the shop say that it knows everything a nudge names (已知晓), which answers it. Returns how many were new.

    :raises NotVisible: no such nudge of the actor's.
    :raises Forbidden: the role does not allow it.
    :raises stepping.Settled: it is over.
    """
    _needs(actor, ActorKind.MERCHANT, Permission.ANOMALIES_ACKNOWLEDGE)
    with db.transaction(actor):
        thread = _locked(thread_id, actor=actor)
        rows = NudgeItem.objects.filter(thread=thread, closed_at=None).order_by("id")
        items = [Item(*row) for row in rows.values_list("waybill_no", "carrier", "life", "type")]
        known = acknowledgements.write(actor=actor, items=items, now=now)
        mark_answered(thread, now=now)
        say(thread.id, side=Side.SHOP, kind=Kind.ACKNOWLEDGED, actor=actor, now=now)
        _tell_answered(thread, now=now)
        journal("nudge.acknowledged", thread, actor=actor, now=now, real_now=real_now, items=known.count)
        return known.count


def _tell_answered(thread: NudgeThread, *, now: datetime) -> None:
    """Tell the creator once in each round that there is an answer."""
    notices.tell(
        organisation_id=thread.creator_id,
        kind=stepping.NUDGE_ANSWERED.name,
        key=f"nudge/{thread.id}/answered/{thread.asked_at:%Y%m%d%H%M%S}",
        params={"count": thread.open_items, "shop_id": str(thread.shop_id)},
        address=f"nudges/{thread.id}/",
        now=now,
    )


# --- Shared with tickets and the sweep ---


def mark_answered(thread: NudgeThread, *, now: datetime) -> None:
    """Stop a thread's clock, inside the caller's transaction."""
    thread.answered_at, thread.remind_at = max(now, thread.asked_at), None
    thread.save(update_fields=["answered_at", "remind_at"])


def facts_of(thread: NudgeThread) -> nudging.Thread:
    """Return what the rules need to know of a stored thread."""
    return nudging.Thread(
        asked_at=instant(thread.asked_at),
        due_at=instant(thread.due_at),
        answered_at=stepping.known(thread.answered_at),
        settled_at=stepping.known(thread.settled_at),
        open_items=thread.open_items,
        reminders=thread.reminders,
    )


def say(
    thread_id: int,
    *,
    side: str,
    kind: str,
    actor: Actor | None,
    now: datetime,
    code: str = "",
    text: str = "",
    ticket_id: int | None = None,
    organisation_id: int | None = None,
) -> int:
    """Add one message, inside the caller's transaction, and return its id."""
    message_id = ids.new_id()
    NudgeMessage.objects.create(
        id=message_id,
        thread_id=thread_id,
        side=side,
        kind=kind,
        user_id=actor.user_id if actor is not None else None,
        organisation_id=organisation_id,
        ticket_id=ticket_id,
        code=code,
        text_encrypted=stepping.sealed(text, table=_TABLE, row_id=message_id),
        at=now,
    )
    return message_id


def journal(
    act: str, thread: NudgeThread, *, actor: Actor, now: datetime, real_now: datetime, **details: object
) -> None:
    """Write the journal and wake the pages of both sides, inside the caller's transaction."""
    audit.record(
        act=act,
        user_id=actor.user_id,
        credential_id=actor.credential_id,
        organisation_id=thread.creator_id if actor.kind is ActorKind.CREATOR else thread.shop_id,
        subject=f"nudge/{thread.id}",
        details=details,
        at_real=real_now,
        at_business=now,
    )
    news.tell((thread.creator_id, thread.shop_id))


def _needs(actor: Actor, kind: ActorKind, permission: Permission) -> None:
    if actor.kind is not kind or actor.is_visiting or not actor.may(permission):
        raise Forbidden


def _check_code(code: str, known: Iterable[str], *, may_be_empty: bool) -> None:
    if not (may_be_empty and not code) and code not in known:
        raise stepping.CodeUnknown


def _visible(thread_id: int, *, actor: Actor) -> NudgeThread:
    """Return a thread of the actor's side and hold its row."""
    side = "creator_id__in" if actor.kind is ActorKind.CREATOR else "shop_id__in"
    found = NudgeThread.objects.select_for_update().filter(id=thread_id, **{side: actor.organisation_ids}).first()
    if found is None:
        raise NotVisible
    return found


def _locked(thread_id: int, *, actor: Actor) -> NudgeThread:
    """Return a thread that is not over and hold its row."""
    thread = _visible(thread_id, actor=actor)
    if thread.settled_at is not None:
        raise stepping.Settled
    return thread
