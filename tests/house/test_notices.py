"""Every kind of notice that code can tell is known to whoever shows notices, whatever else was imported."""

import ast
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "yidao"
KNOWN = "import yidao.config.ready; from yidao.notices import kinds; print('\\n'.join(kinds.names()))"


def told() -> set[str]:
    """Return the names of all kinds the code makes."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("kinds.Kind", "Kind"):
                names = [each.value for each in node.keywords if each.arg == "name"]
                found |= {each.value for each in names if isinstance(each, ast.Constant) and "." in str(each.value)}
    return found


def test_every_kind_of_notice_is_known_as_soon_as_the_rooms_are_set_up():
    done = subprocess.run([sys.executable, "-c", KNOWN], capture_output=True, text=True, check=True, timeout=120)

    assert len(told()) > 15
    assert told() - set(done.stdout.split()) == set()
