"""Kuaidi100's push message as it comes over the wire, and what it says in our vocabulary."""

from typing import Final

import msgspec

from yidao.carriers import catalogue, texts
from yidao.carriers.kuaidi100 import codes
from yidao.carriers.traces import TRACES_MAX, Text, Trace, TraceList, Unreadable, decoded, plain, spoken, with_state

SOURCE: Final = "KUAIDI100"
DESTINATION_LEG: Final = "DEST"
"""The second list of an international parcel is a register of its own beside the first."""


class Item(msgspec.Struct, gc=False):
    """One line of the list."""

    time: Text = ""
    ftime: Text = ""
    context: Text = ""
    status: Text = ""
    status_code: Text = msgspec.field(name="statusCode", default="")
    area_code: Text = msgspec.field(name="areaCode", default="")
    area_name: Text = msgspec.field(name="areaName", default="")
    location: Text = ""


class ListResult(msgspec.Struct):
    """The full list of one number at one carrier, newest first."""

    nu: Text = ""
    com: Text = ""
    state: Text = ""
    status: Text = ""
    message: Text = ""
    data: list[Item] | None = None


class Push(msgspec.Struct):
    """The JSON value of the form field `param`."""

    status: Text = ""
    message: Text = ""
    auto_check: Text = msgspec.field(name="autoCheck", default="")
    com_old: Text = msgspec.field(name="comOld", default="")
    com_new: Text = msgspec.field(name="comNew", default="")
    last_result: ListResult | None = msgspec.field(name="lastResult", default=None)
    dest_result: ListResult | None = msgspec.field(name="destResult", default=None)


class Correction(msgspec.Struct, frozen=True):
    """The aggregator found that another carrier carries the number; `carrier` is the new one, ours in both fields."""

    waybill_no: str
    carrier: str
    stands_for: str


class Told(msgspec.Struct, frozen=True):
    """What one push tells; no lists when the aggregator gave up or has nothing yet, for such a push never wins."""

    waybill_no: str
    status: str
    lists: tuple[TraceList, ...]
    correction: Correction | None


ABORT: Final = "abort"
STATUSES: Final = frozenset({"polling", "shutdown", ABORT, "updateall"})

_decoder = msgspec.json.Decoder(Push)


def decode(param: bytes) -> Push:
    """
    Decode the raw value of `param`.

    :raises Unreadable: it is not JSON in UTF-8, or not of the push's shape.
    """
    return decoded(_decoder, param, field="The value of param")


def told(push: Push) -> Told:
    """
    Return what a push tells.

    Source: tracking providers, Kuaidi100. Reading: an aborted or empty list is never handed on; the list of the second
    leg belongs to the same parcel as the first, whatever number and carrier it names itself.

    :raises Unreadable: no number, an unknown carrier, too many lines, or a line without a credible time.
    """
    lead = push.last_result or ListResult()
    waybill_no = plain(lead.nu) or plain((push.dest_result or lead).nu)
    if not texts.is_waybill_no(waybill_no):
        raise Unreadable("waybill_no.malformed", "lastResult.nu is not a waybill number of 1 to 40 letters and digits.")
    named, old, new = plain(lead.com), plain(push.com_old), plain(push.com_new)
    carrier = _carrier(named or new or old)
    correction = None
    if old and new:
        corrected, mistaken = _carrier(new), _carrier(old)
        if corrected != mistaken:
            correction = Correction(waybill_no=waybill_no, carrier=corrected, stands_for=mistaken)
    lists: list[TraceList] = []
    if plain(push.status) != ABORT:
        for result, leg in ((lead, ""), (push.dest_result, DESTINATION_LEG)):
            if result is not None and result.data:
                traces = _traces(result)
                lists.append(TraceList(waybill_no=waybill_no, carrier=carrier, pushed_at=0, traces=traces, leg=leg))
    return Told(waybill_no=waybill_no, status=plain(push.status), lists=tuple(lists), correction=correction)


def _carrier(code: str) -> str:
    carrier = catalogue.from_kuaidi100(code)
    if carrier is None:
        raise Unreadable("carrier.unknown", "The carrier code is not in our catalogue.")
    return carrier


def _traces(result: ListResult) -> tuple[Trace, ...]:
    items: list[Item] = result.data or []
    if len(items) > TRACES_MAX:
        raise Unreadable("push.too_many_lines", f"A list may have at most {TRACES_MAX} lines.")
    traces = [_trace(item, index) for index, item in enumerate(items)]
    traces.reverse()
    traces.sort(key=_occurred_at)
    return with_state(tuple(traces), plain(result.state), kinds=codes.KINDS, notes=codes.NOTES, own_clock=frozenset())


def _occurred_at(trace: Trace) -> int:
    return trace.occurred_at


def _trace(item: Item, index: int) -> Trace:
    at = texts.local_time(plain(item.ftime)) or texts.local_time(plain(item.time))
    if at is None:
        raise Unreadable("push.time", f"Line {index} of the list has no time between 2000 and 2099.")
    description = texts.readable(plain(item.context), limit=texts.DESCRIPTION_MAX)
    code = plain(item.status_code)
    if not code:
        name = plain(item.status)
        code = codes.CODES_BY_NAME.get(name, name)
    kind = codes.kind_of(code)
    if not code:
        code, kind = spoken(description)
    return Trace(
        occurred_at=at,
        kind=kind,
        code=texts.readable(code, limit=texts.CODE_MAX),
        division=texts.division_of_area(plain(item.area_code)),
        place=texts.readable(plain(item.area_name) or plain(item.location), limit=texts.PLACE_MAX),
        description=description,
        flags=texts.flags_of(description),
    )
