"""
The names of things that nobody named: event ids, variants of an event, digests of a list. Neither texts nor our mapping
of codes are ever part of them.
"""

import base64
import hashlib
import unicodedata

_SEPARATOR = "\x1f"


def event_id(*, occurred_at: int, code: str, place: str, ordinal: int) -> str:
    """Return the name of an event its sender did not name: 22 letters of when, what, where and which of equals."""
    material = f"{occurred_at}{_SEPARATOR}{code}{_SEPARATOR}{place}{_SEPARATOR}{ordinal}"
    return base64.urlsafe_b64encode(hashlib.sha256(material.encode()).digest()[:16])[:22].decode()


def normalised_place(*, division: str, name: str) -> str:
    """Return where something happened, so that spelling does not matter: the division, else the folded name."""
    if division:
        return division
    if name.isascii() and " " not in name:
        return name.lower()
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def variant(*, occurred_at: int, code: str, division: str, flags: int) -> int:
    """Return 63 bits that tell apart what one event id may say about its facts."""
    material = f"{occurred_at}{_SEPARATOR}{code}{_SEPARATOR}{division}{_SEPARATOR}{flags}"
    return int.from_bytes(hashlib.blake2b(material.encode(), digest_size=8).digest(), "big") >> 1


def list_digest(parts: list[tuple[str, int]], *, pushed_at: int) -> bytes:
    """
    Return 16 bytes that name the push of a full list: its events and their variants, whatever their order, and when it
    was pushed.

    A list that a later one replaced and that is pushed once more is news, so the time is part of the name.
    """
    digest = hashlib.sha256(f"{pushed_at}\n".encode())
    for event, its_variant in sorted(parts):
        digest.update(f"{event}{_SEPARATOR}{its_variant}\n".encode())
    return digest.digest()[:16]
