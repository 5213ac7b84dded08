"""The two roles of the database: the owner migrates, the runtime owns nothing."""

import psycopg

from yidao.config import database


def test_the_runtime_address_takes_on_the_runtime_role(runtime_dsn: str) -> None:
    with psycopg.connect(runtime_dsn) as connection:
        row = connection.execute("SELECT current_user").fetchone()

    assert row == (database.RUNTIME_ROLE,)


def test_the_runtime_role_owns_nothing(owner_dsn: str) -> None:
    with psycopg.connect(owner_dsn) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = %s",
            (database.RUNTIME_ROLE,),
        ).fetchall()

    assert rows == []


def test_the_runtime_role_cannot_make_tables(runtime_dsn: str) -> None:
    with psycopg.connect(runtime_dsn) as connection:
        try:
            connection.execute("CREATE TABLE mine (id int)")
        except psycopg.errors.InsufficientPrivilege:
            refused = True

    assert refused


def test_options_already_in_an_address_are_kept() -> None:
    url = database.with_role("postgresql://me@host/name?options=-c%20statement_timeout%3D5s&sslmode=require")

    assert url == (
        "postgresql://me@host/name?options=-c%20statement_timeout%3D5s%20-c%20role%3Dyidao_runtime&sslmode=require"
    )
