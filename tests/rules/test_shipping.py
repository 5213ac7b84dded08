"""What may be shipped, under which number, until when a pack may be edited, and when a number proves wrong."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yidao.rules import bodies, shipping
from yidao.rules.instants import DAY, Instant, hours
from yidao.rules.shipping import (
    SHIPPING_DOUYIN_2022,
    Contents,
    Doubt,
    Finding,
    LineFacts,
    Mode,
    NumberFacts,
    OrderFacts,
    PackFacts,
    Piece,
    Receiver,
    Refused,
    SerialKind,
    Use,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules" / "shipping.md"
POLICY = SHIPPING_DOUYIN_2022
NOON = Instant(1_655_697_600_000_000)
TWO = (LineFacts(line_no=1, quantity=2), LineFacts(line_no=2, quantity=3))


def order(*lines, **facts):
    return OrderFacts(**{"is_paid": True, "is_over": False, "lines": lines or TWO, **facts})


@pytest.mark.parametrize(
    ("facts", "wanted", "pieces"),
    [
        pytest.param(order(), (), (Piece(1, 2), Piece(2, 3)), id="nothing named is everything that waits"),
        pytest.param(order(), (Piece(2, 1),), (Piece(2, 1),), id="a part of one line"),
        pytest.param(order(), (Piece(2, 0),), (Piece(2, 3),), id="a line without a quantity goes whole"),
        pytest.param(order(), (Piece(2, 1), Piece(2, 2)), (Piece(2, 3),), id="a line named twice adds up"),
        pytest.param(
            order(LineFacts(line_no=1, quantity=2, shipped=1, refunded=1), LineFacts(line_no=2, quantity=1)),
            (),
            (Piece(2, 1),),
            id="what left or was refunded does not leave again",
        ),
        pytest.param(order(packs=14), (), (Piece(1, 2), Piece(2, 3)), id="the fifteenth pack is the last"),
    ],
)
def test_what_goes_into_a_pack(facts, wanted, pieces):
    assert shipping.contents(facts, wanted, POLICY) == Contents(pieces=pieces)


@pytest.mark.parametrize(
    ("facts", "wanted", "refused"),
    [
        pytest.param(order(is_paid=False), (), Refused.UNPAID, id="unpaid"),
        pytest.param(order(is_over=True), (), Refused.CLOSED, id="closed or completed"),
        pytest.param(order(has_open_refund=True), (), Refused.REFUND_OPEN, id="an open refund blocks"),
        pytest.param(order(packs=15), (), Refused.PACKS_FULL, id="no sixteenth pack"),
        pytest.param(order(), (Piece(3, 1),), Refused.UNKNOWN_LINE, id="a line it does not have"),
        pytest.param(order(), (Piece(1, 3),), Refused.TOO_MANY_PIECES, id="more than waits"),
        pytest.param(order(), (Piece(1, 2), Piece(1, 1)), Refused.TOO_MANY_PIECES, id="more than waits, in two parts"),
        pytest.param(
            order(LineFacts(line_no=1, quantity=2, shipped=2)), (), Refused.NOTHING_LEFT, id="everything left already"
        ),
        pytest.param(
            order(LineFacts(line_no=1, quantity=2, shipped=2), LineFacts(line_no=2, quantity=1)),
            (Piece(1, 1),),
            Refused.NOTHING_LEFT,
            id="that line left already",
        ),
    ],
)
def test_what_is_not_shipped(facts, wanted, refused):
    assert shipping.contents(facts, wanted, POLICY) == Contents(refused=refused)


def test_an_open_refund_does_not_block_a_shop_that_refuses_it():
    found = shipping.contents(order(has_open_refund=True), (), POLICY, refuses_refund=True)

    assert found == Contents(pieces=(Piece(1, 2), Piece(2, 3)))


def test_only_what_was_shipped_wholly_is_sent_again():
    sent = LineFacts(line_no=1, quantity=2, shipped=2)
    part = LineFacts(line_no=2, quantity=3, shipped=1)

    assert shipping.contents(order(sent, part), (), POLICY, mode=Mode.RESEND) == Contents(pieces=(Piece(1, 2),))
    assert shipping.contents(order(sent, part), (Piece(2, 1),), POLICY, mode=Mode.RESEND) == Contents(
        refused=Refused.NOT_SHIPPED
    )
    assert shipping.contents(order(), (), POLICY, mode=Mode.RESEND) == Contents(refused=Refused.NOT_SHIPPED)


LINES = st.lists(
    st.builds(
        lambda quantity, shipped, refunded: (quantity, shipped, refunded),
        st.integers(1, 9),
        st.integers(0, 12),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=4,
).map(
    lambda rows: tuple(
        LineFacts(line_no=number, quantity=quantity, shipped=shipped, refunded=refunded)
        for number, (quantity, shipped, refunded) in enumerate(rows, start=1)
    )
)


@given(
    lines=LINES,
    wanted=st.lists(st.builds(Piece, st.integers(1, 5), st.integers(0, 5)), max_size=4),
    mode=st.sampled_from(Mode),
)
def test_a_pack_never_holds_more_than_there_is(lines, wanted, mode):
    found = shipping.contents(order(*lines), wanted, POLICY, mode=mode)

    assert (found.refused is None) == bool(found.pieces)
    by_number = {line.line_no: line for line in lines}
    for number, quantity in found.pieces:
        line = by_number[number]
        assert 0 < quantity <= (line.quantity - line.refunded if mode is Mode.RESEND else line.left)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param(Receiver(key=b"a"), Receiver(key=b"a"), True, id="equal keys"),
        pytest.param(
            Receiver(key=b"a", tail=b"t", city=3301), Receiver(key=b"b", tail=b"t", city=3301), False, id="other keys"
        ),
        pytest.param(
            Receiver(tail=b"t", city=3301), Receiver(key=b"b", tail=b"t", city=3301), True, id="tail and city speak"
        ),
        pytest.param(Receiver(tail=b"t", city=3301), Receiver(tail=b"t", city=5101), False, id="another city"),
        pytest.param(Receiver(tail=b"t"), Receiver(tail=b"t"), False, id="no city"),
        pytest.param(Receiver(), Receiver(), False, id="who is not known is nobody's equal"),
    ],
)
def test_who_is_the_same_receiver(one, other, is_same):
    assert shipping.is_same_receiver(one, other) is is_same
    assert shipping.is_same_receiver(other, one) is is_same


@pytest.mark.parametrize(
    ("use", "theirs", "may"),
    [
        pytest.param(Use.FREE, Receiver(), True, id="free"),
        pytest.param(Use.SAME_ORDER, Receiver(), True, id="of this very order"),
        pytest.param(Use.SAME_SHOP, Receiver(key=b"a"), True, id="the same receiver's parcel grows"),
        pytest.param(Use.SAME_SHOP, Receiver(key=b"b"), False, id="another receiver's"),
        pytest.param(Use.OTHER_SHOP, Receiver(key=b"a"), False, id="another shop's, whoever receives"),
    ],
)
def test_whose_number_may_be_used(use, theirs, may):
    assert shipping.may_use(use, Receiver(key=b"a"), theirs) is may


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("YT0000000000001", True),
        ("JDVA00000000001-1-1-", True),
        ("", False),
        ("单号", False),
        ("7 7", False),
        ("7" * 41, False),
    ],
)
def test_what_can_be_a_number(text, is_number):
    assert shipping.is_number(text) is is_number


@pytest.mark.parametrize(
    ("serials", "kind", "fault"),
    [
        pytest.param(("123456789012345",), SerialKind.PHONE, None, id="a telephone with 15 digits"),
        pytest.param(("12345678901234567",), SerialKind.PHONE, None, id="with 17"),
        pytest.param(("12345678901234",), SerialKind.PHONE, Refused.SERIAL_MALFORMED, id="with 14"),
        pytest.param(("123456789012345678",), SerialKind.PHONE, Refused.SERIAL_MALFORMED, id="with 18"),
        pytest.param(("A" * 30,), SerialKind.OTHER, None, id="others up to 30 characters"),
        pytest.param(("A" * 31,), SerialKind.OTHER, Refused.SERIAL_MALFORMED, id="no longer"),
        pytest.param(("A B",), SerialKind.OTHER, Refused.SERIAL_MALFORMED, id="no blanks"),
        pytest.param(("A", "A"), SerialKind.OTHER, Refused.SERIAL_MALFORMED, id="each once"),
        pytest.param(tuple(map(str, range(51))), SerialKind.OTHER, Refused.TOO_MANY_SERIALS, id="not too many"),
        pytest.param((), SerialKind.PHONE, None, id="none"),
    ],
)
def test_serial_numbers(serials, kind, fault):
    assert shipping.serials_fault(serials, POLICY, kind=kind) is fault


PACK = PackFacts(is_live=True, is_unmade=False, shipped_at=NOON, edits=0, has_trace=False)
LAST = Instant(NOON + hours(24) - 1)


@pytest.mark.parametrize(
    ("changed", "now", "refused"),
    [
        pytest.param({}, LAST, None, id="the last instant of the 24 hours"),
        pytest.param({}, Instant(NOON + hours(24)), Refused.EDIT_TOO_LATE, id="their end is outside"),
        pytest.param({"edits": 1}, NOON, Refused.EDITED_ALREADY, id="once only"),
        pytest.param({"has_trace": True}, NOON, Refused.ON_ITS_WAY, id="after the first trace"),
        pytest.param({"is_live": False}, NOON, Refused.PACK_OVER, id="replaced already"),
        pytest.param(
            {"is_live": False, "is_unmade": True, "edits": 1, "has_trace": True},
            Instant(NOON + hours(240)),
            None,
            id="a number that proved wrong may always be replaced",
        ),
    ],
)
def test_when_a_pack_may_be_edited(changed, now, refused):
    assert shipping.edit_refusal(replace(PACK, **changed), POLICY, is_same_number=False, now=now) is refused


def test_the_same_number_is_no_edit():
    assert shipping.edit_refusal(PACK, POLICY, is_same_number=True, now=NOON) is Refused.SAME_NUMBER


NUMBER = NumberFacts(shipped_at=NOON, sender_city=3301, receiver_city=5101)
SOON = Instant(NOON + hours(1))


@pytest.mark.parametrize(
    ("doubt", "facts", "now", "finding"),
    [
        pytest.param(Doubt.VOIDED, {"is_voided": True}, SOON, Finding.WRONG, id="voided by the carrier"),
        pytest.param(Doubt.VOIDED, {}, SOON, Finding.RIGHT, id="the voiding was taken back"),
        pytest.param(
            Doubt.VOIDED, {"is_voided": True}, Instant(NOON + 15 * DAY), Finding.RIGHT, id="nobody asks after 15 days"
        ),
        pytest.param(
            Doubt.REUSED, {"free_since": Instant(NOON - 15 * DAY)}, SOON, Finding.RIGHT, id="rested for 15 days"
        ),
        pytest.param(
            Doubt.REUSED, {"free_since": Instant(NOON - 15 * DAY + 1)}, SOON, Finding.WRONG, id="used again before"
        ),
        pytest.param(
            Doubt.ELSEWHERE, {"cities": frozenset({1101, 3101})}, SOON, Finding.WRONG, id="seen at neither end"
        ),
        pytest.param(
            Doubt.ELSEWHERE, {"cities": frozenset({1101, 3301})}, SOON, Finding.RIGHT, id="led astray on its way"
        ),
        pytest.param(Doubt.ELSEWHERE, {}, SOON, Finding.RIGHT, id="seen nowhere"),
        pytest.param(
            Doubt.CLAIMED,
            {"is_claim_waiting": True},
            Instant(NOON + hours(72)),
            Finding.WRONG,
            id="nothing agreed in 72 hours",
        ),
        pytest.param(
            Doubt.CLAIMED, {"is_claim_waiting": True}, Instant(NOON + hours(72) - 1), Finding.OPEN, id="time will tell"
        ),
        pytest.param(Doubt.CLAIMED, {}, SOON, Finding.RIGHT, id="the scans agreed"),
    ],
)
def test_when_a_number_proves_wrong(doubt, facts, now, finding):
    assert shipping.finding(doubt, replace(NUMBER, **facts), POLICY, now=now) is finding


@pytest.mark.parametrize("doubt", Doubt)
def test_a_policy_may_leave_a_doubt_unasked(doubt):
    silent = replace(POLICY, unmakes_voided=False, unmakes_reused=False, unmakes_elsewhere=False, unmakes_claimed=False)
    number = replace(NUMBER, is_voided=True, is_claim_waiting=True, cities=frozenset({1101}), free_since=NOON)

    assert shipping.finding(doubt, number, silent, now=Instant(NOON + hours(72))) is Finding.RIGHT
    assert shipping.finding(doubt, number, POLICY, now=Instant(NOON + hours(72))) is Finding.WRONG


def test_a_policy_survives_its_body():
    assert shipping.from_body(POLICY.version, shipping.to_body(POLICY)) == POLICY


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        pytest.param({"packs_max": 0}, [("/packs_max", "out_of_range")], id="out of range"),
        pytest.param({"unmakes_voided": 1}, [("/unmakes_voided", "not_boolean")], id="no yes or no"),
        pytest.param({"colour": 1}, [("/colour", "unknown")], id="unknown"),
    ],
)
def test_a_faulty_body_is_refused_whole(change, faults):
    with pytest.raises(bodies.PolicyInvalid) as caught:
        shipping.from_body("shipping/douyin-2022/2", shipping.to_body(POLICY) | change)

    assert [tuple(each) for each in caught.value.faults] == faults


def test_the_page_names_every_number_and_reason():
    page = PAGE.read_text()
    missing = [
        word
        for word in (*shipping.to_body(POLICY), *Refused, *Doubt, *Finding, POLICY.version)
        if not re.search(rf"\b{re.escape(word)}\b", page)
    ]

    assert missing == []
