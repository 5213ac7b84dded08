"""Two at once: one appeal is made, one answer counts, one notice is told, and money comes back once."""

import pytest

from tests.judging.test_appeals import PHOTO, of_shop, operator
from tests.judging.test_races import balances, fund
from tests.judging.world import D, after, late, sweep
from tests.parcels.test_nudge_races import at_once
from tests.web import cast
from tests.web.cast import Cast
from yidao.judging import appeals, sanctions, settling, telling
from yidao.judging.appeals import AlreadyAnswered, AppealRefused, Plea
from yidao.judging.case_models import Appeal, CaseFile, Sanction
from yidao.judging.models import Violation
from yidao.judging.sanctions import SanctionRefused
from yidao.kit import sweeps
from yidao.kit.errors import Refusal
from yidao.notices.models import Notice

CARRIERS = iter([("suning", "jiuyescm"), ("sxjdfreight", "yimidida"), ("zhongyouex", "fengwang")])
"""What is committed stays; a carrier has one head office."""


@pytest.fixture
def people(committed_db) -> Cast:
    own, other = next(CARRIERS)
    return cast.build(carrier_code=own, other_carrier_code=other)


def tell(now) -> None:
    sweeps.sweep_until_quiet([telling.CONCERN], now=now)


def settled(people: Cast) -> Violation:
    """Plant a violation that was settled, and of which its shop was told by two workers at once."""
    fund(people.shop)
    late(people.shop)
    sweep(after(0.5))
    at_once(*[lambda: tell(after(1))] * 2)
    sweeps.sweep_until_quiet([settling.CONCERN], now=after(20))
    return Violation.objects.get(shop_id=people.shop)


def outcome(act) -> str:
    """Return whether an act was done, or why not."""
    try:
        act()
    except Refusal as refused:
        return type(refused).__name__
    return "done"


def gathered(*acts) -> list[str]:
    found: list[str] = []
    at_once(*[lambda act=act: found.append(outcome(act)) for act in acts])
    return sorted(found)


def test_a_shop_is_told_once_and_appeals_once(people: Cast) -> None:
    violation = settled(people)
    actor = of_shop(people)
    plea = Plea(text="已按时发货", pictures=(PHOTO,))

    def appeal() -> None:
        appeals.file(actor=actor, violation_id=violation.id, plea=plea, now=after(21), real_now=after(21))

    assert gathered(appeal, appeal) == [AppealRefused.__name__, "done"]
    assert Appeal.objects.filter(violation_id=violation.id).count() == 1
    assert CaseFile.objects.filter(owner_id=Appeal.objects.get(violation_id=violation.id).id).count() == 1
    (notice,) = Notice.objects.filter(organisation_id=people.shop, kind="violation.found")
    assert notice.params["count"] == 1


def test_two_reviewers_give_one_answer_and_the_money_comes_back_once(people: Cast) -> None:
    violation = settled(people)
    plea = Plea(text="已按时发货")
    now = after(22)
    made = appeals.file(actor=of_shop(people), violation_id=violation.id, plea=plea, now=now, real_now=now)
    olga, clerk = operator(people), operator(people, "clerk")

    def accept() -> None:
        appeals.answer(actor=olga, appeal_id=made, is_accepted=True, reason="属实", now=now, real_now=now)

    def refuse() -> None:
        appeals.answer(actor=clerk, appeal_id=made, is_accepted=False, reason="不属实", now=now, real_now=now)

    assert gathered(accept, refuse, accept) == [AlreadyAnswered.__name__, AlreadyAnswered.__name__, "done"]
    won = Appeal.objects.get(id=made).state == "ACCEPTED"
    assert Violation.objects.get(id=violation.id).state == ("REVERSED" if won else "UPHELD")
    assert balances(people.shop)["DEPOSIT"] == (500_00 if won else 490_00)


def test_a_sanction_is_proposed_and_decided_once(people: Cast) -> None:
    for _ in range(10):
        late(people.shop)
    sweep(after(49))
    at_once(*[lambda: sanctions.propose([people.shop], now=after(50))] * 2)
    (found,) = Sanction.objects.filter(shop_id=people.shop)
    actor = operator(people)

    def decide(is_imposed: bool) -> None:
        sanctions.decide(
            actor=actor,
            sanction_id=found.id,
            is_imposed=is_imposed,
            reason="屡次超时",
            typed_name="花间集",
            now=after(51),
            real_now=D,
        )

    assert gathered(lambda: decide(True), lambda: decide(False)) == [SanctionRefused.__name__, "done"]
