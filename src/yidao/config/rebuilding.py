"""`yidao rebuild`: folds every parcel anew from its facts, compares, and mends when asked to."""

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from yidao.config import database
from yidao.parcels import hot, rebuild

SHOWN_MAX = 20


def run(console: Console, *, check_only: bool) -> int:
    """Compare every parcel with a fresh fold; print what differs; return 0 when nothing does or all was mended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    differences: list[rebuild.Difference] = []
    with hot.connect(database.runtime_url()) as connection, Progress(*columns, console=console) as progress:
        row = connection.execute(
            "SELECT count(*) FROM (SELECT DISTINCT waybill_no, carrier FROM parcel) AS n"
        ).fetchone()
        task = progress.add_task("folding parcels anew", total=row[0] if row else 0)
        for difference in rebuild.check(connection, on_page=lambda done: progress.advance(task, done)):
            differences.append(difference)
            if len(differences) <= SHOWN_MAX:
                key = "/".join(str(part) for part in difference.key)
                console.print(f"{key}: {difference.what} is {difference.stored}, folded anew {difference.fresh}")
        mended = 0 if check_only else _mend(connection, differences)
    if not differences:
        console.print("Every stored copy equals a fresh fold of its facts.")
        return 0
    more = f", {len(differences) - SHOWN_MAX} of them not shown" if len(differences) > SHOWN_MAX else ""
    console.print(f"{len(differences)} differences{more}; {mended} parcels mended.")
    return 0 if mended else 1


def _mend(connection: "psycopg.Connection[tuple[object, ...]]", differences: list[rebuild.Difference]) -> int:
    numbers = list(dict.fromkeys(difference.key[:2] for difference in differences))
    pages = [numbers[start : start + rebuild.PAGE_SIZE] for start in range(0, len(numbers), rebuild.PAGE_SIZE)]
    return sum(rebuild.mend(connection, page) for page in pages)
