"""
export.rows: 10,000 rows of a creators' list as an xlsx, from the claimed job to the stored file, against XlsxWriter on
rows that are ready. Then the peak memory of a process that makes 10,000 rows, beside one that makes 1,000.
"""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import xlsxwriter
from django.db import connection
from django.utils import translation

from bench import cluster, data, report

KIND: Final = "creator-parcels"
ROWS: Final = 10_000
FEW_ROWS: Final = 1_000
TIMES: Final = 5
Row = tuple[str, ...]


def run(url: str, parcels: int) -> None:
    """Make the same file several times, print the line."""
    from yidao.config import database  # inline: django not set up

    database.point_django_at(database.with_role(url), pool_size=0)
    many, few = (_maker(rows, parcels) for rows in (ROWS, FEW_ROWS))
    ready = _ready(many)
    floors, values = [], []
    for _ in range(TIMES):
        floors.append(_written(ready))
        values.append(_made(_ask(many, len(ready))))
    peaks = [_peak_megabytes(url, _ask(maker, 0)) for maker in (few, many)]
    report.line(
        "export.rows",
        value=report.middle(values),
        floor=report.middle(floors),
        unit="s",
        rows=len(ready),
        columns=len(ready[0]),
        peak_mb_1000=peaks[0],
        peak_mb_10000=peaks[1],
    )


def _maker(rows: int, parcels: int) -> tuple[int, list[int]]:
    """Make a person for as many creators as it takes, and return who and which."""
    from yidao.accounts import services  # inline: django not set up
    from yidao.accounts.ids import OrganisationId  # inline: django not set up
    from yidao.accounts.models import Membership  # inline: django not set up
    from yidao.kit import ids  # inline: django not set up

    each = max(1, parcels // len(data.CREATOR_IDS))
    creators = list(data.CREATOR_IDS[: -(-rows // each)])
    user_id = services.create_user(login=f"bench-{ids.new_id()}", name="Bench", password="not used by anybody")
    for creator in creators:
        services.join(user_id=user_id, organisation_id=OrganisationId(creator), role=Membership.Role.OWNER)
    return user_id, creators


def _ready(maker: tuple[int, list[int]]) -> list[Row]:
    """Return the rows of the list; reading them also warms what the measured runs read."""
    from yidao.accounts.actors import ActorKind  # inline: django not set up
    from yidao.accounts.ids import UserId  # inline: django not set up
    from yidao.exports import registry, rights  # inline: django not set up
    from yidao.rules.instants import to_datetime  # inline: django not set up

    kind = registry.of(KIND)
    assert kind is not None, f"nobody registered {KIND}"
    actor = rights.actor_now(user_id=UserId(maker[0]), kind=ActorKind.CREATOR, organisation_ids=maker[1])
    assert actor is not None
    with translation.override("zh-hans"):
        return list(kind.rows(actor, "", to_datetime(data.NOW)))


def _ask(maker: tuple[int, list[int]], rows: int) -> int:
    """Write down an export that waits for its job, and return its id."""
    from yidao.exports.models import ExportRecord  # inline: django not set up
    from yidao.kit import clock, ids  # inline: django not set up
    from yidao.rules.instants import to_datetime  # inline: django not set up

    real_now = clock.real_now()
    record = ExportRecord.objects.create(
        id=ids.new_id(),
        kind=KIND,
        actor_kind="CREATOR",
        organisation_ids=maker[1],
        made_by_id=maker[0],
        query="",
        page="/",
        format="xlsx",
        language="zh-hans",
        policy="export/default/1",
        needs_code=True,
        state=ExportRecord.State.QUEUED,
        rows_total=rows,
        asked_at=to_datetime(data.NOW),
        queued_at=real_now,
        touched_at=real_now,
    )
    return int(record.id)


def _written(rows: Sequence[Row]) -> float:
    """Return the seconds XlsxWriter takes to write ready rows, one after the other, to a file."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with xlsxwriter.Workbook(str(Path(folder) / "x.xlsx"), {"constant_memory": True, "tmpdir": folder}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        return time.perf_counter() - started


def _made(export_id: int) -> float:
    """Return the seconds a job takes from the claim to the stored file."""
    from yidao.exports import making, queries  # inline: django not set up
    from yidao.exports.models import ExportRecord  # inline: django not set up

    started = time.perf_counter()
    making.make(making.ExportId(export_id))
    seconds = time.perf_counter() - started
    state, fault = ExportRecord.objects.values_list("state", "fault").get(id=export_id)
    assert state == queries.State.DONE, (state, fault)
    return seconds


def _peak_megabytes(url: str, export_id: int) -> float:
    """Return the greatest memory of a process of its own that makes one file."""
    connection.close()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_make_alone, args=(url, export_id, theirs))
    process.start()
    theirs.close()
    peak = float(ours.recv())
    process.join()
    return peak


def _make_alone(url: str, export_id: int, answer: Connection) -> None:
    cluster.set_up(url)
    _made(export_id)
    answer.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    answer.close()
