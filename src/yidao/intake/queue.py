"""
The one bounded queue between the doors and the writer thread. Whatever arrives while a batch is being committed
becomes the next batch; nobody is answered before the commit; a full queue says so instead of growing.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

import msgspec
import psycopg

from yidao.intake.payloads import ItemResult, OrderIn, QuarantineIn, Result, Submission
from yidao.intake.writer import Contended, Writer
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.parcels import hot

log = logging.getLogger(__name__)

LINGER_SECONDS: Final = 0.002
"""How long the first of a batch waits for company; a few milliseconds cost less than a commit each."""
RETRIES_MAX: Final = 20
"""How often a batch that met a deadlock, a lost race or a lost server is run again before its senders are told to."""
BACK_OFF_SECONDS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
AGAIN: Final = (Contended, psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

Answer = Future[list[ItemResult]]


class QueueFull(Refusal):
    """More waits for the writer than is allowed; ask again after the time named in the header."""

    code = "intake.queue_full"
    status = 429
    message = "Too much is waiting to be written; send this again in a moment."


class Draining(Refusal):
    """The process is going down; what it has taken is being finished, nothing new is taken."""

    code = "intake.draining"
    status = 503
    message = "This server is going down; send this again in a moment."


class StoreUnavailable(Refusal):
    """The database could not be reached for long; nothing of this was written or it can be sent again without harm."""

    code = "intake.store_unavailable"
    status = 503
    message = "The database cannot be reached; send this again in a moment."


class Queue:
    """Takes submissions from any thread and answers each through a future once its batch is committed."""

    def __init__(
        self,
        url: str,
        *,
        items_max: int,
        bytes_max: int,
        batch_max: int,
        linger_seconds: float = LINGER_SECONDS,
        on_batch: Callable[[int, float], None] | None = None,
    ) -> None:
        self._url = url
        self._items_max = items_max
        self._bytes_max = bytes_max
        self._batch_max = batch_max
        self._linger_seconds = linger_seconds
        self._on_batch = on_batch
        self._waiting: deque[tuple[Submission, Answer]] = deque()
        self._items = 0
        self._bytes = 0
        self._changed = threading.Condition()
        self._is_draining = False
        self._connection: psycopg.Connection[Any] | None = None
        self._writer: Writer | None = None
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> tuple[int, int]:
        """Return how many items and bytes are waiting."""
        return self._items, self._bytes

    def submit(self, submission: Submission) -> Answer:
        """
        Put a submission in line.

        :raises QueueFull: the queue holds as much as it may.
        :raises Draining: the process is stopping.
        """
        answer: Answer = Future()
        with self._changed:
            if self._is_draining:
                raise Draining(headers={"Retry-After": "2"})
            items = self._items + len(submission.items)
            size = self._bytes + submission.byte_count
            if self._items and (items > self._items_max or size > self._bytes_max):
                raise QueueFull(headers={"Retry-After": "1"})
            self._items, self._bytes = items, size
            self._waiting.append((submission, answer))
            self._changed.notify()
        return answer

    def drain(self, *, timeout: float = 30.0) -> bool:
        """Take nothing more, finish what was taken, write the figures; return whether that was done in time."""
        with self._changed:
            self._is_draining = True
            self._changed.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (batch := self._next_batch()) or not self._is_draining:
            if not batch:
                continue
            started = clock.stopwatch()
            self._answer(batch)
            if self._on_batch is not None:
                self._on_batch(sum(len(submission.items) for submission, _ in batch), clock.stopwatch() - started)
        self._finish()

    def _next_batch(self) -> list[tuple[Submission, Answer]]:
        with self._changed:
            while not self._waiting and not self._is_draining:
                self._changed.wait(1.0)
                if not self._waiting and self._writer is not None and self._writer.figures.is_due:
                    break
        if not self._waiting and not self._is_draining:
            self._write_figures()
            return self._next_batch()
        if self._waiting and self._linger_seconds and self._items < self._batch_max and not self._is_draining:
            time.sleep(self._linger_seconds)
        batch: list[tuple[Submission, Answer]] = []
        count = 0
        with self._changed:
            while self._waiting and (not batch or count + len(self._waiting[0][0].items) <= self._batch_max):
                submission, answer = self._waiting.popleft()
                count += len(submission.items)
                self._items -= len(submission.items)
                self._bytes -= submission.byte_count
                if answer.set_running_or_notify_cancel():  # Else its sender went away without an answer: he asks again.
                    batch.append((submission, answer))
        return batch

    def _answer(self, batch: Sequence[tuple[Submission, Answer]]) -> None:
        try:
            results = self._write([submission for submission, _ in batch])
        except Refusal as refusal:
            for _, answer in batch:
                answer.set_exception(refusal)
            return
        except Exception as fault:  # The outermost loop: the thread must outlive what not even quarantine would take.
            log.exception("intake batch not written")
            for _, answer in batch:
                answer.set_exception(fault)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            answer.set_result(result)

    def _write(self, submissions: Sequence[Submission]) -> list[list[ItemResult]]:
        """Write a batch, again after losing a race or the server, in halves when the data is refused."""
        for attempt in range(RETRIES_MAX):
            try:
                return self._ready_writer().write(submissions)
            except AGAIN as fault:
                log.info("intake batch runs again: %s", type(fault).__name__)
                self._pause(attempt)
            except (psycopg.OperationalError, psycopg.InterfaceError) as fault:
                log.warning("intake lost its database connection: %s", type(fault).__name__)
                self._disconnect()
                self._pause(attempt)
            except Exception as fault:  # One item that no code foresaw must not stop its neighbours.
                if not self._is_connected():
                    log.warning("intake lost its database connection: %s", type(fault).__name__)
                    self._disconnect()
                    self._pause(attempt)
                    continue
                if isinstance(fault, psycopg.Error) and not _is_refused(fault):
                    log.exception("the database does not let the intake work")
                    raise StoreUnavailable(headers={"Retry-After": "5"}) from fault
                return self._write_halves(submissions, fault)
        raise StoreUnavailable(headers={"Retry-After": "5"})

    def _write_halves(self, submissions: Sequence[Submission], fault: Exception) -> list[list[ItemResult]]:
        """Halve a refused batch until the bad item stands alone, and keep that one in quarantine."""
        if len(submissions) > 1:
            middle = len(submissions) // 2
            return self._write(submissions[:middle]) + self._write(submissions[middle:])
        only = submissions[0]
        if len(only.items) > 1:
            middle = len(only.items) // 2
            halves = [
                Submission(only.sender, items, only.byte_count) for items in (only.items[:middle], only.items[middle:])
            ]
            answers = [self._write([half])[0] for half in halves]
            return [answers[0] + answers[1]]
        item = only.items[0]
        if isinstance(item, QuarantineIn):
            raise fault
        log.error("intake item set aside: %s", type(fault).__name__, exc_info=None if _is_refused(fault) else fault)
        kept = QuarantineIn(
            source=only.sender.source,
            reason="intake.data_refused",
            body=msgspec.json.encode(item),
            carrier="" if isinstance(item, OrderIn) else _storable(item.carrier),
            waybill_no="" if isinstance(item, OrderIn) else _storable(item.waybill_no),
            detail={"fault": type(fault).__name__},
        )
        self._write([Submission(only.sender, (kept,), only.byte_count)])
        return [[ItemResult(Result.REJECTED, code="intake.data_refused")]]

    def _ready_writer(self) -> Writer:
        if self._writer is None:
            self._connection = hot.connect(self._url)
            self._writer = Writer(self._connection)
        return self._writer

    def _is_connected(self) -> bool:
        return self._connection is not None and not self._connection.closed

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._writer = None

    def _pause(self, attempt: int) -> None:
        time.sleep(BACK_OFF_SECONDS[min(attempt, len(BACK_OFF_SECONDS) - 1)])

    def _write_figures(self) -> None:
        if self._writer is None or self._connection is None:
            return
        try:
            self._writer.figures.write(self._connection)
        except psycopg.Error as fault:
            log.warning("intake figures not written: %s", type(fault).__name__)
            self._disconnect()

    def _finish(self) -> None:
        self._write_figures()
        self._disconnect()


def _is_refused(fault: Exception) -> bool:
    """
    Tell a refusal by the database, which names the fault well enough, from a fault of ours, which needs its trace.
    """
    return isinstance(fault, psycopg.DataError | psycopg.IntegrityError)


def _storable(text: str) -> str:
    """Return a text as PostgreSQL can keep it; what was sent stands whole in the quarantined body."""
    return text.replace("\x00", "")
