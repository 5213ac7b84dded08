"""What stands above every page follows the news: simulated time, and carriers whose data is late."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.kit import ids
from yidao.kit.models import DemoClock
from yidao.parcels.models import CarrierOutage

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    return cast.build()


def text(user: User, address: str) -> str:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_console_renews_its_banners(people: Cast) -> None:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=60.0, is_running=True)
    since = planting.NOW - timedelta(hours=7)
    CarrierOutage.objects.create(id=ids.new_id(), carrier="zhongtong", since=since, noticed_at=planting.NOW)
    for user, home in (
        (people.dana, f"/c/{people.creator}/"),
        (people.alice, f"/m/{people.shop}/"),
        (people.carrie, f"/l/{people.carrier}/all/"),
        (people.oscar, f"/l/{people.carrier}/{people.outlet}/"),
        (people.paul, f"/p/{people.provider}/"),
        (people.olga, "/o/"),
    ):
        address = f"{home}badges/"
        assert f'hx-get="{address}"' in text(user, home)
        renewed = text(user, address)
        assert re.search(r'id="banner-demo" hx-swap-oob="true">\s*<p[^>]*>Demo: simulated time', renewed)
        assert 'data-rate="60.0"' in renewed
        assert re.search(r'id="banner-late" role="status" hx-swap-oob="true">\s*<p[^>]*>Data delayed: ZTO', renewed)


def test_a_clock_that_stands_still_does_not_tick(people: Cast) -> None:
    DemoClock.objects.create(base_real=planting.NOW, base_sim=planting.NOW, rate=60.0, is_running=False)

    assert 'data-rate="0"' in text(people.alice, f"/m/{people.shop}/badges/")


def test_where_time_is_real_nothing_tells_of_a_demo(people: Cast) -> None:
    page = text(people.olga, "/o/")

    assert "Demo" not in page
    assert "/o/clock/" not in page
    assert 'id="banner-demo"' in page
