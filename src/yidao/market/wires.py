"""How each source words a parcel's scans: native events and the aggregators' full lists, with real sources' faults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NamedTuple

import msgspec

from yidao.market import data, stamps
from yidao.market.data import Carrier
from yidao.market.journey import Step
from yidao.market.stamps import DAY, HOUR

ORDERS: Final = "orders"
PARCELS: Final = "parcels"
NATIVE: Final = "native"
SHOP_EVENTS: Final = "shop-events"
KUAIDI100: Final = "kuaidi100"
KDNIAO: Final = "kdniao"
MARKETPLACE: Final = ""
"""Who tells for all shops but those that tell for themselves; only he may cancel what is paid."""

# Every ten days each carrier falls silent once for six hours, to the aggregators too; what it scans then arrives
# afterwards.
SILENCE_EVERY_DAYS = 10
SILENCE_HOURS = 6
PUSH_QUIET: Final = 4 * HOUR
_RANKS: Final = {carrier.code: rank for rank, carrier in enumerate(data.CARRIERS)}


class Place(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where a scan was made, as the native API takes it."""

    division: str = ""
    name: str = ""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One event of the native API."""

    waybill_no: str
    carrier: str
    occurred_at: str
    code: str
    place: Place | None = None
    description: str = ""
    event_id: str = ""
    revision: int = 0
    retracted: bool = False


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One order line of a shipment."""

    order_no: str
    creator_id: str | None = None
    self_sold: bool = False
    cross_border: bool = False
    customer_return: bool = False
    room_id: str = ""
    product_id: str = ""
    product_name: str = ""


class Promise(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """When a shop promised to ship."""

    kind: str
    days: int = 0
    at: str = ""


class Receiver(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Whom an order goes to."""

    name: str
    phone: str
    division: str
    address: str


class OrderLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One line of an order."""

    creator_id: str | None = None
    self_sold: bool = False
    cross_border: bool = False
    room_id: str = ""
    product_id: str = ""
    product_name: str = ""
    quantity: int = 1
    sku_name: str = ""
    price_fen: int = 0
    promise: Promise | None = None


class Order(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One order of the native API."""

    shop_id: str
    order_no: str
    state: str
    changed_at: str
    lines: tuple[OrderLine, ...]
    paid_at: str = ""
    ordered_at: str = ""
    freight_fen: int = 0
    buyer_remark: str = ""
    receiver: Receiver | None = None


class Sale(NamedTuple):
    """What an order says besides its state and what was sold; it stays the same however often it is told."""

    quantity: int
    sku_name: str
    price_fen: int
    freight_fen: int
    promise: Promise | None
    remark: str
    receiver: Receiver
    ordered_at: int


class Shipment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One parcel of the native API."""

    shop_id: str
    carrier: str
    waybill_no: str
    shipped_at: str
    sender_division: str
    receiver_division: str
    lines: tuple[Line, ...]
    paid_at: str = ""
    receiver_phone_tail: str = ""


Body = Event | Shipment | Order | dict[str, Any] | str


class Message(NamedTuple):
    """Something to post at a simulated second; `tie` orders equal seconds, `via` is the shop or carrier."""

    send_at: int
    tie: int
    channel: str
    via: str
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A parcel as its sources know it: number, carrier and scans."""

    waybill_no: str
    carrier: Carrier
    steps: Sequence[Step]
    chance: Random
    tie: int
    true_division: str


def silent_until(carrier: Carrier, at: int) -> int:
    """Return when a silent carrier speaks again, or 0 while it is not silent."""
    day, second = divmod(at + stamps.OFFSET, DAY)
    rank = _RANKS[carrier.code]
    begins = (9 + rank % 3) * HOUR
    if (
        day % SILENCE_EVERY_DAYS == (3 * rank + 1) % SILENCE_EVERY_DAYS
        and begins <= second < begins + SILENCE_HOURS * HOUR
    ):
        return day * DAY + begins + SILENCE_HOURS * HOUR - stamps.OFFSET
    return 0


def order(shop_id: str, line: Line, sale: Sale, *, state: str, changed_at: int, paid_at: int) -> Order:
    """Return the marketplace's word about the order of one line; `paid_at` 0 leaves the payment out."""
    return Order(
        shop_id,
        line.order_no,
        state,
        stamps.rfc3339(changed_at),
        (
            OrderLine(
                line.creator_id,
                line.self_sold,
                line.cross_border,
                line.room_id,
                line.product_id,
                line.product_name,
                sale.quantity,
                sale.sku_name,
                sale.price_fen,
                sale.promise,
            ),
        ),
        stamps.rfc3339(paid_at) if paid_at else "",
        stamps.rfc3339(sale.ordered_at),
        sale.freight_fen,
        sale.remark,
        sale.receiver,
    )


def native(told: Told) -> Iterator[Message]:
    """Yield the carrier's own events: mostly soon, sometimes late, twice, reworded, put right or taken back."""
    carrier, chance, waybill_no = told.carrier, told.chance.random, told.waybill_no
    code, (least, most), tie = carrier.code, carrier.lag, told.tie
    for number, step in enumerate(told.steps):
        at, kind, division, place, redo = step
        fate = chance()
        send = at + least + int((most - least) * chance())
        if fate < 0.015:
            send += 2 * HOUR + int(28 * HOUR * chance())
        send = silent_until(carrier, send) or send
        occurred = at + carrier.skew
        if fate > 0.998:
            occurred += int(5400 * chance())
        event = Event(
            waybill_no,
            code,
            stamps.rfc3339(occurred),
            kind,
            Place(division, place),
            wording(kind, place, chance),
            f"{code}-{waybill_no}-{number}" if carrier.names_events or redo else "",
        )
        tie += 1
        yield Message(send, tie, NATIVE, code, event)
        if fate < 0.05 and not redo:
            reworded = msgspec.structs.replace(event, description=event.description + "。") if fate < 0.025 else event
            yield Message(send + 600 + int(6 * HOUR * chance()), tie, NATIVE, code, reworded)
        elif redo:
            yield Message(send + abs(redo), tie, NATIVE, code, _second_thought(told, event, redo))


def _second_thought(told: Told, event: Event, redo: int) -> Event:
    """Return the event as its carrier takes it back (`redo` negative) or puts its place right."""
    if redo < 0:
        return msgspec.structs.replace(event, revision=1, retracted=True)
    return msgspec.structs.replace(event, revision=1, place=Place(told.true_division, "更正后的网点"))


def wording(kind: str, place: str, chance: Any) -> str:
    """Return what the courier's system writes about a scan; some name a courier and a telephone."""
    text = data.TEXTS[kind].format(place)
    if kind in ("PICKED_UP", "OUT_FOR_DELIVERY"):
        fate = int(chance() * 10_000)
        return f"{text},快递员{data.SURNAMES[fate % 10]}师傅 1380013{fate:04d}"
    return text


def reported_by_shop(told: Told, *, shop: str, at: int) -> Message:
    """Return a shop's own word that its parcel was picked up."""
    event = Event(told.waybill_no, told.carrier.code, stamps.rfc3339(at), "PICKED_UP", description="商家反馈已交快递员")
    return Message(at + 120, told.tie, SHOP_EVENTS, shop, event)


_KUAIDI100_CODES: Final = {
    "ORDERED": "102", "PICKED_UP": "103", "DEPARTED_ORIGIN": "0", "IN_TRANSIT": "0", "ARRIVED_HUB": "1002",
    "DEPARTED_HUB": "1002", "ARRIVED_CITY": "1001", "ARRIVED_OUTLET": "0", "FORWARDED": "1003",
    "OUT_FOR_DELIVERY": "5", "REDELIVERY": "5", "TAKEN_FROM_LOCKER": "5", "IN_LOCKER": "501",
    "LOCKER_OVERDUE": "205", "SIGNED": "301", "SIGNED_AFTER_EXCEPTION": "302", "SIGNED_AT_LOCKER": "304",
    "REJECTED": "203", "RETURNING": "6", "RETURN_SIGNED": "4", "INTERCEPTED": "6", "VOIDED": "210",
    "CUSTOMS_PENDING": "10", "CUSTOMS_PROCESSING": "11", "CUSTOMS_CLEARED": "12", "CUSTOMS_FAILED": "13",
    "PROBLEM": "2", "NO_INFO": "102", "ADVISED_NOT_SIGNED": "201", "ADVISED_NOT_UPDATED": "202",
    "DELIVERY_PROBLEM": "204", "DELIVERY_DELAYED": "204", "UNREACHABLE_CONTACT": "206", "ADDRESS_UNCLEAR": "204",
    "PHONE_WRONG": "204", "OUT_OF_AREA": "207", "DETAINED": "208", "DAMAGED": "209", "MISSORTED": "0", "LOST": "2",
}  # fmt: skip
_KUAIDI100_NAMES: Final = {
    "102": "待揽收", "103": "揽收", "0": "在途", "1002": "干线", "1001": "到达派件城市", "1003": "转递",
    "5": "派件", "501": "投柜或驿站", "205": "柜或驿站超时未取", "301": "本人签收", "302": "派件异常后签收",
    "304": "投柜或站签收", "203": "拒收", "6": "退回", "4": "退签", "210": "销单", "10": "待清关", "11": "清关中",
    "12": "已清关", "13": "清关异常", "2": "疑难", "201": "超时未签收", "202": "超时未更新", "204": "派件异常",
    "206": "无法联系", "207": "超区", "208": "滞留", "209": "破损",
}  # fmt: skip
_FINISHED: Final = frozenset({"SIGNED", "SIGNED_AFTER_EXCEPTION", "SIGNED_AT_LOCKER", "RETURN_SIGNED", "VOIDED"})


def kuaidi100(told: Told, *, mistaken: str = "") -> Iterator[Message]:
    """
    Yield Kuaidi100's pushes: the full list, newest first, some hours apart; now and then an older one arrives late.

    `mistaken` is the carrier the shop named wrongly; the first push then says which one it really is.
    """
    chance, steps = told.chance.random, told.steps
    if not steps:
        return
    for number, upto in enumerate(_push_points(steps)):
        send = steps[upto - 1].at + 900 + int(2 * HOUR * chance())
        fate = chance()
        if fate < 0.04:
            send += int(30 * HOUR * chance())
        send = silent_until(told.carrier, send) or send
        param = kuaidi100_param(told, steps[:upto], mistaken=mistaken if number == 0 else "")
        yield Message(send, told.tie + number, KUAIDI100, "", param)
        if fate > 0.97:
            yield Message(send + 35 * 60, told.tie + number, KUAIDI100, "", param)


def kuaidi100_abort(told: Told, *, at: int) -> Message:
    """Return the push by which Kuaidi100 gives up on a number without any record for three days."""
    result = {"message": "查无结果", "nu": told.waybill_no, "com": told.carrier.code, "ischeck": "0", "status": "201"}
    param = {
        "status": "abort",
        "billstatus": "",
        "message": "3天查询无记录",
        "lastResult": {**result, "state": "", "data": []},
    }
    return Message(at, told.tie, KUAIDI100, "", param)


def kuaidi100_param(told: Told, steps: Sequence[Step], *, mistaken: str = "") -> dict[str, Any]:
    """Return the value of `param` for a list of scans."""
    items: list[dict[str, str]] = []
    before = 0
    for step in steps:
        if before and step.at - before > 40 * HOUR:
            items.append(_kuaidi100_item(before + 38 * HOUR, "ADVISED_NOT_UPDATED", step))
        items.append(_kuaidi100_item(step.at, step.kind, step))
        before = step.at
    items.reverse()
    is_done = steps[-1].kind in _FINISHED
    correction = {"autoCheck": "1", "comOld": mistaken, "comNew": told.carrier.code} if mistaken else {}
    return {
        "status": "shutdown" if is_done else "polling",
        "billstatus": "check" if is_done else "change",
        "message": "",
        **correction,
        "lastResult": {
            "message": "ok",
            "nu": told.waybill_no,
            "ischeck": "1" if is_done else "0",
            "com": told.carrier.code,
            "status": "200",
            "state": items[0]["statusCode"],
            "condition": "F00",
            "isLoop": False,
            "data": items,
        },
    }


def _kuaidi100_item(at: int, kind: str, step: Step) -> dict[str, str]:
    code = _KUAIDI100_CODES[kind]
    time = stamps.wall(at)
    return {
        "time": time,
        "ftime": time,
        "context": data.TEXTS[kind].format(step.place),
        "status": _KUAIDI100_NAMES[code],
        "statusCode": code,
        "areaCode": f"CN{step.division}000000" if step.division else "",
        "areaName": step.place,
        "location": "",
    }


def _push_points(steps: Sequence[Step]) -> Iterator[int]:
    """Yield after which scans a list is pushed: whenever four quiet hours follow a change, and after the last."""
    for number in range(1, len(steps)):
        if steps[number].at - steps[number - 1].at > PUSH_QUIET:
            yield number
    yield len(steps)


_KDNIAO_CODES: Final = {
    "ORDERED": "10", "PICKED_UP": "1", "DEPARTED_ORIGIN": "206", "IN_TRANSIT": "2", "ARRIVED_HUB": "204",
    "DEPARTED_HUB": "2", "ARRIVED_CITY": "201", "ARRIVED_OUTLET": "205", "FORWARDED": "5",
    "OUT_FOR_DELIVERY": "202", "REDELIVERY": "419", "TAKEN_FROM_LOCKER": "418", "IN_LOCKER": "211",
    "LOCKER_OVERDUE": "412", "SIGNED": "301", "SIGNED_AFTER_EXCEPTION": "302", "SIGNED_AT_LOCKER": "311",
    "REJECTED": "404", "RETURNING": "407", "RETURN_SIGNED": "406", "INTERCEPTED": "413", "VOIDED": "415",
    "CUSTOMS_PENDING": "601", "CUSTOMS_PROCESSING": "602", "CUSTOMS_CLEARED": "603", "CUSTOMS_FAILED": "604",
    "PROBLEM": "4", "NO_INFO": "401", "ADVISED_NOT_SIGNED": "402", "ADVISED_NOT_UPDATED": "403",
    "DELIVERY_PROBLEM": "405", "DELIVERY_DELAYED": "417", "UNREACHABLE_CONTACT": "416", "ADDRESS_UNCLEAR": "420",
    "PHONE_WRONG": "421", "OUT_OF_AREA": "423", "DETAINED": "4", "DAMAGED": "414", "MISSORTED": "422", "LOST": "4",
}  # fmt: skip


def kdniao(told: Told) -> Iterator[Message]:
    """Yield KDNiao's entries: the full list, oldest first; entries of one moment travel together in one push."""
    chance, steps = told.chance.random, told.steps
    if not steps:
        return
    for number, upto in enumerate(_push_points(steps)):
        send = steps[upto - 1].at + 600 + int(3 * HOUR * chance())
        if chance() < 0.03:
            send += int(20 * HOUR * chance())
        send = silent_until(told.carrier, send) or send
        yield Message(send, told.tie + number, KDNIAO, "", kdniao_entry(told, steps[:upto]))


def kdniao_entry(told: Told, steps: Sequence[Step]) -> dict[str, Any]:
    """Return one entry of `Data` for a list of scans."""
    traces: list[dict[str, str]] = []
    before: Step | None = None
    for step in steps:
        if before is not None and before.kind == "OUT_FOR_DELIVERY" and step.at - before.at > 36 * HOUR:
            traces.append(_kdniao_trace(before.at + 36 * HOUR, "ADVISED_NOT_SIGNED", before))
        traces.append(_kdniao_trace(step.at, step.kind, step))
        before = step
    action = traces[-1]["Action"]
    return {
        "EBusinessID": "1000001",
        "OrderCode": "",
        "ShipperCode": told.carrier.kdniao,
        "LogisticCode": told.waybill_no,
        "Success": True,
        "Reason": "",
        "State": action[0],
        "StateEx": action,
        "Location": traces[-1]["Location"],
        "CallBack": "",
        "Traces": traces,
    }


def _kdniao_trace(at: int, kind: str, step: Step) -> dict[str, str]:
    city = data.city_by_code().get(f"{step.division[:4]}00")
    return {
        "AcceptTime": stamps.wall(at),
        "AcceptStation": data.TEXTS[kind].format(step.place),
        "Location": city.name if city else "",
        "Action": _KDNIAO_CODES[kind],
        "Remark": "",
    }
