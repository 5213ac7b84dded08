"""
The house rules a machine can check: each takes a module's source and its place and returns what is wrong, line by line.

They know nothing of pytest; `test_rules.py` shows each a good and a bad sample and runs them over the code.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

FUNCTION_LINES_MAX = 70
VIEW_LINES_MAX = 25
MODULE_LINES_MAX = 600
VIEW_MODULE_LINES_MAX = 300
TEMPLATE_LINES_MAX = 150

INLINE_REASONS = ("slow", "optional", "django not set up", "cycle")
"""Why an import may stand inside a function: it takes long and few need it; the package may be missing; settings must
not be needed yet; two modules need each other."""

APPS = (
    "accounts",
    "audit",
    "exports",
    "files",
    "judging",
    "kit",
    "ledger",
    "notices",
    "orders",
    "parcels",
    "places",
    "policies",
)
"""Rooms with models; only they use a model's manager."""

CLOCK_READERS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "timezone.now",
    "timezone.localtime",
    "timezone.localdate",
}
"""Reading the clock. Measuring a duration (time.monotonic, time.perf_counter) is something else and allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One line that breaks a rule."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A source file: its place below the package, in the form `web/creator/parcels.py`, and its text."""

    place: str
    text: str

    @property
    def room(self) -> str:
        """Return the first folder, "" for a module of the package itself."""
        return self.place.partition("/")[0] if "/" in self.place else ""

    @property
    def tree(self) -> ast.Module:
        """Return the parsed source."""
        return ast.parse(self.text)


Rule = Callable[[Module], Iterator[Fault]]


def only_the_clock_reads_the_clock(module: Module) -> Iterator[Fault]:
    """Time is an argument everywhere but in kit/clock.py."""
    if module.place == "kit/clock.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call | ast.Attribute):
            target = node.func if isinstance(node, ast.Call) else node
            name = ".".join(ast.unparse(target).split(".")[-2:])
            if isinstance(target, ast.Attribute) and name in CLOCK_READERS and isinstance(node, ast.Attribute):
                yield Fault(line=node.lineno, text=f"{name} reads the clock; take `now` as an argument")


def managers_stay_in_their_apps(module: Module) -> Iterator[Fault]:
    """Pages, APIs and entry points call queries and services; they never touch `Model.objects`."""
    if module.room in APPS:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}:
            yield Fault(line=node.lineno, text=f"{ast.unparse(node)} outside an app; call its queries or services")


def rules_know_no_float(module: Module) -> Iterator[Fault]:
    """Rules compute with integers: a float rounds differently on the day it matters."""
    if module.room != "rules":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield Fault(line=node.lineno, text=f"the float {node.value}")
        elif isinstance(node, ast.Name) and node.id == "float":
            yield Fault(line=node.lineno, text="the type float")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield Fault(line=node.lineno, text="a true division; multiply crosswise or use //")


def transactions_are_opened_by_kit(module: Module) -> Iterator[Fault]:
    """`transaction.atomic` nests silently; kit's transaction does not."""
    if module.room == "kit":
        return
    for node in ast.walk(module.tree):
        is_attribute = isinstance(node, ast.Attribute) and ast.unparse(node) in {"transaction.atomic", "db.atomic"}
        is_import = (
            isinstance(node, ast.ImportFrom)
            and node.module == "django.db.transaction"
            and any(alias.name == "atomic" for alias in node.names)
        )
        if is_attribute or is_import:
            yield Fault(line=node.lineno, text="a bare atomic; open the transaction through kit")


def inline_imports_say_why(module: Module) -> Iterator[Fault]:
    """An import inside a function ends its line with `# inline: <reason>`, the reason out of a closed list."""
    lines = module.text.splitlines()
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                written = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                found = re.search(r"# inline: (.+)", written)
                if found is None or not found[1].startswith(INLINE_REASONS):
                    text = f"an import inside {function.name} without `# inline: ` and one of {INLINE_REASONS}"
                    yield Fault(line=node.lineno, text=text)


def modules_and_functions_are_short(module: Module) -> Iterator[Fault]:
    """A function fits a screen and a module a sitting; views and their modules are shorter still."""
    is_view_module = module.room == "web" and module.place.count("/") == 2 and "/shared/" not in module.place
    length = len(module.text.splitlines())
    allowed = VIEW_MODULE_LINES_MAX if is_view_module else MODULE_LINES_MAX
    if length > allowed:
        yield Fault(line=1, text=f"the module has {length} lines, {allowed} are allowed")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.args.args[0].arg if node.args.args else ""
            is_view = is_view_module and first == "request" and not node.name.startswith("_")
            most = VIEW_LINES_MAX if is_view else FUNCTION_LINES_MAX
            if size > most:
                yield Fault(line=node.lineno, text=f"{node.name} has {size} lines, {most} are allowed")


def todos_name_an_issue(module: Module) -> Iterator[Fault]:
    """A TODO without an issue is a wish nobody will find again."""
    for number, line in enumerate(module.text.splitlines(), start=1):
        if re.search(r"\b(TODO|FIXME|XXX)\b(?! \(#\d+\))", line) and "#" in line:
            yield Fault(line=number, text="a TODO without an issue number: write TODO (#12)")


def no_exception_is_swallowed(module: Module) -> Iterator[Fault]:
    """A broad except must do something with what it caught: raise, record or tell."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            is_broad = caught in {"", "Exception", "BaseException"}
            does_nothing = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
            if is_broad and does_nothing:
                yield Fault(line=node.lineno, text="a broad except that swallows what it caught")


ALL: tuple[Rule, ...] = (
    only_the_clock_reads_the_clock,
    managers_stay_in_their_apps,
    rules_know_no_float,
    transactions_are_opened_by_kit,
    inline_imports_say_why,
    modules_and_functions_are_short,
    todos_name_an_issue,
    no_exception_is_swallowed,
)
