"""What follows for an order from what is known of it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import order_state
from yidao.rules.instants import DAY, HOUR, NEVER, Instant
from yidao.rules.order_life import ORDER_LIFE_DEFAULT
from yidao.rules.order_state import Facts, Label, Line, Outcome, Pack, State

PAID = Instant(1_655_517_600_000_000)
D = Instant(PAID + 48 * HOUR)
NOW = Instant(PAID + 10 * HOUR)
WAITS = Line(quantity=1, promise_kind="H48", promised_at=D, ship_by_at=D)
LEFT = Line(quantity=1, shipped=1, promise_kind="H48", promised_at=D, ship_by_at=D)
REFUNDED = Line(quantity=1, refunded=1, promised_at=D, ship_by_at=D)
PACK = Pack(shipped_at=Instant(PAID + HOUR), carrier="yuantong")


def facts(told: str = "TO_SHIP", *lines: Line, **more: object) -> Facts:
    known = {"first_state": "TO_SHIP", "changed_at": PAID, "ordered_at": PAID, "paid_at": PAID} | more
    return Facts(told_state=told, lines=lines or (WAITS,), **known)  # type: ignore[arg-type]


def outcome(*args: object, **more: object) -> Outcome:
    return order_state.derive(facts(*args, **more), ORDER_LIFE_DEFAULT, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "lines", "more", "state"),
    [
        pytest.param("PENDING_PAYMENT", [WAITS], {}, "PENDING_PAYMENT", id="not paid"),
        pytest.param("PAID", [WAITS], {}, "PAID", id="paid, in the window of review"),
        pytest.param("TO_SHIP", [WAITS], {}, "TO_SHIP", id="to ship"),
        pytest.param("SHIPPED", [WAITS], {}, "TO_SHIP", id="a later word ships nothing"),
        pytest.param("PARTIALLY_SHIPPED", [WAITS], {}, "TO_SHIP", id="nor a part"),
        pytest.param("COMPLETED", [WAITS], {}, "TO_SHIP", id="nor completes it"),
        pytest.param("TO_SHIP", [LEFT, WAITS], {"packs": [PACK]}, "PARTIALLY_SHIPPED", id="a part left"),
        pytest.param("TO_SHIP", [LEFT, REFUNDED], {"packs": [PACK]}, "SHIPPED", id="all left but what was refunded"),
        pytest.param("COMPLETED", [LEFT], {"packs": [PACK]}, "COMPLETED", id="the source says the buyer has it"),
        pytest.param("SHIPPED", [LEFT], {"packs": [PACK], "received_at": NOW}, "COMPLETED", id="the buyer says so"),
        pytest.param("TO_SHIP", [REFUNDED], {}, "CANCELLED", id="nothing is left of it"),
        pytest.param("CANCELLED", [WAITS], {}, "CANCELLED", id="cancelled"),
        pytest.param("CANCELLED", [LEFT], {"packs": [PACK]}, "SHIPPED", id="what left cannot be cancelled"),
        pytest.param("CANCELLED", [LEFT, WAITS], {"packs": [PACK]}, "PARTIALLY_SHIPPED", id="nor what left in part"),
        pytest.param("TO_SHIP", [WAITS], {"closed_at": NOW, "closed_cause": "DAYS"}, "CANCELLED", id="closed by time"),
        pytest.param("TO_SHIP", [WAITS], {"closed_at": NOW, "closed_cause": "TOLD"}, "TO_SHIP", id="told open again"),
        pytest.param("SHIPPED", [WAITS], {"first_state": "SHIPPED"}, "SHIPPED", id="left before we knew it"),
        pytest.param("TO_SHIP", [WAITS], {"first_state": "SHIPPED"}, "SHIPPED", id="and stays so"),
        pytest.param("COMPLETED", [WAITS], {"first_state": "SHIPPED"}, "COMPLETED", id="and arrived"),
        pytest.param("SHIPPED", [WAITS], {"first_state": "COMPLETED", "received_at": NOW}, "COMPLETED", id="with him"),
        pytest.param("CANCELLED", [WAITS], {"first_state": "SHIPPED"}, "CANCELLED", id="and came back"),
        pytest.param("TO_SHIP", [WAITS], {"first_state": "PARTIALLY_SHIPPED"}, "PARTIALLY_SHIPPED", id="in part"),
        pytest.param(
            "SHIPPED", [LEFT], {"first_state": "SHIPPED", "packs": [PACK]}, "SHIPPED", id="and left anew, with us"
        ),
        pytest.param("TO_SHIP", [], {}, "TO_SHIP", id="an order without lines"),
    ],
)
def test_an_order_stands_as_its_facts_say(told: str, lines: list, more: dict, state: str) -> None:
    known = {"first_state": "TO_SHIP", "changed_at": PAID} | more

    found = order_state.derive(Facts(told_state=told, lines=lines, **known), ORDER_LIFE_DEFAULT, NOW)

    assert found.state == state


def test_the_earliest_line_that_waits_is_the_deadline_of_the_order() -> None:
    later = Line(quantity=2, promise_kind="PRESALE_FULL", promised_at=D, ship_by_at=Instant(D + DAY))
    unpromised = Line(quantity=1)

    found = outcome("TO_SHIP", unpromised, later, WAITS)
    assert (found.ship_by_at, found.promise_kind, found.is_waiting) == (D, "H48", True)
    assert Label(found.labels) == Label.DEADLINE_CHANGED

    found = outcome("TO_SHIP", LEFT, later, packs=[PACK])
    assert (found.ship_by_at, found.promise_kind) == (D + DAY, "PRESALE_FULL")


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"lines": [LEFT], "packs": [PACK]}, id="shipped"),
        pytest.param({"told_state": "PENDING_PAYMENT"}, id="not paid"),
        pytest.param({"told_state": "CANCELLED"}, id="closed"),
        pytest.param({"lines": [Line(quantity=1)]}, id="not promised"),
        pytest.param({"first_state": "SHIPPED"}, id="left before we knew it"),
    ],
)
def test_who_waits_for_nothing_has_no_deadline(known: dict) -> None:
    whole = {"told_state": "TO_SHIP", "first_state": "TO_SHIP", "changed_at": PAID, "lines": [WAITS]} | known
    assert order_state.derive(Facts(**whole), ORDER_LIFE_DEFAULT, NOW).ship_by_at == NEVER


def test_receipt_runs_from_the_last_pack_that_stands() -> None:
    packs = [
        PACK,
        Pack(shipped_at=Instant(PAID + 9 * HOUR), carrier="x", is_live=False),
        Pack(shipped_at=Instant(PAID + 5 * HOUR), carrier="zhongtong"),
    ]

    found = outcome("TO_SHIP", LEFT, packs=packs)
    assert (found.shipped_at, found.carrier) == (PAID + 5 * HOUR, "zhongtong")
    assert found.receipt_due_at == PAID + 5 * HOUR + 10 * DAY
    assert (
        outcome("TO_SHIP", LEFT, packs=packs, is_receipt_extended=True).receipt_due_at == found.receipt_due_at + 3 * DAY
    )
    assert outcome("TO_SHIP", LEFT, packs=packs, open_refunds=1).receipt_due_at == NEVER
    assert outcome("TO_SHIP", LEFT, packs=packs, received_at=NOW).receipt_due_at == NEVER


def test_what_left_before_we_knew_it_has_left_when_that_was_told() -> None:
    assert outcome("SHIPPED", first_state="SHIPPED").shipped_at == PAID
    assert outcome("COMPLETED", first_state="SHIPPED", left_at=Instant(PAID - DAY)).shipped_at == PAID - DAY
    assert outcome("CANCELLED", first_state="SHIPPED", left_at=PAID).shipped_at == NEVER
    assert outcome("SHIPPED", first_state="SHIPPED").receipt_due_at == NEVER


def test_what_waits_is_closed_150_days_after_it_was_ordered() -> None:
    assert outcome().close_due_at == PAID + 150 * DAY
    assert outcome(ordered_at=NEVER).close_due_at == NEVER
    assert outcome(open_refunds=1).close_due_at == NEVER
    assert outcome("PENDING_PAYMENT").close_due_at == NEVER


@pytest.mark.parametrize(
    ("known", "closed"),
    [
        pytest.param({"told": "CANCELLED"}, (PAID, "TOLD"), id="since it was told"),
        pytest.param({"lines": [REFUNDED]}, (NOW, "REFUNDED"), id="since all was refunded"),
        pytest.param(
            {"lines": [REFUNDED], "closed_at": PAID, "closed_cause": "REFUNDED"}, (PAID, "REFUNDED"), id="and not anew"
        ),
        pytest.param({"closed_at": PAID, "closed_cause": "DAYS"}, (PAID, "DAYS"), id="as we closed it"),
        pytest.param({"closed_at": PAID, "closed_cause": "TOLD"}, (NEVER, ""), id="it was told open again"),
    ],
)
def test_an_order_knows_since_when_it_is_closed_and_why(known: dict, closed: tuple) -> None:
    lines = known.pop("lines", [WAITS])
    found = outcome(known.pop("told", "TO_SHIP"), *lines, **known)
    assert (found.closed_at, found.closed_cause) == closed


@pytest.mark.parametrize(
    ("packs", "lines", "labels"),
    [
        pytest.param([PACK], [LEFT], Label(0), id="one pack"),
        pytest.param([PACK, PACK], [LEFT], Label.SPLIT, id="two packs"),
        pytest.param([PACK, Pack(shipped_at=PAID, carrier="x", is_resend=True)], [LEFT], Label.RESENT, id="sent again"),
        pytest.param([Pack(shipped_at=PAID, carrier="x", is_merged=True)], [LEFT], Label.MERGED, id="merged"),
        pytest.param(
            [Pack(shipped_at=PAID, carrier="x", is_live=False, is_unmade=True)],
            [WAITS],
            Label.UNMADE,
            id="unmade",
        ),
        pytest.param(
            [PACK, Pack(shipped_at=PAID, carrier="x", is_live=False, is_unmade=True)],
            [LEFT],
            Label(0),
            id="mended",
        ),
    ],
)
def test_packs_put_labels_on_an_order(packs: list, lines: list, labels: Label) -> None:
    assert Label(outcome("TO_SHIP", *lines, packs=packs).labels) == labels


def test_labels_of_others_stay() -> None:
    assert outcome(labels=int(Label.REPORTED | Label.UNMADE)).labels == Label.REPORTED


@pytest.mark.parametrize(
    ("packed", "shipped"),
    [
        pytest.param([], 0, id="nothing left"),
        pytest.param([(1, False), (1, False)], 2, id="in two packs"),
        pytest.param([(2, False), (2, True)], 2, id="sent again"),
        pytest.param([(2, True)], 2, id="what was lost had proved wrong"),
        pytest.param([(3, False), (3, False)], 3, id="never more than was ordered"),
    ],
)
def test_a_line_counts_what_left(packed: list, shipped: int) -> None:
    assert order_state.shipped_of(packed, quantity=3) == shipped


LINES = st.builds(
    Line,
    quantity=st.integers(1, 3),
    shipped=st.integers(0, 3),
    refunded=st.integers(0, 3),
    promised_at=st.just(D),
    ship_by_at=st.sampled_from([NEVER, D, Instant(D + DAY)]),
)
KNOWN = st.fixed_dictionaries(
    {
        "told_state": st.sampled_from([each.value for each in State]),
        "first_state": st.sampled_from([each.value for each in State]),
        "lines": st.lists(LINES, max_size=3),
        "packs": st.lists(st.sampled_from([PACK, Pack(shipped_at=PAID, carrier="x", is_live=False)]), max_size=2),
        "received_at": st.sampled_from([NEVER, NOW]),
        "closed_at": st.sampled_from([NEVER, NOW]),
        "closed_cause": st.sampled_from(["", "TOLD", "REFUNDED", "DAYS"]),
        "open_refunds": st.integers(0, 2),
        "ordered_at": st.sampled_from([NEVER, PAID]),
    }
)


@given(known=KNOWN)
def test_a_deadline_means_that_something_waits_and_the_rest_is_over(known: dict) -> None:
    known = Facts(changed_at=PAID, paid_at=PAID, **known)

    found = order_state.derive(known, ORDER_LIFE_DEFAULT, NOW)

    assert found.is_waiting or not (found.ship_by_at or found.close_due_at)
    assert not found.is_waiting or found.state in order_state.WAITING
    assert not (found.receipt_due_at and found.is_waiting)
    assert bool(found.closed_at) == (found.state is State.CANCELLED)
    assert bool(found.closed_cause) == (found.state is State.CANCELLED)


@given(known=KNOWN)
def test_what_followed_once_follows_again(known: dict) -> None:
    facts_of = {"changed_at": PAID, "paid_at": PAID} | known
    first = order_state.derive(Facts(**facts_of), ORDER_LIFE_DEFAULT, NOW)
    written = {
        "labels": first.labels,
        "closed_at": first.closed_at,
        "closed_cause": first.closed_cause,
        "left_at": first.shipped_at,
    }

    again = order_state.derive(Facts(**(facts_of | written)), ORDER_LIFE_DEFAULT, Instant(NOW + DAY))

    assert again == first


def test_every_state_is_told_or_derived() -> None:
    told = itertools.product(State, State)
    assert {outcome(newest.value, LEFT, packs=[PACK], first_state=first.value).state for newest, first in told} == {
        State.SHIPPED,
        State.COMPLETED,
    }


@pytest.mark.parametrize(
    ("told", "stands", "is_paid", "heard"),
    [
        pytest.param("SHIPPED", None, False, "TO_SHIP", id="a first word that it left"),
        pytest.param("PARTIALLY_SHIPPED", None, False, "TO_SHIP", id="or left in part"),
        pytest.param("COMPLETED", None, False, "TO_SHIP", id="or arrived"),
        pytest.param("PENDING_PAYMENT", None, False, "PENDING_PAYMENT", id="a first word that it is not paid"),
        pytest.param("CANCELLED", "TO_SHIP", True, "TO_SHIP", id="paid, it is not its shop's to cancel"),
        pytest.param("PENDING_PAYMENT", "PAID", True, "PAID", id="nor to call unpaid"),
        pytest.param("CANCELLED", "PENDING_PAYMENT", False, "CANCELLED", id="unpaid, it is"),
        pytest.param("TO_SHIP", "PAID", True, "TO_SHIP", id="what undoes nothing"),
    ],
)
def test_a_shop_cannot_undo_a_payment_or_ship_by_words(
    told: str, stands: str | None, is_paid: bool, heard: str
) -> None:
    before = State(stands) if stands else None

    assert order_state.heard_of_shop(State(told), stands=before, is_paid=is_paid) == State(heard)
