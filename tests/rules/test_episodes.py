"""The words of anomalies: stored form, changes between two verdicts, groups and parties."""

import pytest

from yidao.rules import episodes
from yidao.rules.episodes import ABOUT, Closing, Episode, Happened, Party, Reason, ReasonGroup, Severity, Type

OPEN = Episode(Type.DELIVERY_TIMEOUT, 100, 0, 0, Severity.WARN, 100, Reason.NOT_DELIVERED)
SEVERE = OPEN._replace(severity=Severity.SEVERE, severity_at=150)
CLOSED = OPEN._replace(closes_at=120, closing=Closing.SIGNED)
EXCEPTION = Episode(Type.TRANSIT_EXCEPTION, 90, 0, 0, Severity.WARN, 90, Reason.DETAINED)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param((OPEN,), (OPEN,), [], id="nothing changed"),
        pytest.param((), (OPEN,), [(Happened.OPENED, OPEN)], id="opened"),
        pytest.param(
            (), (CLOSED,), [(Happened.OPENED, CLOSED), (Happened.CLOSED, CLOSED)], id="opened and closed unseen"
        ),
        pytest.param((OPEN,), (CLOSED,), [(Happened.CLOSED, CLOSED)], id="closed"),
        pytest.param((CLOSED,), (OPEN,), [(Happened.REOPENED, OPEN)], id="late news opens it again"),
        pytest.param((OPEN,), (SEVERE,), [(Happened.SEVERITY, SEVERE)], id="became severe"),
        pytest.param(
            (EXCEPTION,),
            (EXCEPTION._replace(reason=Reason.LOST),),
            [(Happened.REASON, EXCEPTION._replace(reason=Reason.LOST))],
            id="got a graver reason",
        ),
        pytest.param(
            (CLOSED,),
            (CLOSED._replace(closes_at=110),),
            [(Happened.CLOSING, CLOSED._replace(closes_at=110))],
            id="closed earlier than thought",
        ),
        pytest.param((OPEN,), (), [(Happened.NOT_LATE, OPEN)], id="never truly happened"),
        pytest.param(
            (OPEN,),
            (OPEN._replace(opens_at=130, severity_at=130),),
            [(Happened.NOT_LATE, OPEN), (Happened.OPENED, OPEN._replace(opens_at=130, severity_at=130))],
            id="another opening time is another episode",
        ),
        pytest.param(
            (OPEN,),
            (OPEN, EXCEPTION),
            [(Happened.OPENED, EXCEPTION)],
            id="what did not change is not told",
        ),
        pytest.param(
            (EXCEPTION,),
            (SEVERE._replace(closes_at=160, closing=Closing.BOXED),),
            [
                (Happened.OPENED, SEVERE._replace(closes_at=160, closing=Closing.BOXED)),
                (Happened.CLOSED, SEVERE._replace(closes_at=160, closing=Closing.BOXED)),
                (Happened.NOT_LATE, EXCEPTION),
            ],
            id="changes come in the order of types",
        ),
    ],
)
def test_diff(old, new, expected):
    assert [tuple(change) for change in episodes.diff(old, new)] == expected


def test_stored_episodes_come_back():
    some = (CLOSED, EXCEPTION)
    assert episodes.unpack_episodes(episodes.pack_episodes(some)) == some
    assert episodes.pack_episodes(()) == b""
    assert episodes.unpack_episodes(b"") == ()
    assert len(episodes.pack_episodes(some)) == 1 + 2 * 28


@pytest.mark.parametrize("stored", [b"\x02", b"\x01" + bytes(27)], ids=["a newer format", "cut off"])
def test_a_stored_form_nobody_knows_is_refused(stored):
    with pytest.raises(episodes.FormatUnknown, match="format"):
        episodes.unpack_episodes(stored)


def test_open_episodes_and_masks():
    assert OPEN.is_open
    assert not CLOSED.is_open
    assert episodes.open_mask((CLOSED, EXCEPTION)) == 1 << Type.TRANSIT_EXCEPTION
    assert episodes.mask_of((Type.OTHER, Type.OTHER, Type.PICKUP_SOON)) == (1 << 10) + (1 << 1)


def test_every_reason_has_a_gravity_of_its_own():
    gravities = [ABOUT[reason].gravity for reason in Reason]
    assert len(set(gravities)) == len(gravities)


@pytest.mark.parametrize(
    ("group", "reasons"),
    [
        (ReasonGroup.LOST, {Reason.LOST, Reason.NO_NEWS}),
        (
            ReasonGroup.UNREACHABLE,
            {Reason.OUT_OF_AREA, Reason.UNREACHABLE_CONTACT, Reason.ADDRESS_UNCLEAR, Reason.PHONE_WRONG},
        ),
        (ReasonGroup.DAMAGED, {Reason.DAMAGED}),
    ],
    ids=["lost", "unreachable", "damaged"],
)
def test_the_differences_of_the_source_are_groups(group, reasons):
    assert {reason for reason in Reason if episodes.reason_group(reason) is group} == reasons


@pytest.mark.parametrize(
    ("type_", "reason", "party"),
    [
        (Type.PICKUP_TIMEOUT, Reason.NOT_PICKED_UP, Party.SHOP),
        (Type.TRANSIT_TIMEOUT, Reason.NO_UPDATE, Party.CARRIER),
        (Type.TRANSIT_EXCEPTION, Reason.OUT_OF_AREA, Party.SHOP),
        (Type.DELIVERY_EXCEPTION, Reason.OUT_OF_AREA, Party.CARRIER),
        (Type.DELIVERY_EXCEPTION, Reason.PHONE_WRONG, Party.CONSIGNEE),
        (Type.OTHER, Reason.CUSTOMS_FAILED, Party.CUSTOMS),
    ],
    ids=["shop hands over", "carrier moves", "shop chose the carrier", "carrier at the door", "receiver", "customs"],
)
def test_responsible_party(type_, reason, party):
    assert episodes.responsible(type_, reason) is party
