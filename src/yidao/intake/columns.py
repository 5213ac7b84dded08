"""What people call the columns of a file, and how what they write in them becomes our own format."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from yidao.carriers import catalogue, texts
from yidao.carriers.kuaidi100 import codes as kuaidi100
from yidao.kit import tables
from yidao.kit.errors import Refusal
from yidao.kit.sheets import Column as Column
from yidao.rules import scans
from yidao.rules.instants import to_datetime


class ColumnsMissing(Refusal):
    """The file lacks columns without which no row can be understood."""

    code = "import.columns_missing"
    status = 422
    message = "The file lacks the columns %(columns)s."


class Unclear(Exception):
    """A cell cannot be understood: the field, and a code of the reasons below."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field = field
        self.code = code


_NUMBER: Final = Column(
    "waybill_no",
    "运单号",
    (
        "快递单号",
        "物流单号",
        "快递编号",
        "物流编号",
        "面单号",
        "单号",
        "waybill",
        "waybill no",
        "tracking number",
        "tracking no",
    ),
    True,
    "YT0000000000001",
)
_CARRIER: Final = Column(
    "carrier",
    "快递公司",
    ("物流公司", "承运商", "快递", "快递公司编码", "物流公司编码", "carrier code", "courier", "express"),
    True,
    "圆通速递",
)

EVENTS: Final = (
    _NUMBER,
    _CARRIER,
    Column(
        "occurred_at",
        "时间",
        ("发生时间", "轨迹时间", "操作时间", "扫描时间", "更新时间", "time", "event time", "scan time"),
        True,
        "2022-06-20 08:30:00",
    ),
    Column(
        "code", "状态", ("轨迹状态", "物流状态", "状态码", "状态编码", "status", "event", "event code"), False, "揽收"
    ),
    Column("division", "行政区划", ("区划代码", "行政区划代码", "地区编码", "adcode", "area code"), False, "330106"),
    Column("place", "地点", ("城市", "所在地", "位置", "当前位置", "location", "city"), False, "杭州市"),
    Column(
        "description",
        "描述",
        ("轨迹", "轨迹内容", "物流轨迹", "详情", "内容", "物流信息", "备注", "context", "details", "remark"),
        False,
        "快件已揽收",
    ),
    Column("event_id", "事件编号", ("轨迹编号", "event", "id"), False, ""),
    Column("revision", "版本", ("修订", "版本号", "version"), False, ""),
    Column("retracted", "撤销", ("是否撤销", "作废", "是否作废", "deleted"), False, ""),
)

PARCELS: Final = (
    Column("shop_id", "店铺编号", ("店铺id", "商家id", "商家编号", "shop", "shop id"), True, "123456789012345678"),
    _CARRIER,
    _NUMBER,
    Column("shipped_at", "发货时间", ("出库时间", "ship time", "shipped"), True, "2022-06-20 08:30:00"),
    Column("paid_at", "支付时间", ("付款时间", "订单支付时间", "pay time", "paid"), False, "2022-06-19 21:00:00"),
    Column(
        "sender_division",
        "发件区划",
        ("发货区划", "发件地区编码", "寄件区划", "发货地编码", "sender adcode"),
        True,
        "330106",
    ),
    Column(
        "receiver_division", "收件区划", ("收货区划", "收件地区编码", "收货地编码", "receiver adcode"), True, "510104"
    ),
    Column(
        "receiver_phone_tail",
        "手机尾号",
        ("收件人手机尾号", "收货人手机尾号", "收件人手机", "收货人手机号", "收件人电话", "收货人电话", "phone tail"),
        False,
        "5678",
    ),
    Column(
        "order_no",
        "订单号",
        ("订单编号", "主订单编号", "子订单编号", "交易号", "order", "order number", "order id"),
        True,
        "O-1",
    ),
    Column("creator_id", "达人编号", ("达人id", "主播id", "主播编号", "author id", "creator"), False, ""),
    Column("self_sold", "自卖", ("是否自卖", "小店自卖"), False, "否"),
    Column("cross_border", "跨境", ("是否跨境", "跨境订单"), False, "否"),
    Column("customer_return", "客户退货", ("是否客户退货", "逆向", "退货"), False, "否"),
    Column("room_id", "直播场次", ("直播间", "场次", "直播间编号", "直播间id", "场次编号", "room"), False, ""),
    Column("product_id", "商品编号", ("商品id", "商品编码", "商家编码", "sku", "product code"), False, ""),
    Column("product_name", "商品", ("商品名称", "商品标题", "货品", "货品名称", "宝贝标题", "product"), False, ""),
)


def _folded(name: str) -> str:
    plain = name.replace("\uff08", "(").split("(")[0]
    return "".join(plain.casefold().replace("_", " ").replace("-", " ").split())


def mapping(columns: Sequence[str], known: Sequence[Column], *, given: Collection[str] = ()) -> dict[str, str]:
    """
    Return which of our fields stands in which column of the file; further columns are left alone. Fields that are
    `given` need no column.

    Case, blanks, underscores and what stands in parentheses do not matter; of two columns for one field the first
    counts.

    :raises ColumnsMissing: a needed field has no column.
    """
    names: dict[str, str] = {}
    for column in known:
        for name in (column.field, column.title, *column.synonyms):
            names.setdefault(_folded(name), column.field)
    found: dict[str, str] = {}
    for name in columns:
        field = names.get(_folded(name)) if name else None
        if field is not None:
            found.setdefault(field, name)
    missing = [column.title for column in known if column.is_needed and column.field not in (*found, *given)]
    if missing:
        raise ColumnsMissing(columns="、".join(missing))
    return found


_KIND_BY_WORD: Final[Mapping[str, str]] = (
    {name: kuaidi100.KINDS[code].name for name, code in kuaidi100.CODES_BY_NAME.items()}
    | {
        "已发货": "ORDERED",
        "发运": "DEPARTED_ORIGIN",
        "中转": "IN_TRANSIT",
        "运输中": "IN_TRANSIT",
        "到达中转中心": "ARRIVED_HUB",
        "派送中": "OUT_FOR_DELIVERY",
        "派件中": "OUT_FOR_DELIVERY",
        "待取件": "IN_LOCKER",
        "入柜": "IN_LOCKER",
        "出柜": "TAKEN_FROM_LOCKER",
        "已签收": "SIGNED",
        "已拒收": "REJECTED",
        "已拦截": "INTERCEPTED",
        "丢失": "LOST",
        "错分": "MISSORTED",
    }
    | {kind.name: kind.name for kind in scans.Kind}
)
_TRUE: Final = frozenset({"是", "y", "yes", "true", "1", "对", "√"})
_FALSE: Final = frozenset({"", "否", "n", "no", "false", "0", "错", "×"})


def event(cells: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a row as an event of our own format. A row without a status is read by its words.

    :raises Unclear: a cell cannot be understood.
    """
    found: dict[str, Any] = {
        "waybill_no": _number(cells.get("waybill_no", "")),
        "carrier": _carrier(cells.get("carrier", "")),
        "occurred_at": moment(cells.get("occurred_at", ""), "occurred_at"),
    }
    code, description = cells.get("code", ""), cells.get("description", "")
    if code:
        found["code"] = _KIND_BY_WORD.get(code.upper()) or _KIND_BY_WORD.get(code) or code
    else:
        found["code"] = (scans.kind_from_text(description) or scans.Kind.UNKNOWN).name
    place = {name: cells[field] for field, name in (("division", "division"), ("place", "name")) if cells.get(field)}
    if place:
        found["place"] = place
    if description:
        found["description"] = description
    if cells.get("event_id"):
        found["event_id"] = cells["event_id"]
    if cells.get("revision"):
        found["revision"] = whole(cells["revision"], "revision")
    if cells.get("retracted"):
        found["retracted"] = truth(cells["retracted"], "retracted")
    return found


def parcel(cells: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a row as a parcel of our own format; several order numbers, parted by semicolons, are several lines.

    :raises Unclear: a cell cannot be understood.
    """
    found: dict[str, Any] = {
        "shop_id": cells.get("shop_id", ""),
        "carrier": _carrier(cells.get("carrier", "")),
        "waybill_no": _number(cells.get("waybill_no", "")),
        "shipped_at": moment(cells.get("shipped_at", ""), "shipped_at"),
        "sender_division": cells.get("sender_division", ""),
        "receiver_division": cells.get("receiver_division", ""),
    }
    if found["shop_id"] == tables.LOST_DIGITS:
        raise Unclear("shop_id", "digits")
    if cells.get("paid_at"):
        found["paid_at"] = moment(cells["paid_at"], "paid_at")
    if cells.get("receiver_phone_tail"):
        digits = [character for character in cells["receiver_phone_tail"] if character.isdigit()]
        found["receiver_phone_tail"] = "".join(digits[-4:])
    scope: dict[str, Any] = {
        field: truth(cells.get(field, ""), field) for field in ("self_sold", "cross_border", "customer_return")
    }
    if cells.get("creator_id"):
        if cells["creator_id"] == tables.LOST_DIGITS:
            raise Unclear("creator_id", "digits")
        scope["creator_id"] = cells["creator_id"]
    for field in ("room_id", "product_id"):
        if cells.get(field) == tables.LOST_DIGITS:
            raise Unclear(field, "digits")
    scope |= {field: cells[field] for field in ("room_id", "product_id", "product_name") if cells.get(field)}
    orders = cells.get("order_no", "")
    if orders == tables.LOST_DIGITS:
        raise Unclear("order_no", "digits")
    numbers = [number.strip() for number in orders.replace("；", ";").split(";") if number.strip()]
    found["lines"] = [{"order_no": number, **scope} for number in numbers]
    return found


def _number(text: str) -> str:
    if text == tables.LOST_DIGITS:
        raise Unclear("waybill_no", "digits")
    return text.replace(" ", "")


def _carrier(text: str) -> str:
    return catalogue.from_written(text) or text


def moment(text: str, field: str) -> str:
    """
    Return a time as RFC 3339: one with an offset as it is, else local time of Shanghai, also as a serial number.

    :raises Unclear: it is none.
    """
    if len(text) > 19 and (text.endswith(("Z", "z")) or text[-6] in "+-"):
        return text
    at = texts.local_time(tables.serial_moment(text))
    if at is None:
        raise Unclear(field, "time")
    return to_datetime(at).isoformat()


def whole(text: str, field: str) -> int:
    """
    Return a whole number.

    :raises Unclear: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unclear(field, "number")
    return int(text)


def truth(text: str, field: str) -> bool:
    """
    Return yes or no; an empty cell says no.

    :raises Unclear: it is neither.
    """
    word = text.casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Unclear(field, "truth")
