"""Handing a file over: a code to the maker's phone, a link of the maker's own that ends, each step in the journal."""

import re
from datetime import datetime, timedelta

import pytest

from tests.exports import world
from tests.exports.world import MINUTE, NOW, Maker, Rows
from yidao.accounts import codes, phones, senders
from yidao.accounts.phone_models import Phone, SmsMessage
from yidao.audit.models import AuditEntry
from yidao.exports import handing, making
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.kit import clock, crypto
from yidao.kit.errors import NotVisible

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _kept_at_home(settings: object) -> None:
    settings.SMS_SENDER = "outbox"  # type: ignore[attr-defined]


@pytest.fixture
def at() -> datetime:
    """Return the real time at which a test begins."""
    return clock.real_now()


def done(who: Maker) -> ExportId:
    export_id = world.ask(who, world.kind(Rows()))
    making.make(export_id)
    return export_id


def send(export_id: ExportId, who: Maker, at: datetime) -> codes.SentCode:
    return handing.send_code(export_id, actor=who.actor, address="127.0.0.1", now=NOW, real_now=at)


def unlock(export_id: ExportId, who: Maker, code: str, at: datetime) -> handing.Link:
    return handing.unlock(export_id, code, actor=who.actor, now=NOW, real_now=at)


def code_of(who: Maker) -> str:
    """Return the code in the newest message to somebody."""
    sealed = SmsMessage.objects.filter(user_id=who.user_id).latest("id")
    text = crypto.decrypt(bytes(sealed.text_encrypted), place=senders.text_place(sealed.id)).decode()
    return re.findall(r"\d{6}", text)[0]


def fetch(export_id: ExportId, who: Maker, link: handing.Link, at: datetime) -> bytes:
    handed = handing.hand_over(export_id, link.ticket, actor=who.actor, now=NOW, real_now=at)
    return b"".join(handing.content(handed))


def acts(export_id: ExportId) -> list[str]:
    entries = AuditEntry.objects.filter(subject=f"export/{export_id}").order_by("id")
    return list(entries.values_list("act", flat=True))


def test_a_file_is_handed_over_against_the_code_and_each_step_stands_in_the_journal(at: datetime) -> None:
    who = world.maker()
    export_id = done(who)

    sent = send(export_id, who, at)
    link = unlock(export_id, who, code_of(who), at + MINUTE)

    assert "*" in sent.masked_phone
    assert link.expires_at == at + MINUTE + timedelta(hours=24)
    assert fetch(export_id, who, link, at + MINUTE).startswith(b"\xef\xbb\xbf")
    assert fetch(export_id, who, link, at + 2 * MINUTE) != b""
    assert acts(export_id) == [
        "export.asked",
        "export.done",
        "export.code_sent",
        "export.unlocked",
        "export.fetched",
        "export.fetched",
    ]
    assert ExportRecord.objects.get(id=export_id).fetched_at == at + MINUTE


def test_five_wrong_tries_use_a_code_up_and_the_right_one_comes_too_late(at: datetime) -> None:
    who = world.maker()
    export_id = done(who)
    send(export_id, who, at)
    right = code_of(who)
    wrong = f"{(int(right) + 1) % 10**6:06d}"

    for left in (4, 3, 2, 1):
        with pytest.raises(codes.CodeWrong) as refused:
            unlock(export_id, who, wrong, at)
        assert refused.value.left == left
    with pytest.raises(codes.CodeUsedUp):
        unlock(export_id, who, wrong, at)
    with pytest.raises(codes.CodeUsedUp):
        unlock(export_id, who, right, at)
    assert acts(export_id).count("export.code_refused") == 6


def test_a_code_lives_five_minutes_works_once_and_is_sent_once_a_minute(at: datetime) -> None:
    who = world.maker()
    export_id = done(who)
    send(export_id, who, at)
    with pytest.raises(codes.SentTooOften):
        send(export_id, who, at + timedelta(seconds=59))
    with pytest.raises(codes.CodeExpired):
        unlock(export_id, who, code_of(who), at + 5 * MINUTE)

    send(export_id, who, at + 5 * MINUTE)
    unlock(export_id, who, code_of(who), at + 6 * MINUTE)

    with pytest.raises(codes.CodeExpired):
        unlock(export_id, who, code_of(who), at + 6 * MINUTE)


def test_a_code_for_one_file_opens_no_other(at: datetime) -> None:
    who = world.maker()
    first, second = done(who), done(who)
    send(first, who, at)

    with pytest.raises(codes.CodeExpired):
        unlock(second, who, code_of(who), at)


def test_a_link_is_its_makers_for_one_file_and_ends(at: datetime) -> None:
    alice = world.maker()
    bob = world.maker(shop_id=alice.shop_id)
    first, second, bobs = done(alice), done(alice), done(bob)
    send(first, alice, at)
    link = unlock(first, alice, code_of(alice), at)

    for export_id, who, ticket in (
        (second, alice, link.ticket),
        (bobs, bob, link.ticket),
        (first, alice, link.ticket[:-2]),
        (first, alice, ""),
    ):
        with pytest.raises(handing.LinkInvalid):
            handing.hand_over(export_id, ticket, actor=who.actor, now=NOW, real_now=at)
    with pytest.raises(NotVisible):
        handing.hand_over(first, link.ticket, actor=bob.actor, now=NOW, real_now=at)
    fetch(first, alice, link, link.expires_at - timedelta(seconds=1))
    with pytest.raises(handing.LinkInvalid):
        fetch(first, alice, link, link.expires_at)


def test_a_link_does_not_outlive_its_file(at: datetime) -> None:
    who = world.maker()
    export_id = done(who)
    ExportRecord.objects.filter(id=export_id).update(expires_at=at + MINUTE)
    send(export_id, who, at)

    link = unlock(export_id, who, code_of(who), at)

    assert link.expires_at == at + MINUTE
    with pytest.raises(handing.NotReady):
        fetch(export_id, who, link, at + MINUTE)


def test_who_has_no_phone_is_told_so(at: datetime) -> None:
    who = world.maker()
    export_id = done(who)
    Phone.objects.filter(user_id=who.user_id).delete()

    with pytest.raises(phones.PhoneMissing):
        send(export_id, who, at)


def test_nothing_is_handed_over_before_it_is_made_and_no_code_is_sent(at: datetime) -> None:
    who = world.maker()
    export_id = world.ask(who, world.kind(Rows()))

    with pytest.raises(handing.NotReady):
        send(export_id, who, at)


def test_a_kind_that_needs_no_code_gives_its_link_at_once_and_others_do_not(at: datetime) -> None:
    who = world.maker()
    export_id = done(who)
    with pytest.raises(handing.CodeNeeded):
        handing.link(export_id, actor=who.actor, real_now=at)

    ExportRecord.objects.filter(id=export_id).update(needs_code=False)

    assert fetch(export_id, who, handing.link(export_id, actor=who.actor, real_now=at), at) != b""
