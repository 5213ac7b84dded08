"""
Makes the package importable in this virtual environment without building it: a path file and the script `yidao`.

An ordinary editable install would fetch a build backend that the lock files do not hold.
"""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = """#!{python}
import sys

from yidao.config.cli import main

sys.exit(main())
"""


def main() -> None:
    """Write both files; doing it twice changes nothing."""
    packages = Path(sysconfig.get_path("purelib"))
    packages.joinpath("yidao-checkout.pth").write_text(f"{ROOT / 'src'}\n")
    command = Path(sysconfig.get_path("scripts")) / "yidao"
    command.write_text(SCRIPT.format(python=sys.executable))
    command.chmod(0o755)


if __name__ == "__main__":
    main()
