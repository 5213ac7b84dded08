"""
Passkeys in a real browser with a virtual authenticator: made, used instead of the password, used as the second step,
and taken away again. The same page works by keyboard, and shows nothing wider than the window.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web import browsing as browsers
from tests.web import cast
from tests.web.browsing import PASSWORD, TOO_WIDE, WIDTHS, browsing, chromium, free_port, process, wait_until_ready
from yidao.accounts import services
from yidao.accounts.models import Membership, Organisation
from yidao.kit import ids

playwright = browsers.playwright
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def site(committed_db: None, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Run the pages and return their address and a login of somebody with one console."""
    chromium()
    shop = cast.organisation(Organisation.Kind.SHOP, "通行密钥小店")
    login = f"keyes-{ids.new_id()}"
    user = services.create_user(login=login, name="Key Es", password=PASSWORD, language="en")
    services.join(user_id=user, organisation_id=shop, role=Membership.Role.OWNER)
    port, log = str(free_port()), tmp_path / "web.log"
    with process("web", log, YIDAO_WEB_PORT=port):
        wait_until_ready(f"http://localhost:{port}", log)
        yield f"http://localhost:{port}", login


def with_authenticator(page: Any) -> Any:
    """Give the browser a device that holds passkeys and knows its owner's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def add_passkey(page: Any, site: str, *, is_alone: bool) -> None:
    page.goto(f"{site}/account/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name", exact=True).fill("My finger")
    page.get_by_label("Log in with it alone").set_checked(is_alone)
    page.get_by_role("button", name="Make the passkey").click()
    playwright.expect(page.get_by_text("shows them once")).to_be_visible()
    playwright.expect(page.locator(".codes li")).to_have_count(10)
    playwright.expect(page.locator("#toasts")).to_contain_text("The passkey was added.")
    page.get_by_role("link", name="Back to the account").click()
    playwright.expect(page.get_by_text("My finger")).to_be_visible()


def log_out(page: Any, site: str) -> None:
    page.goto(f"{site}/logout")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")


def test_a_passkey_is_made_and_opens_the_account_alone(site: tuple[str, str]) -> None:
    address, login = site
    with browsing(address, login) as page:
        with_authenticator(page)
        add_passkey(page, address, is_alone=True)
        log_out(page, address)

        page.get_by_role("button", name="Log in with a passkey").click()

        page.wait_for_url("**/m/*/")
        page.goto(f"{address}/account/")
        playwright.expect(page.get_by_text("opens the account alone")).to_be_visible()
        page.get_by_role("link", name="Remove").click()
        page.get_by_role("link", name="Use a passkey").click()
        page.get_by_role("button", name="Use a passkey").click()
        page.get_by_role("button", name="Remove it").click()
        playwright.expect(page.locator("#toasts")).to_contain_text("The passkey was removed.")
        playwright.expect(page.get_by_text("My finger")).to_have_count(0)


def test_a_passkey_is_the_second_step_and_a_missing_one_is_told(site: tuple[str, str]) -> None:
    address, login = site
    with browsing(address, login) as page:
        session = with_authenticator(page)
        add_passkey(page, address, is_alone=False)
        log_out(page, address)
        page.get_by_label("Login", exact=True).fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/login/second*")

        page.get_by_role("button", name="Use a passkey").click()

        page.wait_for_url("**/m/*/")
        log_out(page, address)
        session.send("WebAuthn.disable")
        session.send("WebAuthn.enable")
        page.get_by_label("Login", exact=True).fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url("**/login/second*")
        playwright.expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()


@pytest.mark.parametrize("path", ["/account/", "/account/sessions", "/account/password", "/account/phone"])
def test_nothing_is_wider_than_the_window(site: tuple[str, str], path: str) -> None:
    address, login = site
    with browsing(address, login) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{address}{path}")

            assert page.evaluate(TOO_WIDE) == 0, (path, width)
