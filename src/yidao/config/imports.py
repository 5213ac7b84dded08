"""`yidao import-events`: a file of events, parcels or orders through the intake's own decoder and writer."""

import re
from pathlib import Path

import psycopg
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from yidao.config import database, env
from yidao.intake import columns, files
from yidao.intake.payloads import SourceFacts
from yidao.intake.phrases import Language
from yidao.intake.queue import Queue
from yidao.intake.senders import SHOP_SOURCE, Sender
from yidao.kit import tables
from yidao.kit.errors import Refusal
from yidao.parcels import freshness

EXIT_DONE = 0
EXIT_SOME_BAD = 1
EXIT_USAGE = 2
SOURCE_FORM = re.compile(r"[A-Z0-9][A-Z0-9:_/-]{0,39}|CARRIER:[a-z0-9]{1,32}")


def template(console: Console, *, file: Path, kind: str) -> int:
    """Write an empty table with our columns; return the exit code."""
    try:
        files.write_template(file, kind=kind)
    except Refusal as refusal:
        console.print(refusal.message % refusal.values)
        return EXIT_USAGE
    console.print(f"Wrote the columns of {kind} and one example row to {file}.")
    return EXIT_DONE


def run(console: Console, *, file: Path, kind: str, report: Path | None, source: str) -> int:
    """Import a file; return 0 when every row was taken, 1 when some were not, 2 when the file cannot be used at all."""
    if not SOURCE_FORM.fullmatch(source):
        console.print("The source must be capital letters and digits, or CARRIER: and a carrier's code.")
        return EXIT_USAGE
    settings = env.settings()
    queue = Queue(
        database.runtime_url(),
        items_max=settings.intake_queue_items,
        bytes_max=settings.intake_queue_bytes,
        batch_max=settings.intake_batch_max,
    )
    facts = SourceFacts(0, 0, "PLATFORM", source, source == SHOP_SOURCE)
    report = report or file.with_name(f"{file.stem}.bad-rows.csv")
    shown = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} rows"),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*shown, console=console) as progress:
            task = progress.add_task(f"importing {file.name}", total=None)
            summary = files.import_file(
                file,
                kind=kind,
                sender=Sender(facts, frozenset()),
                queue=queue,
                report=report,
                language=Language.ENGLISH,
                progress=lambda rows: progress.update(task, completed=rows),
            )
    except (tables.FileUnreadable, columns.ColumnsMissing, files.KindUnknown) as refusal:
        console.print(refusal.message % refusal.values)
        return EXIT_USAGE
    finally:
        queue.drain()
    with psycopg.connect(database.runtime_url(), autocommit=True) as connection:
        freshness.expire(connection)
    _tell(console, summary, report)
    return EXIT_SOME_BAD if summary.rejected else EXIT_DONE


def _tell(console: Console, summary: files.Summary, report: Path) -> None:
    console.print(
        f"{summary.rows} rows: {summary.accepted} accepted, {summary.duplicate} there already, "
        f"{summary.waiting} waiting for a decision, {summary.rejected} bad."
    )
    if summary.ignored_columns:
        console.print(f"Columns not used: {', '.join(summary.ignored_columns)}")
    if summary.rejected:
        console.print(f"The bad rows and their reasons are in {report}.")
