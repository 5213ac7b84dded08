"""Models and migrations say the same, each app's migrations stand in one line, and none imports the code of the day."""

import ast
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "yidao"
OURS = ("kit", "audit", "accounts", "policies", "files", "exports", "places", "parcels")


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_each_app_has_one_last_migration() -> None:
    graph = MigrationLoader(None).graph

    assert {app: len(graph.leaf_nodes(app)) for app in OURS if graph.leaf_nodes(app)} == {
        app: 1 for app in OURS if graph.leaf_nodes(app)
    }


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("*/migrations/0*.py")), ids=lambda path: f"{path.parent.parent.name} {path.stem}"
)
def test_a_migration_does_not_depend_on_the_code_of_the_day(path: Path) -> None:
    imported = [
        node.module or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    ]

    assert [module for module in imported if module.startswith("yidao.")] == []
