"""
Order files as shops have them: exports of several marketplaces, one row for each line. What people call the columns,
what they write in them, and how neighbouring rows become one order.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from yidao.carriers.native import wire
from yidao.intake.columns import PARCELS, Column, Unclear, moment, truth, whole
from yidao.kit import tables
from yidao.places import parsing
from yidao.rules import money, promise
from yidao.rules.instants import DAY, Instant, instant, to_datetime
from yidao.rules.promise import Kind

_OF_PARCELS: Final = {column.field: column for column in PARCELS}

ORDERS: Final = (
    Column("shop_id", "店铺编号", ("店铺id", "商家id", "商家编号", "shop", "shop id"), True, "123456789012345678"),
    Column(
        "order_no",
        "订单编号",
        ("订单号", "主订单编号", "父订单编号", "主订单号", "交易号", "order", "order number"),
        True,
        "O-1",
    ),
    Column("line_order_no", "子订单编号", ("子订单号", "子单号", "商品单号", "sku order"), False, ""),
    Column("state", "订单状态", ("状态", "交易状态", "status", "order status"), False, "待发货"),
    Column(
        "ordered_at",
        "下单时间",
        ("订单提交时间", "订单创建时间", "创建时间", "拍下时间", "成交时间", "order time"),
        False,
        "2022-06-19 20:58:00",
    ),
    Column(
        "paid_at",
        "支付时间",
        ("付款时间", "订单支付时间", "支付完成时间", "订单付款时间", "pay time", "paid"),
        False,
        "2022-06-19 21:00:00",
    ),
    Column(
        "promised", "承诺发货时间", ("最晚发货时间", "承诺发货", "发货时效", "预计发货时间", "promise"), False, "48小时"
    ),
    Column("shipped_at", "发货时间", ("实际发货时间", "出库时间"), False, ""),
    Column(
        "ended_at", "完成时间", ("订单完成时间", "交易成功时间", "确认收货时间", "订单关闭时间", "取消时间"), False, ""
    ),
    Column("changed_at", "更新时间", ("状态更新时间", "修改时间", "最后修改时间", "updated at"), False, ""),
    Column(
        "product_name",
        "选购商品",
        ("商品", "商品名称", "商品标题", "货品", "货品名称", "宝贝标题", "product"),
        False,
        "真丝睡衣",
    ),
    Column(
        "sku_name", "商品规格", ("规格", "规格名称", "商品属性", "颜色尺码", "sku属性", "sku name"), False, "藕粉 M"
    ),
    Column("product_id", "商品ID", ("商品编号", "商品编码", "宝贝id", "product code"), False, ""),
    Column("sku_id", "规格ID", ("规格编码", "skuid", "sku编码", "sku"), False, ""),
    Column("merchant_code", "商家编码", ("商家规格编码", "外部编码", "货号", "merchant code"), False, ""),
    Column("quantity", "商品数量", ("数量", "件数", "购买数量", "宝贝总数量", "qty"), False, "1"),
    Column("price", "商品单价", ("单价", "价格", "price"), False, "199.00"),
    Column("goods", "商品金额", ("商品总价", "宝贝总价", "商品总额", "amount"), False, ""),
    Column(
        "paid_amount",
        "订单应付金额",
        ("实付金额", "应付金额", "买家实际支付金额", "买家实付", "实收金额", "paid amount"),
        False,
        "199.00",
    ),
    Column("freight", "运费", ("快递费", "邮费", "买家应付邮费", "freight"), False, "0.00"),
    Column("receiver_name", "收件人", ("收货人", "收件人姓名", "收货人姓名", "receiver"), False, "张三丰"),
    Column(
        "receiver_phone",
        "收件人手机号",
        ("收件人手机", "收货人手机号", "收货人手机", "收件人电话", "联系手机", "联系电话", "手机号", "手机", "phone"),
        False,
        "13812345678",
    ),
    Column("province", "省", ("省份", "收件省", "省/直辖市"), False, ""),
    Column("city", "市", ("城市", "收件市"), False, ""),
    Column("county", "区", ("区县", "区/县", "收件区", "县"), False, ""),
    Column("town", "街道", ("乡镇", "街道/乡镇"), False, ""),
    Column(
        "address",
        "详细地址",
        ("收货地址", "收件地址", "收件人地址", "收货人地址", "地址", "address"),
        False,
        "浙江省杭州市西湖区文三路 90 号",
    ),
    Column("receiver_division", "收件区划", ("收货区划", "收件地区编码", "收货地编码", "receiver adcode"), False, ""),
    Column("sender_division", "发件区划", ("发货区划", "发货地编码", "sender adcode"), False, ""),
    Column("buyer_remark", "买家留言", ("买家备注", "留言", "buyer remark"), False, ""),
    *(_OF_PARCELS[field] for field in ("creator_id", "self_sold", "cross_border", "room_id")),
)

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
