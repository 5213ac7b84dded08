"""Runs an ASGI application under granian with the limits and signals Yidao wants."""

from typing import Any

from granian import Granian
from granian.constants import Interfaces

from yidao.config import processes
from yidao.kit import logs

KILL_SECONDS = 10
RESPAWN_SECONDS = 0.5
BACKLOG = 1024
LOGGERS: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {
        "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
        "granian.access": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
"""granian's own lines go through our chain like everybody's."""


def serve(target: str, *, process: str, host: str, port: int, workers: int = 1) -> None:
    """
    Serve until SIGTERM or Ctrl-C. A worker that dies is replaced; without that, one killed worker would end the server.

    :raises SystemExit: with another code than 0 when workers die in a row.
    """
    processes.die_with_parent()
    logs.configure(process)
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        websockets=False,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=KILL_SECONDS,
        log_dictconfig=LOGGERS,
        process_name=None,
    )
    server.serve()
