"""Shops are told in rounds, appeal within seven days, and win or lose; what a win takes back is whole."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.judging.test_reversal import balance, rich, settle
from tests.judging.world import HOUR, D, after, late, sweep
from tests.kit.test_pictures import FRAME, SCAN, exif, jpeg
from tests.web import cast
from tests.web.cast import Cast
from yidao.accounts import access
from yidao.accounts.actors import Actor
from yidao.accounts.ids import ShopId, UserId
from yidao.audit.models import AuditEntry
from yidao.files.models import FileChunk
from yidao.judging import appeal_sweeps, appeals, cases, reversal, telling, violations
from yidao.judging.appeals import AlreadyAnswered, AppealRefused, Plea
from yidao.judging.case_models import Appeal, CaseFile
from yidao.judging.models import ProductBan, Violation
from yidao.kit import sweeps
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices.models import Notice
from yidao.orders import raw
from yidao.orders.shop_models import ShopSetting
from yidao.rules.appeals import Refused

pytestmark = pytest.mark.django_db
PHOTO = jpeg(exif(6), FRAME, SCAN)


@pytest.fixture
def people() -> Cast:
    return cast.build()


def of_shop(people: Cast, user: str = "alice") -> Actor:
    return access.actor_for_shop(UserId(getattr(people, user).id), people.shop)


def operator(people: Cast, user: str = "olga") -> Actor:
    return access.actor_for_operator(UserId(getattr(people, user).id))


def tell(now: datetime) -> int:
    return sweeps.sweep_until_quiet([telling.CONCERN], now=now)["notices"]


def told_violation(people: Cast, *, now: datetime | None = None) -> Violation:
    """Plant an order that was judged once at D, and of which its shop heard an hour later."""
    late(people.shop)
    sweep(after(0.5))
    tell(now or after(1))
    return Violation.objects.get(shop_id=people.shop)


def appeal(people: Cast, violation: Violation, *, now: datetime, text: str = "已按时发货", **more: object) -> int:
    plea = Plea(text=text, **more)  # type: ignore[arg-type]
    return appeals.file(actor=of_shop(people), violation_id=violation.id, plea=plea, now=now, real_now=now)


def answer(people: Cast, appeal_id: int, *, is_accepted: bool, now: datetime) -> None:
    appeals.answer(
        actor=operator(people), appeal_id=appeal_id, is_accepted=is_accepted, reason="已核实", now=now, real_now=now
    )


def test_one_notice_tells_of_everything_of_a_round(people: Cast) -> None:
    for _ in range(3):
        late(people.shop)
    late(people.shop, due=D + HOUR / 2)
    late(people.shop, due=D + HOUR)
    sweep(after(1.2))

    assert tell(after(0.99)) == 0
    assert tell(after(1.2)) == 4
    assert tell(after(1.3)) == 0

    (notice,) = Notice.objects.filter(organisation_id=people.shop)
    assert (notice.kind, notice.params["count"], notice.params["LATE_SHIPMENT"]) == ("violation.found", 4, 4)
    assert tell(after(2)) == 1
    assert Notice.objects.filter(organisation_id=people.shop).count() == 2


def test_what_is_found_late_joins_the_notice_of_its_round(people: Cast) -> None:
    told_violation(people)
    late(people.shop)
    sweep(after(1.5))

    assert tell(after(1.6)) == 1

    (notice,) = Notice.objects.filter(organisation_id=people.shop)
    assert notice.params["count"] == 2


def test_a_shop_that_wants_longer_rounds_hears_later(people: Cast) -> None:
    ShopSetting.objects.create(shop_id=people.shop, notice_round_hours=4, version=1, changed_at=D)
    late(people.shop)
    sweep(after(0.5))

    assert tell(after(1.9)) == 0
    assert tell(after(2)) == 1


def test_what_was_lifted_before_anybody_heard_is_not_told(people: Cast) -> None:
    order_id = late(people.shop)
    sweep(after(0.5))
    reversal.reverse(raw.plain(), order_ids=[order_id], cause="RELIEF", now=after(0.6))

    assert tell(after(1)) == 1
    assert not Notice.objects.filter(organisation_id=people.shop).exists()


def test_the_seven_days_end_with_the_second_before_the_hour_of_the_notice(people: Cast) -> None:
    noticed = datetime(2022, 6, 1, 3, 0, tzinfo=UTC)
    violation = told_violation(people, now=noticed)

    assert (violation.notified_at, violation.appeal_until) == (noticed, noticed + timedelta(days=7))
    with pytest.raises(AppealRefused) as caught:
        appeal(people, violation, now=noticed + timedelta(days=7))
    assert caught.value.why is Refused.TOO_LATE
    appeal(people, violation, now=noticed + timedelta(days=7) - timedelta(seconds=1))


def test_what_nobody_appeals_against_stands_after_its_days(people: Cast) -> None:
    violation = told_violation(people)
    assert violation.appeal_until is not None

    assert tell(violation.appeal_until - timedelta(microseconds=1)) == 0
    assert tell(violation.appeal_until) == 1
    violation.refresh_from_db()
    assert violation.state == "UPHELD"


def test_an_appeal_with_pictures_wins_and_everything_comes_back(people: Cast) -> None:
    rich(people.shop)
    order_id = late(people.shop)
    sweep(after(50))
    settle(after(80))
    tell(after(80))
    third = Violation.objects.get(order_id=order_id, ordinal=3)
    first = Violation.objects.get(order_id=order_id, ordinal=1)
    assert balance(people.shop) == 480_00
    assert ProductBan.objects.filter(shop_id=people.shop, lifted_at=None).count() == 1

    made = appeal(people, first, now=after(81), pictures=(PHOTO, PHOTO))
    first.refresh_from_db()
    assert (first.state, first.money) == ("APPEALING", "DEDUCTED")
    answer(people, made, is_accepted=True, now=after(82))

    first.refresh_from_db()
    third.refresh_from_db()
    assert (first.state, first.money, third.state) == ("REVERSED", "REFUNDED", "OPEN")
    assert balance(people.shop) == 490_00
    assert ProductBan.objects.filter(shop_id=people.shop, lifted_at=None).count() == 0
    assert Notice.objects.filter(organisation_id=people.shop, kind="appeal.accepted").count() == 1
    found = violations.one(first.id, actor=of_shop(people), now=after(83))
    assert found.appeal is not None
    assert (found.appeal.text, found.appeal.answer, len(found.appeal.pictures)) == ("已按时发货", "已核实", 2)
    assert found.lifted is not None
    assert [row.amount_fen for row in found.penalties if row.kind == "DEDUCTION"] == [1000, -1000]


def test_a_kept_picture_has_lost_where_it_was_taken_and_is_encrypted(people: Cast) -> None:
    made = appeal(people, told_violation(people), now=after(2), pictures=(PHOTO,))
    kept = CaseFile.objects.get(owner="APPEAL", owner_id=made)

    shown = cases.picture(kept.id, actor=of_shop(people), real_now=after(2))

    assert (shown.content_type, b"GPS!" in b"".join(shown.pieces)) == ("image/jpeg", False)
    assert b"coded" not in bytes(FileChunk.objects.get(file_id=kept.file_id).body_encrypted)
    stranger = access.actor_for_shop(UserId(people.charlie.id), ShopId(people.other_shop))
    for actor, now in ((stranger, after(2)), (of_shop(people), after(2) + timedelta(days=731))):
        with pytest.raises(NotVisible):
            cases.picture(kept.id, actor=actor, real_now=now)
    with pytest.raises(NotVisible):
        cases.picture(made, actor=of_shop(people), real_now=after(2))


def test_a_refused_appeal_lets_the_violation_stand_and_is_the_last_word(people: Cast) -> None:
    violation = told_violation(people)
    made = appeal(people, violation, now=after(2))

    answer(people, made, is_accepted=False, now=after(3))

    violation.refresh_from_db()
    assert violation.state == "UPHELD"
    with pytest.raises(AlreadyAnswered):
        answer(people, made, is_accepted=True, now=after(4))
    with pytest.raises(AppealRefused) as caught:
        appeal(people, violation, now=after(4))
    assert caught.value.why is Refused.ALREADY_APPEALED
    acts = AuditEntry.objects.filter(subject=f"appeal/{made}").values_list("act", flat=True)
    assert sorted(acts) == ["appeal.made", "appeal.refused"]


def test_an_appeal_is_answered_within_five_working_days_of_shanghai(people: Cast) -> None:
    made = Appeal.objects.get(id=appeal(people, told_violation(people), now=after(2)))

    # 2022-06-01 is a Wednesday; Friday is a holiday (端午节), so are the weekend's days.
    assert made.due_at == datetime(2022, 6, 9, 16, 0, tzinfo=UTC)
    assert made.soon_at == datetime(2022, 6, 8, 16, 0, tzinfo=UTC)


def test_reviewers_are_reminded_once_and_leaders_when_it_is_late(people: Cast) -> None:
    made = Appeal.objects.get(id=appeal(people, told_violation(people), now=after(2)))
    sweep_appeals = lambda now: sweeps.sweep_until_quiet([appeal_sweeps.CONCERN], now=now)["appeals"]  # noqa: E731

    assert sweep_appeals(made.soon_at - timedelta(seconds=1)) == 0
    assert [sweep_appeals(made.soon_at), sweep_appeals(made.soon_at)] == [1, 0]
    assert [sweep_appeals(made.due_at), sweep_appeals(made.due_at)] == [1, 0]

    told = Notice.objects.filter(organisation_id=people.platform).order_by("id").values_list("kind", "user_id")
    assert list(told) == [
        ("appeal.soon", None),
        ("appeal.overdue", None),
        ("appeal.escalated", people.olga.id),
    ]


def test_a_late_sweep_reminds_once_of_what_is_overdue(people: Cast) -> None:
    made = Appeal.objects.get(id=appeal(people, told_violation(people), now=after(2)))

    sweeps.sweep_until_quiet([appeal_sweeps.CONCERN], now=made.due_at + timedelta(days=3))

    kinds = Notice.objects.filter(organisation_id=people.platform).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["appeal.overdue", "appeal.escalated"]


def test_what_relief_lifts_needs_no_answer(people: Cast) -> None:
    violation = told_violation(people)
    made = appeal(people, violation, now=after(2))
    reversal.reverse(raw.plain(), judgement_ids=[violation.id], cause="RELIEF", now=after(3))

    sweeps.sweep_until_quiet([appeal_sweeps.CONCERN], now=after(3))

    assert Appeal.objects.get(id=made).state == "MOOT"
    with pytest.raises(AlreadyAnswered):
        answer(people, made, is_accepted=True, now=after(4))


@pytest.mark.parametrize(
    ("plea", "refusal"),
    [
        pytest.param(Plea(text="  "), AppealRefused, id="no words"),
        pytest.param(Plea(text="字" * 201), AppealRefused, id="too many words"),
        pytest.param(Plea(text="见图", pictures=(PHOTO,) * 6), AppealRefused, id="six pictures"),
        pytest.param(Plea(text="见图", pictures=(b"<svg/>",)), cases.PictureRefused, id="no picture"),
        pytest.param(Plea(text="见图", pictures=(PHOTO + b"0" * 2048 * 1024,)), cases.PictureRefused, id="too large"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(people: Cast, plea: Plea, refusal: type[Exception]) -> None:
    violation = told_violation(people)

    with pytest.raises(refusal):
        appeals.file(actor=of_shop(people), violation_id=violation.id, plea=plea, now=after(2), real_now=after(2))

    violation.refresh_from_db()
    assert (violation.state, Appeal.objects.count(), CaseFile.objects.count()) == ("OPEN", 0, 0)


def test_only_the_shops_own_people_appeal_and_only_reviewers_answer(people: Cast) -> None:
    violation = told_violation(people)
    stranger = access.actor_for_shop(UserId(people.charlie.id), ShopId(people.other_shop))
    made = appeal(people, violation, now=after(2))

    for actor, refusal in ((stranger, NotVisible), (operator(people), Forbidden)):
        with pytest.raises(refusal):
            appeals.file(
                actor=actor, violation_id=violation.id, plea=Plea(text="冤枉"), now=after(2), real_now=after(2)
            )
    for actor in (of_shop(people), operator(people, "viewer")):
        with pytest.raises(Forbidden):
            appeals.answer(actor=actor, appeal_id=made, is_accepted=True, reason="好", now=after(3), real_now=after(3))
    with pytest.raises(NotVisible):
        violations.one(violation.id, actor=stranger, now=after(3))
    with pytest.raises(NotVisible):
        violations.appeal(made, actor=stranger)


def test_the_unread_are_those_told_since_one_last_looked(people: Cast) -> None:
    alice, bob = of_shop(people), of_shop(people, "bob")
    told_violation(people)
    assert (violations.unseen(alice), violations.unseen(bob)) == (1, 1)

    violations.see(actor=alice, shop_id=people.shop, now=after(2))
    late(people.shop, due=after(2))
    sweep(after(2.5))
    tell(after(3))

    assert (violations.unseen(alice), violations.unseen(bob)) == (1, 2)
