"""`yidao doctor`: looks at everything an installation needs and says how to mend what is missing."""

import difflib
import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from yidao.config import database, embedded, env
from yidao.kit import clock, crypto, pgserver

DISK_BYTES_MIN = 2 * 1024**3
FONT_FOLDERS = (Path("/usr/share/fonts/opentype/noto"), Path("/usr/share/fonts/truetype/noto"))

OTHER_VARIABLES = frozenset({"YIDAO_SUPERVISED", "YIDAO_CHROMIUM", "YIDAO_REQUIRE_BROWSER", "YIDAO_BENCH_DATABASE_URL"})
"""What our own processes, tests and benchmarks hand on; no settings of an operator."""


class Verdict(IntEnum):
    """How bad it is; the worst of all is the exit code."""

    WELL = 0
    LOOK = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, and the remedy when it is not well."""

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def run(console: Console) -> int:
    """Run every check, print the findings and the settings, and return the worst verdict as exit code."""
    findings = [check() for check in CHECKS]
    table = Table("check", "", "found", "how to mend", title="Installation")
    marks = {Verdict.WELL: "[green]ok[/green]", Verdict.LOOK: "[yellow]look[/yellow]", Verdict.BROKEN: "[red]no[/red]"}
    for finding in findings:
        table.add_row(finding.subject, marks[finding.verdict], finding.detail, finding.remedy)
    console.print(table)
    settings = Table("variable", "value", "meaning", title="Settings")
    for name, field in env.Settings.model_fields.items():
        value = getattr(env.settings(), name)
        shown = _without_password(value) if name == "database_url" else str(value)
        settings.add_row(f"YIDAO_{name.upper()}", shown, field.description or "")
    console.print(settings)
    return int(max(finding.verdict for finding in findings))


def _without_password(url: str) -> str:
    if not url:
        return ""
    before, at, after = url.rpartition("@")
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}{at}{after}" if at else url


def check_python() -> Finding:
    """Python 3.11 to 3.13 are tested; newer ones may work."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] > (3, 13):
        return Finding(subject="Python", verdict=Verdict.LOOK, detail=version, remedy="tested on 3.11 to 3.13")
    return Finding(subject="Python", verdict=Verdict.WELL, detail=version)


def check_server() -> Finding:
    """The database answers and is new enough; a stopped embedded one is no fault as long as it can be started."""
    subject = "PostgreSQL"
    if not env.settings().database_url and not embedded.server().is_running():
        return _check_binaries(subject)
    try:
        with psycopg.connect(database.owner_url(), connect_timeout=3) as connection:
            number = connection.info.server_version
    except psycopg.Error as fault:
        remedy = "start the server, or correct YIDAO_DATABASE_URL"
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail=str(fault).strip(), remedy=remedy)
    major = number // 10_000
    if not pgserver.OLDEST_MAJOR <= major <= pgserver.NEWEST_MAJOR:
        need = f"use PostgreSQL {pgserver.OLDEST_MAJOR} to {pgserver.NEWEST_MAJOR}"
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail=f"version {major}", remedy=need)
    return Finding(subject=subject, verdict=Verdict.WELL, detail=f"version {major} answers")


def _check_binaries(subject: str) -> Finding:
    server = embedded.server()
    try:
        found = pgserver.find_binaries(
            root=server.layout.root,
            wanted=server.data_major(),
            setting=env.settings().pg_bin,
            account=pgserver.server_account(),
        )
    except pgserver.ServerFault as fault:
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail=str(fault), remedy="see docs/operating")
    detail = f"embedded {found.major} is stopped; {found.folder} would run it"
    return Finding(subject=subject, verdict=Verdict.LOOK, detail=detail, remedy="yidao up")


def check_schema() -> Finding:
    """Every migration is applied and the runtime role can read."""
    subject = "Schema"
    from yidao.config import ready  # inline: slow

    assert ready
    from django.db import connection  # inline: django not set up
    from django.db.migrations.executor import MigrationExecutor  # inline: django not set up
    from django.db.utils import OperationalError  # inline: django not set up

    try:
        database.point_django_at(database.runtime_url(), pool_size=0)
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as fault:
        detail = str(fault).strip().splitlines()[0]
        if "role" in detail and database.RUNTIME_ROLE in detail:
            return Finding(subject=subject, verdict=Verdict.BROKEN, detail="no runtime role", remedy="yidao migrate")
        return Finding(subject=subject, verdict=Verdict.LOOK, detail="not looked at: no database", remedy="yidao up")
    if missing:
        detail = f"{len(missing)} migrations are missing"
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail=detail, remedy="yidao migrate")
    return Finding(subject=subject, verdict=Verdict.WELL, detail="all migrations are applied")


def check_roles() -> Finding:
    """The runtime role owns nothing and cannot edit history."""
    subject = "Roles"
    try:
        with psycopg.connect(database.owner_url(), connect_timeout=3) as connection:
            row = connection.execute(
                """
                SELECT count(*) FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                   AND (pg_get_userbyid(relowner) = %(role)s
                        OR relname = ANY(%(history)s) AND has_table_privilege(%(role)s, oid, 'UPDATE, DELETE'))
                """,
                {"role": database.RUNTIME_ROLE, "history": list(database.APPEND_ONLY_TABLES)},
            ).fetchone()
    except psycopg.errors.UndefinedObject:
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail="no runtime role", remedy="yidao migrate")
    except psycopg.Error:
        return Finding(subject=subject, verdict=Verdict.LOOK, detail="not looked at: no database", remedy="yidao up")
    if row is not None and row[0]:
        detail = f"the runtime role may do too much on {row[0]} tables"
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail=detail, remedy="yidao migrate")
    return Finding(subject=subject, verdict=Verdict.WELL, detail="owner and runtime are apart")


def check_keys() -> Finding:
    """The key ring exists, is readable by this user alone and does not lie in the data folder."""
    subject = "Keys"
    path = crypto.keys_path()
    if not path.exists():
        detail = f"{path} does not exist yet"
        return Finding(subject=subject, verdict=Verdict.LOOK, detail=detail, remedy="made at first start; back it up")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding(subject=subject, verdict=Verdict.BROKEN, detail=f"mode {mode:o}", remedy=f"chmod 600 {path}")
    if path.resolve().is_relative_to(embedded.server().layout.root):
        remedy = "move it and set YIDAO_KEYS_FILE: data and keys must not be copied together"
        return Finding(subject=subject, verdict=Verdict.LOOK, detail="lies in the data folder", remedy=remedy)
    return Finding(subject=subject, verdict=Verdict.WELL, detail=str(path))


def check_settings() -> Finding:
    """Every variable that begins with YIDAO_ is a setting; a misspelled one would be passed over in silence."""
    known = {f"YIDAO_{name.upper()}" for name in env.Settings.model_fields}
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith("YIDAO_") and name not in known | OTHER_VARIABLES and not name.startswith("YIDAO_TEST_")
    )
    if not unknown:
        return Finding(subject="Settings", verdict=Verdict.WELL, detail="every variable is known")
    meant = difflib.get_close_matches(unknown[0], known, n=1)
    remedy = f"perhaps {meant[0]} is meant" if meant else "unset it, or see docs/operating/settings.md"
    detail = f"no setting: {', '.join(unknown)}"
    return Finding(subject="Settings", verdict=Verdict.LOOK, detail=detail, remedy=remedy)


def check_ports() -> Finding:
    """Both ports are free, or answered by Yidao itself."""
    from yidao.config import up  # inline: slow

    settings = env.settings()
    running = up.register_path().exists()
    taken = [port for port in (settings.web_port, settings.intake_port) if up.is_taken(settings.host, port)]
    if taken and not running:
        detail = f"taken: {', '.join(map(str, taken))}"
        remedy = "stop the other program or set YIDAO_WEB_PORT and YIDAO_INTAKE_PORT"
        return Finding(subject="Ports", verdict=Verdict.LOOK, detail=detail, remedy=remedy)
    return Finding(subject="Ports", verdict=Verdict.WELL, detail="in use by Yidao" if taken else "free")


def check_shared_memory() -> Finding:
    """PostgreSQL works with little /dev/shm, without parallel queries."""
    subject = "Shared memory"
    if pgserver.shared_memory_settings(Path("/dev/shm")):  # noqa: S108  only asked for its size
        remedy = "give the container more, for example --shm-size=1g"
        return Finding(subject=subject, verdict=Verdict.LOOK, detail="small: no parallel queries", remedy=remedy)
    return Finding(subject=subject, verdict=Verdict.WELL, detail="large enough")


def check_fonts() -> Finding:
    """Chinese fonts are there for screenshots and, later, labels; pages use the reader's."""
    if any(folder.is_dir() and any(folder.glob("NotoSansCJK*")) for folder in FONT_FOLDERS):
        return Finding(subject="Fonts", verdict=Verdict.WELL, detail="Noto CJK")
    remedy = "apt-get install fonts-noto-cjk (only for printing on this machine)"
    return Finding(subject="Fonts", verdict=Verdict.LOOK, detail="no Chinese font", remedy=remedy)


def check_disk() -> Finding:
    """There is room to grow where the data lies."""
    folder = embedded.server().layout.root
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < DISK_BYTES_MIN:
        return Finding(subject="Disk", verdict=Verdict.LOOK, detail=detail, remedy="make room, or set YIDAO_DATA_DIR")
    return Finding(subject="Disk", verdict=Verdict.WELL, detail=detail)


def check_user() -> Finding:
    """Root is possible, a plain user is better."""
    if os.geteuid() == 0:
        account = pgserver.server_account()
        detail = f"root; the database runs as {account.name if account else 'nobody'}"
        return Finding(subject="User", verdict=Verdict.WELL, detail=detail)
    return Finding(subject="User", verdict=Verdict.WELL, detail="an ordinary user")


FIGURES_BEHIND_MAX = timedelta(minutes=15)
"""Figures are renewed every five minutes; in a demo whose time runs faster, as many of its own minutes."""


def check_figures() -> Finding:
    """A worker keeps the statistics of the last days fresh."""
    subject = "Figures"
    try:
        with psycopg.connect(database.runtime_url(), connect_timeout=3) as connection:
            computed = connection.execute("SELECT min(computed_at) FROM figure_run WHERE name = 'open'").fetchone()
            demo = connection.execute(clock.READ_DEMO_CLOCK).fetchone()
            now = clock.business_now(connection)
    except psycopg.Error:
        return Finding(subject=subject, verdict=Verdict.LOOK, detail="not looked at: no database", remedy="yidao up")
    if computed is None or computed[0] is None:
        return Finding(subject=subject, verdict=Verdict.LOOK, detail="never computed", remedy="yidao worker")
    behind = max(timedelta(), now - computed[0])
    detail = f"as of {behind // timedelta(minutes=1)} minutes ago"
    if behind > FIGURES_BEHIND_MAX * max(1.0, demo[2] if demo else 1.0):
        return Finding(subject=subject, verdict=Verdict.LOOK, detail=detail, remedy="look whether yidao worker runs")
    return Finding(subject=subject, verdict=Verdict.WELL, detail=detail)


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_user,
    check_server,
    check_roles,
    check_schema,
    check_keys,
    check_settings,
    check_ports,
    check_figures,
    check_shared_memory,
    check_fonts,
    check_disk,
)
