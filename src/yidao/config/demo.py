"""The demo world's front: what `yidao up` calls, and the commands below `yidao demo`."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from yidao.config import database, demo_cast, demo_clock, demo_market, env, up
from yidao.kit import clock, ids
from yidao.market import stamps, stories

app = typer.Typer(no_args_is_help=True, help="The demo world: its state, its clock, its logins, its fixed cases.")
console = Console(highlight=False)

FORWARD_DAYS_MAX: Final = 366
LOOK_SECONDS: Final = 0.5
UNHEARD_SECONDS: Final = 20.0
EXIT_NO_DEMO: Final = 1
EXIT_FAILED: Final = 2


def prepare() -> None:
    """
    Make the database, which must be empty, a demo as the settings say; the market fills it in the background.

    :raises yidao.config.demo_cast.NotEmpty: somebody lives there already.
    """
    settings = env.settings()
    demo_cast.begin(
        seed=settings.demo_seed,
        start=datetime.fromisoformat(settings.demo_start),
        rate=settings.demo_rate,
        parcels=settings.demo_parcels,
    )


def is_demo() -> bool:
    """Return whether the database was created as a demo; a clock left running by a killed process is stopped first."""
    with _connect() as connection:
        demo_clock.settle(connection)
        return demo_clock.read(connection) is not None


def logins() -> Sequence[tuple[str, str, str]]:
    """Return (role, login, password) of the demo's people, nothing outside a demo."""
    with _connect() as connection:
        if demo_clock.read(connection) is None:
            return ()
    return tuple((one.role, one.login, one.password) for one in demo_cast.LOGINS)


def cases() -> Sequence[tuple[str, str, str, str, str]]:
    """Return (key, carrier, waybill number, order number, what it shows) of the fixed cases; none outside a demo."""
    with _connect() as connection:
        if demo_clock.read(connection) is None:
            return ()
        found = demo_cast.choices(connection)
        cast = demo_cast.tenants(connection).cast()
    told = stories.stories(cast=cast, opens_at=found.opens_at)
    return tuple((story.key, story.carrier, story.waybill_no, story.order_no, story.title) for story in told)


def run_market(stop: threading.Event) -> None:
    """Play the market until told to stop; the process behind the child `market` of `yidao up`."""
    demo_market.run(stop)


@app.command()
def status() -> None:
    """Show simulated time and how far the history is."""
    with up.opened(), _connect() as connection:
        found = _demo_clock(connection)
        chosen = demo_cast.choices(connection)
        now = found.at(clock.real_now())
        parcels = connection.execute("SELECT count(*) FROM parcel").fetchone()
        table = Table(show_header=False)
        table.add_row("simulated time", now.astimezone(stamps.SHANGHAI).strftime("%Y-%m-%d %H:%M"))
        table.add_row("clock", f"runs {found.rate:g} times as fast" if found.is_running else "stands still")
        opens = datetime.fromtimestamp(chosen.opens_at, tz=stamps.SHANGHAI)
        table.add_row("history until", f"{opens:%Y-%m-%d %H:%M}{'' if now >= opens else ' (being told)'}")
        table.add_row("parcels", str(parcels[0] if parcels else 0))
        table.add_row("seed", str(chosen.seed))
    console.print(table)


@app.command("logins")
def show_logins() -> None:
    """Print one login for every role."""
    with up.opened():
        rows = logins()
    table = Table("role", "login", "password")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@app.command("cases")
def show_cases() -> None:
    """Print the fixed cases: stable numbers, one for every anomaly and every history worth showing."""
    with up.opened():
        rows = cases()
    table = Table("case", "carrier", "waybill number", "order number", "shows")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@app.command()
def begin() -> None:
    """Make an empty database a demo, for instance one of your own server; then start `yidao up`."""
    with up.opened():
        prepare()
    console.print("The demo begins with the next start of: yidao up")


@app.command()
def forward(
    days: Annotated[int, typer.Option(min=0, max=FORWARD_DAYS_MAX, help="Days to run ahead.")] = 0,
    hours: Annotated[int, typer.Option(min=0, max=23, help="Hours to run ahead.")] = 0,
) -> None:
    """Let simulated time run ahead; `yidao up` must be running, for its market does the work."""
    if not days and not hours:
        raise typer.BadParameter("name --days or --hours")
    with up.opened(), _connect() as connection:
        found = _demo_clock(connection)
        now = found.at(clock.real_now())
        wish_id = ask_forward(connection, now=now, until=now + timedelta(days=days, hours=hours))
        state = _watch(connection, wish_id)
    if state != "DONE":
        raise typer.Exit(EXIT_FAILED)


def ask_forward(connection: psycopg.Connection[Any], *, now: datetime, until: datetime) -> int:
    """Write the wish down; the market's process grants one after the other."""
    wish_id = ids.new_id()
    connection.execute(
        "INSERT INTO demo_forward (id, asked_at, asked_by, from_sim, until_sim, reached_sim, state, fault)"
        " VALUES (%s, %s, NULL, %s, %s, %s, 'ASKED', '')",
        (wish_id, clock.real_now(), now, until, now),
    )
    return wish_id


def _watch(connection: psycopg.Connection[Any], wish_id: int) -> str:
    """Show the progress of a wish until it is granted or failed; a wish nobody hears is taken back."""
    asked_at = clock.stopwatch()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("running ahead", total=1.0)
        while True:
            row = connection.execute(
                "SELECT state, from_sim, until_sim, reached_sim, fault FROM demo_forward WHERE id = %s", (wish_id,)
            ).fetchone()
            assert row is not None, "a wish stays written down"
            state, start, until, reached, fault = row
            progress.update(task, completed=(reached - start) / (until - start))
            if state == "ASKED" and clock.stopwatch() - asked_at > UNHEARD_SECONDS:
                connection.execute("DELETE FROM demo_forward WHERE id = %s AND state = 'ASKED'", (wish_id,))
                console.print("Nobody heard it: the market plays only while `yidao up` runs and after its history.")
                return str(state)
            if state in ("DONE", "FAILED"):
                console.print(f"at {reached.astimezone(UTC):%Y-%m-%d %H:%M} UTC {fault}".strip())
                return str(state)
            time.sleep(LOOK_SECONDS)


def _demo_clock(connection: psycopg.Connection[Any]) -> clock.DemoClock:
    found = demo_clock.read(connection)
    if found is None:
        console.print("This database is no demo. An empty one becomes one with: yidao demo begin")
        raise typer.Exit(EXIT_NO_DEMO)
    return found


def _connect() -> psycopg.Connection[Any]:
    return psycopg.connect(database.runtime_url(), autocommit=True)
