"""
Fixed cases with numbers that never change, one for each anomaly and one for each history worth showing. They are placed
around the hour at which the demo opens, so that everyone who starts one finds them in the same state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from yidao.market import buying, data, late_stories, stamps, wires
from yidao.market.journey import Step
from yidao.market.scripts import (
    AWAY,
    LATER_SCRIPTS,
    NIGHT,
    RETURN,
    SCRIPTS,
    SELF_SOLD,
    Scene,
    Script,
    Scripted,
    events,
    way,
)
from yidao.market.stamps import HOUR
from yidao.market.wires import Event, Line, Message, Order, Shipment, Told
from yidao.market.world import Cast, room_id

SHOW_DAY: Final = 24
"""The day of the market's history whose first live show the cases were sold in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    One case: `title` says what it shows, `shows` names the anomaly type that is open or was (empty: none). An order
    that was never shipped has no carrier and no waybill number.
    """

    key: str
    title: str
    carrier: str
    waybill_no: str
    order_no: str
    shows: str
    messages: tuple[Message, ...]


_PREFIXES: Final = {"zhongtong": ("788", 11), "yuantong": ("YT88", 11), "yunda": ("488", 12), "shentong": ("7788", 10),
                    "shunfeng": ("SF8", 12), "jd": ("JD88", 11)}  # fmt: skip


def waybill_no(carrier: str, number: int) -> str:
    """Return the stable number of a case."""
    prefix, digits = _PREFIXES[carrier]
    return f"{prefix}{number:0{digits}d}"


NOT_SHIPPED: Final = "not-shipped"
STEPPED_IN: Final = "stepped-in"


def stories(*, cast: Cast, opens_at: int) -> tuple[Story, ...]:
    """Return the cases of a demo that opens at a given second; new ones come last, for numbers never change."""
    told = [_staged(script, number, cast=cast, opens_at=opens_at) for number, script in enumerate(SCRIPTS, start=1)]
    later = [
        _staged(script, number, cast=cast, opens_at=opens_at)
        for number, script in enumerate(LATER_SCRIPTS, start=len(SCRIPTS) + 2)
    ]
    last = len(SCRIPTS) + len(LATER_SCRIPTS) + 2
    return (
        *told,
        _second_life(cast=cast, opens_at=opens_at),
        *later,
        _not_shipped(last, cast=cast, opens_at=opens_at),
        *_late(cast=cast, opens_at=opens_at),
    )


def _late(*, cast: Cast, opens_at: int) -> Iterator[Story]:
    """Yield the cases of orders that are never shipped."""
    for key, case, title, messages in (
        (late_stories.FLASH_SALE, late_stories.FLASH_SALE_CASE, late_stories.FLASH_SALE_TITLE, late_stories.flash_sale),
        (late_stories.OLD_ORDER, late_stories.OLD_ORDER_CASE, late_stories.OLD_ORDER_TITLE, late_stories.old_order),
    ):
        yield Story(
            key=key,
            title=title,
            carrier="",
            waybill_no="",
            order_no=late_stories.order_no(case, 0),
            shows="",
            messages=messages(cast=cast, opens_at=opens_at),
        )


def _staged(script: Script, number: int, *, cast: Cast, opens_at: int) -> Story:
    name = waybill_no(script.carrier, number)
    told = Told(
        waybill_no=name,
        carrier=next(one for one in data.CARRIERS if one.code == script.carrier),
        steps=[_step(scene, opens_at) for scene in script.scenes],
        chance=data.dice(number),
        tie=-10_000 + number * 64,
        true_division="110101",
    )
    shipped = opens_at + int(script.ships * HOUR)
    paid = opens_at + int((script.ships - 6 if script.pays is None else script.pays) * HOUR)
    handed_in = shipped + 10 if script.hands_in is None else opens_at + int(script.hands_in * HOUR)
    shop_no = next(index for index, shop in enumerate(data.SHOPS) if shop.key == script.shop)
    lines = _lines(script, number, cast, shop_no)
    shipment = Shipment(
        cast.shop_ids[shop_no],
        script.names_carrier or script.carrier,
        name,
        stamps.rfc3339(shipped),
        "330102",
        "110101",
        lines,
        stamps.rfc3339(paid),
        "0088",
    )
    scripted = Scripted(script=script, opens_at=opens_at, told=told)
    messages = (
        *_orders(number, lines, cast.shop_ids[shop_no], told_at=min(paid, shipped - 60), paid_at=paid, tie=told.tie),
        Message(handed_in, told.tie, wires.PARCELS, "", shipment),
        *script.tell(scripted),
    )
    return Story(
        key=script.key,
        title=script.title,
        carrier=script.names_carrier or script.carrier,
        waybill_no=name,
        order_no=lines[0].order_no,
        shows=script.shows,
        messages=messages,
    )


def _step(scene: Scene, opens_at: int) -> Step:
    hour, kind, code = scene
    city = data.city_by_code()[code]
    at = opens_at + int(hour * HOUR)
    if hour == NIGHT:
        at = stamps.midnight(opens_at - 2 * HOUR) + 5400
    return Step(at, kind, city.counties[0][0], f"{city.name}{city.counties[0][1]}")


def _orders(
    case: int, lines: Sequence[Line], shop_id: str, *, told_at: int, paid_at: int, tie: int
) -> Iterator[Message]:
    """Yield the word about each order; goods that a customer sends back are no order."""
    is_paid = paid_at <= told_at
    state = "TO_SHIP" if is_paid else "PENDING_PAYMENT"
    buyer = buying.receiver(case, tail="0088", division="110101", place="北京市东城区")
    for number, line in enumerate(lines):
        if not line.customer_return:
            # Cases are told when they are due whatever was promised; the usual time holds for all of them.
            sale = buying.sale(line, case * 10 + number, paid_at=paid_at, receiver=buyer)._replace(promise=None)
            told = wires.order(shop_id, line, sale, state=state, changed_at=told_at, paid_at=paid_at if is_paid else 0)
            yield Message(told_at, tie + number, wires.ORDERS, "", told)


def _not_shipped(number: int, *, cast: Cast, opens_at: int) -> Story:
    """Return the case of an order that waits for its shop."""
    script = Script(
        key=NOT_SHIPPED,
        title="An order that its shop has not shipped",
        carrier="",
        shows="",
        ships=0,
        scenes=(),
        tell=events,
    )
    lines = _lines(script, number, cast, 0)
    paid = opens_at - 30 * HOUR
    return Story(
        key=script.key,
        title=script.title,
        carrier="",
        waybill_no="",
        order_no=lines[0].order_no,
        shows="",
        messages=tuple(_orders(number, lines, cast.shop_ids[0], told_at=paid, paid_at=paid, tie=-10_000 + number * 64)),
    )


def _lines(script: Script, number: int, cast: Cast, shop_no: int) -> tuple[Line, ...]:
    products = data.PRODUCTS[script.shop]
    numbers = {creator.key: index for index, creator in enumerate(data.CREATORS)}
    ids = {creator.key: name for creator, name in zip(data.CREATORS, cast.creator_ids, strict=True)}
    return tuple(
        Line(
            f"{4_800_000_000_000_000_000 + number * 10 + index}",
            ids.get(creator),
            self_sold=scope == SELF_SOLD,
            cross_border=script.shop == "overseas",
            customer_return=scope == RETURN,
            room_id=room_id(numbers[creator], SHOW_DAY, 0) if creator and not scope else "",
            product_id=f"P{shop_no + 1:02d}{number % len(products) + 1:02d}",
            product_name=products[number % len(products)],
        )
        for index, (creator, scope) in enumerate(script.lines)
    )


def _second_life(*, cast: Cast, opens_at: int) -> Story:
    """Return the case of a number that comes back from the recycling, two weeks after its first life ended."""
    number = len(SCRIPTS) + 1
    scripts: Sequence[Script] = (
        Script(
            key="number-again",
            title="",
            carrier="yunda",
            shows="",
            ships=-480,
            tell=events,
            scenes=(*way(-474), (-430, "OUT_FOR_DELIVERY", AWAY), (-426, "SIGNED", AWAY)),
        ),
        Script(
            key="number-again",
            title="The second life of a number that was used before",
            carrier="yunda",
            shows="OTHER",
            ships=-40,
            scenes=way(-34),
            tell=events,
        ),
    )
    first, second = (_staged(script, number, cast=cast, opens_at=opens_at) for script in scripts)
    renamed = tuple(_renamed(message) for message in second.messages)
    return Story(
        key=second.key,
        title=second.title,
        carrier=second.carrier,
        waybill_no=second.waybill_no,
        order_no=first.order_no,
        shows=second.shows,
        messages=(*first.messages, *renamed),
    )


def _renamed(message: Message) -> Message:
    """Give the second life its own event ids, order and receiver."""
    body = message.body
    if isinstance(body, Event):
        return message._replace(body=structs.replace(body, event_id=f"{body.event_id}-2"))
    if isinstance(body, Order):
        return message._replace(body=structs.replace(body, order_no=f"{int(body.order_no) + 5}"))
    assert isinstance(body, Shipment)
    lines = tuple(structs.replace(line, order_no=f"{int(line.order_no) + 5}") for line in body.lines)
    return message._replace(body=structs.replace(body, lines=lines, receiver_phone_tail="0099"))
