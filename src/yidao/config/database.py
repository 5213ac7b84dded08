"""
Where the database is and who may do what in it: addresses of the owner and of the runtime, migrating and granting.
Migrations run as owner; everything else runs as a role that owns nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import conninfo, sql

from yidao.config import env
from yidao.kit import clock

RUNTIME_ROLE = "yidao_runtime"
MIGRATION_LOCK = 7_106_001
"""Key of the advisory lock that lets one process migrate at a time."""

APPEND_ONLY_TABLES = (
    "after_sale_step",
    "anomaly_change",
    "audit_entry",
    "carrier_ticket_message",
    "case_text",
    "judgement",
    "judgement_reversal",
    "ledger_entry",
    "ledger_proof",
    "ledger_transfer",
    "nudge_message",
    "order_deadline_change",
    "order_refund_attempt",
    "parcel_acknowledgement",
    "penalty",
    "policy_version",
    "scan",
    "source_snapshot",
)
"""History is never edited: on these the runtime role may only read and insert."""

READ_ONLY_TABLES = ("django_migrations",)
"""Written by migrations alone."""

RUNTIME_FUNCTIONS = ("ensure_scan_month(date)",)
"""The runtime role owns nothing, so these do with the owner's rights what it needs; nobody else may call them."""

POOL_SIZE_MAX = 8
"""Connections one web process holds; more concurrent requests wait in its queue."""
POOL_WAIT_SECONDS = 8


def owner_url() -> str:
    """Return the address that owns the schema; of the embedded server when YIDAO_DATABASE_URL is empty."""
    url = env.settings().database_url
    if url:
        return url
    from yidao.config import embedded  # inline: optional

    return embedded.url()


def runtime_url() -> str:
    """Return the address every running process uses: the owner's, with the runtime role taken on at connecting."""
    return with_role(owner_url())


def with_role(url: str) -> str:
    """Return `url` with `-c role=yidao_runtime` added to its connection options."""
    return with_options(url, f"-c role={RUNTIME_ROLE}")


def with_options(url: str, options: str) -> str:
    """Return `url` with server options added behind those it already has."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query["options"] = f"{query.get('options', '')} {options}".strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def with_database(url: str, name: str) -> str:
    """Return `url` with another database name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name)}"))


def django_database(url: str | None = None, *, pool_size: int = POOL_SIZE_MAX) -> dict[str, Any]:
    """
    Return Django's DATABASES entry for an address, the runtime's when none is given; `pool_size` 0 leaves the pool out.
    """
    parameters = dict(conninfo.conninfo_to_dict(url or runtime_url()))
    options: dict[str, Any] = {
        key: value for key, value in parameters.items() if key not in ("dbname", "user", "password", "host", "port")
    }
    if pool_size:
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": POOL_WAIT_SECONDS}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.get("dbname") or "postgres",
        "USER": parameters.get("user") or "",
        "PASSWORD": parameters.get("password") or "",
        "HOST": parameters.get("host") or "",
        "PORT": str(parameters.get("port") or ""),
        "OPTIONS": options,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }


def point_django_at(url: str, *, pool_size: int = POOL_SIZE_MAX) -> None:
    """Close Django's connection of this thread and let the next one go to `url`."""
    from django.db import connections  # inline: django not set up

    connection = connections["default"]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict.update(django_database(url, pool_size=pool_size))


@contextmanager
def _as_owner(url: str) -> Iterator[None]:
    from django.db import connections  # inline: django not set up

    connection = connections["default"]
    before = dict(connection.settings_dict)
    point_django_at(with_options(url, "-c lock_timeout=10s"), pool_size=0)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def migrate(url: str | None = None, *, verbosity: int = 0) -> None:
    """
    Make the runtime role, apply all migrations as owner and grant the runtime what it may do.

    Running it twice changes nothing. Django must be set up. One process at a time works, the others wait for it.
    """
    from django.core.management import call_command  # inline: django not set up

    from yidao.policies import services as policy_services  # inline: django not set up

    owner = url or owner_url()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        ensure_role(connection)
        with _as_owner(owner):
            call_command("migrate", verbosity=verbosity, interactive=False)
            policy_services.seed(real_now=clock.real_now())
        grant(connection)


def ensure_role(connection: psycopg.Connection[Any]) -> None:
    """Make the runtime role unless it is there, and let the connected owner take it on."""
    role = sql.Identifier(RUNTIME_ROLE)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (RUNTIME_ROLE,)).fetchone()
    if known is None:
        try:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        except psycopg.errors.DuplicateObject:
            pass  # Roles belong to the whole server: another database's migration was a moment faster.
        except psycopg.errors.UniqueViolation:
            pass  # The same race, noticed by the catalogue's index.
    member = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", (RUNTIME_ROLE,)).fetchone()
    if member is None or not member[0]:
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))


def grant(connection: psycopg.Connection[Any]) -> None:
    """Give the runtime role its rights on every table there is now; append-only tables without UPDATE and DELETE."""
    role = sql.Identifier(RUNTIME_ROLE)
    with connection.transaction():
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        connection.execute(
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role)
        )
        connection.execute(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))
        for function in RUNTIME_FUNCTIONS:
            connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), role))
        for table in _tables_and_partitions(connection, APPEND_ONLY_TABLES):
            connection.execute(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role)
            )
        for table in _tables_and_partitions(connection, READ_ONLY_TABLES):
            connection.execute(
                sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role)
            )


def _tables_and_partitions(connection: psycopg.Connection[Any], names: tuple[str, ...]) -> list[str]:
    rows = connection.execute(
        """
        SELECT tree.relid::regclass::text
          FROM pg_class AS parent
          JOIN pg_namespace AS space ON space.oid = parent.relnamespace AND space.nspname = 'public'
         CROSS JOIN LATERAL (
               SELECT parent.oid AS relid
                UNION
               SELECT child.relid FROM pg_partition_tree(parent.oid) AS child
         ) AS tree
         WHERE parent.relname = ANY(%s) AND parent.relkind IN ('r', 'p')
         ORDER BY 1
        """,
        (list(names),),
    ).fetchall()
    return [str(row[0]).strip('"') for row in rows]


def hand_to_children(url: str) -> None:
    """Put the address into the environment, so that this process and its children use the server that was started."""
    os.environ["YIDAO_DATABASE_URL"] = url
    env.settings.cache_clear()
