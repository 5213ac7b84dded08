"""
A seeded load over HTTP that remembers what was acknowledged: shipments, the carrier's events (late, twice, corrected,
taken back) and the full lists of two aggregators. What was not acknowledged is sent again, word for word.
"""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import quote_plus

from bench.ground import CARRIER, SECRETS, Keys
from yidao.carriers import signatures

SHANGHAI: Final = timezone(timedelta(hours=8))
STEPS: Final = (
    "PICKED_UP", "DEPARTED_ORIGIN", "ARRIVED_HUB", "DEPARTED_HUB", "ARRIVED_CITY", "OUT_FOR_DELIVERY", "SIGNED"
)  # fmt: skip
KUAIDI100_CODES: Final = dict(zip(STEPS, ("103", "0", "1002", "1002", "1001", "5", "301"), strict=True))
KDNIAO_CODES: Final = dict(zip(STEPS, ("1", "206", "204", "2", "201", "202", "301"), strict=True))
DIVISION: Final = "330106"
NEW_PARCELS: Final = 6
"""New parcels a round; each brings about six events, which are told a batch at a time and in any order."""
BATCH_MAX: Final = 40
POOL_MAX: Final = 3_000
RECENT_MAX: Final = 50
TIMEOUT_SECONDS: Final = 30.0
AGAIN_SECONDS: Final = 0.1
FINISH_SECONDS_MAX: Final = 90.0

Scan = tuple[str, str, int, bool]
"""(waybill_no, event_id, revision, is_retracted) of an event of the carrier."""
Listed = tuple[str, str, int]
"""(waybill_no, source, how many scans) of a full list; an aggregator's lists of one parcel only grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request and what it tells."""

    path: str
    headers: dict[str, str]
    body: bytes
    shipments: tuple[str, ...] = ()
    scans: tuple[Scan, ...] = ()
    lists: tuple[Listed, ...] = ()


@dataclass(slots=True)
class Acknowledged:
    """What the intake said it has, and what it refused, which nothing of this load should be."""

    shipments: set[str] = field(default_factory=set)
    scans: set[Scan] = field(default_factory=set)
    lists: set[Listed] = field(default_factory=set)
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))
    refused: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)


class Story:
    """The deliveries in their order; the same seed and the same instant tell the same story."""

    def __init__(self, keys: Keys, *, seed: int, now: datetime) -> None:
        self._keys = keys
        self._chance = random.Random(seed)
        self._now = now.astimezone(UTC).replace(microsecond=0)
        self._pool: list[dict[str, Any]] = []
        self._told: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._events = itertools.count(1)
        self._waiting: list[Delivery] = []
        self.sent_scans: set[Scan] = set()

    def next(self) -> Delivery:
        """Return the next delivery."""
        if not self._waiting:
            self._round()
        return self._waiting.pop()

    def _round(self) -> None:
        if len(self._pool) < POOL_MAX:
            self._waiting.append(self._shipments([self._parcel() for _ in range(NEW_PARCELS)]))
        size = min(len(self._pool), self._chance.randint(1, BATCH_MAX))
        events = [self._pool.pop(self._chance.randrange(len(self._pool))) for _ in range(size)]
        if self._told:
            events += self._chance.choices(self._told, k=size // 8)
            events += [self._second_thought(self._chance.choice(self._told)) for _ in range(size // 16)]
        self._told = (self._told + events)[-POOL_MAX:]
        if events:
            self._waiting.append(self._batch(events))
        self._chance.shuffle(self._waiting)

    def _parcel(self) -> tuple[str, datetime]:
        """Make a parcel: its events go to the pool, its lists to the line; return its number and shipping time."""
        chance = self._chance
        number = f"CH{self._now:%d%H%M}{next(self._numbers):08d}"
        # Some reach their pickup limit just now, so that the sweeps have work while things are killed.
        shipped = self._now - (
            timedelta(hours=24) - timedelta(seconds=chance.randint(-300, 900))
            if chance.random() < 0.3
            else timedelta(minutes=chance.randint(60, 8 * 24 * 60))
        )
        at, steps = shipped, []
        for kind in STEPS[: chance.randint(0, len(STEPS))]:
            at += timedelta(minutes=chance.choice((20, 90, 240, 700, 1500, 3500)))
            if at > self._now:
                break
            steps.append((kind, at))
        fate = chance.random()
        if fate < 0.15:
            self._lists("KUAIDI100", number, steps)
        elif fate < 0.3:
            self._lists("KDNIAO", number, steps)
        else:
            self._pool += [self._event(number, kind, when) for kind, when in steps]
        return number, shipped

    def _event(self, number: str, kind: str, at: datetime) -> dict[str, Any]:
        return {
            "waybill_no": number,
            "carrier": CARRIER,
            "occurred_at": at.astimezone(SHANGHAI).isoformat(),
            "code": kind,
            "place": {"division": DIVISION, "name": "杭州西湖"},
            "description": f"{kind} 13800138000",
            "event_id": f"e{next(self._events)}",
        }

    def _second_thought(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return an event told again with a higher revision, or taken back."""
        if self._chance.random() < 0.5:
            return {**event, "retracted": True}
        return {**event, "revision": event.get("revision", 0) + 1, "retracted": False}

    def _batch(self, events: list[dict[str, Any]]) -> Delivery:
        scans = tuple(
            (each["waybill_no"], each["event_id"], each.get("revision", 0), each.get("retracted", False))
            for each in events
        )
        self.sent_scans.update(scans)
        return Delivery(
            path="/v1/tracking-events",
            headers=_json_headers(self._keys.carrier_token),
            body=json.dumps({"events": events}).encode(),
            scans=scans,
        )

    def _shipments(self, parcels: list[tuple[str, datetime]]) -> Delivery:
        told = [
            {
                "shop_id": str(self._keys.shop_id),
                "carrier": CARRIER,
                "waybill_no": number,
                "shipped_at": shipped.astimezone(SHANGHAI).isoformat(),
                "sender_division": DIVISION,
                "receiver_division": "510107",
                "lines": [{"order_no": f"O{number}", "creator_id": str(self._keys.creator_id)}],
            }
            for number, shipped in parcels
        ]
        return Delivery(
            path="/v1/parcels",
            headers=_json_headers(self._keys.shop_token),
            body=json.dumps({"parcels": told}).encode(),
            shipments=tuple(number for number, _ in parcels),
        )

    def _lists(self, source: str, number: str, steps: list[tuple[str, datetime]]) -> None:
        for count in range(1, len(steps) + 1):
            make = self._kuaidi100 if source == "KUAIDI100" else self._kdniao
            self._waiting.append(make(number, steps[:count]))

    def _kuaidi100(self, number: str, steps: list[tuple[str, datetime]]) -> Delivery:
        lines = [
            {
                "time": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
                "ftime": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
                "context": kind,
                "status": "",
                "statusCode": KUAIDI100_CODES[kind],
                "areaCode": f"CN{DIVISION}000000",
            }
            for kind, at in reversed(steps)
        ]
        last = {"message": "ok", "nu": number, "com": CARRIER, "ischeck": "0", "status": "200", "data": lines}
        param = json.dumps({"status": "polling", "message": "", "lastResult": {**last, "state": ""}})
        sign = signatures.kuaidi100_sign(param.encode(), SECRETS["KUAIDI100"].encode())
        return Delivery(
            path=f"/push/kuaidi100/{self._keys.pushes['KUAIDI100']}",
            headers=_FORM,
            body=f"param={quote_plus(param)}&sign={sign}".encode(),
            lists=((number, "KUAIDI100", len(steps)),),
        )

    def _kdniao(self, number: str, steps: list[tuple[str, datetime]]) -> Delivery:
        traces = [
            {
                "AcceptTime": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
                "AcceptStation": kind,
                "Location": "杭州市",
                "Action": KDNIAO_CODES[kind],
            }
            for kind, at in steps
        ]
        entry = {"ShipperCode": "ZTO", "LogisticCode": number, "Success": True, "Traces": traces}
        pushed_at = steps[-1][1] + timedelta(minutes=5)
        told = {"EBusinessID": "1", "PushTime": f"{pushed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", "Data": [entry]}
        data = json.dumps({**told, "Count": "1"})
        sign = signatures.kdniao_sign(data.encode(), SECRETS["KDNIAO"].encode())
        form = {"RequestData": data, "EBusinessID": "1", "RequestType": "101", "DataSign": sign, "DataType": "2"}
        return Delivery(
            path=f"/push/kdniao/{self._keys.pushes['KDNIAO']}",
            headers=_FORM,
            body="&".join(f"{name}={quote_plus(value)}" for name, value in form.items()).encode(),
            lists=((number, "KDNIAO", len(steps)),),
        )


_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def _json_headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


class Senders:
    """Some threads that post a story until told to end, each patient with what does not answer."""

    def __init__(self, story: Story, *, port: int, threads: int, items_a_second: float) -> None:
        self.acknowledged = Acknowledged()
        self.in_doubt: list[Delivery] = []
        self._story = story
        self._port = port
        self._pace = threads / items_a_second if items_a_second else 0.0
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._given_up = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> bool:
        """Begin nothing new, wait until everything begun is acknowledged; return whether that came to be."""
        self._ending.set()
        deadline = time.monotonic() + FINISH_SECONDS_MAX
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._given_up.set()
        for thread in self._threads:
            thread.join(TIMEOUT_SECONDS)
        return not self.in_doubt

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        while not self._ending.is_set():
            with self._lock:
                delivery = self._story.next()
            started = time.monotonic()
            self._deliver(connection, delivery)
            count = len(delivery.scans) + len(delivery.lists) + len(delivery.shipments)
            time.sleep(max(0.0, self._pace * count - (time.monotonic() - started)))
        connection.close()

    def _deliver(self, connection: http.client.HTTPConnection, delivery: Delivery) -> None:
        while not self._given_up.is_set():
            try:
                connection.request("POST", delivery.path, body=delivery.body, headers=delivery.headers)
                answer = connection.getresponse()
                status, body = answer.status, answer.read()
            except (OSError, http.client.HTTPException) as fault:
                connection.close()
                status, body = 0, type(fault).__name__.encode()
            with self._lock:
                self.acknowledged.answers[str(status) if status else body.decode()] += 1
                if status == 200:
                    self._note(delivery, json.loads(body))
                    return
                if status and status != 429 and status < 500:
                    self.acknowledged.refused[f"{status} {body[:200]!r}"] += 1
                    return
            time.sleep(AGAIN_SECONDS)
        with self._lock:
            self.in_doubt.append(delivery)

    def _note(self, delivery: Delivery, answer: dict[str, Any]) -> None:
        known = self.acknowledged
        if delivery.lists:
            if answer.get("result", answer.get("Success")) is True:
                known.lists.update(delivery.lists)
            else:
                known.refused[str(answer)] += 1
            return
        for item in answer["items"]:
            if item["result"] == "REJECTED":
                known.refused[item["problem"]["code"]] += 1
            elif delivery.scans:
                known.scans.add(delivery.scans[item["index"]])
            else:
                known.shipments.add(delivery.shipments[item["index"]])
                known.recent.append(delivery.shipments[item["index"]])


__all__ = ["Acknowledged", "Delivery", "Senders", "Story"]
