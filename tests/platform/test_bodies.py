"""Bodies at the border of the web process."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from yidao.config import bodies


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what arrived, as an application that reads its whole body."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message.get("body", message["type"].encode())})


def ask(
    chunks: Iterable[bytes], *headers: tuple[bytes, bytes], pause: float = 0.0, path: str = "/language"
) -> tuple[int, bytes]:
    """Send a request in chunks; return the status and the body of the answer."""
    left = list(chunks)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers)}
    asyncio.run(bodies.limited(echo, body_max=10, seconds=0.2)(scope, receive, send))  # type: ignore[arg-type]
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent)


CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize(
    ("chunks", "header", "answer"),
    [
        pytest.param([b"hello"], (b"content-length", b"5"), (200, b"hello"), id="a small body"),
        pytest.param([b"hel", b"lo"], CHUNKED, (200, b"hello"), id="in chunks"),
        pytest.param([b"1234567890"], CHUNKED, (200, b"1234567890"), id="exactly the limit"),
        pytest.param([], (b"content-length", b"5"), (200, b"http.disconnect"), id="the client went away"),
    ],
)
def test_what_is_small_enough_passes_whole(chunks: list[bytes], header: Any, answer: Any) -> None:
    assert ask(chunks, header) == answer


@pytest.mark.parametrize(
    ("chunks", "header"),
    [
        pytest.param([], (b"content-length", b"11"), id="announced"),
        pytest.param([], (b"content-length", b"9" * 5000), id="announced beyond counting"),
        pytest.param([], (b"content-length", b"-1"), id="announced as less than nothing"),
        pytest.param([b"123456", b"123456"], CHUNKED, id="never announced"),
        pytest.param([b"123456", b"123456"], (b"content-length", b"5"), id="more than was announced"),
    ],
)
def test_what_is_too_large_is_not_read_to_its_end(chunks: list[bytes], header: Any) -> None:
    assert ask(chunks, header)[0] == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/m/7/violations/8/", 200, id="an appeal with pictures"),
        pytest.param("/o/violations/new/", 200, id="evidence of an operator"),
        pytest.param("/m/7/violations-of-others/", 413, id="an address that only begins so"),
        pytest.param("/c/7/violations/8/", 413, id="somebody else's console"),
    ],
)
def test_forms_that_send_pictures_may_be_larger(path: str, status: int) -> None:
    assert ask([b"123456", b"123456"], CHUNKED, path=path)[0] == status


def test_even_pictures_have_a_limit() -> None:
    announced = (b"content-length", str(bodies.PICTURES_MAX + 1).encode())

    assert ask([], announced, path="/m/7/violations/8/")[0] == 413


def test_who_dawdles_is_not_waited_for() -> None:
    assert ask([b"a", b"b", b"c", b"d"], CHUNKED, pause=0.09)[0] == 408
