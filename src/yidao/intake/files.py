"""Imports of events, parcels and orders from files: streamed in batches through the decoder and queue of all else."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from yidao.intake import columns, decode, kinds
from yidao.intake.columns import Unclear
from yidao.intake.faults import Problem
from yidao.intake.kinds import FileKind
from yidao.intake.payloads import ItemResult, Result, Submission
from yidao.intake.phrases import Language
from yidao.intake.queue import QueueFull
from yidao.intake.senders import Sender
from yidao.kit import sheets, tables
from yidao.kit.errors import Refusal

IN_FLIGHT_MAX: Final = 4
_READ: Final = {"events": decode.event_rows, "parcels": decode.parcel_rows, "orders": decode.order_rows}
QUEUE_TRIES_MAX: Final = 120
QUEUE_PAUSE_SECONDS: Final = 0.25
ANSWER_SECONDS_MAX: Final = 300


class KindUnknown(Refusal):
    """Rows are events, parcels or orders, nothing else."""

    code = "import.kind_unknown"
    status = 422
    message = "The rows must be events, parcels or orders."


class Line(Protocol):
    """The queue in front of the writer."""

    def submit(self, submission: Submission) -> "Future[list[ItemResult]]":
        """Put a submission in line; raises QueueFull when it cannot be taken now."""
        ...


@dataclass(slots=True, kw_only=True)
class Summary:
    """What became of the rows; `ignored_columns` are those no field of ours was found for."""

    rows: int = 0
    accepted: int = 0
    duplicate: int = 0
    waiting: int = 0
    rejected: int = 0
    ignored_columns: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pending:
    """One item made of one or more rows."""

    rows: list[tables.Row]
    body: dict[str, Any] | bytes | None
    reason: str = ""


@dataclass(slots=True)
class _Batch:
    """Items on their way through the writer; `places` are those of the good ones."""

    items: list[_Pending]
    answer: "Future[list[ItemResult]] | None"
    places: list[int] = field(default_factory=list)


def import_file(
    path: Path,
    *,
    kind: str,
    sender: Sender,
    queue: Line,
    report: Path | None = None,
    language: Language = Language.CHINESE,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Summary:
    """
    Send every row of a file through the queue and return what became of them; bad rows go to `report` with the reason.

    Running it again changes nothing: what is there already is counted as duplicate. `progress` is told the rows done.

    :raises FileUnreadable: the file is none of the forms we read.
    :raises ColumnsMissing: a needed column is missing.
    :raises KindUnknown: `kind` is none of those.
    """
    of_kind = kinds.KINDS.get(kind)
    if of_kind is None:
        raise KindUnknown
    table = tables.read(path)
    given = {"shop_id": str(sender.own_shop)} if sender.own_shop else {}
    fields = columns.mapping(table.columns, of_kind.columns, given=given) if table.columns else {}
    summary = Summary(ignored_columns=tuple(name for name in table.columns if name and name not in fields.values()))
    bad = BadRows(report, table.columns, language=language)
    waiting: deque[_Batch] = deque()
    try:
        for items in _batches(_items(table, of_kind, fields, given), of_kind.batch):
            waiting.append(_sent(items, of_kind, sender=sender, queue=queue, language=language))
            if len(waiting) >= IN_FLIGHT_MAX:
                _settle(waiting.popleft(), summary, bad, language=language)
                progress(summary.rows)
        while waiting:
            _settle(waiting.popleft(), summary, bad, language=language)
            progress(summary.rows)
    finally:
        bad.close()
    return summary


def _items(
    table: tables.Table, of_kind: FileKind, fields: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[_Pending]:
    """Return the rows as items; neighbouring rows of one parcel or order are its lines."""
    group: list[_Read] = []
    for row in table.rows:
        read = _read(row, of_kind, fields, given)
        if group and _belongs(group[-1], read, of_kind):
            group.append(read)
            continue
        if group:
            yield _item(group, of_kind)
        group = [read]
    if group:
        yield _item(group, of_kind)


@dataclass(slots=True)
class _Read:
    """One row as it was read: its item, or why there is none; and what tells which rows belong to it."""

    row: tables.Row
    key: tuple[str, ...]
    body: dict[str, Any] | None = None
    reason: str = ""


def _read(row: tables.Row, of_kind: FileKind, fields: Mapping[str, str], given: Mapping[str, str]) -> _Read:
    if row.raw is not None:
        return _Read(row, ())
    cells = {ours: row.cells.get(theirs, "") for ours, theirs in fields.items()}
    cells |= {field: text for field, text in given.items() if not cells.get(field)}
    read = _Read(row, tuple(cells.get(field, "") for field in of_kind.key))
    try:
        read.body = of_kind.read(cells)
    except Unclear as unclear:
        read.reason = f"{unclear.field}/{unclear.code}"
    return read


def _item(group: list[_Read], of_kind: FileKind) -> _Pending:
    """Return rows that belong together as one item; one of them that is unclear spoils it, or a part would be lost."""
    rows = [each.row for each in group]
    if rows[0].raw is not None:
        return _Pending(rows, rows[0].raw)
    reason = next((each.reason for each in group if each.reason), "")
    bodies = [each.body for each in group if each.body is not None]
    if reason or len(bodies) == 1:
        return _Pending(rows, None if reason else bodies[0], reason)
    return _Pending(rows, of_kind.join(bodies))


def _belongs(last: _Read, read: _Read, of_kind: FileKind) -> bool:
    if of_kind.key:
        return bool(read.key) and all(read.key) and read.key == last.key
    if last.body is None or read.body is None or "lines" not in read.body:
        return False
    return all(last.body.get(name) == value for name, value in read.body.items() if name != "lines")


def _batches(items: Iterator[_Pending], size: int) -> Iterator[list[_Pending]]:
    batch: list[_Pending] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _sent(items: list[_Pending], of_kind: FileKind, *, sender: Sender, queue: Line, language: Language) -> _Batch:
    bodies: list[bytes] = []
    clear: list[int] = []
    for place, item in enumerate(items):
        if item.body is None:
            item.reason = unclear_reason(item.reason, language)
            continue
        bodies.append(item.body if isinstance(item.body, bytes) else msgspec.json.encode(item.body))
        clear.append(place)
    found = _READ[of_kind.name](bodies, sender)
    for index, problem in found.problems.items():
        items[clear[index]].reason = reason_of(problem, language)
    places = [place for index, place in enumerate(clear) if index not in found.problems]
    if not places:
        return _Batch(items, None)
    submission = Submission(sender.facts, tuple(found.items), sum(map(len, bodies)))
    return _Batch(items, _submitted(queue, submission), places)


def _submitted(queue: Line, submission: Submission) -> "Future[list[ItemResult]]":
    for _ in range(QUEUE_TRIES_MAX):
        try:
            return queue.submit(submission)
        except QueueFull:
            time.sleep(QUEUE_PAUSE_SECONDS)
    return queue.submit(submission)


def _settle(batch: _Batch, summary: Summary, bad: "BadRows", *, language: Language) -> None:
    results = batch.answer.result(timeout=ANSWER_SECONDS_MAX) if batch.answer is not None else []
    for place, result in zip(batch.places, results, strict=True):
        item = batch.items[place]
        if result.result is Result.REJECTED:
            item.reason = reason_of(Problem(result.code), language)
        elif result.result is Result.DUPLICATE:
            summary.duplicate += len(item.rows)
        elif result.state:
            summary.waiting += len(item.rows)
        else:
            summary.accepted += len(item.rows)
    for item in batch.items:
        summary.rows += len(item.rows)
        if item.reason:
            summary.rejected += len(item.rows)
            bad.add(item.rows, item.reason)


_UNCLEAR: Final = {
    "digits": (
        "lost digits in the spreadsheet; format the column as text",
        "位数过长，在表格中已失真，请将该列设为文本格式",
    ),
    "time": ("is not a time of 2000 to 2099", "不是 2000 至 2099 年间的时间"),
    "number": ("is not a whole number", "不是整数"),
    "money": ("is not an amount in yuan", "不是以元为单位的金额"),
    "truth": ("is neither yes nor no", "应填是或否"),
}
_TITLES: Final = {column.field: column.title for kind in kinds.KINDS.values() for column in kind.columns}


def unclear_reason(named: str, language: Language) -> str:
    """Return why a cell could not be understood, in words."""
    name, _, code = named.partition("/")
    english, chinese = _UNCLEAR[code]
    return f"{_TITLES[name]}：{chinese}" if language is Language.CHINESE else f"{name}: {english}"


def reason_of(problem: Problem, language: Language) -> str:
    """Return a problem in one line for the column of reasons."""
    rendered = problem.rendered(language)
    parts = [
        f"{error['pointer'].rpartition('/')[2]}: {error.get('message', error['code'])}" for error in rendered["errors"]
    ]
    return " ".join([str(rendered["title"]), *parts])


class BadRows:
    """
    The report of bad rows: what was in the file, the row's number and the reason; opened at the first bad row. It is
    xlsx when its name says so, else CSV.
    """

    def __init__(self, path: Path | None, names: tuple[str, ...], *, language: Language) -> None:
        self._path = path
        self._names = names or ("json",)
        self._titles = ("行号", "原因") if language is Language.CHINESE else ("row", "reason")
        self._sheet: sheets.Sheet | None = None

    def add(self, rows: list[tables.Row], reason: str) -> None:
        """Write the rows of one item down."""
        if self._path is None:
            return
        if self._sheet is None:
            form = sheets.Format.XLSX if self._path.suffix.lower() == ".xlsx" else sheets.Format.CSV
            self._sheet = sheets.open_sheet(form, self._path, columns=len(self._names) + len(self._titles))
            self._sheet.__enter__()
            self._sheet.write([[*self._names, *self._titles]])
        self._sheet.write([*self._cells(row), str(row.number), reason] for row in rows)

    def _cells(self, row: tables.Row) -> list[str]:
        if row.raw is not None:
            return [row.raw.decode("utf-8", "replace")]
        return [row.cells.get(name, "").replace(tables.LOST_DIGITS, "") for name in self._names]

    def close(self) -> None:
        """Finish the report."""
        if self._sheet is not None:
            self._sheet.__exit__(None, None, None)


def write_template(path: Path, *, kind: str) -> None:
    """
    Write an empty table with our columns and one example row: xlsx with text columns, else CSV.

    :raises KindUnknown: `kind` is none of those.
    """
    of_kind = kinds.KINDS.get(kind)
    if of_kind is None:
        raise KindUnknown
    sheets.write_template(path, of_kind.columns)
