"""Files about products: read whatever the columns are called, and written back: a template, and what was left out."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.http import HttpResponse
from django.utils.translation import gettext, gettext_noop

from yidao.kit import sheets, tables
from yidao.kit.errors import Refusal
from yidao.orders import products
from yidao.orders.products import Left, Said

HEADERS: Final = (
    gettext_noop("Product ID"),
    gettext_noop("Product"),
    gettext_noop("Short name for labels"),
    gettext_noop("Merchant code"),
    gettext_noop("Weight (g)"),
)
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "product_id": frozenset({"productid", "product_id", "商品id", "商品编号", "商品编码"}),
    "short_name": frozenset({"shortnameforlabels", "short_name", "shortname", "打单简称", "商品简称", "简称"}),
    "merchant_code": frozenset({"merchantcode", "merchant_code", "商家编码", "货号"}),
    "weight": frozenset({"weight(g)", "weight_grams", "weight", "重量(克)", "重量（克）", "重量"}),
}
"""What a column may be called; blanks and upper case do not matter."""
WHY: Final = {
    Left.UNKNOWN: gettext_noop("The shop has no such product."),
    Left.SHORT_NAME: gettext_noop("The short name is too long."),
    Left.MERCHANT_CODE: gettext_noop("The merchant code is too long."),
    Left.WEIGHT: gettext_noop("The weight is no whole number of grams."),
    Left.TWICE: gettext_noop("The product stands in the file twice; its first row was taken."),
}
NO_WEIGHT: Final = -1
"""Stands for a weight that is none, so that the rule refuses it."""
SHOWN_MAX: Final = 50


class FileMissing(Refusal):
    """No file came along."""

    code = "product.file_missing"
    status = 422
    message = "Choose a file first."


class NoColumns(Refusal):
    """The file does not say which product a row is about, or nothing about it."""

    code = "product.columns_missing"
    status = 422
    message = "The file needs a column with the product ID and one with what is to be kept. Look at the template."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One row: its number as an editor shows it, its cells, and what it says."""

    number: int
    cells: Mapping[str, str]
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file's columns and rows."""

    columns: tuple[str, ...]
    rows: tuple[FileRow, ...]


def read(path: Path) -> ReadFile:
    """
    Read a file; a column that it does not have leaves what is kept as it is.

    :raises tables.FileUnreadable: it is none of the forms we read.
    :raises NoColumns: it does not say what it is about.
    :raises products.TooManyRows: it has more rows than one import takes.
    """
    table = tables.read(path)
    named = {field: _column(table.columns, names) for field, names in COLUMNS.items()}
    if not named["product_id"] or not any(column for field, column in named.items() if field != "product_id"):
        raise NoColumns
    rows: list[FileRow] = []
    for row in table.rows:
        if len(rows) >= products.ROWS_MAX:
            raise products.TooManyRows(most=products.ROWS_MAX)
        told = {field: row.cells.get(column, "") if column else None for field, column in named.items()}
        weight = told["weight"]
        said = Said(
            product_id=told["product_id"] or "",
            short_name=told["short_name"],
            merchant_code=told["merchant_code"],
            weight_grams=None if weight is None else grams(weight),
        )
        rows.append(FileRow(number=row.number, cells=row.cells, said=said))
    return ReadFile(columns=table.columns, rows=tuple(rows))


def _column(columns: Sequence[str], names: frozenset[str]) -> str:
    return next((each for each in columns if "".join(each.lower().split()) in names), "")


def grams(text: str) -> int:
    """Return a typed weight, 0 for none, and what the rule refuses for what is no whole number."""
    text = text.strip()
    if not text:
        return 0
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(products.WEIGHT_MAX))
    return int(text) if is_number else NO_WEIGHT


def left_out(file: ReadFile, why: Mapping[int, Left]) -> list[tuple[int, str, str]]:
    """Return the first rows that were left out: number, product and reason."""
    places = sorted(why)[:SHOWN_MAX]
    return [(file.rows[each].number, file.rows[each].said.product_id, gettext(WHY[why[each]])) for each in places]


def packed(file: ReadFile, why: Mapping[int, Left]) -> str:
    """Return what was left out with the reasons as one text, which a form carries to `bad_rows`; empty for nothing."""
    if not why:
        return ""
    rows = [[file.rows[each].cells.get(column, "") for column in file.columns] for each in sorted(why)]
    reasons = [gettext(WHY[why[each]]) for each in sorted(why)]
    return json.dumps(
        [[*file.columns, gettext("Reason")], *([*row, told] for row, told in zip(rows, reasons, strict=True))]
    )


def bad_rows(text: str) -> HttpResponse:
    """
    Return what a form carried as a file.

    :raises NoColumns: it is nothing that `packed` made.
    """
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise NoColumns from fault
    is_table = isinstance(rows, list) and bool(rows) and all(isinstance(row, list) for row in rows)
    if not is_table or any(len(row) != len(rows[0]) for row in rows):
        raise NoColumns
    return _csv("products-left-out.csv", [[str(cell) for cell in row] for row in rows])


def template() -> HttpResponse:
    """Return an empty file with our columns and one row that shows how it is meant."""
    headers = [gettext(each) for each in HEADERS]
    return _csv("products.csv", [headers, ["3520111111111111111", gettext("Silk pajamas"), "", "SK-01", "350"]])


def _csv(name: str, rows: Sequence[Sequence[str]]) -> HttpResponse:
    with tempfile.TemporaryDirectory(prefix="yidao-products-") as folder:
        path = Path(folder, name)
        with sheets.open_sheet(sheets.Format.CSV, path, columns=len(rows[0])) as sheet:
            sheet.write(rows)
        body = path.read_bytes()
    response = HttpResponse(body, content_type=sheets.CONTENT_TYPES[sheets.Format.CSV])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
