"""Waybill numbers whose form can be checked. Who fails is warned about, never refused: real feeds are untidy."""

from typing import Final

S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_LENGTH: Final = 13


def s10_check_digit(serial: str) -> int:
    """
    Return the check digit of the eight digits of an international postal item.

    Source: UPU standard S10. Worked example: 47312482 weighs 200, and 11 - 200 mod 11 = 9.

    >>> s10_check_digit("47312482")
    9
    """
    assert len(serial) == len(S10_WEIGHTS), "a serial number has eight digits"
    weighed = sum(weight * int(digit) for weight, digit in zip(S10_WEIGHTS, serial, strict=True))
    check = 11 - weighed % 11
    return {10: 0, 11: 5}.get(check, check)


def is_s10(number: str) -> bool:
    """Tell whether a number is a well-formed S10 identifier: two letters, eight digits, check digit, two letters."""
    number = number.upper()
    service, serial, check, country = number[:2], number[2:10], number[10:11], number[11:]
    return (
        len(number) == _S10_LENGTH
        and number.isascii()
        and (service + country).isalpha()
        and (serial + check).isdigit()
        and s10_check_digit(serial) == int(check)
    )
