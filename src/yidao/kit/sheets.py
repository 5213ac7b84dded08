"""
Tables as files for spreadsheets: CSV and xlsx, written row by row. Every cell is text: nothing in such a file is taken
for a formula or a link, and long numbers keep all their digits.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import xlsxwriter

DIGITS_OF_TEXT_MIN: Final = 12
"""A spreadsheet that opens CSV shows a number from 12 digits on as 1.2E+11 and loses digits from the 16th on."""
FORMULA_STARTS: Final = frozenset("=+-@\t\r\n＝＋－＠")
"""What makes a cell a formula, also in full width, which Chinese and Japanese editions take for the same."""
CELL_CHARS_MAX: Final = 32_767
"""A spreadsheet's own limit."""
COLUMN_WIDTH: Final = 20
COMPRESSION: Final = 6
"""The usual level of deflate."""


class Format(StrEnum):
    """The kinds of files there are."""

    XLSX = "xlsx"
    CSV = "csv"


CONTENT_TYPES: Final = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
}


class Sheet(Protocol):
    """A table being written; it is complete only when its `with` block was left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows."""


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

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows."""
        self._writer.writerows([csv_cell(each) for each in row] for row in rows)


# Note [Rows are streamed into a book of XlsxWriter's]
# XlsxWriter makes the book: styles, column widths, the frozen head. Its sheet has two sample cells, whose place our
# rows take as inline texts in the same styles. Cell by cell through the library, rows take three times as long.

_SHEET: Final = "xl/worksheets/sheet1.xml"
_SAMPLES: Final = re.compile(r'<sheetData>.*?<c r="A1" s="([0-9]+)".*?<c r="A2" s="([0-9]+)".*?</sheetData>', re.DOTALL)
_MARKED: Final = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$|\n")
_ESCAPED: Final = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def _empty_book(columns: int) -> bytes:
    """Return a book whose only sheet has a head cell and a text cell."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"constant_memory": False, "in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet()
        sheet.set_column(0, columns - 1, COLUMN_WIDTH, text)
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        sheet.write_string(0, 0, "head", book.add_format({"bold": True, "num_format": "@"}))
        sheet.write_string(1, 0, "text", text)
    return made.getvalue()


def _xml_text(text: str) -> str:
    """Return a cell's text inside its element; what XML cannot say is written the way spreadsheets do, as _x0001_."""
    if len(text) > CELL_CHARS_MAX:
        text = text[: CELL_CHARS_MAX - 1] + "…"
    if _MARKED.search(text) is None:
        return f"<t>{text}"
    text = _ESCAPED.sub(r"_x005F_\1", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return f'<t xml:space="preserve">{text}'


class XlsxSheet:
    """One sheet whose first row stays in sight. Rows go into the file at once, however many there are."""

    def __init__(self, path: Path, *, columns: int) -> None:
        self._names = [xlsxwriter.utility.xl_col_to_name(each) for each in range(columns)]
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)
        with zipfile.ZipFile(io.BytesIO(_empty_book(columns))) as book:
            for name in book.namelist():
                if name != _SHEET:
                    self._archive.writestr(name, book.read(name))
            sheet = book.read(_SHEET).decode()
        samples = _SAMPLES.search(sheet)
        assert samples is not None, "XlsxWriter wrote the two sample cells"
        self._head, self._text = samples.groups()
        self._after = sheet[samples.end() :]
        self._file = self._archive.open(_SHEET, "w")
        before = re.sub(r"<dimension [^>]*/>", "", sheet[: samples.start()])
        self._file.write(f"{before}<sheetData>".encode())
        self._next = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.write(f"</sheetData>{self._after}".encode())
        self._file.close()
        self._archive.close()

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows; a text longer than a cell may be is cut, and says so by an ellipsis."""
        parts: list[str] = []
        for number, row in enumerate(rows, start=self._next):
            style = self._text if number > 1 else self._head
            parts.append(f'<row r="{number}">')
            parts += [
                f'<c r="{name}{number}" s="{style}" t="inlineStr"><is>{_xml_text(text)}</t></is></c>'
                for name, text in zip(self._names, row, strict=True)
                if text
            ]
            parts.append("</row>")
            self._next = number + 1
        self._file.write("".join(parts).encode())


def open_sheet(sheet_format: Format, path: Path, *, columns: int) -> Sheet:
    """Begin a file of a format at `path`."""
    return CsvSheet(path) if sheet_format is Format.CSV else XlsxSheet(path, columns=columns)


class Column(NamedTuple):
    """One column of files we read: what it is called in a template, what else people call it, whether it must be."""

    field: str
    title: str
    synonyms: tuple[str, ...]
    is_needed: bool = False
    example: str = ""


def write_template(path: Path, columns: Sequence[Column]) -> None:
    """Write an empty table with the columns and one example row: xlsx with text columns, else CSV."""
    titles = [column.title for column in columns]
    example = [column.example for column in columns]
    if path.suffix.lower() != ".xlsx":
        with CsvSheet(path) as plain:
            plain.write([titles, example])
        return
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        sheet = workbook.add_worksheet()
        as_text = workbook.add_format({"num_format": "@"})
        sheet.set_column(0, len(titles) - 1, 20, as_text)
        sheet.write_row(0, 0, titles, workbook.add_format({"bold": True, "num_format": "@"}))
        sheet.write_row(1, 0, example, as_text)
