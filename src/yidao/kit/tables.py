"""Files as people have them: CSV in whatever encoding, NDJSON, xlsx; each row as texts under its column's name."""

import codecs
import csv
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import python_calamine

from yidao.kit.errors import Refusal

ROWS_MAX: Final = 1_000_000
CELL_MAX: Final = 10_000
SHEET_BYTES_MAX: Final = 64 * 1024 * 1024
SHEET_BYTES_UNPACKED_MAX: Final = 1024 * 1024 * 1024
"""A sheet is read whole; a small archive that unpacks to more than this was not made by a spreadsheet."""
EXACT_FLOAT_MAX: Final = 10**15
"""A spreadsheet keeps numbers as floats; longer ones have already lost digits when we see them."""
LOST_DIGITS: Final = "\x00digits"
"""Marks a cell whose number is longer than a spreadsheet can keep."""

_SPREADSHEET_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  A sheet's cells know no zone.
_CHUNK: Final = 1 << 16


class FileUnreadable(Refusal):
    """The file is none of the forms we read, or is damaged."""

    code = "import.file_unreadable"
    status = 422
    message = "The file %(name)s cannot be read as CSV, NDJSON or xlsx."


class FileTooLong(FileUnreadable):
    """The file has more rows than one import takes, or unpacks to more than fits into memory."""

    code = "import.file_too_long"
    message = "The file %(name)s is too long; cut it into files of at most %(rows)d rows."


class Row(NamedTuple):
    """One row: its number as an editor shows it, and its cells by column; or, of NDJSON, its bytes."""

    number: int
    cells: dict[str, str]
    raw: bytes | None = None


class Table(NamedTuple):
    """The columns of a file and its rows, read as they are asked for; NDJSON has no columns."""

    columns: tuple[str, ...]
    rows: Iterator[Row]


def read(path: Path) -> Table:
    """
    Open a file; rows stream from it.

    :raises FileUnreadable: it is none of the forms we read.
    :raises FileTooLong: it is too long; of a text file, once its rows are read that far.
    """
    table = _read(path)
    return Table(table.columns, _limited(table.rows, path))


def _limited(rows: Iterator[Row], path: Path) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count >= ROWS_MAX:
            raise FileTooLong(name=path.name, rows=ROWS_MAX)
        yield row


def _read(path: Path) -> Table:
    with path.open("rb") as file:
        start = file.read(8)
    if start[:4] == b"PK\x03\x04" or path.suffix.lower() in (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"):
        return _sheet(path)
    if path.suffix.lower() in (".ndjson", ".jsonl", ".json") or start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{":
        return Table((), _json_lines(path))
    return _csv(path)


def encoding_of(path: Path) -> str:
    """Return how a text file is written: UTF-16 or UTF-8 by its mark, UTF-8 if all of it is, else GB18030."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(_CHUNK)
        if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        try:
            for chunk in itertools.chain((start,), iter(lambda: file.read(_CHUNK), b"")):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            if text:
                yield Row(number, {}, text)


def _csv(path: Path) -> Table:
    encoding = encoding_of(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            header = file.readline()
        delimiter = max(",\t;", key=header.count)
        columns = _columns(next(csv.reader([header], delimiter=delimiter), []))
    except (UnicodeError, csv.Error) as fault:
        raise FileUnreadable(name=path.name) from fault
    return Table(columns, _csv_rows(path, encoding, columns, delimiter=delimiter))


def _csv_rows(path: Path, encoding: str, columns: tuple[str, ...], *, delimiter: str) -> Iterator[Row]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            file.readline()
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                row = _row(reader.line_num + 1, columns, cells)
                if row is not None:
                    yield row
    except (UnicodeError, csv.Error) as fault:
        raise FileUnreadable(name=path.name) from fault


def _sheet(path: Path) -> Table:
    try:
        if path.stat().st_size > SHEET_BYTES_MAX or _unpacked_bytes(path) > SHEET_BYTES_UNPACKED_MAX:
            raise FileTooLong(name=path.name, rows=ROWS_MAX)
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as fault:
        raise FileUnreadable(name=path.name) from fault
    first = next((index for index, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if first is None:
        return Table((), iter(()))
    columns = _columns([cell_text(cell) for cell in rows[first]])
    return Table(columns, _sheet_rows(rows[first + 1 :], columns, start=first + 2))


def _unpacked_bytes(path: Path) -> int:
    """Return what the parts of an archive say they unpack to; a file of the old kind is no archive."""
    if not zipfile.is_zipfile(path):
        return 0
    with zipfile.ZipFile(path) as archive:
        return sum(part.file_size for part in archive.infolist())


def _sheet_rows(rows: Sequence[Sequence[Any]], columns: tuple[str, ...], *, start: int) -> Iterator[Row]:
    for number, cells in enumerate(rows, start=start):
        row = _row(number, columns, [cell_text(cell) for cell in cells])
        if row is not None:
            yield row


def cell_text(cell: Any) -> str:
    """Return a spreadsheet's cell as text: whole numbers without a point, moments as local time."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        if abs(cell) >= EXACT_FLOAT_MAX:
            return LOST_DIGITS
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def serial_moment(text: str) -> str:
    """Return the local time a spreadsheet's serial number means, as text; other texts stay as they are."""
    try:
        serial = float(text)
    except ValueError:
        return text
    if not 36_526 <= serial < 73_051:  # The years 2000 to 2099.
        return text
    moment = _SPREADSHEET_EPOCH + timedelta(days=serial)
    return (moment + timedelta(microseconds=500_000)).isoformat(sep=" ", timespec="seconds")


def _columns(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(cleaned(name) for name in names)


def _row(number: int, columns: tuple[str, ...], cells: Sequence[str]) -> Row | None:
    values = {column: cleaned(cell) for column, cell in zip(columns, cells, strict=False) if column}
    if not any(values.values()):
        return None
    return Row(number, values)


# What spreadsheets and shop exports put around a number so that it stays text, and blanks that no eye sees.
_WRAPPING: Final = "\t\r\n \u3000\u00a0\u200b\ufeff'`"


def cleaned(text: str) -> str:
    """Return a cell without stray blanks, and without the quotes, apostrophes and `="..."` that keep numbers texts."""
    text = text[:CELL_MAX].strip(_WRAPPING)
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip(_WRAPPING)
    return text
