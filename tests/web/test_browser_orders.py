"""Orders in a real browser: choosing many, a receiver shown and hidden again, a note that stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from tests.orders import planting
from tests.orders.planting import NOW
from tests.web import browsing as browsers
from tests.web import cast
from tests.web.browsing import PASSWORD, browsing, free_port, process, wait_until_ready
from yidao.accounts.models import User
from yidao.kit.models import DemoClock

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def shop(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Return the address of a shop with three orders, and its owner's login."""
    browsers.chromium()
    with django_db_blocker.unblock():
        DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
        people = cast.build()
        for index in range(3):
            planting.order(people.shop, f"6900{index}")
        User.objects.filter(id=people.alice.id).update(password=make_password(PASSWORD))
        log: Path = tmp_path_factory.mktemp("orders") / "web.log"
        port = str(free_port())
        with process("web", log, YIDAO_WEB_PORT=port):
            web = f"http://localhost:{port}"
            wait_until_ready(web, log)
            yield f"{web}/m/{people.shop}", people.alice.login
        DemoClock.objects.all().delete()


def test_a_shop_works_on_its_orders(shop: tuple[str, str]) -> None:
    address, login = shop
    with browsing(address.partition("/m/")[0], login) as page:
        page.goto(f"{address}/orders/")
        for row in (1, 2):
            page.check(f"tbody tr:nth-child({row}) input[data-row]")
        page.get_by_role("button", name="Flag and note").click()
        page.get_by_text("2 orders", exact=True).wait_for()
        page.get_by_label("Green flag").check()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("2 orders were marked.").wait_for()

        page.get_by_role("link", name="Detail").first.click()
        page.get_by_role("button", name="Show in full").click()
        page.locator("#buyer").get_by_text("张三丰 13812345678").wait_for()
        page.fill("textarea[name=note]", "ring twice")
        page.locator("section[aria-labelledby=order-notes]").get_by_role("button", name="Save").click()
        page.wait_for_load_state()

        assert page.input_value("textarea[name=note]") == "ring twice"
        assert "张三丰" not in page.content()
