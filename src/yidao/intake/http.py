"""What the machine port needs of HTTP: bodies with a limit, forms by their raw bytes, whole answers."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from yidao.intake.faults import Problem, refused
from yidao.intake.phrases import Language, language_of
from yidao.kit import problems

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Final = b"application/json"
FORM: Final = b"application/x-www-form-urlencoded"
PROBLEM: Final = problems.MEDIA_TYPE.encode()
BODY_SECONDS: Final = 30
FIELDS_MAX: Final = 32
UTF_8_NAMES: Final = frozenset({"utf-8", "utf8"})

_encoder = msgspec.json.Encoder()


class ClientGone(Exception):
    """The client hung up before its body was complete; nobody is left to answer."""


class Answer(msgspec.Struct):
    """One whole answer."""

    status: int
    body: bytes
    media_type: bytes = JSON
    headers: tuple[Header, ...] = ()


class Request:
    """The head of a request; the body is read on demand."""

    __slots__ = ("_receive", "headers", "method", "path", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self._receive = receive

    @property
    def language(self) -> Language:
        """Return the language asked for."""
        return language_of(self.headers.get(b"accept-language", b"").decode("latin-1"))

    @property
    def address(self) -> str:
        """Return the address of the other side, as the server sees it."""
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    def need_media_type(self, expected: bytes) -> None:
        """
        Make sure that the body is what this address takes; a sender that says nothing is believed.

        :raises Refused: another media type, another charset than UTF-8, or a compressed body.
        """
        value = self.headers.get(b"content-type")
        if value is not None and value != expected:
            media_type, _, rest = value.decode("latin-1").partition(";")
            if media_type.strip().lower() != expected.decode():
                raise refused("body.media_type", expected=expected.decode())
            for parameter in rest.split(";"):
                name, _, text = parameter.partition("=")
                if name.strip().lower() == "charset" and text.strip(" \"'").lower() not in UTF_8_NAMES:
                    raise refused("body.charset")
        if self.headers.get(b"content-encoding", b"identity") != b"identity":
            raise refused("body.encoding")

    async def body(self, *, limit: int) -> bytes:
        """
        Read the whole body, never keeping more than `limit` bytes.

        :raises Refused: it is too large, too slow, or shorter than announced.
        :raises ClientGone: the client hung up.
        """
        announced = self.headers.get(b"content-length")
        length = int(announced) if announced is not None and announced.isdigit() else None
        if length is not None and length > limit:
            raise refused("body.too_large", limit=limit, headers=((b"connection", b"close"),))
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._read(limit)
        except TimeoutError as fault:
            raise refused("body.slow", seconds=BODY_SECONDS, headers=((b"connection", b"close"),)) from fault
        if length is not None and len(body) < length:
            raise refused("body.incomplete")
        return body

    async def _read(self, limit: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise refused("body.too_large", limit=limit, headers=((b"connection", b"close"),))
            if not message.get("more_body"):
                return b"".join([*chunks, chunk]) if chunks else chunk
            chunks.append(chunk)


def form(body: bytes) -> dict[bytes, bytes]:
    """
    Return the fields of a form, each value percent-decoded exactly once to the bytes that were signed.

    :raises Refused: there are too many fields, or one comes twice.
    """
    fields: dict[bytes, bytes] = {}
    pairs = body.split(b"&", FIELDS_MAX)
    for pair in pairs[:FIELDS_MAX]:
        name, _, value = pair.partition(b"=")
        name = unquote_to_bytes(name.replace(b"+", b" "))
        if name in fields:
            raise refused("body.form", field=name.decode("latin-1"))
        fields[name] = unquote_to_bytes(value.replace(b"+", b" "))
    return fields


def json_answer(value: Any, *, status: int = 200, headers: tuple[Header, ...] = ()) -> Answer:
    """Return a value as JSON."""
    return Answer(status, _encoder.encode(value), JSON, headers)


def problem_answer(problem: Problem, language: Language, *, headers: tuple[Header, ...] = ()) -> Answer:
    """Return a problem as problem+json in the language asked for."""
    named = (*headers, (b"content-language", language.value.encode()))
    return Answer(problem.status(), _encoder.encode(problem.rendered(language)), PROBLEM, named)


async def send_answer(send: Send, answer: Answer, *, request_id: bytes) -> None:
    """Send an answer that no cache keeps."""
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.media_type),
                (b"content-length", b"%d" % len(answer.body)),
                (b"cache-control", b"no-store"),
                (b"x-request-id", request_id),
                *answer.headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
