"""导出 as people meet it, without JavaScript: the button's question, the record, the code, the file."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import AsyncClient, Client
from django.utils import translation

from tests.exports import world
from tests.exports.test_handing import code_of
from tests.exports.world import Maker, Rows
from yidao.accounts.models import Membership, User
from yidao.accounts.phone_models import Phone
from yidao.audit.models import AuditEntry
from yidao.exports import making, registry, services
from yidao.exports.models import ExportRecord

pytestmark = pytest.mark.usefixtures("committed_db")
State = ExportRecord.State


@pytest.fixture(autouse=True)
def _kept_at_home(settings: Any) -> None:
    settings.SMS_SENDER = "outbox"


def browser(who: Maker, language: str = "zh-hans") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.get(id=who.user_id))
    return client


def records(who: Maker) -> str:
    return f"/m/{who.shop_id}/exports/"


def ask(client: Client, who: Maker, name: str, **more: str) -> HttpResponse:
    form = {"kind": name, "query": "status=SIGNED", "format": "csv", **more}
    return client.post(records(who), form)  # type: ignore[return-value]


def done(client: Client, who: Maker, rows: Rows | None = None) -> str:
    """Ask for an export, let the job make it, and return the record's address."""
    address = ask(client, who, world.kind(rows or Rows())).headers["Location"]
    making.make(making.ExportId(int(address.rstrip("/").rpartition("/")[2])))
    return str(address)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_button_asks_for_the_format_and_says_how_many_rows() -> None:
    who = world.maker()
    client, name = browser(who), world.kind(Rows(count=12))
    address = f"{records(who)}?{urlencode({'kind': name, 'query': 'status=SIGNED', 'back': '/m/1/parcels/'})}"

    page = text(client.get(address))
    part = text(client.get(address, headers={"HX-Request": "true"}))

    for each in (page, part):
        assert "文件将包含 12 行" in each
        assert 'name="query" value="status=SIGNED"' in each
        assert 'href="/m/1/parcels/"' in each
    assert "<html" not in part


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_way_back_stays_in_the_house(back: str) -> None:
    who = world.maker()

    page = text(browser(who).get(f"{records(who)}?{urlencode({'kind': world.kind(Rows()), 'back': back})}"))

    assert [each for each in re.findall(r'href="([^"]*)"', page) if "evil" in each or "alert" in each] == []
    assert f'href="{records(who)}" data-shuts' in page


def test_too_many_rows_are_refused_with_the_count_before_and_after_asking() -> None:
    who = world.maker()
    client, name = browser(who), world.kind(Rows(count=10_001))
    sentence = "单次导出限制1万条,当前10000+条,请调整筛选条件后重试"

    before = client.get(f"{records(who)}?{urlencode({'kind': name})}")
    after = ask(client, who, name)

    assert (before.status_code, after.status_code) == (200, 409)
    assert sentence in text(before)
    assert sentence in text(after)
    assert 'name="format"' not in text(after)
    assert not ExportRecord.objects.filter(kind=name).exists()
    english = browser(who, "en").get(f"{records(who)}?{urlencode({'kind': name})}")
    assert "One export holds at most 10,000 rows; there are 10000+ now." in text(english)


def test_a_form_without_a_format_is_asked_for_one() -> None:
    who = world.maker()
    client, name = browser(who), world.kind(Rows())

    response = ask(client, who, name, format="")

    assert response.status_code == 200
    assert 'name="format"' in text(response)
    assert not ExportRecord.objects.filter(kind=name).exists()


def test_pressing_twice_asks_once() -> None:
    who = world.maker()
    client, name = browser(who), world.kind(Rows())

    first, second = (ask(client, who, name, key="7") for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert ExportRecord.objects.filter(kind=name).count() == 1


def test_the_record_shows_progress_and_can_be_cancelled_and_asked_again() -> None:
    who = world.maker()
    client = browser(who)
    address = ask(client, who, world.kind(Rows(count=40))).headers["Location"]
    ExportRecord.objects.filter(made_by_id=who.user_id).update(state=State.RUNNING, run=1, rows_done=10)

    running = text(client.get(address))
    part = text(client.get(address, headers={"HX-Request": "true"}))
    cancelled = client.post(address, {"act": "cancel"}, follow=True)
    twice = client.post(address, {"act": "cancel"})
    again = client.post(address, {"act": "again"})

    assert "已生成 10 / 40 行" in running
    assert 'value="25"' in part
    assert 'hx-trigger="every 1s' in part
    assert "<html" not in part
    assert "已取消" in text(cancelled)
    assert "every 1s" not in text(cancelled)
    assert (twice.status_code, "该导出已结束" in text(twice)) == (409, True)
    assert again.status_code == 303
    assert again.headers["Location"] != address


def test_a_file_is_fetched_with_a_code_from_the_phone() -> None:
    who = world.maker()
    client = browser(who)
    address = done(client, who)

    waiting = text(client.get(address))
    sent = client.post(address, {"act": "code"}, follow=True)
    opened = client.post(address, {"act": "unlock", "code": code_of(who)})
    page = text(client.get(opened.headers["Location"]))
    link = re.findall(r'href="([^"]+/file/\?ticket=[^"]+)"', page)[0]
    file = client.get(link)

    assert "获取验证码" in waiting
    assert "/file/" not in waiting
    assert "验证码已发送至" in text(sent)
    assert opened.status_code == 303
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Cache-Control"] == "private, no-store"
    disposition = file.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''%E5%8C%85%E8%A3%B9-")
    content = b"".join(file.streaming_content)  # type: ignore[attr-defined]
    assert int(file.headers["Content-Length"]) == len(content)
    assert content.decode("utf-8-sig").splitlines()[1] == "花间集1,1000000000000000001\t,快递公司"


def test_a_file_streams_under_the_asynchronous_server_too() -> None:
    who = world.maker()
    client = browser(who)
    address = done(client, who)
    ExportRecord.objects.filter(made_by_id=who.user_id).update(needs_code=False)
    link = client.post(address, {"act": "link"}).headers["Location"].replace("/?", "/file/?")
    other = AsyncClient()
    other.cookies = client.cookies

    async def fetch() -> bytes:
        response = await other.get(link)
        assert response.is_async
        return b"".join([part async for part in response.streaming_content])

    assert async_to_sync(fetch)().startswith(b"\xef\xbb\xbf")


def test_a_wrong_code_is_refused_with_the_tries_left_and_the_sixth_does_not_count() -> None:
    who = world.maker()
    client = browser(who)
    address = done(client, who)
    client.post(address, {"act": "code"})
    right = code_of(who)
    wrong = f"{(int(right) + 1) % 10**6:06d}"

    answers = [client.post(address, {"act": "unlock", "code": wrong}) for _ in range(5)]
    sixth = client.post(address, {"act": "unlock", "code": right})

    assert [each.status_code for each in (*answers, sixth)] == [422] * 6
    assert "/file/" not in text(sixth)
    again = client.post(address, {"act": "code"})
    assert (again.status_code, again.headers.get("Retry-After") is None) == (429, True)


def test_who_has_no_phone_is_told_where_to_add_one() -> None:
    who = world.maker()
    client = browser(who)
    address = done(client, who)
    Phone.objects.filter(user_id=who.user_id).delete()

    response = client.post(address, {"act": "code"})

    assert response.status_code == 409
    assert 'role="alert"' in text(response)
    assert 'href="/account/phone"' in text(response)


def test_a_record_and_its_file_are_their_makers_alone() -> None:
    alice = world.maker()
    bob = world.maker(shop_id=alice.shop_id)
    client, other = browser(alice), browser(bob)
    address = done(client, alice)
    client.post(address, {"act": "code"})
    link = client.post(address, {"act": "unlock", "code": code_of(alice)}).headers["Location"]
    file = link.replace("/?", "/file/?")

    assert [other.get(each).status_code for each in (address, link, file)] == [404] * 3
    assert [other.post(address, {"act": act}).status_code for act in ("cancel", "again", "code", "unlock")] == [404] * 4
    assert "<tr data-key=" in text(client.get(records(alice)))
    assert "<tr data-key=" not in text(other.get(records(bob)))
    assert client.get(f"{address}file/?ticket=x").status_code == 403
    Membership.objects.filter(user_id=alice.user_id).update(disabled_at=world.NOW)
    assert client.get(file).status_code == 404


def test_who_may_not_export_is_not_asked() -> None:
    viewer = world.maker(Membership.Role.VIEWER)
    client, name = browser(viewer), world.kind(Rows())

    assert client.get(f"{records(viewer)}?kind={name}").status_code == 403
    assert ask(client, viewer, name).status_code == 403
    assert client.get(records(viewer)).status_code == 200


def test_a_list_nobody_knows_is_not_there() -> None:
    who = world.maker()

    assert browser(who).get(f"{records(who)}?kind=nothing").status_code == 404
    assert ask(browser(who), who, "nothing").status_code == 404


def test_a_failed_export_says_why() -> None:
    who = world.maker()
    client = browser(who)
    rows = Rows()
    address = ask(client, who, world.kind(rows)).headers["Location"]
    rows.count = 0
    making.make(making.ExportId(int(address.rstrip("/").rpartition("/")[2])))

    page = text(client.get(address))

    assert "导出失败" in page
    assert "生成文件时筛选条件已没有结果" in page
    assert "重新导出" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_records_list_costs_the_same_for_one_row_and_for_three(count: int, django_assert_num_queries: Any) -> None:
    who = world.maker()
    client = browser(who)
    for _ in range(count):
        world.ask(who, world.kind(Rows()))

    with django_assert_num_queries(5):
        page = text(client.get(records(who)))

    assert page.count("<tr data-key=") == count
    assert "排队中" in page


def test_a_file_whose_time_is_over_says_so_and_stands_in_no_count() -> None:
    who = world.maker()
    client = browser(who)
    address = done(client, who)
    assert ">1<" in re.findall(r'id="badge-exports"[^>]*>1<', text(client.get(f"/m/{who.shop_id}/badges/")))[0]

    long_ago = world.record(int(address.rstrip("/").rpartition("/")[2])).ended_at
    ExportRecord.objects.filter(made_by_id=who.user_id).update(expires_at=long_ago)

    assert "已过期" in text(client.get(address))
    assert services.expire(real_now=long_ago + timedelta(seconds=1)) >= 1
    assert "已过期" in text(client.get(records(who)))


def test_each_step_stands_in_the_journal() -> None:
    who = world.maker()
    client = browser(who)
    address = done(client, who)
    client.post(address, {"act": "code"})
    link = client.post(address, {"act": "unlock", "code": code_of(who)}).headers["Location"]
    client.get(link.replace("/?", "/file/?"))

    acts = AuditEntry.objects.filter(actor_user_id=who.user_id, act__startswith="export.").order_by("id")
    assert list(acts.values_list("act", flat=True)) == [
        "export.asked",
        "export.done",
        "export.code_sent",
        "export.unlocked",
        "export.fetched",
    ]


def test_the_filter_is_told_in_words() -> None:
    who = world.maker()
    actor = who.actor
    query = "status=SIGNED&status=REJECTED&carrier=zhongtong&shipped_from=2022-06-01"

    with translation.override("zh-hans"):
        kind = registry.of("merchant-parcels")
        assert kind is not None
        told = dict(kind.filters(actor, query))

    assert told["包裹状态"] == "已拒收 · 已签收"
    assert told["快递公司"] == "中通快递"
    assert told["发货时间"] == "2022-06-01 · …"
