"""Puts the machine port together for a serving process: the queue with its writer, and where credentials are found."""

from collections.abc import Callable

import psycopg
from prometheus_client import Gauge, Histogram

from yidao.intake.app import Intake, Parts
from yidao.intake.auth import DatabaseDirectory
from yidao.intake.queue import Queue
from yidao.intake.replay import Replayer
from yidao.kit import metrics

WAITING = Gauge("yidao_intake_waiting_items", "Items that wait for the writer.", registry=metrics.REGISTRY)
BATCH_ITEMS = Histogram(
    "yidao_intake_batch_items",
    "Items written in one transaction.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000),
    registry=metrics.REGISTRY,
)
BATCH_SECONDS = Histogram(
    "yidao_intake_batch_seconds",
    "Time one transaction of the writer took.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=metrics.REGISTRY,
)


def _count_batch(items: int, seconds: float) -> None:
    BATCH_ITEMS.observe(items)
    BATCH_SECONDS.observe(seconds)


def application(*, url: Callable[[], str], items_max: int, bytes_max: int, batch_max: int) -> Intake:
    """Return the application of the machine port over the database at `url`; nothing is opened before its start."""

    def assemble() -> Parts:
        address = url()
        directory = DatabaseDirectory(lambda: psycopg.connect(address, autocommit=True))
        queue = Queue(address, items_max=items_max, bytes_max=bytes_max, batch_max=batch_max, on_batch=_count_batch)
        WAITING.set_function(lambda: queue.depth[0])
        replayer = Replayer(lambda: psycopg.connect(address, autocommit=True), queue)
        replayer.start()

        def close() -> None:
            replayer.stop()
            directory.close()

        return Parts(queue=queue, directory=directory, close=close)

    return Intake(assemble)
