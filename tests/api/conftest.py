"""The cast of the web tests, for the API."""

import pytest

from tests.web import cast as people
from tests.web.cast import Cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Return shops, creators, carriers and providers of this test alone."""
    return people.build()
