"""Order files as shops have them: exports of several marketplaces, their words, and rows that belong together."""

import csv
from pathlib import Path

import pytest
import xlsxwriter

from tests.intake_http import port as p
from yidao.intake import files, order_columns
from yidao.intake.phrases import Language
from yidao.intake.senders import Sender
from yidao.kit.errors import Refusal
from yidao.orders.entry import OrderIn, ReceiverIn
from yidao.rules.instants import HOUR, to_datetime

SHOP: Sender = p.SENDERS[p.SHOP]
DOUYIN = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,收件人,收件人手机号,"
    "省,市,区,街道,详细地址,买家留言,订单提交时间,支付完成时间,承诺发货时间,订单状态"
)
DOUYIN_ROW = (
    "\t4900000000000000001,\t4900000000000000001,真丝睡衣,藕粉 M,2,P-1,MC-1,199.00,378.00,8.00,张三丰,13812345678,"
    "浙江省,杭州市,西湖区,翠苑街道,文三路 90 号,要 M 码,2022-06-19 20:58:00,"
    "2022/6/19 21:00:00,2022-06-21 21:00:00,待发货"
)
TAOBAO = "订单编号,收货人姓名,联系手机,收货地址,宝贝标题,宝贝总数量,买家实际支付金额,订单状态,订单创建时间,订单付款时间"
TAOBAO_ROW = (
    '="190000000000000001",李四,\'18412345678-1234,浙江省 杭州市 西湖区 文三路 90 号,油纸伞,1,59.9,'
    '"买家已付款，等待卖家发货",2022-06-19 20:58:00,2022-06-19 21:00:00'
)


@pytest.fixture
def queue():
    """Return a queue that remembers."""
    return p.Remembering()


@pytest.fixture
def brought(tmp_path: Path, queue):
    """Return a function that imports bytes as a shop's order file and returns the orders and the bad rows."""

    def bring(content, *, name="orders.csv", sender=SHOP):
        path, report = tmp_path / name, tmp_path / "bad.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        files.import_file(path, kind="orders", sender=sender, queue=queue, report=report, language=Language.CHINESE)
        if not report.exists():
            return queue.items, []
        with report.open(encoding="utf-8-sig", newline="") as file:
            return queue.items, list(csv.reader(file))

    return bring


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{DOUYIN}\n{DOUYIN_ROW}\n".encode(), id="UTF-8"),
        pytest.param(f"{DOUYIN}\r\n{DOUYIN_ROW}\r\n".encode("utf-8-sig"), id="with its mark"),
        pytest.param(f"{DOUYIN}\r\n{DOUYIN_ROW}\r\n".encode("gb18030"), id="from a Chinese Excel"),
    ],
)
def test_an_export_of_douyin_is_read_as_it_is(brought, content) -> None:
    (order,), bad = brought(content)

    assert bad == []
    assert (order.shop_id, order.order_no, order.state) == (p.SHOP_ID, "4900000000000000001", "TO_SHIP")
    assert order.receiver == ReceiverIn("张三丰", "13812345678", "330106", "翠苑街道文三路 90 号")
    assert (order.freight_fen, order.buyer_remark) == (800, "要 M 码")
    assert order.paid_at - order.ordered_at == 2 * 60_000_000
    (line,) = order.lines
    assert (line.product_name, line.sku_name, line.quantity, line.merchant_code) == ("真丝睡衣", "藕粉 M", 2, "MC-1")
    assert (line.price_fen, line.paid_fen, line.promise_kind) == (19_900, 37_800, "H48")


def test_an_export_of_taobao_is_read_as_it_is(brought) -> None:
    (order,), bad = brought(f"{TAOBAO}\n{TAOBAO_ROW}\n".encode("gb18030"))

    assert bad == []
    assert (order.order_no, order.state) == ("190000000000000001", "TO_SHIP")
    assert order.receiver == ReceiverIn("李四", "18412345678", "330106", "文三路 90 号")
    assert [(each.product_name, each.quantity, each.paid_fen) for each in order.lines] == [("油纸伞", 1, 5_990)]


def test_a_workbook_with_serial_dates_and_numbers_is_read(tmp_path: Path, queue) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "orders.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["订单编号", "支付时间", "商品数量", "实付金额", "商品名称"])
        sheet.write_row(1, 0, [12345, 44731.875, 2, 59.9, "油纸伞"])
        sheet.write_row(2, 0, [4900000000000000001, 44731.875, 2, 59.9, "油纸伞"])

    summary = files.import_file(tmp_path / "orders.xlsx", kind="orders", sender=SHOP, queue=queue)

    (order,) = queue.items
    assert (order.order_no, order.state, order.lines[0].paid_fen) == ("12345", "TO_SHIP", 5_990)
    assert to_datetime(order.paid_at).isoformat() == "2022-06-19T13:00:00+00:00"
    assert (summary.accepted, summary.rejected) == (1, 1), "a number of 19 digits has lost some of them"


def told(brought, columns: str, *rows: str) -> list[OrderIn]:
    orders, bad = brought("\n".join((f"订单编号,支付时间,{columns}", *rows)) + "\n")
    assert bad == []
    return orders


@pytest.mark.parametrize(
    ("written", "promise"),
    [
        pytest.param("48小时", ("H48", 0), id="hours"),
        pytest.param("24小时内发货", ("H24", 0), id="hours in a sentence"),
        pytest.param("当日发", ("SAME_DAY_NEXT_DAY", 0), id="the same day"),
        pytest.param("次日发货", ("NEXT_DAY", 0), id="the next day"),
        pytest.param("5天", ("PRESALE_FULL", 5), id="days"),
        pytest.param("预售15天内发货", ("PRESALE_FULL", 15), id="a presale in words"),
        pytest.param("1天内发货", ("H24", 0), id="a day is 24 hours"),
        pytest.param("presale_full", ("PRESALE_FULL", 0), id="our own word"),
        pytest.param("2022-06-22 10:00:00", ("H48", 0), id="the time that 48 hours come to"),
        pytest.param("2022-06-21 10:00:00", ("H24", 0), id="the time that 24 hours come to"),
        pytest.param("2022-06-20 23:59:59", ("SAME_DAY_NEXT_DAY", 0), id="the end of the day"),
        pytest.param("2022-06-21 23:59:59", ("NEXT_DAY", 0), id="the end of the next"),
        pytest.param("2022-06-27 10:00:00", ("PRESALE_FULL", 7), id="the time a week comes to"),
        pytest.param("2022-06-28 09:30:00", ("STEPPED", 0), id="a time of its own"),
    ],
)
def test_promises_are_written_in_many_ways(brought, written, promise) -> None:
    (order,) = told(brought, "承诺发货时间", f"1,2022-06-20 10:00:00,{written}")

    (line,) = order.lines
    assert (line.promise_kind, line.promise_days) == promise
    assert bool(line.promise_at) is (promise[0] == "STEPPED")


def test_neighbouring_rows_of_one_order_are_one_order_however_they_differ(brought) -> None:
    rows = [
        "1,2022-06-20 10:00:00,,,8,,伞",
        "1,2022-06-20 10:00:00,2022-06-20 18:00:00,要快,0,已发货,灯",
        "2,2022-06-20 10:00:00,,,,,扇",
    ]
    first, second = told(brought, "发货时间,买家留言,运费,订单状态,商品名称", *rows)

    assert [line.product_name for line in first.lines] == ["伞", "灯"]
    assert (first.state, first.buyer_remark, first.freight_fen) == ("PARTIALLY_SHIPPED", "要快", 800)
    assert first.changed_at - first.paid_at >= 8 * HOUR
    assert (second.order_no, second.state) == ("2", "TO_SHIP")


@pytest.mark.parametrize(
    ("states", "state", "lines"),
    [
        pytest.param(["待发货", "已取消"], "TO_SHIP", 1, id="a part was cancelled"),
        pytest.param(["已取消", "已关闭"], "CANCELLED", 2, id="all of it was"),
        pytest.param(["已发货", "已完成"], "SHIPPED", 2, id="all of it left"),
        pytest.param(["待支付", "待发货"], "PENDING_PAYMENT", 2, id="not all is paid"),
        pytest.param(["待发货", "部分发货"], "PARTIALLY_SHIPPED", 2, id="a part left"),
    ],
)
def test_rows_that_stand_differently_are_one_order_that_stands_somehow(brought, states, state, lines) -> None:
    (order,) = told(brought, "订单状态", *(f"1,2022-06-20 10:00:00,{each}" for each in states))

    assert (order.state, len(order.lines)) == (state, lines)


def test_without_a_time_of_change_the_newest_time_counts_and_progress_breaks_the_tie(brought) -> None:
    waits, shipped, paid = told(
        brought, "发货时间,订单状态", "1,2022-06-20 10:00:00,,", "2,2022-06-20 10:00:00,2022-06-20 12:00:00,已发货",
        "3,2022-06-20 10:00:00,,已取消",
    )  # fmt: skip

    assert shipped.changed_at - waits.changed_at > HOUR
    assert 0 < paid.changed_at - waits.changed_at < 10, "cancelled at the same time is the newer word"


def test_one_bad_row_brings_its_whole_order_back_and_spares_the_neighbours(brought) -> None:
    rows = [
        "1,2022-06-20 10:00:00,1,伞",
        "2,2022-06-20 10:00:00,1,灯",
        "2,2022-06-20 10:00:00,两个,扇",
        "3,2022-06-20 10:00:00,1,茶",
        "4,昨天,1,茶",
    ]
    orders, bad = brought("\n".join(("订单编号,支付时间,商品数量,商品名称", *rows)) + "\n")

    assert [order.order_no for order in orders] == ["1", "3"]
    assert [(row[0], row[3], row[-1]) for row in bad[1:]] == [
        ("2", "灯", "商品数量：不是整数"),
        ("2", "扇", "商品数量：不是整数"),
        ("4", "茶", "支付时间：不是 2000 至 2099 年间的时间"),
    ]


@pytest.mark.parametrize(
    ("columns", "cells", "reason"),
    [
        pytest.param("实付金额", "免费", "订单应付金额：不是以元为单位的金额", id="no amount"),
        pytest.param("承诺发货时间", "尽快", "承诺发货时间：不是 2000 至 2099 年间的时间", id="a promise of nothing"),
        pytest.param("订单状态", "下落不明", "state: 不是已知的取值", id="a state nobody knows"),
        pytest.param("收件区划", "西湖区", "division: 含有不允许的字符", id="a division in words"),
    ],
)
def test_what_cannot_be_understood_is_said(brought, columns, cells, reason) -> None:
    orders, bad = brought(f"订单编号,支付时间,{columns}\n1,2022-06-20 10:00:00,{cells}\n")

    assert orders == []
    assert reason in bad[1][-1]


def test_a_row_without_any_time_is_reported(brought) -> None:
    _, bad = brought("订单编号,商品名称\n1,伞\n")
    assert bad[1][-1] == "更新时间：不是 2000 至 2099 年间的时间"


def test_only_a_shop_may_leave_its_number_out(brought) -> None:
    with pytest.raises(Refusal):
        brought("订单编号,支付时间\n1,2022-06-20 10:00:00\n", sender=p.SENDERS[p.PLATFORM])


def test_no_name_stands_for_two_columns() -> None:
    fields: dict[str, set[str]] = {}
    for each in order_columns.ORDERS:
        for name in (each.field, each.title, *each.synonyms):
            fields.setdefault(name.casefold().replace("_", " "), set()).add(each.field)
    assert {name: found for name, found in fields.items() if len(found) > 1} == {}


def test_amounts_are_written_as_people_do(brought) -> None:
    (order,) = told(brought, "商品单价,商品金额,运费", '1,2022-06-20 10:00:00,,"¥1,234.50",8元')

    assert (order.lines[0].price_fen, order.lines[0].paid_fen, order.freight_fen) == (123_450, 123_450, 800)
