"""The status of a parcel, and what its milestones remember."""

import pytest
from hypothesis import given, settings

from tests.rules import build
from tests.rules.build import at, by_shop, told
from yidao.rules import anomalies, parcel
from yidao.rules.parcel import Status
from yidao.rules.scans import SIGNATURES, WEAK
from yidao.rules.scans import Kind as K


def kinds(*some: K):
    """Return the milestones of scans an hour apart."""
    return told(*enumerate(some))


STATUS_ALONE = {
    K.ORDERED: Status.SHIPPED_AWAIT_PICKUP,
    K.PICKED_UP: Status.PICKED_AWAIT_TRANSIT,
    K.DEPARTED_ORIGIN: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.IN_TRANSIT: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.ARRIVED_HUB: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.DEPARTED_HUB: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.ARRIVED_CITY: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.ARRIVED_OUTLET: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.FORWARDED: Status.IN_TRANSIT_AWAIT_DELIVERY,
    K.OUT_FOR_DELIVERY: Status.OUT_FOR_DELIVERY,
    K.REDELIVERY: Status.OUT_FOR_DELIVERY,
    K.TAKEN_FROM_LOCKER: Status.OUT_FOR_DELIVERY,
    K.IN_LOCKER: Status.AWAIT_COLLECTION,
    K.LOCKER_OVERDUE: Status.AWAIT_COLLECTION,
    K.SIGNED: Status.SIGNED,
    K.SIGNED_AFTER_EXCEPTION: Status.SIGNED,
    K.SIGNED_AT_LOCKER: Status.SIGNED,
    K.REJECTED: Status.REJECTED,
    K.RETURNING: Status.RETURNING,
    K.RETURN_SIGNED: Status.RETURN_SIGNED,
    K.INTERCEPTED: Status.INTERCEPTED,
    K.VOIDED: Status.VOIDED,
    K.CUSTOMS_PENDING: Status.CUSTOMS_PENDING,
    K.CUSTOMS_PROCESSING: Status.CUSTOMS_PROCESSING,
    K.CUSTOMS_CLEARED: Status.CUSTOMS_CLEARED,
    K.CUSTOMS_FAILED: Status.CUSTOMS_FAILED,
}


@pytest.mark.parametrize("kind", list(K), ids=lambda kind: kind.name.lower().replace("_", " "))
def test_each_kind_alone_gives_its_status_and_the_others_keep_the_first(kind):
    assert parcel.status(kinds(kind)) is STATUS_ALONE.get(kind, Status.SHIPPED_AWAIT_PICKUP)


@pytest.mark.parametrize(
    ("some", "expected"),
    [
        pytest.param((), Status.SHIPPED_AWAIT_PICKUP, id="nothing scanned"),
        pytest.param(
            (
                K.IN_TRANSIT,
                K.ARRIVED_OUTLET,
                K.OUT_FOR_DELIVERY,
                K.IN_LOCKER,
                K.TAKEN_FROM_LOCKER,
                K.OUT_FOR_DELIVERY,
                K.SIGNED,
            ),
            Status.SIGNED,
            id="put in a locker, taken out, delivered: signed",
        ),
        pytest.param((K.IN_LOCKER, K.TAKEN_FROM_LOCKER), Status.OUT_FOR_DELIVERY, id="taken out of the locker"),
        pytest.param((K.IN_LOCKER, K.OUT_FOR_DELIVERY), Status.OUT_FOR_DELIVERY, id="delivered from the locker"),
        pytest.param((K.IN_LOCKER, K.REDELIVERY), Status.OUT_FOR_DELIVERY, id="delivered again from the locker"),
        pytest.param((K.IN_LOCKER, K.FORWARDED), Status.AWAIT_COLLECTION, id="a locker does not forward"),
        pytest.param((K.OUT_FOR_DELIVERY, K.MISSORTED), Status.IN_TRANSIT_AWAIT_DELIVERY, id="missorted at delivery"),
        pytest.param((K.OUT_FOR_DELIVERY, K.FORWARDED), Status.IN_TRANSIT_AWAIT_DELIVERY, id="forwarded at delivery"),
        pytest.param((K.OUT_FOR_DELIVERY, K.ARRIVED_HUB), Status.OUT_FOR_DELIVERY, id="no other way back to transit"),
        pytest.param((K.PICKED_UP, K.MISSORTED), Status.PICKED_AWAIT_TRANSIT, id="missorted elsewhere keeps it"),
        pytest.param((K.PICKED_UP, K.ORDERED), Status.PICKED_AWAIT_TRANSIT, id="a late order line moves nothing"),
        pytest.param((K.SIGNED, K.OUT_FOR_DELIVERY), Status.SIGNED, id="a delivery scan after the signature"),
        pytest.param((K.SIGNED, K.RETURNING), Status.RETURNING, id="sent back after the signature"),
        pytest.param((K.SIGNED, K.REJECTED), Status.SIGNED, id="refused after the signature keeps it signed"),
        pytest.param((K.SIGNED, K.REJECTED, K.SIGNED), Status.RETURN_SIGNED, id="then the next one is the sender's"),
        pytest.param((K.SIGNED, K.RETURNING, K.SIGNED), Status.RETURN_SIGNED, id="sent back and signed"),
        pytest.param((K.REJECTED, K.SIGNED), Status.RETURN_SIGNED, id="signed after a refusal"),
        pytest.param((K.INTERCEPTED, K.SIGNED), Status.RETURN_SIGNED, id="signed after an interception"),
        pytest.param((K.RETURNING, K.SIGNED_AT_LOCKER), Status.RETURN_SIGNED, id="signed after a return"),
        pytest.param((K.REJECTED, K.OUT_FOR_DELIVERY, K.SIGNED), Status.SIGNED, id="delivered after a refusal"),
        pytest.param((K.REJECTED, K.REDELIVERY, K.SIGNED), Status.SIGNED, id="delivered again after a refusal"),
        pytest.param((K.REJECTED, K.REDELIVERY), Status.REJECTED, id="until signed a refused parcel stays refused"),
        pytest.param((K.RETURNING, K.TAKEN_FROM_LOCKER, K.SIGNED), Status.RETURN_SIGNED, id="fetched from the locker"),
        pytest.param(
            (K.REJECTED, K.OUT_FOR_DELIVERY, K.RETURNING, K.SIGNED), Status.RETURN_SIGNED, id="the newest turn counts"
        ),
        pytest.param((K.RETURN_SIGNED, K.OUT_FOR_DELIVERY, K.SIGNED), Status.RETURN_SIGNED, id="signed back is final"),
        pytest.param((K.ORDERED, K.VOIDED), Status.VOIDED, id="void before anything moved"),
        pytest.param((K.VOIDED, K.PICKED_UP, K.SIGNED), Status.VOIDED, id="void is final"),
        pytest.param((K.PICKED_UP, K.VOIDED), Status.RETURNING, id="void after it moved is a return"),
        pytest.param((K.PICKED_UP, K.VOIDED, K.SIGNED), Status.RETURN_SIGNED, id="and its signature the sender's"),
        pytest.param((K.CUSTOMS_FAILED, K.CUSTOMS_CLEARED), Status.CUSTOMS_CLEARED, id="cleared after a failure"),
        pytest.param((K.CUSTOMS_CLEARED, K.IN_TRANSIT), Status.CUSTOMS_CLEARED, id="moving on after customs"),
    ],
)
def test_status_of_a_history(some, expected):
    assert parcel.status(kinds(*some)) is expected


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        pytest.param(by_shop((1, K.SIGNED)), Status.SIGNED, id="the shop's word counts while nobody else speaks"),
        pytest.param(
            parcel.merge(by_shop((1, K.SIGNED)), told((2, K.OUT_FOR_DELIVERY))),
            Status.OUT_FOR_DELIVERY,
            id="until the carrier says something newer",
        ),
        pytest.param(
            parcel.merge(by_shop((1, K.VOIDED)), told((2, K.PICKED_UP))),
            Status.PICKED_AWAIT_TRANSIT,
            id="a shop cannot hide a parcel that moves",
        ),
        pytest.param(
            parcel.merge(by_shop((3, K.SIGNED)), told((2, K.OUT_FOR_DELIVERY), (4, K.DETAINED))),
            Status.SIGNED,
            id="a scan without a status is no answer to the shop",
        ),
        pytest.param(
            parcel.merge(by_shop((3, K.OUT_FOR_DELIVERY)), told((2, K.REJECTED), (4, K.SIGNED))),
            Status.RETURN_SIGNED,
            id="the shop's delivery scan does not make a return signature the receiver's",
        ),
    ],
)
def test_the_shops_own_word(milestones, expected):
    assert parcel.status(milestones) is expected
    assert anomalies.judge(milestones, build.PLAN, (), build.POLICY, at(0)).status is expected


def test_at_one_instant_the_further_stage_comes_last():
    assert parcel.status(told((1, K.SIGNED), (1, K.OUT_FOR_DELIVERY), (1, K.PICKED_UP))) is Status.SIGNED


@settings(max_examples=100, deadline=None)
@given(history=build.histories)
def test_the_rank_only_falls_where_it_may(history):
    entries = parcel.of([each for each in history if each[2] < WEAK]).entries
    before = Status.SHIPPED_AWAIT_PICKUP
    for count in range(1, len(entries) + 1):
        after = parcel.status(parcel.Milestones(entries[:count]))
        assert parcel.RANKS[after] >= parcel.RANKS[before] or (before, after) in {
            (Status.AWAIT_COLLECTION, Status.OUT_FOR_DELIVERY),
            (Status.OUT_FOR_DELIVERY, Status.IN_TRANSIT_AWAIT_DELIVERY),
            (Status.SIGNED, Status.RETURNING),
        }
        before = after


def test_a_creator_sees_seven_statuses():
    assert {parcel.shown_to_creator(status) for status in Status} == {
        Status.SHIPPED_AWAIT_PICKUP,
        Status.PICKED_AWAIT_TRANSIT,
        Status.IN_TRANSIT_AWAIT_DELIVERY,
        Status.OUT_FOR_DELIVERY,
        Status.AWAIT_COLLECTION,
        Status.SIGNED,
        Status.REJECTED,
        None,
    }
    assert parcel.shown_to_creator(Status.VOIDED) is None
    assert parcel.shown_to_creator(Status.RETURN_SIGNED) is Status.REJECTED
    assert parcel.shown_to_creator(Status.CUSTOMS_FAILED) is Status.IN_TRANSIT_AWAIT_DELIVERY


def test_first_movements_are_remembered():
    milestones = told((1, K.ORDERED), (2, K.PICKED_UP), (3, K.ARRIVED_HUB), (9, K.SIGNED))
    assert (milestones.first_moved_at, milestones.first_left_at) == (at(2), at(3))
    assert by_shop((1, K.PICKED_UP)).first_moved_at == 0


def test_every_kind_fits_its_stored_byte():
    assert all(0 < kind < WEAK for kind in K)
    assert len(SIGNATURES) == 3


def test_the_stored_form_is_short_and_comes_back():
    milestones = told((1, K.PICKED_UP, build.HANGZHOU), (3, K.ARRIVED_HUB))
    stored = parcel.pack(milestones)

    assert len(stored) == 17 + 2 * 12
    assert parcel.unpack(stored) == milestones
    assert parcel.unpack(parcel.pack(parcel.EMPTY)) == parcel.unpack(b"") == parcel.EMPTY


@pytest.mark.parametrize(
    "stored", [b"\x02" + bytes(16), b"\x01" + bytes(17), b"\x01"], ids=["a newer format", "a byte too many", "cut off"]
)
def test_a_stored_form_nobody_knows_is_refused(stored):
    with pytest.raises(parcel.FormatUnknown, match="format"):
        parcel.unpack(stored)


def test_a_line_of_the_timeline_is_a_minute():
    assert parcel.minute_of(parcel.Instant(at(1) + 59_999_999)) == at(1)


@pytest.mark.parametrize(
    ("some", "since"),
    [
        pytest.param((), None, id="nothing has happened"),
        pytest.param((K.PICKED_UP, K.ARRIVED_HUB), None, id="it is on its way"),
        pytest.param((K.PICKED_UP, K.SIGNED), 1, id="signed"),
        pytest.param((K.SIGNED, K.PICKED_UP, K.SIGNED), 0, id="the scans of the next use do not move it"),
        pytest.param((K.SIGNED, K.RETURNING), None, id="signed and sent back"),
        pytest.param((K.SIGNED, K.RETURNING, K.RETURN_SIGNED), 2, id="back at the sender"),
        pytest.param((K.ORDERED, K.VOIDED), 1, id="voided before it was picked up"),
    ],
)
def test_since_when_the_way_is_over(some, since):
    assert parcel.over_since(kinds(*some)) == (parcel.NEVER if since is None else at(since))


def test_a_providers_own_clock_does_not_reopen_a_way_that_is_over():
    assert parcel.over_since(kinds(K.SIGNED, K.ADVISED_NOT_SIGNED)) == at(0)


def test_the_shops_own_word_may_say_that_the_way_is_over():
    assert parcel.over_since(by_shop((1, K.SIGNED))) == at(1)
