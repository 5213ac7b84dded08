"""KDNiao's push message as it comes over the wire, and what it says in our vocabulary."""

from typing import Final

import msgspec

from yidao.carriers import catalogue, texts
from yidao.carriers.kdniao import codes
from yidao.carriers.traces import TRACES_MAX, Text, Trace, TraceList, Unreadable, decoded, plain, spoken, with_state

SOURCE: Final = "KDNIAO"
TRACE_PUSHES: Final = frozenset({"101", "102"})
ORDER_PUSH: Final = "107"
LISTS_MAX: Final = 500


class Line(msgspec.Struct, gc=False):
    """One line of a list."""

    accept_time: Text = msgspec.field(name="AcceptTime", default="")
    accept_station: Text = msgspec.field(name="AcceptStation", default="")
    location: Text = msgspec.field(name="Location", default="")
    action: Text = msgspec.field(name="Action", default="")
    remark: Text = msgspec.field(name="Remark", default="")


class Entry(msgspec.Struct):
    """The full list of one number, oldest first."""

    shipper_code: Text = msgspec.field(name="ShipperCode", default="")
    logistic_code: Text = msgspec.field(name="LogisticCode", default="")
    state: Text = msgspec.field(name="State", default="")
    state_ex: Text = msgspec.field(name="StateEx", default="")
    traces: list[Line] | None = msgspec.field(name="Traces", default=None)


class Push(msgspec.Struct):
    """The JSON value of the form field `RequestData`; the lists are decoded one by one, so that neighbours survive."""

    data: list[msgspec.Raw] = msgspec.field(name="Data")
    business_id: Text = msgspec.field(name="EBusinessID", default="")
    push_time: Text = msgspec.field(name="PushTime", default="")


_push_decoder = msgspec.json.Decoder(Push)
_entry_decoder = msgspec.json.Decoder(Entry)


def decode(request_data: bytes) -> Push:
    """
    Decode the raw value of `RequestData`.

    :raises Unreadable: it is not JSON in UTF-8, or not of the push's shape.
    """
    push = decoded(_push_decoder, request_data, field="RequestData")
    if len(push.data) > LISTS_MAX:
        raise Unreadable("push.too_many_lists", f"A push may have at most {LISTS_MAX} lists.")
    return push


def decode_entry(raw: bytes) -> Entry:
    """
    Decode one list of a push.

    :raises Unreadable: it does not have a list's shape.
    """
    return decoded(_entry_decoder, raw, field="An element of Data")


def told(entry: Entry, *, push_time: str) -> TraceList | None:
    """
    Return the list of one number, or None when it has no lines, for an empty list never wins.

    Source: tracking providers, KDNiao. Reading: `StateEx` goes before `State`, a line's `Action` before both.

    :raises Unreadable: no number, an unknown carrier, too many lines, or a line without a credible time.
    """
    waybill_no = plain(entry.logistic_code)
    if not texts.is_waybill_no(waybill_no):
        raise Unreadable("waybill_no.malformed", "LogisticCode is not a waybill number of 1 to 40 letters and digits.")
    carrier = catalogue.from_kdniao(plain(entry.shipper_code))
    if carrier is None:
        raise Unreadable("carrier.unknown", "The carrier code is not in our catalogue.")
    lines = entry.traces or []
    if not lines:
        return None
    if len(lines) > TRACES_MAX:
        raise Unreadable("push.too_many_lines", f"A list may have at most {TRACES_MAX} lines.")
    traces = [_trace(line, index) for index, line in enumerate(lines)]
    traces.sort(key=_occurred_at)
    state = plain(entry.state_ex) or plain(entry.state)
    return TraceList(
        waybill_no=waybill_no,
        carrier=carrier,
        pushed_at=texts.local_time(push_time) or 0,
        traces=with_state(tuple(traces), state, kinds=codes.KINDS, notes=codes.NOTES, own_clock=codes.OWN_CLOCK),
    )


def _occurred_at(trace: Trace) -> int:
    return trace.occurred_at


def _trace(line: Line, index: int) -> Trace:
    at = texts.local_time(plain(line.accept_time))
    if at is None:
        raise Unreadable("push.time", f"Line {index} of the list has no time between 2000 and 2099.")
    station, remark = plain(line.accept_station), plain(line.remark)
    description = texts.readable(f"{station} {remark}" if remark else station, limit=texts.DESCRIPTION_MAX)
    code = texts.readable(plain(line.action), limit=texts.CODE_MAX)
    kind = codes.kind_of(code)
    if not code:
        code, kind = spoken(description)
    return Trace(
        occurred_at=at,
        kind=kind,
        code=code,
        division="",
        place=texts.readable(plain(line.location), limit=texts.PLACE_MAX),
        description=description,
        flags=texts.flags_of(description),
    )
