"""The monitoring tables as the database knows them: keys, collations, partitions, models and rights."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import models

from tests.house.test_statements import MONITORING_TABLES
from yidao.config import database

DISTRIBUTED = pytest.mark.parametrize("table", MONITORING_TABLES)
COLUMN_TYPES = {
    "TextField": "text",
    "SmallIntegerField": "smallint",
    "IntegerField": "integer",
    "BigIntegerField": "bigint",
    "BooleanField": "boolean",
    "BinaryField": "bytea",
    "DateTimeField": "timestamp with time zone",
    "ArrayField": "text[]",
}


@pytest.fixture(scope="module")
def catalogue(owner_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(owner_dsn) as connection:
        yield connection


def _columns(catalogue: psycopg.Connection[Any], table: str) -> dict[str, tuple[str, bool, str | None, str | None]]:
    """Return each column's type, whether it is NOT NULL, its collation and its default."""
    rows = catalogue.execute(
        """
        SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, c.collname, pg_get_expr(d.adbin, d.adrelid)
          FROM pg_attribute AS a
          LEFT JOIN pg_collation AS c ON c.oid = a.attcollation
          LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
        """,
        (f"public.{table}",),
    ).fetchall()
    return {name: (kind, not_null, collation, default) for name, kind, not_null, collation, default in rows}


@DISTRIBUTED
def test_every_unique_key_holds_the_waybill_number(catalogue: psycopg.Connection[Any], table: str) -> None:
    rows = catalogue.execute(
        """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index
         WHERE indrelid = %s::regclass AND indisunique
        """,
        (f"public.{table}",),
    ).fetchall()

    assert rows != []
    assert [definition for (definition,) in rows if "waybill_no" not in definition] == []


@DISTRIBUTED
def test_text_is_compared_byte_by_byte_and_never_null(catalogue: psycopg.Connection[Any], table: str) -> None:
    loose = {
        name: facts
        for name, facts in _columns(catalogue, table).items()
        if facts[0] in {"text", "text[]"} and (facts[1], facts[2]) != (True, "C")
    }

    assert loose == {}


@DISTRIBUTED
def test_no_column_has_a_default(catalogue: psycopg.Connection[Any], table: str) -> None:
    assert {name: facts[3] for name, facts in _columns(catalogue, table).items() if facts[3] is not None} == {}


def test_no_foreign_key_touches_the_monitoring_tables(catalogue: psycopg.Connection[Any]) -> None:
    rows = catalogue.execute(
        """
        SELECT conname FROM pg_constraint
         WHERE contype = 'f'
           AND (conrelid::regclass::text = ANY(%(tables)s) OR confrelid::regclass::text = ANY(%(tables)s))
        """,
        {"tables": list(MONITORING_TABLES)},
    ).fetchall()

    assert rows == []


def test_scans_are_partitioned_by_time_without_a_default_partition(catalogue: psycopg.Connection[Any]) -> None:
    rows = catalogue.execute(
        """
        SELECT pg_get_partkeydef(partrelid), partdefid FROM pg_partitioned_table
         WHERE partrelid = 'public.scan'::regclass
        """
    ).fetchall()

    assert rows == [("RANGE (occurred_at)", 0)]


def _models() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_models() if model._meta.db_table in MONITORING_TABLES}


@pytest.mark.parametrize("table", sorted(_models()))
def test_a_model_equals_its_table(catalogue: psycopg.Connection[Any], table: str) -> None:
    model = _models()[table]
    fields = [field for field in model._meta.local_fields if not isinstance(field, models.CompositePrimaryKey)]

    said = {field.column: (COLUMN_TYPES[type(field).__name__], not field.null) for field in fields}
    found = {name: (kind, not_null) for name, (kind, not_null, _, _) in _columns(catalogue, table).items()}

    assert said == found
    assert model._meta.managed is False


def test_the_tables_lists_read_have_models() -> None:
    assert {"parcel", "parcel_line", "parcel_extra_creator", "scan", "anomaly", "anomaly_change"} <= set(_models())


def test_what_the_rooms_call_append_only_is_so_for_the_runtime():
    told = {table for app in apps.get_app_configs() for table in getattr(app, "append_only_tables", ())}

    assert len(told) > 10
    assert told - set(database.APPEND_ONLY_TABLES) == set()


@pytest.mark.parametrize("table", database.APPEND_ONLY_TABLES)
def test_the_runtime_role_adds_to_history_and_cannot_edit_it(catalogue: psycopg.Connection[Any], table: str) -> None:
    rights = {
        right: catalogue.execute(
            "SELECT has_table_privilege(%s, %s, %s)", (database.RUNTIME_ROLE, f"public.{table}", right)
        ).fetchone()
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    }

    assert rights == {
        "SELECT": (True,),
        "INSERT": (True,),
        "UPDATE": (False,),
        "DELETE": (False,),
        "TRUNCATE": (False,),
    }


def test_a_partition_made_later_cannot_be_edited_either(runtime_dsn: str) -> None:
    with psycopg.connect(runtime_dsn, autocommit=True) as connection:
        connection.execute("SELECT ensure_scan_month('2019-02-01')")

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM scan_2019_02")


def test_no_business_table_fills_a_time_by_itself(catalogue: psycopg.Connection[Any]) -> None:
    rows = catalogue.execute(
        """
        SELECT c.relname, a.attname
          FROM pg_attrdef AS d
          JOIN pg_class AS c ON c.oid = d.adrelid AND c.relnamespace = 'public'::regnamespace
          JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
         WHERE pg_get_expr(d.adbin, d.adrelid) ~* '(now|timestamp)' AND c.relname NOT LIKE 'procrastinate%'
        """
    ).fetchall()
    automatic = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("yidao.")
        for field in model._meta.local_fields
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    ]

    assert (rows, automatic) == ([], [])
