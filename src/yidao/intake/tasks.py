"""The intake's jobs, run by the worker: order files that shops brought, through the same decoder and writer."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
from django.db import OperationalError, connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from psycopg import conninfo

from yidao.files import services as stored
from yidao.intake import columns, files
from yidao.intake.payloads import SourceFacts
from yidao.intake.phrases import Language
from yidao.intake.queue import Queue, StoreUnavailable
from yidao.intake.senders import SHOP_SOURCE, Sender
from yidao.kit import clock, logs, sheets, tables
from yidao.kit.errors import Refusal
from yidao.orders import imports
from yidao.orders.imports import Begun

RETRY: Final = RetryStrategy(
    max_attempts=3,
    wait=3,
    retry_exceptions=(OperationalError, psycopg.OperationalError, psycopg.InterfaceError, StoreUnavailable),
)
ITEMS_MAX: Final = 4_000
BYTES_MAX: Final = 32 * 1024 * 1024
BATCH_MAX: Final = 1_000
COPY_BYTES: Final = 256 * 1024
TELL_EVERY: Final = 1_000
"""Rows between two words about how far a file is."""
log = logs.get(__name__)


@app.task(name=imports.READ_FILE, retry=RETRY)
def read_order_file(import_id: int) -> None:
    """Read one order file; begun twice, what was taken once is taken for known the second time."""
    begun = imports.begin(import_id)
    if begun is None:
        return
    with tempfile.TemporaryDirectory(prefix="yidao-orders-") as folder:
        try:
            _read(begun, Path(folder))
        except (tables.FileUnreadable, columns.ColumnsMissing, stored.FileDamaged) as fault:
            refusal = fault if isinstance(fault, Refusal) else tables.FileUnreadable(name=begun.file_name)
            values = {name: str(value) for name, value in refusal.values.items()}
            imports.fail(begun.id, fault=refusal.code, values=values, real_now=clock.real_now())


def _read(begun: Begun, folder: Path) -> None:
    path = folder / f"orders{Path(begun.file_name).suffix[:6]}"
    with path.open("wb") as file:
        for piece in stored.read(begun.file_id):
            file.write(piece)
    report = folder / f"bad{'.xlsx' if path.suffix.lower() == '.xlsx' else '.csv'}"
    told = 0

    def tell(rows: int) -> None:
        nonlocal told
        if rows - told >= TELL_EVERY:
            told = rows
            imports.tell(begun.id, rows=rows)

    queue = Queue(_address(), items_max=ITEMS_MAX, bytes_max=BYTES_MAX, batch_max=BATCH_MAX, linger_seconds=0)
    try:
        summary = files.import_file(
            path,
            kind="orders",
            sender=_sender(begun.shop_id),
            queue=queue,
            report=report,
            language=Language.CHINESE if begun.language.startswith("zh") else Language.ENGLISH,
            progress=tell,
        )
    finally:
        queue.drain()
    name = f"{Path(begun.file_name).stem[:60]}.bad-rows{report.suffix}"
    form = sheets.Format.XLSX if report.suffix == ".xlsx" else sheets.Format.CSV
    imports.finish(
        begun.id,
        counts={each: getattr(summary, each) for each in ("rows", "accepted", "duplicate", "rejected")},
        ignored_columns=summary.ignored_columns,
        bad_rows=(name, sheets.CONTENT_TYPES[form], _pieces(report)) if report.exists() else None,
        real_now=clock.real_now(),
    )
    log.info("order file read", rows=summary.rows, accepted=summary.accepted, rejected=summary.rejected)


def _sender(shop_id: int) -> Sender:
    facts = SourceFacts(credential_id=0, organisation_id=shop_id, kind="SHOP", source=SHOP_SOURCE, is_weak=True)
    return Sender(facts, frozenset(), own_shop=shop_id)


def _address() -> str:
    """Return where Django's own connection leads, for the writer's plain one."""
    known = connection.settings_dict
    options = {name: value for name, value in known["OPTIONS"].items() if name != "pool"}
    parts = {"dbname": known["NAME"], "user": known["USER"], "password": known["PASSWORD"], "host": known["HOST"]}
    parts["port"] = known["PORT"]
    return conninfo.make_conninfo(**{name: value for name, value in (parts | options).items() if value})


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(COPY_BYTES):
            yield piece
