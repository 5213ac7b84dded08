"""`python -m yidao.config` is the command `yidao` for whoever has no scripts folder on the path."""

from yidao.config.cli import main

main()
