"""
Order files as shops have them: exports of several marketplaces, one row for each line. What people call the columns,
what they write in them, and how neighbouring rows become one order.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from yidao.carriers.native import wire
from yidao.intake.columns import Unclear, moment, truth, whole
from yidao.kit import tables
from yidao.orders.file_columns import ORDERS as ORDERS
from yidao.places import parsing
from yidao.rules import money, promise
from yidao.rules.instants import DAY, Instant, instant, to_datetime
from yidao.rules.promise import Kind

_NUMBERS: Final = (
    "shop_id",
    "order_no",
    "line_order_no",
    "creator_id",
    "room_id",
    "product_id",
    "sku_id",
    "merchant_code",
)
_TIMES: Final = ("ordered_at", "paid_at", "shipped_at", "ended_at", "changed_at")

_STATES: Final[Mapping[str, str]] = {
    "待支付": "PENDING_PAYMENT",
    "待付款": "PENDING_PAYMENT",
    "等待买家付款": "PENDING_PAYMENT",
    "已支付": "PAID",
    "已付款": "PAID",
    "待发货": "TO_SHIP",
    "未发货": "TO_SHIP",
    "备货中": "TO_SHIP",
    "等待卖家发货": "TO_SHIP",
    "买家已付款,等待卖家发货": "TO_SHIP",
    "部分发货": "PARTIALLY_SHIPPED",
    "卖家部分发货": "PARTIALLY_SHIPPED",
    "已发货": "SHIPPED",
    "待收货": "SHIPPED",
    "卖家已发货,等待买家确认": "SHIPPED",
    "已取消": "CANCELLED",
    "已关闭": "CANCELLED",
    "交易关闭": "CANCELLED",
    "已退款": "CANCELLED",
    "已完成": "COMPLETED",
    "已签收": "COMPLETED",
    "交易成功": "COMPLETED",
} | {state: state for state in wire.ORDER_STATES}
_RANK: Final[Mapping[str, int]] = {state: rank for rank, state in enumerate(wire.ORDER_STATES)}
_LEFT: Final = frozenset({"PARTIALLY_SHIPPED", "SHIPPED", "COMPLETED"})

_PROMISES: Final[Mapping[str, Kind]] = {
    "当日发": Kind.SAME_DAY_NEXT_DAY,
    "当日/次日发": Kind.SAME_DAY_NEXT_DAY,
    "当日次日发": Kind.SAME_DAY_NEXT_DAY,
    "次日发": Kind.NEXT_DAY,
    "24小时": Kind.H24,
    "48小时": Kind.H48,
} | {kind.value: kind for kind in Kind}
_DAYS: Final = re.compile(r"(?:预售|付款后)?(\d{1,3})(?:天|日)内?(?:发货)?")
_SECOND: Final = 1_000_000


def order(cells: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a row as an order of our own format with one line.

    A file without a column of the last change is as new as the newest of its times, and of two equally new words the
    one that tells more progress is the newer.

    :raises Unclear: a cell cannot be understood.
    """
    for field in _NUMBERS:
        if cells.get(field) == tables.LOST_DIGITS:
            raise Unclear(field, "digits")
    times = {field: moment(cells[field], field) for field in _TIMES if cells.get(field)}
    if not times:
        raise Unclear("changed_at", "time")
    state = _state(cells.get("state", ""), is_paid="paid_at" in times)
    found: dict[str, Any] = {
        "shop_id": cells.get("shop_id", ""),
        "order_no": cells.get("order_no", ""),
        "state": state,
        "changed_at": times.get("changed_at") or _newest(times.values(), state),
    }
    found |= {field: times[field] for field in ("ordered_at", "paid_at") if field in times}
    if cells.get("freight"):
        found["freight_fen"] = _fen(cells["freight"], "freight")
    found |= {field: cells[field] for field in ("buyer_remark", "sender_division") if cells.get(field)}
    receiver = _receiver(cells)
    if receiver:
        found["receiver"] = receiver
    found["lines"] = [_line(cells, times.get("paid_at", ""))]
    return found


def joined(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """
    Return neighbouring rows of one order as that order: what is told of the whole counts where it is told first, the
    newest change counts, and a freight that is repeated counts once.

    Where rows stand differently the order left in part; rows that were cancelled while others go on are no lines.
    """
    if len(rows) == 1:
        return rows[0]
    going = [row for row in rows if row["state"] != "CANCELLED"] or rows
    whole_order: dict[str, Any] = {}
    for row in going:
        whole_order = row | whole_order
    states = {row["state"] for row in going}
    if len(states) > 1:
        has_left = any(state in _LEFT for state in states)
        is_left = all(state in ("SHIPPED", "COMPLETED") for state in states)
        whole_order["state"] = "SHIPPED" if is_left else "PARTIALLY_SHIPPED" if has_left else min(states, key=_by_rank)
    whole_order["changed_at"] = max((row["changed_at"] for row in rows), key=_instant)
    if any("freight_fen" in row for row in going):
        whole_order["freight_fen"] = max(row.get("freight_fen", 0) for row in going)
    whole_order["lines"] = [line for row in going for line in row["lines"]]
    return whole_order


def _by_rank(state: str) -> int:
    return _RANK.get(state, len(_RANK))


def _state(text: str, *, is_paid: bool) -> str:
    if not text:
        return "TO_SHIP" if is_paid else "PENDING_PAYMENT"
    plain = text.replace("，", ",").replace(" ", "")
    return _STATES.get(plain) or _STATES.get(plain.upper(), text)


def _newest(times: Iterable[str], state: str) -> str:
    return to_datetime(Instant(max(map(_instant, times)) + _by_rank(state))).isoformat()


def _instant(text: str) -> Instant:
    """Return the instant of a time with an offset."""
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError as fault:
        raise Unclear("changed_at", "time") from fault


def _line(cells: Mapping[str, str], paid_at: str) -> dict[str, Any]:
    line: dict[str, Any] = {field: truth(cells.get(field, ""), field) for field in ("self_sold", "cross_border")}
    for field in ("creator_id", "room_id", "product_id", "product_name", "sku_id", "sku_name", "merchant_code"):
        if cells.get(field):
            line[field] = cells[field]
    if cells.get("line_order_no"):
        line["order_no"] = cells["line_order_no"]
    quantity = line["quantity"] = whole(cells["quantity"], "quantity") if cells.get("quantity") else 1
    price = _fen(cells["price"], "price") if cells.get("price") else 0
    goods = _fen(cells["goods"], "goods") if cells.get("goods") else 0
    line["price_fen"] = price or goods // max(quantity, 1)
    if cells.get("paid_amount") or goods:
        line["paid_fen"] = _fen(cells["paid_amount"], "paid_amount") if cells.get("paid_amount") else goods
    if cells.get("promised"):
        line["promise"] = _promise(cells["promised"], paid_at)
    return line


def _fen(text: str, field: str) -> int:
    amount = money.fen(text.lstrip("￥¥").removesuffix("元"))
    if amount is None:
        raise Unclear(field, "money")
    return amount


def _receiver(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the receiver; a division is read from its own columns or from the beginning of the address."""
    regions = "".join(cells.get(field, "") for field in ("province", "city", "county"))
    address = cells.get("address", "")
    named = parsing.read(regions)
    whole_address = parsing.read(address)
    found = {
        "name": cells.get("receiver_name", ""),
        "phone": "" if cells.get("receiver_phone") == tables.LOST_DIGITS else cells.get("receiver_phone", ""),
        "division": cells.get("receiver_division", "") or named.code or whole_address.code,
        "address": cells.get("town", "") + (whole_address.street if whole_address.code else address),
    }
    return {field: text for field, text in found.items() if text}


def _promise(text: str, paid_at: str) -> dict[str, Any]:
    """Return a promise as it is written: in words, in days, or as the time it means."""
    plain = text.replace(" ", "").removesuffix("发货").removesuffix("内")
    kind = _PROMISES.get(plain) or _PROMISES.get(plain + "发") or _PROMISES.get(plain.upper())
    if kind is not None:
        return {"kind": kind.value}
    days = _DAYS.fullmatch(plain)
    if days is not None:
        return _of_days(int(days[1]))
    at = moment(text, "promised")
    return _of_time(at, paid_at) if paid_at else {"kind": Kind.STEPPED.value, "at": at}


def _of_days(days: int) -> dict[str, Any]:
    kind = promise.KIND_BY_DELAY.get(days)
    return {"kind": kind.value} if kind is not None else {"kind": Kind.PRESALE_FULL.value, "days": days}


def _of_time(at: str, paid_at: str) -> dict[str, Any]:
    """Return the kind that comes to a time, if one does; else the time itself, as a step's."""
    due, paid = _instant(at), _instant(paid_at)
    policy = promise.PROMISE_DOUYIN_2022
    for kind in (Kind.H48, Kind.H24, Kind.SAME_DAY_NEXT_DAY, Kind.NEXT_DAY):
        if promise.ship_by(promise.Promise(kind=kind), paid, policy) // _SECOND == due // _SECOND:
            return {"kind": kind.value}
    days, rest = divmod(due - paid, DAY)
    if not rest and policy.presale_days_min <= days <= policy.presale_days_max:
        return {"kind": Kind.PRESALE_FULL.value, "days": days}
    return {"kind": Kind.STEPPED.value, "at": at}
