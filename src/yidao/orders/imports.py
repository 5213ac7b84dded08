"""
Order files that shops bring (导入订单): who brought which, what became of it, and the file of its bad rows. The intake
reads them; here stands what pages and the job need to know of each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from procrastinate.contrib.django import app

from yidao.accounts.actors import SYSTEM, Actor, ActorKind, Permission
from yidao.audit import services as audit
from yidao.files import services as files
from yidao.files.ids import FileId
from yidao.kit import db, ids
from yidao.kit.errors import Forbidden, NotVisible, Refusal
from yidao.orders.import_models import OrderImport

READ_FILE: Final = "orders.import"
KEPT: Final = timedelta(hours=24)
"""How long a file and its bad rows are kept: they name buyers."""
UNDER_WAY_MAX: Final = 3
NAME_CHARS_MAX: Final = 120
SHOWN_MAX: Final = 50
GIVEN_UP: Final = "import.given_up"
State = OrderImport.State
UNDER_WAY: Final = (State.WAITING, State.RUNNING)


class FileMissing(Refusal):
    """No file came along."""

    code = "order.import_file_missing"
    status = 422
    message = "Choose a file first."


class TooBusy(Refusal):
    """The shop has as many files under way as it may."""

    code = "order.import_busy"
    status = 409
    message = "%(count)s files are being read. Wait until one of them is done."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One import as pages show it; `has_report` while the file of its bad rows can be had."""

    id: int
    file_name: str
    state: str
    fault: str
    fault_values: dict[str, Any]
    rows: int
    accepted: int
    duplicate: int
    rejected: int
    ignored_columns: tuple[str, ...]
    asked_at: datetime
    has_report: bool

    @property
    def is_under_way(self) -> bool:
        """Return whether it is still being read."""
        return self.state in UNDER_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What the job needs to read a file."""

    id: int
    shop_id: int
    user_id: int
    file_id: FileId
    file_name: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A file of bad rows that may be handed over."""

    file_id: FileId
    facts: files.FileFacts


def ask(
    *,
    actor: Actor,
    shop_id: int,
    name: str,
    content_type: str,
    chunks: Iterable[bytes],
    language: str,
    now: datetime,
    real_now: datetime,
) -> int:
    """
    Keep a file and let a job read it; return the import's id.

    :raises NotVisible: it is not the actor's shop.
    :raises Forbidden: the actor's role does not allow it.
    :raises TooBusy: too many files of the shop are being read.
    :raises files.FileTooLarge: the file is larger than one may be; nothing was kept.
    """
    _check(actor, shop_id)
    assert actor.user_id is not None, "people bring files, machines have the interface"
    with db.transaction(actor):
        fresh = OrderImport.objects.filter(shop_id=shop_id, state__in=UNDER_WAY, queued_at__gt=real_now - KEPT)
        busy = fresh.count()
        if busy >= UNDER_WAY_MAX:
            raise TooBusy(count=busy)
        kept_name = "".join(each for each in name if each.isprintable())[-NAME_CHARS_MAX:] or "orders"
        file_id = files.store(
            name=kept_name,
            content_type=content_type,
            chunks=chunks,
            expires_at=real_now + KEPT,
            real_now=real_now,
        )
        made = OrderImport.objects.create(
            id=int(ids.new_id()),
            shop_id=shop_id,
            user_id=int(actor.user_id),
            language=language,
            file_name=kept_name,
            file_id=file_id,
            asked_at=now,
            queued_at=real_now,
        )
        audit.record(
            act="order.file_brought",
            subject=f"order_import/{made.id}",
            at_real=real_now,
            at_business=now,
            user_id=actor.user_id,
            organisation_id=shop_id,
            details={"file_name": kept_name},
        )
        app.configure_task(READ_FILE).defer(import_id=made.id)
    return made.id


def _check(actor: Actor, shop_id: int) -> None:
    if actor.kind is not ActorKind.MERCHANT or shop_id not in actor.organisation_ids:
        raise NotVisible
    if actor.is_visiting or not actor.may(Permission.ORDERS_EDIT):
        raise Forbidden


def of_shop(*, actor: Actor, shop_id: int, real_now: datetime) -> Sequence[ImportRow]:
    """
    Return the newest imports of a shop.

    :raises NotVisible: it is not the actor's shop.
    :raises Forbidden: the actor's role does not allow it.
    """
    _check(actor, shop_id)
    found = OrderImport.objects.filter(shop_id=shop_id).order_by("-id")[:SHOWN_MAX]
    return tuple(_row(each, real_now) for each in found)


def _row(row: OrderImport, real_now: datetime) -> ImportRow:
    # Whoever read the file died of it time and again, and the file is gone by now.
    is_lost = row.state in UNDER_WAY and row.queued_at <= real_now - KEPT
    return ImportRow(
        id=row.id,
        file_name=row.file_name,
        state=State.FAILED if is_lost else row.state,
        fault=GIVEN_UP if is_lost else row.fault,
        fault_values=row.fault_values,
        rows=row.rows,
        accepted=row.accepted,
        duplicate=row.duplicate,
        rejected=row.rejected,
        ignored_columns=tuple(row.ignored_columns),
        asked_at=row.asked_at,
        has_report=row.report_id is not None and row.ended_at is not None and real_now < row.ended_at + KEPT,
    )


def report(import_id: int, *, actor: Actor, shop_id: int, now: datetime, real_now: datetime) -> Report:
    """
    Return the file of an import's bad rows; that somebody took it stands in the journal, for it names buyers.

    :raises NotVisible: there is none, it is not the actor's, or its time is over.
    :raises Forbidden: the actor's role does not allow it.
    """
    _check(actor, shop_id)
    row = OrderImport.objects.filter(id=import_id, shop_id=shop_id).first()
    if row is None or row.report_id is None:
        raise NotVisible
    facts = files.facts(FileId(row.report_id), real_now=real_now)
    with db.transaction(actor):
        audit.record(
            act="order.bad_rows_taken",
            subject=f"order_import/{row.id}",
            at_real=real_now,
            at_business=now,
            user_id=actor.user_id,
            organisation_id=shop_id,
        )
    return Report(file_id=FileId(row.report_id), facts=facts)


# --- The job ---


def begin(import_id: int) -> Begun | None:
    """Return what there is to read, None when it was read or given up already; begun twice it is read twice."""
    with db.transaction(SYSTEM):
        row = OrderImport.objects.select_for_update().filter(id=import_id, state__in=UNDER_WAY).first()
        if row is None or row.file_id is None:
            return None
        row.state = State.RUNNING
        row.save(update_fields=["state"])
    return Begun(
        id=row.id,
        shop_id=row.shop_id,
        user_id=row.user_id,
        file_id=FileId(row.file_id),
        file_name=row.file_name,
        language=row.language,
    )


def tell(import_id: int, *, rows: int) -> None:
    """Say how many rows were read so far."""
    OrderImport.objects.filter(id=import_id, state=State.RUNNING).update(rows=rows)


def finish(
    import_id: int,
    *,
    counts: dict[str, int],
    ignored_columns: Sequence[str],
    bad_rows: tuple[str, str, Iterable[bytes]] | None,
    real_now: datetime,
) -> None:
    """
    Write down what became of a file, keep its bad rows (name, type, content) and let the file itself go.

    Only the first who finishes counts.
    """
    with db.transaction(SYSTEM):
        row = _running(import_id)
        if row is None:
            return
        for name, count in counts.items():
            setattr(row, name, count)
        row.ignored_columns = list(ignored_columns)
        if bad_rows is not None:
            name, content_type, chunks = bad_rows
            row.report_id = files.store(
                name=name, content_type=content_type, chunks=chunks, expires_at=real_now + KEPT, real_now=real_now
            )
        _end(row, State.DONE, real_now)


def fail(import_id: int, *, fault: str, values: dict[str, Any], real_now: datetime) -> None:
    """Write down why a file could not be read at all."""
    with db.transaction(SYSTEM):
        row = _running(import_id)
        if row is not None:
            row.fault, row.fault_values = fault, values
            _end(row, State.FAILED, real_now)


def _running(import_id: int) -> OrderImport | None:
    return OrderImport.objects.select_for_update().filter(id=import_id, state=State.RUNNING).first()


def _end(row: OrderImport, state: State, real_now: datetime) -> None:
    if row.file_id is not None:
        files.delete([FileId(row.file_id)])
    row.file_id, row.state, row.ended_at = None, state, real_now
    row.save()
