"""
A throw-away installation for the long trials: `yidao up` with its own data, keys and ports, durable like production's,
with a few tenants and their credentials. It is removed at the end unless the trial failed.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

READY_SECONDS_MAX: Final = 120.0
STOP_SECONDS_MAX: Final = 60.0
CARRIER: Final = "zhongtong"
SECRETS: Final = {"KUAIDI100": "kuaidi100-salt", "KDNIAO": "kdniao-key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Who sends: tokens of the carrier, the shop and a reader, and the addresses of the aggregators' pushes."""

    shop_id: int
    creator_id: int
    carrier_token: str
    shop_token: str
    reader_token: str
    pushes: dict[str, int]


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until the condition holds, at most so long; return whether it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


class Ground:
    """One `yidao up` of its own; use it as a context manager."""

    def __init__(self, name: str) -> None:
        root = Path("/var/lib/yidao") if os.geteuid() == 0 else Path(tempfile.gettempdir())
        self.base = root / f"{name}-{os.getpid()}"
        self.keys_file = root / f"{name}-{os.getpid()}-keys.json"
        self.web_port, self.intake_port = free_port(), free_port()
        self.is_kept = False
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Ground":
        os.environ.pop("YIDAO_DATABASE_URL", None)
        os.environ.update(
            YIDAO_DATA_DIR=str(self.base),
            YIDAO_KEYS_FILE=str(self.keys_file),
            YIDAO_WEB_PORT=str(self.web_port),
            YIDAO_INTAKE_PORT=str(self.intake_port),
        )
        if self.base.parent.name == "yidao":
            self.base.parent.mkdir(mode=0o755, exist_ok=True)
        command = [sys.executable, "-m", "yidao.config", "up", "--no-demo"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if not wait_until(self.is_ready, seconds=READY_SECONDS_MAX):
            self.is_kept = True
            self._stop()
            raise SystemExit(f"The installation in {self.base} does not get ready; see its logs.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if self.is_kept or kind is not None:
            print(f"Data and logs are kept in {self.base}.")
            return
        shutil.rmtree(self.base, ignore_errors=True)
        self.keys_file.unlink(missing_ok=True)

    def _stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def is_alive(self) -> bool:
        """Return whether `yidao up` itself still runs."""
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        """Return whether both ports say that they can serve."""
        return all(answers(port) for port in (self.web_port, self.intake_port))

    def children(self) -> dict[str, int]:
        """Return the processes `yidao up` runs, by name."""
        found: dict[str, int] = json.loads((self.base / "logs" / "running.json").read_text())["children"]
        return found

    def postmaster(self) -> int:
        """Return the database server's process, 0 when there is none."""
        try:
            return int((self.base / "product" / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return 0

    def runtime_url(self) -> str:
        """Return the address the processes use."""
        from yidao.config import database  # inline: django not set up

        return database.runtime_url()

    def plant(self) -> Keys:
        """Make the tenants and their credentials."""
        from yidao.config import ready  # inline: django not set up

        assert ready
        from yidao.accounts import services  # inline: django not set up
        from yidao.accounts.actors import SYSTEM  # inline: django not set up
        from yidao.accounts.models import Organisation  # inline: django not set up
        from yidao.kit import clock, db  # inline: django not set up

        now = clock.real_now()
        kinds = Organisation.Kind

        def credential(organisation_id: int, *scopes: str, push_secret: str = "") -> tuple[int, str]:
            return services.create_credential(
                organisation_id=organisation_id,
                name="trial",
                scopes=scopes,
                now=now,
                real_now=now,
                push_secret=push_secret,
            )

        with db.transaction(SYSTEM):
            shop = services.create_organisation(kind=kinds.SHOP, name="Trial shop", now=now)
            creator = services.create_organisation(kind=kinds.CREATOR, name="Trial creator", now=now)
            carrier = services.create_organisation(kind=kinds.CARRIER, name="中通", carrier_code=CARRIER, now=now)
            pushes: dict[str, int] = {}
            for source, secret in SECRETS.items():
                provider = services.create_organisation(kind=kinds.PROVIDER, name=source, source_code=source, now=now)
                pushes[source] = credential(provider, "events:write", push_secret=secret)[0]
            return Keys(
                shop_id=shop,
                creator_id=creator,
                carrier_token=credential(carrier, "events:write")[1],
                shop_token=credential(shop, "parcels:write")[1],
                reader_token=credential(shop, "parcels:read")[1],
                pushes=pushes,
            )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
