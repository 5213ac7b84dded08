"""The key ring and what is made with it."""

import base64
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yidao.kit import crypto
from yidao.kit.errors import NotVisible

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def test_the_first_start_makes_a_ring_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "conf" / "keys.json"

    crypto.make_ring_file(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["keys.json"]
    crypto.read_ring(path)


def test_a_second_maker_leaves_the_ring_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    crypto.make_ring_file(path)
    before = path.read_bytes()

    crypto.make_ring_file(path)

    assert path.read_bytes() == before


def test_a_ring_others_can_read_is_refused_and_says_how_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    crypto.make_ring_file(path)
    os.chmod(path, 0o644)

    with pytest.raises(crypto.KeyRingUnusable, match="chmod 600"):
        crypto.read_ring(path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="no object"),
        pytest.param('{"cipher": {}, "index": {}}', id="no keys"),
        pytest.param('{"cipher": {"1": "AAAA"}, "index": {"1": "AAAA"}}', id="short keys"),
        pytest.param('{"cipher": {"x": "AAAA"}, "index": {}}', id="a key without number"),
    ],
)
def test_a_damaged_ring_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    os.chmod(path, 0o600)

    with pytest.raises(crypto.KeyRingUnusable):
        crypto.read_ring(path)


def test_what_was_written_before_a_rotation_still_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, fresh = tmp_path / "keys.json", tmp_path / "fresh.json"
    crypto.make_ring_file(path)
    crypto.make_ring_file(fresh)
    old = crypto.read_ring(path)
    monkeypatch.setattr(crypto, "ring", lambda: old)
    sealed = crypto.encrypt(b"13800138000", place="t.c/1")
    token, shadow = crypto.parcel_token("YT1", "yuantong", 1), crypto.blind_index("8000", purpose="tail")

    rotated = json.loads(path.read_text())
    for family, keys in json.loads(fresh.read_text()).items():
        rotated[family]["2"] = keys["1"]
    path.write_text(json.dumps(rotated))
    new = crypto.read_ring(path)
    monkeypatch.setattr(crypto, "ring", lambda: new)

    assert crypto.decrypt(sealed, place="t.c/1") == b"13800138000"
    assert crypto.open_parcel_token(token) == ("YT1", "yuantong", 1)
    assert shadow in crypto.blind_indexes("8000", purpose="tail")
    assert crypto.blind_index("8000", purpose="tail") != shadow
    assert crypto.encrypt(b"x", place="t.c/1")[0] == 2


def test_encrypted_bytes_open_only_in_their_own_row() -> None:
    sealed = crypto.encrypt(b"secret", place="credential.push_secret/1")

    assert crypto.decrypt(sealed, place="credential.push_secret/1") == b"secret"
    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(sealed, place="credential.push_secret/2")


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x09" + bytes(40), bytes(60)])
def test_damaged_bytes_do_not_open(stored: bytes) -> None:
    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(stored, place="t.c/1")


def test_equal_values_differ_when_encrypted_and_agree_when_indexed() -> None:
    assert crypto.encrypt(b"a", place="p") != crypto.encrypt(b"a", place="p")
    assert crypto.blind_index("a", purpose="p") == crypto.blind_index("a", purpose="p")
    assert crypto.blind_index("a", purpose="p") != crypto.blind_index("a", purpose="q")


def test_a_parcel_has_one_token_and_it_says_nothing() -> None:
    token = crypto.parcel_token("YT8800000000001", "yuantong", 1)

    assert token == crypto.parcel_token("YT8800000000001", "yuantong", 1)
    assert token != crypto.parcel_token("YT8800000000001", "yuantong", 2)
    assert "8800" not in token
    assert crypto.open_parcel_token(token) == ("YT8800000000001", "yuantong", 1)


@pytest.mark.parametrize("change", ["", "A", "!!!!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "中文"])
def test_a_made_up_token_is_not_visible(change: str) -> None:
    with pytest.raises(NotVisible):
        crypto.open_parcel_token(change)


def test_a_token_changed_in_any_place_is_not_visible() -> None:
    token = crypto.parcel_token("YT1", "yuantong", 1)

    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(NotVisible):
            crypto.open_parcel_token(changed)


def test_a_signature_holds_for_one_purpose() -> None:
    signed = crypto.sign("1,2", purpose="live")

    assert crypto.unsign(signed, purpose="live") == "1,2"
    with pytest.raises(crypto.SignatureInvalid):
        crypto.unsign(signed, purpose="cursor")


def test_a_ticket_stops_working_at_its_time() -> None:
    ticket = crypto.sign_until("*", purpose="live", expires_at=NOW + timedelta(seconds=60))

    assert crypto.unsign_fresh(ticket, purpose="live", now=NOW + timedelta(seconds=59)) == "*"
    with pytest.raises(crypto.SignatureInvalid):
        crypto.unsign_fresh(ticket, purpose="live", now=NOW + timedelta(seconds=60))


def test_what_is_sealed_cannot_be_read_and_opens_for_its_purpose_alone() -> None:
    sealed = crypto.seal("YT8800000000001", purpose="cursor")

    assert b"8800" not in base64.urlsafe_b64decode(sealed + "==")
    assert crypto.unseal(sealed, purpose="cursor") == "YT8800000000001"
    with pytest.raises(crypto.SignatureInvalid):
        crypto.unseal(sealed, purpose="live")


@pytest.mark.parametrize("change", ["", "A", "!!!!", "AQAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "中文"])
def test_a_made_up_seal_opens_nothing(change: str) -> None:
    with pytest.raises(crypto.SignatureInvalid):
        crypto.unseal(change, purpose="cursor")


def test_a_parcels_token_is_no_seal_and_a_seal_no_token() -> None:
    with pytest.raises(crypto.SignatureInvalid):
        crypto.unseal(crypto.parcel_token("YT1", "yuantong", 1), purpose="parcel")
    with pytest.raises(NotVisible):
        crypto.open_parcel_token(crypto.seal("YT1\0yuantong\x001", purpose="parcel"))
