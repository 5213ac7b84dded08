"""
What the demo's buyers are called, where they live, what they pay and what they are promised: all of it follows from a
number alone.
"""

from random import Random
from typing import Final

from yidao.market import data, stamps
from yidao.market.wires import Line, Promise, Receiver, Sale

_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰"
_ROADS: Final = ("解放路", "人民路", "中山路", "建设路", "和平路", "新华路", "文化路", "滨江大道", "青年路", "学府路")
_REMARKS: Final = (
    "请尽快发货,谢谢",
    "周末在家,工作日放门口",
    "送朋友的,不要放价格单",
    "麻烦包装仔细一点",
    "电话提前联系",
)
_SPECS: Final = ("标准装", "两件装", "礼盒装", "大号", "中号", "小号", "米白", "藏青")
_CENTS: Final = (0, 90, 80, 50)
PHONE_PREFIX: Final = "1990000"
"""Phones nobody holds; the last four digits tell buyers apart."""
REMARK_ONE_IN: Final = 7
CHEAP_ONE_IN: Final = 40
DEAR_ONE_IN: Final = 25
APPOINTED_ONE_IN: Final = 60


USUAL: Final[Promise | None] = None
"""No promise of its own: the usual 48 hours."""
_PROMISES: Final = (
    *(USUAL for _ in range(16)),
    Promise("H24"),
    Promise("NEXT_DAY"),
    Promise("PRESALE_FULL", days=7),
    Promise("SPOT_AND_PRESALE", days=5),
)


def sale(line: Line, number: int, *, paid_at: int, receiver: Receiver) -> Sale:
    """Return what an order says besides its state: pieces, prices, promise and buyer; equal numbers are equal sales."""
    price = price_fen(line.product_id, number)
    pieces = 1 if number % 5 else 2 + number % 2
    promise = _PROMISES[number // 3 % len(_PROMISES)]
    if number % APPOINTED_ONE_IN == 0:
        promise = Promise("APPOINTMENT", at=stamps.rfc3339(paid_at + 4 * stamps.DAY))
    return Sale(
        quantity=pieces,
        sku_name=spec(number),
        price_fen=price,
        freight_fen=0 if number % 4 else 600,
        promise=promise,
        remark=remark(number),
        receiver=receiver,
        ordered_at=paid_at - 30 - number % 240,
    )


def receiver(number: int, *, tail: str, division: str, place: str) -> Receiver:
    """Return who receives an order."""
    chance = data.dice(number)
    name = _one(chance, data.SURNAMES) + _one(chance, _GIVEN)
    if chance.random() < 0.6:
        name += _one(chance, _GIVEN)
    house, unit, room = chance.randint(1, 99), chance.randint(1, 6), chance.randint(101, 2604)
    street = _ROADS[chance.randrange(len(_ROADS))]
    return Receiver(
        name,
        f"{PHONE_PREFIX}{tail or f'{chance.randrange(10_000):04d}'}",
        division,
        f"{place}{street}{house}号{unit}单元{room}室",
    )


def remark(number: int) -> str:
    """Return what the buyer wrote, mostly nothing."""
    return "" if number % REMARK_ONE_IN else _REMARKS[number // REMARK_ONE_IN % len(_REMARKS)]


def spec(number: int) -> str:
    """Return the kind of a product that was ordered (规格)."""
    return _SPECS[number % len(_SPECS)]


def price_fen(product: str, number: int) -> int:
    """
    Return a unit's price in fen: a product has its own, a few orders are next to nothing or dear, as the bounds of
    compensation want to be seen.
    """
    if number % CHEAP_ONE_IN == 0:
        return 300 if number % (2 * CHEAP_ONE_IN) else 199
    if number % DEAR_ONE_IN == 0:
        return 30_000 + number % 5 * 20_000
    own = sum(product.encode()) * 7_919
    return (19 + own % 260) * 100 + _CENTS[own % len(_CENTS)]


def _one(chance: Random, signs: str) -> str:
    return signs[chance.randrange(len(signs))]
