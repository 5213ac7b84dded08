"""Buyers as lists show them, and as the few see them who may."""

import pytest

from yidao.kit import crypto
from yidao.orders import reading


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三丰", "张**"), ("李四", "李*"), ("王", "王*"), ("", ""), ("Li Lei", "L*****")],
    ids=["three signs", "two signs", "one sign still hides one", "no name", "letters"],
)
def test_a_name_shows_its_first_sign(name: str, shown: str) -> None:
    assert reading.masked_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13812345678", "138****5678"), ("057188888888", "057****8888"), ("12345", "****45"), ("", "")],
    ids=["a mobile", "a landline", "a short number shows two digits", "no phone"],
)
def test_a_phone_shows_seven_digits_at_most(phone: str, shown: str) -> None:
    assert reading.masked_phone(phone) == shown


def test_what_was_copied_from_another_order_does_not_open() -> None:
    stored = crypto.encrypt("张三丰".encode(), place=reading.place("receiver_name", 1))

    assert reading.text(1, "receiver_name", stored) == "张三丰"
    for order_id, column in ((2, "receiver_name"), (1, "receiver_phone")):
        with pytest.raises(crypto.Undecryptable):
            reading.text(order_id, column, stored)


def test_of_a_street_nothing_is_shown() -> None:
    street = crypto.encrypt("文三路 1 号".encode(), place=reading.place("receiver_address", 1))

    shown = reading.masked(1, name=None, phone=None, address=street, division=330106)

    assert (shown.name, shown.phone, shown.division, shown.address) == ("", "", 330106, "****")
    assert "文三路" not in repr(reading.buyer(1, name=None, phone=None, address=street, division=0))
