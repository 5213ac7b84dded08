"""`yidao accounts`: the first people, organisations and API credentials of an installation that is no demo."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Final

import psycopg
import typer
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from rich.console import Console
from rich.table import Table

from yidao.accounts import factors, members, passwords, phones, queries, services
from yidao.accounts.actors import SYSTEM
from yidao.accounts.ids import CredentialId, OrganisationId, UserId
from yidao.accounts.models import Membership, Organisation
from yidao.audit import services as audit
from yidao.config import database, up
from yidao.kit import clock, db
from yidao.kit.errors import Refusal

EXIT_WRONG: Final = 1
LISTED_MAX: Final = 1_000

app = typer.Typer(no_args_is_help=True, help="People, organisations and API credentials of this installation.")
console = Console(highlight=False)


@contextmanager
def _change() -> Iterator[tuple[datetime, datetime]]:
    """Open the database and one transaction; give business and real time. What the rules refuse is told in one line."""
    with up.opened():
        with psycopg.connect(database.runtime_url()) as connection:
            now = clock.business_now(connection)
        try:
            with db.transaction(SYSTEM):
                yield now, clock.real_now()
        except Refusal as refusal:
            console.print(f"[red]{refusal.message % refusal.values}[/red]")
            raise typer.Exit(EXIT_WRONG) from None
        except IntegrityError as fault:
            console.print(f"[red]Not possible: {str(fault).splitlines()[0]}[/red]")
            raise typer.Exit(EXIT_WRONG) from None


def _user(login: str) -> UserId:
    """Return whose login it is; end with a word if it is nobody's."""
    user_id = queries.user_by_login(login)
    if user_id is None:
        console.print(f"[red]There is no login {login}.[/red]")
        raise typer.Exit(EXIT_WRONG)
    return user_id


@app.command("add-organisation")
def add_organisation(
    kind: Annotated[Organisation.Kind, typer.Argument(help="What it is; the platform's operators belong to PLATFORM.")],
    name: Annotated[str, typer.Argument(help="What it is called.")],
    carrier: Annotated[str, typer.Option(help="Code of the carrier, for CARRIER and OUTLET.")] = "",
    source: Annotated[str, typer.Option(help="Name of the source, for PROVIDER: KUAIDI100, KDNIAO ...")] = "",
    parent: Annotated[int | None, typer.Option(help="Id of the carrier an OUTLET belongs to.")] = None,
) -> None:
    """Add a shop, creator, carrier, outlet, provider or the platform, and print its id."""
    with _change() as (now, real_now):
        organisation_id = services.create_organisation(
            kind=kind,
            name=name,
            now=now,
            carrier_code=carrier,
            source_code=source,
            parent_id=None if parent is None else OrganisationId(parent),
        )
        audit.record(
            act="organisation.created",
            subject=f"organisation/{organisation_id}",
            organisation_id=organisation_id,
            at_real=real_now,
            at_business=now,
        )
    console.print(str(organisation_id))


@app.command("add-user")
def add_user(
    login: Annotated[str, typer.Argument(help="What the user types to log in.")],
    organisation: Annotated[int, typer.Option(help="Id of the organisation the user belongs to.")],
    role: Annotated[Membership.Role, typer.Option(help="What the user may do there.")] = Membership.Role.OWNER,
    name: Annotated[str, typer.Option(help="The user's name; the login if none is given.")] = "",
) -> None:
    """Add a user with a role in an organisation; the password is asked for, or read from standard input."""
    password = getpass.getpass("Password: ")
    try:
        validate_password(password)
    except ValidationError as fault:
        console.print(f"[red]{' '.join(fault.messages)}[/red]")
        raise typer.Exit(EXIT_WRONG) from None
    with _change() as (now, real_now):
        kind = queries.organisation_kinds((organisation,)).get(organisation)
        if kind is None or role not in members.roles_of(kind):
            raise members.RoleUnknown
        user_id = services.create_user(login=login, name=name or login, password=password)
        services.join(user_id=user_id, organisation_id=OrganisationId(organisation), role=role, real_now=real_now)
        audit.record(
            act="user.created",
            subject=f"user/{user_id}",
            organisation_id=organisation,
            details={"role": str(role)},
            at_real=real_now,
            at_business=now,
        )
    console.print(str(user_id))


@app.command("add-credential")
def add_credential(
    organisation: Annotated[int, typer.Argument(help="Id of the organisation it acts for.")],
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help=f"{', '.join(sorted(services.SCOPES))}; may be repeated.")],
    push_secret: Annotated[bool, typer.Option(help="Ask for the secret the provider signs its pushes with.")] = False,
) -> None:
    """Add an API credential and print its id and its token, which is shown this once."""
    secret = getpass.getpass("Push secret: ") if push_secret else ""
    with _change() as (now, real_now):
        credential_id, token = services.create_credential(
            organisation_id=OrganisationId(organisation),
            name=name,
            scopes=scope,
            now=now,
            real_now=real_now,
            push_secret=secret,
        )
    console.print(f"id     {credential_id}\ntoken  {token}")
    if push_secret:
        console.print(f"push   /push/kuaidi100/{credential_id} or /push/kdniao/{credential_id} on the intake port")


@app.command("disable-user")
def disable_user(login: Annotated[str, typer.Argument(help="What the user types to log in.")]) -> None:
    """Shut a user out, who is out with the next request; what they did stays in the journal."""
    with _change() as (now, real_now):
        services.disable_user(user_id=_user(login), by_user_id=None, now=now, real_now=real_now)
    console.print(f"{login} is shut out.")


@app.command("enable-user")
def enable_user(login: Annotated[str, typer.Argument(help="What the user types to log in.")]) -> None:
    """Let a user in again who was shut out, with the roles they still have."""
    with _change() as (now, real_now):
        user_id = queries.user_by_login(login)
        if user_id is None:
            console.print(f"[red]There is no login {login}.[/red]")
            raise typer.Exit(EXIT_WRONG)
        services.enable_user(user_id=user_id, by_user_id=None, now=now, real_now=real_now)
    console.print(f"{login} may log in again.")


@app.command("set-phone")
def set_phone(
    login: Annotated[str, typer.Argument(help="What the user types to log in.")],
    number: Annotated[str, typer.Argument(help="The mobile number; outside mainland China it begins with +.")],
) -> None:
    """Give a user a phone without a code, because you know whose it is; codes that went to the old one end."""
    with _change() as (now, real_now):
        parsed = phones.parse(number)
        phones.keep(user_id=_user(login), number=parsed, by_user_id=None, now=now, real_now=real_now)
    console.print(f"Codes for {login} go to {phones.mask(parsed)}.")


@app.command("reset-second-factor")
def reset_second_factor(login: Annotated[str, typer.Argument(help="What the user types to log in.")]) -> None:
    """Take authenticator app, passkeys and recovery codes from a user who has lost them; the password stays."""
    with _change() as (now, real_now):
        count = factors.reset(user_id=_user(login), by_user_id=None, now=now, real_now=real_now)
    console.print(f"{login} had {count} of them; now the password alone opens the account.")


@app.command("password-link")
def password_link(login: Annotated[str, typer.Argument(help="What the user types to log in.")]) -> None:
    """Print the end of an address at which a user sets a new password; it works once and for a day."""
    with _change() as (now, real_now):
        made = passwords.link(user_id=_user(login), by_user_id=None, now=now, real_now=real_now)
    console.print(f"/login/link/{made}", soft_wrap=True)


@app.command("disable-credential")
def disable_credential(
    credential: Annotated[int, typer.Argument(help="Its id; `yidao accounts credentials` lists them.")],
) -> None:
    """Take an API credential back for good; every port refuses it within half a minute."""
    with _change() as (now, real_now):
        services.disable_credential(credential_id=CredentialId(credential), by_user_id=None, now=now, real_now=real_now)
    console.print(f"Credential {credential} is taken back.")


@app.command("credentials")
def credentials_() -> None:
    """List the API credentials with what they may do; their tokens are nowhere kept."""
    table = Table("id", "organisation", "name", "scopes", "pushes", "state")
    with up.opened(), psycopg.connect(database.runtime_url()) as connection:
        rows = connection.execute(
            """
            SELECT c.id, o.name, c.name, array_to_string(c.scopes, ' '), c.push_secret_encrypted IS NOT NULL,
                   c.is_active AND o.is_active
            FROM credential c JOIN organisation o ON o.id = c.organisation_id
            ORDER BY o.name, c.id LIMIT %s
            """,
            (LISTED_MAX,),
        ).fetchall()
    for credential_id, organisation, name, scopes, is_pushing, is_active in rows:
        state = "active" if is_active else "taken back"
        table.add_row(str(credential_id), organisation, name, scopes, "signed" if is_pushing else "", state)
    console.print(table)


@app.command("list")
def list_() -> None:
    """List the organisations with their ids."""
    table = Table("id", "kind", "name", "carrier", "source")
    with up.opened(), psycopg.connect(database.runtime_url()) as connection:
        rows = connection.execute(
            "SELECT id, kind, name, carrier_code, source_code FROM organisation ORDER BY kind, id LIMIT %s",
            (LISTED_MAX,),
        ).fetchall()
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)
