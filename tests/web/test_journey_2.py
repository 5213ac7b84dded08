"""
A creator's journey, on pages without JavaScript and on the real services: he nudges one shop about everything open, the
shop asks the outlet, the answer comes back through both; a late push proves that pickup was in time, the counts fall,
and the list goes to a sheet by a code from the phone.
"""

import html
import re
import uuid
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tests.exports.test_handing import code_of
from tests.intake import facts
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts import phones
from yidao.accounts.models import User
from yidao.exports import making
from yidao.exports.ids import ExportId
from yidao.intake.payloads import LineIn, ScanIn, ShipmentIn, SnapshotIn, SourceFacts
from yidao.kit import clock
from yidao.parcels import nudge_sweeps
from yidao.rules.instants import Instant, instant
from yidao.rules.scans import Kind
from yidao.rules.sources import LISTED

pytestmark = pytest.mark.usefixtures("committed_db")
CARRIER: Final = "danniao"
"""No other test has a head office of it, and committed tenants stay."""
HEADERS: Final = "店铺名称;运单号;订单号;发货时间;快递公司;包裹状态;异常类型;异常说明;异常状态"
COUNT: Final = 3
HANGZHOU, CHENGDU = "330106", "510107"
KUAIDI100: Final = SourceFacts(9, 9, "PROVIDER", "KUAIDI100", False)


@pytest.fixture
def people(settings: Any) -> Cast:
    settings.SMS_SENDER = "outbox"
    return cast.build(carrier_code=CARRIER, other_carrier_code="annto")


@pytest.fixture
def now() -> datetime:
    return clock.real_now().replace(microsecond=0)


def as_(user: User) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def ship(people: Cast, now: datetime, *, creator: int, hours: float = 25) -> tuple[str, str]:
    """Ship a parcel so many hours ago that nobody has picked up; return its number and its 19-digit order number."""
    number, order_no = facts.fresh_number(), str(4_900_000_000_000_000_000 + uuid.uuid4().int % 10**17)
    shipped = instant(now - timedelta(hours=hours))
    line = LineIn(order_no, creator, False, False, False, "7060000000000000001", "P0101", "真丝睡衣两件套")
    planting.write(
        ShipmentIn(people.shop, CARRIER, number, shipped, shipped, HANGZHOU, CHENGDU, None, (line,)), now=now
    )
    return number, order_no


def push(number: str, now: datetime, *, picked_at: datetime) -> None:
    """Let Kuaidi100 push the whole list, in which the pickup stands at its true time."""
    at: Instant = instant(picked_at)
    scan = ScanIn(
        number, CARRIER, "KUAIDI100", uuid.uuid4().hex[:22], LISTED, False, at, int(Kind.PICKED_UP), "103", HANGZHOU,
        "", "已揽收", 0, uuid.uuid4().int >> 66,
    )  # fmt: skip
    planting.write(
        SnapshotIn(number, CARRIER, "KUAIDI100", instant(now), uuid.uuid4().bytes, (scan,)), sender=KUAIDI100, now=now
    )


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def keys(page: str) -> list[str]:
    return re.findall(r"<tr data-key=", page)


def address_in(page: str, pattern: str) -> str:
    found = re.search(rf'href="({pattern})"', page)
    assert found is not None, pattern
    return found[1]


def test_a_nudge_goes_to_the_outlet_and_back_and_a_late_push_makes_it_never_have_been(
    people: Cast, now: datetime
) -> None:
    dana, alice, oscar = as_(people.dana), as_(people.alice), as_(people.oscar)
    parcels = [ship(people, now, creator=people.creator) for _ in range(COUNT)]
    ship(people, now, creator=people.other_creator)
    at = {"creator": people.creator}
    anomalies = reverse("creator-anomalies", kwargs=at)

    # The creator opens 异常包裹, in progress at first, and sees his own with masked numbers.
    page = text(dana.get(anomalies))
    assert len(keys(page)) == COUNT
    assert [number in page for number, _ in parcels] == [False] * COUNT
    assert [order_no in page for _, order_no in parcels] == [True] * COUNT
    assert f"{COUNT}" in text(dana.get(anomalies, {"part": "counts"}))

    # One question to the shop about everything that is open there: one thread.
    new = reverse("creator-nudge-new", kwargs=at)
    wish = text(dana.get(new, {"shop": str(people.shop)}))
    assert "花间集" in wish
    sent = dana.post(new, {"shop": str(people.shop), "send": "1", "code": "BUYER_ASKS", "text": "粉丝问了好几次"})
    thread = sent.headers["Location"]
    assert sent.status_code == 302
    assert len(keys(text(dana.get(reverse("creator-nudges", kwargs=at))))) == 1

    # The shop reads it with full numbers and asks the outlet.
    threads = reverse("merchant-nudges", kwargs={"shop": people.shop})
    asked = address_in(text(alice.get(threads)), rf"{threads}\d+/")
    read = text(alice.get(asked))
    assert "粉丝问了好几次" in read
    assert [number in read for number, _ in parcels] == [True] * COUNT
    forward = {"act": "forward", "outlet": str(people.outlet), "question": "请查一下有没有揽收"}
    assert alice.post(asked, forward).status_code == 302

    # The outlet answers each; the answer stands at the shop's and at the creator's.
    at_outlet = {"carrier": people.carrier, "outlet": people.outlet}
    tickets = reverse("carrier-tickets", kwargs=at_outlet)
    inquiries = sorted(set(re.findall(rf'href="({tickets}\d+/)"', text(oscar.get(tickets)))))
    assert len(inquiries) == COUNT
    for inquiry in inquiries:
        assert "请查一下有没有揽收" in text(oscar.get(inquiry))
        assert oscar.post(inquiry, {"code": "URGED", "text": "昨天已揽收,系统补传中"}).status_code == 302
    for client, address in ((alice, asked), (dana, thread)):
        assert "昨天已揽收,系统补传中" in text(client.get(address))
    assert "义乌网点" in text(dana.get(thread))
    assert len(keys(text(dana.get(reverse("creator-nudges", kwargs=at), {"state": "ANSWERED"})))) == 1

    # A late push proves two of three pickups: they never were late, and the counts fall.
    for number, _ in parcels[:2]:
        push(number, now, picked_at=now - timedelta(hours=20))
    nudge_sweeps.sweep(now=now)
    assert len(keys(text(dana.get(anomalies)))) == COUNT - 2
    closed = text(dana.get(anomalies, {"state": "CLOSED", "type": "PICKUP_TIMEOUT"}))
    assert len(keys(closed)) == 2
    assert closed.count("迟到信息证明未超时") == 2
    push(parcels[2][0], now, picked_at=now - timedelta(hours=20))
    nudge_sweeps.sweep(now=now)
    assert keys(text(dana.get(anomalies))) == []
    assert len(keys(text(dana.get(reverse("creator-nudges", kwargs=at), {"state": "SETTLED"})))) == 1

    _export(people, dana, parcels, now)


def _export(people: Cast, dana: Client, parcels: list[tuple[str, str]], now: datetime) -> None:
    """Fetch all anomalies of the page as a sheet, and compare it with what was shipped."""
    phones.keep(user_id=people.dana.id, number="+8619900000004", by_user_id=None, now=now, real_now=now)
    records = reverse("creator-exports", kwargs={"creator": people.creator})
    query = "type=PICKUP_TIMEOUT&state=all"
    record = dana.post(records, {"kind": "creator-anomalies", "query": query, "format": "xlsx"}).headers["Location"]
    making.make(ExportId(int(record.rstrip("/").rpartition("/")[2])))
    dana.post(record, {"act": "code"})
    opened = dana.post(record, {"act": "unlock", "code": _code(people.dana)})
    link = address_in(text(dana.get(opened.headers["Location"])), r'[^"]+/file/\?ticket=[^"]+')
    file = b"".join(dana.get(link).streaming_content)  # type: ignore[attr-defined]

    headers, *rows = CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_index(0).to_python()

    assert ";".join(map(str, headers)) == HEADERS
    assert {row[2] for row in rows} == {order_no for _, order_no in parcels}
    assert all(isinstance(row[2], str) and len(row[2]) == 19 for row in rows)
    assert [number for number, _ in parcels if any(number in str(cell) for row in rows for cell in row)] == []
    assert {(row[0], row[4], row[6], row[8]) for row in rows} == {("花间集", "丹鸟", "揽收超时", "已完结")}
    assert {row[1] for row in rows} == {f"{number[:2]}****{number[-4:]}" for number, _ in parcels}


def _code(user: User) -> str:
    class Owner:
        user_id = user.id

    return code_of(Owner())  # type: ignore[arg-type]
