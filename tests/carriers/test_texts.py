"""Local times, region codes, telephone numbers and waybill numbers as providers write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.carriers import texts
from yidao.rules.instants import instant, to_datetime


def test_a_local_time_is_shanghai_time():
    assert to_datetime(texts.local_time("2021-12-22 18:05:02")) == datetime(2021, 12, 22, 10, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2021-12-22T18:05:02",
        "2021/12/22 18:05:02",
        "2021.12.22 18:05:02",
        "2021年12月22日 18:05:02",
        " 2021-12-22 18:05:02 ",
        "2021-12-22  18:05:02",
        "2021-12-22 18:05:02.123",
    ],
)
def test_the_same_instant_in_other_spellings(text):
    assert texts.local_time(text) == texts.local_time("2021-12-22 18:05:02")


def test_the_second_may_be_left_out_and_the_day_be_short():
    assert texts.local_time("2021-2-3 08:05") == texts.local_time("2021-02-03 08:05:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "yesterday",
        "2021-02-30 10:00:00",
        "2021-12-22 24:00:00",
        "2021-12-22 18:60:02",
        "9999-12-31 23:59:59",
        "1999-12-31 23:59:59",
        "0000-00-00 00:00:00",
        "2021-12-22 1８:05:02",
        "2021-12-22 18:05:02+08:00",
        "2021-12-22 18:05:6x",
    ],
)
def test_what_is_no_time_is_refused(text):
    texts.local_time("2021-12-22 18:05:02")

    assert texts.local_time(text) is None


@given(st.integers(min_value=946_800_000, max_value=4_102_300_000))
def test_quick_and_slow_reading_agree(second):
    moment = datetime.fromtimestamp(second, tz=texts.SHANGHAI)
    text = moment.strftime("%Y-%m-%d %H:%M:%S")

    first, second = texts.local_time(text), texts.local_time(text)

    assert first == second == instant(moment)


@pytest.mark.parametrize(
    ("area", "division"),
    [("CN320507004000", "320507"), ("320507", "320507"), ("CN", ""), ("", ""), ("CN32", ""), ("US123456789", "")],
)
def test_the_division_in_an_area_code(area, division):
    assert texts.division_of_area(area) == division


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        pytest.param("派件员 张三 13812345678 正在派件", "派件员 张三 1******5678 正在派件", id="a mobile number"),
        pytest.param("电话13812345678。", "电话1******5678。", id="right after a word"),
        pytest.param("tel13812345678", "tel1******5678", id="right after letters"),
        pytest.param("电话:138-1234-5678", "电话:1******5678", id="in groups with hyphens"),
        pytest.param("电话:138 1234 5678", "电话:1******5678", id="in groups with blanks"),
        pytest.param("+86 13812345678", "1******5678", id="with the country"),
        pytest.param("8613812345678", "1******5678", id="with the country and no plus"),
        pytest.param("17012345678-1234", "1******5678", id="a virtual number loses its extension"),
        pytest.param("17012345678转1234", "1******5678", id="an extension in words"),
        pytest.param("网点电话0571-88881234", "网点电话0******34", id="a landline"),
        pytest.param("电话13812345678", "电话1******5678", id="full-width digits"),
        pytest.param("008613812345678", "1******5678", id="with the country and two zeros"),
        pytest.param("(+86)138.1234.5678", "1******5678", id="in brackets and with points"),
        pytest.param("013812345678", "1******5678", id="with a zero in front"),
        pytest.param("138–1234–5678", "1******5678", id="with printers' dashes"),
        pytest.param("138\u30001234\u00a05678", "1******5678", id="with other blanks"),
        pytest.param("138\u200b1234\u200b5678", "1******5678", id="with blanks nobody sees"),
        pytest.param("（0571）8888 1234", "0******34", id="a landline in brackets"),
        pytest.param("+86 571 88881234", "5******34", id="a landline with the country"),
        pytest.param("+8657188881234转801", "5******01", id="a landline with country and extension"),
        pytest.param("（张三）——13812345678（店）", "（张三）——1******5678（店）", id="what stands around it stays"),
        pytest.param("2022.06.18 10:00 已到 0120", "2022.06.18 10:00 已到 0120", id="a date is no telephone"),
        pytest.param("13812345678、13987654321", "1******5678、1******4321", id="two of them"),
        pytest.param("客服95311", "客服95311", id="a hotline is nobody's"),
        pytest.param("运单773012345678901已到达", "运单773012345678901已到达", id="a waybill number stays"),
        pytest.param("取件码 12-3-4567", "取件码 12-3-4567", id="a collection code is no telephone"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_telephone_numbers_show_five_digits_at_most(written, kept):
    assert texts.hide_telephones(written) == kept


@given(st.text(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet="，。:张abc() "))
def test_no_mobile_number_survives(before, number, after):
    kept = texts.readable(before + "." + number + after, limit=10_000)

    assert number not in kept


def test_control_characters_and_lone_surrogates_never_reach_the_database():
    assert texts.readable("a\x00b\ud800c\n d", limit=100) == "a b c  d"


@pytest.mark.parametrize(
    ("text", "flag"),
    [("外包装破损", texts.DAMAGED_BIT), ("快件丢失", texts.LOST_BIT), ("已到达杭州", 0), ("damaged", 0), ("", 0)],
)
def test_keywords_raise_flags(text, flag):
    assert texts.flags_of(text) == flag


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("YT0000000000001", True),
        ("JDX0001-1-1-", True),
        ("", False),
        ("A" * 41, False),
        ("A" * 40, True),
        ("YT1\n", False),
        ("单号", False),
        ("YT 1", False),
        ("YT١", False),
    ],
)
def test_waybill_numbers(text, is_number):
    assert texts.is_waybill_no(text) is is_number
