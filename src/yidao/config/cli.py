"""
The command `yidao`. Exit codes: 0 done, 1 something is wrong and was said, 2 a setting or an argument is wrong.

Commands import what they need when they run: help must not need a database, keys or Django.
"""

import sys
from pathlib import Path
from typing import Annotated

import psycopg
import pydantic
import typer
from rich.console import Console

from yidao.config import env
from yidao.kit import crypto, pgserver

EXIT_WRONG = 1
EXIT_USAGE = 2

app = typer.Typer(
    name="yidao",
    help="Yidao watches every parcel of a live-commerce marketplace. `yidao up` starts everything.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
console = Console(highlight=False)
faults = Console(stderr=True, highlight=False)


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Begin a demo world if the embedded database is created just now.")] = True,
) -> None:
    """Start the database, all processes and, in a new database, the demo world; Ctrl-C stops everything."""
    from yidao.config import up as all_of_it  # inline: slow

    raise typer.Exit(all_of_it.run(console, with_demo=demo))


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date and grant the runtime role its rights; safe to repeat."""
    from yidao.config import database, up  # inline: slow

    with up.opened():
        from yidao.config import ready  # inline: django not set up

        assert ready
        with console.status("Applying migrations"):
            database.migrate()
    console.print("The schema is up to date.")


@app.command()
def web(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer pages.")] = 1,
) -> None:
    """Serve the pages and the reading API; the database must run and be migrated."""
    from yidao.config import serving  # inline: slow

    settings = env.settings()
    serving.serve(
        "yidao.config.asgi:application",
        process="web",
        host=settings.host,
        port=settings.web_port,
        workers=workers,
    )


@app.command()
def intake() -> None:
    """Serve the port on which machines push events and shipments; run more processes on more ports to scale."""
    from yidao.config import serving  # inline: slow

    settings = env.settings()
    serving.serve(
        "yidao.config.intake_asgi:application", process="intake", host=settings.host, port=settings.intake_port
    )


@app.command()
def worker() -> None:
    """Run jobs and the sweeps that raise and close what only time decides."""
    from yidao.config import lifespan, processes, ready  # inline: slow

    assert ready
    from yidao.config import worker as working  # inline: django not set up

    lifespan.prepare("worker")
    with processes.stop_on_signals() as stop:
        raise typer.Exit(working.run(stop))


@app.command(hidden=True)
def market() -> None:
    """Play the demo's market: carriers, shops and providers that push over HTTP. `yidao up` runs it in a demo."""
    from yidao.config import lifespan, processes, ready  # inline: slow

    assert ready
    from yidao.config import demo  # inline: django not set up

    lifespan.prepare("market")
    with processes.stop_on_signals() as stop:
        demo.run_market(stop)


@app.command("import-events")
def import_events(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="CSV, NDJSON or xlsx.")],
    kind: Annotated[str, typer.Option(help="What the rows are: events, parcels or orders.")] = "events",
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", "--report", help="Where the bad rows go, as CSV or xlsx, each with its reason."),
    ] = None,
    source: Annotated[str, typer.Option(help="Name of the source the events come from.")] = "PLATFORM",
    template: Annotated[
        bool, typer.Option("--template", help="Write an empty table with our columns instead.")
    ] = False,
) -> None:
    """Read tracking events or parcels from a file; bad rows are reported and do not stop the rest (exit code 1)."""
    from yidao.config import ready, up  # inline: slow

    assert ready
    from yidao.config import imports  # inline: django not set up

    if template:
        raise typer.Exit(imports.template(console, file=file, kind=kind))
    if not file.is_file():
        raise typer.BadParameter(f"{file} is no file")
    with up.opened():
        raise typer.Exit(imports.run(console, file=file, kind=kind, report=rejects, source=source))


@app.command()
def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Only compare; change nothing.")] = False,
) -> None:
    """Fold every parcel anew from its facts and compare with what is stored; with --check nothing is changed."""
    from yidao.config import up  # inline: slow

    with up.opened():
        from yidao.config import ready, rebuilding  # inline: django not set up

        assert ready
        raise typer.Exit(rebuilding.run(console, check_only=check))


@app.command("with-database", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def with_database(context: typer.Context) -> None:
    """Run a command such as pg_dump while the database runs; it finds the address in PGHOST, PGDATABASE and so on."""
    from yidao.config import up  # inline: slow

    if not context.args:
        raise typer.BadParameter("name the command to run")
    with up.opened():
        raise typer.Exit(up.run_beside(context.args))


@app.command()
def doctor() -> None:
    """Check this installation and say how to mend it. Exit code 0: well, 1: it runs but look, 2: it cannot run."""
    from yidao.config import doctor as checks  # inline: slow

    raise typer.Exit(checks.run(console))


def main() -> None:
    """Run the command line; what an operator can mend is told in one line, all else is a bug and shows its trace."""
    try:
        env.settings()
    except pydantic.ValidationError as fault:
        for line in setting_faults(fault):
            faults.print(f"[red]{line}[/red]")
        raise SystemExit(EXIT_USAGE) from None
    try:
        _mount_groups()
        app()
    except (pgserver.ServerFault, crypto.KeyRingUnusable) as fault:
        faults.print(f"[red]{fault}[/red]")
        raise SystemExit(EXIT_WRONG) from None
    except psycopg.OperationalError as fault:
        faults.print(f"[red]The database cannot be reached: {str(fault).strip()}[/red]\nRun: yidao doctor")
        raise SystemExit(EXIT_WRONG) from None


def setting_faults(fault: pydantic.ValidationError) -> list[str]:
    """Return one line per wrong setting, beginning with the environment variable's name."""
    lines = []
    for error in fault.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in error["loc"]).upper()
        lines.append(f"YIDAO_{name}: {error['msg'].removeprefix('Value error, ')}")
    return lines


def _mount_groups() -> None:
    """Add the groups of commands that need Django; they are loaded only when one of them is asked for."""
    wanted = sys.argv[1:2]
    if wanted in (["demo"], ["accounts"]):
        from yidao.config import ready  # inline: slow

        assert ready
        from yidao.config import demo, people  # inline: django not set up

        app.add_typer(demo.app, name="demo")
        app.add_typer(people.app, name="accounts")
        return
    app.add_typer(typer.Typer(help="The demo world: its state, its clock, its logins."), name="demo")
    app.add_typer(typer.Typer(help="People, organisations and API credentials of this installation."), name="accounts")
