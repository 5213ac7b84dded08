"""Making the file: whole or not at all, with the rights of now, whoever else works, cancels or dies meanwhile."""

import csv
import io
import os
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections
from django.utils import translation
from python_calamine import CalamineWorkbook

from tests.exports import world
from tests.exports.world import NOW, Rows
from yidao.accounts.models import Membership
from yidao.audit.models import AuditEntry
from yidao.exports import making, queries, services, tasks
from yidao.exports.ids import ExportId
from yidao.exports.models import ExportRecord
from yidao.files import services as files
from yidao.files.ids import FileId
from yidao.files.models import FileChunk, StoredFile
from yidao.kit import clock
from yidao.kit.sheets import Format
from yidao.notices import queries as notices

pytestmark = pytest.mark.usefixtures("committed_db")
State = ExportRecord.State
Fault = making.Fault


@pytest.fixture(autouse=True)
def few_rows_between_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PROGRESS_EVERY", 2)


def content(export_id: ExportId) -> bytes:
    file_id = world.record(export_id).file_id
    assert file_id is not None
    return b"".join(files.read(FileId(file_id)))


def csv_rows(export_id: ExportId) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(export_id).decode("utf-8-sig"), newline="")))


def chinese_headers() -> list[str]:
    with translation.override("zh-hans"):
        return [translation.gettext(each) for each in world.HEADERS]


def fault_of(export_id: ExportId) -> tuple[str, str]:
    found = world.record(export_id)
    return found.state, found.fault


def elsewhere(work: Callable[[], object]) -> None:
    """Do something on a connection of its own, as another process would."""

    def run() -> None:
        try:
            work()
        finally:
            connections["default"].close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_a_csv_has_the_rows_in_the_makers_language() -> None:
    name = world.kind(Rows(count=3))
    chinese, english = world.ask(world.maker(), name), world.ask(world.maker(), name, language="en")

    making.make(chinese)
    making.make(english)

    assert csv_rows(chinese)[:2] == [chinese_headers(), ["花间集1", "1000000000000000001\t", "快递公司"]]
    assert csv_rows(english)[:2] == [["Shop", "Waybill", "Carrier"], ["花间集1", "1000000000000000001\t", "Carrier"]]
    done = world.record(chinese)
    assert (done.state, done.rows_done, done.rows_total) == (State.DONE, 3, 3)


def test_an_xlsx_keeps_nineteen_digits_and_opens_nothing_as_a_formula(tmp_path: Path) -> None:
    harmful = ("=1+1", "+1", "-1", "@x", "\t=1")
    rows = Rows(count=len(harmful), make=lambda number: ("花间集", f"{10**18 + number}", harmful[number - 1]))
    export_id = world.ask(world.maker(), world.kind(rows), sheet_format=Format.XLSX)

    making.make(export_id)

    path = tmp_path / "x.xlsx"
    path.write_bytes(content(export_id))
    found = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert found[0] == chinese_headers()
    assert found[1:5] == [["花间集", str(10**18 + n), harmful[n - 1]] for n in range(1, 5)]
    assert str(found[5][2]).endswith("=1")


def test_the_file_is_called_after_the_list_and_lives_as_long_as_the_policy_says() -> None:
    export_id = world.ask(world.maker(), world.kind(Rows()), sheet_format=Format.XLSX)

    making.make(export_id)

    found = world.record(export_id)
    stored = StoredFile.objects.get(id=found.file_id)
    assert stored.name == "包裹-20220620-120000.xlsx"
    assert found.ended_at is not None
    assert found.expires_at == stored.expires_at == found.ended_at + timedelta(hours=168)
    assert AuditEntry.objects.filter(act="export.done", subject=f"export/{export_id}").count() == 1


def test_progress_is_seen_while_the_rows_are_written() -> None:
    seen: list[tuple[str, int]] = []
    rows = Rows(count=5)
    export_id = world.ask(world.maker(), world.kind(rows))

    def look() -> None:
        elsewhere(lambda: seen.append((world.record(export_id).state, world.record(export_id).rows_done)))

    rows.before = {1: look, 3: look, 5: look}

    making.make(export_id)

    assert seen == [(State.RUNNING, 0), (State.RUNNING, 2), (State.RUNNING, 4)]


def test_what_is_cancelled_in_the_middle_leaves_nothing_behind() -> None:
    rows, who = Rows(count=9), world.maker()
    export_id = world.ask(who, world.kind(rows))
    files_before = StoredFile.objects.count()

    def cancel() -> None:
        elsewhere(
            lambda: services.cancel(export_id, actor=who.actor, now=NOW, real_now=clock.real_now()),
        )

    def never() -> None:
        raise AssertionError("rows after the cancelling were read")

    rows.before = {3: cancel, 5: never}

    making.make(export_id)

    assert fault_of(export_id) == (State.CANCELLED, "")
    assert StoredFile.objects.count() == files_before


def test_what_is_cancelled_at_the_last_moment_is_not_stored_either() -> None:
    rows, who = Rows(count=3), world.maker()
    export_id = world.ask(who, world.kind(rows))
    rows.before = {
        3: lambda: elsewhere(lambda: services.cancel(export_id, actor=who.actor, now=NOW, real_now=clock.real_now()))
    }

    making.make(export_id)

    assert fault_of(export_id) == (State.CANCELLED, "")


def test_of_two_workers_at_one_job_the_later_makes_the_file_and_there_is_one() -> None:
    rows = Rows(count=5)
    export_id = world.ask(world.maker(), world.kind(rows))
    files_before = StoredFile.objects.count()

    def other_worker() -> None:
        rows.before = {}
        elsewhere(lambda: making.make(export_id))

    rows.before = {2: other_worker}

    making.make(export_id)

    found = world.record(export_id)
    assert (found.state, found.run, found.rows_done) == (State.DONE, 2, 5)
    assert StoredFile.objects.count() == files_before + 1
    assert AuditEntry.objects.filter(act="export.done", subject=f"export/{export_id}").count() == 1
    making.make(export_id)
    assert world.record(export_id).run == 2


def test_a_crash_in_the_middle_leaves_no_half_file_and_the_next_run_makes_it_whole() -> None:
    rows = Rows(count=5)
    export_id = world.ask(world.maker(), world.kind(rows))
    pieces_before = FileChunk.objects.count()

    def lightning() -> None:
        raise OperationalError("the connection is gone")

    rows.before = {4: lightning}

    with pytest.raises(OperationalError):
        making.make(export_id)
    assert (world.record(export_id).state, FileChunk.objects.count()) == (State.RUNNING, pieces_before)
    rows.before = {}
    making.make(export_id)

    assert (world.record(export_id).state, len(csv_rows(export_id))) == (State.DONE, 6)


def test_an_export_that_breaks_every_time_is_given_up() -> None:
    rows = Rows(make=lambda number: ("a", "b", str(1 // 0)))
    export_id = world.ask(world.maker(), world.kind(rows))

    for _ in range(making.RUNS_MAX - 1):
        with pytest.raises(ZeroDivisionError):
            making.make(export_id)
    making.make(export_id)

    assert fault_of(export_id) == (State.FAILED, Fault.BROKEN)


def test_an_export_whose_workers_died_is_given_up() -> None:
    export_id = world.ask(world.maker(), world.kind(Rows()))
    ExportRecord.objects.filter(id=export_id).update(state=State.RUNNING, run=making.RUNS_MAX)

    making.make(export_id)

    assert fault_of(export_id) == (State.FAILED, Fault.BROKEN)


def test_the_file_holds_what_its_maker_may_see_when_it_is_made() -> None:
    rows = Rows()
    name = world.kind(rows)
    gone, demoted, closed, shut_out = makers = [world.maker() for _ in range(4)]
    asked = [world.ask(each, name) for each in makers]
    Membership.objects.filter(user_id=gone.user_id).update(disabled_at=NOW)
    Membership.objects.filter(user_id=demoted.user_id).update(role=Membership.Role.VIEWER)
    rows.closed_to.add(closed.user_id)
    _disable(shut_out.user_id)

    for each in asked:
        making.make(each)

    assert [fault_of(each) for each in asked] == [(State.FAILED, Fault.RIGHTS_LOST)] * 4


def _disable(user_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE account_user SET is_active = false, disabled_at = now() WHERE id = %s", [user_id])


@pytest.mark.parametrize(
    ("count", "fault"),
    [
        pytest.param(10_001, Fault.TOO_MANY, id="more rows by now"),
        pytest.param(0, Fault.NOTHING, id="no rows any more"),
    ],
)
def test_a_list_that_changed_too_much_meanwhile_is_no_file(count: int, fault: making.Fault) -> None:
    rows = Rows(count=1, make=lambda number: ("a", "b", "c"))
    export_id = world.ask(world.maker(), world.kind(rows))
    rows.count = count

    making.make(export_id)

    assert fault_of(export_id) == (State.FAILED, fault)


def test_a_file_larger_than_may_be_stored_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILE_BYTES_MAX", 20)
    export_id = world.ask(world.maker(), world.kind(Rows()))

    making.make(export_id)

    assert fault_of(export_id) == (State.FAILED, Fault.TOO_LARGE)


def test_a_list_this_release_does_not_know_any_more_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    export_id = world.ask(world.maker(), world.kind(Rows()))
    monkeypatch.setattr(making.registry, "_KINDS", {})

    making.make(export_id)

    assert fault_of(export_id) == (State.FAILED, Fault.KIND_GONE)


def test_the_rows_are_of_one_moment_of_the_database() -> None:
    shops: list[int] = []
    rows = Rows(count=3)

    def count_shops() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM organisation")
            shops.append(cursor.fetchone()[0])

    def before_second() -> None:
        elsewhere(world.maker)
        count_shops()

    rows.before = {1: count_shops, 2: before_second}

    making.make(world.ask(world.maker(), world.kind(rows)))

    assert shops[0] == shops[1]


def test_files_whose_time_is_over_are_deleted_and_the_record_says_so() -> None:
    who = world.maker()
    export_id = world.ask(who, world.kind(Rows()))
    making.make(export_id)
    found = world.record(export_id)
    assert found.expires_at is not None

    services.expire(real_now=found.expires_at - timedelta(seconds=1))
    assert world.record(export_id).state == State.DONE
    shown = queries.record(export_id, actor=who.actor, real_now=found.expires_at)
    assert (shown.state, shown.file_id) == (State.EXPIRED, None)
    assert services.expire(real_now=found.expires_at) >= 1
    assert fault_of(export_id) == (State.EXPIRED, "")
    assert not StoredFile.objects.filter(id=found.file_id).exists()
    assert services.expire(real_now=found.expires_at) == 0


def test_the_record_itself_is_forgotten_after_a_year() -> None:
    export_id = world.ask(world.maker(), world.kind(Rows()))
    ended = clock.real_now()
    ExportRecord.objects.filter(id=export_id).update(state=State.CANCELLED, ended_at=ended)

    services.forget(real_now=ended + services.RECORDS_KEPT)
    assert ExportRecord.objects.filter(id=export_id).exists()
    services.forget(real_now=ended + services.RECORDS_KEPT + timedelta(seconds=1))
    assert not ExportRecord.objects.filter(id=export_id).exists()


def test_the_temporary_folders_of_killed_workers_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, young, others = (tmp_path / f"{name}x" for name in (making.FOLDER_PREFIX, "yidao-export-y", "z"))
    for each in (old, young, others):
        each.mkdir()
        (each / "sheet").write_text("x")
    real_now = clock.real_now()
    long_ago = (real_now - timedelta(hours=3)).timestamp()
    os.utime(old, (long_ago, long_ago))
    os.utime(others, (long_ago, long_ago))

    assert making.sweep_folders(real_now=real_now) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == [young.name, others.name]


def test_the_jobs_run() -> None:
    export_id = world.ask(world.maker(), world.kind(Rows()))

    tasks.make_file(export_id=export_id)
    tasks.tidy(timestamp=0)

    assert world.record(export_id).state == State.DONE


def test_the_maker_is_told_and_nobody_else() -> None:
    alice = world.maker()
    bob = world.maker(shop_id=alice.shop_id)
    rows = Rows(count=3)
    done, failed = world.ask(alice, world.kind(rows)), world.ask(alice, world.kind(rows))

    making.make(done)
    rows.count = 0
    making.make(failed)

    page = notices.notices(actor=alice.actor, only_unread=True, limit=10)
    assert [(row.kind, row.params, row.address) for row in page.rows] == [
        ("export.failed", {"fault": "NOTHING"}, f"/m/{alice.shop_id}/exports/{failed}/"),
        ("export.done", {"rows": 3}, f"/m/{alice.shop_id}/exports/{done}/"),
    ]
    assert (notices.unread(alice.actor), notices.unread(bob.actor)) == (2, 0)
    assert notices.notices(actor=bob.actor, only_unread=False, limit=10).rows == ()
    assert notices.one(page.rows[0].id, actor=bob.actor) is None
