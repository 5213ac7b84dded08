"""
A creator's journey in a real browser, in both languages, beside the shop's own: he finds by pinyin, reads why, steps in
and hears the answer while looking; late news proves a pickup in time and the counts fall; the list goes to a sheet by a
code from the phone and says what the page says.
"""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from django.db import connections
from python_calamine import CalamineWorkbook

from tests.exports.test_handing import code_of
from tests.intake import facts
from tests.web import browsing as browsers
from tests.web import cast, planting
from tests.web.browsing import PASSWORD, browser_running, chromium, fail_on, free_port, page_of, process
from tests.web.test_journey_2 import CARRIER, CHENGDU, HANGZHOU, push
from yidao.accounts import phones, services
from yidao.accounts.ids import UserId
from yidao.accounts.models import Membership, Organisation
from yidao.intake.payloads import LineIn, ShipmentIn
from yidao.kit import clock, ids
from yidao.rules.instants import instant

playwright = browsers.playwright
pytestmark = [pytest.mark.browser, pytest.mark.slow]
Returned = TypeVar("Returned")
SHOP: Final = "花间集"
OTHER_SHOP: Final = "云裳坊"
OTHER_CARRIER: Final = "yunda"
QUESTION: Final = "粉丝问了好几次"
ANSWER: Final = "已催网点,今晚揽收"
CELLS: Final = """(row) => [...row.cells].slice(1, 10).map((cell) => {
  const shown = cell.cloneNode(true);
  for (const each of shown.querySelectorAll(".tag.new")) each.remove();
  const own = shown.querySelector("yd-copy")?.dataset.text ?? shown.querySelector("time")?.dateTime;
  return (own ?? shown.textContent).trim();
})"""
"""What the nine fields of a row say: numbers whole, times as machines read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the pages say in one language."""

    locale: str
    headers: tuple[str, ...]
    search: str
    carrier: str
    why: str
    step_in: str
    export: str
    not_late: str
    states: tuple[str, str]


ZH: Final = Words(
    locale="zh-CN",
    headers=(
        "店铺名称", "运单号", "订单号", "发货时间", "快递公司", "包裹状态", "异常类型", "异常说明", "异常状态",
    ),
    search="查询",
    carrier="丹鸟",
    why="揽收",
    step_in="介入",
    export="导出查询结果",
    not_late="迟到信息证明未超时",
    states=("进行中", "已完结"),
)  # fmt: skip
EN: Final = Words(
    locale="en-US",
    headers=(
        "Shop name", "Waybill number", "Order numbers", "Shipped at", "Carrier", "Parcel status", "Anomaly type",
        "What is wrong", "Anomaly state",
    ),
    search="Search",
    carrier="Danniao",
    why="picked up",
    step_in="Step in",
    export="Export what was found",
    not_late="late news: it never was late",
    states=("In progress", "Over"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A shipped parcel as the shop knows it."""

    number: str
    order_nos: tuple[str, ...]

    @property
    def masked(self) -> str:
        """Return the number as the creator reads it."""
        return f"{self.number[:2]}****{self.number[-4:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running processes, who is there, and the creator's two late parcels of one shop and one carrier."""

    web: str
    creator: int
    shop: int
    user_id: UserId
    creator_login: str
    shop_login: str
    proven: Parcel
    late: Parcel
    now: datetime


def ship(shop: int, creator: int, carrier: str, now: datetime, *, hours: float, orders: int = 1) -> Parcel:
    """Ship a parcel so many hours ago that nobody has picked up, with 19-digit order numbers."""
    numbers = sorted(str(4_900_000_000_000_000_000 + uuid.uuid4().int % 10**17) for _ in range(orders))
    parcel = Parcel(number=facts.fresh_number(), order_nos=tuple(numbers))
    at = instant(now - timedelta(hours=hours))
    lines = tuple(
        LineIn(each, creator, False, False, False, "7060000000000000001", "P0101", "真丝睡衣两件套") for each in numbers
    )
    planting.write(ShipmentIn(shop, carrier, parcel.number, at, at, HANGZHOU, CHENGDU, None, lines), now=now)
    return parcel


def user(name: str, organisation: Any, language: str) -> tuple[UserId, str]:
    login = f"{name}-{ids.new_id()}"
    made = services.create_user(login=login, name=name.title(), password=PASSWORD, language=language)
    services.join(user_id=made, organisation_id=organisation, role=Membership.Role.OWNER)
    return made, login


@pytest.fixture(params=[ZH, EN], ids=lambda words: words.locale)
def words(request: pytest.FixtureRequest) -> Words:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def stage(committed_db: None, tmp_path: Path, words: Words) -> Iterator[Stage]:
    chromium()
    now = clock.real_now().replace(microsecond=0)
    language = "zh-hans" if words is ZH else "en"
    shop, other_shop = (cast.organisation(Organisation.Kind.SHOP, name) for name in (SHOP, OTHER_SHOP))
    creator = cast.organisation(Organisation.Kind.CREATOR, "旅途达人")
    user_id, creator_login = user("dana", creator, language)
    _, shop_login = user("alice", shop, language)
    number = f"+86199{uuid.uuid4().int % 10**8:08d}"
    phones.keep(user_id=user_id, number=number, by_user_id=None, now=now, real_now=now)
    proven = ship(shop, creator, CARRIER, now, hours=25, orders=2)
    late = ship(shop, creator, CARRIER, now, hours=26)
    ship(shop, creator, OTHER_CARRIER, now, hours=27)
    ship(other_shop, creator, CARRIER, now, hours=28)
    port, logs = str(free_port()), (tmp_path / "web.log", tmp_path / "worker.log")
    web = f"http://localhost:{port}"
    environment = {"YIDAO_SMS_SENDER": "outbox", "YIDAO_WEB_PORT": port}
    with process("web", logs[0], **environment), process("worker", logs[1], **environment):
        browsers.wait_until_ready(web, logs[0])
        yield Stage(
            web=web,
            creator=creator,
            shop=shop,
            user_id=user_id,
            creator_login=creator_login,
            shop_login=shop_login,
            proven=proven,
            late=late,
            now=now,
        )


def apart(act: Callable[[], Returned]) -> Returned:
    """Use the database in a thread of its own: the browser's driver holds a running loop in this one."""

    def closing() -> Returned:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing).result()


def stay(page: "playwright.Page") -> None:
    """Wait until news arrives by itself, and mark the page so that a reload would be noticed."""
    page.wait_for_selector("yd-live.on")
    page.evaluate("() => { window.wasNotReloaded = true; }")


def has_stayed(page: "playwright.Page") -> bool:
    return bool(page.evaluate("() => window.wasNotReloaded === true"))


def find_by_pinyin(page: "playwright.Page", stage: Stage, words: Words) -> None:
    """Open 异常包裹 by its tab and narrow it by a carrier and a shop as one types them."""
    expect = playwright.expect
    page.goto(f"{stage.web}/c/{stage.creator}/parcels/")
    page.click(".tabs a[href*=anomalies]")
    expect(page.locator("tr[data-key]")).to_have_count(4)
    expect(page.locator("[name=state] option:checked")).to_have_text(words.states[0])
    expect(page.locator("#badge-anomalies")).to_have_text("4")

    carrier = page.locator("[data-field=carrier]")
    carrier.locator("summary").click()
    page.keyboard.type("dann")
    expect(carrier.locator("li:not([hidden])")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(carrier.locator("summary")).to_have_text(words.carrier)
    expect(page.locator("tr[data-key]")).to_have_count(3)

    shop = page.get_by_label(words.headers[0], exact=True).first
    shop.press_sequentially("hjj")
    expect(page.locator("[data-field=shop] li:visible")).to_have_text([SHOP])
    page.keyboard.press("Escape")
    page.get_by_role("button", name=words.search, exact=True).click()
    page.wait_for_url("**shop=hjj**")
    rows = page.locator("tr[data-key]")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text(stage.proven.masked)
    expect(rows.nth(1)).to_contain_text(stage.late.masked)
    expect(page.locator("#count-anomalies")).to_have_text("2")


def read_why(page: "playwright.Page", stage: Stage, words: Words) -> None:
    """Open the first row's drawer: the facts, the rule's version, and what it says of them."""
    expect = playwright.expect
    page.locator("tr[data-key] a[data-drawer]").first.click()
    drawer = page.locator("#drawer .drawer")
    expect(drawer.locator("h1")).to_have_text(stage.proven.masked)
    expect(drawer.locator(".why li").filter(has_text=words.why).first).to_be_visible()
    expect(drawer.locator(".facts")).to_contain_text([";".join(stage.proven.order_nos)])
    expect(drawer.locator(".facts")).to_contain_text(["parcel/douyin-2022/1"])
    assert stage.proven.number not in page.content()


def step_in(page: "playwright.Page", words: Words) -> None:
    """Nudge the shop from the drawer, and end on the thread's page."""
    page.locator("#drawer .drawer").get_by_role("link", name=words.step_in, exact=True).click()
    page.locator("main label.chip").first.click()
    page.fill("main [name=text]", QUESTION)
    page.click("main button[name=send]")
    page.wait_for_url(lambda address: "/nudges/" in address and "/new/" not in address)
    playwright.expect(page.locator(".talk .said")).to_have_text([QUESTION])


def answer(page: "playwright.Page", stage: Stage) -> None:
    """Hear of the nudge on the shop's own open page, open it there, and answer."""
    expect = playwright.expect
    expect(page.locator("#badge-nudges")).to_have_text("1")
    expect(page.locator("tr[data-key]")).to_have_count(1)
    assert has_stayed(page)
    page.locator("tr[data-key] a").first.click()
    expect(page.locator(".talk .said")).to_have_text([QUESTION])
    expect(page.locator("main table")).to_contain_text(stage.proven.number)
    page.locator("main [data-field=code] label.chip").first.click()
    page.fill("main [name=text]", ANSWER)
    page.click("main button[value=answer]")
    expect(page.locator(".talk .said")).to_have_text([QUESTION, ANSWER])


def prove(page: "playwright.Page", stage: Stage, words: Words, anomalies: str) -> None:
    """Let a late push prove the pickup while the list stands open: it leaves, the counts fall, and it is over."""
    expect = playwright.expect
    page.goto(anomalies)
    rows = page.locator("tr[data-key]")
    expect(rows).to_have_count(2)
    expect(page.locator("#count-anomalies")).to_have_text("2")
    expect(page.locator("#badge-anomalies")).to_have_text("4")
    stay(page)

    apart(lambda: push(stage.proven.number, stage.now, picked_at=stage.now - timedelta(hours=20)))

    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(stage.late.masked)
    expect(page.locator("#count-anomalies")).to_have_text("1")
    expect(page.locator("#badge-anomalies")).to_have_text("3")
    assert has_stayed(page)

    page.select_option("#filters [name=state]", label=words.states[1])
    page.wait_for_url("**state=CLOSED**")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text(stage.proven.masked)
    expect(rows.first).to_contain_text(words.not_late)
    expect(rows.first).to_contain_text(words.states[1])


def fetch(page: "playwright.Page", stage: Stage, words: Words, path: Path) -> None:
    """Export what the page shows, and fetch the file against the code on the phone."""
    expect = playwright.expect
    page.get_by_role("link", name=words.export, exact=True).click()
    page.locator(".drawer input[value=xlsx]").set_checked(True, force=True)
    page.click(".drawer form button.primary")
    page.wait_for_url("**/exports/*/")
    page.click("#export button[value=code]")
    expect(page.locator("#toasts .toast, #export [role=alert]").first).to_be_visible()
    expect(page.locator("#export [role=alert]")).to_have_count(0)

    class Owner:
        user_id = stage.user_id

    page.fill("#export [name=code]", apart(lambda: code_of(Owner())))  # type: ignore[arg-type]
    page.click("#export button[value=unlock]")
    with page.expect_download() as downloading:
        page.click("#export a[download]")
    assert downloading.value.suggested_filename.endswith(".xlsx")
    downloading.value.save_as(path)


def compare(path: Path, shown: list[list[str]], stage: Stage, words: Words) -> None:
    """Compare every cell of the file with what stood on the page."""
    headers, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert tuple(headers) == words.headers
    assert all(isinstance(cell, str) for row in rows for cell in row)
    for row in shown:
        row[3] = datetime.fromisoformat(row[3]).strftime("%Y-%m-%d %H:%M:%S")
    assert rows == shown
    assert [row[2] for row in rows] == [";".join(each.order_nos) for each in (stage.proven, stage.late) for _ in "12"]
    assert [row[8] for row in rows] == [words.states[each] for each in (1, 1, 0, 1)]
    assert [words.not_late in row[7] for row in rows] == [True, True, False, False]


def test_a_creator_finds_asks_hears_and_exports(stage: Stage, words: Words, tmp_path: Path) -> None:
    expect = playwright.expect
    complaints: list[str] = []
    with browser_running() as browser:
        dana = page_of(browser, stage.web, stage.creator_login, complaints, locale=words.locale)
        alice = page_of(browser, stage.web, stage.shop_login, complaints, locale=words.locale)
        alice.goto(f"{stage.web}/m/{stage.shop}/nudges/")
        stay(alice)

        find_by_pinyin(dana, stage, words)
        anomalies = dana.url
        read_why(dana, stage, words)
        step_in(dana, words)
        stay(dana)
        answer(alice, stage)
        expect(dana.locator(".talk .said")).to_have_text([QUESTION, ANSWER])
        expect(dana.locator("#badge-nudges")).to_have_text("1")
        assert has_stayed(dana)

        prove(dana, stage, words, anomalies)
        dana.select_option("#filters [name=state]", value="all")
        rows = dana.locator("tr[data-key]")
        expect(rows).to_have_count(4)
        heads = dana.locator("thead th[data-column]")
        assert tuple(heads.all_inner_texts()[:9]) == words.headers
        shown = [each.evaluate(CELLS) for each in rows.all()]
        fetch(dana, stage, words, tmp_path / "sheet.xlsx")
    fail_on(complaints)
    compare(tmp_path / "sheet.xlsx", shown, stage, words)
