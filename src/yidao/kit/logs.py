"""
Logs: one JSON object a line on standard error, with the id of the request it belongs to and without personal data.

Whoever logs passes facts as key-value pairs; what could tell about a person or open a door is masked here, last of all.
"""

import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID_MAX = 64
TEXT_MAX = 4_000
"""Longest text of one value; a body that slipped into a message must not fill the disk."""
DEPTH_MAX = 6

LEFT_OUT = "[left out]"
PRIVATE_WORDS = frozenset(
    {
        "address", "authorization", "body", "cookie", "description", "login", "mobile", "password", "phone", "receiver",
        "recipient", "salt", "secret", "sign", "signature", "tail", "token",
    }
)  # fmt: skip
"""A key holding one of these words, parted by underscores, never shows its value."""
PUBLIC_KEYS = frozenset({"timestamp", "level", "logger", "request_id", "event_id"})
_LONG_DIGITS = re.compile(r"\d{7,}")
_SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(given: str | None) -> str:
    """Return the caller's request id when it is short and of safe characters, else a new one."""
    if given is not None and _SAFE_REQUEST_ID.fullmatch(given):
        return given
    return secrets.token_hex(16)


def mask_digits(text: str) -> str:
    """Return the text with every run of seven digits or more cut to its first three, as telephone numbers must be."""
    return _LONG_DIGITS.sub(lambda found: found[0][:3] + "*" * (len(found[0]) - 3), text)


def without_personal_data(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Mask private keys and long digit runs of one log event; ids are integers and stay."""
    for key in list(event):
        if key not in PUBLIC_KEYS and not key.startswith("_"):
            event[key] = _masked(key, event[key], depth=0)
    return event


def _masked(key: str, value: Any, *, depth: int) -> Any:
    if not PRIVATE_WORDS.isdisjoint(key.lower().split("_")):
        return LEFT_OUT
    if isinstance(value, str):
        return _shortened(mask_digits(value))
    if value is None or isinstance(value, int | float):
        return value
    if depth >= DEPTH_MAX:
        return LEFT_OUT
    if isinstance(value, MutableMapping):
        return {str(name): _masked(str(name), inner, depth=depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, inner, depth=depth + 1) for inner in value]
    return _shortened(mask_digits(str(value)))


def _shortened(text: str) -> str:
    """Cut the middle out of a long text: the fault stands at the end of a traceback."""
    if len(text) <= TEXT_MAX:
        return text
    return f"{text[: TEXT_MAX // 2]} ... {text[-TEXT_MAX // 2 :]}"


def _mapping(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event


def configure(process: str, *, level: int = logging.INFO) -> None:
    """Send the logs of this process, ours and every library's, through one chain to standard error."""
    structlog.contextvars.clear_contextvars()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                _mapping,
                structlog.processors.format_exc_info,
                without_personal_data,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name in ("httpx", "httpcore", "procrastinate", "django.request"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _named(process: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        return event

    return add


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger; call it with an event name in words and facts by key."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
