"""A client for the machine port's application without a network, a queue that remembers, and a directory of senders."""

import asyncio
import json
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

from yidao.carriers import signatures
from yidao.intake.app import Intake, Parts
from yidao.intake.payloads import ItemResult, QuarantineIn, Result
from yidao.intake.senders import sender_of

BOTH = frozenset({"events:write", "parcels:write", "orders:write"})
SALT = "salt"
CARRIER = "yd_carrier00000_" + "c" * 32
SHOP = "yd_shop00000000_" + "s" * 32
PLATFORM = "yd_platform0000_" + "p" * 32
PROVIDER = "yd_provider0000_" + "q" * 32
READER = "yd_reader000000_" + "r" * 32
CREATOR = "yd_creator00000_" + "d" * 32

SHOP_ID = 700
SENDERS = {
    CARRIER: sender_of(
        credential_id=1, organisation_id=10, kind="CARRIER", carrier_code="yuantong", source_code="", scopes=BOTH
    ),
    SHOP: sender_of(
        credential_id=2, organisation_id=SHOP_ID, kind="SHOP", carrier_code="", source_code="", scopes=BOTH
    ),
    PLATFORM: sender_of(
        credential_id=3, organisation_id=30, kind="PLATFORM", carrier_code="", source_code="", scopes=BOTH
    ),
    PROVIDER: sender_of(
        credential_id=4, organisation_id=40, kind="PROVIDER", carrier_code="", source_code="AGGREGATOR", scopes=BOTH
    ),
    READER: sender_of(
        credential_id=5,
        organisation_id=30,
        kind="PLATFORM",
        carrier_code="",
        source_code="",
        scopes=frozenset({"parcels:read"}),
    ),
    CREATOR: sender_of(
        credential_id=6, organisation_id=60, kind="CREATOR", carrier_code="", source_code="", scopes=BOTH
    ),
}
KUAIDI100 = 8
KDNIAO = 9
UNSALTED = 11
PUSHERS = {
    KUAIDI100: sender_of(
        credential_id=8,
        organisation_id=80,
        kind="PROVIDER",
        carrier_code="",
        source_code="KUAIDI100",
        scopes=BOTH,
        push_secret=SALT,
    ),
    KDNIAO: sender_of(
        credential_id=9,
        organisation_id=90,
        kind="PROVIDER",
        carrier_code="",
        source_code="KDNIAO",
        scopes=BOTH,
        push_secret=SALT,
    ),
    UNSALTED: sender_of(
        credential_id=11, organisation_id=80, kind="PROVIDER", carrier_code="", source_code="KUAIDI100", scopes=BOTH
    ),
    1: SENDERS[CARRIER],
}


class Remembering:
    """A queue that accepts everything at once and remembers it."""

    def __init__(self):
        self.submissions = []
        self.refusal = None
        self.results = None
        self.is_drained = False

    @property
    def items(self):
        return [item for submission in self.submissions for item in submission.items]

    def submit(self, submission):
        if self.refusal is not None:
            raise self.refusal
        self.submissions.append(submission)
        future = Future()
        future.set_result(self.results or [self._result(item) for item in submission.items])
        return future

    def drain(self):
        self.is_drained = True
        return True

    def _result(self, item):
        if isinstance(item, QuarantineIn):
            return ItemResult(Result.REJECTED, code=item.reason)
        return ItemResult(Result.ACCEPTED)


class Directory:
    """Credentials in memory; counts how often it is asked."""

    def __init__(self):
        self.asked = 0
        self.fault = None

    def by_token(self, token):
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return SENDERS.get(token)

    def by_id(self, credential_id):
        self.asked += 1
        return PUSHERS.get(credential_id)


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Port:
    """The application with its fakes; each call is one request."""

    queue: Remembering = field(default_factory=Remembering)
    directory: Directory = field(default_factory=Directory)
    body_max: int = 1024 * 1024

    def __post_init__(self):
        self.app = Intake(lambda: Parts(queue=self.queue, directory=self.directory), body_max=self.body_max)
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.app.startup())

    def close(self):
        self.loop.run_until_complete(self.app.shutdown())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def request(self, method, path, body=b"", headers=(), *, chunk=None, is_cut=False):
        return self.loop.run_until_complete(self.asked(method, path, body, headers, chunk=chunk, is_cut=is_cut))

    async def asked(self, method, path, body=b"", headers=(), *, chunk=None, is_cut=False):
        size = chunk or max(1, len(body))
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        sent = []

        async def receive():
            if not pieces:
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces) or is_cut}

        async def send(message):
            sent.append(message)

        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "client": ("192.0.2.1", 5)}
        await self.app(scope, receive, send)
        if not sent:
            return None
        head, tail = sent
        return Reply(head["status"], {n.decode(): v.decode("latin-1") for n, v in head["headers"]}, tail["body"])

    def post(self, path, value, token=PLATFORM, *, language=None, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        sent = {"Content-Type": "application/json"} | {n.replace("_", "-"): v for n, v in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if language is not None:
            sent["Accept-Language"] = language
        return self.request("POST", path, body, tuple(sent.items()))

    def events(self, events, token=PLATFORM, **more):
        return self.post("/v1/tracking-events", {"events": events}, token, **more)

    def parcels(self, parcels, token=PLATFORM, **more):
        return self.post("/v1/parcels", {"parcels": parcels}, token, **more)

    def orders(self, orders, token=PLATFORM, **more):
        return self.post("/v1/orders", {"orders": orders}, token, **more)

    def kuaidi100(self, param, *, sign=None, credential=KUAIDI100, content_type="application/x-www-form-urlencoded"):
        param = param if isinstance(param, bytes) else json.dumps(param, ensure_ascii=False).encode()
        sign = signatures.kuaidi100_sign(param, SALT.encode()) if sign is None else sign
        body = b"param=" + quote_from_bytes(param, safe="").encode() + b"&sign=" + sign.encode()
        return self.request("POST", f"/push/kuaidi100/{credential}", body, (("Content-Type", content_type),))

    def kdniao(self, data, *, sign=None, credential=KDNIAO, kind="101", is_twice=False):
        data = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
        sign = signatures.kdniao_sign(data, SALT.encode()) if sign is None else sign
        once = quote_from_bytes(data, safe="")
        fields = {
            "RequestData": quote_from_bytes(once.encode(), safe="") if is_twice else once,
            "EBusinessID": "1234567",
            "RequestType": kind,
            "DataSign": quote_from_bytes(sign.encode(), safe=""),
            "DataType": "2",
        }
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        headers = (("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),)
        return self.request("POST", f"/push/kdniao/{credential}", body, headers)


def event(**changes):
    whole = {
        "waybill_no": "YT1",
        "carrier": "yuantong",
        "occurred_at": "2022-06-20T08:00:00+08:00",
        "code": "PICKED_UP",
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def parcel(**changes):
    whole = {
        "shop_id": str(SHOP_ID),
        "carrier": "yuantong",
        "waybill_no": "YT1",
        "shipped_at": "2022-06-20T08:00:00+08:00",
        "sender_division": "330106",
        "receiver_division": "510104",
        "lines": [{"order_no": "O-1", "creator_id": "55"}],
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}


def order(**changes):
    whole = {
        "shop_id": str(SHOP_ID),
        "order_no": "O-1",
        "state": "TO_SHIP",
        "changed_at": "2022-06-20T08:00:00+08:00",
        "lines": [{"creator_id": "55"}],
    }
    return {name: value for name, value in (whole | changes).items() if value is not ...}
