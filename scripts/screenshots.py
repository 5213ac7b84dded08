"""
Takes pictures of a running demo (`make up` first): the one of the README, or with `--tour FOLDER` every page of every
console at two widths, light and dark, in both languages, to be looked at.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

LOGINS: Final = ("dana", "alice", "henry", "petra", "olga")
"""One demo login of each console; their passwords are printed by the demo."""
README_PICTURE: Final = ("dana", "/c/all/anomalies/", "creator-anomalies.png")
README_WIDTH: Final = 1280
README_HEIGHT: Final = 760
PICTURE_BYTES_MAX: Final = 250_000
WIDTHS: Final = (1440, 1280)
THEMES: Final = ("light", "dark")
LANGUAGES: Final = ("zh-hans", "en")
PICTURES: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
PAGES_MAX: Final = 60
SETTLE_MS: Final = 900
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


def main() -> int:
    """Return 0, or 2 without Chromium."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://localhost:8000", help="where the demo runs")
    parser.add_argument("--tour", type=Path, help="a folder for pictures of every page")
    asked = parser.parse_args()
    found = os.environ.get("YIDAO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        sys.stderr.write("No Chromium found (Debian: apt-get install chromium).\n")
        return 2
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        if asked.tour:
            tour(browser, asked.address, asked.tour)
        else:
            readme(browser, asked.address)
        browser.close()
    return 0


def readme(browser: Any, web: str) -> None:
    """Take the picture of the README: the creator's anomalies."""
    login, address, name = README_PICTURE
    page = logged_in(browser, web, login)
    dress(page, web, theme="light", language="zh-hans")
    look(page, f"{web}{address}", README_WIDTH, README_HEIGHT)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / name)
    size = (PICTURES / name).stat().st_size
    assert size < PICTURE_BYTES_MAX, f"{name} has {size} bytes"
    sys.stdout.write(f"{PICTURES / name}: {size} bytes\n")


def tour(browser: Any, web: str, folder: Path) -> None:
    """Take every page that the side bars and the pages behind them lead to."""
    folder.mkdir(parents=True, exist_ok=True)
    for login in LOGINS:
        page = logged_in(browser, web, login)
        addresses = list(walked(page, web))
        for theme in THEMES:
            for language in LANGUAGES:
                dress(page, web, theme=theme, language=language)
                for width in WIDTHS:
                    for address in addresses:
                        look(page, f"{web}{address}", width)
                        page.screenshot(path=folder / f"{login}{kind_of(address)}{width}-{theme}-{language}.png")
        sys.stdout.write(f"{login}: {len(addresses)} pages\n")
        page.context.close()


def logged_in(browser: Any, web: str, login: str) -> Any:
    """Return a page of one of the demo's people, standing in their console."""
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(f"{web}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", f"{login}-at-yidao")
    page.click("main button.primary")
    page.wait_for_url(lambda address: not address.endswith("/login"))
    if page.locator(".consoles a").count():
        page.click(".consoles a >> nth=0")
    return page


def dress(page: Any, web: str, *, theme: str, language: str) -> None:
    """Choose the theme and the language."""
    values = {"yidao_theme": theme, "yidao_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": web} for name, value in values.items()])


def look(page: Any, address: str, width: int, height: int = 900) -> None:
    """Open a page and let its counts arrive."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)


def walked(page: Any, web: str) -> Iterator[str]:
    """Return the pages of a console, one of each kind: those of the side bar, then those they lead to."""
    seen: set[str] = set()
    behind: list[str] = []
    for address in [str(link.get_attribute("href")) for link in page.locator(".side nav a, .sign, .who a").all()]:
        if fresh(address, seen):
            page.goto(f"{web}{address}")
            behind += [str(link.get_attribute("href")) for link in page.locator("main a[href^='/']").all()]
            yield address
    for address in behind:
        if len(seen) < PAGES_MAX and fresh(address, seen):
            yield address


def fresh(address: str, seen: set[str]) -> bool:
    """Return whether a kind of page was not seen yet, and remember it."""
    kind = kind_of(address)
    if kind in seen or "logout" in address or "/static/" in address or "/file" in address:
        return False
    seen.add(kind)
    return True


def kind_of(address: str) -> str:
    """Return an address without its numbers, as part of a file's name."""
    bare = re.sub(r"[A-Za-z]{0,3}\d{6,}|[\w-]{40,}", "x", address.partition("?")[0])
    return re.sub(r"[^a-z0-9]+", "-", bare.lower()).rstrip("-") + "-"


if __name__ == "__main__":
    sys.exit(main())
