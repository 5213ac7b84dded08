"""
The tests' database, shared by every folder.

One migrated template database is made per state of the schema and kept; every pytest process (each xdist worker too)
copies it once and drops the copy at the end. Nothing is ever truncated: what a test commits stays until the end of the
session, so a test that commits works with fresh random tenants and numbers.

- `django_db` (mark or fixture `db`): Django's ORM in a transaction that is rolled back. `transaction=True` is refused.
- `committed_db`: Django's ORM without a surrounding transaction, for tests in which several connections meet.
- `runtime_dsn`, `owner_dsn`: addresses for plain psycopg connections; the runtime role has production's rights only.
- `YIDAO_TEST_DATABASE_URL`: a server to use instead of the embedded one; its user must be allowed to create databases.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ["YIDAO_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/no_fixture_asked_for_a_database"
# A worker of xdist has read its parent's keys by now, and the processes it starts must read the same.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["YIDAO_KEYS_FILE"] = str(Path(tempfile.mkdtemp(prefix="yidao-test-keys-")) / "keys.json")
os.environ["DJANGO_SETTINGS_MODULE"] = "yidao.config.settings"

import django
import psycopg
import pytest
from django.db import connections
from psycopg import sql

from yidao.config import database

SOURCE = Path(__file__).resolve().parents[1] / "src" / "yidao"
TEMPLATE_LOCK = 7_106_002

django.setup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse what would truncate the shared database."""
    for item in items:
        for mark in item.iter_markers("django_db"):
            if mark.kwargs.get("transaction"):
                raise pytest.UsageError(f"{item.nodeid}: use the fixture committed_db instead of transaction=True")


def _schema_fingerprint() -> str:
    """Return a digest of everything that decides what a migrated database looks like."""
    files = sorted(
        path
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".sql", ".json", ".csv"}
        and (
            path.parent.name in {"migrations", "sql", "seeds", "policies"}
            or path.name in {"models.py", "settings.py", "database.py", "signals.py", "apps.py"}
            or (path.parent.name == "rules" and b"SEEDS" in path.read_bytes())
        )
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(str(path.relative_to(SOURCE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _database_exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _ensure_template(connection: psycopg.Connection, server: str) -> str:
    """Make the migrated template unless it is there; return its name. Templates of older states are dropped."""
    name = f"yidao_template_{_schema_fingerprint()}"
    if _database_exists(connection, name):
        return name
    for (older,) in connection.execute("SELECT datname FROM pg_database WHERE datname ~ '^yidao_template_'").fetchall():
        _drop(connection, older)
    unfinished = f"{name}_unfinished"
    connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(unfinished)))
    database.migrate(database.with_database(server, unfinished))
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
    )
    return name


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_left_behind(connection: psycopg.Connection) -> None:
    """Drop the copies of test processes of this machine that were killed before they could."""
    for (name,) in connection.execute(
        "SELECT datname FROM pg_database WHERE datname ~ '^yidao_test_[0-9]+_'"
    ).fetchall():
        if not Path(f"/proc/{name.split('_')[2]}").exists():
            _drop(connection, name)


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """Return the address of a running server whose user may create databases."""
    given = os.environ.get("YIDAO_TEST_DATABASE_URL")
    if given:
        yield given
        return
    from yidao.config import embedded

    with embedded.test_server() as url:
        yield url


@pytest.fixture(scope="session")
def owner_dsn(database_server: str, django_db_blocker: object) -> Iterator[str]:
    """Return the owner's address of this process's copy of the migrated database."""
    name = f"yidao_test_{os.getpid()}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            template = _ensure_template(connection, database_server)
        if not os.environ.get("YIDAO_TEST_DATABASE_URL"):
            _drop_left_behind(connection)
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        connection.execute(copy)
        connection.execute("SELECT pg_advisory_unlock(%s)", (TEMPLATE_LOCK,))
        url = database.with_database(database_server, name)
        database.hand_to_children(url)
        database.point_django_at(database.with_role(url), pool_size=0)
        yield url
        connections["default"].close()
        _drop(connection, name)


@pytest.fixture(scope="session")
def runtime_dsn(owner_dsn: str) -> str:
    """Return the address running processes use: the runtime role owns nothing and cannot edit history."""
    return database.with_role(owner_dsn)


@pytest.fixture(scope="session")
def django_db_setup(runtime_dsn: str) -> None:
    """Let pytest-django use this process's copy instead of making a database of its own."""


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """Let a test use Django's ORM with real commits; it must work with tenants and numbers of its own."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        connections["default"].close()
