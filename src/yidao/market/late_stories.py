"""
Fixed cases about orders that are not shipped: sixty that run late together, and one that is closed after 150 days.
Their numbers never change, and they are told as the marketplace tells every order.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from yidao.market import buying, data, wires
from yidao.market.stamps import DAY, HOUR
from yidao.market.wires import Line, Message
from yidao.market.world import Cast

FLASH_SALE: Final = "flash-sale"
FLASH_SALE_TITLE: Final = "Sixty orders of a flash sale that all run late an hour after the opening"
FLASH_SALE_ORDERS: Final = 60
"""At ten yuan each ten more than the cap of a day lets through."""
FLASH_SALE_SHOP: Final = "charlie"
OLD_ORDER: Final = "150-days"
OLD_ORDER_TITLE: Final = "An order that is closed after 150 days; its refund fails before it gets through"
OLD_ORDER_TOLD_BEFORE: Final = 10 * DAY
FLASH_SALE_CASE: Final = 1
OLD_ORDER_CASE: Final = 2
_PAID_BEFORE: Final = 47 * HOUR
_CLOSES_AFTER: Final = 150 * DAY - 2 * HOUR
_FIRST_NUMBER: Final = 4_810_000_000_000_000_000


def order_no(case: int, index: int) -> str:
    """Return the stable number of one order of a case."""
    return f"{_FIRST_NUMBER + case * 1_000 + index}"


def flash_sale(*, cast: Cast, opens_at: int) -> tuple[Message, ...]:
    """Return the word about sixty orders of one product, paid so that they are late an hour after the opening."""
    shop_no = next(index for index, shop in enumerate(data.SHOPS) if shop.key == FLASH_SALE_SHOP)
    lines = [
        Line(
            order_no(FLASH_SALE_CASE, index),
            cast.creator_ids[index % len(cast.creator_ids)],
            product_id=f"P{shop_no + 1:02d}FLASH",
            product_name="限时抢购 四件套",
        )
        for index in range(FLASH_SALE_ORDERS)
    ]
    return tuple(_told(lines, cast.shop_ids[shop_no], shop_no, paid=opens_at - _PAID_BEFORE, case=FLASH_SALE_CASE))


def old_order(*, cast: Cast, opens_at: int) -> tuple[Message, ...]:
    """Return the word about an order that is 150 days old two hours after the opening."""
    line = Line(order_no(OLD_ORDER_CASE, 0), cast.creator_ids[0], product_id="P01OLD", product_name="断码清仓 真丝睡裙")
    paid = opens_at - _CLOSES_AFTER
    return tuple(
        message._replace(send_at=opens_at - OLD_ORDER_TOLD_BEFORE)
        for message in _told([line], cast.shop_ids[0], 0, paid=paid, case=OLD_ORDER_CASE)
    )


def _told(lines: Sequence[Line], shop_id: str, shop_no: int, *, paid: int, case: int) -> Iterator[Message]:
    via = FLASH_SALE_SHOP if data.SHOPS[shop_no].key == FLASH_SALE_SHOP else ""
    for index, line in enumerate(lines):
        buyer = buying.receiver(case * 1_000 + index, tail="", division="110101", place="北京市东城区")
        sale = wires.Sale(1, "标准装", 5_990, 0, None, "", buyer, paid)
        told = wires.order(shop_id, line, sale, state="TO_SHIP", changed_at=paid, paid_at=paid)
        yield Message(paid + 5, -20_000 + case * 1_000 + index, wires.ORDERS, via, told)
