"""The operator's pages: the figures, what was kept aside, and the demo's clock."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web import cast
from tests.web.cast import NOW, Cast
from yidao.audit.models import AuditEntry
from yidao.intake import statements
from yidao.kit import crypto, ids
from yidao.kit.models import DemoClock, DemoForward
from yidao.parcels import quarantine
from yidao.parcels.models import CarrierOutage, IntakeMinute, ParcelSweepFault, Quarantine

pytestmark = pytest.mark.django_db
BROKEN = '{"status":"polling","lastResult":{"nu":"YT9900000000001","phone":"13812345678"},}'


@pytest.fixture
def people() -> Cast:
    return cast.build()


@pytest.fixture
def demo() -> DemoClock:
    """Make the database a demo whose clock stands still at NOW."""
    return DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=60.0, is_running=False)


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def keep(body: str | bytes = BROKEN, **more: Any) -> Quarantine:
    new_id = ids.new_id()
    raw = body.encode() if isinstance(body, str) else body
    return Quarantine.objects.create(
        id=new_id,
        body_encrypted=crypto.encrypt(raw, place=quarantine.place(new_id)),
        **{
            "received_at": NOW - timedelta(minutes=5),
            "source": "KUAIDI100",
            "reason": "push.malformed_json",
            "waybill_no": "YT9900000000001",
            "detail": {"format": "kuaidi100", "fault": "param is not well-formed JSON."},
            **more,
        },
    )


def told(minutes_ago: int, accepted: int, **more: Any) -> None:
    figures = {"duplicate": 0, "rejected": 0, "quarantined": 0, "lag_seconds_sum": 60 * accepted, "lag_seconds_max": 99}
    IntakeMinute.objects.create(
        minute=NOW - timedelta(minutes=minutes_ago),
        **{"source": "KUAIDI100", "carrier": "yuantong", "accepted": accepted, **figures, **more},
    )


def test_the_overview_shows_what_arrives_what_is_kept_and_what_is_behind(people: Cast, demo: DemoClock) -> None:
    told(5, 120)
    told(90, 30, rejected=4)
    told(60 * 30, 999)
    keep()
    CarrierOutage.objects.create(
        id=ids.new_id(), carrier="zhongtong", since=NOW - timedelta(hours=7), noticed_at=NOW - timedelta(hours=1)
    )
    ParcelSweepFault.objects.create(
        waybill_no="ZT1", carrier="zhongtong", life=1, fault="ValueError: x", recorded_at=NOW
    )

    page = as_(people.olga).get(reverse("operator-home"))

    html = page.content.decode()
    assert page.status_code == 200
    assert "<b>120</b>" in html
    assert '<td class="number">150</td>' in html
    assert "999" not in html
    assert "<b>4</b>" in html
    assert "ValueError: x" in html
    assert html.count('role="status"') == 1


def test_the_overview_stands_when_nothing_happened_yet(people: Cast, demo: DemoClock) -> None:
    assert as_(people.viewer).get(reverse("operator-home")).status_code == 200


def test_htmx_gets_the_figures_alone(people: Cast, demo: DemoClock) -> None:
    html = as_(people.olga).get(reverse("operator-home"), headers={"HX-Request": "true"}).content.decode()

    assert "figures" in html
    assert "<html" not in html


@pytest.mark.parametrize("rows", [1, 3])
def test_the_quarantine_list_costs_the_same_for_one_row_and_for_three(
    people: Cast, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        keep(received_at=NOW - timedelta(minutes=number), reason=f"push.reason_{number}")
    client = as_(people.olga)

    with django_assert_num_queries(7):
        html = client.get(reverse("operator-quarantine")).content.decode()

    assert html.count("data-key=") == rows


def test_pages_of_the_quarantine_follow_each_other_without_gaps(people: Cast) -> None:
    wanted = [keep(received_at=NOW - timedelta(minutes=number // 3)).id for number in range(120)]
    client, seen, after = as_(people.olga), [], ""

    for _ in range(3):
        html = client.get(reverse("operator-quarantine"), {"after": after}).content.decode()
        seen += [int(each) for each in re.findall(r'data-key="([0-9]+)"', html)]
        after = "".join(re.findall(r'rel="next".*after=([0-9A-Za-z_-]+)', html))

    assert sorted(seen) == sorted(wanted)
    assert after == ""


def test_a_body_is_shown_without_telephone_numbers(people: Cast) -> None:
    found = keep()

    html = as_(people.viewer).get(reverse("operator-quarantine-item", args=[found.id])).content.decode()

    assert "YT9900000000001" in html
    assert "13812345678" not in html
    assert "1******5678" in html


def test_a_mended_body_goes_to_the_intake_with_its_hidden_number_back_in_place(people: Cast) -> None:
    found = keep()
    address = reverse("operator-quarantine-item", args=[found.id])
    mended = '{"status":"polling","lastResult":{"nu":"YT9900000000001","phone":"1******5678"}}'

    page = as_(people.clerk).post(address, {"act": "replay", "body": mended.replace("\n", "\r\n")})

    found.refresh_from_db()
    assert page.status_code == 303
    assert (found.state, found.decided_by, found.detail["is_mended"]) == ("REPLAY_ASKED", people.clerk.id, True)
    assert crypto.decrypt(bytes(found.body_encrypted), place=quarantine.place(found.id)).decode() == mended.replace(
        "1******5678", "13812345678"
    )
    assert AuditEntry.objects.filter(act="quarantine.replay_asked", subject=f"quarantine/{found.id}").count() == 1


def test_an_unchanged_body_is_replayed_byte_for_byte(people: Cast) -> None:
    raw = b'{"nu" : "13812345678",\r\n "list":[1.50]}'
    found = keep(raw)
    client, address = as_(people.olga), reverse("operator-quarantine-item", args=[found.id])
    html = client.get(address).content.decode()
    shown = unescape(html.partition('spellcheck="false">\n')[2].partition("</textarea>")[0])

    client.post(address, {"act": "replay", "body": shown.replace("\n", "\r\n")})

    found.refresh_from_db()
    assert found.state == "REPLAY_ASKED"
    assert crypto.decrypt(bytes(found.body_encrypted), place=quarantine.place(found.id)) == raw


def test_bytes_that_are_no_text_can_be_replayed_but_not_edited(people: Cast) -> None:
    found = keep(b"\xd6\xd0\xb9\xfa\x00")
    client, address = as_(people.olga), reverse("operator-quarantine-item", args=[found.id])

    assert "<textarea" not in client.get(address).content.decode()
    client.post(address, {"act": "replay"})

    found.refresh_from_db()
    assert found.state == "REPLAY_ASKED"
    assert found.detail.get("is_mended") is None


def test_deciding_twice_is_refused_and_changes_nothing(people: Cast) -> None:
    found = keep()
    client, address = as_(people.olga), reverse("operator-quarantine-item", args=[found.id])
    client.post(address, {"act": "discard"})

    page = client.post(address, {"act": "replay"})

    found.refresh_from_db()
    assert page.status_code == 409
    assert 'role="alert"' in page.content.decode()
    assert found.state == "DISCARDED"
    assert AuditEntry.objects.filter(subject=f"quarantine/{found.id}").count() == 1


def test_many_are_decided_at_once_or_none(people: Cast) -> None:
    one, two, settled = keep(), keep(), keep(state="DISCARDED")
    client, address = as_(people.olga), reverse("operator-quarantine")

    refused = client.post(address, {"act": "replay", "id": [one.id, two.id, settled.id]})
    none = client.post(address, {"act": "replay", "id": ["x", "9" * 19]})
    taken = client.post(address, {"act": "replay", "id": [one.id, two.id]})

    assert (refused.status_code, none.status_code, taken.status_code) == (409, 422, 303)
    assert set(Quarantine.objects.filter(id__in=[one.id, two.id]).values_list("state", flat=True)) == {"REPLAY_ASKED"}


def test_who_only_looks_cannot_decide(people: Cast) -> None:
    found = keep()

    page = as_(people.viewer).post(reverse("operator-quarantine-item", args=[found.id]), {"act": "discard"})

    found.refresh_from_db()
    assert (page.status_code, found.state) == (403, "OPEN")


def test_the_outcome_of_a_replay_is_shown(people: Cast) -> None:
    found = keep(
        state="REPLAYED",
        outcome={"counts": {"accepted": 2, "rejected": 1}, "refusals": ["tracking.time_out_of_range"]},
    )

    html = as_(people.olga).get(reverse("operator-quarantine-item", args=[found.id])).content.decode()

    assert 'class="tag notice"' in html
    assert 'class="tag severe"' in html


def test_what_came_back_from_a_replay_says_why(people: Cast) -> None:
    found = keep(outcome={"code": "quarantine.still_unreadable", "reason": "carrier.unknown", "detail": "no such code"})

    html = as_(people.olga).get(reverse("operator-quarantine-item", args=[found.id])).content.decode()

    assert "no such code" in html
    assert "<textarea" in html


def test_the_intake_and_the_pages_seal_a_body_for_the_same_place() -> None:
    assert quarantine.place(7) == statements.quarantine_place(7)


def test_there_is_no_demo_clock_where_time_is_real(people: Cast) -> None:
    assert as_(people.olga).get(reverse("operator-clock")).status_code == 404


@pytest.mark.parametrize(
    ("form", "ahead"),
    [
        pytest.param({"leap": "6h"}, timedelta(hours=6), id="six hours"),
        pytest.param({"leap": "7d"}, timedelta(days=7), id="seven days"),
        pytest.param({"until": "2022-07-02 00:00"}, timedelta(hours=12), id="a time of Shanghai"),
    ],
)
def test_an_operator_asks_time_to_run_ahead_by(
    people: Cast, demo: DemoClock, form: dict[str, str], ahead: timedelta
) -> None:
    client = as_(people.olga)

    page = client.post(reverse("operator-clock"), form)

    wish = DemoForward.objects.get()
    assert page.status_code == 303
    assert (wish.from_sim, wish.until_sim, wish.state, wish.asked_by) == (NOW, NOW + ahead, "ASKED", people.olga.id)
    assert "<progress" in client.get(reverse("operator-clock")).content.decode()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({}, id="nothing asked"),
        pytest.param({"leap": "9y"}, id="a leap that is not offered"),
        pytest.param({"until": "tomorrow"}, id="no time"),
        pytest.param({"until": "2022-07-01 12:00"}, id="now"),
        pytest.param({"until": "0001-01-01 00:00"}, id="the first day"),
        pytest.param({"until": "9999-12-31T23:59-23:59"}, id="the last day"),
    ],
)
def test_time_does_not_run_to(people: Cast, demo: DemoClock, form: dict[str, str]) -> None:
    page = as_(people.olga).post(reverse("operator-clock"), form)

    assert page.status_code == 422
    assert not DemoForward.objects.exists()


def test_one_fast_forward_at_a_time(people: Cast, demo: DemoClock) -> None:
    client = as_(people.olga)
    client.post(reverse("operator-clock"), {"leap": "1h"})

    page = client.post(reverse("operator-clock"), {"leap": "1h"})

    assert page.status_code == 409
    assert DemoForward.objects.count() == 1


def test_a_clerk_sees_the_clock_but_does_not_move_it(people: Cast, demo: DemoClock) -> None:
    client = as_(people.clerk)

    assert client.get(reverse("operator-clock")).status_code == 200
    assert client.post(reverse("operator-clock"), {"leap": "1h"}).status_code == 403
