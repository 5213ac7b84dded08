"""Imports from files: what people have on their disks, what is taken, and the report of the bad rows."""

import csv
import datetime

import pytest
import xlsxwriter

from tests.intake_http import port as p
from yidao.intake import columns, files
from yidao.intake.payloads import ItemResult, Result
from yidao.intake.phrases import Language
from yidao.intake.queue import QueueFull
from yidao.intake.senders import Sender
from yidao.kit import tables
from yidao.rules.instants import MINUTE, to_datetime
from yidao.rules.scans import Kind

SENDER: Sender = p.SENDERS[p.PLATFORM]
HEADER = "运单号,快递公司,时间,状态,描述,地点"
ROW = "YT1,圆通速递,2022-06-20 08:30:00,揽收,快件已揽收,杭州市"


@pytest.fixture
def queue():
    """Return a queue that remembers."""
    return p.Remembering()


@pytest.fixture
def brought(tmp_path, queue):
    """Return a function that imports some bytes as a file of a name and returns the summary and the report's rows."""

    def bring(content, *, name="events.csv", kind="events", sender=SENDER, language=Language.CHINESE):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = tmp_path / "bad.csv"
        summary = files.import_file(path, kind=kind, sender=sender, queue=queue, report=report, language=language)
        with report.open(encoding="utf-8-sig", newline="") if report.exists() else path.open() as file:
            rows = list(csv.reader(file)) if report.exists() else []
        return summary, rows

    return bring


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{HEADER}\n{ROW}\n".encode(), id="UTF-8"),
        pytest.param(f"{HEADER}\n{ROW}\n".encode("utf-8-sig"), id="UTF-8 with its mark"),
        pytest.param(f"{HEADER}\r\n{ROW}\r\n".encode("gb18030"), id="GB18030 from a Chinese Excel"),
        pytest.param(f"{HEADER}\n{ROW}\n".replace(",", "\t").encode("utf-16"), id="Excel's Unicode text"),
        pytest.param(f"{HEADER}\n{ROW}\n".replace(",", ";").encode(), id="semicolons"),
        pytest.param(f"{HEADER}\n\n , ,\n{ROW}\n,,,\n".encode(), id="empty rows"),
        pytest.param(
            f" 运单号 ,快递公司\u3000,时间,状态,描述,地点\n\u3000YT1\t, 圆通 ,{ROW[9:]}\n".replace(
                "圆通 ,速递,", "圆通 ,"
            ).encode(),
            id="stray blanks",
        ),
        pytest.param(
            f'{HEADER}\n="YT1",YTO,2022/6/20 8:30,1x,快件已揽收,杭州市\n'.replace("1x", "揽收").encode(),
            id="a number as formula",
        ),
        pytest.param(
            f"{HEADER}\n'YT1,yuantong,2022-06-20T08:30:00+08:00,PICKED_UP,快件已揽收,杭州市\n".encode(),
            id="an apostrophe",
        ),
        pytest.param(f"Tracking No,Carrier,Event time,Status,Details,City\n{ROW}\n".encode(), id="English names"),
        pytest.param(f"物流单号,承运商,操作时间(北京时间),轨迹状态,轨迹内容,城市\n{ROW}\n".encode(), id="other names"),
    ],
)
def test_files_as_they_are(brought, queue, content):
    summary, bad = brought(content)

    assert (summary.rows, summary.accepted, bad) == (1, 1, [])
    (scan,) = queue.items
    assert (scan.waybill_no, scan.carrier, scan.kind) == ("YT1", "yuantong", Kind.PICKED_UP)
    assert to_datetime(scan.occurred_at).isoformat() == "2022-06-20T00:30:00+00:00"
    assert (scan.description, scan.place) == ("快件已揽收", "杭州市")


def test_a_sheet_with_serial_dates_and_numbers(tmp_path, queue):
    path = tmp_path / "events.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(1, 0, ["运单号", "快递公司", "时间", "状态"])
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet.write_row(2, 0, [773012345678901, "申通快递"])
        sheet.write_datetime(2, 2, datetime.datetime(2022, 6, 20, 8, 30), moment)  # noqa: DTZ001  A cell has no zone.
        sheet.write(2, 3, "揽收")
        sheet.write_row(4, 0, ["773012345678902", "申通", 44732.354166666664, "签收"])
        sheet.write_row(5, 0, [1234567890123456789, "申通", "2022-06-20 08:30:00", "签收"])
    report = tmp_path / "bad.csv"

    summary = files.import_file(path, kind="events", sender=SENDER, queue=queue, report=report)

    assert (summary.rows, summary.accepted, summary.rejected) == (3, 2, 1)
    assert [(scan.waybill_no, to_datetime(scan.occurred_at).isoformat()) for scan in queue.items] == [
        ("773012345678901", "2022-06-20T00:30:00+00:00"),
        ("773012345678902", "2022-06-20T00:30:00+00:00"),
    ]
    with report.open(encoding="utf-8-sig", newline="") as file:
        header, row = csv.reader(file)
    assert header == ["运单号", "快递公司", "时间", "状态", "行号", "原因"]
    assert row[-2:] == ["6", "运单号：位数过长，在表格中已失真，请将该列设为文本格式"]


def test_bad_rows_are_reported_with_their_number_and_reason_and_spare_the_rest(brought, queue):
    summary, bad = brought(
        f"{HEADER}\n{ROW}\n单号,圆通,2022-06-20 08:30:00,揽收,,\nYT3,某某快递,2022-06-20 08:30:00,揽收,,\n"
        f"YT4,圆通,昨天,揽收,,\nYT5,圆通,2022-06-20 08:30:00,飞走了,,\n{ROW}\n"
    )

    assert (summary.rows, summary.accepted, summary.rejected) == (6, 2, 4)
    assert len(queue.items) == 2
    assert [(row[0], row[6], row[7]) for row in bad[1:]] == [
        ("单号", "3", "运单号须为 1 至 40 位字母、数字、连字符或下划线。 waybill_no: 含有不允许的字符"),
        ("YT3", "4", "未知的快递公司代码。 carrier: 不是已知的取值"),
        ("YT4", "5", "时间：不是 2000 至 2099 年间的时间"),
        ("YT5", "6", "未知的轨迹代码。 code: 不是已知的取值"),
    ]


def test_the_report_speaks_english_when_asked(brought):
    _, bad = brought(f"{HEADER}\nYT4,圆通,昨天,揽收,,\n", language=Language.ENGLISH)

    assert bad[0][-2:] == ["row", "reason"]
    assert bad[1][-1] == "occurred_at: is not a time of 2000 to 2099"


def test_the_report_can_be_mended_and_imported_again(brought, queue, tmp_path):
    brought(f"{HEADER}\n773012345678901,申通,昨天,揽收,-1+1,\n")
    mended = (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").replace("昨天", "2022-06-20 08:30:00")

    summary, _ = brought(mended, name="mended.csv")

    assert (summary.accepted, summary.ignored_columns) == (1, ("行号", "原因"))
    assert (queue.items[0].waybill_no, queue.items[0].description) == ("773012345678901", "-1+1")


def test_rows_without_status_are_read_by_their_words(brought, queue):
    brought("运单号,快递公司,时间,描述\nYT1,圆通,2022-06-20 08:30,等待揽收\nYT2,圆通,2022-06-20 08:30,天气很好\n")

    assert [scan.kind for scan in queue.items] == [Kind.ORDERED, Kind.UNKNOWN]


def test_ndjson_holds_our_own_format(brought, queue):
    good = '{"waybill_no":"YT1","carrier":"yuantong","occurred_at":"2022-06-20T08:30:00+08:00","code":"PICKED_UP"}'

    summary, bad = brought(f'\ufeff{good}\n\n{{\n{good[:-1]},"x":1}}\n{good}', name="events.ndjson")

    assert (summary.rows, summary.accepted, summary.rejected) == (4, 2, 2)
    assert [row[1] for row in bad[1:]] == ["3", "4"]
    assert bad[2][2] == "轨迹格式有误。 x: 不是可用的字段"


def test_the_answers_of_the_writer_are_counted(brought, queue):
    queue.results = [
        ItemResult(Result.ACCEPTED),
        ItemResult(Result.DUPLICATE),
        ItemResult(Result.ACCEPTED, code="parcel.claim_waits", state="WAITING"),
        ItemResult(Result.REJECTED, code="tracking.time_out_of_range"),
    ]

    summary, bad = brought(f"{HEADER}\n" + f"{ROW}\n" * 4)

    assert (summary.rows, summary.accepted, summary.duplicate, summary.waiting, summary.rejected) == (4, 1, 1, 1, 1)
    assert bad[1][-1] == "时间超出该包裹的合理范围。"


def test_large_files_go_in_batches(brought, queue):
    summary, _ = brought(f"{HEADER}\n" + f"{ROW}\n" * 1200)

    assert [len(submission.items) for submission in queue.submissions] == [500, 500, 200]
    assert summary.accepted == 1200


def test_a_full_queue_is_waited_for(brought, queue, monkeypatch):
    refusals = [QueueFull(), QueueFull()]
    submit = queue.submit

    def slow(submission):
        if refusals:
            raise refusals.pop()
        return submit(submission)

    monkeypatch.setattr(queue, "submit", slow)
    monkeypatch.setattr(files, "QUEUE_PAUSE_SECONDS", 0)

    assert brought(f"{HEADER}\n{ROW}\n")[0].accepted == 1


def test_missing_columns_are_named(brought):
    with pytest.raises(columns.ColumnsMissing) as refused:
        brought("单号,状态\nYT1,揽收\n")

    assert refused.value.values == {"columns": "快递公司、时间"}


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"PK\x03\x04garbage", "x.xlsx"), (b"\xd0\xcf\x11\xe0garbage", "x.xls"), (b"\xff\xff\xff\x00", "x.csv")],
)
def test_what_is_no_table_is_refused(brought, content, name):
    with pytest.raises((tables.FileUnreadable, columns.ColumnsMissing)):
        brought(content, name=name)


def test_a_file_with_more_rows_than_one_import_takes_is_refused(brought, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_MAX", 2)

    assert brought("\n".join((HEADER, ROW, ROW)))[0].rows == 2
    with pytest.raises(tables.FileTooLong):
        brought("\n".join((HEADER, ROW, ROW, ROW)))


def test_a_sheet_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "bomb.xlsx"
    files.write_template(path, kind="events")
    monkeypatch.setattr(tables, "SHEET_BYTES_UNPACKED_MAX", 100)

    with pytest.raises(tables.FileTooLong):
        tables.read(path)


def test_an_empty_file_has_no_rows(brought):
    assert brought(b"")[0].rows == 0


def test_an_unknown_kind_is_refused(brought):
    with pytest.raises(files.KindUnknown):
        brought(f"{HEADER}\n{ROW}\n", kind="refunds")


ORDERS = "店铺编号,主订单编号,子订单编号,订单状态,更新时间,付款时间,达人ID,自卖,商品名称,数量"


def test_neighbouring_rows_of_one_order_are_its_lines(brought, queue):
    base = "700,O-1,{},待发货,2022-06-20 08:30:00,2022/6/20 8:00"
    rows = [
        base.format("O-1-1") + ",55,,真丝睡衣,2",
        base.format("") + ",,是,油纸伞,",
        "700,O-2,,已取消,2022-06-20 09:00:00,,,,,1",
    ]
    summary, _ = brought("\n".join((ORDERS, *rows)) + "\n", kind="orders")

    assert (summary.rows, summary.accepted, summary.ignored_columns) == (3, 3, ())
    first, second = queue.items
    assert [(line.order_no, line.creator_id, line.is_self_sold, line.quantity) for line in first.lines] == [
        ("O-1-1", 55, False, 2),
        ("O-1", None, True, 1),
    ]
    assert (first.state, first.changed_at - first.paid_at) == ("TO_SHIP", 30 * MINUTE)
    assert (second.order_no, second.state, second.paid_at) == ("O-2", "CANCELLED", 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("700,O-1,,下落不明,2022-06-20 08:30:00,,,,,", "state: 不是已知的取值", id="an unknown state"),
        pytest.param("700,O-1,,待发货,昨天,,,,,", "更新时间", id="no time"),
        pytest.param("700,O-1,,待发货,2022-06-20 08:30:00,,,,,两件", "数量", id="a quantity in words"),
        pytest.param("700,,,待发货,2022-06-20 08:30:00,,,,,", "order_no", id="no number"),
    ],
)
def test_a_bad_order_is_reported_with_its_reason(brought, row, reason):
    summary, bad = brought(f"{ORDERS}\n{row}\n", kind="orders")

    assert summary.rejected == 1
    assert reason in bad[1][-1]


PARCELS = "店铺编号,快递公司,运单号,发货时间,发件区划,收件区划,收件人手机,订单号,达人编号,自卖,跨境"


def test_neighbouring_rows_of_one_parcel_are_its_lines(brought, queue):
    base = "700,圆通,YT1,2022-06-20 08:30:00,330106,510104,138****5678"
    summary, _ = brought(
        f"{PARCELS}\n{base},O-1;O-2,55,否,\n{base},O-3,,是,否\n{base.replace('YT1', 'YT2')},O-4,,,Y\n", kind="parcels"
    )

    assert (summary.rows, summary.accepted) == (3, 3)
    first, second = queue.items
    assert [(line.order_no, line.creator_id, line.is_self_sold) for line in first.lines] == [
        ("O-1", 55, False),
        ("O-2", 55, False),
        ("O-3", None, True),
    ]
    assert (second.waybill_no, second.lines[0].is_cross_border) == ("YT2", True)
    assert first.receiver_tail is not None


def test_a_row_tells_live_show_and_product_by_many_names(brought, queue):
    row = "700,圆通,YT1,2022-06-20 08:30:00,330106,510104,,O-1,55,,,7064-1,P-1,真丝睡衣"
    summary, _ = brought(f"{PARCELS},场次,商品ID,商品名称\n{row}\n", kind="parcels")

    (line,) = queue.items[0].lines
    assert (summary.accepted, line.room_id, line.product_id, line.product_name) == (1, "7064-1", "P-1", "真丝睡衣")


def test_a_parcel_without_order_number_is_reported(brought):
    summary, bad = brought(f"{PARCELS}\n700,圆通,YT1,2022-06-20 08:30:00,330106,510104,,,,,\n", kind="parcels")

    assert summary.rejected == 1
    assert bad[1][-1] == "包裹格式有误。 lines: 长度不符合要求"


@pytest.mark.parametrize("kind", ["events", "parcels", "orders"])
@pytest.mark.parametrize("name", ["template.csv", "template.xlsx"])
def test_the_template_can_be_imported_as_it_is(tmp_path, queue, kind, name):
    files.write_template(tmp_path / name, kind=kind)

    summary = files.import_file(tmp_path / name, kind=kind, sender=SENDER, queue=queue)

    assert (summary.rows, summary.accepted, summary.ignored_columns) == (1, 1, ())


def test_cells_of_the_report_are_no_formulas(brought):
    _, bad = brought(f"{HEADER}\n=1+1,圆通,昨天,揽收,@x,\n")

    assert bad[1][0] == "'=1+1"
    assert bad[1][4] == "'@x"


def test_bad_rows_come_back_as_a_workbook_when_the_name_asks_for_one_and_can_be_imported_again(tmp_path, queue):
    file, rejects = tmp_path / "x.csv", tmp_path / "rejects.xlsx"
    file.write_text(f"{HEADER}\n1234567890123456789,圆通,昨天,揽收,=1+1,\n")

    files.import_file(file, kind="events", sender=SENDER, queue=queue, report=rejects)

    table = tables.read(rejects)
    (row,) = table.rows
    assert table.columns[-2:] == ("行号", "原因")
    assert row.cells["运单号"] == "1234567890123456789"
    assert "=1+1" in row.cells.values()
    assert row.cells["原因"] == "时间：不是 2000 至 2099 年间的时间"
    again = files.import_file(rejects, kind="events", sender=SENDER, queue=queue)
    assert (again.rows, again.rejected, again.ignored_columns) == (1, 1, ("行号", "原因"))
