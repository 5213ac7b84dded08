"""
Tables of shipments as people have them: pasted from a sheet or in a file, with or without a head, the columns in
whatever order; and the rows that could not be shipped as a file again.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from yidao.carriers import catalogue
from yidao.flows.desk import Part, SerialIn, Shipment
from yidao.flows.ship import BATCH_MAX, TooMany
from yidao.kit import sheets, tables

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "order_no": (
        "订单号", "订单编号", "主订单编号", "主订单号", "父订单编号", "交易号", "order", "order no", "order number",
    ),
    "line_no": ("子订单号", "子订单编号", "子单号", "sku order"),
    "carrier": ("快递公司", "物流公司", "承运商", "快递", "物流", "快递名称", "carrier", "courier", "express"),
    "waybill_no": (
        "快递单号", "物流单号", "运单号", "单号", "快递编号", "物流编号", "面单号", "waybill", "waybill no",
        "tracking number", "number",
    ),
    "quantity": ("数量", "发货数量", "商品数量", "件数", "quantity", "qty"),
    "serials": ("序列号", "串码", "串号", "商品序列号", "imei", "serial", "serials"),
}  # fmt: skip
"""What people call our columns; the first name is the one of the template."""
TITLES: Final = tuple(names[0] for names in COLUMNS.values())
EXAMPLE: Final = ("6920000000000000001", "", "圆通速递", "YT0000000000001", "", "")
REASON: Final = "原因"
_FIELDS: Final = {"".join(name.casefold().split()): field for field, names in COLUMNS.items() for name in names}
QUANTITY_MAX: Final = 1_000_000


class Row(NamedTuple):
    """One row: its number as an editor shows it, its cells, and a fault that kept it from being understood."""

    number: int
    order_no: str
    line_no: str = ""
    carrier: str = ""
    waybill_no: str = ""
    quantity: str = ""
    serials: str = ""
    fault: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells in the order of the template."""
        return self.order_no, self.line_no, self.carrier, self.waybill_no, self.quantity, self.serials


def of_text(text: str, *, carrier: str = "") -> tuple[Row, ...]:
    """
    Read what was pasted; `carrier` counts where a row names none.

    :raises TooMany: more rows than one batch takes.
    """
    lines = [(number, _cut(line)) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        return ()
    head = _head(lines[0][1])
    if head:
        named = ((number, dict(zip(head, cells, strict=False))) for number, cells in lines[1:])
    else:
        named = ((number, _guessed(cells)) for number, cells in lines)
    return _rows(named, carrier=carrier)


def of_file(path: Path, *, carrier: str = "") -> tuple[Row, ...]:
    """
    Read a file; without a head its columns are guessed like those of pasted text.

    :raises tables.FileUnreadable: it is none of the forms we read.
    :raises TooMany: more rows than one batch takes.
    """
    table = tables.read(path)
    head = _head(table.columns)
    if head:
        fields = dict(zip(table.columns, head, strict=True))
        named = ((row.number, {fields[name]: cell for name, cell in row.cells.items()}) for row in table.rows)
    else:
        bare = [(1, list(table.columns)), *((row.number, list(row.cells.values())) for row in table.rows)]
        named = ((number, _guessed(cells)) for number, cells in bare if any(cells))
    return _rows(named, carrier=carrier)


def as_text(rows: Iterable[Row]) -> str:
    """Return rows so that `of_text` reads them again."""
    return "\n".join("\t".join(cells) for cells in (TITLES, *(row.cells for row in rows)))


def renumbered(rows: Sequence[Row], numbers: str) -> tuple[Row, ...]:
    """Return rows under the numbers they had when they were first read, where each has one."""
    told = numbers.split()
    if len(told) != len(rows) or not all(each.isascii() and each.isdigit() and len(each) < 8 for each in told):
        return tuple(rows)
    return tuple(row._replace(number=int(number)) for row, number in zip(rows, told, strict=True))


def wish(row: Row, *, shop_id: int, refuses_refund: bool) -> Shipment:
    """Return what a row that was understood asks for."""
    named = row.line_no or row.order_no
    return Shipment(
        shop_id=shop_id,
        carrier=row.carrier,
        waybill_no=row.waybill_no,
        parts=(Part(order_no=named, quantity=int(row.quantity or 0)),),
        refuses_refund=refuses_refund,
        serials=tuple(SerialIn(order_no=named, serial=each) for each in _split(row.serials)),
    )


def write(path: Path, sheet_format: sheets.Format, rows: Sequence[tuple[Row, str]]) -> None:
    """Write rows with the reason why each was not shipped."""
    with sheets.open_sheet(sheet_format, path, columns=len(TITLES) + 1) as sheet:
        sheet.write([[*TITLES, REASON]])
        sheet.write([*row.cells, reason] for row, reason in rows)


def write_template(path: Path, sheet_format: sheets.Format) -> None:
    """Write an empty table with our columns and one example row."""
    with sheets.open_sheet(sheet_format, path, columns=len(TITLES)) as sheet:
        sheet.write([list(TITLES), list(EXAMPLE)])


def _rows(named: Iterable[tuple[int, Mapping[str, str]]], *, carrier: str) -> tuple[Row, ...]:
    found: list[Row] = []
    for number, cells in named:
        if len(found) == BATCH_MAX:
            raise TooMany(most=BATCH_MAX)
        found.append(_row(number, cells, carrier=carrier))
    return tuple(found)


def _row(number: int, cells: Mapping[str, str], *, carrier: str) -> Row:
    texts = {field: tables.cleaned(cells.get(field, "")) for field in COLUMNS}
    if tables.LOST_DIGITS in texts.values():
        texts = {field: text.replace(tables.LOST_DIGITS, "") for field, text in texts.items()}
        return Row(number, **texts, fault="DIGITS")
    texts["carrier"] = texts["carrier"] or carrier
    quantity = texts["quantity"]
    if not (texts["order_no"] or texts["line_no"]) or not texts["waybill_no"]:
        return Row(number, **texts, fault="COLUMNS")
    if quantity and not (quantity.isascii() and quantity.isdigit() and 0 < int(quantity[:10]) <= QUANTITY_MAX):
        return Row(number, **texts, fault="QUANTITY")
    return Row(number, **texts)


def _cut(line: str) -> list[str]:
    """Cut a pasted line at tabs, else at commas, else at blanks."""
    if "\t" in line:
        return line.split("\t")
    if "," in line or "，" in line:
        return line.replace("，", ",").split(",")
    return line.split()


def _head(cells: Sequence[str]) -> list[str]:
    """Return which field each column is (empty: none of ours), and nothing where the line is no head."""
    fields = [_FIELDS.get("".join(tables.cleaned(cell).casefold().split()), "") for cell in cells]
    return fields if len({field for field in fields if field}) >= 2 else []


def _guessed(cells: Sequence[str]) -> dict[str, str]:
    """Read a line without a head: the cell that names a carrier is the carrier, the others are order and number."""
    told = [tables.cleaned(cell) for cell in cells]
    place = next((at for at, cell in enumerate(told) if at and cell and catalogue.from_written(cell)), -1)
    rest = [cell for at, cell in enumerate(told) if at != place]
    names = ("order_no", "waybill_no", "quantity", "serials")
    if place < 0 and len(rest) > 2 and not (rest[2].isascii() and rest[2].isdigit() and len(rest[2]) < 7):
        names = ("order_no", "carrier", "waybill_no", "quantity")
    found = dict(zip(names, rest, strict=False))
    return found | ({"carrier": told[place]} if place >= 0 else {})


def _split(serials: str) -> list[str]:
    return serials.replace(";", " ").replace("；", " ").replace("、", " ").split()
