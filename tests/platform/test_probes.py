"""Both ports tell machines whether they live and can serve, and give every request an id."""

import asyncio
from typing import Any

import pytest

from yidao.config import lifespan, probes
from yidao.kit import metrics


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    await probes.reply(send, 200, b"inner")


def _ask(
    application: probes.Application, path: str, headers: dict[str, str] | None = None
) -> tuple[int, bytes, dict[str, str]]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    given = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "path": path, "method": "GET", "headers": given}
    asyncio.run(application(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], sent[1]["body"], answered


def test_a_living_process_says_so_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "check_database", lambda: "OperationalError")

    assert _ask(probes.answering(_inner), "/healthz")[:2] == (200, b"alive\n")


def test_ready_means_that_the_runtime_role_reaches_a_migrated_database(runtime_dsn: str) -> None:
    assert _ask(probes.answering(_inner), "/readyz")[:2] == (200, b"ready\n")


def test_without_a_database_it_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes.database, "runtime_url", lambda: "postgresql://nobody@127.0.0.1:1/none")

    assert _ask(probes.answering(_inner), "/readyz")[:2] == (503, b"not ready: OperationalError\n")


def test_however_many_ask_the_database_is_asked_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(probes, "check_database", lambda: asked.append(1) or "")
    application = probes.answering(_inner)

    assert {_ask(application, "/readyz")[:2] for _ in range(20)} == {(200, b"ready\n")}
    assert len(asked) == 1


def test_figures_are_in_prometheus_form() -> None:
    metrics.name_process("web")

    status, body, headers = _ask(probes.answering(_inner), "/metrics")

    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert b'yidao_process_info{pid="' in body


def test_everything_else_goes_to_the_application() -> None:
    assert _ask(probes.answering(_inner), "/")[:2] == (200, b"inner")


def test_a_request_id_is_echoed_and_a_bad_one_replaced() -> None:
    application = probes.recorded(_inner, process="web")

    kept = _ask(application, "/", {"X-Request-ID": "abc-1"})[2]["x-request-id"]
    made = _ask(application, "/", {"X-Request-ID": "a b"})[2]["x-request-id"]

    assert kept == "abc-1"
    assert len(made) == 32


@pytest.mark.parametrize("fails", [False, True], ids=["a start that works", "a start that fails"])
def test_a_failing_start_ends_the_process_instead_of_serving_half(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifespan, "prepare", lambda process: None)
    steps: list[str] = []
    sent: list[str] = []

    async def start() -> None:
        steps.append("start")
        if fails:
            raise OSError("no database")

    async def stop() -> None:
        steps.append("stop")

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.next"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    application = lifespan.living(_inner, process="web", start=(start,), stop=(stop,))
    asyncio.run(application({"type": "lifespan"}, receive, send))

    assert steps == (["start"] if fails else ["start", "stop"])
    assert sent == (
        ["lifespan.startup.failed"] if fails else ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    )
