"""Money is whole fen; yuan are for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("12", 1200, id="whole yuan"),
        pytest.param("12.3", 1230, id="one place"),
        pytest.param("12.34", 1234, id="two places"),
        pytest.param(" 1,234.56 ", 123456, id="thousands and blanks"),
        pytest.param("0", 0, id="nothing"),
        pytest.param("12.345", None, id="part of a fen"),
        pytest.param("-1", None, id="less than nothing"),
        pytest.param("1e3", None, id="no plain number"),
        pytest.param("١٢", None, id="digits of another script"),
        pytest.param("12345678901", None, id="too long"),
        pytest.param("", None, id="empty"),
    ],
)
def test_an_amount_is_read_as_written(text: str, amount: int | None) -> None:
    assert money.fen(text) == amount


@given(st.integers(0, 10**12 - 1))
def test_what_is_written_is_read_back(amount: int) -> None:
    assert money.fen(money.yuan(amount)) == money.fen(money.plain_yuan(amount)) == amount


def test_an_amount_is_written_with_two_places() -> None:
    assert [money.yuan(each) for each in (0, 5, -5, 100_000_00)] == ["0.00", "0.05", "-0.05", "100,000.00"]
