"""
Makes the file of an export: the maker's rights of this moment, one snapshot of the database, row by row into a
temporary file, and then file, record and journal in one transaction. A file is there whole or not at all.
"""

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from yidao.accounts.actors import SYSTEM, Actor, ActorKind
from yidao.accounts.ids import UserId
from yidao.audit import services as audit
from yidao.exports import registry, rights
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.exports.queries import UNDER_WAY, State
from yidao.files import services as files
from yidao.kit import clock, db, logs, news
from yidao.kit.errors import NotVisible
from yidao.kit.sheets import CONTENT_TYPES, Format, Sheet, open_sheet
from yidao.notices import kinds
from yidao.notices import services as notices
from yidao.policies import families
from yidao.policies import queries as policies
from yidao.rules import exporting

PROGRESS_EVERY: Final = 500
"""Rows between two looks at whether the export is still wanted."""
BATCHES_AHEAD_MAX: Final = 3
"""Batches of rows that may wait to be written; more are not in memory."""
RUNS_MAX: Final = 3
"""A file that three workers died of is given up."""
FOLDER_PREFIX: Final = "yidao-export-"
FOLDER_AGE_MAX: Final = timedelta(hours=2)
COPY_BYTES: Final = 256 * 1024
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

DONE, FAILED = "export.done", "export.failed"

kinds.register(
    kinds.Kind(
        name=DONE,
        title=gettext_noop("Your export is ready"),
        text=gettext_noop("The file is there: %(rows)s rows. Open the record to download it."),
    ),
    kinds.Kind(
        name=FAILED,
        title=gettext_noop("Your export failed"),
        text=gettext_noop("No file was made. Open the record to see why."),
    ),
)

log = logs.get(__name__)


class Fault(StrEnum):
    """Why there is no file."""

    RIGHTS_LOST = "RIGHTS_LOST"
    KIND_GONE = "KIND_GONE"
    NOTHING = "NOTHING"
    TOO_MANY = "TOO_MANY"
    TOO_LARGE = "TOO_LARGE"
    BROKEN = "BROKEN"


class _Unwanted(Exception):
    """Somebody cancelled the export, or another run took it over: leave everything as it is."""


class _Failed(Exception):
    """There will be no file, and trying again would not help."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What one run was told to make."""

    record: ExportRecord
    run: int
    policy: exporting.Policy


def make(export_id: ExportId) -> None:
    """
    Make the file of an export that waits for it, and end its record one way or another.

    Done twice, or by two workers at once, the run that began last makes the file and the other writes nothing. An
    exception leaves the record under way: the job is tried again, RUNS_MAX times in all.
    """
    order = _claim(export_id)
    if order is None:
        return
    try:
        with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
            path = Path(folder) / "sheet"
            rows = _write(order, path)
            _finish(order, path, rows=rows)
    except _Unwanted:
        log.info("export no longer wanted", export=export_id, run=order.run)
    except _Failed as failed:
        _fail(order, failed.fault)
    except files.FileTooLarge:
        _fail(order, Fault.TOO_LARGE)
    except Exception:
        if order.run < RUNS_MAX:
            raise
        log.exception("export given up", export=export_id)
        _fail(order, Fault.BROKEN)


def _claim(export_id: ExportId) -> _Order | None:
    """Begin a run and return what is to be made; None when the export has ended. Too many runs end it here."""
    with db.transaction(SYSTEM):
        begun = ExportRecord.objects.filter(id=export_id, state__in=UNDER_WAY).update(
            state=State.RUNNING, run=F("run") + 1, rows_done=0, touched_at=clock.real_now()
        )
        if not begun:
            return None
        found = ExportRecord.objects.get(id=export_id)
        news.tell(found.organisation_ids)
    order = _Order(record=found, run=found.run, policy=policies.named(families.EXPORT, found.policy))
    if order.run <= RUNS_MAX:
        return order
    _fail(order, Fault.BROKEN)
    return None


def _write(order: _Order, path: Path) -> int:
    """
    Write the rows and return how many there are.

    :raises _Failed: the maker may not see the list any more, or it is too long or empty by now.
    :raises _Unwanted: see there.
    """
    record = order.record
    kind = registry.of(record.kind)
    if kind is None:
        raise _Failed(Fault.KIND_GONE)
    connection.ensure_connection()
    now = clock.business_now(connection.connection)
    count = 0
    sheet = open_sheet(Format(record.format), path, columns=len(kind.headers))
    with _progress(order) as tell, translation.override(record.language), db.snapshot(), _Pen(sheet) as pen:
        pen.write([tuple(gettext(each) for each in kind.headers)])
        rows = _rows(kind, _maker(record), record.query, now)
        while batch := list(islice(rows, PROGRESS_EVERY)):
            count += len(batch)
            if count > order.policy.rows_max:
                raise _Failed(Fault.TOO_MANY)
            pen.write(batch)
            tell(count)
    if count == 0:
        raise _Failed(Fault.NOTHING)
    return count


class _Pen:
    """Writes a sheet's rows on a thread of its own, while the next are read from the database."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="export-pen")
        self._begun: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        self._sheet.__enter__()
        return self

    def write(self, rows: list[registry.Row]) -> None:
        """Have rows written; a fault comes out at one of the next calls, at the latest at the end."""
        if len(self._begun) >= BATCHES_AHEAD_MAX:
            self._begun.popleft().result()
        self._begun.append(self._hand.submit(self._sheet.write, rows))

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.shutdown()
        self._sheet.__exit__(kind, fault, trace)
        if kind is None:
            for each in self._begun:
                each.result()


def _rows(kind: registry.Kind, actor: Actor, query: str, now: datetime) -> Iterator[registry.Row]:
    """
    Return the rows of a list.

    :raises _Failed: the list is not open to the actor.
    """
    try:
        yield from kind.rows(actor, query, now)
    except NotVisible as refusal:
        raise _Failed(Fault.RIGHTS_LOST) from refusal


def _maker(record: ExportRecord) -> Actor:
    """
    Return who asked, with the rights of now.

    :raises _Failed: they may not see it any more.
    """
    actor = rights.actor_now(
        user_id=UserId(record.made_by_id),
        kind=ActorKind(record.actor_kind),
        organisation_ids=record.organisation_ids,
    )
    if actor is None:
        raise _Failed(Fault.RIGHTS_LOST)
    return actor


# Nobody waits for the disk on account of progress; the setting ends with the statement's own transaction.
_TOUCH = """
UPDATE export_record SET rows_done = %(rows)s, rows_total = greatest(rows_total, %(rows)s), touched_at = %(at)s
  FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quick
 WHERE id = %(id)s AND run = %(run)s AND state = 'RUNNING'
"""


@contextmanager
def _progress(order: _Order) -> Iterator[Callable[[int], None]]:
    """Give what tells how far a run has come, on a connection beside the snapshot; it raises _Unwanted when it may."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)

    def tell(rows: int) -> None:
        with beside.cursor() as cursor:
            cursor.execute(_TOUCH, {"rows": rows, "at": clock.real_now(), "id": order.record.id, "run": order.run})
            if not cursor.rowcount:
                raise _Unwanted

    try:
        yield tell
    finally:
        beside.close()


def _finish(order: _Order, path: Path, *, rows: int) -> None:
    """
    Store the file and end the record, in one transaction.

    :raises _Unwanted: see there.
    """
    record, real_now = order.record, clock.real_now()
    expires_at = real_now + timedelta(hours=order.policy.file_hours)
    with db.transaction(SYSTEM):
        mine = ExportRecord.objects.select_for_update().filter(id=record.id, run=order.run, state=State.RUNNING)
        if not mine.exists():
            raise _Unwanted
        with path.open("rb") as file:
            file_id = files.store(
                name=file_name(record),
                content_type=CONTENT_TYPES[Format(record.format)],
                chunks=iter(lambda: file.read(COPY_BYTES), b""),
                expires_at=expires_at,
                real_now=real_now,
            )
        ExportRecord.objects.filter(id=record.id).update(
            state=State.DONE,
            rows_done=rows,
            rows_total=rows,
            file_id=file_id,
            touched_at=real_now,
            ended_at=real_now,
            expires_at=expires_at,
        )
        _tell(order, DONE, real_now, rows=rows)


def _fail(order: _Order, fault: Fault) -> None:
    """End the record without a file, unless it was ended or taken over meanwhile."""
    real_now = clock.real_now()
    with db.transaction(SYSTEM):
        failed = ExportRecord.objects.filter(id=order.record.id, run=order.run, state=State.RUNNING).update(
            state=State.FAILED, fault=fault.value, touched_at=real_now, ended_at=real_now
        )
        if failed:
            _tell(order, FAILED, real_now, fault=fault.value)


def _tell(order: _Order, act: str, real_now: datetime, **details: str | int) -> None:
    """Write the journal, tell the maker, and wake the open pages."""
    assert connection.connection is not None
    record = order.record
    now = clock.business_now(connection.connection)
    audit.record(
        act=act,
        user_id=record.made_by_id,
        organisation_id=record.organisation_ids[0] if len(record.organisation_ids) == 1 else None,
        subject=f"export/{record.id}",
        details=details,
        at_real=real_now,
        at_business=now,
    )
    notices.tell(
        organisation_id=record.organisation_ids[0],
        user_id=record.made_by_id,
        kind=act,
        key=f"{act}/{record.id}",
        params=details,
        address=f"{record.page}{record.id}/",
        now=now,
    )
    news.tell(record.organisation_ids)


def file_name(record: ExportRecord) -> str:
    """Return what the file is called: the list in the maker's words, and when it was asked for, in Shanghai time."""
    kind = registry.of(record.kind)
    with translation.override(record.language):
        title = gettext(kind.title) if kind is not None else record.kind
    return f"{title}-{record.asked_at.astimezone(SHANGHAI):%Y%m%d-%H%M%S}.{record.format}"


def sweep_folders(*, real_now: datetime) -> int:
    """Remove the temporary folders that killed workers of this user left on this machine; return how many."""
    oldest = (real_now - FOLDER_AGE_MAX).timestamp()
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        try:
            facts = folder.lstat()
        except FileNotFoundError:
            continue  # Another worker was a moment faster.
        if facts.st_uid == os.getuid() and facts.st_mtime < oldest and not folder.is_symlink():
            rmtree(folder, ignore_errors=True)
            swept += 1
    return swept
