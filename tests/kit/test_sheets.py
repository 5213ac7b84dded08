"""Files for spreadsheets: nothing in them is a formula, and numbers keep their digits."""

import csv
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from yidao.kit import sheets, tables
from yidao.kit.sheets import Format

HARMFUL = [
    "=1+1",
    '=HYPERLINK("http://example.com","x")',
    "+8613800000000",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u3000=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "{=1}",
    "http://example.com",
    "mailto:x@example.com",
    "internal:A1",
]
LONG = ["1234567890123456789", "000123456789", "123456789012345", "4815162342001;4815162342002"]


def write(path: Path, sheet_format: Format, *rows: list[str]) -> None:
    with sheets.open_sheet(sheet_format, path, columns=2) as sheet:
        for row in rows:
            sheet.write([row])


def xlsx_rows(path: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_nothing_in_an_xlsx_is_a_formula_a_link_or_a_number(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write(path, Format.XLSX, ["a", "b"], *([each, "x"] for each in HARMFUL + LONG))

    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        names = archive.namelist()

    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "<v>" not in sheet, "every cell is an inline text"
    assert [name for name in names if "external" in name.lower() or "_rels/sheet" in name] == []


def test_texts_come_back_from_an_xlsx_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    texts = [*HARMFUL, *LONG, "花间集", "a\nb", "\x01\x1f", "_x000D_", "😀", "<&>\"'"]
    write(path, Format.XLSX, ["a", "b"], *([each, "x"] for each in texts))

    found = [str(row[0]) for row in xlsx_rows(path)[1:]]

    plain = [each for each in texts if not re.search(r"[\x00-\x1f]", each)]
    assert [each for each in found if each in plain] == plain
    assert len(found) == len(texts)


@pytest.mark.parametrize("text", HARMFUL[:-4])
def test_a_cell_of_a_csv_never_begins_like_a_formula(text: str) -> None:
    assert sheets.csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "花间集", "a=b", "5", "12345678901", "http://example.com", "YT0000000000001"])
def test_a_harmless_cell_stays_as_it_is(text: str) -> None:
    assert sheets.csv_cell(text) == text


@pytest.mark.parametrize("text", LONG[:3])
def test_a_long_number_is_made_text_without_a_formula(text: str) -> None:
    assert sheets.csv_cell(text) == f"{text}\t"


def test_a_csv_is_opened_as_utf_8_and_read_back_by_our_own_imports(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write(path, Format.CSV, ["运单号", "备注"], ["1234567890123456789", "=1+1"], ["YT1", 'sagt "so", ja\nzwei'])

    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["运单号", "备注"],
            ["1234567890123456789\t", "'=1+1"],
            ["YT1", 'sagt "so", ja\nzwei'],
        ]
    assert [row.cells for row in tables.read(path).rows] == [
        {"运单号": "1234567890123456789", "备注": "=1+1"},
        {"运单号": "YT1", "备注": 'sagt "so", ja\nzwei'},
    ]


def test_the_sheet_is_the_one_xlsxwriter_makes_with_our_rows_in_it(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.xlsx", tmp_path / "theirs.xlsx"
    texts = ["head", "text", " a ", "<&>", "x_x0041_", "\x01\x1f", "\ufffe", "a\nb", "😀"]
    write(ours, Format.XLSX, *([each, ""] for each in texts))
    with xlsxwriter.Workbook(theirs, {"constant_memory": True}) as book:
        styles = [book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})]
        sheet = book.add_worksheet()
        for number, each in enumerate(texts):
            sheet.write_string(number, 0, each, styles[number == 0])

    assert _cells(ours) == _cells(theirs)


def _cells(path: Path) -> list[tuple[str, str | None]]:
    """Return each cell's place and text as the XML says it."""
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return [(cell.attrib["r"], cell.findtext(f"{space}is/{space}t")) for cell in root.iter(f"{space}c")]


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write(path, Format.XLSX, ["a", "b"], ["x" * 40_000, "y" * sheets.CELL_CHARS_MAX])

    (_, row) = xlsx_rows(path)
    assert (len(str(row[0])), str(row[0])[-1], len(str(row[1]))) == (sheets.CELL_CHARS_MAX, "…", sheets.CELL_CHARS_MAX)


def test_a_sheet_without_rows_has_its_head(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write(path, Format.XLSX, ["a", "b"])

    assert xlsx_rows(path) == [["a", "b"]]
