"""
Tables as files for spreadsheets: CSV and xlsx, written row by row. Every cell is text: nothing in such a file is taken
for a formula or a link, and long numbers keep all their digits.
"""

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import xlsxwriter

DIGITS_OF_TEXT_MIN: Final = 12
"""A spreadsheet that opens CSV shows a number from 12 digits on as 1.2E+11 and loses digits from the 16th on."""
FORMULA_STARTS: Final = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes a cell a formula, also in full width, which Chinese and Japanese editions take for the same."""
CELL_CHARS_MAX: Final = 32_767
"""A spreadsheet's own limit."""
COLUMN_WIDTH: Final = 20


class Format(StrEnum):
    """The kinds of files there are."""

    XLSX = "xlsx"
    CSV = "csv"


CONTENT_TYPES: Final = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}


class Sheet(Protocol):
    """A table being written; it is complete only when its `with` block was left without an exception."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, row: Sequence[str]) -> None:
        """Add one row."""


def csv_cell(text: str) -> str:
    """
    Return a cell for CSV that no spreadsheet takes for a formula, and long numbers so that they stay text.

    An apostrophe before what would be a formula, as spreadsheets write it themselves; a tab behind a long number, which
    makes it text and which our own imports read away again.
    """
    first = text[:1]
    if first in FORMULA_STARTS or (first.isspace() and text.lstrip()[:1] in FORMULA_STARTS):
        return f"'{text}" if first else text
    return f"{text}\t" if len(text) >= DIGITS_OF_TEXT_MIN and text.isascii() and text.isdigit() else text


class CsvSheet:
    """UTF-8 with a byte order mark, by which spreadsheets know it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="", buffering=io.DEFAULT_BUFFER_SIZE * 8)
        self._writer = csv.writer(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, row: Sequence[str]) -> None:
        """Add one row."""
        self._writer.writerow([csv_cell(each) for each in row])


class XlsxSheet:
    """
    One sheet whose first row stays in sight. Rows go to a temporary file at once; `folder` is where it lies.

    Not more than one row is in memory, however many there are.
    """

    def __init__(self, path: Path, *, folder: Path, columns: int) -> None:
        self._book: Any = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(folder),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._sheet: Any = self._book.add_worksheet()
        self._sheet.set_column(0, max(columns - 1, 0), COLUMN_WIDTH, self._book.add_format({"num_format": "@"}))
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:{xlsxwriter.utility.xl_col_to_name(columns)}1048576"})
        self._head: Any = self._book.add_format({"bold": True, "num_format": "@"})
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def write(self, row: Sequence[str]) -> None:
        """Add one row; a text longer than a cell may be is cut, and says so by an ellipsis."""
        number, write = self._next, self._sheet.write_string
        style = self._head if number == 0 else None
        for column, text in enumerate(row):
            if len(text) > CELL_CHARS_MAX:
                text = text[: CELL_CHARS_MAX - 1] + "…"
            if text:
                write(number, column, text, style)
        self._next = number + 1


def open_sheet(sheet_format: Format, path: Path, *, folder: Path, columns: int) -> Sheet:
    """Begin a file of a format at `path`; temporary files lie in `folder`."""
    return CsvSheet(path) if sheet_format is Format.CSV else XlsxSheet(path, folder=folder, columns=columns)
