"""Posts messages to the intake over HTTP: batches of 500 over kept-alive connections, few in flight, patient."""

import asyncio
import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote_plus

import msgspec

from yidao.market import stamps, wires
from yidao.market.line import Answer, Post, Unreached
from yidao.market.wires import Message

EVENTS_A_REQUEST = 500
ENTRIES_A_PUSH = 40
BATCHES_IN_FLIGHT = 4
PUSHES_IN_FLIGHT = 16
IN_FLIGHT_MAX = BATCHES_IN_FLIGHT + PUSHES_IN_FLIGHT
TRIES_MAX = 120
_FIRST: Final = (wires.ORDERS, wires.PARCELS)
WAIT_SECONDS_MAX = 2.0


class Undelivered(Exception):
    """The intake could not be reached, or kept saying "later", for longer than the courier waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushKey:
    """An aggregator's credential: its id stands in the address, its secret signs the bodies."""

    credential_id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Everything the market needs to be let in; carriers and shops by their code and key."""

    platform: str
    carriers: Mapping[str, str]
    shops: Mapping[str, str]
    kuaidi100: PushKey
    kdniao: PushKey


@dataclass(slots=True)
class Receipt:
    """What the intake answered, counted; `problems` counts the codes of what it rejected."""

    requests: int = 0
    items: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Receipt") -> None:
        """Add another receipt to this one."""
        self.requests += other.requests
        self.items.update(other.items)
        self.problems.update(other.problems)


class _Problem(msgspec.Struct):
    code: str = ""


class _Item(msgspec.Struct):
    result: str = ""
    problem: _Problem | None = None


class _Answer(msgspec.Struct):
    items: list[_Item] = []


_encoder: Final = msgspec.json.Encoder()
_answers: Final = msgspec.json.Decoder(_Answer)
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    path: str
    headers: Mapping[str, str]
    body: bytes
    count: int


class Courier:
    """Delivers messages over one line; knows nothing of time but how long to wait before it tries again."""

    def __init__(self, post: Post, keys: Keys, *, is_stopped: Callable[[], bool] = lambda: False) -> None:
        self._send = post
        self._keys = keys
        self._is_stopped = is_stopped

    async def deliver(self, messages: Sequence[Message]) -> Receipt:
        """
        Post messages and wait for every answer: orders first, then shipments, then the carriers' events and the
        aggregators' lists.

        What the intake rejects is counted, not repeated. Equal parcels share a request where they can.

        :raises Undelivered: the intake was away, or asked to wait, for too long, or the courier was told to stop while
            it waited; several requests raise a group of them.
        """
        receipt = Receipt()
        groups: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        for message in messages:
            groups[message.channel, message.via].append(message)
        for channel in _FIRST:
            wanted = [group for group in groups if group[0] == channel]
            receipt.add(await self._post_all(self._all(wanted, groups), BATCHES_IN_FLIGHT))
        pushes = [group for group in groups if group[0] == wires.KUAIDI100]
        others = [group for group in groups if group[0] not in (*_FIRST, wires.KUAIDI100)]
        async with asyncio.TaskGroup() as both:
            batched = both.create_task(self._post_all(self._all(others, groups), BATCHES_IN_FLIGHT))
            single = both.create_task(self._post_all(self._all(pushes, groups), PUSHES_IN_FLIGHT))
        receipt.add(batched.result())
        receipt.add(single.result())
        return receipt

    def _all(
        self, wanted: Iterable[tuple[str, str]], groups: Mapping[tuple[str, str], list[Message]]
    ) -> Iterator[_Request]:
        """Yield the requests of some groups; each is built when somebody is free to post it."""
        for channel, via in wanted:
            yield from self._requests(channel, via, groups[channel, via])

    def _requests(self, channel: str, via: str, group: list[Message]) -> Iterable[_Request]:
        if channel in _FIRST:
            token = self._keys.shops[via] if via else self._keys.platform
            return _batches(f"/v1/{channel}", channel, token, group)
        if channel == wires.NATIVE:
            return _batches("/v1/tracking-events", "events", self._keys.carriers[via], sorted(group, key=_parcel_first))
        if channel == wires.SHOP_EVENTS:
            return _batches("/v1/tracking-events", "events", self._keys.shops[via], group)
        if channel == wires.KDNIAO:
            return _kdniao_pushes(self._keys.kdniao, group)
        return (_kuaidi100_push(self._keys.kuaidi100, message) for message in group)

    async def _post_all(self, queue: Iterator[_Request], in_flight: int) -> Receipt:
        receipt = Receipt()

        async def work() -> None:
            for request in queue:
                receipt.add(await self._post(request))

        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(work())
        return receipt

    async def _post(self, request: _Request) -> Receipt:
        fault = ""
        for attempt in range(TRIES_MAX):
            if fault and self._is_stopped():
                break
            try:
                answer = await self._send(request.path, request.headers, request.body)
            except Unreached as error:
                fault = str(error)
                await asyncio.sleep(min(WAIT_SECONDS_MAX, 0.1 * (attempt + 1)))
                continue
            if answer.status != 429 and answer.status < 500:
                return _receipt(answer, request.count)
            fault = f"HTTP {answer.status}"
            await asyncio.sleep(_wait_seconds(answer))
        raise Undelivered(f"{request.path}: {fault}")


def _wait_seconds(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(WAIT_SECONDS_MAX, float(text)) if text.isascii() and text.isdigit() else 0.5


def _receipt(answer: Answer, count: int) -> Receipt:
    receipt = Receipt(requests=1)
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("application/json"):
        receipt.items[f"HTTP {answer.status}"] += count
        receipt.problems[_code(answer.body)] += 1
        return receipt
    items = _answers.decode(answer.body).items
    if not items:
        receipt.items["PUSHED"] += count
    for item in items:
        receipt.items[item.result] += 1
        if item.problem is not None:
            receipt.problems[item.problem.code] += 1
    return receipt


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Problem).code
    except msgspec.DecodeError:
        return "not json"


def _parcel_first(message: Message) -> tuple[str, int]:
    """Order events by parcel, so that one parcel's news of one hour travels together."""
    body = message.body
    assert isinstance(body, wires.Event)
    return body.waybill_no, message.send_at


def _batches(path: str, name: str, token: str, group: Sequence[Message]) -> Iterable[_Request]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return (
        _Request(path=path, headers=headers, body=_encoder.encode({name: [one.body for one in part]}), count=len(part))
        for part in _parts(group, EVENTS_A_REQUEST)
    )


def _parts(group: Sequence[Message], size: int) -> Iterable[Sequence[Message]]:
    return (group[start : start + size] for start in range(0, len(group), size))


def _kuaidi100_push(key: PushKey, message: Message) -> _Request:
    """Return one push; a body that is text already goes as it is, broken or not."""
    param = message.body if isinstance(message.body, str) else _encoder.encode(message.body).decode()
    sign = kuaidi100_sign(param, key.secret)
    body = f"param={quote_plus(param)}&sign={sign}".encode()
    return _Request(path=f"/push/kuaidi100/{key.credential_id}", headers=_FORM, body=body, count=1)


def _kdniao_pushes(key: PushKey, group: Sequence[Message]) -> Iterable[_Request]:
    path = f"/push/kdniao/{key.credential_id}"
    return (
        _Request(path=path, headers=_FORM, body=_kdniao_form(key, part), count=len(part))
        for part in _parts(group, ENTRIES_A_PUSH)
    )


def _kdniao_form(key: PushKey, part: Sequence[Message]) -> bytes:
    pushed_at = max(message.send_at for message in part)
    request: dict[str, Any] = {
        "EBusinessID": "1000001",
        "PushTime": stamps.wall(pushed_at),
        "Count": str(len(part)),
        "Data": [message.body for message in part],
    }
    data = _encoder.encode(request).decode()
    fields = {
        "RequestData": data,
        "EBusinessID": "1000001",
        "RequestType": "101",
        "DataSign": kdniao_sign(data, key.secret),
        "DataType": "2",
    }
    return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()


def kuaidi100_sign(param: str, salt: str) -> str:
    """Return what Kuaidi100 writes into `sign`."""
    return hashlib.md5(f"{param}{salt}".encode(), usedforsecurity=False).hexdigest().upper()


def kdniao_sign(request_data: str, key: str) -> str:
    """Return what KDNiao writes into `DataSign`."""
    digest = hashlib.md5(f"{request_data}{key}".encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(digest.encode()).decode()
