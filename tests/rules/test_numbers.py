"""Waybill numbers."""

import pytest

from yidao.rules import numbers


@pytest.mark.parametrize(
    ("serial", "digit"),
    [
        pytest.param("12345678", 5, id="12345678 gives 5"),
        pytest.param("47312482", 9, id="47312482 gives 9"),
        pytest.param("00000000", 5, id="a remainder of nothing gives 5"),
        pytest.param("00000080", 5, id="eight times nine leaves six, which gives 5"),
        pytest.param("00000800", 4, id="eight times five leaves seven, which gives 4"),
        pytest.param("00000020", 4, id="two times nine leaves seven, which gives 4"),
        pytest.param("00001000", 8, id="one times three gives 8"),
        pytest.param("00040000", 3, id="four times two gives 3"),
        pytest.param("00003300", 9, id="three times three and three times five leave two, which gives 9"),
        pytest.param("00004000", 0, id="a remainder of one cannot be written and gives 0"),
    ],
)
def test_check_digit_of_an_international_item(serial, digit):
    assert numbers.s10_check_digit(serial) == digit


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        pytest.param("RR123456785CN", True, id="a valid number"),
        pytest.param("rr123456785cn", True, id="small letters are read as capitals"),
        pytest.param("RB123456785GB", True, id="another country"),
        pytest.param("EB000717595HK", True, id="leading zeros"),
        pytest.param("LX123456789CN", False, id="a wrong check digit"),
        pytest.param("R1123456785CN", False, id="a digit in the service"),
        pytest.param("RR12345678ACN", False, id="a letter in the number"),
        pytest.param("RR12345678CN", False, id="too short"),
        pytest.param("ＲＲ123456785CN", False, id="wide letters"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_international_number(number, is_valid):
    assert numbers.is_s10(number) is is_valid
