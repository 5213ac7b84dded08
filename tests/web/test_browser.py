"""
Journeys in a real browser over the real processes: a creator opens a late parcel, reads why, and sees news arrive while
looking. Nothing is faked: parcels and events come in through the machine port.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.intake.facts import fresh_number
from tests.web import browsing as browsers
from tests.web import cast
from tests.web.browsing import PASSWORD, TOO_WIDE, WIDTHS, browsing, chromium, free_port, process, wait_until_ready
from yidao.accounts import services
from yidao.accounts.models import Membership, Organisation
from yidao.kit import clock, ids

playwright = browsers.playwright
TABS_MAX = 90
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running processes and who is there."""

    web: str
    intake: str
    creator: int
    shop: int
    creator_login: str
    operator_login: str
    token: str

    def post(self, path: str, **body: object) -> None:
        """Send as the platform does, and insist that everything was taken."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.intake}{path}", json=body, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        assert [item["result"] for item in answer.json()["items"]] == ["ACCEPTED"], answer.text

    def ship_late(self) -> str:
        """Ship a parcel three days ago that no carrier has picked up."""
        number = fresh_number()
        at = clock.real_now() - timedelta(days=3)
        line = {"order_no": f"ORDER-{number}", "creator_id": str(self.creator)}
        self.post(
            "/v1/parcels",
            parcels=[
                {
                    "shop_id": str(self.shop),
                    "carrier": "zhongtong",
                    "waybill_no": number,
                    "shipped_at": at.isoformat(),
                    "sender_division": "330782",
                    "receiver_division": "110105",
                    "lines": [line],
                }
            ],
        )
        return number

    def scan(self, number: str, code: str, description: str) -> None:
        """Report one event of a minute ago."""
        at = clock.real_now() - timedelta(minutes=1)
        event = {
            "waybill_no": number,
            "carrier": "zhongtong",
            "occurred_at": at.isoformat(),
            "code": code,
            "description": description,
        }
        self.post("/v1/tracking-events", events=[event])


@pytest.fixture
def stage(committed_db: None, tmp_path: Path) -> Iterator[Stage]:
    chromium()
    shop = cast.organisation(Organisation.Kind.SHOP, "浏览器小店")
    creator = cast.organisation(Organisation.Kind.CREATOR, "浏览器达人")
    platform = cast.organisation(Organisation.Kind.PLATFORM, "平台")
    logins = {}
    for name, organisation in (("dana", creator), ("olga", platform)):
        logins[name] = f"{name}-{ids.new_id()}"
        user = services.create_user(login=logins[name], name=name.title(), password=PASSWORD, language="en")
        services.join(user_id=user, organisation_id=organisation, role=Membership.Role.OWNER)
    _, token = services.create_credential(
        organisation_id=platform,
        name="browser test",
        scopes=("events:write", "parcels:write"),
        now=clock.real_now(),
        real_now=clock.real_now(),
    )
    ports = {"YIDAO_WEB_PORT": str(free_port()), "YIDAO_INTAKE_PORT": str(free_port())}
    web, intake = (f"http://localhost:{ports[name]}" for name in ("YIDAO_WEB_PORT", "YIDAO_INTAKE_PORT"))
    logs = tmp_path / "web.log", tmp_path / "intake.log"
    with process("web", logs[0], **ports), process("intake", logs[1], **ports):
        wait_until_ready(web, logs[0])
        wait_until_ready(intake, logs[1])
        yield Stage(
            web=web,
            intake=intake,
            creator=creator,
            shop=shop,
            creator_login=logins["dana"],
            operator_login=logins["olga"],
            token=token,
        )


def test_a_creator_opens_a_late_parcel_reads_why_and_sees_news_arrive_without_a_reload(stage: Stage) -> None:
    number = stage.ship_late()
    expect = playwright.expect

    with browsing(stage.web, stage.creator_login) as page:
        page.goto(f"{stage.web}/c/{stage.creator}/parcels/")
        row = page.locator("tr[data-key]")
        expect(row).to_have_count(1)
        expect(row).to_contain_text(f"{number[:2]}****{number[-4:]}")
        expect(row.locator(".tag")).to_contain_text("overdue")
        page.wait_for_selector("yd-live.on")
        page.evaluate("() => { window.wasNotReloaded = true; }")

        row.locator("a[data-drawer]").click()
        drawer = page.locator("#drawer .drawer")
        expect(drawer.locator(".episode").first).to_contain_text("Pickup overdue")
        expect(drawer.locator(".why li").first).not_to_be_empty()
        expect(drawer).to_contain_text("parcel/douyin-2022/1")
        assert number not in page.content().replace(f"ORDER-{number}", "")

        stage.scan(number, "PICKED_UP", "【义乌】已揽收")

        expect(drawer.locator("ol.line")).to_contain_text("Picked up")
        expect(row).to_contain_text("Picked up")
        expect(drawer.locator(".episode").first).to_contain_text("closed")
        assert page.evaluate("() => window.wasNotReloaded === true")
        assert not page.url.endswith("/parcels/"), "the drawer keeps its own address"

        page.keyboard.press("Escape")
        expect(drawer).to_have_count(0)


def test_no_page_is_wider_than_the_window(stage: Stage) -> None:
    number = stage.ship_late()
    by_login = {
        stage.creator_login: [f"/c/{stage.creator}/", f"/c/{stage.creator}/parcels/", "/c/all/parcels/?tab=open"],
        stage.operator_login: [
            "/o/",
            "/o/quarantine/",
            f"/o/parcels/?waybill={number}",
            f"/o/parcels/zhongtong/{number}/",
            "/o/policies/",
            "/o/policies/parcel/douyin-2022/1/",
            "/o/policies/new/parcel/douyin-2022/",
            "/o/audit/",
        ],
    }
    for login, addresses in by_login.items():
        with browsing(stage.web, login) as page:
            for address in addresses:
                assert page.goto(f"{stage.web}{address}").status == 200, address
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    assert page.evaluate(TOO_WIDE) <= 0, f"{address} at {width}"


def tab_to(page: "playwright.Page", selector: str) -> None:
    """Press Tab until something that fits has the focus; it must come, and within one round."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"{selector} cannot be reached by Tab")


def test_the_keyboard_alone_does_a_creators_whole_journey(stage: Stage) -> None:
    for _ in range(2):
        stage.ship_late()
    expect = playwright.expect

    with browsing(stage.web, stage.creator_login) as page:
        press = page.keyboard.press
        rows = page.locator("tr[data-key]")
        page.goto(f"{stage.web}/c/{stage.creator}/")
        page.wait_for_selector("yd-live.on")
        press("g")
        press("p")
        page.wait_for_url("**/parcels/")
        press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        press("Escape")
        expect(page.locator("#shortcuts")).to_be_hidden()

        tab_to(page, ".tabs a[href*=anomalies]")
        press("Enter")
        page.wait_for_url("**/anomalies/**")
        expect(rows).to_have_count(2)
        tab_to(page, "[data-field=carrier] summary")
        press("Enter")
        page.keyboard.type("zt")
        press("Enter")
        press("Escape")
        page.wait_for_url("**carrier=zhongtong**")
        expect(page.locator("[data-field=carrier] summary")).to_contain_text("ZTO")
        expect(rows).to_have_count(2)

        press("j")
        press("Enter")
        drawer = page.locator("#drawer .drawer")
        expect(drawer.locator(".why li").first).not_to_be_empty()
        for _ in range(TABS_MAX):
            press("Tab")
            assert page.evaluate("() => document.activeElement.closest('.drawer') !== null")
        press("Escape")
        expect(drawer).to_have_count(0)
        assert page.evaluate("() => document.activeElement.closest('tr').classList.contains('chosen')")

        press("x")
        press("j")
        press("x")
        expect(page.locator("yd-bulk .much")).to_contain_text("2")
        tab_to(page, "yd-bulk button[formaction*=nudges]")
        press("Enter")
        page.wait_for_url("**/nudges/new/**")
        tab_to(page, "main input[name=code]")
        press("Space")
        tab_to(page, "main button[name=send]")
        press("Enter")
        page.wait_for_url(lambda address: "/new/" not in address)
        expect(page.locator("main")).to_contain_text("浏览器小店")

        press("g")
        press("p")
        page.wait_for_url("**/parcels/")
        tab_to(page, "div.bar a[href*=export]")
        press("Enter")
        expect(page.locator(".drawer form")).to_be_visible()
        tab_to(page, ".drawer button.primary")
        press("Enter")
        page.wait_for_url("**/exports/*/")


def test_nothing_fires_while_somebody_types(stage: Stage) -> None:
    stage.ship_late()

    with browsing(stage.web, stage.creator_login) as page:
        page.goto(f"{stage.web}/c/{stage.creator}/parcels/")
        page.wait_for_selector("yd-live.on")
        page.keyboard.press("/")
        assert page.evaluate("() => document.activeElement.name") == "q"

        page.keyboard.type("gpjx?")

        assert page.input_value("[name=q]") == "gpjx?"
        assert page.locator("tr.chosen").count() == 0
        assert page.url.endswith("/parcels/")


def test_pages_work_without_scripts(stage: Stage) -> None:
    number = stage.ship_late()
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium(), args=browsers.ARGUMENTS)
        page = browser.new_context(java_script_enabled=False, locale="en-US").new_page()
        page.goto(f"{stage.web}/login")
        page.fill("[name=login]", stage.creator_login)
        page.fill("[name=password]", PASSWORD)
        page.click("main button.primary")
        page.goto(f"{stage.web}/c/{stage.creator}/parcels/?order=ORDER-{number}")
        page.click("tr[data-key] a[data-drawer]")
        playwright.expect(page.locator(".why li").first).not_to_be_empty()
        page.click(".drawer-head a[data-shuts]")
        playwright.expect(page.locator("tr[data-key]")).to_have_count(1)

        page.goto(f"{stage.web}/c/{stage.creator}/anomalies/")
        page.locator("fieldset[data-field=type] input").nth(2).check()
        page.click("#filters button.primary")
        page.wait_for_url("**type=PICKUP_TIMEOUT**")
        playwright.expect(page.locator("tr[data-key]")).to_have_count(1)
        page.check("tr[data-key] [data-row]")
        page.click("yd-bulk button[formaction*=nudges]")
        page.locator("main input[name=code]").first.check()
        page.click("main button[name=send]")
        playwright.expect(page.locator("main")).to_contain_text("浏览器小店")

        page.goto(f"{stage.web}/c/{stage.creator}/parcels/")
        page.click("div.bar a[href*=export]")
        page.click(".drawer button.primary")
        page.wait_for_url("**/exports/*/")
        browser.close()
