"""The worker process: jobs by procrastinate, and beside them the sweeps for what only time decides, one thread each."""

import asyncio
import threading

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate import exceptions as job_exceptions
from procrastinate.contrib.django import app as jobs

from yidao.config import concerns, database
from yidao.kit import logs
from yidao.kit import sweeps as kit_sweeps
from yidao.parcels import nudge_sweeps, sweeps

JOBS_AT_ONCE = 2
RESTART_SECONDS = 1.0
STOP_SECONDS_MAX = 10.0

log = logs.get(__name__)


class JobRunner(threading.Thread):
    """Runs procrastinate until told to stop; it ends by itself whenever PostgreSQL restarts and is begun again."""

    def __init__(self) -> None:
        super().__init__(name="jobs", daemon=True)
        self._stop_asked = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Run jobs, again and again."""
        while not self._stop_asked.is_set():
            try:
                asyncio.run(self._run_once())
            except (OSError, job_exceptions.ConnectorException) as fault:
                log.warning("jobs interrupted", fault=type(fault).__name__)
            except asyncio.CancelledError:
                continue
            self._stop_asked.wait(RESTART_SECONDS)

    def stop(self) -> None:
        """Let the running jobs end and begin no more."""
        self._stop_asked.set()
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _run_once(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        # Periodic jobs are deferred over Django's connection, which a restarted database has left dead.
        await sync_to_async(close_old_connections)()
        worker_app = jobs.with_connector(jobs.connector.get_worker_connector())  # type: ignore[attr-defined]
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=JOBS_AT_ONCE,
                install_signal_handlers=False,
                shutdown_graceful_timeout=STOP_SECONDS_MAX,
                delete_jobs="successful",
            )


def run(stop: threading.Event) -> int:
    """
    Run until `stop` is set and return the exit code: 0 after an orderly end, 1 when a part died on its own.

    All parts end before this returns; one that dies takes the process with it, so that its supervisor starts all anew.
    """
    runner = JobRunner()
    sweeper = threading.Thread(
        target=sweeps.run_forever, args=(stop,), kwargs={"url": database.runtime_url()}, name="sweeps", daemon=True
    )
    nudger = threading.Thread(target=nudge_sweeps.run_forever, args=(stop,), name="nudges", daemon=True)
    others = [
        threading.Thread(target=kit_sweeps.run_forever, args=(stop,), kwargs={"concerns": each}, name=name, daemon=True)
        for name, each in (("deadlines", concerns.INSIDE), ("outside", concerns.OUTSIDE))
    ]
    parts = (runner, sweeper, nudger, *others)
    for part in parts:
        part.start()
    while not stop.wait(0.2):
        dead = [part.name for part in parts if not part.is_alive()]
        if dead:
            log.error("part of the worker died", parts=dead)
            stop.set()
            runner.stop()
            return 1
    runner.stop()
    for part in parts:
        part.join(STOP_SECONDS_MAX)
    return 0
