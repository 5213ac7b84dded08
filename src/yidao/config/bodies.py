"""Reads a request's body before the pages see it: never more than a limit, never longer than it may take to arrive."""

import asyncio
import re
from collections.abc import MutableMapping
from typing import Any, Final

from yidao.config.probes import Application, Receive, Scope, Send, reply

BODY_MAX: Final = 1024 * 1024
"""No form of ours is larger; without a limit anybody could fill the disk with uploads that nothing waits for."""
BODY_SECONDS: Final = 30.0
PICTURES_MAX: Final = 11 * 1024 * 1024
"""Five pictures of two megabytes, and the form around them."""
WITH_PICTURES: Final = re.compile(r"/(m/[1-9][0-9]{0,18}|o)/violations/[a-z0-9/]*")
"""Where forms send pictures."""
FILE_MAX: Final = 21 * 1024 * 1024
"""The largest file that is kept, and the form around it."""
WITH_FILE: Final = re.compile(r"/m/[1-9][0-9]{0,18}/orders/import/upload/")
"""Where a form sends a file of orders."""


class _Refused(Exception):
    """The body is not taken; the status says why."""

    def __init__(self, status: int, text: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.text = text


def limited(application: Application, *, body_max: int = BODY_MAX, seconds: float = BODY_SECONDS) -> Application:
    """Pass on requests with their whole body; answer 413 to one that is too large and 408 to one that is too slow."""

    async def limit(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await application(scope, receive, send)
            return
        try:
            async with asyncio.timeout(seconds):
                whole = await _whole(scope, receive, body_max=_most(scope, body_max))
        except TimeoutError:
            await reply(send, 408, b"The request took too long to arrive.\n")
            return
        except _Refused as refused:
            await reply(send, refused.status, refused.text)
            return
        first: MutableMapping[str, Any] | None = whole

        async def received() -> MutableMapping[str, Any]:
            nonlocal first
            message, first = first, None
            return message if message is not None else await receive()

        await application(scope, received, send)

    return limit


def _most(scope: Scope, body_max: int) -> int:
    if WITH_FILE.fullmatch(scope["path"]):
        return max(body_max, FILE_MAX)
    return max(body_max, PICTURES_MAX) if WITH_PICTURES.fullmatch(scope["path"]) else body_max


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


async def _whole(scope: Scope, receive: Receive, *, body_max: int) -> MutableMapping[str, Any]:
    """
    Return the whole body as one message, or that the client has gone.

    :raises _Refused: it is larger than `body_max`, announced or not.
    """
    too_large = _Refused(413, b"The request is too large.\n")
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or len(value) > 18 or int(value) > body_max):
            raise too_large
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        body += message.get("body", b"")
        if len(body) > body_max:
            raise too_large
        if not message.get("more_body"):
            return {"type": "http.request", "body": bytes(body), "more_body": False}
