"""What people paste and upload to ship many orders at once."""

import pytest
import xlsxwriter

from yidao.flows import ship_rows
from yidao.flows.ship import TooMany
from yidao.flows.ship_rows import Row
from yidao.kit import sheets, tables

FULL = ("A1", "圆通速递", "YT1")


def told(rows: tuple[Row, ...]) -> list[tuple[str, ...]]:
    return [(row.order_no, row.carrier, row.waybill_no) for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A1\t圆通速递\tYT1", id="tabs"),
        pytest.param("A1,圆通速递,YT1", id="commas"),
        pytest.param("A1，圆通速递，YT1", id="wide commas"),
        pytest.param("A1 圆通速递 YT1", id="blanks"),
        pytest.param("A1\tYT1\t圆通速递", id="the carrier last"),
        pytest.param("\n  A1  \t 圆通速递\t'YT1 \n\n", id="stray blanks and an apostrophe"),
        pytest.param("快递单号\t订单编号\t物流公司\nYT1\tA1\t圆通速递", id="a head in another order"),
        pytest.param("Order No,Carrier,Tracking Number,Remark\nA1,圆通速递,YT1,urgent", id="an English head"),
    ],
)
def test_pasted_rows_are_read_however_they_are_parted(text):
    assert told(ship_rows.of_text(text)) == [FULL]


def test_a_row_that_names_no_carrier_gets_the_chosen_one():
    assert told(ship_rows.of_text("A1 YT1", carrier="yuantong")) == [("A1", "yuantong", "YT1")]


def test_an_unknown_carrier_stays_as_it_was_written():
    assert told(ship_rows.of_text("A1 乌有快递 YT1")) == [("A1", "乌有快递", "YT1")]


def test_quantity_line_and_serials_are_read():
    text = "订单号\t子订单号\t快递公司\t快递单号\t数量\t串码\nA1\tA1-2\t中通\t73\t2\t123456789012345;123456789012346"
    (row,) = ship_rows.of_text(text)
    wish = ship_rows.wish(row, shop_id=7, refuses_refund=True)

    assert (wish.parts[0].order_no, wish.parts[0].quantity, wish.refuses_refund) == ("A1-2", 2, True)
    assert [each.serial for each in wish.serials] == ["123456789012345", "123456789012346"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("A1", "COLUMNS", id="a number is missing"),
        pytest.param("订单号\t快递单号\n\tYT1", "COLUMNS", id="the order is missing"),
        pytest.param("A1\t中通\t73\t一", "QUANTITY", id="a quantity in words"),
        pytest.param("A1\t中通\t73\t0", "QUANTITY", id="a quantity of nothing"),
    ],
)
def test_a_row_that_cannot_be_understood_says_why(text, fault):
    assert [row.fault for row in ship_rows.of_text(text)] == [fault]


def test_nothing_pasted_is_nothing():
    assert ship_rows.of_text(" \n\t\n") == ()


def test_at_most_five_hundred_rows():
    assert len(ship_rows.of_text("A YT1\n" * 500)) == 500
    with pytest.raises(TooMany):
        ship_rows.of_text("A YT1\n" * 501)


def test_what_was_read_is_read_again_the_same():
    rows = ship_rows.of_text("A1 中通 73\nA2 圆通 YT2 3")

    assert told(ship_rows.of_text(ship_rows.as_text(rows))) == told(rows)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_files_come_in_whatever_encoding(tmp_path, encoding):
    path = tmp_path / "发货.csv"
    path.write_bytes('订单编号,快递公司,快递单号\n="A1",圆通速递,YT1\t\n'.encode(encoding))

    assert told(ship_rows.of_file(path)) == [FULL]


def test_a_file_without_a_head_is_guessed(tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("A1,圆通速递,YT1\nA2,圆通速递,YT2\n", encoding="utf-8")

    assert told(ship_rows.of_file(path)) == [FULL, ("A2", "圆通速递", "YT2")]


def test_digits_that_a_sheet_lost_are_no_number(tmp_path):
    path = tmp_path / "lost.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["订单号", "快递公司", "快递单号"])
        sheet.write_row(1, 0, [6920000000000000001.0, "中通", "73"])

    assert [row.fault for row in ship_rows.of_file(path)] == ["DIGITS"]


def test_template_and_bad_rows_can_be_uploaded_again(tmp_path):
    for form in sheets.Format:
        template, bad = tmp_path / f"t.{form}", tmp_path / f"b.{form}"
        ship_rows.write_template(template, form)
        ship_rows.write(bad, form, [(Row(1, "A1", carrier="圆通速递", waybill_no="YT1"), "没有此订单")])

        assert len(ship_rows.of_file(template)) == 1
        assert told(ship_rows.of_file(bad)) == [FULL]
        assert tables.read(bad).columns[-1] == "原因"
