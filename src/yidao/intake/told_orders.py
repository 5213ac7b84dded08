"""From the wire's orders to what the room of the orders takes: fully validated, telephones reduced to their digits."""

import re
from datetime import datetime
from typing import Final

from yidao.carriers.native import wire
from yidao.carriers.texts import EARLIEST, LATEST
from yidao.intake import fields
from yidao.intake.fields import Bad
from yidao.intake.senders import Sender
from yidao.orders.entry import NOBODY, OrderIn, OrderLineIn, ReceiverIn
from yidao.rules.instants import instant
from yidao.rules.promise import Kind

MALFORMED: Final = "order.malformed"
_KINDS: Final = frozenset(kind.value for kind in Kind)
_DIVISION_DIGITS: Final = 6
_EXTENSION: Final = re.compile(r"^((?:\+?86)?1\d{10})\s*(?:[-,，#]|转|ext\.?)\s*\d{1,6}$", re.IGNORECASE)


def order(told: wire.Order, sender: Sender) -> OrderIn:
    """
    Return the payload of one order.

    :raises Bad: what the types alone cannot say is wrong.
    """
    shop_id = fields.id_of(told.shop_id, "/shop_id", malformed=MALFORMED)
    if sender.own_shop and shop_id != sender.own_shop:
        raise Bad("order.shop_unknown", ("/shop_id", "field.unknown_value"))
    if not fields.is_order_no(told.order_no):
        raise Bad(MALFORMED, ("/order_no", "field.form"))
    if told.state not in wire.ORDER_STATES:
        raise Bad(MALFORMED, ("/state", "field.unknown_value"))
    return OrderIn(
        shop_id=shop_id,
        order_no=told.order_no,
        state=told.state,
        paid_at=_moment(told.paid_at, "/paid_at"),
        changed_at=_moment(told.changed_at, "/changed_at"),
        lines=tuple(_line(line, index, told.order_no) for index, line in enumerate(told.lines)),
        ordered_at=_moment(told.ordered_at, "/ordered_at"),
        freight_fen=told.freight_fen,
        paid_fen=told.paid_fen,
        buyer_remark=fields.private(told.buyer_remark, "/buyer_remark", malformed=MALFORMED),
        receiver=_receiver(told.receiver) if told.receiver is not None else NOBODY,
        sender_division=_division(told.sender_division, "/sender_division"),
    )


def _line(line: wire.OrderLine, index: int, order_no: str) -> OrderLineIn:
    own_no = line.order_no if line.order_no is not None else order_no
    pointer = f"/lines/{index}"
    name = fields.product_name(line, own_no, pointer, malformed=MALFORMED)
    if not fields.is_plain(line.sku_id):
        raise Bad(MALFORMED, (f"{pointer}/sku_id", "field.form"))
    kind, days, at = _promise(line.promise, f"{pointer}/promise") if line.promise is not None else ("", 0, 0)
    return OrderLineIn(
        order_no=own_no,
        creator_id=fields.creator(line.creator_id, f"{pointer}/creator_id", malformed=MALFORMED),
        is_self_sold=line.self_sold,
        is_cross_border=line.cross_border,
        room_id=line.room_id,
        product_id=line.product_id,
        product_name=name,
        quantity=line.quantity,
        sku_id=line.sku_id,
        sku_name=fields.readable(line.sku_name, f"{pointer}/sku_name", malformed=MALFORMED),
        merchant_code=fields.readable(line.merchant_code, f"{pointer}/merchant_code", malformed=MALFORMED),
        price_fen=line.price_fen,
        paid_fen=line.paid_fen,
        promise_kind=kind,
        promise_days=days,
        promise_at=at,
    )


def _promise(told: wire.Promise, pointer: str) -> tuple[str, int, int]:
    if told.kind not in _KINDS:
        raise Bad(MALFORMED, (f"{pointer}/kind", "field.unknown_value"))
    return told.kind, told.days, _moment(told.at, f"{pointer}/at")


def _receiver(told: wire.Receiver) -> ReceiverIn:
    return ReceiverIn(
        name=fields.private(told.name, "/receiver/name", malformed=MALFORMED),
        phone=phone(fields.private(told.phone, "/receiver/phone", malformed=MALFORMED)),
        division=_division(told.division, "/receiver/division"),
        address=fields.private(told.address, "/receiver/address", malformed=MALFORMED),
    )


def phone(text: str) -> str:
    """
    Return a telephone without the extension of a virtual number: who searches types the number itself. What a platform
    masked stays masked.
    """
    found = _EXTENSION.match(text)
    return found.group(1) if found is not None else text


def _division(text: str, pointer: str) -> str:
    if text and not (len(text) == _DIVISION_DIGITS and fields.is_digits(text)):
        raise Bad(MALFORMED, (pointer, "field.form"))
    return text


def _moment(told: datetime | None, pointer: str) -> int:
    at = instant(told) if told is not None else 0
    if told is not None and not EARLIEST <= at < LATEST:
        raise Bad(MALFORMED, (pointer, "field.time"))
    return at
