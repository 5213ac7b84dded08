"""The embedded server of this checkout: which folder it lives in and what its database is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yidao.config import env
from yidao.kit import pgserver

DATABASE = "yidao"
CHECKOUT = Path(__file__).resolve().parents[3]


def server(purpose: pgserver.Purpose = pgserver.Purpose.PRODUCT) -> pgserver.Server:
    """Return the server of a purpose, running or not."""
    settings = env.settings()
    layout = pgserver.layout(checkout=CHECKOUT, purpose=purpose, data_dir=settings.data_dir)
    return pgserver.Server(layout, binaries=settings.pg_bin)


def url(purpose: pgserver.Purpose = pgserver.Purpose.PRODUCT) -> str:
    """Return the owner's address of the product's database, whether the server runs or not."""
    return server(purpose).url(DATABASE)


@contextmanager
def test_server() -> Iterator[str]:
    """Hold the test cluster and give the address of its maintenance database; the last test process stops it."""
    found = server(pgserver.Purpose.TEST)
    with found.held():
        yield found.url()
