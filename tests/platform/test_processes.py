"""Supervision: what dies comes back, later each time; what is told to stop ends, with all its workers."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from yidao.config import processes
from yidao.kit import pgserver


@pytest.fixture
def child(tmp_path: Path) -> Iterator[processes.Child]:
    made = processes.Child(name="doctor", arguments=("--help",), log=tmp_path / "child.log")
    yield made
    made.signal_group(signal.SIGKILL)
    if made.process is not None:
        made.process.wait()


def _until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def test_a_child_that_keeps_dying_is_started_again_later_each_time(child: processes.Child) -> None:
    child.start()
    assert _until(lambda: not child.is_alive())

    first = child.look_after()
    waits = child.restart_at - time.monotonic()
    assert _until(child.look_after, 5)

    assert first is False
    assert 0 < waits <= 2 * processes.BACK_OFF_FIRST
    assert child.restarts == 1
    assert child.back_off == 2 * processes.BACK_OFF_FIRST


def test_the_output_of_a_child_is_kept_in_its_log(child: processes.Child) -> None:
    child.start()
    assert _until(lambda: not child.is_alive())

    assert "Usage" in child.log.read_text()


def test_a_family_tells_its_numbers_and_takes_them_back(tmp_path: Path) -> None:
    slow = processes.Child(name="slow", arguments=("doctor",), log=tmp_path / "slow.log")
    family = processes.Family([slow], register=tmp_path / "running.json")

    family.start()
    told = json.loads(family.register.read_text())
    family.stop()

    assert slow.process is not None
    assert told == {"pid": os.getpid(), "children": {"slow": slow.process.pid}}
    assert not family.register.exists()
    assert not slow.is_alive()


class Running:
    """A whole `yidao up` on ports and data of its own."""

    def __init__(self, base: Path, web_port: int) -> None:
        self.base = base
        self.ports = (web_port, web_port + 1)
        keys = base.with_name(f"{base.name}-keys.json")
        self.keys = keys
        kept = {key: value for key, value in os.environ.items() if key not in {"YIDAO_DATABASE_URL", "YIDAO_KEYS_FILE"}}
        self.environment = {
            **kept,
            "YIDAO_DATA_DIR": str(base),
            "YIDAO_KEYS_FILE": str(keys),
            "YIDAO_WEB_PORT": str(self.ports[0]),
            "YIDAO_INTAKE_PORT": str(self.ports[1]),
        }
        self.command = [sys.executable, "-m", "yidao.config", "up", "--no-demo"]
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def is_ready(self) -> bool:
        return all(self._answers(port) for port in self.ports)

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def children(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.base / "logs" / "running.json").read_text())["children"]
        return found

    def database(self) -> int:
        """Return the server's number, 0 while there is none: between two servers the file is away or empty."""
        try:
            return int((self.base / "product" / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError):
            return 0

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    base = pgserver.SYSTEM_ROOT / f"test-up-{os.getpid()}" if os.geteuid() == 0 else tmp_path / "data"
    found = Running(base, web_port=20_000 + os.getpid() % 20_000)
    yield found
    if found.process.poll() is None:
        found.stop()
    subprocess.run(["rm", "-rf", str(base), str(found.keys)], check=True)


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_up_brings_back_whatever_is_killed_and_stops_cleanly(running: Running) -> None:
    assert _until(running.is_ready, 90)
    for name in ("web", "intake", "worker"):
        before = running.children()[name]
        os.kill(before, signal.SIGKILL)
        assert _until(lambda name=name, before=before: running.children()[name] != before and running.is_ready(), 30)
    database = running.database()
    os.kill(database, signal.SIGKILL)
    assert _until(lambda: _is_gone(database) and running.database() not in {0, database} and running.is_ready(), 30)

    second = subprocess.run(running.command, env=running.environment, check=False, capture_output=True, timeout=60)
    everybody = [*running.children().values(), running.database()]
    code = running.stop()

    assert second.returncode == 1
    assert f"Port {running.ports[0]} is taken".encode() in second.stdout
    assert code == 0
    assert [pid for pid in everybody if not _is_gone(pid)] == []


@pytest.mark.slow
def test_a_killed_supervisor_takes_its_children_along_and_the_next_start_is_ready(running: Running) -> None:
    assert _until(running.is_ready, 90)
    children = list(running.children().values())

    running.process.kill()
    running.process.wait()

    assert _until(lambda: all(_is_gone(pid) for pid in children), 20)
    running.process = running._start()
    assert _until(running.is_ready, 60)
