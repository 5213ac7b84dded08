"""The pages of violations: the shop's list and appeal, the reviewers' queue, sanctions, bans, and lifting many."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.judging import planting as cases
from tests.orders import planting as orders
from tests.web import cast, planting
from tests.web.cast import Cast
from yidao.accounts.models import User
from yidao.judging.case_models import Appeal, Sanction
from yidao.judging.models import Judgement, ProductBan, ReversalJob, Violation
from yidao.judging.sanctions import closed_shops
from yidao.kit import ids
from yidao.kit.models import DemoClock
from yidao.orders import raw

pytestmark = pytest.mark.django_db
NOW = planting.NOW
DAY = timedelta(days=1)


@pytest.fixture
def people() -> Cast:
    DemoClock.objects.create(base_real=NOW, base_sim=NOW, rate=1.0, is_running=False)
    return cast.build()


def as_(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def page(browser: Client, name: str, status: int = 200, query: str = "", **parts: int) -> str:
    answer = browser.get(reverse(name, kwargs=parts) + query)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def photo(body: bytes = cases.PHOTO) -> SimpleUploadedFile:
    return SimpleUploadedFile("IMG_0001.jpg", body, content_type="image/jpeg")


def send(browser: Client, name: str, status: int = 302, *, form: dict[str, object], **parts: int) -> str:
    answer = browser.post(reverse(name, kwargs=parts), form)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_a_shop_sees_its_own_violations_and_nobody_elses(people: Cast) -> None:
    cases.judged(people.shop, at=NOW - DAY, order_no="OWN-1")
    cases.judged(people.other_shop, at=NOW - DAY, order_no="OTHER-1")

    html = page(as_(people.alice), "merchant-violations", shop=people.shop)

    assert "OWN-1" in html
    assert "OTHER-1" not in html
    assert "1 / 3" in html
    assert "Share of late orders" in html


@pytest.mark.parametrize("name", ["merchant-violations", "operator-violations", "operator-appeals", "operator-bans"])
def test_more_rows_cost_no_more_queries(people: Cast, name: str) -> None:
    browser = as_(people.alice if name.startswith("merchant") else people.olga)
    address = reverse(name, kwargs={"shop": people.shop} if name.startswith("merchant") else {})

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = browser.get(address, {"state": "all"}, headers={"hx-request": "true"})
        assert answer.status_code == 200
        return len(captured)

    def plant(number: int) -> None:
        (made,) = cases.judged(people.shop, at=NOW - DAY)
        cases.appealed(made, at=NOW)
        cases.banned(made, at=NOW, product=f"P{number}")

    plant(1)
    cost()
    first = cost()
    plant(2)
    plant(3)
    assert cost() == first


def test_tabs_count_what_stands_how(people: Cast) -> None:
    for state in ("OPEN", "OPEN", "UPHELD", "REVERSED"):
        cases.judged(people.shop, at=NOW - DAY, state=state)

    html = page(as_(people.alice), "merchant-violations", query="?part=counts", shop=people.shop)

    counted = {key: html.split(f'id="count-{key}"', 1)[1].split("</", 1)[0] for key in ("OPEN", "APPEALING", "ALL")}
    assert [each.rsplit(">", 1)[1] for each in counted.values()] == ["2", "0", "4"]


def test_the_detail_says_why_what_it_took_and_until_when_one_may_appeal(people: Cast) -> None:
    (made, *_) = cases.judged(people.shop, at=NOW - DAY, count=3, money="DEDUCTED", deducted_fen=1000)
    cases.banned(made, at=NOW)

    html = page(as_(people.alice), "merchant-violation", shop=people.shop, violation=made)

    assert "late-shipment/douyin-2022/1" in html
    assert "deducted ¥10.00" in html
    assert "The latest ship time had passed" in html
    assert "Banned" in html
    until = Violation.objects.get(id=made).appeal_until
    assert until is not None
    assert f"{(until - timedelta(seconds=1)) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}" in html


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("PICKUP_TIMEOUT", {}, "did not pick the parcel up in time"),
        ("TRANSIT_TIMEOUT", {}, "did not move on in time"),
        ("FALSE_SHIPMENT", {"reasons": ["OTHER_ROUTE", "NUMBER_REUSED"]}, "its trace leads elsewhere, it is another"),
        ("OUT_OF_STOCK", {"by_hand": True}, "opened this by hand"),
    ],
)
def test_every_kind_says_why(people: Cast, kind: str, facts: dict[str, object], words: str) -> None:
    (made,) = cases.judged(people.shop, at=NOW - DAY, kind=kind, facts=facts)

    assert words in page(as_(people.alice), "merchant-violation", shop=people.shop, violation=made).replace(
        "&#39;", "'"
    )


def test_the_side_bar_counts_until_one_has_looked(people: Cast) -> None:
    cases.judged(people.shop, at=NOW - DAY)
    browser = as_(people.alice)

    def badge() -> str:
        html = page(browser, "merchant-badges", shop=people.shop)
        return html.split('id="badge-violations"', 1)[1].split("</", 1)[0].rsplit(">", 1)[1]

    before = badge()
    page(browser, "merchant-violations", shop=people.shop)

    assert (before, badge()) == ("1", "0")


def test_an_appeal_with_pictures_is_made_and_won(people: Cast) -> None:
    made, second = cases.judged(people.shop, at=NOW - 2 * DAY, count=2)
    alice, olga = as_(people.alice), as_(people.olga)
    parts = {"shop": people.shop, "violation": made}

    form = {"text": "已按时发货", "pictures": [photo(), photo()], "key": "1"}
    send(alice, "merchant-violation", form=form, **parts)

    html = page(alice, "merchant-violation", **parts)
    assert "已按时发货" in html
    assert html.count('class="proof"') == 2
    appeal = Appeal.objects.get(violation_id=made)
    queue = page(olga, "operator-appeals")
    assert reverse("operator-appeal", kwargs={"appeal": appeal.id}) in queue
    review = page(olga, "operator-appeal", appeal=appeal.id)
    assert "The shop so far" in review
    assert review.count('class="proof"') == 2
    send(olga, "operator-appeal", 422, form={"act": "accept", "reason": ""}, appeal=appeal.id)
    send(olga, "operator-appeal", form={"act": "accept", "reason": "已核实"}, appeal=appeal.id)
    assert Violation.objects.get(id=made).state == "REVERSED"
    assert Violation.objects.get(id=second).state == "OPEN"
    assert "已核实" in page(alice, "merchant-violation", **parts)
    send(olga, "operator-appeal", 409, form={"act": "refuse", "reason": "不行"}, appeal=appeal.id)


def test_a_form_sent_twice_appeals_once(people: Cast) -> None:
    (made,) = cases.judged(people.shop, at=NOW - DAY)

    for _ in range(2):
        form = {"text": "冤枉", "pictures": [photo()], "key": "7"}
        send(as_(people.alice), "merchant-violation", form=form, shop=people.shop, violation=made)

    assert Appeal.objects.filter(violation_id=made).count() == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"text": ""}, "Say why the violation is none.", id="no words"),
        pytest.param({"text": "见图", "pictures": [photo(b"<svg/>")]}, "Picture 1 is no JPEG", id="no picture"),
        pytest.param(
            {"text": "见图", "pictures": [photo() for _ in range(6)]}, "At most 5 pictures", id="six pictures"
        ),
    ],
)
def test_what_will_not_do_is_told_above_the_form(people: Cast, form: dict[str, object], words: str) -> None:
    (made,) = cases.judged(people.shop, at=NOW - DAY)

    html = send(as_(people.alice), "merchant-violation", 422, form=form, shop=people.shop, violation=made)

    assert words in html
    assert not Appeal.objects.exists()


def test_who_may_not_appeal_sees_no_form(people: Cast) -> None:
    finance = cast.user("Fiona", (people.shop, cast.Role.FINANCE))
    (made,) = cases.judged(people.shop, at=NOW - DAY)

    html = page(as_(finance), "merchant-violation", shop=people.shop, violation=made)

    assert 'name="pictures"' not in html
    send(as_(finance), "merchant-violation", 403, form={"text": "冤枉"}, shop=people.shop, violation=made)


def test_a_picture_is_shown_and_can_do_nothing(people: Cast) -> None:
    (made,) = cases.judged(people.shop, at=NOW - DAY)
    (picture,) = cases.pictures(cases.appealed(made, at=NOW, pictures=1))

    answer = as_(people.alice).get(
        reverse("merchant-violation-picture", kwargs={"shop": people.shop, "picture": picture})
    )

    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, cases.PHOTO, "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, no-store"


def test_a_violation_is_opened_by_hand_with_evidence_and_lifted_with_a_reason(people: Cast) -> None:
    orders.order(people.shop, "HAND-1")
    olga = as_(people.olga)
    form = {"order": "HAND-1", "shop": "", "kind": "FALSE_SHIPMENT", "reason": "空包", "pictures": [photo()]}

    assert "no such order" in send(olga, "operator-violation-new", 422, form={**form, "order": "NONE"})
    send(olga, "operator-violation-new", form={**form, "pictures": [photo()]})

    made = Violation.objects.get(order_no="HAND-1")
    assert Judgement.objects.get(id=made.id).facts["deduction_fen"] == 500_00
    Violation.objects.filter(id=made.id).update(notified_at=NOW, appeal_until=NOW + 7 * DAY)
    html = page(as_(people.alice), "merchant-violation", shop=people.shop, violation=made.id)
    assert "空包" in html
    assert 'class="proof"' in html
    send(olga, "operator-violation", 422, form={"reason": ""}, violation=made.id)
    send(olga, "operator-violation", form={"reason": "误判"}, violation=made.id)
    send(olga, "operator-violation", 409, form={"reason": "误判"}, violation=made.id)
    assert "误判" in page(as_(people.alice), "merchant-violation", shop=people.shop, violation=made.id)


def test_a_shop_is_closed_in_two_steps_and_sees_why(people: Cast) -> None:
    olga, alice = as_(people.olga), as_(people.alice)
    send(olga, "operator-sanctions", 404, form={"shop": "1", "kind": "CLOSURE"})
    send(olga, "operator-sanctions", form={"shop": str(people.shop), "kind": "CLOSURE"})
    made = Sanction.objects.get(shop_id=people.shop)
    assert "花间集" in page(olga, "operator-sanctions")
    assert closed_shops(raw.plain(), [people.shop]) == set()

    wrong = {"act": "impose", "reason": "屡次超时", "typed": "花间"}
    assert "exactly" in send(olga, "operator-sanction", 422, form=wrong, sanction=made.id)
    send(olga, "operator-sanction", form={**wrong, "typed": "花间集"}, sanction=made.id)

    assert closed_shops(raw.plain(), [people.shop]) == {people.shop}
    assert "屡次超时" in page(alice, "merchant-violations", shop=people.shop)
    send(olga, "operator-sanction", form={"act": "lift", "reason": "已整改"}, sanction=made.id)
    assert "屡次超时" not in page(alice, "merchant-violations", shop=people.shop)
    for name in ("clerk", "viewer"):
        may = "Propose…" in page(as_(getattr(people, name)), "operator-sanctions")
        assert may is (name == "clerk")


def test_a_ban_is_shown_to_the_shop_and_lifted_by_an_operator(people: Cast) -> None:
    (made,) = cases.judged(people.shop, at=NOW - DAY)
    ban = cases.banned(made, at=NOW, product="P-BAD")
    olga, alice = as_(people.olga), as_(people.alice)

    assert "P-BAD" in page(alice, "merchant-violations", shop=people.shop)
    assert "P-BAD" in page(olga, "operator-bans")
    send(olga, "operator-ban", 422, form={"reason": ""}, ban=ban)
    send(olga, "operator-ban", form={"reason": "误封"}, ban=ban)
    send(olga, "operator-ban", 409, form={"reason": "误封"}, ban=ban)

    assert ProductBan.objects.get(id=ban).lifted_cause == "OPERATOR"
    assert "P-BAD" not in page(alice, "merchant-violations", shop=people.shop)
    assert "Ban lifted" in page(olga, "operator-ban", ban=ban)


def test_many_are_lifted_after_a_look_with_a_reason(people: Cast) -> None:
    for _ in range(3):
        cases.judged(people.shop, at=NOW - DAY)
    olga = as_(people.olga)
    day = f"{NOW - DAY + timedelta(hours=8):%Y-%m-%d}"
    asked = {"kind": "LATE_SHIPMENT", "from": day, "until": day, "shop": str(people.shop), "cause": "RELIEF"}

    query = "?" + "&".join(f"{name}={value}" for name, value in asked.items())
    html = page(olga, "operator-violation-jobs", query=query)
    assert "This would lift" in html
    send(olga, "operator-violation-jobs", 422, form={**asked, "reason": "", "key": "1"})
    send(olga, "operator-violation-jobs", 422, form={**asked, "from": "x", "reason": "公告", "key": "1"})
    for _ in range(2):
        send(olga, "operator-violation-jobs", form={**asked, "reason": "公告", "key": "2"})

    (job,) = ReversalJob.objects.all()
    assert (job.orders, job.cause) == (3, "RELIEF")
    assert "0 of 3 orders" in page(olga, "operator-violation-jobs")


def test_operators_find_violations_by_shop_and_order(people: Cast) -> None:
    cases.judged(people.shop, at=NOW - DAY, order_no="OWN-1")
    cases.judged(people.other_shop, at=NOW - DAY, order_no="OTHER-1")
    olga = as_(people.olga)

    assert "OTHER-1" not in page(olga, "operator-violations", query="?shop=花间")
    assert "OWN-1" not in page(olga, "operator-violations", query="?order=OTHER-1")
    assert "OWN-1" in page(olga, "operator-violations", query="?kind=LATE_SHIPMENT")
    assert page(olga, "operator-violations", query=f"?order={ids.new_id()}").count("No violations here.") == 1


def test_a_closed_shop_is_told_over_every_page_and_others_are_not(people: Cast) -> None:
    cases.sanction(people.shop, at=NOW, state="IN_FORCE", decided_at=NOW)
    words = "The shop takes no new orders."

    assert words in page(as_(people.alice), "merchant-badges", shop=people.shop)
    assert words not in page(as_(people.charlie), "merchant-badges", shop=people.other_shop)
    assert words not in page(as_(people.olga), "operator-badges")
