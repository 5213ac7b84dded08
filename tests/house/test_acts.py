"""Every act that is written into the journal anywhere has words, and no words are kept for acts nobody does."""

import ast
from collections.abc import Iterator
from pathlib import Path

from yidao.web.shared import acts

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "yidao"
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if "migrations" not in path.parts
}
ELSEWHERE = {"credential.created"}
"""Acts of commands that go through a service of the same name."""


def _writers() -> dict[str, int]:
    """Return the functions that take an act, and at which place; `audit.record` takes it by name alone."""
    places = {"record": -1}
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [each.arg for each in node.args.args]
                if "act" in names:
                    places[node.name] = names.index("act")
                elif "act" in [each.arg for each in node.args.kwonlyargs]:
                    places.setdefault(node.name, -1)
    return places


def _strings(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """Yield the texts an argument can be; a parameter that is passed on yields nothing."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _strings(body, constants)
            yield from _strings(other, constants)
        case ast.Name(id=name) if name in constants:
            yield constants[name]


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the texts a module gives names to, alone or several at once."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        for target in targets:
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            for name, text in pairs:
                if isinstance(name, ast.Name) and isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield name.id, text.value


def recorded() -> set[str]:
    """Return every act that some call names."""
    writers = _writers()
    found: set[str] = set()
    for tree in TREES.values():
        constants = dict(_constants(tree))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name not in writers:
                continue
            given = [each.value for each in call.keywords if each.arg == "act"]
            place = writers[name]
            if 0 <= place < len(call.args):
                given.append(call.args[place])
            found.update(text for each in given for text in _strings(each, constants))
    return {each for each in found if "." in each}


def test_every_recorded_act_has_words() -> None:
    assert recorded() - set(acts.ACTS) == set()


def test_no_words_are_kept_for_what_nobody_does() -> None:
    assert set(acts.ACTS) - recorded() - ELSEWHERE == set()


def test_the_search_finds_acts() -> None:
    assert {"policy.published", "login.done", "quarantine.discarded", "user.created"} <= recorded()
