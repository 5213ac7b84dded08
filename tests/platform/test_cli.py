"""The command line tells what is wrong by the variable's name and gives scripts an exit code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from yidao.accounts import phones, services
from yidao.config import env
from yidao.kit import ids

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "up",
    "migrate",
    "web",
    "intake",
    "worker",
    "import-events",
    "rebuild",
    "with-database",
    "doctor",
    "demo",
    "accounts",
)


def _yidao(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "yidao.config", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "200", "TERM": "dumb", **environment},
        stdin=subprocess.DEVNULL,
    )


def test_help_names_every_command_and_needs_no_database() -> None:
    answer = _yidao("--help")

    assert answer.returncode == 0
    assert [command for command in COMMANDS if f" {command} " not in answer.stdout] == []


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in {"demo", "accounts"}])
def test_every_command_has_help(command: str) -> None:
    answer = _yidao(command, "--help")

    assert answer.returncode == 0
    assert "Usage" in answer.stdout


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("YIDAO_WEB_PORT", "eighty", id="a port that is no number"),
        pytest.param("YIDAO_WEB_PORT", "70000", id="a port that is too high"),
        pytest.param("YIDAO_DATABASE_URL", "mysql://localhost/yidao", id="a database of another kind"),
        pytest.param("YIDAO_INTAKE_BATCH_MAX", "0", id="a limit of nothing"),
        pytest.param("YIDAO_DEMO_START", "yesterday", id="a start that is no time"),
        pytest.param("YIDAO_DEMO_START", "2022-06-20T08:00:00", id="a start without its offset"),
        pytest.param("YIDAO_HOST", "", id="no address to bind to"),
    ],
)
def test_a_wrong_setting_is_named_and_ends_with_two(variable: str, value: str) -> None:
    answer = _yidao("doctor", **{variable: value})

    assert answer.returncode == 2
    assert answer.stderr.startswith(f"{variable}: ")


def test_the_doctor_names_a_variable_that_is_no_setting() -> None:
    answer = _yidao("doctor", YIDAO_WEBPORT="8080", YIDAO_DATABASE_URL="postgresql://me@127.0.0.1:1/none")

    (line,) = [line for line in answer.stdout.splitlines() if "YIDAO_WEBPORT" in line]
    assert "look" in line
    assert "YIDAO_WEB_PORT" in line


def test_a_database_that_does_not_answer_is_told_in_one_line() -> None:
    answer = _yidao("migrate", YIDAO_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert answer.returncode == 1
    assert "The database cannot be reached" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_unknown_option_is_a_usage_fault() -> None:
    assert _yidao("up", "--fast").returncode == 2


def test_the_doctor_finds_a_migrated_database_well(owner_dsn: str) -> None:
    answer = _yidao("doctor", YIDAO_DATABASE_URL=owner_dsn)

    lines = {line.split("│")[1].strip(): line for line in answer.stdout.splitlines() if line.count("│") == 5}
    assert answer.returncode in {0, 1}
    assert {subject: " ok " in lines[subject] for subject in ("PostgreSQL", "Roles", "Schema")} == {
        "PostgreSQL": True,
        "Roles": True,
        "Schema": True,
    }


def test_the_doctor_never_shows_a_password() -> None:
    answer = _yidao("doctor", YIDAO_DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none")

    assert answer.returncode == 2
    assert "secret" not in answer.stdout + answer.stderr


def test_every_setting_is_explained_on_the_settings_page() -> None:
    page = (ROOT / "docs" / "operating" / "settings.md").read_text(encoding="utf-8")
    said = [line for line in page.splitlines() if line.startswith("| `YIDAO_")]

    expected = [
        f"| `YIDAO_{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in env.Settings.model_fields.items()
    ]
    assert said == expected


def _shown(default: object) -> str:
    return "" if default is None or not str(default) else f"`{default}`"


def test_a_command_beside_the_database_finds_it_and_gives_its_exit_code(owner_dsn: str) -> None:
    script = "import psycopg; print(psycopg.connect('').info.dbname); raise SystemExit(7)"

    answer = _yidao("with-database", sys.executable, "-c", script, YIDAO_DATABASE_URL=owner_dsn)

    assert answer.returncode == 7
    assert answer.stdout.strip() in owner_dsn


def test_an_installation_without_a_demo_gets_its_first_people_and_keys_by_command(owner_dsn: str) -> None:
    name = f"Shop {os.getpid()}"

    organisation = _yidao("accounts", "add-organisation", "SHOP", name, YIDAO_DATABASE_URL=owner_dsn)
    found = organisation.stdout.strip()
    credential = _yidao(
        "accounts", "add-credential", found, "ERP", "--scope", "events:write", YIDAO_DATABASE_URL=owner_dsn
    )
    listed = _yidao("accounts", "list", YIDAO_DATABASE_URL=owner_dsn)

    assert organisation.returncode == 0
    assert re.search(r"token  yd_\w{12}_", credential.stdout)
    assert re.search(rf"{found}.+SHOP.+{name}", listed.stdout)


def test_a_leaked_credential_is_taken_back_by_command(owner_dsn: str) -> None:
    made = _yidao("accounts", "add-organisation", "SHOP", f"Leak {os.getpid()}", YIDAO_DATABASE_URL=owner_dsn)
    scope = ("--scope", "events:write")
    added = _yidao("accounts", "add-credential", made.stdout.strip(), "ERP", *scope, YIDAO_DATABASE_URL=owner_dsn)
    identity = re.search(r"id +(\d+)", added.stdout)[1]

    first = _yidao("accounts", "disable-credential", identity, YIDAO_DATABASE_URL=owner_dsn)
    again = _yidao("accounts", "disable-credential", identity, YIDAO_DATABASE_URL=owner_dsn)
    unknown = _yidao("accounts", "disable-credential", "1", YIDAO_DATABASE_URL=owner_dsn)
    nobody = _yidao("accounts", "disable-user", "nobody-at-all", YIDAO_DATABASE_URL=owner_dsn)
    listed = _yidao("accounts", "credentials", YIDAO_DATABASE_URL=owner_dsn)

    assert [answer.returncode for answer in (first, again, unknown, nobody)] == [0, 0, 1, 1]
    assert re.search(rf"{identity}.+taken back", listed.stdout)


def test_a_phone_is_set_and_lost_second_factors_are_taken_by_command(committed_db: None, owner_dsn: str) -> None:
    login = f"lost-{ids.new_id()}"
    user_id = services.create_user(login=login, name="Lost", password="!")
    Authenticator.objects.create(user_id=user_id, type="recovery_codes", data={})
    number = f"199{ids.new_id() % 10**8:08d}"

    answers = [
        _yidao("accounts", *words, YIDAO_DATABASE_URL=owner_dsn)
        for words in (
            ("set-phone", login, number),
            ("set-phone", login, "12"),
            ("set-phone", "nobody-at-all", number),
            ("reset-second-factor", login),
            ("reset-second-factor", login),
        )
    ]

    assert [answer.returncode for answer in answers] == [0, 1, 1, 0, 0]
    assert f"+86 199******{number[-2:]}" in answers[0].stdout
    assert "no mobile number" in answers[1].stdout
    assert ["had 1 of them" in answers[3].stdout, "had 0 of them" in answers[4].stdout] == [True, True]
    assert phones.number_of(user_id) == f"+86{number}"


def test_a_user_is_added_with_a_role_that_such_an_organisation_has_and_let_in_again(owner_dsn: str) -> None:
    made = _yidao("accounts", "add-organisation", "SHOP", f"Roles {os.getpid()}", YIDAO_DATABASE_URL=owner_dsn)
    login = f"wendy-{ids.new_id()}"

    def add(role: str) -> "subprocess.CompletedProcess[str]":
        words = ("add-user", login, "--organisation", made.stdout.strip(), "--role", role)
        return subprocess.run(
            [sys.executable, "-m", "yidao.config", "accounts", *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "COLUMNS": "200", "TERM": "dumb", "YIDAO_DATABASE_URL": owner_dsn},
            input="correct horse battery\n",
            start_new_session=True,
        )

    refused, added = add("CLERK"), add("WAYBILLS")
    disabled, enabled = (
        _yidao("accounts", command, login, YIDAO_DATABASE_URL=owner_dsn) for command in ("disable-user", "enable-user")
    )

    assert [each.returncode for each in (refused, added, disabled, enabled)] == [1, 0, 0, 0]
    assert "no such role" in refused.stdout
    assert "may log in again" in enabled.stdout


def test_what_the_rules_refuse_is_told_in_one_line(owner_dsn: str) -> None:
    unknown_scope = _yidao("accounts", "add-credential", "1", "x", "--scope", "all", YIDAO_DATABASE_URL=owner_dsn)
    nobody = _yidao("accounts", "add-credential", "1", "x", "--scope", "events:write", YIDAO_DATABASE_URL=owner_dsn)

    assert (unknown_scope.returncode, nobody.returncode) == (1, 1)
    assert "Traceback" not in unknown_scope.stderr + nobody.stderr
