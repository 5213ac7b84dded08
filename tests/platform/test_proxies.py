"""Whose word about a client's address is taken."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from yidao.config import env, proxies


@pytest.mark.parametrize(
    ("trusted", "peer", "seen"),
    [
        pytest.param("", "127.0.0.1", ("127.0.0.1", "http"), id="nobody is trusted unless named"),
        pytest.param("127.0.0.1", "127.0.0.1", ("203.0.113.7", "https"), id="the named proxy is believed"),
        pytest.param("10.0.0.0/24, 127.0.0.1", "10.0.0.9", ("203.0.113.7", "https"), id="a network of proxies"),
        pytest.param("127.0.0.1", "198.51.100.1", ("198.51.100.1", "http"), id="a stranger is not"),
    ],
)
def test_only_named_proxies_tell_who_a_client_is(
    monkeypatch: pytest.MonkeyPatch, trusted: str, peer: str, seen: tuple[str, str]
) -> None:
    monkeypatch.setattr(env, "settings", lambda: env.Settings(trusted_proxies=trusted))
    found: list[tuple[str, str]] = []

    async def inner(scope: Any, _receive: Any, _send: Any) -> None:
        found.append((scope["client"][0], scope["scheme"]))

    headers = [(b"x-forwarded-for", b"192.0.2.66, 203.0.113.7"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    asyncio.run(proxies.behind(inner)(scope, None, None))  # type: ignore[arg-type]

    assert found == [seen]


@pytest.mark.parametrize("value", ["*", "0.0.0.0/0", "::/0", "proxy.example", "10.0.0.1,"])
def test_nobody_is_trusted_blindly(value: str) -> None:
    with pytest.raises(ValidationError):
        env.Settings(trusted_proxies=value)
