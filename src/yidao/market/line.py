"""
The market's line to the intake: HTTP/1.1 over connections that are kept, one thread each, from the standard library. A
request costs a tenth of what a full client's costs; tens of thousands of them share two cores with the product.
"""

import asyncio
import http.client
import queue
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol

TIMEOUT_SECONDS: Final = 60.0


class Unreached(Exception):
    """No answer came: the connection failed, broke, or stayed silent for too long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Post(Protocol):
    """Whatever can post a body and bring the answer."""

    async def __call__(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """
        Post one request.

        :raises Unreached: no answer came; the request may or may not have arrived.
        """
        ...


class Line:
    """Posts to one host and port over at most `size` connections at once; to be used as a context manager."""

    def __init__(self, host: str, port: int, *, size: int) -> None:
        self._idle: queue.SimpleQueue[http.client.HTTPConnection] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="market-line")
        for _ in range(size):
            self._idle.put(http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS))
        self._size = size

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for _ in range(self._size):
            self._idle.get().close()

    async def __call__(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post one request from a thread of the line; see `Post`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._post, path, headers, body)

    def _post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = self._idle.get()
        try:
            connection.request("POST", path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException) as fault:
            connection.close()
            raise Unreached(type(fault).__name__) from fault
        finally:
            self._idle.put(connection)
