"""A writer on a database that is never truncated: every test works with numbers and tenants of its own."""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from tests.intake import facts
from yidao.intake.writer import Writer
from yidao.parcels import hot
from yidao.rules.instants import instant


@pytest.fixture
def connection(runtime_dsn: str) -> Iterator[psycopg.Connection]:
    """Return a hot connection as the intake has it."""
    with hot.connect(runtime_dsn) as opened:
        yield opened


@pytest.fixture
def writer(connection: psycopg.Connection) -> Writer:
    """Return a writer that lives at a fixed instant."""
    return Writer(connection, now=instant(datetime.fromisoformat(facts.NOW)))


@pytest.fixture
def tenants(owner_dsn: str) -> facts.Tenants:
    """Return a shop and creators of this test alone."""
    return facts.plant_tenants(owner_dsn)
