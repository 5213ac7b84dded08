"""Asking for an export, calling it off, asking for it again, and what time does to it. Making the file is `making`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils.functional import lazy
from django.utils.translation import get_language
from procrastinate.contrib.django import app

from yidao.accounts.actors import SYSTEM, Actor, Permission
from yidao.audit import services as audit
from yidao.exports import queries, registry
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.exports.queries import State
from yidao.files import services as files
from yidao.files.ids import FileId
from yidao.kit import db, ids, news
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.kit.sheets import Format
from yidao.policies import families
from yidao.policies import queries as policies
from yidao.rules import exporting
from yidao.rules.exporting import Verdict

MAKE_FILE: Final = "exports.make_file"
"""Name of the job that makes a file."""
QUERY_CHARS_MAX: Final = 20_000
COUNTED_MAX: Final = 10_000
"""How far rows are counted where a file may have fewer; the counts of the lists go as far."""
STALLED_AFTER: Final = timedelta(minutes=10)
"""An export nobody has touched for so long has lost its job."""
SWEPT_AT_ONCE: Final = 20
RECORDS_KEPT: Final = timedelta(days=365)
"""How long the record of an export stays after its file is gone; the journal keeps that it was made."""


class NothingToExport(Refusal):
    """The filter finds no row."""

    code = "export.nothing"
    message = "There is nothing to export: the filter finds no row."


class TooManyRows(Refusal):
    """The file would have more rows than a file may have; nothing was written."""

    code = "export.too_many"
    message = "One export holds at most %(limit)s rows; there are %(count)s now. Narrow the filter and try again."


class TooBusy(Refusal):
    """The person has as many exports under way as allowed."""

    code = "export.too_busy"
    status = 429
    message = "You have %(underway)d exports under way. Wait for one of them, or cancel it."


class QueryTooLong(Refusal):
    """The filter is longer than a record holds."""

    code = "export.query_too_long"
    status = 422
    message = "The filter is too long."


class CancelRefused(Refusal):
    """The export has ended already."""

    code = "export.ended_already"
    message = "This export has ended already."


class AgainRefused(Refusal):
    """The export has not failed."""

    code = "export.again_refused"
    message = "This export need not be made again."


def ask(
    *,
    kind: str,
    query: str,
    sheet_format: Format,
    language: str,
    page: str,
    actor: Actor,
    now: datetime,
    real_now: datetime,
    request_key: db.RequestKey | None = None,
) -> ExportId:
    """
    Ask for a list as a file and return the record's id; a job makes the file. The same request key asks once.

    The rows are counted first. `page` is the address of the maker's records in the console that asks.

    :raises NotVisible: there is no such kind, or the list is not open to the actor.
    :raises Forbidden: the actor's role does not allow exports, or no person asks.
    :raises QueryTooLong: the filter is too long to be kept.
    :raises NothingToExport, TooManyRows, TooBusy: the policy stands against it; nothing was written.
    """
    found = _kind(kind, query, actor)
    assert actor.user_id is not None, "a kind is given to people alone"
    maker = int(actor.user_id)
    policy = policies.of_platform(families.EXPORT, at=now)
    rows = found.count(actor, query, now, count_limit(policy))
    _check(rows, 0, policy)
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return ExportId(int(work.earlier))
        _check(rows, _under_way(actor), policy)
        export_id = ExportId(ids.new_id())
        ExportRecord.objects.create(
            id=export_id,
            kind=kind,
            actor_kind=actor.kind.value,
            organisation_ids=list(actor.organisation_ids),
            made_by_id=maker,
            query=query,
            page=page,
            format=sheet_format.value,
            language=language,
            policy=policy.version,
            needs_code=exporting.needs_code(kind, found.code_rule, policy),
            state=State.QUEUED,
            rows_total=rows,
            asked_at=now,
            queued_at=real_now,
            touched_at=real_now,
        )
        app.configure_task(MAKE_FILE).defer(export_id=export_id)
        record("export.asked", export_id, actor=actor, at=(now, real_now), kind=kind, format=sheet_format, rows=rows)
        work.answer(str(export_id))
    return export_id


def preview(*, kind: str, query: str, actor: Actor, now: datetime) -> int:
    """
    Return how many rows the file of a list would have; nothing is written.

    :raises NotVisible, Forbidden, QueryTooLong, NothingToExport, TooManyRows: as `ask`.
    """
    found = _kind(kind, query, actor)
    policy = policies.of_platform(families.EXPORT, at=now)
    rows = found.count(actor, query, now, count_limit(policy))
    _check(rows, 0, policy)
    return rows


def _kind(name: str, query: str, actor: Actor) -> registry.Kind:
    """
    Return the kind an actor may ask for.

    :raises NotVisible: there is no such kind.
    :raises Forbidden: the actor's role does not allow exports, or no person asks.
    :raises QueryTooLong: the filter is too long to be kept.
    """
    found = registry.of(name)
    if found is None:
        raise NotVisible
    if actor.user_id is None or not actor.may(Permission.EXPORTS_MAKE):
        raise Forbidden
    if len(query) > QUERY_CHARS_MAX:
        raise QueryTooLong
    return found


def warning(count: Callable[[int], int], *, now: datetime) -> TooManyRows | None:
    """Return what asking for a file of so many rows would be refused with, None where there are not too many."""
    policy = policies.of_platform(families.EXPORT, at=now)
    rows = count(count_limit(policy))
    return _too_many(rows, policy) if rows > policy.rows_max else None


def count_limit(policy: exporting.Policy) -> int:
    """Return how far the rows of a file are counted: a little beyond what it may have, so that the reader is told."""
    return max(policy.rows_max, COUNTED_MAX) + 1


def _too_many(rows: int, policy: exporting.Policy) -> TooManyRows:
    last = count_limit(policy) - 1
    return TooManyRows(limit=lazy(_in_words, str)(policy.rows_max), count=f"{last}+" if rows > last else str(rows))


def _check(rows: int, underway: int, policy: exporting.Policy) -> None:
    """
    Turn the rule's verdict into a refusal.

    :raises NothingToExport, TooManyRows, TooBusy: as the rule says.
    """
    match exporting.verdict(rows=rows, underway=underway, policy=policy):
        case Verdict.NOTHING:
            raise NothingToExport
        case Verdict.TOO_MANY:
            raise _too_many(rows, policy)
        case Verdict.TOO_BUSY:
            raise TooBusy(underway=underway)


def _in_words(count: int) -> str:
    """Return a limit as the reader writes it: 1万 in Chinese, 10,000 elsewhere."""
    return exporting.in_wan(count) if (get_language() or "").startswith("zh") else f"{count:,}"


def _under_way(actor: Actor) -> int:
    """Return how many exports of the person are under way; another request of theirs waits until this one commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('export_record'), hashtext(%s))", [str(actor.user_id)])
    return ExportRecord.objects.filter(made_by_id=actor.user_id, state__in=queries.UNDER_WAY).count()


def cancel(export_id: ExportId, *, actor: Actor, now: datetime, real_now: datetime) -> None:
    """
    Call an export off. A job that is at it notices before its next rows and leaves nothing behind.

    :raises NotVisible: it is not the actor's own.
    :raises CancelRefused: it has ended already.
    """
    queries.record(export_id, actor=actor, real_now=real_now)
    with db.transaction(actor):
        called_off = (
            queries.own(actor)
            .filter(id=export_id, state__in=queries.UNDER_WAY)
            .update(state=State.CANCELLED, touched_at=real_now, ended_at=real_now)
        )
        if not called_off:
            raise CancelRefused
        record("export.cancelled", export_id, actor=actor, at=(now, real_now))
        news.tell(actor.organisation_ids)


def again(export_id: ExportId, *, actor: Actor, now: datetime, real_now: datetime) -> ExportId:
    """
    Ask for the same list once more, as it is now, and return the new record's id.

    :raises NotVisible: it is not the actor's own.
    :raises AgainRefused: it is under way, or its file is there.
    :raises NothingToExport, TooManyRows, TooBusy: as `ask`.
    """
    found = queries.own(actor).filter(id=export_id).first()
    if found is None:
        raise NotVisible
    if not queries.record(export_id, actor=actor, real_now=real_now).may_be_asked_again:
        raise AgainRefused
    return ask(
        kind=found.kind,
        query=found.query,
        sheet_format=Format(found.format),
        language=found.language,
        page=found.page,
        actor=actor,
        now=now,
        real_now=real_now,
    )


def expire(*, real_now: datetime) -> int:
    """Delete the files whose time is over and say so in their records; return how many. Doing it twice is harmless."""
    expired = 0
    while True:
        with db.transaction(SYSTEM):
            old = list(
                ExportRecord.objects.select_for_update(skip_locked=True)
                .filter(state=State.DONE, expires_at__lte=real_now)
                .order_by("expires_at")[:SWEPT_AT_ONCE]
            )
            files.delete([FileId(each.file_id) for each in old if each.file_id is not None])
            ExportRecord.objects.filter(id__in=[each.id for each in old]).update(state=State.EXPIRED, file_id=None)
        expired += len(old)
        if len(old) < SWEPT_AT_ONCE:
            return expired


def revive(*, real_now: datetime) -> int:
    """Give exports that lost their job a new one and return how many; a job that lives after all gives way to it."""
    with db.transaction(SYSTEM):
        lost = list(
            ExportRecord.objects.select_for_update(skip_locked=True)
            .filter(state__in=queries.UNDER_WAY, touched_at__lte=real_now - STALLED_AFTER)
            .order_by("touched_at")
            .values_list("id", flat=True)[:SWEPT_AT_ONCE]
        )
        ExportRecord.objects.filter(id__in=lost).update(touched_at=real_now)
        for each in lost:
            app.configure_task(MAKE_FILE).defer(export_id=each)
    return len(lost)


def forget(*, real_now: datetime) -> int:
    """Delete the records of exports that ended long ago and hold no file; return how many."""
    ended = ExportRecord.objects.filter(
        state__in=(State.FAILED, State.CANCELLED, State.EXPIRED), ended_at__lt=real_now - RECORDS_KEPT
    )
    return ended.delete()[0]


def record(act: str, export_id: int, *, actor: Actor, at: tuple[datetime, datetime], **details: str | int) -> None:
    """Write the journal about one export; `at` is business and real time."""
    audit.record(
        act=act,
        user_id=actor.user_id,
        organisation_id=actor.organisation_ids[0] if len(actor.organisation_ids) == 1 else None,
        subject=f"export/{export_id}",
        details=details,
        at_business=at[0],
        at_real=at[1],
    )
