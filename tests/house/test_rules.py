"""The house rules hold in all code, and each of them tells a bad sample from a good one."""

import ast
from pathlib import Path

import pytest

from tests.house import rules

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "yidao"
MODULES = tuple(
    rules.Module(place=str(path.relative_to(PACKAGE)), text=path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if "migrations" not in path.parts
)
LONG_FUNCTION = "def f():\n" + "    x = 1\n" * rules.FUNCTION_LINES_MAX
LONG_VIEW = "def index(request):\n" + "    x = 1\n" * rules.VIEW_LINES_MAX

SAMPLES = [
    pytest.param(
        rules.only_the_clock_reads_the_clock,
        "rules/x.py",
        "def f(now):\n    return time.monotonic()",
        "def f():\n    return datetime.now(UTC)",
        id="the clock: now is an argument",
    ),
    pytest.param(
        rules.only_the_clock_reads_the_clock,
        "web/x.py",
        "def f(now=None):\n    return now",
        "DEFAULT = timezone.now",
        id="the clock: not even as a default",
    ),
    pytest.param(
        rules.managers_stay_in_their_apps,
        "web/creator/parcels.py",
        "rows = queries.parcels(actor=actor)",
        "rows = models.Parcel.objects.all()",
        id="managers: pages call queries",
    ),
    pytest.param(rules.rules_know_no_float, "rules/x.py", "a = 100 * b <= 3 * c", "a = 0.5", id="floats: no literal"),
    pytest.param(rules.rules_know_no_float, "rules/x.py", "a = b // 2", "a = b / 2", id="floats: no true division"),
    pytest.param(
        rules.transactions_are_opened_by_kit,
        "policies/services.py",
        "with db.transaction(actor):\n    pass",
        "with transaction.atomic():\n    pass",
        id="transactions: opened through kit",
    ),
    pytest.param(
        rules.inline_imports_say_why,
        "places/x.py",
        "def f():\n    import pypinyin  # inline: slow",
        "def f():\n    import pypinyin  # because",
        id="inline imports: a reason from the list",
    ),
    pytest.param(
        rules.modules_and_functions_are_short,
        "kit/x.py",
        "def f():\n    return 1",
        LONG_FUNCTION,
        id="sizes: a function of seventy lines is the longest",
    ),
    pytest.param(
        rules.modules_and_functions_are_short,
        "web/creator/x.py",
        "def index(request):\n    return 1",
        LONG_VIEW,
        id="sizes: a view is shorter",
    ),
    pytest.param(
        rules.todos_name_an_issue, "kit/x.py", "# TODO (#12) sooner", "# TODO later", id="todos: with an issue"
    ),
    pytest.param(
        rules.no_exception_is_swallowed,
        "kit/x.py",
        "try:\n    f()\nexcept KeyError:\n    pass",
        "try:\n    f()\nexcept Exception:\n    pass",
        id="exceptions: none is swallowed",
    ),
]


@pytest.mark.parametrize(("rule", "place", "good", "bad"), SAMPLES)
def test_a_rule_passes_the_good_sample_and_catches_the_bad_one(
    rule: rules.Rule, place: str, good: str, bad: str
) -> None:
    assert list(rule(rules.Module(place=place, text=good))) == []
    assert len(list(rule(rules.Module(place=place, text=bad)))) == 1


def test_the_clock_itself_may_read_the_clock() -> None:
    module = rules.Module(place="kit/clock.py", text="datetime.now(UTC)")

    assert list(rules.only_the_clock_reads_the_clock(module)) == []


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.__name__.replace("_", " "))
def test_the_code_keeps_the_rule(rule: rules.Rule) -> None:
    faults = [f"{module.place}:{fault.line}: {fault.text}" for module in MODULES for fault in rule(module)]

    assert faults == []


def test_every_function_of_the_code_can_be_parsed_by_the_oldest_python() -> None:
    for module in MODULES:
        ast.parse(module.text, feature_version=(3, 11))


def test_templates_are_short() -> None:
    long = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.html")
        if len(path.read_text(encoding="utf-8").splitlines()) > rules.TEMPLATE_LINES_MAX
    ]

    assert long == []


def _committed_files() -> list[Path]:
    """Return the text files of the repository, as far as they are neither generated nor somebody's environment."""
    folders = [ROOT / name for name in ("src", "tests", "bench", "docs", "scripts", "requirements", ".ci")]
    files = [path for folder in folders if folder.exists() for path in folder.rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    skipped = {".mo", ".png", ".xlsx", ".pyc", ".woff2", ".coverage"}
    return [path for path in files if path.suffix not in skipped and "__pycache__" not in path.parts]


def test_no_committed_file_names_a_package_registry() -> None:
    hosts = (
        "py" + "pi.org",
        "files.python" + "hosted.org",
        "registry.npm" + "js.org",
        "--index" + "-url",
        "/opt/py" + "pi",
    )

    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in _committed_files()
        for host in hosts
        if host in path.read_text(encoding="utf-8", errors="ignore").replace("--no-emit-index-url", "")
    ]

    assert found == []
