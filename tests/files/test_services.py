"""Files are stored encrypted, read piece by piece, and forgotten when their life is over."""

import hashlib
import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from yidao.files import services
from yidao.files.ids import FileId
from yidao.files.models import FileChunk, StoredFile
from yidao.kit.errors import NotVisible

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = timedelta(hours=1)


def store(chunks: Iterable[bytes], *, life: timedelta = LIFE) -> FileId:
    return services.store(name="包裹.csv", content_type="text/csv", chunks=chunks, expires_at=NOW + life, real_now=NOW)


@pytest.mark.parametrize(
    ("sizes", "pieces"),
    [
        pytest.param([], 0, id="an empty file has no piece"),
        pytest.param([1], 1, id="one byte is a piece"),
        pytest.param([services.CHUNK_BYTES], 1, id="a full piece is one"),
        pytest.param([services.CHUNK_BYTES, 1], 2, id="a byte more is two"),
        pytest.param([100_000] * 6, 3, id="small parts are put together"),
        pytest.param([600_000], 3, id="a large part is cut"),
    ],
)
def test_a_file_comes_back_as_it_was_stored(sizes: list[int], pieces: int) -> None:
    parts = [bytes([index + 1]) * size for index, size in enumerate(sizes)]

    file_id = store(parts)

    assert b"".join(services.read(file_id)) == b"".join(parts)
    known = services.facts(file_id, real_now=NOW)
    assert (known.name, known.size_bytes) == ("包裹.csv", sum(sizes))
    assert known.sha256 == hashlib.sha256(b"".join(parts)).digest()
    assert FileChunk.objects.filter(file_id=file_id).count() == pieces


def test_nothing_of_the_content_can_be_read_in_the_database() -> None:
    file_id = store([b"order 4815162342"])

    stored = b"".join(bytes(each.body_encrypted) for each in FileChunk.objects.filter(file_id=file_id))

    assert b"4815162342" not in stored


def test_twenty_megabytes_are_stored_and_one_byte_more_is_refused() -> None:
    whole = b"x" * services.FILE_BYTES_MAX
    store([whole])

    with pytest.raises(services.FileTooLarge):
        store([whole, b"y"])


def swap(file_id: FileId) -> None:
    """Exchange the first two pieces."""
    first, second = FileChunk.objects.filter(file_id=file_id).order_by("ordinal")
    FileChunk.objects.filter(pk=first.pk).update(body_encrypted=second.body_encrypted)
    FileChunk.objects.filter(pk=second.pk).update(body_encrypted=first.body_encrypted)


def cut(file_id: FileId) -> None:
    """Take the last piece away."""
    FileChunk.objects.filter(file_id=file_id, ordinal=1).delete()


def shorten(file_id: FileId) -> None:
    """Take the last piece away and say that there never was one."""
    cut(file_id)
    StoredFile.objects.filter(id=file_id).update(chunk_count=1)


def change(file_id: FileId) -> None:
    """Change one byte."""
    piece = FileChunk.objects.get(pk=(file_id, 1))
    body = bytearray(piece.body_encrypted)
    body[-1] ^= 1
    FileChunk.objects.filter(pk=(file_id, 1)).update(body_encrypted=bytes(body))


def remove(file_id: FileId) -> None:
    """Delete the whole file."""
    services.delete([file_id])


@pytest.mark.parametrize("harm", [swap, cut, shorten, change, remove], ids=lambda harm: harm.__doc__)
def test_a_damaged_file_is_noticed(harm: object) -> None:
    file_id = store([b"a" * services.CHUNK_BYTES, b"b" * services.CHUNK_BYTES])
    harm(file_id)  # type: ignore[operator]

    with pytest.raises(services.FileDamaged):
        list(services.read(file_id))


def test_a_file_whose_life_is_over_is_not_there_and_is_forgotten() -> None:
    old, young = store([b"old"], life=LIFE), store([b"young"], life=2 * LIFE)
    end = NOW + LIFE

    with pytest.raises(NotVisible):
        services.facts(old, real_now=end)
    assert services.forget(real_now=end) == 1
    assert services.forget(real_now=end) == 0
    assert not FileChunk.objects.filter(file_id=old).exists()
    assert b"".join(services.read(young)) == b"young"


def test_more_files_than_one_transaction_takes_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "FORGOTTEN_AT_ONCE", 2)
    for _ in range(5):
        store([b"x"])

    assert services.forget(real_now=NOW + LIFE) == 5


def test_a_piece_is_all_that_is_in_memory() -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(64):
            yield b"z" * services.CHUNK_BYTES

    connection.ensure_connection()
    store([b"warm"])
    tracemalloc.start()
    try:
        file_id = store(parts())
        assert sum(map(len, services.read(file_id))) == 64 * services.CHUNK_BYTES
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 12 * services.CHUNK_BYTES
