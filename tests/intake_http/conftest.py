"""The machine port for each test."""

import pytest

from tests.intake_http.port import Port


@pytest.fixture
def port():
    """Return a fresh port in front of a queue that remembers."""
    made = Port()
    yield made
    made.close()
