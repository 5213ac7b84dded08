"""What the tests in a real browser share: our processes, a Chromium, and somebody who is logged in."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

playwright = pytest.importorskip("playwright.sync_api")

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a-password-for-tests"
START_SECONDS = 60
WIDTHS = (1440, 1280, 390)
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATIENCE_MS = 20_000
playwright.expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str:
    """Return where Chromium is; without one these tests are left out loudly, and with CI=true they fail."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("YIDAO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        message = "no Chromium found: the browser tests are left out (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our processes until the block ends."""
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "yidao.config", command],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def wait_until_ready(address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"{address} is not ready: {log.read_text()[-2000:]}")


def complaint(message: Any) -> list[str]:
    """Return what a message of the browser's console complains about, nothing when it only tells."""
    return [f"{message.text} {message.location}"] if message.type in ("error", "warning") else []


@contextmanager
def browser_running() -> "Iterator[playwright.Browser]":
    """Run a Chromium until the block ends."""
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


def page_of(
    browser: "playwright.Browser", web: str, login: str, complaints: list[str], **options: Any
) -> "playwright.Page":
    """Return a page, in a context of its own, of somebody who logged in by the form; complaints are gathered."""
    page = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | options).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda each: complaints.extend(complaint(each)))
    page.on("pageerror", lambda each: complaints.append(str(each)))
    page.goto(f"{web}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main button.primary")
    page.wait_for_url(lambda address: not address.endswith("/login"))
    return page


def fail_on(complaints: list[str]) -> None:
    """Fail the test when a browser complained."""
    if complaints:
        pytest.fail("the browser complains: " + "\n".join(complaints))


@contextmanager
def browsing(
    web: str, login: str, *, locale: str = "en-US", scripts: bool = True, **context: Any
) -> "Iterator[playwright.Page]":
    """Give a page of somebody who logged in by the form; complaints of the browser fail the test."""
    complaints: list[str] = []
    with browser_running() as browser:
        yield page_of(browser, web, login, complaints, locale=locale, java_script_enabled=scripts, **context)
    fail_on(complaints)
