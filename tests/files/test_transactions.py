"""A file is stored with what it belongs to, in one transaction."""

from datetime import UTC, datetime, timedelta

import pytest

from yidao.accounts.actors import SYSTEM
from yidao.files import services
from yidao.files.ids import FileId
from yidao.kit import db

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = timedelta(hours=1)


def store(chunks: list[bytes]) -> FileId:
    return services.store(name="x", content_type="text/csv", chunks=chunks, expires_at=NOW + LIFE, real_now=NOW)


def test_a_file_is_never_stored_outside_a_transaction(committed_db: None) -> None:
    with pytest.raises(AssertionError, match="transaction of its owner"):
        store([b"x"])
    with db.transaction(SYSTEM):
        file_id = store([b"x"])

    assert b"".join(services.read(file_id)) == b"x"
    services.forget(real_now=NOW + LIFE)
