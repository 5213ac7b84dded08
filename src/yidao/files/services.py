"""
Stores files and reads them, one piece at a time: whatever a file's size, only a piece of it is in memory.

This room knows no tenants. The room a file belongs to (an export, an upload) decides who may read it and until when.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from yidao.accounts.actors import SYSTEM
from yidao.files.ids import FileId
from yidao.files.models import FileChunk, StoredFile
from yidao.kit import crypto, db, ids
from yidao.kit.errors import NotVisible, Refusal

CHUNK_BYTES: Final = 256 * 1024
FILE_BYTES_MAX: Final = 20 * 1024 * 1024
FORGOTTEN_AT_ONCE: Final = 20
"""Files deleted in one transaction: at most 400 MB of pieces."""


class FileTooLarge(Refusal):
    """A file is larger than FILE_BYTES_MAX; nothing of it was kept."""

    code = "file.too_large"
    status = 413
    message = "The file is larger than %(limit_mb)d MB."


class FileDamaged(Exception):
    """The pieces of a file are not those that were stored. Somebody changed the database, or it is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is known of a file without opening it."""

    id: FileId
    name: str
    content_type: str
    size_bytes: int
    sha256: bytes
    expires_at: datetime


def _place(file_id: int, ordinal: int) -> str:
    """Return the place a piece is encrypted for: at another place of its file or in another file it does not open."""
    return f"file_chunk.body/{file_id}/{ordinal}"


def pieces(chunks: Iterable[bytes], size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Return the same bytes in pieces of one size; only the last may be shorter, and none is empty."""
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        while len(kept) >= size:
            yield bytes(kept[:size])
            del kept[:size]
    if kept:
        yield bytes(kept)


def store(*, name: str, content_type: str, chunks: Iterable[bytes], expires_at: datetime, real_now: datetime) -> FileId:
    """
    Store a file inside the caller's transaction, so that nobody ever sees half of it, and return its id.

    :raises FileTooLarge: it has more than FILE_BYTES_MAX; the caller's transaction must not go on.
    """
    assert connection.in_atomic_block, "a file is stored inside the transaction of its owner"
    file_id = FileId(ids.new_id())
    digest = hashlib.sha256()
    size = count = 0
    kept = StoredFile(
        id=file_id,
        name=name,
        content_type=content_type,
        size_bytes=0,
        chunk_count=0,
        sha256=b"",
        created_at=real_now,
        expires_at=expires_at,
    )
    kept.save(force_insert=True)
    for piece in pieces(chunks):
        size += len(piece)
        if size > FILE_BYTES_MAX:
            raise FileTooLarge(limit_mb=FILE_BYTES_MAX // (1024 * 1024))
        digest.update(piece)
        sealed = crypto.encrypt(piece, place=_place(file_id, count))
        FileChunk.objects.bulk_create([FileChunk(file_id=file_id, ordinal=count, body_encrypted=sealed)])
        count += 1
    kept.size_bytes, kept.chunk_count, kept.sha256 = size, count, digest.digest()
    kept.save(update_fields=["size_bytes", "chunk_count", "sha256"])
    return file_id


def facts(file_id: FileId, *, real_now: datetime) -> FileFacts:
    """
    Return what is known of a file.

    :raises NotVisible: there is none, or its life is over.
    """
    found = StoredFile.objects.filter(id=file_id, expires_at__gt=real_now).first()
    if found is None:
        raise NotVisible
    return FileFacts(
        id=FileId(found.id),
        name=found.name,
        content_type=found.content_type,
        size_bytes=found.size_bytes,
        sha256=bytes(found.sha256),
        expires_at=found.expires_at,
    )


def read_piece(file_id: FileId, ordinal: int) -> bytes:
    """
    Return one piece of a file, opened; empty after the last.

    :raises FileDamaged: the piece was changed or moved.
    """
    found = FileChunk.objects.filter(file_id=file_id, ordinal=ordinal).values_list("body_encrypted", flat=True).first()
    if found is None:
        return b""
    try:
        return crypto.decrypt(bytes(found), place=_place(file_id, ordinal))
    except crypto.Undecryptable as fault:
        raise FileDamaged(f"piece {ordinal} of file {file_id}") from fault


def read(file_id: FileId) -> Iterator[bytes]:
    """
    Return a file piece by piece, checked on the way: a reader who got to the end has what was stored.

    A file that is deleted while somebody reads it ends in FileDamaged, never early and silently.

    :raises FileDamaged: a piece is missing, was changed or moved.
    """
    known = StoredFile.objects.filter(id=file_id).values_list("chunk_count", "sha256").first()
    if known is None:
        raise FileDamaged(f"file {file_id} is gone")
    count, sha256 = known
    digest = hashlib.sha256()
    for ordinal in range(count):
        piece = read_piece(file_id, ordinal)
        if not piece:
            raise FileDamaged(f"file {file_id} lost its piece {ordinal}")
        digest.update(piece)
        if ordinal == count - 1 and digest.digest() != bytes(sha256):
            raise FileDamaged(f"file {file_id} is not what was stored")
        yield piece


def delete(file_ids: Sequence[FileId]) -> int:
    """Delete files with their pieces inside the caller's transaction and return how many there were."""
    FileChunk.objects.filter(file_id__in=file_ids).delete()
    return StoredFile.objects.filter(id__in=file_ids).delete()[0]


def forget(*, real_now: datetime) -> int:
    """Delete every file whose life is over and return how many; doing it twice changes nothing."""
    forgotten = 0
    while True:
        with db.transaction(SYSTEM):
            old = list(
                StoredFile.objects.select_for_update(skip_locked=True)
                .filter(expires_at__lte=real_now)
                .order_by("expires_at")
                .values_list("id", flat=True)[:FORGOTTEN_AT_ONCE]
            )
            forgotten += delete([FileId(each) for each in old])
        if len(old) < FORGOTTEN_AT_ONCE:
            return forgotten
