"""
What 150 days do: an order that never left closes, and its money goes back once, by the way an operator chooses after
the first has failed; of a part-shipped one only what waits closes. On the way a buyer has longer to receive, and time
receives for those who say nothing.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from django.db import transaction
from django.urls import reverse

from tests.intake import facts
from tests.orders import life, world
from tests.web import browsing
from tests.web.browsing import page_of
from tests.web.staging import LOCALE, Stage, staged, stand
from tests.web.test_browser_journey import apart
from yidao.kit import sweeps
from yidao.orders import closing, receipt, refunding
from yidao.orders.refund_models import PaymentSandboxRequest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect = browsing.playwright.expect
PAID: Final = "01-10 10:00"
CONCERNS: Final = (receipt.CONCERN, closing.CONCERN, refunding.concern(life.sandbox))
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order as everybody names it."""

    id: int
    order_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    The stage and four orders of one day: one that never leaves, one that leaves in part, and two that leave whole, of
    which one's buyer wants longer.
    """

    stage: Stage
    never: Placed
    partly: Placed
    silent: Placed
    slow: Placed

    def address(self, name: str, **more: Any) -> str:
        """Return where a page of the shop or of the platform is."""
        shop = {"shop": self.stage.shop} if name.startswith("merchant") else {}
        return f"{self.stage.web}{reverse(name, kwargs=shop | more)}"


@pytest.fixture
def story(committed_db: None, tmp_path: Path) -> Iterator[Story]:
    with staged(tmp_path, now=world.moment("01-10 12:00")) as stage:

        def place(*prices: int) -> Placed:
            number, lines = world.fresh_number(), [world.line(price_fen=each) for each in prices]
            id_ = world.place(stage.shop, order_no=number, ordered=PAID, paid=PAID, lines=lines)
            return Placed(id=id_, order_no=number)

        with transaction.atomic():
            never, partly = place(100_00), place(60_00, 90_00)
            silent, slow = place(10_00), place(10_00)
            life.sandbox_does(never.id, "FAIL", route="ORIGINAL")
        with transaction.atomic():
            for each in (silent, slow):
                life.ship(each.id, "01-11 10:00")
        yield Story(stage=stage, never=never, partly=partly, silent=silent, slow=slow)


def pass_until(at: str) -> None:
    """Let time pass, and let it decide what is due."""

    def passing() -> None:
        now = world.moment(at)
        stand(now)
        sweeps.sweep_until_quiet(CONCERNS, now=now)

    apart(passing)


def paid_back(order: Placed) -> list[int]:
    """Return what the payment provider paid for an order, request by request."""
    rows = PaymentSandboxRequest.objects.filter(order_no=order.order_no, paid_fen__gt=0)
    return apart(lambda: list(rows.values_list("paid_fen", flat=True)))


def ask_for_longer(story: Story, order: Placed) -> int:
    """Let the marketplace tell that a buyer wants longer; return the answer's status."""
    headers = {"authorization": f"Bearer {story.stage.token}", "idempotency-key": f"longer-{next(_keys)}"}
    address = f"{story.stage.web}/v1/orders/{order.order_no}/extend-receipt"
    return httpx.post(address, json={"shop_id": str(story.stage.shop)}, headers=headers, timeout=20).status_code


def look(alice: Any, story: Story, order: Placed, state: str, **facts_: str) -> None:
    """Read on the order's page where it stands, and some of its facts by their names."""
    alice.goto(story.address("merchant-order", order=order.id))
    drawer = alice.locator("#drawer")
    expect(drawer.locator(".dot").first).to_have_text(state)
    for name, value in facts_.items():
        term = drawer.locator("dl.facts dt").filter(has_text=re.compile(f"^{name}$"))
        expect(term.locator("xpath=following-sibling::dd[1]")).to_contain_text(value)


def ship_a_part(alice: Any, story: Story) -> None:
    alice.goto(story.address("merchant-order-ship", order=story.partly.id))
    alice.get_by_label("本包裹数量").first.fill("1")
    alice.get_by_label("快递公司").select_option("zhongtong")
    alice.get_by_label("运单号").fill(facts.fresh_number())
    alice.get_by_role("button", name="发货", exact=True).click()
    expect(alice.locator("#drawer").get_by_text("部分发货").first).to_be_visible()


def receive(alice: Any, story: Story) -> None:
    """See a buyer have longer, once, and time receive what nobody confirms."""
    look(alice, story, story.slow, "已发货", 自动确认收货时间="01-21 10:00")
    pass_until("01-20 10:00")
    assert [ask_for_longer(story, story.slow) for _ in range(2)] == [200, 409]
    look(alice, story, story.slow, "已发货", 自动确认收货时间="01-24 10:00 买家已延长收货")
    expect(alice.locator("#drawer")).to_contain_text("买家延长收货")

    pass_until("01-21 10:00")
    look(alice, story, story.silent, "已完成", 收货时间="01-21 10:00")
    look(alice, story, story.slow, "已发货", 自动确认收货时间="01-24 10:00")
    pass_until("01-24 10:00")
    look(alice, story, story.slow, "已完成", 收货时间="01-24 10:00")


def close(alice: Any, story: Story) -> None:
    """See the minute before the orders end, and the end: whole, or only of the line that waits."""
    pass_until("06-09 09:59")
    look(alice, story, story.never, "待发货")
    look(alice, story, story.partly, "部分发货")
    pass_until("06-09 10:00")
    look(alice, story, story.never, "已关闭", 已关闭="06-09 10:00")
    expect(alice.locator("#drawer")).to_contain_text("订单到期自动关闭")
    look(alice, story, story.partly, "已完成", 已退款="¥90.00")
    sent, waited = alice.locator("section[aria-labelledby=order-lines] tbody tr").all()
    expect(sent).to_contain_text("已发 1")
    expect(sent).not_to_contain_text("已退款")
    expect(waited).to_contain_text("已退款 1")
    assert (paid_back(story.never), paid_back(story.partly)) == ([], [90_00])


def choose_another_way(olga: Any, story: Story) -> None:
    """Find the refund among those in trouble, and let the money go another way."""
    olga.goto(f"{story.address('operator-refunds')}?order={story.never.order_no}")
    row = olga.locator("tr[data-key]")
    expect(row).to_contain_text("确定失败")
    row.get_by_role("link", name=story.never.order_no).click()
    expect(olga.locator("tbody").get_by_text("sandbox.refused")).to_have_count(3)
    olga.get_by_role("button", name="其他路径…").click()
    olga.get_by_role("button", name="改走其他路径", exact=True).click()
    expect(olga.get_by_text("已重新发起退款。")).to_be_visible()


def test_150_days_close_what_never_left_and_pay_it_back_once(story: Story) -> None:
    complaints: list[str] = []
    with browsing.browser_running() as browser:
        alice = page_of(browser, story.stage.web, story.stage.alice, complaints, locale=LOCALE)
        olga = page_of(browser, story.stage.web, story.stage.olga, complaints, locale=LOCALE)
        pass_until("01-11 12:00")
        ship_a_part(alice, story)
        receive(alice, story)
        close(alice, story)

        olga.goto(f"{story.address('operator-refunds')}?order={story.never.order_no}")
        expect(olga.locator("tr[data-key]")).to_have_count(0)
        for at in ("06-09 11:00", "06-09 23:00"):
            pass_until(at)
        assert paid_back(story.never) == []
        choose_another_way(olga, story)

        for at in ("06-09 23:01", "06-12 10:00"):
            pass_until(at)
        olga.reload()
        expect(olga.locator(".heading").first).to_contain_text("已到账")
        look(alice, story, story.never, "已关闭", 已退款="¥100.00")
    browsing.fail_on(complaints)
    assert (paid_back(story.never), paid_back(story.partly)) == ([100_00], [90_00])
