"""
Sixty orders of one product fall late: judged again and again, deducted up to the day's cap, the product banned. A wrong
number stops no judge. Two appeals with pictures win: money, product and rating are back, and the books agree.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from django.db import transaction
from django.urls import reverse

from tests.intake import facts
from tests.judging import planting
from tests.judging.world import raw
from tests.ledger import books
from tests.orders import world
from tests.web import browsing
from tests.web.browsing import page_of
from tests.web.staging import LOCALE, Stage, staged, stand
from tests.web.test_browser_journey import apart
from yidao.judging import judge, rating, settling, telling
from yidao.judging.models import Violation
from yidao.kit import sweeps
from yidao.ledger import proof
from yidao.ledger.models import LedgerProof
from yidao.orders import entry
from yidao.orders.entry import ReceiverIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect = browsing.playwright.expect
ORDERS: Final = 60
PRODUCT: Final = "P-LATE"
CONCERNS: Final = (judge.CONCERN, telling.CONCERN, settling.CONCERN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order as the shop knows it."""

    id: int
    order_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The stage, the shop's late orders in the order they are settled, and what was wrong with other books before."""

    stage: Stage
    orders: tuple[Placed, ...]
    faults: frozenset[tuple[str, int]]

    @property
    def kept(self) -> Placed:
        """Return the order that never leaves."""
        return self.orders[0]

    @property
    def mistyped(self) -> Placed:
        """Return the order that leaves under a wrong number."""
        return self.orders[1]

    def address(self, name: str, **more: Any) -> str:
        """Return where a page of the shop or of the platform is."""
        shop = {"shop": self.stage.shop} if name.startswith("merchant") else {}
        return f"{self.stage.web}{reverse(name, kwargs=shop | more)}"


@pytest.fixture
def story(committed_db: None, tmp_path: Path) -> Iterator[Story]:
    with staged(tmp_path, now=world.moment("06-18 12:00")) as stage:
        told = [
            world.told(
                stage.shop,
                paid="06-18 10:00",
                lines=[world.line(product=PRODUCT)],
                receiver=ReceiverIn("买家", f"138{place:08d}", "330106", "文三路"),
            )
            for place in range(ORDERS)
        ]
        with transaction.atomic():
            before = proof.prove(raw(), now=world.moment("06-18 12:00")).faults
            entered = entry.enter(raw(), told, now=world.moment("06-18 12:00"))
            books.top_up(raw(), stage.shop, 2_000_00)
        orders = sorted((each.id, order.order_no) for each, order in zip(entered, told, strict=True))
        placed = tuple(Placed(id=id_, order_no=number) for id_, number in orders)
        yield Story(stage=stage, orders=placed, faults=frozenset(before))


def pass_until(story: Story, at: str) -> None:
    """Let time pass, and let it decide what is due."""

    def passing() -> None:
        now = world.moment(at)
        stand(now)
        sweeps.sweep_until_quiet(CONCERNS, now=now)
        rating.count([story.stage.shop], now=now)

    apart(passing)


def violations(story: Story) -> Counter[tuple[int, str]]:
    """Return how many violations of each ordinal the shop has, by what became of their money."""
    rows = Violation.objects.filter(shop_id=story.stage.shop).values_list("ordinal", "money")
    return apart(lambda: Counter(rows))


def judged_at(order: Placed) -> list[datetime]:
    rows = Violation.objects.filter(order_id=order.id).order_by("ordinal").values_list("at", flat=True)
    return apart(lambda: list(rows))


def ask_for(story: Story, *products: str) -> list[tuple[str, str]]:
    """Let the marketplace tell of one new order of each product; return what became of each, and why."""
    told = [
        {
            "shop_id": str(story.stage.shop),
            "order_no": world.fresh_number(),
            "state": "TO_SHIP",
            "paid_at": "2022-06-22T11:00:00+08:00",
            "changed_at": "2022-06-22T11:00:00+08:00",
            "lines": [{"product_id": product, "product_name": "真丝睡衣", "promise": {"kind": "H48"}}],
        }
        for product in products
    ]
    headers = {"authorization": f"Bearer {story.stage.token}"}
    reply = httpx.post(f"{story.stage.intake}/v1/orders", json={"orders": told}, headers=headers, timeout=20)
    return [(each["result"], each.get("problem", {}).get("code", "")) for each in reply.json()["items"]]


def look_at_the_first_judgements(alice: Any, story: Story) -> None:
    alice.goto(story.address("merchant-violations"))
    expect(alice.get_by_text(f"共 {ORDERS} 条违规")).to_be_visible()
    first = alice.locator("tr[data-key]").first
    expect(first).to_contain_text("1 / 3")
    expect(first).to_contain_text("待扣款")


def ship_under_a_wrong_number(alice: Any, story: Story) -> None:
    alice.goto(story.address("merchant-order-ship", order=story.mistyped.id))
    alice.get_by_label("快递公司").select_option("zhongtong")
    alice.get_by_label("运单号").fill(facts.fresh_number())
    alice.get_by_role("button", name="发货", exact=True).click()
    expect(alice.get_by_text("发货成功。")).to_be_visible()


def look_at_the_cap(alice: Any, story: Story) -> None:
    alice.goto(f"{story.address('merchant-violations')}?money=DEDUCTED")
    expect(alice.get_by_text("共 50 条违规")).to_be_visible()
    expect(alice.locator("tr[data-key]").first).to_contain_text("已扣款 ¥10.00")
    alice.goto(f"{story.address('merchant-violations')}?money=CAPPED")
    expect(alice.locator("tr[data-key]")).to_have_count(10)
    expect(alice.locator("tr[data-key]").first).to_contain_text("超出单日上限")
    look_at_the_deposit(alice, story, "1,500.00")


def look_at_the_deposit(alice: Any, story: Story, balance: str) -> None:
    alice.goto(story.address("merchant-deposit"))
    expect(alice.locator(".figures").first).to_contain_text(balance)


def ship_the_others(alice: Any, story: Story) -> None:
    rows = [f"{each.order_no}\t中通\t{facts.fresh_number()}" for each in story.orders[2:]]
    alice.goto(story.address("merchant-ship"))
    alice.get_by_label("粘贴表格").fill("\n".join(rows))
    alice.get_by_role("button", name="核对").click()
    alice.get_by_role("button", name=f"确认发货 {len(rows)} 行").click()
    expect(alice.get_by_text(f"{len(rows)} 行已发货")).to_be_visible()


def find_the_number_wrong(olga: Any, story: Story) -> None:
    olga.goto(story.address("operator-order", order=story.mistyped.id))
    olga.locator("a[href*='/packs/']").click()
    olga.get_by_role("button", name="单号有误").click()
    olga.get_by_role("button", name="视为从未发货").click()
    expect(olga.get_by_text("已通知商家")).to_be_visible()


def look_at_the_ban(alice: Any, story: Story, because_of: Placed) -> None:
    alice.goto(story.address("merchant-violations"))
    alice.get_by_text("1 个商品").click()
    row = alice.locator("section.card table tr").filter(has_text=PRODUCT)
    expect(row).to_contain_text(because_of.order_no)


def appeal(alice: Any, story: Story, order: Placed, proof_of_it: Path) -> None:
    """Appeal against the first judgement of an order, with a picture."""
    alice.goto(f"{story.address('merchant-violations')}?order={order.order_no}&ordinal=1")
    row = alice.locator("tr[data-key]")
    expect(row).to_contain_text("1 / 3")
    row.get_by_role("link", name="发货超时").click()
    alice.fill("[name=text]", "买家同意延后发货,见聊天截图")
    alice.set_input_files("[name=pictures]", [proof_of_it])
    alice.get_by_role("button", name="提交申诉").click()
    expect(alice.locator("img.proof")).to_have_count(1)


def accept(olga: Any, story: Story, order: Placed) -> None:
    olga.goto(f"{story.address('operator-appeals')}?order={order.order_no}")
    olga.locator("tr[data-key]").get_by_role("link", name="发货超时").click()
    expect(olga.locator("img.proof")).to_have_count(1)
    olga.fill("[name=reason]", "聊天截图属实")
    olga.get_by_role("button", name="通过").click()
    expect(olga.get_by_text("聊天截图属实")).to_be_visible()


def look_at_what_is_back(alice: Any, story: Story) -> None:
    alice.goto(f"{story.address('merchant-violations')}?state=REVERSED")
    rows = alice.locator("tr[data-key]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("已退回 ¥10.00")
    figures = alice.locator(".figures").first
    expect(figures).to_contain_text("96.67%")
    expect(figures).to_contain_text("60 单中 58 单超时")
    expect(alice.get_by_text("1 个商品")).to_have_count(0)
    look_at_the_deposit(alice, story, "1,020.00")
    expect(alice.locator("tr[data-key]").first).to_contain_text("+10.00")


def prove(olga: Any, story: Story) -> None:
    """Let the platform prove the books, and find nothing new."""
    olga.goto(story.address("operator-settlements"))
    olga.locator(f"form[action='{reverse('operator-settlement-prove')}'] button").click()
    olga.wait_for_load_state()
    told = apart(lambda: LedgerProof.objects.filter(at=world.moment("06-23 09:00")).latest("id").faults)
    assert story.faults.issuperset((name, int(id_)) for name, id_ in told)


def test_sixty_late_orders_are_judged_banned_and_partly_won_back(story: Story, tmp_path: Path) -> None:
    picture = tmp_path / "chat.jpg"
    picture.write_bytes(planting.PHOTO)
    complaints: list[str] = []
    with browsing.browser_running() as browser:
        alice = page_of(browser, story.stage.web, story.stage.alice, complaints, locale=LOCALE)
        olga = page_of(browser, story.stage.web, story.stage.olga, complaints, locale=LOCALE)

        pass_until(story, "06-20 14:00")
        assert violations(story) == {(1, "PENDING"): 60}
        look_at_the_first_judgements(alice, story)
        ship_under_a_wrong_number(alice, story)

        pass_until(story, "06-21 09:00")
        assert violations(story) == {(1, "DEDUCTED"): 50, (1, "CAPPED"): 10}
        look_at_the_cap(alice, story)

        pass_until(story, "06-22 09:00")
        second_day = {(1, "DEDUCTED"): 50, (1, "CAPPED"): 10, (2, "DEDUCTED"): 50, (2, "CAPPED"): 9}
        assert violations(story) == second_day
        look_at_the_deposit(alice, story, "1,000.00")
        ship_the_others(alice, story)

        pass_until(story, "06-22 12:00")
        assert violations(story) == second_day | {(3, "PENDING"): 1}
        look_at_the_ban(alice, story, story.kept)
        assert ask_for(story, PRODUCT, "P-OTHER") == [("REJECTED", "order.product_banned"), ("ACCEPTED", "")]
        find_the_number_wrong(olga, story)

        pass_until(story, "06-23 09:00")
        assert judged_at(story.mistyped) == [world.moment(f"06-{day} 10:00") for day in (20, 21, 22)]
        assert violations(story) == second_day | {(2, "CAPPED"): 10, (3, "OVER_ORDER"): 2}
        look_at_the_deposit(alice, story, "1,000.00")

        appeal(alice, story, story.kept, picture)
        appeal(alice, story, story.mistyped, picture)
        accept(olga, story, story.kept)
        look_at_the_ban(alice, story, story.mistyped)
        accept(olga, story, story.mistyped)
        look_at_what_is_back(alice, story)
        assert [result for result, _ in ask_for(story, PRODUCT)] == ["ACCEPTED"]
        prove(olga, story)
    browsing.fail_on(complaints)
    shop = story.stage.shop
    assert books.balances(raw(), shop) == {"DEPOSIT": 1_020_00, "PENALTY": 980_00, "TOPUP_CLEARING": -2_000_00}
    assert books.sums(raw(), shop) == books.balances(raw(), shop)
    assert books.faults(raw(), shop) == []
