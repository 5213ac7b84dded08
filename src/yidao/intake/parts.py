"""Puts the machine port together for a serving process: the queue with its writer, and where credentials are found."""

from collections.abc import Callable

import psycopg

from yidao.intake.app import Intake, Parts
from yidao.intake.auth import DatabaseDirectory
from yidao.intake.queue import Queue
from yidao.intake.replay import Replayer


def application(*, url: Callable[[], str], items_max: int, bytes_max: int, batch_max: int) -> Intake:
    """Return the application of the machine port over the database at `url`; nothing is opened before its start."""

    def assemble() -> Parts:
        address = url()
        directory = DatabaseDirectory(lambda: psycopg.connect(address, autocommit=True))
        queue = Queue(address, items_max=items_max, bytes_max=bytes_max, batch_max=batch_max)
        replayer = Replayer(lambda: psycopg.connect(address, autocommit=True), queue)
        replayer.start()

        def close() -> None:
            replayer.stop()
            directory.close()

        return Parts(queue=queue, directory=directory, close=close)

    return Intake(assemble)
