"""Which page numbers a footer shows."""

from collections.abc import Sequence

AROUND = 1
GAP = 0
"""Stands where numbers are left out."""


def numbers(*, page: int, total: int, size: int) -> Sequence[int]:
    """Return the first, the last and those around the page, with GAP between what is apart; nothing for one page."""
    last = -(-total // size)
    if last <= 1:
        return ()
    near = {each for each in range(page - AROUND, page + AROUND + 1) if 1 <= each <= last}
    edge = {1, 2, 3} if page <= 2 else {1}
    shown = sorted((near | edge | {last}) & set(range(1, last + 1)))
    found: list[int] = []
    for each in shown:
        if found and each - found[-1] == 2:
            found.append(each - 1)
        elif found and each - found[-1] > 2:
            found.append(GAP)
        found.append(each)
    return tuple(found)
