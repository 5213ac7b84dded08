"""The two roles of the database: the owner migrates, the runtime owns nothing."""

import psycopg
import pytest

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
    with psycopg.connect(runtime_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (id int)")


def test_nobody_but_the_owner_may_make_anything_in_the_schema(owner_dsn: str) -> None:
    with psycopg.connect(owner_dsn) as connection:
        granted = connection.execute(
            """
            SELECT right_.privilege_type FROM pg_namespace, aclexplode(nspacl) AS right_
             WHERE nspname = 'public' AND right_.grantee = 0
            """
        ).fetchall()

    assert granted == [("USAGE",)]


def test_what_runs_with_the_owners_rights_is_called_by_the_runtime_alone_and_looks_at_nothing_of_its_caller(
    owner_dsn: str,
) -> None:
    with psycopg.connect(owner_dsn) as connection:
        found = connection.execute(
            """
            SELECT p.oid::regprocedure::text, p.proconfig,
                   array_agg(CASE WHEN right_.grantee = 0 THEN 'public' ELSE pg_get_userbyid(right_.grantee) END
                             ORDER BY right_.grantee) FILTER (WHERE right_.grantee <> p.proowner)
              FROM pg_proc AS p LEFT JOIN LATERAL aclexplode(p.proacl) AS right_ ON true
             WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
             GROUP BY p.oid, p.proconfig
            """
        ).fetchall()

    assert found == [
        (name, ["search_path=pg_catalog, pg_temp"], [database.RUNTIME_ROLE]) for name in database.RUNTIME_FUNCTIONS
    ]


@pytest.mark.parametrize("month", ["1999-12-31", "2100-01-01", "infinity", "-infinity"])
def test_no_month_is_made_that_no_scan_can_have(runtime_dsn: str, month: str) -> None:
    with psycopg.connect(runtime_dsn) as connection, pytest.raises(psycopg.errors.InvalidParameterValue):
        connection.execute("SELECT ensure_scan_month(%s::date)", (month,))


def test_options_already_in_an_address_are_kept() -> None:
    url = database.with_role("postgresql://me@host/name?options=-c%20statement_timeout%3D5s&sslmode=require")

    assert url == (
        "postgresql://me@host/name?options=-c%20statement_timeout%3D5s%20-c%20role%3Dyidao_runtime&sslmode=require"
    )
