"""
The key ring and what is made with it: encrypted fields, blind indexes, opaque parcel tokens, sealed cursors, tickets.

Keys live in one file outside the database (mode 0600), so that a copy of the data alone tells nobody anything.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from yidao.kit.errors import NotVisible

KEY_BYTES = 32
NONCE_BYTES = 12
BLIND_INDEX_BYTES = 16
SIGNATURE_BYTES = 16


class KeyRingUnusable(Exception):
    """The key file is missing parts or can be read by others; the message says which file and what to do."""


class Undecryptable(Exception):
    """Stored bytes open with no key of the ring: they were damaged, moved to another row, or their key is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The keys of one installation; the highest number of each family makes, all of them read."""

    ciphers: dict[int, AESGCM]
    cipher_kid: int
    index_keys: dict[int, bytes]
    index_kid: int
    tokens: dict[int, AESSIV]
    root: bytes

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes that belong to one purpose and say nothing about any other."""
        return hmac.digest(self.root, b"yidao/" + purpose.encode(), "sha256")


def default_path() -> Path:
    """Return where the ring lies when no setting says otherwise: the user's configuration folder."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "yidao" / "keys.json"


def keys_path() -> Path:
    """Return the file of the ring: YIDAO_KEYS_FILE, else the default place."""
    return Path(os.environ["YIDAO_KEYS_FILE"]) if os.environ.get("YIDAO_KEYS_FILE") else default_path()


def make_ring_file(path: Path) -> None:
    """Write a fresh ring with mode 0600; another process that was first wins and its ring stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = {
        "cipher": {"1": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()},
        "index": {"1": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()},
    }
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(fresh, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def read_ring(path: Path) -> KeyRing:
    """
    Read the ring.

    :raises KeyRingUnusable: the file is open to others, malformed, or without keys.
    """
    if path.stat().st_mode & 0o077:
        raise KeyRingUnusable(f"{path} can be read by other users of this machine; run: chmod 600 {path}")
    try:
        raw = json.loads(path.read_text())
        cipher_keys = {int(kid): base64.b64decode(key) for kid, key in raw["cipher"].items()}
        index_keys = {int(kid): base64.b64decode(key) for kid, key in raw["index"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise KeyRingUnusable(f"{path} is not a key ring; restore it from your backup") from fault
    keys = [*cipher_keys.items(), *index_keys.items()]
    if not cipher_keys or not index_keys or any(len(key) != KEY_BYTES or not 1 <= kid <= 255 for kid, key in keys):
        raise KeyRingUnusable(f"{path} holds a key of the wrong size or number; restore it from your backup")
    return KeyRing(
        ciphers={kid: AESGCM(key) for kid, key in cipher_keys.items()},
        cipher_kid=max(cipher_keys),
        index_keys=index_keys,
        index_kid=max(index_keys),
        tokens={kid: AESSIV(hashlib.sha512(b"parcel token" + key).digest()) for kid, key in index_keys.items()},
        root=cipher_keys[min(cipher_keys)],
    )


@lru_cache(maxsize=1)
def ring() -> KeyRing:
    """Return this installation's ring; the very first start makes it."""
    path = keys_path()
    if not path.exists():
        make_ring_file(path)
    return read_ring(path)


def encrypt(plain: bytes, *, place: str) -> bytes:
    """Encrypt for one place, `table.column/row`: bytes copied to another row will not open there."""
    keys = ring()
    nonce = os.urandom(NONCE_BYTES)
    return bytes((keys.cipher_kid,)) + nonce + keys.ciphers[keys.cipher_kid].encrypt(nonce, plain, place.encode())


def decrypt(stored: bytes | memoryview, *, place: str) -> bytes:
    """
    Open what `encrypt` made for the same place.

    :raises Undecryptable: no key opens it there.
    """
    stored = bytes(stored)
    cipher = ring().ciphers.get(stored[0]) if len(stored) > NONCE_BYTES else None
    if cipher is None:
        raise Undecryptable(place)
    try:
        return cipher.decrypt(stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :], place.encode())
    except InvalidTag as fault:
        raise Undecryptable(place) from fault


def _blind(kid: int, key: bytes, value: str, purpose: str) -> bytes:
    return bytes((kid,)) + hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256")[:BLIND_INDEX_BYTES]


def blind_index(value: str, *, purpose: str) -> bytes:
    """Return the searchable shadow of a secret value under the newest key; its first byte is the key's number."""
    keys = ring()
    return _blind(keys.index_kid, keys.index_keys[keys.index_kid], value, purpose)


def blind_indexes(value: str, *, purpose: str) -> tuple[bytes, ...]:
    """Return the shadows under every live key, to look up rows written before the last rotation."""
    return tuple(_blind(kid, key, value, purpose) for kid, key in sorted(ring().index_keys.items()))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise NotVisible from fault
    if _encode(raw) != text:
        raise NotVisible
    return raw


def parcel_token(waybill_no: str, carrier: str, life: int) -> str:
    """Return the opaque name of a parcel: always the same for the same parcel, and nothing to be read from it."""
    keys = ring()
    sealed = keys.tokens[keys.index_kid].encrypt(f"{waybill_no}\0{carrier}\0{life}".encode(), [b"parcel"])
    return _encode(bytes((keys.index_kid,)) + sealed)


def open_parcel_token(token: str) -> tuple[str, str, int]:
    """
    Return (waybill_no, carrier, life) of a token.

    :raises NotVisible: it was not made here.
    """
    raw = _decode(token)
    cipher = ring().tokens.get(raw[0]) if raw else None
    if cipher is None:
        raise NotVisible
    try:
        waybill_no, carrier, life = cipher.decrypt(raw[1:], [b"parcel"]).decode().split("\0")
    except (InvalidTag, ValueError) as fault:
        raise NotVisible from fault
    return waybill_no, carrier, int(life)


class SignatureInvalid(Exception):
    """Signed or sealed text was changed, made elsewhere, made for something else, or is too old."""


def sign(payload: str, *, purpose: str) -> str:
    """Return the payload with a signature that holds for one purpose only; the payload stays readable."""
    body = payload.encode()
    return _encode(hmac.digest(ring().derived(purpose), body, "sha256")[:SIGNATURE_BYTES] + body)


def unsign(signed: str, *, purpose: str) -> str:
    """
    Return the payload of `sign`.

    :raises SignatureInvalid: it was not signed here for this purpose.
    """
    try:
        raw = _decode(signed)
    except NotVisible as fault:
        raise SignatureInvalid from fault
    signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, hmac.digest(ring().derived(purpose), body, "sha256")[:SIGNATURE_BYTES]):
        raise SignatureInvalid
    return body.decode()


def seal(payload: str, *, purpose: str) -> str:
    """Return the payload so that only we can read it, for one purpose; equal payloads have equal seals."""
    keys = ring()
    sealed = keys.tokens[keys.index_kid].encrypt(payload.encode(), [b"sealed", purpose.encode()])
    return _encode(bytes((keys.index_kid,)) + sealed)


def unseal(sealed: str, *, purpose: str) -> str:
    """
    Return the payload of `seal`.

    :raises SignatureInvalid: it was not sealed here for this purpose.
    """
    try:
        raw = _decode(sealed)
    except NotVisible as fault:
        raise SignatureInvalid from fault
    cipher = ring().tokens.get(raw[0]) if raw else None
    if cipher is None:
        raise SignatureInvalid
    try:
        return cipher.decrypt(raw[1:], [b"sealed", purpose.encode()]).decode()
    except (InvalidTag, ValueError) as fault:
        raise SignatureInvalid from fault


def sign_until(payload: str, *, purpose: str, expires_at: datetime) -> str:
    """Return a signed ticket that stops working at `expires_at` (wire time, never simulated)."""
    return sign(f"{int(expires_at.timestamp())}|{payload}", purpose=purpose)


def unsign_fresh(ticket: str, *, purpose: str, now: datetime) -> str:
    """
    Return the payload of a ticket that has not run out.

    :raises SignatureInvalid: not ours, not for this purpose, or run out at `now`.
    """
    expires, _, payload = unsign(ticket, purpose=purpose).partition("|")
    if now.timestamp() >= int(expires):
        raise SignatureInvalid
    return payload
