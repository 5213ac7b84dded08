"""`yidao up`: the database, its schema, a demo world if the database is new, and all processes, until told to stop."""

import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import conninfo
from rich.console import Console
from rich.table import Table

from yidao.config import database, embedded, env, processes
from yidao.kit import pgserver

READY_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.2
PORT_SECONDS_MAX = 5.0
EXIT_WRONG = 1
COMMAND_MISSING = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A database that runs: whether it was created just now, and the embedded server that has to be looked after."""

    is_new: bool
    server: pgserver.Server | None


@contextmanager
def opened() -> Iterator[Opened]:
    """Let the database run during the block: the operator's own is taken as it is, the embedded one is held."""
    if env.settings().database_url:
        yield Opened(is_new=False, server=None)
        return
    server = embedded.server()
    with server.held():
        is_new = server.ensure_database(embedded.DATABASE)
        database.hand_to_children(server.url(embedded.DATABASE))
        yield Opened(is_new=is_new, server=server)


def run_beside(command: list[str]) -> int:
    """Run a command that finds the database's address in libpq's variables; return its exit code, 127 without it."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    address = conninfo.conninfo_to_dict(database.owner_url())
    variables = {names[key]: str(value) for key, value in address.items() if key in names}
    try:
        return subprocess.run(command, check=False, env={**os.environ, **variables}).returncode  # noqa: S603  the operator's
    except FileNotFoundError:
        return COMMAND_MISSING


def logs_folder() -> Path:
    """Return the folder of the processes' logs and of the register of running processes, made if need be."""
    folder = embedded.server().layout.root / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def register_path() -> Path:
    """Return the file that tells which processes `yidao up` runs."""
    return logs_folder() / "running.json"


def run(console: Console, *, with_demo: bool) -> int:
    """Start everything, supervise it until SIGTERM or Ctrl-C, then stop it all, the database last; the exit code."""
    started = time.monotonic()
    if (taken := _taken_port()) is not None:
        name = "YIDAO_WEB_PORT" if taken == env.settings().web_port else "YIDAO_INTAKE_PORT"
        console.print(f"[red]Port {taken} is taken, perhaps by another Yidao; stop it or set {name}.[/red]")
        return EXIT_WRONG
    with processes.stop_on_signals() as stop, opened() as found:
        with console.status("Preparing the database"):
            family = _prepared_family(is_new=found.is_new and with_demo)
        if stop.is_set():
            return 0
        family.start()
        try:
            with console.status("Starting the processes"):
                is_ready = _wait_until_ready(family, stop)
            if not stop.is_set():
                _greet(console, seconds=time.monotonic() - started, is_ready=is_ready)
            while not stop.wait(LOOK_SECONDS):
                if found.server is not None and not found.server.is_running():
                    found.server.ensure()
                family.look_after()
        finally:
            console.print("Stopping ...")
            family.stop()
    console.print("Stopped.")
    return 0


def _taken_port() -> int | None:
    """Return a port of ours that somebody else serves; children of a supervisor that was killed get a moment to end."""
    settings = env.settings()
    deadline = time.monotonic() + PORT_SECONDS_MAX
    for port in (settings.web_port, settings.intake_port):
        while is_taken(settings.host, port):
            if time.monotonic() > deadline:
                return port
            time.sleep(0.1)
    return None


def is_taken(host: str, port: int) -> bool:
    """Return whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _prepared_family(*, is_new: bool) -> processes.Family:
    """Bring the schema up to date, begin the demo if the database is new, and name the processes to run."""
    from yidao.config import ready  # inline: django not set up

    assert ready
    database.migrate()
    from yidao.config import demo  # inline: django not set up

    if is_new:
        demo.prepare()
    names = ["web", "intake", "worker"]
    if demo.is_demo():
        names.append("market")
    folder = logs_folder()
    children = [processes.Child(name=name, arguments=(name,), log=folder / f"{name}.log") for name in names]
    return processes.Family(children, register=register_path())


def _wait_until_ready(family: processes.Family, stop: threading.Event) -> bool:
    settings = env.settings()
    waiting = [f"http://{settings.host}:{port}/readyz" for port in (settings.web_port, settings.intake_port)]
    deadline = time.monotonic() + READY_SECONDS_MAX
    while waiting and time.monotonic() < deadline and not stop.is_set():
        family.look_after()
        waiting = [address for address in waiting if not _answers(address)]
        if waiting:
            time.sleep(0.05)
    return not waiting


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greet(console: Console, *, seconds: float, is_ready: bool) -> None:
    from yidao.config import demo  # inline: django not set up

    settings = env.settings()
    folder = logs_folder()
    if not is_ready:
        console.print(f"[red]Not everything answers yet; see the logs in {folder} and run: yidao doctor[/red]")
    console.print(f"Yidao is ready after {seconds:.1f} s: [bold]http://localhost:{settings.web_port}[/bold]")
    console.print(
        f"Machines push to http://localhost:{settings.intake_port}; logs lie in {folder}. Ctrl-C stops everything."
    )
    logins = demo.logins()
    if not logins:
        console.print("This is no demo. People and organisations are added with: yidao accounts --help")
    if logins:
        table = Table("role", "login", "password", title="Demo logins")
        for role, login, password in logins:
            table.add_row(role, login, password)
        console.print(table)
    for key, carrier, waybill_no, order_no, title in demo.cases():
        console.print(f"[dim]{carrier:>10}[/dim] {waybill_no:<15} {order_no} {key}: {title}")
