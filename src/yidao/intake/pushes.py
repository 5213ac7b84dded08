"""
The pushes of the aggregators, each answered in the words its sender knows: the signature first, over the raw bytes;
then what it tells; what cannot be understood is kept for a person.
"""

import functools
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec
from prometheus_client import Counter

from yidao.carriers import signatures, texts
from yidao.carriers.kdniao import wire as kdniao
from yidao.carriers.kuaidi100 import wire as kuaidi100
from yidao.carriers.traces import Unreadable, plain
from yidao.intake import decode
from yidao.intake.faults import refused
from yidao.intake.http import Answer, json_answer
from yidao.intake.payloads import CorrectionIn, Item, QuarantineIn
from yidao.intake.senders import Sender
from yidao.kit import clock, metrics

UNWON = Counter(
    "yidao_pushes_without_news",
    "Pushes that were taken and change nothing: aborted, empty, or about orders.",
    ("provider", "why"),
    registry=metrics.REGISTRY,
)
BUSINESS_ID_MAX: Final = 40
KEPT_AND_TAKEN: Final = frozenset({"carrier.unknown"})
"""What only a person can settle is kept and acknowledged: sending it again would not help."""


class Push(msgspec.Struct):
    """What is to be queued of a push, and the first thing in it that was wrong."""

    items: list[Item]
    fault: Unreadable | None = None
    business_id: str = ""


def kuaidi100_push(fields: dict[bytes, bytes], sender: Sender) -> Push:
    """
    Return what a push of Kuaidi100 brings.

    :raises Refused: a field is missing, no salt is set, or the signature is wrong.
    """
    param, sign = _field(fields, b"param"), _field(fields, b"sign")
    if not sender.push_secret:
        raise refused("push.secret_missing")
    if not signatures.is_kuaidi100_sign(sign, param=param, salt=sender.push_secret):
        raise refused("push.signature")
    return kuaidi100_items(param, sender)


def kuaidi100_items(param: bytes, sender: Sender) -> Push:
    """Return what the signed value of `param` tells, or the quarantine it goes to."""
    source = sender.facts.source if sender.facts.kind == "PROVIDER" else kuaidi100.SOURCE
    push: kuaidi100.Push | None = None
    try:
        push = kuaidi100.decode(param)
        told = kuaidi100.told(push)
    except Unreadable as fault:
        last = push.last_result if push is not None else None
        waybill_no = plain(last.nu) if last is not None else ""
        kept = _kept(fault, source=source, form="kuaidi100", body=param, waybill_no=waybill_no)
        return Push([kept], None if fault.reason in KEPT_AND_TAKEN else fault)
    items: list[Item] = []
    if told.correction is not None:
        # The oldest line stays the same however the list grows, so every push notices the correction at one instant.
        oldest = min((each.traces[0].occurred_at for each in told.lists), default=0)
        items.append(
            CorrectionIn(
                waybill_no=told.correction.waybill_no,
                carrier=told.correction.carrier,
                stands_for=told.correction.stands_for,
                source=source,
                noticed_at=oldest,
            )
        )
    items.extend(decode.snapshot(each, source) for each in told.lists)
    if not told.lists:
        _unwon("kuaidi100", "aborted" if told.status == kuaidi100.ABORT else "empty")
    return Push(items)


def kdniao_push(fields: dict[bytes, bytes], sender: Sender) -> Push:
    """
    Return what a push of KDNiao brings.

    :raises Refused: a field is missing, no key is set, the signature is wrong, or the type is none we take.
    """
    data, sign = _field(fields, b"RequestData"), _field(fields, b"DataSign")
    if not sender.push_secret:
        raise refused("push.secret_missing")
    if not signatures.is_kdniao_sign(sign, request_data=data, key=sender.push_secret):
        once_more = unquote_to_bytes(data)
        if not signatures.is_kdniao_sign(sign, request_data=once_more, key=sender.push_secret):
            raise refused("push.signature")
        data = once_more
    kind = fields.get(b"RequestType", b"101").decode("latin-1").strip()
    if kind == kdniao.ORDER_PUSH:
        _unwon("kdniao", "order")
        return Push([], business_id=fields.get(b"EBusinessID", b"")[:BUSINESS_ID_MAX].decode("latin-1"))
    if kind not in kdniao.TRACE_PUSHES:
        raise refused("push.type", type=kind[:20])
    return kdniao_items(data, sender)


def kdniao_items(data: bytes, sender: Sender) -> Push:
    """Return what the signed value of `RequestData` tells; each list that cannot be read goes to quarantine alone."""
    source = sender.facts.source if sender.facts.kind == "PROVIDER" else kdniao.SOURCE
    try:
        push = kdniao.decode(data)
    except Unreadable as fault:
        return Push([_kept(fault, source=source, form="kdniao", body=data)], fault)
    outcome = Push([], business_id=plain(push.business_id)[:BUSINESS_ID_MAX])
    push_time = plain(push.push_time)
    for raw in push.data:
        body = bytes(raw)
        entry: kdniao.Entry | None = None
        try:
            entry = kdniao.decode_entry(body)
            found = kdniao.told(entry, push_time=push_time)
        except Unreadable as fault:
            waybill_no = plain(entry.logistic_code) if entry is not None else ""
            whole = b'{"PushTime":%s,"Data":[%s]}' % (msgspec.json.encode(push_time), body)
            outcome.items.append(_kept(fault, source=source, form="kdniao", body=whole, waybill_no=waybill_no))
            if outcome.fault is None and fault.reason not in KEPT_AND_TAKEN:
                outcome.fault = fault
            continue
        if found is None:
            _unwon("kdniao", "empty")
        else:
            outcome.items.append(decode.snapshot(found, source))
    return outcome


def _field(fields: dict[bytes, bytes], name: bytes) -> bytes:
    value = fields.get(name)
    if value is None:
        raise refused("body.form", field=name.decode())
    return value


def _kept(fault: Unreadable, *, source: str, form: str, body: bytes, waybill_no: str = "") -> QuarantineIn:
    return QuarantineIn(
        source=source,
        reason=fault.reason,
        body=body,
        waybill_no=waybill_no if texts.is_waybill_no(waybill_no) else "",
        detail={"format": form, "fault": texts.hide_telephones(fault.detail)},
    )


@functools.lru_cache(maxsize=64)
def _unwon_child(provider: str, why: str) -> Any:
    return UNWON.labels(provider, why)


def _unwon(provider: str, why: str) -> None:
    _unwon_child(provider, why).inc()


KUAIDI100_TAKEN: Final = Answer(200, '{"result":true,"returnCode":"200","message":"成功"}'.encode())


def kuaidi100_answer(*, status: int, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """Return an answer in Kuaidi100's words; anything but success makes it send again."""
    if status == 200:
        return KUAIDI100_TAKEN
    return json_answer({"result": False, "returnCode": "500", "message": message}, status=status, headers=headers)


def kdniao_answer(
    *, status: int, message: str, business_id: str, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Answer:
    """Return an answer in KDNiao's words."""
    return json_answer(
        {
            "EBusinessID": business_id,
            "UpdateTime": clock.real_now().astimezone(texts.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"),
            "Success": status == 200,
            "Reason": message,
        },
        status=status,
        headers=headers,
    )


Reader = Callable[[dict[bytes, bytes], Sender], Push]
