"""Logs are JSON, carry the request's id and no personal data."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from yidao.kit import logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure("test")
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(False)


def _only(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    event: dict[str, Any] = json.loads(line)
    return event


def test_a_line_names_process_request_and_facts(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="abc")

    logs.get("intake").info("batch written", items=5, seconds=0.25)

    event = _only(lines)
    assert {key: event[key] for key in ("process", "request_id", "event", "items", "seconds", "level", "logger")} == {
        "process": "test",
        "request_id": "abc",
        "event": "batch written",
        "items": 5,
        "seconds": 0.25,
        "level": "info",
        "logger": "intake",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("phone", "13812345678", id="a phone number by its key"),
        pytest.param("receiver_tail", "5678", id="the tail of a phone number"),
        pytest.param("facts", {"sender": {"mobile": "13812345678"}}, id="a phone number deep inside"),
        pytest.param("note", "courier 13812345678 called", id="a phone number inside a sentence"),
        pytest.param("authorization", "Bearer yd_secret", id="a bearer token"),
        pytest.param("push_secret", "salt", id="a provider's secret"),
        pytest.param("items", ["13812345678"], id="a phone number in a list"),
    ],
)
def test_personal_data_and_secrets_are_not_written(lines: io.StringIO, key: str, value: Any) -> None:
    logs.get("intake").info("seen", **{key: value})

    text = lines.getvalue()
    assert "12345678" not in text
    assert "5678" not in text
    assert "yd_secret" not in text
    assert '"salt"' not in text


def test_a_library_s_traceback_is_masked_too(lines: io.StringIO) -> None:
    try:
        raise ValueError("no such receiver 13812345678")
    except ValueError:
        logging.getLogger("some.library").exception("failed for %s", "13812345678")

    event = _only(lines)
    assert "12345678" not in json.dumps(event)
    assert event["exception"].startswith("Traceback")


def test_of_a_long_text_the_end_stays_too_for_there_stands_the_fault(lines: io.StringIO) -> None:
    logs.get("web").error("failed", exception="Traceback" + " frame" * 10_000 + " KeyError: 'platform'")

    text = _only(lines)["exception"]
    assert text.startswith("Traceback")
    assert text.endswith("KeyError: 'platform'")
    assert len(text) < logs.TEXT_MAX + 10


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        pytest.param("a1-B2._c", True, id="safe characters are echoed"),
        pytest.param("x" * 64, True, id="sixty-four characters still fit"),
        pytest.param("x" * 65, False, id="sixty-five do not"),
        pytest.param('"}\n{"', False, id="a forged line is not echoed"),
        pytest.param("", False, id="an empty one is replaced"),
        pytest.param(None, False, id="none is made up"),
    ],
)
def test_request_ids_are_echoed_only_when_safe(given: str | None, is_kept: bool) -> None:
    found = logs.request_id(given)

    assert (found == given) is is_kept
    assert 1 <= len(found) <= logs.REQUEST_ID_MAX
