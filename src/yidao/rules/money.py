"""Money: whole fen (分) everywhere, and yuan (元) only where people read or write it."""

import re
from typing import Final, NewType

Fen = NewType("Fen", int)
"""An amount in fen; a hundred of them are one yuan."""

NOTHING: Final = Fen(0)
PER_YUAN: Final = 100
_YUAN: Final = re.compile(r"(\d{1,10})(?:\.(\d{1,2}))?", re.ASCII)


def yuan(amount: int) -> str:
    """
    Return an amount as people read it, always with two places.

    >>> yuan(123456)
    '1,234.56'
    >>> yuan(-5)
    '-0.05'
    """
    whole, rest = divmod(abs(amount), PER_YUAN)
    return f"{'-' if amount < 0 else ''}{whole:,}.{rest:02}"


def plain_yuan(amount: int) -> str:
    """
    Return an amount as sheets read it: two places and nothing between the thousands.

    >>> plain_yuan(123456)
    '1234.56'
    """
    return yuan(amount).replace(",", "")


def fen(text: str) -> Fen | None:
    """
    Return the amount that somebody wrote in yuan, None when it is none.

    Nothing is rounded: a third place is an error, not less than a fen.

    >>> fen("1,234.5"), fen(" 7 "), fen("1.005"), fen("-1")
    (123450, 700, None, None)
    """
    found = _YUAN.fullmatch(text.strip().replace(",", ""))
    if found is None:
        return None
    return Fen(int(found[1]) * PER_YUAN + int((found[2] or "").ljust(2, "0")))
