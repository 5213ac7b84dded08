"""
What the processes are made of: the command of each, its supervision (restart with back-off, an orderly end) and the
small file that tells other tools who runs. The order in which things start stands in `config.up`.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from yidao.kit import logs

BACK_OFF_FIRST = 0.2
BACK_OFF_MAX = 10.0
STEADY_SECONDS = 30.0
"""A child that lived this long is well: its next death starts the back-off anew."""
STOP_SECONDS_MAX = 15.0
LOG_BYTES_MAX = 32 * 1024 * 1024
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, so that a killed supervisor leaves nothing running."""
    if not sys.platform.startswith("linux") or not os.environ.get("YIDAO_SUPERVISED"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


@contextmanager
def stop_on_signals(*, on_stop: Callable[[], None] | None = None) -> Iterator[threading.Event]:
    """Give an event that SIGTERM and Ctrl-C set, and put the former handlers back on leaving."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        if on_stop is not None:
            on_stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True, kw_only=True)
class Child:
    """One supervised process in a group of its own, so that its workers end with it."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    back_off: float = BACK_OFF_FIRST
    restart_at: float = 0.0
    restarts: int = 0

    def start(self) -> None:
        """Start the process with its output appended to its log."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  the command is ours
                [sys.executable, "-m", "yidao.config", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment, "YIDAO_SUPERVISED": "1"},
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def is_alive(self) -> bool:
        """Return whether the process runs; a dead one is reaped."""
        return self.process is not None and self.process.poll() is None

    def signal_group(self, number: int) -> None:
        """Send a signal to the process and its workers; nothing happens when all are gone."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def look_after(self) -> bool:
        """Bring the process back when it died, later each time it dies soon; return whether it was started now."""
        now = time.monotonic()
        if self.is_alive():
            return False
        if self.process is not None:
            logs.get(__name__).warning("process ended", child=self.name, code=self.process.returncode)
            self.signal_group(signal.SIGKILL)  # Workers of a killed server would keep its port.
            self.process = None
            self.back_off = (
                BACK_OFF_FIRST if now - self.started_at > STEADY_SECONDS else min(self.back_off * 2, BACK_OFF_MAX)
            )
            self.restart_at = now + self.back_off
        if now < self.restart_at:
            return False
        self.restarts += 1
        self.start()
        return True


class Family:
    """All supervised processes and the file that tells their numbers."""

    def __init__(self, children: list[Child], *, register: Path) -> None:
        self.children = children
        self.register = register

    def start(self) -> None:
        """Start every process."""
        for child in self.children:
            child.start()
        self._write_register()

    def look_after(self) -> None:
        """Bring back whatever died."""
        started = [child.name for child in self.children if child.look_after()]
        if started:
            logs.get(__name__).info("processes started again", children=started)
            self._write_register()

    def stop(self) -> None:
        """End every process: politely, and after a while at once."""
        for child in self.children:
            if child.is_alive() and child.process is not None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while any(child.is_alive() for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in self.children:
            child.signal_group(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
        self.register.unlink(missing_ok=True)

    def _write_register(self) -> None:
        facts = {
            "pid": os.getpid(),
            "children": {child.name: child.process.pid for child in self.children if child.process is not None},
        }
        draft = self.register.with_suffix(".draft")
        draft.write_text(json.dumps(facts))
        draft.replace(self.register)
