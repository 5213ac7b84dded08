"""
Every page of every console in a real browser: never wider than the window, light and dark, and nothing that the rules
of axe-core find wrong with labels, names, order or contrast. The pages come from the table of addresses.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from tests.web import browsing as browsers
from tests.web import test_access as table
from tests.web.browsing import PASSWORD, TOO_WIDE, WIDTHS, browsing, free_port, process, wait_until_ready
from yidao.accounts.models import User
from yidao.kit.models import DemoClock

pytestmark = [pytest.mark.browser, pytest.mark.slow]
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

WALKERS = {"creator": "dana", "merchant": "alice", "carrier": "carrie", "provider": "paul", "operator": "olga"}
PARTS = ("-badges", "-ticket", "-counts", "-search", "-file", "-totals", "-picture")
"""Addresses that are no page of their own."""
RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
CONTRAST = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""Colors are all that the dark theme changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The running pages, and who is there."""

    web: str
    world: table.World
    logins: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    browsers.chromium()
    with django_db_blocker.unblock():
        world = table.build(carrier="zhaijisong", other_carrier="youshuwuliu")
        logins = {}
        for name in WALKERS.values():
            user = getattr(world.cast, name)
            User.objects.filter(id=user.id).update(password=make_password(PASSWORD))
            logins[name] = user.login
        log: Path = tmp_path_factory.mktemp("pages") / "web.log"
        port = str(free_port())
        with process("web", log, YIDAO_WEB_PORT=port):
            web = f"http://localhost:{port}"
            wait_until_ready(web, log)
            yield Place(web=web, world=world, logins=logins)
        DemoClock.objects.all().delete()


def addresses(place: Place, audience: str) -> list[str]:
    """Return every page of one console, with own tenant and own objects."""
    found = []
    for name, page in sorted(table.PAGES.items()):
        is_page = not name.endswith(PARTS) and name not in table.POST_ONLY
        if name.startswith(f"{audience}-") and is_page:
            found.append(place.world.address(page, tenant="own", item="own"))
    return found


def opened(page: Any, place: Place, address: str) -> bool:
    """Open a page; one that answers with a file or leads elsewhere is no page to look at."""
    answer = page.goto(f"{place.web}{address}")
    assert answer.status == 200, f"{address}: {answer.status}"
    return answer.headers.get("content-type", "").startswith("text/html")


@pytest.mark.parametrize("audience", sorted(WALKERS))
def test_pages_in_english_are_never_wider_than_the_window(place: Place, audience: str) -> None:
    wide = []
    with browsing(place.web, place.logins[WALKERS[audience]], locale="en-US") as page:
        for address in addresses(place, audience):
            if opened(page, place, address):
                wide += [f"{address} at {width}" for width in too_narrow(page)]

    assert wide == []


@pytest.mark.parametrize("audience", sorted(WALKERS))
def test_pages_in_chinese_fit_the_window_and_the_rules_of_accessibility_find_nothing(
    place: Place, audience: str
) -> None:
    faults: dict[str, str] = {}
    wide = []
    with browsing(place.web, place.logins[WALKERS[audience]], locale="zh-CN", bypass_csp=True) as page:
        for address in addresses(place, audience):
            page.emulate_media(color_scheme="light")
            if not opened(page, place, address):
                continue
            wide += [f"{address} at {width}" for width in too_narrow(page)]
            found = violations(page, RULES)
            page.emulate_media(color_scheme="dark")
            found |= {f"dark {fault}" for fault in violations(page, CONTRAST)}
            for fault in found:
                faults.setdefault(fault, address)

    assert wide == []
    if faults:
        pytest.fail("\n".join(f"{fault} on {address}" for fault, address in sorted(faults.items())))


def too_narrow(page: Any) -> list[int]:
    """Return the widths of window that the page does not fit, and leave the widest."""
    found = []
    for width in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate(TOO_WIDE) > 0:
            found.append(width)
    return found


def violations(page: Any, options: dict[str, Any]) -> set[str]:
    """Return what the rules of axe-core find wrong with the page as it is now."""
    return {
        f"{each['id']}: {node['html'][:160]} "
        + "; ".join(reason["message"] for reason in node["any"] + node["all"] + node["none"])
        for each in axe.Axe().run(page, options=options).response["violations"]
        for node in each["nodes"]
    }


def test_the_theme_is_kept_and_comes_with_the_page(place: Place) -> None:
    with browsing(place.web, place.logins["olga"], color_scheme="light") as page:
        page.goto(f"{place.web}{reverse('operator-home')}")
        background = "() => getComputedStyle(document.body.parentElement).backgroundColor"
        bright = page.evaluate(background)

        page.click("form[action$='/theme'] button")

        assert page.locator("html").get_attribute("class") == "dark"
        assert page.evaluate(background) != bright
        page.reload()
        assert page.locator("html").get_attribute("class") == "dark"
