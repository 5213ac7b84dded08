"""
`page.weight`: what the first look at a creator's list of 50 rows costs: its bytes on the wire, and the time until rows
are seen in a headless Chromium, against the same bytes served by a plain static server in the same run.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from bench import data, ground, report

WEIGHT_MAX: Final = 40 * 1024
SAMPLES: Final = int(os.environ.get("YIDAO_BENCH_PAGE_SAMPLES", "25"))
ROWS: Final = 50
READY_SECONDS_MAX: Final = 60.0
SETTLE_MS: Final = 1_500
SEEN_MS_MAX: Final = 15_000
ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Record = dict[str, tuple[dict[str, str], bytes]]
"""Answers by their address, with the headers that matter and the bytes on the wire."""
# Notes the moment at which the first frame with rows is about to be painted, since the navigation began.
WATCH: Final = """
(() => {
  const look = () => {
    if (document.querySelectorAll("tr[data-key]").length) window.rowsSeen = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})()
"""
SEEN: Final = """() => new Promise((done) => {
  const look = () => window.rowsSeen ? done(window.rowsSeen) : setTimeout(look, 5);
  look();
})"""
LOGIN: Final = "bench-page"


def run(url: str, parcels: int) -> None:
    """Print one line for the weight and one for the time."""
    from playwright.sync_api import sync_playwright  # inline: only this benchmark needs it

    cookie, address = _reader()
    with _web(url) as web, sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
        session = {"name": "yidao_session", "value": cookie, "url": f"{web}/"}
        recorded, later = _recorded(browser, f"{web}{address}", session)
        first = sum(len(body) for _, body in recorded.values())
        with _static(recorded) as plain:
            ours: list[float] = []
            floor: list[float] = []
            for _ in range(SAMPLES):
                ours.append(_seen(browser, f"{web}{address}", session))
                floor.append(_seen(browser, f"{plain}{address}", session))
        browser.close()
    report.line("page.weight", value=first, floor=WEIGHT_MAX, unit="bytes", then=later, files=len(recorded), rows=ROWS)
    report.line(
        "page.rows",
        value=report.middle(ours),
        floor=report.middle(floor),
        unit="ms",
        p95=report.quantile(ours, 0.95),
        floor_p95=report.quantile(floor, 0.95),
    )


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("YIDAO_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise SystemExit("page.weight needs Chromium (Debian: apt-get install chromium).")
    return found


def _reader() -> tuple[str, str]:
    """Return the session of somebody who belongs to a creator of the big data, and the address of the list."""
    from django.conf import settings  # inline: django not set up
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # inline: django not set up
    from django.contrib.sessions.backends.db import SessionStore  # inline: django not set up

    from yidao.accounts import services  # inline: django not set up
    from yidao.accounts.models import Membership, User  # inline: django not set up
    from yidao.kit import ids  # inline: django not set up

    creator = data.CREATOR_IDS[0]
    user = User.objects.filter(login__startswith=LOGIN).first()
    if user is None:
        login = f"{LOGIN}-{ids.new_id()}"
        made = services.create_user(login=login, name="Bench", password=f"bench-{ids.new_id()}", language="zh-hans")
        services.join(user_id=made, organisation_id=creator, role=Membership.Role.OWNER)  # type: ignore[arg-type]
        user = User.objects.get(id=made)
    store = SessionStore()
    store[SESSION_KEY] = str(user.id)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key), f"/c/{creator}/parcels/"


@contextmanager
def _web(url: str) -> Iterator[str]:
    """Run the pages' process until the block ends."""
    port = ground.free_port()
    environment = {**os.environ, "YIDAO_DATABASE_URL": url, "YIDAO_WEB_PORT": str(port)}
    command = [sys.executable, "-m", "yidao.config", "web"]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not ground.wait_until(lambda: ground.answers(port), seconds=READY_SECONDS_MAX):
            raise SystemExit("The pages do not get ready.")
        yield f"http://localhost:{port}"
    finally:
        running.terminate()
        running.wait(READY_SECONDS_MAX)


def _page(browser: Any, session: dict[str, str]) -> Any:
    """Return a page of a browser that has seen nothing yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.add_cookies([session])
    page = context.new_page()
    page.add_init_script(WATCH)
    return page


def _seen(browser: Any, address: str, session: dict[str, str]) -> float:
    """Return after how many milliseconds rows were seen at the first look."""
    page = _page(browser, session)
    page.goto(address, timeout=SEEN_MS_MAX)
    found = float(page.evaluate(SEEN))
    page.context.close()
    return found


def _recorded(browser: Any, address: str, session: dict[str, str]) -> tuple[Record, int]:
    """Return what the page and its files are on the wire, and how many bytes it asks for afterwards."""
    import httpx  # inline: only this benchmark needs it

    page = _page(browser, session)
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(answer.url) if answer.request.method == "GET" else None)
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)
    rows = page.locator("tr[data-key]").count()
    assert rows == ROWS, f"{rows} rows instead of {ROWS}"
    page.context.close()
    recorded: Record = {}
    later = 0
    with httpx.Client(
        headers={"Accept-Encoding": "gzip, deflate, br"}, cookies={"yidao_session": session["value"]}
    ) as client:
        for each in dict.fromkeys(asked):
            if "/live" in each:
                continue
            with client.stream("GET", each) as answer:
                body = b"".join(answer.iter_raw())
            kept = {
                name: answer.headers[name] for name in ("content-type", "content-encoding") if name in answer.headers
            }
            split = urlsplit(each)
            if each == address or split.path.startswith("/static/"):
                recorded[f"{split.path}?{split.query}" if split.query else split.path] = (kept, body)
            else:
                later += len(body)
    return recorded, later


@contextmanager
def _static(recorded: Record) -> Iterator[str]:
    """Serve the recorded answers from memory until the block ends; everything else is not found."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers, body = recorded.get(self.path, ({}, b""))
            self.send_response(200 if headers else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    time.sleep(0.1)
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
