"""
The max-registers of one parcel (which full list of which provider wins) in their stored form. A register remembers
short hashes of the winning list's scans, so that a longer list which only adds scans can be merged without
reading any.
"""

import struct
from hashlib import blake2b
from typing import NamedTuple

_HEAD = struct.Struct("<BqqH16sH")
_ID_SIZE = 8


class Register(NamedTuple):
    """The winning list of one source: its place in the order of lists, and the hashes of its scans."""

    pushed_at: int
    newest_at: int
    length: int
    digest: bytes
    ids: frozenset[bytes]

    @property
    def order(self) -> tuple[int, int, int, bytes]:
        """Lists are ordered by push time if given, newest scan, number of scans and content."""
        return self.pushed_at, self.newest_at, self.length, self.digest


def listed_name(event_id: str, variant: int) -> str:
    """
    Return the name by which a full list holds a scan: the event and what was said of it.

    The list that wins decides about contents too: a keyword that a later list no longer has was a mistake.
    """
    return f"{event_id}~{variant:x}"


def name_hash(name: str) -> bytes:
    """Return the short hash by which a register remembers a listed scan."""
    return blake2b(name.encode(), digest_size=_ID_SIZE).digest()


def pack(registers: dict[str, Register]) -> bytes:
    """Return the stored form; equal registers give equal bytes."""
    parts = []
    for source in sorted(registers):
        name, each = source.encode(), registers[source]
        parts.append(_HEAD.pack(len(name), each.pushed_at, each.newest_at, each.length, each.digest, len(each.ids)))
        parts.append(name)
        parts.extend(sorted(each.ids))
    return b"".join(parts)


def unpack(stored: bytes) -> dict[str, Register]:
    """Return the registers that `pack` stored."""
    registers: dict[str, Register] = {}
    offset = 0
    while offset < len(stored):
        name_length, pushed_at, newest_at, length, digest, ids = _HEAD.unpack_from(stored, offset)
        offset += _HEAD.size
        source = stored[offset : offset + name_length].decode()
        offset += name_length
        end = offset + ids * _ID_SIZE
        hashes = frozenset(stored[at : at + _ID_SIZE] for at in range(offset, end, _ID_SIZE))
        registers[source] = Register(pushed_at, newest_at, length, digest, hashes)
        offset = end
    return registers
