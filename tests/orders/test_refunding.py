"""Money back: never twice, never forgotten, whoever dies when; an operator decides about what certainly failed."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.orders import life, world
from tests.web import cast
from yidao.accounts.actors import Permission
from yidao.audit.models import AuditEntry
from yidao.carriers.payments import Answer, Request
from yidao.carriers.payments.sandbox import Act as Act_
from yidao.carriers.payments.sandbox import Sandbox, acts_of
from yidao.kit.errors import Forbidden, NotVisible
from yidao.notices.models import Notice
from yidao.orders import raw, refunding
from yidao.orders.models import AfterSale, OrderRefund
from yidao.orders.refund_models import OrderRefundAttempt, PaymentSandboxRequest
from yidao.rules.after_sale import Act
from yidao.rules.refunds import Outcome, Route

stored = pytest.mark.django_db
PAID, NOW = "06-18 10:00", "06-19 11:00"


def agreed(acts: str = "", *, route: str = "") -> int:
    """Return an order whose refund of 100 yuan is agreed, and tell the sandbox how to treat it."""
    shop = life.fresh_shop()
    order_id = world.place(shop, paid=PAID)
    if acts:
        life.sandbox_does(order_id, acts, route=route)
    record_id = life.open_refund(order_id, "06-19 10:00")
    life.act(life.clerk(shop), record_id, Act.APPROVE, NOW)
    return order_id


def refund(order_id: int) -> OrderRefund:
    return OrderRefund.objects.get(order_id=order_id)


def attempts(order_id: int) -> list[str]:
    rows = OrderRefundAttempt.objects.filter(refund_id=refund(order_id).id).order_by("id")
    return [f"{each.act} {each.route} {each.outcome}".strip() for each in rows]


def paid_fen(order_id: int) -> int:
    number = world.head(order_id).order_no
    return sum(PaymentSandboxRequest.objects.filter(order_no=number).values_list("paid_fen", flat=True))


@stored
def test_money_goes_back_by_one_call() -> None:
    order_id = agreed()

    life.sweep(NOW)
    life.sweep(NOW)

    assert attempts(order_id) == ["CALLED ORIGINAL", "ANSWERED ORIGINAL DONE"]
    assert (paid_fen(order_id), world.head(order_id).refunded_fen) == (100_00, 100_00)


@stored
@pytest.mark.parametrize(
    ("acts", "calls"),
    [
        pytest.param("TIME_OUT", 1, id="paid, but the answer never came"),
        pytest.param("LATE", 1, id="answered late"),
        pytest.param("LOSE,PAY", 2, id="the call never arrived"),
        pytest.param("LOSE,TIME_OUT", 2, id="lost once, then paid without an answer"),
        pytest.param("FAIL,PAY", 2, id="failed once"),
        pytest.param("FAIL,LOSE,LATE", 3, id="everything at once"),
    ],
)
def test_whatever_the_provider_does_money_goes_back_once(acts, calls) -> None:
    order_id = agreed(acts)

    for at in ("11:00", "11:10", "11:20", "12:00", "12:10", "12:20", "12:30"):
        for _ in range(3):
            refunding.sweep(refund(order_id).bucket, world.moment(f"06-19 {at}"), provider=life.sandbox)
    for at in ("06-20 00:00", "06-20 00:10", "06-20 00:20", "06-20 00:30"):
        refunding.sweep(refund(order_id).bucket, world.moment(at), provider=life.sandbox)

    assert (refund(order_id).state, paid_fen(order_id)) == ("DONE", 100_00)
    assert sum(each.startswith("CALLED") for each in attempts(order_id)) == calls


@stored
def test_what_fails_waits_longer_each_time_and_then_for_an_operator() -> None:
    order_id = agreed("FAIL")

    life.sweep("06-19 11:00")
    first = refund(order_id).due_at
    life.sweep("06-19 11:59")
    life.sweep("06-19 12:00")
    second = refund(order_id).due_at
    life.sweep("06-20 00:00")

    row = refund(order_id)
    assert (first, second) == (world.moment("06-19 12:00"), world.moment("06-20 00:00"))
    assert (row.state, row.due_at, row.tries, row.last_code) == ("WAITS_FOR_OPERATOR", None, 3, "sandbox.refused")
    assert world.head(order_id).open_refunds == 1


@stored
def test_an_operator_chooses_another_way_and_money_goes_once() -> None:
    order_id = agreed("FAIL", route="ORIGINAL")
    life.sweep("06-19 11:00")
    life.sweep("06-19 12:00")
    now = world.moment("06-19 13:00")

    refunding.choose_route(
        actor=life.operator(Permission.REFUNDS_DECIDE),
        refund_id=refund(order_id).id,
        route=Route.OTHER,
        now=now,
        real_now=now,
    )
    life.sweep("06-19 13:00")

    assert attempts(order_id)[-3:] == ["ROUTE_CHOSEN OTHER", "CALLED OTHER", "ANSWERED OTHER DONE"]
    assert (paid_fen(order_id), world.head(order_id).state) == (100_00, "CANCELLED")
    assert AuditEntry.objects.filter(act="refund.route_chosen").count() == 1


@stored
def test_an_operator_says_how_he_knows_that_it_was_paid() -> None:
    order_id = agreed("FAIL")
    life.sweep("06-19 11:00")
    now, actor = world.moment("06-19 13:00"), life.operator(Permission.REFUNDS_DECIDE)
    told = {"actor": actor, "refund_id": refund(order_id).id, "now": now, "real_now": now}

    with pytest.raises(refunding.EvidenceRefused):
        refunding.mark_done(evidence=" ", **told)
    refunding.mark_done(evidence="银行回单 20220619-7", **told)
    life.sweep("06-20 13:00")

    assert (paid_fen(order_id), refund(order_id).state, world.head(order_id).refunded_fen) == (0, "DONE", 100_00)
    with pytest.raises(refunding.NotDecidable):
        refunding.mark_done(evidence="again", **told)


@stored
@pytest.mark.parametrize("acts", ["TIME_OUT", "LOSE", "LATE"])
def test_what_may_still_be_paid_is_not_decided_by_hand(acts) -> None:
    order_id = agreed(acts)
    life.sweep(NOW)
    now, actor = world.moment(NOW), life.operator(Permission.REFUNDS_DECIDE)

    with pytest.raises(refunding.NotDecidable):
        refunding.choose_route(actor=actor, refund_id=refund(order_id).id, route=Route.OTHER, now=now, real_now=now)


@stored
def test_who_may_not_decide_decides_nothing() -> None:
    order_id = agreed("FAIL")
    life.sweep(NOW)
    now = world.moment(NOW)
    told = {"route": Route.OTHER, "now": now, "real_now": now}

    for actor in (life.operator(), life.clerk(world.head(order_id).shop_id), life.marketplace()):
        with pytest.raises(Forbidden):
            refunding.choose_route(actor=actor, refund_id=refund(order_id).id, **told)
    with pytest.raises(NotVisible):
        refunding.choose_route(actor=life.operator(Permission.REFUNDS_DECIDE), refund_id=1, **told)


@stored
def test_without_a_provider_an_operator_has_it_at_once() -> None:
    order_id = agreed()
    bucket = refund(order_id).bucket

    refunding.sweep(bucket, world.moment(NOW), provider=lambda: None)

    assert (refund(order_id).state, refund(order_id).last_code) == ("WAITS_FOR_OPERATOR", "payments.none")


class Silent:
    """A provider that never says anything certain."""

    def refund(self, request: Request) -> Answer:
        return Answer(outcome=Outcome.UNKNOWN, code="http.504")

    def ask(self, request_id: str) -> Answer:
        return Answer(outcome=Outcome.UNKNOWN, code="http.504")


def swept_while_silent(order_id: int) -> int:
    """Sweep whenever the refund is due, and return how often until it was not any more."""
    for count in range(40):
        due = refund(order_id).due_at
        if due is None:
            return count
        refunding.sweep(refund(order_id).bucket, max(due, world.moment(NOW)), provider=Silent)
    raise AssertionError("it is asked for ever")


@stored
def test_a_provider_that_never_answers_leaves_it_to_an_operator_who_is_told() -> None:
    order_id = agreed()
    cast.organisation(cast.Kind.PLATFORM, "平台")

    asked = swept_while_silent(order_id)

    row = refund(order_id)
    assert (row.state, row.last_outcome, asked) == ("WAITS_FOR_OPERATOR", "UNKNOWN", 11)
    assert row.changed_at == world.moment(NOW) + timedelta(hours=72)
    (told,) = Notice.objects.filter(kind="refund.waits")[:1]
    assert (told.params, told.address) == ({"count": 1}, "/o/refunds/?state=DECIDE")


@stored
def test_what_was_silent_too_long_goes_another_way_with_evidence_only() -> None:
    order_id = agreed()
    swept_while_silent(order_id)
    actor, now = life.operator(Permission.REFUNDS_DECIDE), world.moment("06-25 10:00")
    told = {"actor": actor, "refund_id": refund(order_id).id, "now": now, "real_now": now}

    with pytest.raises(refunding.EvidenceRefused):
        refunding.choose_route(route=Route.OTHER, **told)
    refunding.choose_route(route=Route.OTHER, evidence="the provider wrote that it never came", **told)
    life.sweep("06-25 10:00")

    assert (refund(order_id).state, refund(order_id).route, paid_fen(order_id)) == ("DONE", "OTHER", 100_00)
    assert OrderRefundAttempt.objects.filter(refund_id=refund(order_id).id, text__contains="never came").exists()


@stored
def test_the_same_way_needs_no_evidence_and_begins_anew() -> None:
    order_id = agreed()
    swept_while_silent(order_id)
    actor, now = life.operator(Permission.REFUNDS_DECIDE), world.moment("06-25 10:00")

    refunding.choose_route(actor=actor, refund_id=refund(order_id).id, route=Route.ORIGINAL, now=now, real_now=now)
    refunding.sweep(refund(order_id).bucket, now, provider=Silent)

    row = refund(order_id)
    assert (row.state, row.silent_since, row.due_at) == ("UNKNOWN", now, now + timedelta(minutes=10))


@stored
def test_what_never_arrives_is_called_only_so_often() -> None:
    order_id = agreed("LOSE")
    cast.organisation(cast.Kind.PLATFORM, "平台")

    for hour in range(24):
        refunding.sweep(refund(order_id).bucket, world.moment(f"06-20 {hour:02}:00"), provider=life.sandbox)

    assert (refund(order_id).state, refund(order_id).last_outcome) == ("WAITS_FOR_OPERATOR", "MISSING")
    assert sum(each.startswith("CALLED") for each in attempts(order_id)) == 3


@stored
def test_money_that_arrives_twice_by_two_ways_raises_an_alarm() -> None:
    order_id = agreed()
    cast.organisation(cast.Kind.PLATFORM, "平台")
    actor, now = life.operator(Permission.REFUNDS_DECIDE), world.moment("06-25 10:00")

    class Late:
        """Pays, but says so only after an operator let the money go another way."""

        def refund(self, request: Request) -> Answer:
            answer = life.sandbox().refund(request)
            swept_while_silent(order_id)
            told = {"now": now, "real_now": now, "evidence": "they say it never came"}
            refunding.choose_route(actor=actor, refund_id=refund(order_id).id, route=Route.OTHER, **told)
            life.sweep("06-25 10:00")
            return answer

        def ask(self, request_id: str) -> Answer:
            raise NotImplementedError

    refunding.sweep(refund(order_id).bucket, world.moment(NOW), provider=Late)

    row = refund(order_id)
    assert (row.state, row.route, paid_fen(order_id)) == ("DONE", "OTHER", 200_00)
    assert attempts(order_id)[-1] == "ANSWERED ORIGINAL DONE"
    (told,) = Notice.objects.filter(kind="refund.paid_twice", address=f"/o/refunds/{row.id}/")[:1]
    assert told.params == {"order_no": row.order_no}


@stored
def test_the_same_payment_told_twice_is_no_alarm() -> None:
    order_id = agreed("TIME_OUT")
    cast.organisation(cast.Kind.PLATFORM, "平台")

    class Slow:
        """Answers DONE only after somebody else asked and heard the same."""

        def refund(self, request: Request) -> Answer:
            life.sandbox().refund(request)
            refunding.sweep(refund(order_id).bucket, world.moment("06-19 11:10"), provider=life.sandbox)
            return Answer(outcome=Outcome.DONE)

        def ask(self, request_id: str) -> Answer:
            raise NotImplementedError

    refunding.sweep(refund(order_id).bucket, world.moment("06-19 11:00"), provider=Slow)

    assert (refund(order_id).state, paid_fen(order_id)) == ("DONE", 100_00)
    assert not Notice.objects.filter(kind="refund.paid_twice").exists()


@stored
def test_money_of_the_first_way_ends_the_second_before_it_is_called() -> None:
    order_id = agreed()
    actor, now = life.operator(Permission.REFUNDS_DECIDE), world.moment("06-25 10:00")

    class Late:
        """Pays, and says so after another way was chosen and before it was called."""

        def refund(self, request: Request) -> Answer:
            answer = life.sandbox().refund(request)
            swept_while_silent(order_id)
            told = {"now": now, "real_now": now, "evidence": "they say it never came"}
            refunding.choose_route(actor=actor, refund_id=refund(order_id).id, route=Route.OTHER, **told)
            return answer

        def ask(self, request_id: str) -> Answer:
            raise NotImplementedError

    refunding.sweep(refund(order_id).bucket, world.moment(NOW), provider=Late)
    life.sweep("06-25 10:00")

    row = refund(order_id)
    assert (row.state, row.route, paid_fen(order_id)) == ("DONE", "ORIGINAL", 100_00)


@stored
def test_a_slow_provider_is_called_no_longer_than_a_step_lasts(monkeypatch) -> None:
    orders = [agreed() for _ in range(3)]
    OrderRefund.objects.filter(order_id__in=orders).update(bucket=3)
    OrderRefund.objects.exclude(order_id__in=orders).update(due_at=None)
    monkeypatch.setattr(refunding, "STEP", timedelta(seconds=0.2))

    class Slow(Silent):
        """Takes longer for one answer than a step lasts."""

        def refund(self, request: Request) -> Answer:
            time.sleep(0.25)
            return super().refund(request)

    begun = [refunding.sweep(3, world.moment(NOW), provider=Slow) for _ in range(4)]

    assert begun == [1, 1, 1, 0]


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


class Dying:
    """A provider whose process dies before or after it paid."""

    def __init__(self, *, is_paying: bool) -> None:
        self._is_paying = is_paying

    def refund(self, request: Request) -> Answer:
        if self._is_paying:
            life.sandbox().refund(request)
        raise Killed

    def ask(self, request_id: str) -> Answer:
        raise Killed


@stored
@pytest.mark.parametrize("is_paying", [False, True], ids=["before it paid", "after it paid"])
def test_who_dies_during_the_call_leaves_it_to_be_asked_about(is_paying) -> None:
    order_id = agreed()
    bucket = refund(order_id).bucket

    with pytest.raises(Killed):
        refunding.sweep(bucket, world.moment("06-19 11:00"), provider=lambda: Dying(is_paying=is_paying))
    at_once = refunding.sweep(bucket, world.moment("06-19 11:09"), provider=life.sandbox)
    life.sweep("06-19 11:10")

    assert at_once == 0
    assert (refund(order_id).state, paid_fen(order_id)) == ("DONE", 100_00)
    told = [each.split()[0] for each in attempts(order_id)]
    assert told == (["CALLED", "INQUIRED"] if is_paying else ["CALLED", "INQUIRED", "CALLED", "ANSWERED"])


class Mishaps:
    """The sandbox, in front of a process that dies at some of its calls, before or after they were made."""

    def __init__(self, dies: list[str]) -> None:
        self._dies = iter(dies)

    def refund(self, request: Request) -> Answer:
        return self._call(lambda: life.sandbox().refund(request))

    def ask(self, request_id: str) -> Answer:
        return self._call(lambda: life.sandbox().ask(request_id))

    def _call(self, call: Callable[[], Answer]) -> Answer:
        how = next(self._dies, "")
        if how == "BEFORE":
            raise Killed
        answer = call()
        if how == "AFTER":
            raise Killed
        return answer


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    acts=st.lists(st.sampled_from(Act_), min_size=1, max_size=4),
    dies=st.lists(st.sampled_from(["", "BEFORE", "AFTER"]), max_size=5),
    route=st.sampled_from([None, Route.OTHER, Route.ORIGINAL]),
)
def test_whoever_dies_when_money_never_goes_twice_and_is_done_when_it_went(db, acts, dies, route) -> None:
    order_id = agreed(",".join(acts), route="ORIGINAL")
    row = refund(order_id)
    carrier, at = Mishaps(dies), world.moment(NOW)
    for _ in range(24):
        due = refund(order_id).due_at
        if due is None:
            break
        at = max(at, due)
        with suppress(Killed):
            refunding.sweep(row.bucket, at, provider=lambda: carrier)
        assert paid_fen(order_id) in (0, 100_00)
    row = refund(order_id)
    if row.state == "WAITS_FOR_OPERATOR" and route is not None:
        assert paid_fen(order_id) == 0
        actor = life.operator(Permission.REFUNDS_DECIDE)
        told = {"now": at, "real_now": at, "evidence": "asked the provider"}
        refunding.choose_route(actor=actor, refund_id=row.id, route=route, **told)
        refunding.sweep(row.bucket, at, provider=life.sandbox)

    row = refund(order_id)
    assert paid_fen(order_id) in (0, 100_00)
    assert row.state != "DONE" or paid_fen(order_id) == row.amount_fen == world.head(order_id).refunded_fen


class Raising:
    """A provider that breaks its word and raises."""

    def refund(self, request: Request) -> Answer:
        raise RuntimeError("out there")

    def ask(self, request_id: str) -> Answer:
        raise RuntimeError("out there")


@stored
def test_a_provider_that_raises_has_said_nothing() -> None:
    order_id = agreed()
    bucket = refund(order_id).bucket

    refunding.sweep(bucket, world.moment(NOW), provider=Raising)

    assert (refund(order_id).state, refund(order_id).last_outcome) == ("UNKNOWN", "UNKNOWN")


@stored
def test_an_answer_that_was_overtaken_decides_nothing_unless_money_arrived() -> None:
    order_id = agreed("LOSE,LOSE,PAY")
    bucket = refund(order_id).bucket
    late: list[Callable[[], Answer]] = []

    class Slow:
        """Answers FAILED only after somebody else asked and called again."""

        def refund(self, request: Request) -> Answer:
            late.append(lambda: life.sandbox().refund(request))
            refunding.sweep(bucket, world.moment("06-19 11:10"), provider=life.sandbox)
            return Answer(outcome=Outcome.FAILED, code="too.late")

        def ask(self, request_id: str) -> Answer:
            raise NotImplementedError

    refunding.sweep(bucket, world.moment("06-19 11:00"), provider=Slow)

    assert (refund(order_id).last_code, len(late)) == ("", 1)
    assert "ANSWERED ORIGINAL FAILED" in attempts(order_id)


@pytest.mark.usefixtures("committed_db")
def test_two_workers_at_once_call_once() -> None:
    orders = [agreed("FAIL,TIME_OUT" if place % 2 else "PAY") for place in range(12)]
    refund_ids = [refund(each).id for each in orders]
    OrderRefund.objects.filter(id__in=refund_ids).update(bucket=15)
    gate = threading.Barrier(2, timeout=20)

    def work() -> None:
        gate.wait()
        for at in ("06-19 11:00", "06-19 12:00", "06-19 12:10", "06-19 12:20"):
            refunding.sweep(15, world.moment(at), provider=lambda: Sandbox(raw.plain))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    for at in ("06-19 14:00", "06-19 14:10", "06-19 14:20"):
        life.sweep(at)

    assert [paid_fen(each) for each in orders] == [100_00] * 12
    assert set(OrderRefund.objects.filter(id__in=refund_ids).values_list("state", flat=True)) == {"DONE"}
    assert set(AfterSale.objects.filter(order_id__in=orders).values_list("state", flat=True)) == {"DONE"}


def test_a_rule_of_the_sandbox_names_acts_that_exist() -> None:
    assert [str(each) for each in acts_of("FAIL, PAY")] == ["FAIL", "PAY"]
    with pytest.raises(ValueError, match="NOPE"):
        acts_of("FAIL,NOPE")


@stored
def test_the_sandbox_never_heard_of_what_it_never_heard_of() -> None:
    assert life.sandbox().ask("refund-0-original").outcome is Outcome.MISSING
